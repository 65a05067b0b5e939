"""Calibrate a text model's heads on texts that they did not learn from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affectkit.learn.heads import Head, probabilities
from affectkit.learn.ngrams import NgramTable
from affectkit.measure.calibration import Isotonic, Platt
from affectkit.measure.thresholds import expected_best_thresholds
from affectkit.perceive.text_model import leading_share

Floats = NDArray[np.float64]


def calibrated(
    head: Head, table: NgramTable, features: NDArray[Any], pieces: Sequence[Any], truth: Floats
) -> tuple[Head, NgramTable]:
    """Return a head and a table whose probabilities, thresholds and confidence fit the truth.

    Parameters
    ----------
    head, table
        Trained; their scores are added.
    features, pieces
        Of texts that neither has seen.
    truth
        1 where a label holds [shape=(n, n_labels)].
    """
    raw = head.scores(features) + table.scores(pieces)
    curves = [Platt().fit(raw[:, k], truth[:, k]) for k in range(truth.shape[1])]
    slope = np.array([max(c.slope_, 0.05) for c in curves])
    offset = np.array([c.offset_ for c in curves])
    # A curve on a score is a factor and an offset on the last layer: nothing more to run.
    weights = [*head.weights[:-1], head.weights[-1] * slope]
    biases = [*head.biases[:-1], head.biases[-1] * slope + offset]
    p = probabilities("sigmoid", raw * slope + offset)
    lead = p.argmax(axis=1)
    given = truth[np.arange(len(p)), lead]
    # With k labels on a text, the average reader of those who agreed on any gave one of them.
    share = given / np.maximum(truth.sum(axis=1), 1)
    meta = {
        "confidence": Isotonic().fit(p.max(axis=1), given).to_dict(),
        "agreement": Isotonic().fit(leading_share(p), share).to_dict(),
    }
    made = Head(
        "sigmoid",
        head.outputs,
        weights,
        biases,
        head.mean,
        head.scale,
        thresholds=expected_best_thresholds(p),
        meta=meta,
    )
    return made, table.scaled(slope)


def in_space(head: Head, told: Floats, truth: Floats, population: Floats) -> Head:
    """Return the head of space with the range of the truth and the size of its errors.

    Parameters
    ----------
    head
        Three means and three spreads of readers.
    told
        What it said of unseen texts [shape=(n, 6)].
    truth
        What people said of them [shape=(n, 3)].
    population
        Ratings of all texts, for how wide an estimate must be that knows nothing
        [shape=(n, 3)].
    """
    factor, offset = same_range(told[:, :3], truth)
    missed = (truth - (told[:, :3] * factor + offset)) ** 2
    lines = [error_line(told[:, 3 + k], missed[:, k]) for k in range(3)]
    error = {
        "base": [max(base, 1e-3) for base, _ in lines],
        "rater": [slope for _, slope in lines],
        "population": population.std(axis=0).tolist(),
    }
    factors = np.concatenate([factor, np.ones(3)])
    offsets = np.concatenate([offset, np.zeros(3)])
    return Head(
        head.kind,
        head.outputs,
        [*head.weights[:-1], head.weights[-1] * factors],
        [*head.biases[:-1], head.biases[-1] * factors + offsets],
        head.mean,
        head.scale,
        meta={"error": error},
    )


def same_range(told: Floats, truth: Floats) -> tuple[Floats, Floats]:
    """Return factors and offsets that give what is told the mean and deviation of the truth.

    For a given correlation no other line gives a higher concordance [shape=(n_outputs,)].

    Examples
    --------
    >>> factor, offset = same_range(np.array([[0.0], [0.1]]), np.array([[-1.0], [1.0]]))
    >>> (np.array([0.0, 0.1]) * factor + offset).round(3).tolist()
    [-1.0, 1.0]
    """
    factor = truth.std(axis=0) / np.maximum(told.std(axis=0), 1e-9)
    return factor, truth.mean(axis=0) - told.mean(axis=0) * factor


def error_line(rater_sd: Floats, squared: Floats) -> tuple[float, float]:
    """Return base and slope of squared errors over the variance of readers; never falling.

    Parameters
    ----------
    rater_sd
        Standard deviation of readers as told [shape=(n,)].
    squared
        Squared errors of the same texts [shape=(n,)].
    """
    differ = rater_variance(rater_sd)
    slope = max(float(np.polyfit(differ, squared, 1)[0]), 0.0)
    return float(squared.mean() - slope * differ.mean()), slope


def rater_variance(rater_sd: Floats) -> Floats:
    """Return the variance of readers from the deviation told, kept in a sensible range."""
    return np.asarray(np.clip(rater_sd, 0.05, 1) ** 2)


def folds(n: int, parts: int = 5, seed: int = 0) -> list[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Return pairs of rows to fit on and rows to judge, each row judged once.

    Examples
    --------
    >>> [len(judged) for fitted, judged in folds(11, 5)]
    [3, 2, 2, 2, 2]
    """
    order = np.random.default_rng(seed).permutation(n)
    cut = [order[i::parts] for i in range(parts)]
    return [
        (np.sort(np.concatenate([*cut[:i], *cut[i + 1 :]])), np.sort(cut[i])) for i in range(parts)
    ]
