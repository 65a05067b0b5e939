"""Intervals of a share that was counted."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np

from affectkit.measure.intervals import Interval


def wilson(share: float, n: int, *, level: float = 0.95) -> Interval:
    """Return the score interval of a share (Wilson 1927); it has a width at 0 and 1 too.

    Parameters
    ----------
    share
        What was seen, 0 to 1.
    n
        Out of how many independent cases.
    level
        Coverage aimed at.

    Raises
    ------
    ValueError
        If the share is none, or there are no cases.

    Examples
    --------
    >>> print(wilson(0.0, 10))
    0.000 [0.000, 0.278], n=10
    """
    if not (0 <= share <= 1 and n >= 1):
        raise ValueError(f"{share} of {n} cases is no share")
    z = NormalDist().inv_cdf((1 + level) / 2)
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * float(np.sqrt(share * (1 - share) / n + z * z / (4 * n * n)))
    return Interval(share, max(middle - half, 0.0), min(middle + half, 1.0), n)
