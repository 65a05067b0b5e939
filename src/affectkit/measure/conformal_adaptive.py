"""Sets and intervals that keep their promise and grow where an item is hard."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from affectkit.measure.conformal import conformal_threshold

Floats = NDArray[np.float64]


def adaptive_scores(probability: ArrayLike, share: ArrayLike = 1.0) -> Floats:
    """How much probability one goes through, from the top label down, to reach each label.

    Labels of equal probability are reached together.

    Parameters
    ----------
    probability
        In [0, 1] [shape=(n, n_labels)].
    share
        Part in [0, 1] of the label's own probability that counts, one for all or one an item
        [shape=(n,)].

    Returns
    -------
    numpy.ndarray
        [shape=(n, n_labels)]; low for labels that fit well.

    Raises
    ------
    ValueError
        If shapes do not fit or a number is outside [0, 1].

    References
    ----------
    Romano, Sesia and Candès (2020). Classification with valid and adaptive coverage,
    equation 8.

    Examples
    --------
    >>> adaptive_scores([[0.5, 0.125, 0.375]])
    array([[0.5  , 1.   , 0.875]])
    """
    p, u = np.asarray(probability, dtype=float), np.asarray(share, dtype=float)
    if p.ndim != 2 or u.shape not in ((), p.shape[:1]):
        raise ValueError(f"probabilities of shape {p.shape} and shares of {u.shape} do not fit")
    if not (((p >= 0) & (p <= 1)).all() and ((u >= 0) & (u <= 1)).all()):
        raise ValueError("probabilities and shares must lie in [0, 1]")
    falling = -np.sort(-p, axis=1)
    mass = np.concatenate([np.zeros((len(p), 1)), np.cumsum(falling, axis=1)], axis=1)
    scores = np.empty_like(p)
    part = np.broadcast_to(u, len(p))
    for k in range(p.shape[1]):
        own = p[:, [k]]
        above = (falling > own).sum(axis=1)
        through = (falling >= own).sum(axis=1)
        before = mass[np.arange(len(p)), above]
        scores[:, k] = before + part * (mass[np.arange(len(p)), through] - before)
    return scores


def adaptive_sets(
    held_out: ArrayLike,
    truth: ArrayLike,
    new: ArrayLike,
    *,
    miss: float = 0.1,
    by_class: bool = False,
    seed: int | None = 0,
) -> NDArray[np.bool_]:
    """Labels that may be true of each new item: few where it is clear, many where it is not.

    On average the truth is missed at most `miss` of the time. `conformal.split_sets` gives
    smaller sets on average, and misses hard items more often than these do.

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
        Promise it for every class by itself, not only on average; a class with too few
        held-out items is then in every set.
    seed
        Seed of the draws that decide on the last label of a set, which make sets smaller, and
        now and then empty. If None, nothing is left to chance.

    Returns
    -------
    numpy.ndarray
        Whether each label is in the set [shape=(m, n_labels)].

    Raises
    ------
    ValueError
        If shapes do not fit, `truth` names no column, a number is outside [0, 1], or `miss`
        is out of range.

    References
    ----------
    Romano, Sesia and Candès (2020). Classification with valid and adaptive coverage,
    algorithm 1 (with one split), theorem 2.

    Examples
    --------
    >>> held_out = [[0.9, 0.1], [0.8, 0.2], [0.7, 0.3]]
    >>> sets = adaptive_sets(held_out, [0, 0, 0], [[0.85, 0.15], [0.1, 0.9]], miss=0.25, seed=None)
    >>> sets.tolist()
    [[True, False], [False, True]]
    """
    p, q, t = np.asarray(held_out, dtype=float), np.asarray(new, dtype=float), np.asarray(truth)
    if p.ndim != 2 or q.ndim != 2 or p.shape[1] != q.shape[1] or t.shape != p.shape[:1]:
        raise ValueError(f"shapes {p.shape}, {t.shape} and {q.shape} do not fit")
    if not np.issubdtype(t.dtype, np.integer) or ((t < 0) | (t >= p.shape[1])).any():
        raise ValueError(f"truth must be whole numbers from 0 to {p.shape[1] - 1}")
    rng = None if seed is None else np.random.default_rng(seed)
    ill = adaptive_scores(p, 1.0 if rng is None else rng.random(len(p)))[np.arange(len(p)), t]
    scores = adaptive_scores(q, 1.0 if rng is None else rng.random(len(q)))
    if not by_class:
        return np.asarray(scores <= conformal_threshold(ill, miss=miss))
    within = [
        conformal_threshold(ill[t == label], miss=miss) if (t == label).any() else np.inf
        for label in range(p.shape[1])
    ]
    return np.asarray(scores <= np.array(within))


def quantile_intervals(
    truth: ArrayLike,
    low: ArrayLike,
    high: ArrayLike,
    new_low: ArrayLike,
    new_high: ArrayLike,
    *,
    miss: float = 0.1,
    each_side: bool = False,
    within: tuple[float, float] | None = None,
) -> Floats:
    """Interval for each new item from predicted quantiles, missing at most `miss` of the time.

    For valence, arousal or dominance, one at a time. The quantiles, of any model, say how wide
    an interval is; held-out items say by how much all are widened, or narrowed.

    Parameters
    ----------
    truth
        Of held-out items [shape=(n,)].
    low, high
        Quantiles predicted for them, such as of 0.05 and 0.95 [shape=(n,)].
    new_low, new_high
        Quantiles predicted for items to come [shape=(m,)].
    miss
        How often the truth may be missed, above 0 and below 1.
    each_side
        Promise half of `miss` below and half above, each by itself; intervals are then wider.
    within
        Ends of the scale, such as (-1, 1), at which intervals stop.

    Returns
    -------
    numpy.ndarray
        Lower and upper ends [shape=(m, 2)], infinite with too few held-out items and no
        `within`; where the lower end is above the upper one, nothing is in the interval.

    Raises
    ------
    ValueError
        If shapes do not fit, a number is NaN, a held-out truth is not on the scale, or `miss`
        is out of range.

    References
    ----------
    Romano, Patterson and Candès (2019). Conformalized quantile regression, equations 6 to 8,
    and theorem 2 for each side.

    Examples
    --------
    >>> quantile_intervals([0.0, 0.5, 0.75], [0, 0, 0], [0.5, 0.5, 0.5], [0.25], [1], miss=0.25)
    array([[0.  , 1.25]])
    """
    t, a, b = (np.asarray(v, dtype=float) for v in (truth, low, high))
    c, d = np.asarray(new_low, dtype=float), np.asarray(new_high, dtype=float)
    if t.ndim != 1 or c.ndim != 1 or not t.shape == a.shape == b.shape or c.shape != d.shape:
        raise ValueError("truth and quantiles, or new quantiles, differ in shape")
    if np.isnan(c).any() or np.isnan(d).any():
        raise ValueError("new quantiles must not be NaN")
    if each_side:
        below = conformal_threshold(a - t, miss=miss / 2)
        above = conformal_threshold(t - b, miss=miss / 2)
    else:
        below = above = conformal_threshold(np.maximum(a - t, t - b), miss=miss)
    ends = np.column_stack([c - below, d + above])
    if within is None:
        return ends
    if not ((t >= within[0]) & (t <= within[1])).all():
        raise ValueError(f"a truth lies outside {within}, the scale given")
    # An end beyond the scale moves to it; an empty interval stays empty.
    return np.column_stack([np.maximum(ends[:, 0], within[0]), np.minimum(ends[:, 1], within[1])])
