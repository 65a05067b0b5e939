"""Is disagreement a matter of groups, and does it move over time?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from affectkit.measure.disagreement import RatingsInOrder, pairwise_disagreement
from affectkit.measure.intervals import Interval

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class GroupTest:
    """How much further apart two are who are of two groups, and how often chance does as much.

    Parameters
    ----------
    gap
        Disagreement between groups less that within, mean over items.
    chance
        The same with group labels dealt anew, mean over deals.
    chance_low, chance_high
        Ends of the middle 95 % of deals.
    p
        How often a deal gives as much or more, of all deals and the one at hand.
    item_gap, item_p
        The same for each item; NaN where an item lacks pairs of one kind [shape=(n_items,)].
    n
        Number of deals.
    """

    gap: float
    chance: float
    chance_low: float
    chance_high: float
    p: float
    item_gap: Floats
    item_p: Floats
    n: int


def group_test(
    ratings: ArrayLike,
    groups: ArrayLike,
    scale: tuple[float, float] | None,
    *,
    n: int = 999,
    seed: int = 0,
) -> GroupTest:
    """Return whether people of two groups are further apart than people of one.

    Group labels are dealt anew over the raters, each rater keeping one label for all items; or,
    if each rating has a label of its own, within each item.

    Parameters
    ----------
    ratings, groups, scale
        As of `affectkit.measure.disagreement.group_disagreement`.
    n
        Number of deals.
    seed
        Seed of the deals.

    Raises
    ------
    ValueError
        If groups do not fit the ratings, no item has pairs of both kinds, or n is below 1.

    References
    ----------
    Phipson and Smyth (2010). Permutation p-values should never be zero, equation 2.

    Examples
    --------
    >>> found = group_test([[1, 1, 1, 5, 5, 5]] * 3, list("aaabbb"), (1, 5), n=99)
    >>> found.gap, found.p < 0.2
    (1.0, True)
    """
    if n < 1:
        raise ValueError("a test needs one deal or more")
    dealt = RatingsInOrder.of(ratings, groups, scale)
    real = dealt.apart(dealt.codes).gap
    told = ~np.isnan(real)
    if not told.any():
        raise ValueError("no item has two raters of one group and two of different groups")
    rng = np.random.default_rng(seed)
    means, above = np.empty(n), np.zeros(len(real))
    each = np.asarray(groups).ndim == 2
    missing = np.isnan(dealt.values)
    of_rater = np.unique(np.asarray(groups).astype(str), return_inverse=True)[1]
    for i in range(n):
        if each:
            # Only ratings that are there change groups: what is missing stays last.
            key = np.where(missing, 2.0, rng.random(missing.shape))
            codes = np.take_along_axis(dealt.codes, np.argsort(key, axis=1, kind="stable"), axis=1)
        else:
            codes = rng.permutation(of_rater)[dealt.order]
        gap = dealt.apart(codes).gap
        means[i] = np.nanmean(gap[told]) if (~np.isnan(gap[told])).any() else np.nan
        # Rounding must not tell equal deals apart.
        above += ~(gap < real - 1e-12)
    value = float(np.nanmean(real))
    p = (1 + np.sum(~(means < value - 1e-12))) / (n + 1)
    item_p = np.where(told, (1 + above) / (n + 1), np.nan)
    low, high = (float(end) for end in np.nanquantile(means, [0.025, 0.975]))
    return GroupTest(value, float(np.nanmean(means)), low, high, float(p), real, item_p, n)


def benjamini_hochberg(p: ArrayLike, level: float = 0.05) -> NDArray[np.bool_]:
    """Return which of many tests stand out if a given share of those may do so falsely.

    Parameters
    ----------
    p
        NaN for what was not tested [shape=(n_tests,)].
    level
        Share of false ones among those that stand out, at most, on average.

    References
    ----------
    Benjamini and Hochberg (1995). Controlling the false discovery rate, procedure 1.

    Examples
    --------
    >>> benjamini_hochberg([0.001, 0.02, 0.04, 0.9, np.nan]).tolist()
    [True, True, False, False, False]
    """
    values = np.asarray(p, dtype=np.float64).ravel()
    order = np.argsort(values)  # NaN last
    m = int((~np.isnan(values)).sum())
    small = np.flatnonzero(values[order][:m] <= level * np.arange(1, m + 1) / max(m, 1))
    found = np.zeros(len(values), dtype=bool)
    if len(small):
        found[order[: small[-1] + 1]] = True
    return found


@dataclass(frozen=True)
class WaveSeries:
    """Disagreement wave by wave, and where it is going.

    Parameters
    ----------
    waves
        Disagreement in each wave, mean over items.
    trend
        By how much it rises from a wave to the next, by least squares.
    """

    waves: tuple[Interval, ...]
    trend: Interval


def wave_series(
    ratings: ArrayLike,
    scale: tuple[float, float],
    *,
    times: Sequence[float] | None = None,
    n: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> WaveSeries:
    """Return disagreement over time, with intervals from drawing respondents anew.

    Items carry no names here: the series is blind to the topic.

    Parameters
    ----------
    ratings
        NaN where there is none [shape=(n_waves, n_items, n_respondents)].
    scale
        Lowest and highest answer that can be given.
    times
        When each wave was [shape=(n_waves,)]; 0, 1, 2, … if None.
    n, seed, level
        Number of draws, their seed, and the coverage aimed at.

    Raises
    ------
    ValueError
        If ratings have no three axes, or there is a wave in which no item has two ratings.

    Examples
    --------
    >>> apart = np.array([[[2.0, 2, 3, 3]], [[2, 2, 4, 4]], [[1, 1, 4, 4]]])
    >>> found = wave_series(apart, (1, 5), n=50)
    >>> [round(w.value, 3) for w in found.waves], round(found.trend.value, 3)
    ([0.167, 0.333, 0.5], 0.167)
    """
    x = np.asarray(ratings, dtype=np.float64)
    if x.ndim != 3:
        raise ValueError(f"ratings are waves of items of respondents, not {x.ndim} axes")
    when = np.arange(len(x)) if times is None else np.asarray(times, dtype=np.float64)
    if len(when) != len(x):
        raise ValueError(f"{len(when)} times do not fit {len(x)} waves")
    empty = np.isnan(pairwise_disagreement(x, scale)).all(axis=1)
    if empty.any():
        raise ValueError(f"in wave {int(empty.argmax())} no item has two ratings")
    rng = np.random.default_rng(seed)
    people = x.shape[2]

    def series(weights: Floats) -> Floats:
        apart = pairwise_disagreement(x, scale, weights=weights)
        there = ~np.isnan(apart)
        with np.errstate(invalid="ignore", divide="ignore"):
            waves = np.where(there, apart, 0.0).sum(axis=1) / there.sum(axis=1)
        known = ~np.isnan(waves)
        centred = when[known] - when[known].mean() if known.any() else np.zeros(0)
        bottom = float((centred**2).sum())
        rise = float((centred * waves[known]).sum() / bottom) if bottom > 0 else np.nan
        return np.append(waves, rise)

    share = np.full(people, 1 / people)
    value = series(np.ones(people))
    draws = np.stack([series(rng.multinomial(people, share).astype(float)) for _ in range(n)])
    found = []
    for k, one in enumerate(value):
        known = draws[:, k][~np.isnan(draws[:, k])]
        ends = (
            np.quantile(known, [(1 - level) / 2, (1 + level) / 2]) if len(known) else [np.nan] * 2
        )
        found.append(Interval(float(one), float(ends[0]), float(ends[1]), people))
    return WaveSeries(tuple(found[:-1]), found[-1])
