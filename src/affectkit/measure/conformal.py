"""Sets of labels and intervals that hold the truth as often as promised."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def conformal_threshold(scores: ArrayLike, *, miss: float = 0.1) -> float:
    """Score that a new item stays within with a chance of at least ``1 - miss``.

    The ``ceil((n + 1)(1 - miss))``-th smallest; infinite if there are too few items to
    promise anything.

    Parameters
    ----------
    scores
        How ill each held-out item fits its truth [shape=(n,)]; these must not have been
        trained on, and be exchangeable with those to come.
    miss
        How often the truth may be missed, above 0 and below 1.

    Raises
    ------
    ValueError
        If there is no score, one is NaN, or `miss` is out of range.

    References
    ----------
    Vovk, V. et al. (2005). Algorithmic learning in a random world; Angelopoulos, A. and
    Bates, S. (2023). Conformal prediction: a gentle introduction, section 1.

    Examples
    --------
    >>> conformal_threshold([0.1, 0.2, 0.3, 0.4], miss=0.25)
    0.4
    """
    s = np.sort(np.asarray(scores, dtype=float))
    if s.ndim != 1 or not s.size or np.isnan(s).any():
        raise ValueError(f"expected a list of scores without NaN, got shape {s.shape}")
    if not 0 < miss < 1:
        raise ValueError(f"miss must lie between 0 and 1, got {miss}")
    rank = int(np.ceil(round((len(s) + 1) * (1 - miss), 9)))
    return float(s[rank - 1]) if rank <= len(s) else float("inf")


def split_sets(
    held_out: ArrayLike,
    truth: ArrayLike,
    new: ArrayLike,
    *,
    miss: float = 0.1,
    by_class: bool = False,
) -> NDArray[np.bool_]:
    """Labels that may be true of each new item, missing the truth at most `miss` of the time.

    Parameters
    ----------
    held_out
        Probabilities of items not trained on [shape=(n, n_labels)].
    truth
        Index of their true label [shape=(n,)].
    new
        Probabilities of items to come [shape=(m, n_labels)].
    miss
        How often the truth may be missed, above 0 and below 1.
    by_class
        Promise it for every class by itself (Mondrian), not only on average; a class with
        too few held-out items is then in every set.

    Returns
    -------
    numpy.ndarray
        Whether each label is in the set [shape=(m, n_labels)].

    Raises
    ------
    ValueError
        If shapes do not fit, `truth` names no column, or `miss` is out of range.

    References
    ----------
    Sadinle, M. et al. (2019). Least ambiguous set-valued classifiers with bounded error
    levels. JASA 114, 223-234.

    Examples
    --------
    >>> held_out = [[0.9, 0.1], [0.8, 0.2], [0.4, 0.6]]
    >>> split_sets(held_out, [0, 0, 1], [[0.7, 0.3], [0.5, 0.5]], miss=0.25).tolist()
    [[True, False], [False, False]]
    """
    p, q = np.asarray(held_out, dtype=float), np.asarray(new, dtype=float)
    t = np.asarray(truth)
    if p.ndim != 2 or q.ndim != 2 or p.shape[1] != q.shape[1] or t.shape != p.shape[:1]:
        raise ValueError(f"shapes {p.shape}, {t.shape} and {q.shape} do not fit")
    if not np.issubdtype(t.dtype, np.integer) or ((t < 0) | (t >= p.shape[1])).any():
        raise ValueError(f"truth must be whole numbers from 0 to {p.shape[1] - 1}")
    ill = 1 - p[np.arange(len(p)), t]
    if not by_class:
        return np.asarray(1 - q <= conformal_threshold(ill, miss=miss))
    within = [
        conformal_threshold(ill[t == label], miss=miss) if (t == label).any() else np.inf
        for label in range(p.shape[1])
    ]
    return np.asarray(1 - q <= np.array(within))


def split_intervals(
    truth: ArrayLike,
    predicted: ArrayLike,
    new: ArrayLike,
    *,
    spread: ArrayLike | None = None,
    new_spread: ArrayLike | None = None,
    miss: float = 0.1,
) -> Floats:
    """Interval around each new prediction, missing the truth at most `miss` of the time.

    For valence, arousal or dominance, one at a time.

    Parameters
    ----------
    truth, predicted
        Of held-out items [shape=(n,)].
    new
        Predictions for items to come [shape=(m,)].
    spread, new_spread
        How uncertain each is said to be, above 0 [shape=(n,)] and [shape=(m,)]: intervals
        are then as wide in proportion, and otherwise all alike.
    miss
        How often the truth may be missed, above 0 and below 1.

    Returns
    -------
    numpy.ndarray
        Lower and upper ends [shape=(m, 2)]; infinite with too few held-out items.

    Raises
    ------
    ValueError
        If shapes differ, only one spread is given or one is not above 0, or as
        `conformal_threshold`.

    References
    ----------
    Lei, J. et al. (2018). Distribution-free predictive inference for regression. JASA 113,
    1094-1111, algorithm 2 and section 5.2.

    Examples
    --------
    >>> split_intervals([0.0, 0.2, 0.4], [0.1, 0.2, 0.2], [0.5], miss=0.25).tolist()
    [[0.3, 0.7]]
    """
    t, p, q = (np.asarray(a, dtype=float) for a in (truth, predicted, new))
    if (spread is None) != (new_spread is None):
        raise ValueError("give both spreads or neither")
    s = np.ones_like(p) if spread is None else np.asarray(spread, dtype=float)
    r = np.ones_like(q) if new_spread is None else np.asarray(new_spread, dtype=float)
    if not (t.ndim == q.ndim == 1 and t.shape == p.shape == s.shape and q.shape == r.shape):
        raise ValueError("truth and predictions, and predictions and spreads, differ in shape")
    if not ((s > 0).all() and (r > 0).all()):
        raise ValueError("spreads must be above 0")
    half = r * conformal_threshold(np.abs(t - p) / s, miss=miss)
    return np.column_stack([q - half, q + half])
