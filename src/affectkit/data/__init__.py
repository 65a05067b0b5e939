"""Readers for public data sets."""
