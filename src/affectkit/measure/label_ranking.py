"""How well scores put what is true before what is not: over items, and over labels of an item."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def average_precision(truth: ArrayLike, scores: ArrayLike) -> float:
    """Area in [0, 1] under the steps of precision over recall, as the threshold falls.

    Scores at random give the share of items that are true. Items of equal score enter together,
    so that their order does not matter.

    Parameters
    ----------
    truth
        0 or 1 [shape=(n,)].
    scores
        Higher where it is held more likely [shape=(n,)].

    Returns
    -------
    float
        NaN if it is true of no item.

    Raises
    ------
    ValueError
        If shapes differ, are empty, or truth holds anything but 0 and 1.

    References
    ----------
    Su, W., Yuan, Y. and Zhu, M. (2015). A relationship between the average precision and the
    area under the ROC curve, equation 1; steps, without interpolation, as in scikit-learn.

    Examples
    --------
    >>> average_precision([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    0.833...
    """
    yes, s = _checked(truth, scores, 1)
    if not yes.any():
        return float("nan")
    order = np.argsort(-s, kind="stable")
    last = np.append(np.flatnonzero(np.diff(s[order])), len(s) - 1)
    hits = np.cumsum(yes[order])[last]
    return float(np.diff(hits, prepend=0) @ (hits / (last + 1)) / hits[-1])


def mean_average_precision(truth: ArrayLike, scores: ArrayLike) -> float:
    """Mean over labels of the average precision over items, in [0, 1].

    Parameters
    ----------
    truth
        0 or 1 [shape=(n, n_labels)].
    scores
        [shape=(n, n_labels)].

    Returns
    -------
    float
        Labels that hold of no item are left out; NaN if none holds anywhere.

    Raises
    ------
    ValueError
        As for `average_precision`.

    References
    ----------
    The measure of EMOTIC (Kosti et al. 2017, Emotion recognition in context).

    Examples
    --------
    >>> mean_average_precision([[1, 0], [0, 1], [1, 0]], [[0.9, 0.8], [0.5, 0.6], [0.4, 0.1]])
    0.666...
    """
    yes, s = _checked(truth, scores, 2)
    each = [average_precision(yes[:, k], s[:, k]) for k in np.flatnonzero(yes.any(axis=0))]
    return float(np.mean(each)) if each else float("nan")


def ndcg(gains: ArrayLike, scores: ArrayLike, *, k: int | None = None) -> float:
    """Mean over items of the normalised discounted cumulative gain, in [0, 1].

    The label on rank r adds its gain / log2(1 + r), over what the best order would reach. Of
    labels of equal score each takes the mean of their gains.

    Parameters
    ----------
    gains
        How much each label is worth, at least 0, such as the share of raters who chose it
        [shape=(n, n_labels)].
    scores
        [shape=(n, n_labels)].
    k
        How many ranks count; all if None.

    Returns
    -------
    float
        An item without any gain counts 0, as in scikit-learn.

    Raises
    ------
    ValueError
        If shapes differ or are empty, a gain is negative, or `k` is less than 1.

    References
    ----------
    Järvelin, K. and Kekäläinen, J. (2002). Cumulated gain-based evaluation of IR techniques;
    ties after McSherry, F. and Najork, M. (2008), equation 3.

    Examples
    --------
    >>> ndcg([[3, 2, 0]], [[0.1, 0.7, 0.2]])
    0.821...
    """
    g, s = np.asarray(gains, dtype=np.float64), np.asarray(scores, dtype=np.float64)
    _same(g, s, 2)
    if not (g >= 0).all():
        raise ValueError("gains must be numbers of at least 0")
    if k is not None and k < 1:
        raise ValueError(f"k must be at least 1, not {k}")
    discount = 1 / np.log2(np.arange(g.shape[1]) + 2)
    if k is not None:
        discount[k:] = 0
    best = -np.sort(-g, axis=1) @ discount
    reached = np.array([_gain(g[i], s[i], discount) for i in range(len(g))])
    return float(np.mean(np.divide(reached, best, out=np.zeros_like(best), where=best > 0)))


def coverage_error(truth: ArrayLike, scores: ArrayLike) -> float:
    """Mean number of labels to read, best score first, until all true ones are among them.

    At best the mean number of true labels of an item; labels of equal score are all read.

    Parameters
    ----------
    truth
        0 or 1 [shape=(n, n_labels)].
    scores
        [shape=(n, n_labels)].

    Returns
    -------
    float
        In [0, n_labels]; an item of which no label is true counts 0.

    Raises
    ------
    ValueError
        As for `average_precision`.

    References
    ----------
    Tsoumakas, G., Katakis, I. and Vlahavas, I. (2010). Mining multi-label data, section 7.2,
    plus one, as in scikit-learn.

    Examples
    --------
    >>> coverage_error([[1, 0, 0], [0, 0, 1]], [[0.75, 0.5, 1], [1, 0.2, 0.1]])
    2.5
    """
    yes, s = _checked(truth, scores, 2)
    least = np.where(yes, s, np.inf).min(axis=1)
    return float(np.mean((s >= least[:, None]).sum(axis=1)))


def label_ranking_loss(truth: ArrayLike, scores: ArrayLike) -> float:
    """Mean share in [0, 1] of pairs of a true and an untrue label that are in wrong order.

    0 is best, and a random order gives a half. A tie is a wrong order.

    Parameters
    ----------
    truth
        0 or 1 [shape=(n, n_labels)].
    scores
        [shape=(n, n_labels)].

    Returns
    -------
    float
        An item of which all labels are true, or none, counts 0, as in scikit-learn.

    Raises
    ------
    ValueError
        As for `average_precision`.

    References
    ----------
    Schapire, R. and Singer, Y. (2000). BoosTexter: a boosting-based system for text
    categorization, section 4.

    Examples
    --------
    >>> label_ranking_loss([[1, 0, 0], [0, 0, 1]], [[0.75, 0.5, 1], [1, 0.2, 0.1]])
    0.75
    """
    yes, s = _checked(truth, scores, 2)
    wrong = (s[:, :, None] <= s[:, None, :]) & yes[:, :, None] & ~yes[:, None, :]
    pairs = yes.sum(axis=1) * (~yes).sum(axis=1)
    return float(np.mean(wrong.sum(axis=(1, 2)) / np.maximum(pairs, 1)))


def label_ranking_precision(truth: ArrayLike, scores: ArrayLike) -> float:
    """Mean over true labels of the share in (0, 1] of labels up to it that are true.

    Parameters
    ----------
    truth
        0 or 1 [shape=(n, n_labels)].
    scores
        [shape=(n, n_labels)].

    Returns
    -------
    float
        Mean over items; one of which all labels are true, or none, counts 1, as in scikit-learn.

    Raises
    ------
    ValueError
        As for `average_precision`.

    References
    ----------
    Schapire and Singer (2000), section 4; scikit-learn's label ranking average precision.

    Examples
    --------
    >>> label_ranking_precision([[1, 0, 0], [0, 0, 1]], [[0.75, 0.5, 1], [1, 0.2, 0.1]])
    0.416...
    """
    yes, s = _checked(truth, scores, 2)
    up_to = s[:, None, :] >= s[:, :, None]
    share = (up_to & yes[:, None, :]).sum(axis=2) / up_to.sum(axis=2)
    count = yes.sum(axis=1)
    each = (share * yes).sum(axis=1) / np.maximum(count, 1)
    return float(np.mean(np.where(count == 0, 1.0, each)))


def _gain(gains: Floats, scores: Floats, discount: Floats) -> float:
    _, place, count = np.unique(-scores, return_inverse=True, return_counts=True)
    mean = np.bincount(place, gains) / count
    return float(mean @ np.add.reduceat(discount, np.cumsum(count) - count))


def _checked(truth: ArrayLike, scores: ArrayLike, axes: int) -> tuple[Bools, Floats]:
    t, s = np.asarray(truth), np.asarray(scores, dtype=np.float64)
    _same(t, s, axes)
    if not np.isin(t, (0, 1)).all():
        raise ValueError("truth must hold 0 and 1")
    return t.astype(bool), s


def _same(a: NDArray[np.generic], b: Floats, axes: int) -> None:
    if a.shape != b.shape or a.ndim != axes or not a.size:
        wanted = "one score an item" if axes == 1 else "tables of items by labels"
        raise ValueError(f"expected {wanted}, got shapes {a.shape} and {b.shape}")
    if np.isnan(b).any():
        raise ValueError("scores hold NaN; leave such items out, or give them the lowest score")
