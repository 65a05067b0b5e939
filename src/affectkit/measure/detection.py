"""How well a score tells targets from the rest, as error rates and costs."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def eer(truth: ArrayLike, scores: ArrayLike) -> float:
    """Equal error rate in [0, 1]: where misses are as frequent as false alarms.

    Read off the lines that join the points of the detection curve; 0.5 for a constant score.

    Parameters
    ----------
    truth
        Whether it is a target, 0 or 1 [shape=(n,)], of which both must occur.
    scores
        Higher for targets [shape=(n,)].

    Raises
    ------
    ValueError
        If shapes differ, a score is not finite, or one of the two kinds is missing.

    References
    ----------
    Martin, A. et al. (1997). The DET curve in assessment of detection task performance.
    Eurospeech, 1895-1898.

    Examples
    --------
    >>> eer([0, 0, 1, 1], [0.1, 0.2, 0.8, 0.9])
    0.0
    """
    miss, alarm = _rates(truth, scores)
    last = int(np.flatnonzero(miss <= alarm)[-1])
    if miss[last] == alarm[last]:
        return float(miss[last])
    below, above = alarm[last] - miss[last], miss[last + 1] - alarm[last + 1]
    part = below / (below + above)
    return float(miss[last] + part * (miss[last + 1] - miss[last]))


def min_dcf(
    truth: ArrayLike,
    scores: ArrayLike,
    *,
    prior: float = 0.01,
    miss_cost: float = 1.0,
    alarm_cost: float = 1.0,
) -> float:
    """Least detection cost over all thresholds, in [0, 1]; 1 is no better than not looking.

    Parameters
    ----------
    truth, scores
        As in `eer`.
    prior
        How frequent targets are in use, above 0 and below 1.
    miss_cost, alarm_cost
        What an error of each kind costs, above 0.

    Raises
    ------
    ValueError
        As `eer`, and if prior or costs are out of range.

    References
    ----------
    NIST (2016). Speaker recognition evaluation plan, equations 2 to 4.

    Examples
    --------
    >>> min_dcf([0, 0, 1, 1], [0.5, 0.5, 0.5, 0.5])
    1.0
    """
    if not 0 < prior < 1 or miss_cost <= 0 or alarm_cost <= 0:
        raise ValueError("prior must lie between 0 and 1, and costs above 0")
    miss, alarm = _rates(truth, scores)
    missed, alarmed = miss_cost * prior, alarm_cost * (1 - prior)
    return float((missed * miss + alarmed * alarm).min() / min(missed, alarmed))


def net_benefit(truth: ArrayLike, probability: ArrayLike, thresholds: ArrayLike) -> Floats:
    """Net benefit of acting at each threshold: hits less weighted false alarms, per item.

    Compare it with acting on all (a probability of 1 for everyone) and on none (0).

    Parameters
    ----------
    truth
        0 or 1 [shape=(n,)].
    probability
        In [0, 1] [shape=(n,)].
    thresholds
        Probabilities from which one acts, in [0, 1) [shape=(k,)].

    Returns
    -------
    numpy.ndarray
        [shape=(k,)], at most the share of targets.

    Raises
    ------
    ValueError
        If shapes differ or a threshold lies outside [0, 1).

    References
    ----------
    Vickers, A. and Elkin, E. (2006). Decision curve analysis. Medical Decision Making 26,
    565-574.

    Examples
    --------
    >>> net_benefit([0, 1], [0.2, 0.9], [0.5]).tolist()
    [0.5]
    """
    yes, p = np.asarray(truth).astype(bool), np.asarray(probability, dtype=float)
    at = np.atleast_1d(np.asarray(thresholds, dtype=float))
    if yes.shape != p.shape or yes.ndim != 1 or not yes.size:
        raise ValueError(f"shapes {yes.shape} and {p.shape} differ, or are empty")
    if not ((at >= 0) & (at < 1)).all():
        raise ValueError("thresholds must be at least 0 and below 1")
    acted = p >= at[:, None]
    benefit = (acted & yes).mean(axis=1) - (acted & ~yes).mean(axis=1) * at / (1 - at)
    return np.asarray(benefit, dtype=float)


def _rates(truth: ArrayLike, scores: ArrayLike) -> tuple[Floats, Floats]:
    """Misses and false alarms at every threshold, from accepting all to accepting none."""
    yes, s = np.asarray(truth).astype(bool), np.asarray(scores, dtype=float)
    if yes.shape != s.shape or yes.ndim != 1:
        raise ValueError(f"shapes {yes.shape} and {s.shape} differ")
    if not np.isfinite(s).all():
        raise ValueError(f"score {int(np.argmin(np.isfinite(s)))} is not finite")
    if yes.all() or not yes.any():
        raise ValueError("both targets and others are needed")
    at = np.append(np.unique(s), np.inf)
    targets, others = np.sort(s[yes]), np.sort(s[~yes])
    miss = np.searchsorted(targets, at) / len(targets)
    return miss, 1 - np.searchsorted(others, at) / len(others)
