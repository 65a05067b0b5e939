"""Metrics, agreement, calibration, intervals."""
