"""Whether one person's mood follows another's, and after how long."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from affectkit.affect import Timeline
from affectkit.affect.timeline import FUSED
from affectkit.errors import AffectkitError
from affectkit.fuse.fusion import fuse

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Contagion:
    """How one person's mood goes with another's at each lag.

    Parameters
    ----------
    leader, follower
        Whose mood comes first, and whose is to follow.
    lag_s
        The lag of the strongest correlation; above 0 if the follower comes later.
    r
        The correlation there, in [-1, 1].
    p
        How often unrelated moods that vary at the same pace correlate as strongly at any of
        the lags looked at.
    n
        Windows in which both are told.
    lags_s, correlations
        All lags, and the correlation at each; NaN where too little overlaps.
    """

    leader: str
    follower: str
    lag_s: float
    r: float
    p: float
    n: int
    lags_s: Array
    correlations: Array


def contagion(
    timeline: Timeline,
    leader: str,
    follower: str,
    *,
    dimension: Literal["valence", "arousal", "dominance"] = "valence",
    step_s: float = 1.0,
    max_lag_s: float = 15.0,
    surrogates: int = 499,
    method: Literal["phase", "shift"] = "phase",
    seed: int = 0,
) -> Contagion:
    """Return the lag at which a person's mood follows another's, with a surrogate test.

    The linear trends are taken out, gaps are left out of each product, and the strongest
    correlation within the lags is compared with that of surrogates of the leader's curve:
    with random phases but the same power spectrum (Theiler et al. 1992), or shifted in a
    circle. The p value counts the best of all lags each time, so it needs no correction.

    Parameters
    ----------
    timeline
        With both people; their fused rows are used, or made of their lanes.
    leader, follower
        Names of the people.
    dimension
        Which curve to compare.
    step_s
        Length of a window in seconds.
    max_lag_s
        Greatest lag either way, in seconds.
    surrogates
        How many surrogates; p is at least 1 / (surrogates + 1).
    method
        ``"phase"`` or ``"shift"``.
    seed
        Of the surrogates.

    Raises
    ------
    AffectkitError
        If a person is missing, or fewer than ``4 * max_lag_s / step_s`` windows tell both.

    Examples
    --------
    >>> from affectkit.affect import Estimate, LabelSet
    >>> ekman = LabelSet.load("ekman7")
    >>> mood = np.convolve(np.random.default_rng(0).normal(size=304), np.ones(5) / 5, "same") / 2
    >>> rows = [
    ...     (i, i + 1, who, "face", Estimate(ekman, valence=float(np.clip(mood[i + back], -1, 1))))
    ...     for i in range(300) for who, back in (("Ann", 4), ("Ben", 0))
    ... ]
    >>> found = contagion(Timeline.from_estimates(rows, ekman), "Ann", "Ben")
    >>> found.lag_s, found.p < 0.05
    (4.0, True)
    """
    curves = [_curve(timeline, who, dimension, step_s) for who in (leader, follower)]
    both = pd.concat(curves, axis=1)
    both = both.reindex(range(int(both.index.min()), int(both.index.max()) + 1))
    x, y = both.iloc[:, 0].to_numpy(float), both.iloc[:, 1].to_numpy(float)
    lags = round(max_lag_s / step_s)
    told = int((~np.isnan(x) & ~np.isnan(y)).sum())
    if told < max(4 * lags, 10):
        raise AffectkitError(
            f"{leader} and {follower} are told together in {told} windows of {step_s:g} s, too "
            f"few to look for lags up to {max_lag_s:g} s",
            remedy="give a longer recording or a smaller max_lag_s",
        )
    for who, curve in ((leader, x), (follower, y)):
        if np.nanstd(curve) < 1e-9:
            raise AffectkitError(f"the {dimension} of {who} does not vary, so nothing follows it")
    steps, r, p = lagged_test(
        x, y, lags, surrogates=surrogates, method=method, rng=np.random.default_rng(seed)
    )
    best = int(np.nanargmax(np.abs(r)))
    lags_s: Array = steps.astype(np.float64) * np.float64(step_s)
    return Contagion(leader, follower, float(lags_s[best]), float(r[best]), p, told, lags_s, r)


def contagions(
    timeline: Timeline,
    *,
    dimension: Literal["valence", "arousal", "dominance"] = "valence",
    step_s: float = 1.0,
    max_lag_s: float = 15.0,
    surrogates: int = 499,
    seed: int = 0,
) -> pd.DataFrame:
    """Return for every pair of people who follows whom, and how likely that is chance.

    Parameters
    ----------
    timeline, dimension, step_s, max_lag_s, surrogates, seed
        As for `contagion`.

    Returns
    -------
    pandas.DataFrame
        ``leader, follower, lag_s`` (at least 0), ``r``, ``p``, ``p_adjusted`` (Holm 1979, over
        all pairs) and ``n``, one row a pair, the least p first. Pairs that are told together
        for too short, or whose mood does not vary, are left out.

    Examples
    --------
    >>> from affectkit.affect import LabelSet
    >>> len(contagions(Timeline.empty(LabelSet.load("ekman7"))))
    0
    """
    rows = []
    for one, other in combinations(timeline.people, 2):
        try:
            found = contagion(
                timeline,
                one,
                other,
                dimension=dimension,
                step_s=step_s,
                max_lag_s=max_lag_s,
                surrogates=surrogates,
                seed=seed,
            )
        except AffectkitError:
            continue
        pair = (one, other) if found.lag_s >= 0 else (other, one)
        rows.append((*pair, abs(found.lag_s), found.r, found.p, found.n))
    columns = ["leader", "follower", "lag_s", "r", "p", "n"]
    table = pd.DataFrame(rows, columns=columns).sort_values("p", ignore_index=True)
    left = len(table) - np.arange(len(table))
    adjusted = np.minimum(np.maximum.accumulate(table["p"].to_numpy(float) * left), 1.0)
    table.insert(5, "p_adjusted", adjusted)
    return table


def lagged_test(
    x: Array,
    y: Array,
    max_lag: int,
    *,
    surrogates: int = 499,
    method: Literal["phase", "shift"] = "phase",
    rng: np.random.Generator,
) -> tuple[NDArray[np.int64], Array, float]:
    """Return lags, the correlation of x with y at each, and the p value of the strongest.

    Parameters
    ----------
    x, y
        Series on one grid, NaN where not known [shape=(n,)].
    max_lag
        Greatest lag either way, in steps; at lag k x[t] goes with y[t + k].
    surrogates, method
        As for `contagion`.
    rng
        Source of the surrogates.

    Returns
    -------
    lags, correlations
        [shape=(2 * max_lag + 1,)]
    p
        In (0, 1].

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> x = rng.normal(size=200)
    >>> lags, r, p = lagged_test(x, np.roll(x, 3), 5, rng=rng)
    >>> int(lags[np.argmax(r)]), p < 0.01
    (3, True)
    """
    x, y = _detrended(x), _detrended(y)
    lags = np.arange(-max_lag, max_lag + 1)
    found = _correlations(x[None], y, max_lag)[0]
    strongest = np.nanmax(np.abs(found)) if not np.isnan(found).all() else 0.0
    reached = 0
    left = surrogates
    while left:
        # In blocks, so that four hours of seconds do not fill the memory.
        block = min(left, max(1, 2_000_000 // len(x)))
        fakes = _surrogates(x, block, method, max_lag, rng)
        r = _correlations(fakes, y, max_lag)
        best = np.where(np.isnan(r), 0.0, np.abs(r)).max(axis=1)
        reached += int((best >= strongest - 1e-12).sum())
        left -= block
    return lags, found, (1 + reached) / (1 + surrogates)


def _curve(timeline: Timeline, who: str, dimension: str, step_s: float) -> pd.Series[float]:
    if who not in timeline.people:
        raise AffectkitError(
            f"the timeline has no person {who}",
            remedy=f"choose among {', '.join(filter(None, timeline.people))}",
        )
    own = timeline.where(person=who)
    fused = own.where(modality=FUSED)
    rows = (fused if len(fused) else fuse([own], own.label_set, step_s=step_s)).table
    window = np.floor(rows["start_s"].to_numpy(float) / step_s + 1e-9).astype(int)
    return rows[dimension].groupby(window).mean()


def _detrended(x: Array) -> Array:
    told = ~np.isnan(x)
    t = np.arange(len(x), dtype=float)
    if told.sum() < 3:
        return x
    return np.asarray(x - np.polyval(np.polyfit(t[told], x[told], 1), t))


def _surrogates(x: Array, count: int, method: str, max_lag: int, rng: np.random.Generator) -> Array:
    """Return series like x that have nothing to do with y [shape=(count, len(x))]."""
    n = len(x)
    if method == "shift":
        # Shifts within the lags looked at would still be related.
        lowest = min(max_lag + 1, n // 2)
        shifts = rng.integers(lowest, max(n - lowest, lowest + 1), size=count)
        return np.asarray(x[(np.arange(n) - shifts[:, None]) % n])
    told = ~np.isnan(x)
    filled = np.interp(np.arange(n), np.flatnonzero(told), x[told]) if told.any() else x
    spectrum = np.fft.rfft(filled - filled.mean())
    phase = np.exp(2j * np.pi * rng.random((count, len(spectrum))))
    # The mean and, for an even length, the fastest wave have no phase to turn.
    phase[:, 0] = 1
    if n % 2 == 0:
        phase[:, -1] = np.where(phase[:, -1].real >= 0, 1, -1)
    fakes = np.fft.irfft(np.abs(spectrum) * phase, n)
    return np.asarray(np.where(told, fakes, np.nan))


def _correlations(x: Array, y: Array, max_lag: int) -> Array:
    """Return the correlation of each x with y at each lag, over the pairs that are told.

    All sums of a lag come from products of Fourier transforms of the series, their squares
    and their masks, so the cost grows with n log n.
    """
    n = len(y)
    size = 1 << (2 * n - 1).bit_length()

    def transform(values: Array) -> NDArray[np.complex128]:
        return np.fft.rfft(values, size)

    def sums(first: NDArray[np.complex128], second: NDArray[np.complex128]) -> Array:
        lagged = np.fft.irfft(first.conj() * second, size)
        return np.concatenate([lagged[..., size - max_lag :], lagged[..., : max_lag + 1]], axis=-1)

    told_x, told_y = ~np.isnan(x), ~np.isnan(y)
    a, b = np.where(told_x, x, 0.0), np.where(told_y, y, 0.0)
    fa, fa2, fm = transform(a), transform(a**2), transform(told_x.astype(float))
    fb, fb2, fk = transform(b), transform(b**2), transform(told_y.astype(float))
    count = np.rint(sums(fm, fk))
    with np.errstate(invalid="ignore", divide="ignore"):
        mean_x, mean_y = sums(fa, fk) / count, sums(fm, fb) / count
        covariance = sums(fa, fb) / count - mean_x * mean_y
        variance_x = sums(fa2, fk) / count - mean_x**2
        variance_y = sums(fm, fb2) / count - mean_y**2
        r = covariance / np.sqrt(variance_x * variance_y)
    enough = (count >= max(3, n // 10)) & (variance_x > 1e-12) & (variance_y > 1e-12)
    return np.where(enough, np.clip(r, -1, 1), np.nan)
