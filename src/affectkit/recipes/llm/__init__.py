"""Recipes on what language models understand and how they answer."""
