"""What a timeline says of each person as a whole: shares, stretches, and what is missing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from affectkit.affect import Timeline
from affectkit.affect.timeline import FUSED, GROUP

INSTANT = 1e-3
"""What a row without length, such as that of a photo, counts for."""
_GAP = 1.5
_MOST_STRETCHES = 3


@dataclass(frozen=True)
class Stretch:
    """A run of moments in which one label leads.

    Parameters
    ----------
    label
        The label.
    start_s, end_s
        On the axis of the timeline.
    confidence
        Mean over the run; NaN if not stated.
    """

    label: str
    start_s: float
    end_s: float
    confidence: float


@dataclass(frozen=True)
class Portrait:
    """What is estimated of one person over the whole recording.

    Parameters
    ----------
    person
        Name; an empty string if unknown.
    told, untold
        How much of the axis has an estimate, and how much has only reasons why not.
    shares
        Label and the share of `told` in which it leads, the largest first.
    stretches
        The strongest runs of labels other than neutral, in order of time.
    probabilities
        Mean probability of each label, in the order of the label set; NaN if never told.
    valence, arousal, confidence
        Means over `told`; NaN if never told.
    reasons
        Why nothing could be told, with how much of the axis each takes, the longest first.
    """

    person: str
    told: float
    untold: float
    shares: tuple[tuple[str, float], ...]
    stretches: tuple[Stretch, ...]
    probabilities: tuple[float, ...]
    valence: float
    arousal: float
    confidence: float
    reasons: tuple[tuple[str, float], ...]


def main_rows(timeline: Timeline, person: str) -> pd.DataFrame:
    """Return the rows that speak for a person: fused, else of the lane that tells most."""
    table = timeline.table
    rows = table[table["person"].fillna("") == person]
    fused = rows[rows["modality"] == FUSED]
    if len(fused):
        return fused
    lengths = _lengths(rows) * rows["reason"].isna().to_numpy()
    told = pd.Series(lengths, index=rows.index).groupby(rows["modality"].fillna("")).sum()
    if not len(told):
        return rows
    return rows[rows["modality"].fillna("") == told.idxmax()]


def portraits(timeline: Timeline) -> tuple[Portrait, ...]:
    """Return a portrait of each person, those of whom most is told first.

    Examples
    --------
    >>> from affectkit.affect import Estimate, LabelSet
    >>> ekman = LabelSet.load("ekman7")
    >>> happy = Estimate(ekman, [0, 0, 0, 1, 0, 0, 0], valence=0.7, confidence=0.8)
    >>> t = Timeline.from_estimates([(0.0, 4.0, "Ann", "face", happy)], ekman)
    >>> portraits(t)[0].shares
    (('joy', 1.0),)
    """
    found = [portrait(timeline, person) for person in _people(timeline)]
    return tuple(sorted(found, key=lambda p: -p.told))


def portrait(timeline: Timeline, person: str) -> Portrait:
    """Return what is estimated of one person, or of ``"group"``, as a whole."""
    rows = main_rows(timeline, person)
    labels = timeline.label_set.labels
    values = rows[list(labels)].to_numpy(float)
    known = rows["reason"].isna().to_numpy() & ~np.isnan(values).all(axis=1)
    lengths = _lengths(rows)
    lead = np.nan_to_num(values, nan=-1.0).argmax(axis=1) if len(rows) else np.zeros(0, int)
    time = np.bincount(lead[known], weights=lengths[known], minlength=len(labels))
    told = float(time.sum())
    order = np.argsort(-time, kind="stable")
    reasons = rows["reason"].to_numpy(object)
    why: dict[str, float] = {}
    for reason, amount in zip(reasons, lengths, strict=True):
        if isinstance(reason, str):
            why[reason] = why.get(reason, 0.0) + float(amount)
    return Portrait(
        person,
        told,
        float(lengths[~known].sum()),
        tuple((labels[i], float(time[i] / told)) for i in order if time[i] > 0),
        _stretches(rows[known], lead[known], labels, timeline.label_set.neutral),
        tuple(_mean(values[known][:, i], lengths[known]) for i in range(len(labels))),
        _mean(rows["valence"].to_numpy(float)[known], lengths[known]),
        _mean(rows["arousal"].to_numpy(float)[known], lengths[known]),
        _mean(rows["confidence"].to_numpy(float)[known], lengths[known]),
        tuple(sorted(why.items(), key=lambda item: -item[1])),
    )


def _people(timeline: Timeline) -> list[str]:
    names = dict.fromkeys(timeline.table["person"].fillna(""))
    names.pop(GROUP, None)
    return list(names)


def _lengths(rows: pd.DataFrame) -> np.ndarray:
    spans = rows["end_s"].to_numpy(float) - rows["start_s"].to_numpy(float)
    return np.asarray(np.maximum(spans, INSTANT))


def _mean(values: np.ndarray, weights: np.ndarray) -> float:
    there = ~np.isnan(values)
    if not there.any():
        return math.nan
    return float(np.average(values[there], weights=weights[there]))


def _stretches(
    rows: pd.DataFrame, lead: np.ndarray, labels: Sequence[str], neutral: str | None
) -> tuple[Stretch, ...]:
    """Join neighbouring rows that one label leads, and keep the strongest such runs."""
    starts, ends = rows["start_s"].to_numpy(float), rows["end_s"].to_numpy(float)
    sure = rows["confidence"].to_numpy(float)
    runs: list[tuple[float, Stretch]] = []
    begin = 0
    for i in range(1, len(rows) + 1):
        if (
            i < len(rows)
            and lead[i] == lead[begin]
            and starts[i] - ends[i - 1] <= _GAP * max(ends[i] - starts[i], 1.0)
        ):
            continue
        label = labels[lead[begin]]
        if label != neutral:
            weight = np.maximum(ends[begin:i] - starts[begin:i], INSTANT)
            mean = float(sure[begin]) if i == begin + 1 else _mean(sure[begin:i], weight)
            run = Stretch(label, float(starts[begin]), float(ends[i - 1]), mean)
            runs.append((float(weight.sum()) * (0.5 if math.isnan(mean) else mean), run))
        begin = i
    strongest = sorted(runs, key=lambda run: -run[0])[:_MOST_STRETCHES]
    return tuple(sorted((run for _, run in strongest), key=lambda run: run.start_s))
