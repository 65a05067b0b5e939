"""Recipes on ratings: what several people say about the same items."""
