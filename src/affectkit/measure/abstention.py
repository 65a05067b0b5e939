"""What answering less often gains: risk against coverage, and where to stop for a wished risk."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, log, log2

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class RiskCoverage:
    """How often one errs when only the surest items are answered, a point a threshold.

    Parameters
    ----------
    threshold
        Confidence from which an item is answered, falling [shape=(n_points,)].
    coverage
        Share of items answered, rising, in (0, 1] [shape=(n_points,)].
    risk
        Mean loss of those answered [shape=(n_points,)].
    aurc
        Mean risk over numbers of items answered, with items of equal confidence in any order:
        the area under the curve.
    excess
        How far that is above the same losses in the best order; 0 is a perfect order.

    Examples
    --------
    >>> curve = risk_coverage([0, 1, 0, 1], [0.9, 0.6, 0.8, 0.6])
    >>> curve.threshold.tolist(), curve.coverage.tolist(), curve.risk.round(2).tolist()
    ([0.9, 0.8, 0.6], [0.25, 0.5, 1.0], [0.0, 0.0, 0.5])
    >>> curve.excess
    0.0
    """

    threshold: Floats
    coverage: Floats
    risk: Floats
    aurc: float
    excess: float


def risk_coverage(loss: ArrayLike, confidence: ArrayLike) -> RiskCoverage:
    """Risk at every share of items answered, from the surest to all of them.

    Parameters
    ----------
    loss
        What each answer costs, such as 1 where it is wrong and 0 where it is right, or the
        squared error of a valence [shape=(n_items,)].
    confidence
        How sure it was, on any scale [shape=(n_items,)].

    Raises
    ------
    ValueError
        If there is no item, lengths differ, or a number is not finite.

    References
    ----------
    El-Yaniv and Wiener (2010). On the foundations of noise-free selective classification, for
    risk and coverage; Geifman, Uziel and El-Yaniv (2019). Bias-reduced uncertainty estimation
    for deep neural classifiers, equations 1 and 2, for the areas.

    Examples
    --------
    >>> round(risk_coverage([0, 1], [0.5, 0.5]).aurc, 6)  # one cannot tell which is the worse
    0.5
    """
    cost, sure = _pair(loss, confidence)
    n = len(cost)
    order = np.argsort(-sure, kind="stable")
    cost, sure = cost[order], sure[order]
    last = np.append(np.flatnonzero(sure[1:] != sure[:-1]), n - 1)
    risk = np.cumsum(cost)[last] / (last + 1)
    # Any order of equals: on average each of them costs the mean of them all.
    count = np.diff(last, prepend=-1)
    mean = np.add.reduceat(cost, last - count + 1) / count
    answered = np.arange(1, n + 1)
    aurc = float(np.mean(np.cumsum(np.repeat(mean, count)) / answered))
    best = float(np.mean(np.cumsum(np.sort(cost)) / answered))
    return RiskCoverage(sure[last], (last + 1) / n, risk, aurc, aurc - best)


@dataclass(frozen=True)
class AnswerFrom:
    """The confidence from which answers err no more often than wished, and what is known of it.

    Parameters
    ----------
    threshold
        Answer from here on; infinite if no threshold is known to do.
    coverage
        Share of the held-out items answered.
    risk
        Share of those that were wrong; NaN with none.
    bound
        What the true share stays below, with the certainty asked for; NaN with none.

    Examples
    --------
    >>> AnswerFrom(0.8, 0.5, 0.01, 0.04).threshold
    0.8
    """

    threshold: float
    coverage: float
    risk: float
    bound: float


def answer_from(
    wrong: ArrayLike, confidence: ArrayLike, *, risk: float, doubt: float = 0.001
) -> AnswerFrom:
    """Find the lowest confidence at which one may answer without erring more than wished.

    A guarantee for items drawn alike: with a chance of at least ``1 - doubt`` the true share of
    errors among answers is below the bound, which is at most `risk`.

    Parameters
    ----------
    wrong
        Whether each held-out item was answered wrong, 0 or 1 [shape=(n_items,)]; these must
        not have been trained or calibrated on.
    confidence
        How sure each answer was [shape=(n_items,)].
    risk
        Share of errors wished at most, above 0 and below 1.
    doubt
        Chance, above 0 and below 1, that the guarantee fails.

    Raises
    ------
    ValueError
        If there is no item, lengths differ, `wrong` holds more than 0 and 1, or a number is
        out of range.

    References
    ----------
    Geifman and El-Yaniv (2017). Selective classification for deep neural networks, algorithm
    1. Of the thresholds that it looks at, the one of most coverage that holds is returned.

    Examples
    --------
    >>> import numpy as np
    >>> sure = np.linspace(0, 1, 1000)
    >>> bool(0.21 < answer_from(sure < 0.25, sure, risk=0.05).threshold < 0.25)
    True
    >>> answer_from([0, 0], [0.9, 0.8], risk=0.05).threshold  # two items tell nothing
    inf
    """
    error, sure = _pair(wrong, confidence)
    if not np.isin(error, (0, 1)).all():
        raise ValueError("wrong must be 0 or 1 for every item")
    if not (0 < risk < 1 and 0 < doubt < 1):
        raise ValueError("risk and doubt must lie between 0 and 1")
    rising = np.sort(sure)
    low, high = 0, len(sure) - 1
    steps = max(1, ceil(log2(len(sure))))
    found = AnswerFrom(float("inf"), 0.0, float("nan"), float("nan"))
    for _ in range(steps):
        at = (low + high + 1) // 2
        answered = sure >= rising[at]
        n, errors = int(answered.sum()), int(error[answered].sum())
        bound = error_bound(errors, n, doubt=doubt / steps)
        if bound <= risk:
            high = at
            if n / len(sure) > found.coverage:
                found = AnswerFrom(float(rising[at]), n / len(sure), errors / n, bound)
        else:
            low = at
    return found


def error_bound(errors: int, n: int, *, doubt: float) -> float:
    """Error rate that is not exceeded, but for a chance of `doubt`, given errors counted.

    Parameters
    ----------
    errors
        How many of the items were wrong.
    n
        How many items, at least 1.
    doubt
        Above 0 and below 1.

    Returns
    -------
    float
        In (0, 1]: the rate at which so few errors or fewer have a chance of `doubt`.

    Raises
    ------
    ValueError
        If a number is out of range.

    References
    ----------
    Clopper and Pearson (1934). The use of confidence or fiducial limits illustrated in the case
    of the binomial; Geifman and El-Yaniv (2017), lemma 3.1.

    Examples
    --------
    >>> round(error_bound(0, 100, doubt=0.05), 4)  # close to the rule of three
    0.0295
    """
    if not 0 <= errors <= n or n < 1 or not 0 < doubt < 1:
        raise ValueError(f"{errors} errors of {n} with a doubt of {doubt} are not possible")
    if errors == n:
        return 1.0
    k = np.arange(errors + 1)
    factorial = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, n + 1)))])
    ways = factorial[n] - factorial[k] - factorial[n - k]
    low, high = errors / n, 1.0
    for _ in range(60):
        rate = (low + high) / 2
        if not low < rate < high:
            break
        chance = ways + k * log(rate) + (n - k) * np.log1p(-rate)
        top = chance.max()
        if top + log(np.exp(chance - top).sum()) > log(doubt):
            low = rate
        else:
            high = rate
    return high


def _pair(loss: ArrayLike, confidence: ArrayLike) -> tuple[Floats, Floats]:
    cost, sure = np.asarray(loss, dtype=float), np.asarray(confidence, dtype=float)
    if cost.ndim != 1 or cost.shape != sure.shape or not len(cost):
        raise ValueError(f"losses of shape {cost.shape}, confidences of {sure.shape} do not fit")
    if not (np.isfinite(cost).all() and np.isfinite(sure).all()):
        raise ValueError("losses and confidences must be finite")
    return cost, sure
