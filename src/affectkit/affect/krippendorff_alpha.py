"""Krippendorff's alpha: how far agreement is from chance, whoever rated what."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Level = Literal["nominal", "ordinal", "interval"]


def krippendorff_alpha(ratings: ArrayLike, level: Level = "nominal") -> float:
    """Return Krippendorff's alpha: 1 for agreement, 0 for chance, below for less than chance.

    Items that one person rated do not count. Whose rating stands in which column does not
    matter, and every item may have other raters.

    Parameters
    ----------
    ratings
        Numbers, or codes of labels; NaN where there is no rating [shape=(n_items, n_raters)].
    level
        ``"nominal"``: different or not; ``"ordinal"``: how many ratings lie between;
        ``"interval"``: the squared difference.

    Returns
    -------
    float
        NaN if no item has two ratings, or nothing varies.

    Raises
    ------
    ValueError
        If ratings are no table, or there is no such level.

    References
    ----------
    Krippendorff (2011). Computing Krippendorff's Alpha-Reliability, section C and the
    differences of section D. The ordinal difference there, the ratings from one rank to the
    other with half of those at both ends, is the difference of their midranks.

    Examples
    --------
    >>> round(krippendorff_alpha([[1, 1], [1, 1], [2, 2], [2, 3]]), 3)
    0.632
    >>> round(krippendorff_alpha([[1, 1], [1, 1], [2, 2], [2, 3]], "interval"), 3)
    0.774
    """
    given = np.asarray(ratings, dtype=np.float64)
    if given.ndim != 2:
        raise ValueError(f"ratings are a row an item and a column a rater, not {given.ndim}-D")
    if level not in ("nominal", "ordinal", "interval"):
        raise ValueError(f"there is no level {level!r}: use nominal, ordinal or interval")
    there = ~np.isnan(given)
    there &= there.sum(axis=1, keepdims=True) > 1
    item, values = np.nonzero(there)[0], given[there]
    n = len(values)
    # Said of the values, not of their squares: a rounded mean leaves some of those.
    if n < 2 or values.min() == values.max():
        return float("nan")
    sizes = np.bincount(item, minlength=len(given))
    if level == "nominal":
        observed, expected = _unequal(item, values, sizes)
    else:
        x = _midranks(values) if level == "ordinal" else values
        observed, expected = _squares(item, x, sizes)
    return float(1.0 - observed * (n - 1) / expected)


def packed_votes(votes: ArrayLike) -> NDArray[np.float64]:
    """Return counted votes as ratings, in columns that stand for nobody.

    Parameters
    ----------
    votes
        How many raters gave each item each label [shape=(n_items, n_labels)].

    Returns
    -------
    numpy.ndarray
        Codes of labels, NaN after the last [shape=(n_items, most raters of an item)].

    Raises
    ------
    ValueError
        If votes are no table of whole numbers from 0.

    Examples
    --------
    >>> packed_votes([[2, 0, 1], [0, 1, 0]])
    array([[ 0.,  0.,  2.],
           [ 1., nan, nan]])
    """
    counts = np.asarray(votes)
    if counts.ndim != 2 or (counts < 0).any() or (counts != np.floor(counts)).any():
        raise ValueError("votes are whole numbers from 0, a row an item and a column a label")
    counts = counts.astype(np.intp)
    n, k = counts.shape
    each = counts.sum(axis=1)
    item = np.repeat(np.arange(n), each)
    out = np.full((n, int(each.max(initial=0))), np.nan)
    position = np.arange(len(item)) - np.repeat(np.cumsum(each) - each, each)
    out[item, position] = np.repeat(np.tile(np.arange(k), n), counts.ravel())
    return out


def _unequal(
    item: NDArray[np.intp], values: NDArray[np.float64], sizes: NDArray[np.intp]
) -> tuple[float, float]:
    """Return the pairs that differ: within items over their raters less one, and of all."""
    codes = np.unique(values, return_inverse=True)[1]
    k = int(codes.max()) + 1
    cells, counts = np.unique(item * k + codes, return_counts=True)
    same = np.bincount(cells // k, (counts.astype(float)) ** 2, minlength=len(sizes))
    paired = sizes > 1
    within = (sizes[paired] ** 2 - same[paired]) / (sizes[paired] - 1)
    overall = np.bincount(codes).astype(float)
    return float(within.sum()), float(len(values) ** 2 - (overall**2).sum())


def _squares(
    item: NDArray[np.intp], x: NDArray[np.float64], sizes: NDArray[np.intp]
) -> tuple[float, float]:
    """Return the squared differences of all ordered pairs, as `_unequal` does."""
    paired = sizes > 1
    mean = np.bincount(item, x, minlength=len(sizes)) / np.maximum(sizes, 1)
    spread = np.bincount(item, (x - mean[item]) ** 2, minlength=len(sizes))
    within = 2 * sizes[paired] * spread[paired] / (sizes[paired] - 1)
    return float(within.sum()), float(2 * len(x) * ((x - x.mean()) ** 2).sum())


def _midranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    _, codes, counts = np.unique(values, return_inverse=True, return_counts=True)
    above = np.cumsum(counts)
    return np.asarray((above - counts / 2)[codes])
