"""How far two series lie apart when one may run faster or slower than the other."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def dtw_distance(
    first: ArrayLike,
    second: ArrayLike,
    *,
    band: int | None = None,
    diagonal_weight: Literal[1, 2] = 1,
) -> float:
    """Dynamic time warping distance of two series, in their own units, 0 or more.

    The least sum of distances between samples over all ways to walk through both from start to
    end without going back. It is symmetric and 0 for series that differ in pace alone, but no
    metric: the way over a third series may be shorter than the direct one.

    It grows with length; divide it by the longer length for a distance per step.

    Parameters
    ----------
    first, second
        Samples in order of time [shape=(n,) and (m,)], or several values each
        [shape=(n, k) and (m, k)], whose distance is Euclidean.
    band
        How many samples the walk may run ahead in one series, at least ``abs(n - m)``; any
        number if None.
    diagonal_weight
        How often a step through both series counts: 1, as is usual today, or 2, the symmetric
        form of the source, which, divided by ``n + m``, is its time-normalised distance.

    Raises
    ------
    ValueError
        If a series is empty or not finite, shapes do not fit, or the band is too narrow to
        reach the end.

    References
    ----------
    Sakoe, H. and Chiba, S. (1978). Dynamic programming algorithm optimization for spoken word
    recognition. IEEE Transactions on Acoustics, Speech and Signal Processing 26, 43-49: the
    band is their adjustment window, with no constraint on the slope.

    Examples
    --------
    >>> dtw_distance([0.0, 1.0, 2.0], [0.0, 0.0, 1.0, 2.0, 2.0])
    0.0
    >>> dtw_distance([0.0, 0.0, 1.0], [1.0, 0.0, 0.0], band=1)
    2.0
    """
    a, b = _series(first, "first"), _series(second, "second")
    n, m = len(a), len(b)
    if a.shape[1] != b.shape[1]:
        raise ValueError(f"samples of {a.shape[1]} and of {b.shape[1]} values do not fit")
    if diagonal_weight not in (1, 2):
        raise ValueError(f"diagonal_weight is 1 or 2, not {diagonal_weight}")
    reach = max(n, m) if band is None else band
    if reach < abs(n - m):
        raise ValueError(f"a band of {band} does not join {n} with {m} samples")
    # Cells whose steps add up alike do not depend on each other. Row 0 is the border.
    before, last = np.full(n + 1, np.inf), np.full(n + 1, np.inf)
    before[0] = 0.0
    for step in range(n + m - 1):
        low = max(0, step - m + 1, (step - reach + 1) // 2)
        high = min(n - 1, step, (step + reach) // 2)
        now = np.full(n + 1, np.inf)
        if low <= high:
            i = np.arange(low, high + 1)
            apart = np.sqrt(((a[i] - b[step - i]) ** 2).sum(axis=1))
            straight = before[i] + diagonal_weight * apart
            now[i + 1] = np.minimum(straight, np.minimum(last[i], last[i + 1]) + apart)
        before, last = last, now
    return float(last[n])


def _series(values: ArrayLike, name: str) -> Floats:
    x = np.asarray(values, dtype=np.float64)
    if x.ndim not in (1, 2) or not x.size:
        raise ValueError(f"the {name} series must be (n,) or (n, k), not empty; got {x.shape}")
    x = x.reshape(len(x), -1)
    if not np.isfinite(x).all():
        row = int(np.argmin(np.isfinite(x).all(axis=1)))
        raise ValueError(f"sample {row} of the {name} series is not finite: interpolate or cut it")
    return x
