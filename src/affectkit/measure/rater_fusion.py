"""Ratings of several people as one series: the evaluator weighted estimator."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def rater_weights(ratings: ArrayLike) -> Floats:
    """Return how much each rater should count, by how well the others bear them out.

    A rater's weight is the correlation of their ratings with the mean of all others', over
    the items that both have; it is 0 where the correlation is negative or cannot be told, and
    weights sum to 1 (all are alike if no rater agrees with any).

    Parameters
    ----------
    ratings
        NaN where a rater did not rate an item [shape=(n_raters, n_items)].

    References
    ----------
    Grimm, M. and Kroschel, K. (2005). Evaluation of natural emotions using self assessment
    manikins. ASRU, equations 4 and 5, here with a rater's own ratings left out of the mean
    that they are held against, so that nobody bears themselves out.

    Examples
    --------
    >>> a = [0.1, 0.5, 0.9, 0.4]
    >>> [float(w) for w in rater_weights([a, a, [0.6, 0.1, 0.3, 0.9]]).round(2)]
    [0.5, 0.5, 0.0]
    """
    given = _checked(ratings)
    weights = np.zeros(len(given))
    for k in range(len(given)):
        others = np.delete(given, k, axis=0)
        heard = (~np.isnan(others)).any(axis=0) & ~np.isnan(given[k])
        if heard.sum() < 2:
            continue
        mean = np.nanmean(others[:, heard], axis=0)
        own = given[k, heard]
        if own.std() > 1e-12 and mean.std() > 1e-12:
            weights[k] = max(float(np.corrcoef(own, mean)[0, 1]), 0.0)
    total = weights.sum()
    return np.asarray(weights / total if total > 0 else np.full(len(given), 1 / len(given)))


def evaluator_weighted(ratings: ArrayLike, weights: ArrayLike | None = None) -> Floats:
    """Return one series of several raters', each counting by `rater_weights` [shape=(n_items,)].

    Items are the means of those who rated them; NaN if nobody of any weight did.

    Parameters
    ----------
    ratings
        NaN where a rater did not rate an item [shape=(n_raters, n_items)].
    weights
        One a rater [shape=(n_raters,)]; those of `rater_weights` if None.

    References
    ----------
    Grimm and Kroschel (2005), equation 3.

    Examples
    --------
    >>> evaluator_weighted([[0.0, 1.0], [1.0, 1.0]], weights=[3, 1])
    array([0.25, 1.  ])
    """
    given = _checked(ratings)
    w = rater_weights(given) if weights is None else np.asarray(weights, dtype=float)
    if w.shape != (len(given),) or (w < 0).any():
        raise ValueError("there must be one weight a rater, none of them negative")
    there = ~np.isnan(given)
    whole = (there * w[:, None]).sum(axis=0)
    total = (np.where(there, given, 0.0) * w[:, None]).sum(axis=0)
    fused = np.full(given.shape[1], np.nan)
    return np.asarray(np.divide(total, whole, out=fused, where=whole > 0))


def _checked(ratings: ArrayLike) -> Floats:
    given = np.asarray(ratings, dtype=float)
    if given.ndim != 2 or len(given) < 2:
        raise ValueError("ratings are a row a rater, of two raters or more")
    return given
