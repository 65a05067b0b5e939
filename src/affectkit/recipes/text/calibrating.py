"""Calibrate a text model's heads on texts that they did not learn from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affectkit.learn.heads import Head, probabilities
from affectkit.learn.ngrams import NgramTable
from affectkit.measure.calibration import Isotonic, Platt
from affectkit.perceive.text_model import leading_share
from affectkit.recipes.text.words_alone import best_thresholds

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
        thresholds=best_thresholds(p, truth),
        meta=meta,
    )
    return made, table.scaled(slope)


def with_error(head: Head, told: Floats, truth: Floats, population: Floats) -> Head:
    """Return the head of space with the size of its errors, as unseen texts show it.

    Parameters
    ----------
    head
        The head.
    told
        What it said of unseen texts: three means, three spreads of readers [shape=(n, 6)].
    truth
        What readers said [shape=(n, 3)].
    population
        Ratings of all texts, for how wide an estimate must be that knows nothing
        [shape=(n, 3)].
    """
    missed = (truth - told[:, :3]) ** 2
    differ = np.clip(told[:, 3:6], 0.05, 1) ** 2
    base, slope = [], []
    for k in range(3):
        s = max(float(np.polyfit(differ[:, k], missed[:, k], 1)[0]), 0.0)
        slope.append(s)
        base.append(max(float(missed[:, k].mean() - s * differ[:, k].mean()), 1e-3))
    error = {"base": base, "rater": slope, "population": population.std(axis=0).tolist()}
    return Head(
        head.kind,
        head.outputs,
        head.weights,
        head.biases,
        head.mean,
        head.scale,
        meta={"error": error},
    )


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
