"""Scores of predictions against what people said."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def ccc(truth: ArrayLike, predicted: ArrayLike) -> float:
    """Concordance correlation coefficient, in [-1, 1]; 1 is identity, 0 is no agreement.

    ``2 cov(x, y) / (var x + var y + (mean x - mean y)^2)`` with population moments: it
    falls when a prediction is shifted or scaled, as Pearson's correlation does not.

    Parameters
    ----------
    truth, predicted
        Numbers [shape=(n,)], n >= 2.

    Returns
    -------
    float
        NaN if both are constant and equal, since no variation is left to agree on.

    References
    ----------
    Lin, L. I-K. (1989). A concordance correlation coefficient to evaluate reproducibility.
    Biometrics 45, 255-268, equation 2.

    Examples
    --------
    >>> ccc([1, 2, 3, 4], [1, 2, 3, 4])
    1.0
    >>> round(ccc([1, 2, 3, 4], [2, 3, 4, 5]), 3)
    0.714
    """
    x, y = _pair(truth, predicted)
    apart = x.var() + y.var() + (x.mean() - y.mean()) ** 2
    if apart == 0:
        return float("nan")
    return float(2 * np.mean((x - x.mean()) * (y - y.mean())) / apart)


def pearson(truth: ArrayLike, predicted: ArrayLike) -> float:
    """Pearson's correlation in [-1, 1]; NaN if either side is constant.

    Examples
    --------
    >>> round(pearson([1, 2, 3], [2, 4, 6]), 6)
    1.0
    """
    x, y = _pair(truth, predicted)
    scale = x.std() * y.std()
    if scale == 0:
        return float("nan")
    return float(np.clip(np.mean((x - x.mean()) * (y - y.mean())) / scale, -1.0, 1.0))


def accuracy(truth: ArrayLike, predicted: ArrayLike) -> float:
    """Share in [0, 1] of items whose label is right.

    Examples
    --------
    >>> accuracy(["joy", "fear"], ["joy", "joy"])
    0.5
    """
    t, p = _labels(truth, predicted)
    return float(np.mean(t == p))


def uar(truth: ArrayLike, predicted: ArrayLike) -> float:
    """Unweighted average recall in [0, 1]: mean recall over the classes that occur in `truth`.

    Guessing one class, or at random, gives 1 / number of classes, however uneven they are
    (Schuller et al. 2009, The INTERSPEECH Emotion Challenge).

    Examples
    --------
    >>> uar(["joy", "joy", "joy", "fear"], ["joy", "joy", "joy", "joy"])
    0.5
    """
    t, p = _labels(truth, predicted)
    return float(np.mean([np.mean(p[t == label] == label) for label in np.unique(t)]))


def macro_f1(truth: ArrayLike, predicted: ArrayLike) -> float:
    """Mean F1 over labels, in [0, 1].

    Parameters
    ----------
    truth, predicted
        Labels [shape=(n,)], one each, of which the mean is over all that occur on either
        side; or yes/no per label [shape=(n, n_labels)], of which the mean is over columns. A
        label that neither occurs nor is predicted scores 0.

    Examples
    --------
    >>> round(macro_f1([[1, 0], [0, 1], [1, 1]], [[1, 0], [0, 0], [1, 1]]), 3)
    0.833
    >>> macro_f1(["joy", "fear"], ["joy", "fear"])
    1.0
    """
    t, p = _yes_no(truth, predicted)
    hits = (t & p).sum(axis=0)
    total = t.sum(axis=0) + p.sum(axis=0)
    return float(np.mean(np.where(total > 0, 2 * hits / np.maximum(total, 1), 0.0)))


def micro_f1(truth: ArrayLike, predicted: ArrayLike) -> float:
    """F1 over all label decisions together, in [0, 1]; frequent labels count for more.

    Parameters
    ----------
    truth, predicted
        As in `macro_f1`.

    Examples
    --------
    >>> round(micro_f1([[1, 0], [0, 1], [1, 1]], [[1, 0], [0, 0], [1, 1]]), 3)
    0.857
    """
    t, p = _yes_no(truth, predicted)
    total = t.sum() + p.sum()
    return float(2 * (t & p).sum() / total) if total else 0.0


def ece(truth: ArrayLike, confidence: ArrayLike, *, bins: int = 15) -> float:
    """Expected calibration error in [0, 1], over bins of equal mass; 0 is calibrated.

    Equal mass, not equal width, so that no bin rests on a handful of items (Nixon et al.
    2019, Measuring Calibration in Deep Learning). Items of equal confidence are never
    split over bins.

    Parameters
    ----------
    truth
        Whether each prediction was right, 0 or 1, or the share of people who agreed
        [shape=(n,)].
    confidence
        The probability given to it, in [0, 1] [shape=(n,)].
    bins
        How many bins at most.

    Examples
    --------
    >>> round(ece([1, 1, 0, 0], [0.5, 0.5, 0.5, 0.5]), 6)
    0.0
    >>> round(ece([0, 0], [0.9, 0.9]), 6)
    0.9
    """
    right, sure = _pair(truth, confidence)
    order = np.argsort(sure, kind="stable")
    right, sure = right[order], sure[order]
    edges = np.linspace(0, len(sure), min(bins, len(sure)) + 1).round().astype(int)[1:-1]
    # A cut inside a run of ties would make the score depend on the order of the items.
    cuts = np.unique(np.searchsorted(sure, sure[edges], side="left"))
    groups = [g for g in np.split(np.arange(len(sure)), cuts) if len(g)]
    gaps = [abs(right[g].mean() - sure[g].mean()) * len(g) for g in groups]
    return float(np.sum(gaps) / len(sure))


def brier(truth: ArrayLike, probability: ArrayLike) -> float:
    """Mean squared error of probabilities; 0 is best.

    Parameters
    ----------
    truth
        0 or 1 (or soft labels), [shape=(n,)] or [shape=(n, n_labels)].
    probability
        In [0, 1], same shape. With a label axis, errors are summed over labels (Brier 1950,
        equation 2), so the range is [0, 2] for exclusive labels.

    Examples
    --------
    >>> brier([1, 0], [1.0, 0.5])
    0.125
    """
    t = np.asarray(truth, dtype=np.float64)
    p = np.asarray(probability, dtype=np.float64)
    _check(t, p)
    squared = (t - p) ** 2
    return float(squared.mean() if squared.ndim == 1 else squared.sum(axis=-1).mean())


def _pair(a: ArrayLike, b: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    x, y = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if x.ndim != 1:
        raise ValueError(f"expected one number per item, got shape {x.shape}")
    _check(x, y)
    return x, y


def _labels(a: ArrayLike, b: ArrayLike) -> tuple[NDArray[np.generic], NDArray[np.generic]]:
    t, p = np.asarray(a), np.asarray(b)
    if t.ndim != 1:
        raise ValueError(f"expected one label per item, got shape {t.shape}")
    _check(t, p)
    return t, p


def _yes_no(a: ArrayLike, b: ArrayLike) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    t, p = np.asarray(a), np.asarray(b)
    _check(t, p)
    if t.ndim == 1:
        names = np.unique(np.concatenate([t, p]))
        t, p = t[:, None] == names, p[:, None] == names
    return t.astype(bool), p.astype(bool)


def _check(a: NDArray[np.generic], b: NDArray[np.generic]) -> None:
    if a.shape != b.shape:
        raise ValueError(f"shapes {a.shape} and {b.shape} differ")
    if not a.size:
        raise ValueError("there is nothing to score")
