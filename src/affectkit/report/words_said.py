"""The transcript as a page shows it: words marked by how far they carried the emotion."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from affectkit.affect import Timeline, Utterance
from affectkit.report.clock import clock, percent
from affectkit.report.palette import Look
from affectkit.report.prose import axis_of

STRENGTHS = 3


@dataclass(frozen=True)
class Piece:
    """Part of an utterance; `strength` is 0, or 1 to 3 by how far it carried the emotion."""

    text: str
    strength: int = 0
    weight: float = 0.0


@dataclass(frozen=True)
class Tag:
    """What an utterance's words were read as."""

    look: Look
    confidence: str


@dataclass(frozen=True)
class Line:
    """One utterance as a page shows it."""

    speaker: str
    moment: str
    start: float | None
    end: float | None
    pieces: tuple[Piece, ...]
    tags: tuple[Tag, ...] = ()
    reason: str = ""
    new_speaker: bool = field(default=True)


def lines(timeline: Timeline, looks: tuple[Look, ...]) -> list[Line]:
    """Return the utterances of a timeline's transcript with marks and tags."""
    if timeline.transcript is None:
        return []
    rows = _rows_by_utterance(timeline)
    sentences = axis_of(timeline).sentences
    out: list[Line] = []
    previous: str | None = None
    for utterance in timeline.transcript:
        for first, last, told in _parts(utterance, rows.get(utterance.id)):
            start, end = _place(utterance, told, sentences=sentences, whole=not first)
            moment = ""
            if start is not None:
                moment = str(int(start) + 1) if sentences else clock(start)
            marks = [(s - first, e - first, weight) for s, e, weight in _marks(told)]
            out.append(
                Line(
                    utterance.speaker,
                    moment,
                    start,
                    end,
                    pieces(utterance.text[first:last], marks),
                    _tags(timeline, told, looks),
                    _reason(told),
                    new_speaker=not out or utterance.speaker != previous,
                )
            )
            previous = utterance.speaker
    return out


def pieces(text: str, marks: list[tuple[int, int, float]]) -> tuple[Piece, ...]:
    """Cut a text at its marks, given as start, end and weight; the strongest win overlaps.

    Examples
    --------
    >>> [(p.text, p.strength) for p in pieces("I hate it", [(2, 6, 0.9)])]
    [('I ', 0), ('hate', 3), (' it', 0)]
    """
    kept: list[tuple[int, int, float]] = []
    for start, end, weight in sorted(marks, key=lambda mark: -mark[2]):
        start, end = max(start, 0), min(end, len(text))
        if start < end and weight > 0 and all(end <= s or start >= e for s, e, _ in kept):
            kept.append((start, end, weight))
    if not kept:
        return (Piece(text),)
    top = max(weight for _, _, weight in kept)
    out, at = [], 0
    for start, end, weight in sorted(kept):
        if start > at:
            out.append(Piece(text[at:start]))
        strength = min(STRENGTHS, max(1, math.ceil(STRENGTHS * weight / top)))
        out.append(Piece(text[start:end], strength, weight))
        at = end
    if at < len(text):
        out.append(Piece(text[at:]))
    return tuple(out)


def _rows_by_utterance(timeline: Timeline) -> dict[str, list[dict[str, Any]]]:
    table = timeline.table
    table = table[table["utterance"].notna() & (table["modality"] == "text")]
    # The first label column may be any number of probabilities; the leading one is enough.
    leading = timeline.leading.reindex(table.index)
    out: dict[str, list[dict[str, Any]]] = {}
    columns = ["start_s", "end_s", "utterance", "evidence", "confidence", "reason"]
    for row, lead in zip(table[columns].to_dict("records"), leading, strict=True):
        named = {str(key): value for key, value in row.items()}
        out.setdefault(str(row["utterance"]), []).append({**named, "leading": lead})
    return out


def _parts(
    utterance: Utterance, told: list[dict[str, Any]] | None
) -> list[tuple[int, int, list[dict[str, Any]] | None]]:
    """Cut an utterance into its sentences where each was read by itself."""
    if told and len(told) > 1:
        from affectkit.perceive.sentences import sentences

        found = sentences(utterance.text)
        if len(found) == len(told):
            return [(s.start, s.end, [row]) for s, row in zip(found, told, strict=True)]
    return [(0, len(utterance.text), told)]


def _place(
    utterance: Utterance, told: list[dict[str, Any]] | None, *, sentences: bool, whole: bool
) -> tuple[float | None, float | None]:
    if not sentences and utterance.start_s is not None and (whole or not told):
        end = utterance.end_s if utterance.end_s is not None else utterance.start_s
        return float(utterance.start_s), float(end)
    if not told:
        return None, None
    return float(told[0]["start_s"]), float(told[-1]["end_s"])


def _marks(told: list[dict[str, Any]] | None) -> list[tuple[int, int, float]]:
    out = []
    for row in told or ():
        for item in evidence(row["evidence"]):
            start, end, weight = item.get("start"), item.get("end"), item.get("weight")
            if isinstance(start, int) and isinstance(end, int) and isinstance(weight, int | float):
                out.append((start, end, float(weight) if math.isfinite(weight) else 0.0))
    return out


def evidence(cell: object) -> list[dict[str, Any]]:
    """Return the items of an evidence cell; none if it is missing or malformed."""
    if not isinstance(cell, str):
        return []
    try:
        items = json.loads(cell)
    except ValueError:
        return []
    return [i for i in items if isinstance(i, dict)] if isinstance(items, list) else []


def _tags(
    timeline: Timeline, told: list[dict[str, Any]] | None, looks: tuple[Look, ...]
) -> tuple[Tag, ...]:
    best: dict[str, float] = {}
    for row in told or ():
        if row["leading"] is not None and not pd.isna(row["leading"]):
            sure = float(row["confidence"])
            label = str(row["leading"])
            best[label] = max(best.get(label, -1.0), -1.0 if math.isnan(sure) else sure)
    return tuple(
        Tag(looks[timeline.label_set.index(label)], percent(sure) if sure >= 0 else "")
        for label, sure in best.items()
    )


def _reason(told: list[dict[str, Any]] | None) -> str:
    if not told or any(isinstance(row["leading"], str) for row in told):
        return ""
    return next((r["reason"] for r in told if isinstance(r["reason"], str)), "")
