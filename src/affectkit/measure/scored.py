"""One entry to an honest score: with its interval, and beside its trivial baseline."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from affectkit.measure.intervals import Interval, bootstrap
from affectkit.measure.trivial import Baseline, Kind, baselines


@dataclass(frozen=True)
class Score:
    """A score, how far it could be off, and what one scores without looking.

    Parameters
    ----------
    name
        Of the statistic, such as ``"macro_f1"``.
    interval
        The score with its interval; `n` counts clusters where there are any.
    baseline
        Score of the strongest trivial baseline; NaN if the statistic is NaN for all of them.
    baseline_name
        What it is, such as ``"majority class"``.
    gain
        How much better the score is than the baseline, on the same draws of items: positive is
        better, whichever way the statistic runs.

    Examples
    --------
    >>> print(Score("uar", Interval(0.6, 0.5, 0.7, 40), 0.25, "majority class",
    ...             Interval(0.35, 0.25, 0.45, 40)))
    uar 0.600 [0.500, 0.700], n=40; majority class 0.250; better by 0.350 [0.250, 0.450], n=40
    """

    name: str
    interval: Interval
    baseline: float
    baseline_name: str
    gain: Interval

    @property
    def value(self) -> float:
        """The score on the sample as it is."""
        return self.interval.value

    @property
    def beats_baseline(self) -> bool:
        """Whether the whole interval of the gain lies above 0."""
        return self.gain.low > 0

    def __str__(self) -> str:
        return (
            f"{self.name} {self.interval}; {self.baseline_name} {self.baseline:.3f}; "
            f"better by {self.gain}"
        )


def scored(
    statistic: Callable[..., float],
    truth: ArrayLike,
    predicted: ArrayLike,
    *,
    known: ArrayLike | None = None,
    kind: Kind | None = None,
    higher_is_better: bool = True,
    clusters: ArrayLike | None = None,
    method: Literal["percentile", "bca"] = "bca",
    level: float = 0.95,
    n: int = 1000,
    seed: int = 0,
) -> Score:
    """Score answers, with a bootstrap interval, beside the strongest trivial baseline.

    Parameters
    ----------
    statistic
        Function of truth and answers, such as `affectkit.measure.metrics.uar`.
    truth, predicted
        What the statistic takes [shape=(n_items, …)].
    known
        Truth of the training set, from which the baselines are taken [shape=(n_known, …)]. From
        `truth` itself if None, which flatters them and so errs on the safe side.
    kind
        What the answers are, see `affectkit.measure.trivial.baselines`. If None: a table is
        ``"sets"`` if truth and answers hold 0 and 1 alone, else ``"numbers"``; one value an item
        is ``"numbers"`` if truth or answers hold fractions, else ``"labels"``. Name it where
        both are whole numbers on a scale, such as ratings from 1 to 7.
    higher_is_better
        Whether a high score is good; False for losses.
    clusters
        Which cluster each item belongs to [shape=(n_items,)], such as the speaker: clusters are
        drawn whole.
    method, level, n, seed
        As in `affectkit.measure.intervals.bootstrap`. The gain's interval costs as much again.

    Returns
    -------
    Score
        A baseline that answers at random is the mean over 20 tables of answers.

    Raises
    ------
    ValueError
        If lengths differ or nothing is left to score, or from the statistic.

    References
    ----------
    Intervals: Efron, B. (1987). Better bootstrap confidence intervals; of clusters, Davison, A.
    and Hinkley, D. (1997). Bootstrap Methods and their Application, section 3.8.

    Examples
    --------
    >>> from affectkit.measure.metrics import uar
    >>> truth = ["joy", "joy", "joy", "fear"] * 25
    >>> told = ["joy", "joy", "fear", "fear"] * 25
    >>> s = scored(uar, truth, told, n=200)
    >>> round(s.value, 3), s.baseline_name, s.baseline, s.beats_baseline
    (0.833, 'majority class', 0.5, True)
    """
    t, p = np.asarray(truth), np.asarray(predicted)
    if not t.ndim or not len(t) or len(t) != len(np.atleast_1d(p)):
        raise ValueError(f"truth of shape {t.shape} and predicted of {p.shape} cannot be scored")
    if t.ndim > 1 and not np.issubdtype(t.dtype, np.number) and t.dtype != bool:
        raise ValueError(f"truth of shape {t.shape} is no table of numbers: give one text an item")
    what = kind or _kind(t, p)
    sign = 1.0 if higher_is_better else -1.0
    trivial = baselines(
        statistic,
        t if known is None else np.asarray(known),
        len(t),
        kind=what,
        higher_is_better=higher_is_better,
        seed=seed,
    )
    best, best_score = _strongest(trivial, statistic, t, sign)

    def draw(of: Callable[..., float], *arrays: NDArray[np.generic]) -> Interval:
        return bootstrap(
            of, t, *arrays, clusters=clusters, n=n, seed=seed, level=level, method=method
        )

    name = getattr(statistic, "__name__", "score")
    interval = draw(statistic, p)
    if best is None:
        nothing = Interval(float("nan"), float("nan"), float("nan"), interval.n)
        return Score(name, interval, best_score, "none can be scored", nothing)

    def gain(a: NDArray[np.generic], b: NDArray[np.generic], *c: NDArray[np.generic]) -> float:
        return sign * (statistic(a, b) - float(np.mean([statistic(a, each) for each in c])))

    return Score(name, interval, best_score, best.name, draw(gain, p, *best.answers))


def _strongest(
    trivial: list[Baseline], statistic: Callable[..., float], t: NDArray[np.generic], sign: float
) -> tuple[Baseline | None, float]:
    best, best_score = None, float("nan")
    for baseline in trivial:
        each = baseline.scores(statistic, t)
        reached = float(each.mean())
        # Chance must beat a constant by more than the luck of its own draws.
        luck = 2 * float(each.std()) / np.sqrt(len(each)) if np.isfinite(each).all() else 0.0
        if np.isnan(reached):
            continue
        if best is None or sign * reached > sign * best_score + luck + 1e-12:
            best, best_score = baseline, reached
    return best, best_score


def _kind(t: NDArray[np.generic], p: NDArray[np.generic]) -> Kind:
    if t.ndim > 1:
        binary = all(bool(np.isin(a, (0, 1)).all()) for a in (t, p))
        return "sets" if binary else "numbers"
    fractions = any(bool((a % 1 != 0).any()) for a in (t, p) if isinstance(a[0], np.floating))
    return "numbers" if fractions else "labels"
