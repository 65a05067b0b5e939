"""Which ways are not beaten in both of two respects at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def pareto_front(utility: ArrayLike, cost: ArrayLike) -> NDArray[np.bool_]:
    """Return which options no other beats: as useful at less cost, or more useful at no more.

    Parameters
    ----------
    utility
        More is better, such as macro F1 [shape=(n,)].
    cost
        Less is better, such as a gap between groups [shape=(n,)].

    Examples
    --------
    >>> pareto_front([0.6, 0.5, 0.4], [0.2, 0.1, 0.3]).tolist()
    [True, True, False]
    """
    u, c = np.asarray(utility, dtype=np.float64), np.asarray(cost, dtype=np.float64)
    if u.ndim != 1 or u.shape != c.shape:
        raise ValueError(f"utility of shape {u.shape} does not fit cost of shape {c.shape}")
    no_worse = (u[:, None] >= u) & (c[:, None] <= c)
    better = (u[:, None] > u) | (c[:, None] < c)
    return np.asarray(~(no_worse & better).any(axis=0))
