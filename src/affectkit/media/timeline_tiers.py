"""A timeline as tiers for annotators and subtitles for viewers, and back."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import pandas as pd

from affectkit.affect import LabelSet, Timeline
from affectkit.affect.timeline import FUSED, SPACE
from affectkit.errors import MediaError
from affectkit.media.text_encoding import clean
from affectkit.media.tiers import Segment, Tier, from_conversation, merged, to_conversation

_BETWEEN = " · "
_MEASURES = (*SPACE, "confidence")
_WORDS = "words"
_CANNOT = "cannot tell: "


def to_tiers(timeline: Timeline) -> list[Tier]:
    """Return tiers of emotion, valence, arousal, dominance, confidence and words.

    A tier is called ``person · modality`` where it holds the most probable label (or
    ``cannot tell: why``), ``person · modality · measure`` where it holds a number, and
    ``person · words`` where it holds what was said. The probabilities of the other labels
    have no place in an annotation file; Parquet keeps them.

    Examples
    --------
    >>> from affectkit.affect import Estimate
    >>> ekman = LabelSet.load("ekman7")
    >>> joy = Estimate(ekman, [0, 0, 0, 1, 0, 0, 0], valence=0.5, source="demo")
    >>> t = Timeline.from_estimates([(0.0, 2.0, "Ann", "face", joy)], ekman)
    >>> [(tier.name, tier.segments[0].text) for tier in to_tiers(t)]
    [('Ann · face', 'joy'), ('Ann · face · valence', '0.5')]
    """
    found: list[tuple[str, Tier]] = []
    if timeline.transcript is not None:
        for tier in from_conversation(timeline.transcript):
            name = _BETWEEN.join((tier.name, _WORDS))
            found.append((name, Tier(name, tier.segments)))
    leading = timeline.leading
    keys = ["person", "modality"]
    for (person, modality), rows in timeline.table.groupby(keys, sort=False, dropna=False):
        base = _BETWEEN.join((_text(person), _text(modality)))
        labels = [
            Segment(start_s, end_s, _label(leading[i], reason))
            for i, start_s, end_s, reason in zip(
                rows.index, rows["start_s"], rows["end_s"], rows["reason"], strict=True
            )
        ]
        found.append((base, Tier(base, labels)))
        for measure in _MEASURES:
            told = rows[rows[measure].notna()]
            name = base + _BETWEEN + measure
            numbers = [
                Segment(start_s, end_s, f"{value:.6g}")
                for start_s, end_s, value in zip(
                    told["start_s"], told["end_s"], told[measure], strict=True
                )
            ]
            if numbers:
                found.append((name, Tier(name, numbers)))
    return merged(found)


def from_tiers(tiers: Sequence[Tier], label_set: LabelSet, *, source: str) -> Timeline:
    """Return the timeline that tiers named as by `to_tiers` describe.

    An annotation file names one label a segment: it gets all of the probability. Tiers under
    other names are taken for words.

    Raises
    ------
    MediaError
        If a tier of emotions holds something that is no label of the set.
    """
    records: dict[tuple[str, str, float, float, int], dict[str, Any]] = {}
    words: list[Tier] = []
    for tier in tiers:
        person, modality, measure = _parts(tier.name)
        if modality == _WORDS:
            words.append(Tier(person, tier.segments))
            continue
        count: dict[tuple[float, float], int] = {}
        for segment in tier.segments:
            span = (segment.start_s, segment.end_s)
            count[span] = count.get(span, 0) + 1
            key = (person, modality, *span, count[span])
            record = records.setdefault(
                key,
                {"start_s": span[0], "end_s": span[1], "person": person, "modality": modality},
            )
            record["source"] = source
            record.update(_values(segment.text, measure, label_set, tier.name))
    table = pd.DataFrame.from_records(list(records.values()))
    talk = to_conversation(words) if words else None
    return Timeline(table, label_set, {"source": source}, talk)


def to_subtitles(timeline: Timeline) -> list[Tier]:
    """Return what a viewer reads: the words with the emotion behind them, or emotion alone.

    With a timed transcript, each utterance is followed by the label that its speaker's fused
    estimates favour over that time; without one, each run of the same label is a subtitle.
    """
    talk = timeline.transcript
    modalities = timeline.modalities
    chosen = timeline.where(modality=FUSED) if FUSED in modalities else timeline
    if talk is not None and any(u.start_s is not None for u in talk):
        tiers = []
        for tier in from_conversation(talk):
            segments = []
            for s in tier.segments:
                label = _favoured(chosen.where(person=tier.name).between(s.start_s, s.end_s))
                segments.append(
                    Segment(s.start_s, s.end_s, f"{s.text} [{label}]" if label else s.text)
                )
            tiers.append(Tier(tier.name, segments))
        return tiers
    runs: list[tuple[str, Tier]] = []
    leading = chosen.leading
    for person, rows in chosen.table.groupby("person", sort=False, dropna=False):
        name = _text(person)
        segments = []
        spans = zip(rows.index, rows["start_s"], rows["end_s"], strict=True)
        for i, start_s, end_s in spans:
            label = leading[i]
            if label is None:
                continue
            if segments and segments[-1].text == label and start_s <= segments[-1].end_s + 0.001:
                before = segments.pop()
                start_s, end_s = before.start_s, max(before.end_s, end_s)
            segments.append(Segment(start_s, end_s, str(label)))
        runs.append((name, Tier(name, segments)))
    return merged(runs)


def to_turns(timeline: Timeline) -> list[Tier]:
    """Return who speaks when: from the transcript if it has times, else from the speech lane."""
    talk = timeline.transcript
    if talk is not None and any(u.start_s is not None for u in talk):
        tiers = from_conversation(talk)
    else:
        rows = timeline.where(modality="speech").table
        tiers = merged(
            (_text(person), Tier(_text(person), [Segment(start_s, end_s)]))
            for person, start_s, end_s in zip(
                rows["person"], rows["start_s"], rows["end_s"], strict=True
            )
        )
    return [Tier(tier.name, _joined(tier.segments)) for tier in tiers]


def _joined(segments: Sequence[Segment]) -> list[Segment]:
    """Join stretches that overlap or touch."""
    out: list[Segment] = []
    for segment in sorted(segments):
        if out and segment.start_s <= out[-1].end_s + 1e-6:
            out[-1] = Segment(out[-1].start_s, max(out[-1].end_s, segment.end_s))
        else:
            out.append(Segment(segment.start_s, segment.end_s))
    return out


def _favoured(timeline: Timeline) -> str | None:
    weights = timeline.table["confidence"].fillna(0.0) * (
        timeline.table["end_s"] - timeline.table["start_s"]
    )
    totals = timeline.labels.mul(weights, axis=0).sum()
    return str(totals.idxmax()) if len(totals) and totals.max() > 0 else None


def _label(label: str | None, reason: object) -> str:
    if label is not None:
        return label
    return _CANNOT + (_text(reason) or "no reason given")


def _values(text: str, measure: str, label_set: LabelSet, tier: str) -> dict[str, Any]:
    if measure:
        with suppress(ValueError):
            number = float(text)
            if math.isfinite(number):
                return {measure: number}
        raise MediaError(f"the tier {tier!r} holds {text!r} where a number is due")
    if text.startswith(_CANNOT):
        return {"reason": text.removeprefix(_CANNOT)}
    label = text.strip()
    if label not in label_set.labels:
        raise MediaError(
            f"the tier {tier!r} holds {text[:60]!r}, which is no label of {label_set.name}",
            remedy=f"use one of {', '.join(label_set.labels)}",
        )
    return {name: float(name == label) for name in label_set.labels}


def _parts(name: str) -> tuple[str, str, str]:
    """Return person, modality and measure of a tier's name, which may itself hold a dot."""
    rest, measure = name, ""
    head, dot, last = name.rpartition(_BETWEEN)
    if dot and last in _MEASURES:
        rest, measure = head, last
    person, dot, modality = rest.rpartition(_BETWEEN)
    return (person, modality, measure) if dot else (name, _WORDS, "")


def _text(value: object) -> str:
    return "" if value is None or value is pd.NA or value != value else clean(str(value))
