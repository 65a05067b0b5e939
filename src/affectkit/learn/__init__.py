"""Estimators, losses, training loops."""
