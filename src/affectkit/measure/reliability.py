"""Where stated probabilities come true and where not: the curve, its band, and its parts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from affectkit.measure.metrics import ece

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ReliabilityCurve:
    """What was said and what came true, a bin each, from least to most sure.

    Parameters
    ----------
    confidence
        Mean probability given in the bin, in [0, 1] [shape=(n_bins,)].
    frequency
        How often it came true, in [0, 1] [shape=(n_bins,)].
    low, high
        Ends of the bootstrap interval of `frequency`, bin by bin [shape=(n_bins,)].
    count
        How many items the bin holds [shape=(n_bins,)].

    Examples
    --------
    >>> curve = reliability_curve([0, 1, 1, 1], [0.5, 0.5, 0.9, 0.9], bins=2)
    >>> curve.confidence.tolist(), curve.frequency.tolist(), curve.count.tolist()
    ([0.5, 0.9], [0.5, 1.0], [2, 2])
    """

    confidence: Floats
    frequency: Floats
    low: Floats
    high: Floats
    count: NDArray[np.int_]


def reliability_curve(
    truth: ArrayLike,
    confidence: ArrayLike,
    *,
    bins: int = 15,
    clusters: ArrayLike | None = None,
    n: int = 1000,
    level: float = 0.95,
    seed: int = 0,
) -> ReliabilityCurve:
    """How often predictions come true by how probable they were said to be.

    Bins hold equal numbers of items, but items of equal confidence are never split; they are
    those of `affectkit.measure.metrics.ece`, which is the curve's mean distance from the
    diagonal. The band is a percentile interval for each bin by itself, whose borders stay.

    Parameters
    ----------
    truth
        Whether each prediction was right, 0 or 1, or the share of people who agreed
        [shape=(n_items,)].
    confidence
        The probability given to it, in [0, 1] [shape=(n_items,)].
    bins
        How many bins at most.
    clusters
        Which cluster each item belongs to [shape=(n_items,)], such as the speaker: these are
        drawn whole.
    n
        Number of draws, at least 20.
    level
        Coverage aimed at in each bin.
    seed
        Seed of the draws.

    Raises
    ------
    ValueError
        If there is no item, lengths differ, a probability is outside [0, 1], or `bins`, `n` or
        `level` is out of range.

    References
    ----------
    Bröcker, J. and Smith, L. A. (2007). Increasing the reliability of reliability diagrams;
    Nixon, J. et al. (2019). Measuring Calibration in Deep Learning, for bins of equal mass.

    Examples
    --------
    >>> curve = reliability_curve([0, 1] * 50, [0.5] * 100)
    >>> bool(curve.low[0] < 0.5 < curve.high[0])
    True
    """
    y, p = _pair(truth, confidence)
    if n < 20 or not 0 < level < 1:  # with fewer, a bin may be in no draw at all
        raise ValueError("n must be at least 20, and level between 0 and 1")
    code = _bins(p, bins)
    count = np.bincount(code)
    if clusters is None:
        unit = np.arange(len(y))
    else:
        names = np.asarray(clusters)
        if names.shape != y.shape:
            raise ValueError(f"clusters of shape {names.shape} do not fit {len(y)} items")
        unit = np.unique(names, return_inverse=True)[1]
    units = int(unit.max()) + 1
    rng = np.random.default_rng(seed)
    drawn = np.full((n, len(count)), np.nan)
    for i in range(n):
        weight = np.bincount(rng.integers(units, size=units), minlength=units)[unit]
        mass = np.bincount(code, weight, minlength=len(count))
        hits = np.bincount(code, weight * y, minlength=len(count))
        np.divide(hits, mass, out=drawn[i], where=mass > 0)
    low, high = np.nanquantile(drawn, [(1 - level) / 2, (1 + level) / 2], axis=0)
    return ReliabilityCurve(
        np.bincount(code, p) / count, np.bincount(code, y) / count, low, high, count
    )


def classwise_ece(truth: ArrayLike, probability: ArrayLike, *, bins: int = 15) -> float:
    """Expected calibration error of every label's probability, averaged over labels.

    Unlike the error of the top label alone, it sees a label whose probability is wrong
    whenever another wins.

    Parameters
    ----------
    truth
        Position of the right label [shape=(n_items,)], or 0/1 or the share of people for each
        label [shape=(n_items, n_labels)].
    probability
        In [0, 1] [shape=(n_items, n_labels)].
    bins
        How many bins of equal mass at most.

    Returns
    -------
    float
        In [0, 1]; 0 is calibrated.

    Raises
    ------
    ValueError
        If shapes do not fit, or `truth` names no column.

    References
    ----------
    Kull, M. et al. (2019). Beyond temperature scaling, section 2 (there with equal width).

    Examples
    --------
    >>> round(classwise_ece([0, 1], [[0.6, 0.4], [0.6, 0.4]]), 6)
    0.1
    """
    p = np.asarray(probability, dtype=float)
    t = np.asarray(truth)
    if p.ndim != 2 or not p.size:
        raise ValueError(f"expected a row an item and a column a label, got shape {p.shape}")
    if t.shape == p.shape[:1]:
        if not np.issubdtype(t.dtype, np.integer) or ((t < 0) | (t >= p.shape[1])).any():
            raise ValueError(f"truth must be whole numbers from 0 to {p.shape[1] - 1}")
        t = np.eye(p.shape[1])[t]
    if t.shape != p.shape:
        raise ValueError(f"truth of shape {t.shape} does not fit probabilities {p.shape}")
    return float(np.mean([ece(t[:, k], p[:, k], bins=bins) for k in range(p.shape[1])]))


@dataclass(frozen=True)
class BrierParts:
    """What the Brier score of a yes-no forecast is made of.

    Parameters
    ----------
    reliability
        Squared distance of stated from true frequency; 0 is calibrated.
    resolution
        How far the frequencies of bins lie from the overall one; more is better.
    uncertainty
        Variance of what came true, which no forecast can change.
    within
        What is left inside the bins; 0 where a bin holds one probability.

    Examples
    --------
    >>> round(BrierParts(0.01, 0.05, 0.25, 0.0).brier, 6)
    0.21
    """

    reliability: float
    resolution: float
    uncertainty: float
    within: float

    @property
    def brier(self) -> float:
        """The score itself: reliability - resolution + uncertainty + within."""
        return self.reliability - self.resolution + self.uncertainty + self.within


def brier_parts(truth: ArrayLike, probability: ArrayLike, *, bins: int | None = None) -> BrierParts:
    """Split the Brier score into reliability, resolution and uncertainty.

    Parameters
    ----------
    truth
        0 or 1, or the share of people who agreed [shape=(n_items,)].
    probability
        In [0, 1] [shape=(n_items,)].
    bins
        Bins of equal mass at most; if None, one for every distinct probability, with which
        nothing is left within. Many distinct values need bins: single items resolve everything.

    Raises
    ------
    ValueError
        If there is no item, lengths differ, or a number is outside [0, 1].

    References
    ----------
    Murphy, A. H. (1973). A new vector partition of the probability score, equation 8;
    Stephenson, D. B. et al. (2008). Two extra components in the Brier score decomposition,
    equation 10, for what is left within bins.

    Examples
    --------
    >>> brier_parts([1, 0, 1, 1], [0.5, 0.5, 0.75, 0.75])
    BrierParts(reliability=0.03125, resolution=0.0625, uncertainty=0.1875, within=0.0)
    """
    y, p = _pair(truth, probability)
    code = np.unique(p, return_inverse=True)[1] if bins is None else _bins(p, bins)
    count = np.bincount(code)
    said, came = np.bincount(code, p) / count, np.bincount(code, y) / count
    share = count / len(y)
    over, beyond = p - said[code], y - came[code]
    return BrierParts(
        reliability=float(share @ (said - came) ** 2),
        resolution=float(share @ (came - y.mean()) ** 2),
        uncertainty=float(y.var()),
        within=0.0 if bins is None else float(np.mean(over**2 - 2 * over * beyond)),
    )


def _pair(truth: ArrayLike, probability: ArrayLike) -> tuple[Floats, Floats]:
    y, p = np.asarray(truth, dtype=float), np.asarray(probability, dtype=float)
    if y.ndim != 1 or y.shape != p.shape or not len(y):
        raise ValueError(f"truth of shape {y.shape} and probabilities of {p.shape} do not fit")
    if not (((y >= 0) & (y <= 1)).all() and ((p >= 0) & (p <= 1)).all()):
        raise ValueError("truth and probabilities must lie in [0, 1]")
    return y, p


def _bins(p: Floats, bins: int) -> NDArray[np.intp]:
    """Return the bin of each item, from 0; borders as in `metrics.ece`."""
    if bins < 1:
        raise ValueError(f"bins must be at least 1, not {bins}")
    ordered = np.sort(p)
    at = np.linspace(0, len(p), min(bins, len(p)) + 1).round().astype(int)[1:-1]
    code = np.searchsorted(np.unique(ordered[at]), p, side="right")
    return np.asarray(np.unique(code, return_inverse=True)[1])
