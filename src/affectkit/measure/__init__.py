"""How good, how sure, how alike: metrics, intervals and calibration, in numpy alone."""
