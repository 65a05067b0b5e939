"""Disagreement as a quantity: how far apart people are, within groups and between them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def pairwise_disagreement(
    ratings: ArrayLike, scale: tuple[float, float], *, weights: ArrayLike | None = None
) -> Floats:
    """Return how far apart two raters of an item are on average, as a share of the scale.

    0 where all say the same; at most a half for many raters, of whom one half is at either end
    (for two, 1).

    Parameters
    ----------
    ratings
        NaN where there is none [shape=(…, n_raters)].
    scale
        Lowest and highest answer that can be given.
    weights
        How often each rater counts, such as in a draw with replacement; nobody is paired with
        themselves [shape=(n_raters,)].

    Returns
    -------
    numpy.ndarray
        In [0, 1]; NaN where fewer than two rated [shape=(…,)].

    Raises
    ------
    ValueError
        If a rating lies outside the scale.

    References
    ----------
    Gini's mean difference (1912), over the range of the scale.

    Examples
    --------
    >>> pairwise_disagreement([[1, 1, 5, 5], [3, 3, 3, np.nan]], (1, 5)).round(3)
    array([0.667, 0.   ])
    """
    x = _on_scale(ratings, scale)
    w = np.ones(x.shape[-1]) if weights is None else np.asarray(weights, dtype=np.float64)
    total, pairs = _apart(x, np.where(np.isnan(x), 0.0, w))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(pairs > 0, total / pairs, np.nan))


def polarisation(ratings: ArrayLike, scale: tuple[float, float]) -> Floats:
    """Return four times the variance over the squared range: 1 if half are at either end.

    Parameters
    ----------
    ratings
        NaN where there is none [shape=(…, n_raters)].
    scale
        Lowest and highest answer that can be given.

    Returns
    -------
    numpy.ndarray
        In [0, 1]; NaN where nobody rated [shape=(…,)].

    Examples
    --------
    >>> polarisation([[1, 1, 5, 5], [2, 3, 3, 4]], (1, 5))
    array([1.   , 0.125])
    """
    x = _on_scale(ratings, scale)
    there = ~np.isnan(x)
    n = there.sum(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(there, x, 0.0).sum(axis=-1) / n
        square = np.where(there, x - mean[..., None], 0.0) ** 2
        return np.asarray(4 * square.sum(axis=-1) / n)


def van_der_eijk_agreement(votes: ArrayLike) -> Floats:
    """Return van der Eijk's A: 1 if all give one answer, 0 if answers are even, -1 if at odds.

    Takes the distribution apart into layers in which answers are given equally often or not at
    all, and means their agreement by how many people are in each.

    Parameters
    ----------
    votes
        How many gave each answer, answers in their order [shape=(…, n_answers)].

    Returns
    -------
    numpy.ndarray
        In [-1, 1]; NaN where nobody answered [shape=(…,)].

    Raises
    ------
    ValueError
        If there are fewer than three answers, or a count is negative.

    References
    ----------
    van der Eijk (2001). Measuring agreement in ordered rating scales. Quality and Quantity 35,
    equations 1 to 3.

    Examples
    --------
    >>> van_der_eijk_agreement([[0, 9, 0, 0, 0], [2, 2, 2, 2, 2], [5, 0, 0, 0, 5]]).round(3) + 0.0
    array([ 1.,  0., -1.])
    """
    counts = np.asarray(votes, dtype=np.float64)
    if counts.shape[-1] < 3 or not (counts >= 0).all():
        raise ValueError("van der Eijk's A takes counts from 0 of three answers or more")
    rows = counts.reshape(-1, counts.shape[-1])
    left, found = rows.copy(), np.zeros(len(rows))
    while (active := left.max(axis=1) > 0).any():
        pattern = left > 0
        height = np.where(pattern, left, np.inf).min(axis=1)
        height[~active] = 0.0
        found += height * pattern.sum(axis=1) * _layer(pattern)
        left = np.where(pattern, left - height[:, None], 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((found / rows.sum(axis=1)).reshape(counts.shape[:-1]))


@dataclass(frozen=True, eq=False)
class GroupDisagreement:
    """How far apart raters of one group are, and those of two.

    Parameters
    ----------
    within, between
        Mean difference of two raters, as a share of the scale; NaN where there is no such pair
        [shape=(n_items,)].
    within_pairs, between_pairs
        How many pairs these rest on [shape=(n_items,)].
    """

    within: Floats
    between: Floats
    within_pairs: Floats
    between_pairs: Floats

    @property
    def gap(self) -> Floats:
        """How much further apart two are who are of two groups [shape=(n_items,)]."""
        return self.between - self.within

    @property
    def overall(self) -> Floats:
        """Mean difference of any two raters, as of `pairwise_disagreement` [shape=(n_items,)]."""
        total = np.nan_to_num(self.within) * self.within_pairs
        total = total + np.nan_to_num(self.between) * self.between_pairs
        pairs = self.within_pairs + self.between_pairs
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(total / pairs)


def group_disagreement(
    ratings: ArrayLike, groups: ArrayLike, scale: tuple[float, float] | None
) -> GroupDisagreement:
    """Return how far apart raters are within their groups and between them.

    Parameters
    ----------
    ratings
        NaN where there is none [shape=(n_items, n_raters)].
    groups
        The group of each rater [shape=(n_raters,)], or, where columns stand for nobody in
        particular, of each rating [shape=(n_items, n_raters)].
    scale
        Lowest and highest answer that can be given; None for codes of labels, of which two are
        apart by 1 if they differ.

    Raises
    ------
    ValueError
        If groups do not fit the ratings, or a rating lies outside the scale.

    Examples
    --------
    >>> found = group_disagreement([[1, 1, 5, 5], [1, 5, 1, 5]], ["a", "a", "b", "b"], (1, 5))
    >>> found.between, found.within
    (array([1. , 0.5]), array([0., 1.]))
    """
    dealt = RatingsInOrder.of(ratings, groups, scale)
    return dealt.apart(dealt.codes)


@dataclass(frozen=True, eq=False)
class RatingsInOrder:
    """Ratings sorted within each item, so that groups can be dealt anew without sorting again.

    Parameters
    ----------
    values
        Rising, NaN last [shape=(n_items, n_raters)].
    order
        Where each stood before [shape=(n_items, n_raters)].
    codes
        The group of each, from 0 [shape=(n_items, n_raters)].
    nominal
        Whether two values are apart by 1 if they differ.
    total, pairs
        Summed difference of all pairs of an item's raters, and their number [shape=(n_items,)].
    """

    values: Floats
    order: NDArray[np.intp]
    codes: NDArray[np.intp]
    nominal: bool
    total: Floats
    pairs: Floats

    @classmethod
    def of(
        cls, ratings: ArrayLike, groups: ArrayLike, scale: tuple[float, float] | None
    ) -> RatingsInOrder:
        """Return ratings and groups in order, as `group_disagreement` takes them.

        Examples
        --------
        >>> found = RatingsInOrder.of([[5, 1, 3]], ["a", "b", "a"], (1, 5))
        >>> found.values, found.codes
        (array([[0. , 0.5, 1. ]]), array([[1, 0, 0]]))
        """
        x = np.asarray(ratings, dtype=np.float64) if scale is None else _on_scale(ratings, scale)
        codes = _group_codes(x, groups)
        order = np.argsort(x, axis=1, kind="stable")
        values = np.take_along_axis(x, order, axis=1)
        everyone = (~np.isnan(values)).astype(np.float64)
        total, pairs = _of_group(values, everyone, nominal=scale is None)
        codes = np.take_along_axis(codes, order, axis=1)
        return cls(values, order, codes, scale is None, total, pairs)

    def apart(self, codes: NDArray[np.intp]) -> GroupDisagreement:
        """Return how far apart raters are if these are their groups, in the order of `values`."""
        own, own_pairs = np.zeros((2, len(self.values)))
        there = ~np.isnan(self.values)
        for code in range(int(self.codes.max(initial=-1)) + 1):
            members = ((codes == code) & there).astype(np.float64)
            total, pairs = _of_group(self.values, members, nominal=self.nominal)
            own, own_pairs = own + total, own_pairs + pairs
        other, other_pairs = self.total - own, self.pairs - own_pairs
        with np.errstate(invalid="ignore", divide="ignore"):
            within = np.where(own_pairs > 0, own / own_pairs, np.nan)
            between = np.where(other_pairs > 0, np.maximum(other, 0) / other_pairs, np.nan)
        return GroupDisagreement(within, between, own_pairs, other_pairs)


def _on_scale(ratings: ArrayLike, scale: tuple[float, float]) -> Floats:
    """Return ratings with the scale's lowest at 0 and its highest at 1."""
    low, high = scale
    x = np.asarray(ratings, dtype=np.float64)
    if not low < high:
        raise ValueError(f"the scale from {low} to {high} has no length")
    outside = (x < low) | (x > high)
    if outside.any():
        where = tuple(int(i) for i in np.argwhere(outside)[0])
        raise ValueError(f"rating {where} is {x[where]}, outside the scale from {low} to {high}")
    return np.asarray((x - low) / (high - low))


def _group_codes(x: Floats, groups: ArrayLike) -> NDArray[np.intp]:
    names = np.asarray(groups)
    if x.ndim != 2 or names.shape not in (x.shape, x.shape[1:]):
        raise ValueError(f"groups of shape {names.shape} do not fit ratings of shape {x.shape}")
    codes = np.unique(names.astype(str), return_inverse=True)[1].reshape(names.shape)
    return np.broadcast_to(codes, x.shape)


def _of_group(values: Floats, members: Floats, *, nominal: bool) -> tuple[Floats, Floats]:
    """Return the summed difference of all pairs of members, and how many pairs there are."""
    if not nominal:
        return _apart_in_order(np.nan_to_num(values), members)
    n = members.sum(axis=1)
    same = np.zeros(len(values))
    for label in np.unique(values[~np.isnan(values)]):
        m = ((values == label) * members).sum(axis=1)
        same += m * (m - 1) / 2
    pairs = n * (n - 1) / 2
    return pairs - same, pairs


def _apart(x: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Return sums over pairs of w_i w_j |x_i - x_j| and of w_i w_j, along the last axis."""
    order = np.argsort(x, axis=-1)  # NaN come last, and weigh nothing
    w = np.take_along_axis(np.broadcast_to(weights, x.shape), order, axis=-1)
    return _apart_in_order(np.nan_to_num(np.take_along_axis(x, order, axis=-1)), w)


def _apart_in_order(ordered: Floats, w: Floats) -> tuple[Floats, Floats]:
    weighed = w * ordered
    below = np.cumsum(w, axis=-1) - w
    sums = np.cumsum(weighed, axis=-1) - weighed
    total = np.einsum("...i,...i->...", weighed, below) - np.einsum("...i,...i->...", w, sums)
    return np.maximum(total, 0.0), np.einsum("...i,...i->...", w, below)


def _layer(pattern: NDArray[np.bool_]) -> Floats:
    """Return A of answers that are given or not, by the triples of answers that show one peak."""
    k = pattern.shape[1]
    given = pattern.astype(np.float64)
    left = np.cumsum(given, axis=1) - given
    right = given.sum(axis=1, keepdims=True) - left - given
    before, after = np.arange(k), np.arange(k)[::-1]
    # 101: a gap with an answer on both sides; 110 and 011: one, the next, and then none.
    two_peaks = ((1 - given) * left * right).sum(axis=1)
    one_peak = (given * (left * (after - right) + (before - left) * right)).sum(axis=1)
    seen = given.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        peak = ((k - 2) * one_peak - (k - 1) * two_peaks) / ((k - 2) * (one_peak + two_peaks))
    peak = np.where(one_peak + two_peaks > 0, peak, 1.0)
    return np.asarray(peak * (1 - (seen - 1) / (k - 1)))
