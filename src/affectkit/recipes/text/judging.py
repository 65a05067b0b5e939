"""What a text model is worth: compared with words alone, and with its own promises."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affectkit.data import emobank
from affectkit.learn.heads import Head, probabilities
from affectkit.learn.ngrams import NgramTable
from affectkit.measure.intervals import bootstrap
from affectkit.measure.metrics import ccc, ece, macro_f1, micro_f1
from affectkit.perceive.text_model import confidence_and_spread
from affectkit.recipes.finding import Finding, compared, measured
from affectkit.recipes.text import calibrating

Floats = NDArray[np.float64]
PLAIN = "tf-idf of words and pairs, logistic regression, own thresholds"
WITH_NEUTRAL = "macro-F1 with neutral"
"""Of the labels and of neutral, as `with_neutral` adds it."""


@dataclass(frozen=True, eq=False)
class Told:
    """What a model said of n texts.

    Parameters
    ----------
    probabilities
        Of each label [shape=(n, n_labels)].
    holds
        Which labels it says hold [shape=(n, n_labels)].
    confidence, spread
        As in `TextEstimates` [shape=(n,)].
    """

    probabilities: Floats
    holds: NDArray[np.bool_]
    confidence: Floats
    spread: Floats


def across_folds(
    head: Head,
    table: NgramTable,
    features: NDArray[Any],
    pieces: Sequence[Sequence[int]],
    truth: Floats,
    *,
    seed: int,
) -> Told:
    """Return what a model says of texts that had no part in its calibration and thresholds.

    Parameters
    ----------
    head, table
        Trained, calibrated or not: each fold calibrates them anew.
    features, pieces, truth
        As in `affectkit.recipes.text.calibrating.calibrated`, of texts not learned from.
    seed
        Of the five folds.
    """
    n = len(truth)
    told = Told(np.zeros(truth.shape), np.zeros(truth.shape, bool), np.zeros(n), np.zeros(n))
    for fitted, judged in calibrating.folds(n, seed=seed):
        own_head, own_table = calibrating.calibrated(
            head, table, features[fitted], [pieces[i] for i in fitted], truth[fitted]
        )
        scores = own_head.scores(features[judged]) + own_table.scores([pieces[i] for i in judged])
        p = probabilities("sigmoid", scores)
        told.probabilities[judged] = p
        told.holds[judged] = p >= np.asarray(own_head.thresholds)
        told.confidence[judged], told.spread[judged] = confidence_and_spread(p, own_head.meta)
    return told


def with_neutral(holds: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the labels and one more, which holds where none of them does [shape=(n, k + 1)].

    Examples
    --------
    >>> with_neutral(np.array([[True, False], [False, False]])).tolist()
    [[True, False, False], [False, False, True]]
    """
    return np.column_stack([holds, ~holds.any(axis=1)])


def space_across_folds(told: Floats, truth: Floats, *, seed: int) -> Floats:
    """Return numbers brought to the range of the truth as other folds show it [shape=(n, k)]."""
    out = np.zeros(told.shape)
    for fitted, judged in calibrating.folds(len(told), seed=seed):
        factor, offset = calibrating.same_range(told[fitted], truth[fitted])
        out[judged] = told[judged] * factor + offset
    return out


def judge_labels(
    truth: Floats,
    holds: NDArray[np.bool_],
    plain: NDArray[np.bool_],
    *,
    where: str,
    data: str,
    seeds: Sequence[int],
    notes: str,
    micro: bool = True,
) -> list[Finding]:
    """Compare with words alone in macro- and micro-F1."""
    metrics = [("macro-F1", macro_f1), ("micro-F1", micro_f1)][: 1 + micro]
    return [
        beats(
            f"on {where} the text model beats words alone in {name}",
            name,
            metric,
            truth,
            holds,
            plain,
            PLAIN,
            data=data,
            seeds=seeds,
            notes=notes,
        )
        for name, metric in metrics
    ]


def judge_trust(
    truth: Floats, told: Told, *, where: str, data: str, seeds: Sequence[int], bound: float
) -> list[Finding]:
    """Say how far confidence and spread can be trusted."""
    right = truth[np.arange(len(truth)), told.probabilities.argmax(axis=1)]
    score = bootstrap(ece, right, told.confidence, seed=seeds[0])
    # Texts drawn twice look like miscalibration, so that the bootstrap strays upwards only: as
    # far as it does is allowed downwards too.
    high = max(score.high, score.value)
    score = replace(score, low=max(0.0, 2 * score.value - high), high=high)
    agree = right / np.maximum(truth.sum(axis=1), 1)
    constant = np.full(len(truth), agree.mean())
    gap = bootstrap(
        lambda a, s, c: float(np.mean((a - c) ** 2) - np.mean((a - 1 + s) ** 2)),
        agree,
        told.spread,
        constant,
        seed=seeds[0],
    )
    over_all = ece(truth.ravel(), told.probabilities.ravel())
    return [
        measured(
            f"the confidence in the leading label is calibrated on {where}",
            "expected calibration error",
            score,
            seeds=seeds,
            data=data,
            holds=score.value <= bound,
            notes=f"at most {bound} is wanted; 15 bins of equal mass; right for "
            f"{right.mean():.3f} of the texts; over all labels {over_all:.4f}",
        ),
        compared(
            f"the spread tells on which texts of {where} readers give other labels",
            "mean squared error, with a minus sign",
            -float(np.mean((agree - 1 + told.spread) ** 2)),
            -float(np.mean((agree - constant) ** 2)),
            "the average share for every text",
            gap,
            seeds=seeds,
            data=data,
            notes="shares are counted over the labels that two readers agreed on, so what single "
            "readers saw is missing from them",
        ),
    ]


def judge_space(
    truth: Floats,
    told: Floats,
    plain: Floats,
    *,
    seeds: Sequence[int],
    where: str = "EmoBank's readers (dev)",
    notes: Sequence[str] = ("", "", ""),
) -> list[Finding]:
    """Compare with words alone in valence, arousal and dominance."""
    return [
        beats(
            f"on {where} the text model beats words alone in {name}",
            f"CCC {name}",
            ccc,
            truth[:, k],
            told[:, k],
            plain[:, k],
            "tf-idf of words and pairs, ridge regression",
            data=emobank.FACTS.folder,
            seeds=seeds,
            notes=notes[k],
        )
        for k, name in enumerate(emobank.SPACE)
    ]


def beats(
    claim: str,
    name: str,
    metric: Any,
    truth: NDArray[Any],
    ours: NDArray[Any],
    theirs: NDArray[Any],
    baseline_name: str,
    *,
    data: str,
    seeds: Sequence[int],
    notes: str = "",
) -> Finding:
    """Return what a metric says of us and of a baseline, with the interval of the difference."""
    gap = bootstrap(lambda t, a, b: metric(t, a) - metric(t, b), truth, ours, theirs, seed=seeds[0])
    return compared(
        claim,
        name,
        metric(truth, ours),
        metric(truth, theirs),
        baseline_name,
        gap,
        seeds=seeds,
        data=data,
        notes=notes,
    )
