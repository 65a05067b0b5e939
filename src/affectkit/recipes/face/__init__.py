"""Recipes about faces."""
