"""How much of ratings is a matter of the item, how much of the person, how much of neither."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike


@dataclass(frozen=True)
class CrossedVariance:
    """Parts of the variance of ratings that everybody gave to everything.

    Parameters
    ----------
    rater
        Variance between raters: how high each rates on the whole.
    item
        Variance between items.
    rest
        What is left: a rater's own view of an item, and error.
    """

    rater: float
    item: float
    rest: float

    @property
    def whole(self) -> float:
        """Sum of the parts."""
        return self.rater + self.item + self.rest


def crossed_variance(ratings: ArrayLike) -> CrossedVariance:
    """Return the variance of ratings by rater and by item, each taken as drawn from many.

    The estimates of a two-way analysis of variance without replication, which for a full table
    are those of restricted maximum likelihood as long as none is negative; negative ones are 0.

    Parameters
    ----------
    ratings
        Numbers without gaps [shape=(n_raters, n_items)].

    Raises
    ------
    ValueError
        If there are fewer than two raters or items, or a rating is missing.

    References
    ----------
    Searle, Casella and McCulloch (1992). Variance components, section 4.4.

    Examples
    --------
    >>> found = crossed_variance([[1, 2, 3], [3, 4, 5]])
    >>> found.rater, found.item, found.rest
    (2.0, 1.0, 0.0)
    """
    x = np.asarray(ratings, dtype=np.float64)
    if x.ndim != 2 or min(x.shape) < 2 or not np.isfinite(x).all():
        raise ValueError("ratings are a full table of two raters and two items or more")
    n, k = x.shape
    rows, columns, mean = x.mean(axis=1), x.mean(axis=0), x.mean()
    rest = ((x - rows[:, None] - columns + mean) ** 2).sum() / ((n - 1) * (k - 1))
    rater = (k * ((rows - mean) ** 2).sum() / (n - 1) - rest) / k
    item = (n * ((columns - mean) ** 2).sum() / (k - 1) - rest) / n
    return CrossedVariance(max(float(rater), 0.0), max(float(item), 0.0), float(rest))
