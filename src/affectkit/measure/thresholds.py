"""Thresholds from which a label is said to hold, so that F1 is best."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def best_thresholds(p: ArrayLike, truth: ArrayLike) -> Floats:
    """Return, for each label, the probability above which saying yes gave the best F1.

    Parameters
    ----------
    p
        What was told [shape=(n, n_labels)].
    truth
        1 where a label holds, else 0 [shape=(n, n_labels)].

    Returns
    -------
    numpy.ndarray
        [shape=(n_labels,)]; a half for labels that hold nowhere.

    Examples
    --------
    >>> best_thresholds([[0.1], [0.4], [0.6]], [[0], [1], [1]])
    array([0.4])
    """
    told, holds = np.asarray(p, dtype=np.float64), np.asarray(truth, dtype=np.float64)
    best = np.full(told.shape[1], 0.5)
    for k in range(told.shape[1]):
        order = np.argsort(-told[:, k], kind="stable")
        falling, hits = told[order, k], np.cumsum(holds[order, k])
        f1 = 2 * hits / (np.arange(1, len(told) + 1) + max(holds[:, k].sum(), 1))
        # Of equal probabilities none can be left out: only the last of them is a threshold.
        f1[:-1][falling[:-1] == falling[1:]] = -1
        if hits[-1] > 0:
            best[k] = falling[int(f1.argmax())]
    return best


def expected_best_thresholds(p: ArrayLike) -> Floats:
    """Return, for each label, the probability above which saying yes promises the best F1.

    For calibrated probabilities, whose sum over texts is the number of yeses to expect. It looks
    at no truth, and so follows no accident of a few texts that rare labels have.

    Parameters
    ----------
    p
        Calibrated probabilities [shape=(n, n_labels)].

    Returns
    -------
    numpy.ndarray
        [shape=(n_labels,)].

    References
    ----------
    Lipton, Elkan and Naryanaswamy (2014). Optimal Thresholding of Classifiers to Maximize F1
    Measure, theorem 1: the best threshold is half of the best F1.

    Examples
    --------
    >>> expected_best_thresholds([[0.9], [0.5], [0.1]])
    array([0.5])
    """
    told = np.asarray(p, dtype=np.float64)
    falling = -np.sort(-told, axis=0)
    said = np.arange(1, len(told) + 1)[:, None]
    f1 = 2 * np.cumsum(falling, axis=0) / (said + falling.sum(axis=0))
    return np.asarray(np.take_along_axis(falling, f1.argmax(axis=0)[None, :], axis=0)[0])
