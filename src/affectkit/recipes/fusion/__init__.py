"""Recipes on joining modalities and people."""
