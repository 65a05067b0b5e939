"""What a table of texts says in all: counts that can be added up part by part."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypedDict

import numpy as np
import pandas as pd

from affectkit.affect import LabelSet

if TYPE_CHECKING:
    from affectkit.media.text_rows import TextRow

BINS = 20
EXAMPLES = 5
"""The surest rows of each label that are kept as examples."""
PROBLEMS = 50
"""The first rows that could not be read, or were mended, that are named."""
_LETTERS = 240
_RANGES = {"valence": (-1.0, 1.0), "arousal": (-1.0, 1.0), "confidence": (0, 1), "spread": (0, 1)}


class Problem(TypedDict):
    """A row that could not be read, or only after mending."""

    row: int
    line: int
    problem: str


class Example(TypedDict):
    """A row that was read with much confidence."""

    row: int
    confidence: float
    text: str


class Summary(TypedDict):
    """Counts over rows; `distributions` have `BINS` bins over the whole range of a number."""

    rows: int
    sentences: int
    failed: int
    mended: int
    labels: dict[str, int]
    untold: dict[str, int]
    distributions: dict[str, list[int]]
    examples: dict[str, list[Example]]
    problems: list[Problem]
    mendings: list[Problem]


def summed_up(
    rows: Sequence[TextRow], items: pd.DataFrame, sentences: int, label_set: LabelSet
) -> Summary:
    """Return the summary of one part of a table.

    Parameters
    ----------
    rows
        The rows of the part.
    items
        What was read from each: columns ``emotion, confidence, spread, valence, arousal,
        reason`` and ``text``.
    sentences
        How many sentences they hold.
    label_set
        The set that emotions are of.
    """
    counts = items["emotion"].value_counts()
    failed = [
        Problem(row=row.number, line=row.line, problem=row.problem) for row in rows if row.problem
    ]
    mended = [
        Problem(row=row.number, line=row.line, problem=row.mended) for row in rows if row.mended
    ]
    return Summary(
        rows=len(rows),
        sentences=sentences,
        failed=len(failed),
        mended=len(mended),
        labels={name: int(counts.get(name, 0)) for name in label_set.labels},
        untold={str(k): int(n) for k, n in items["reason"].value_counts().items()},
        distributions={
            name: np.histogram(items[name].dropna(), BINS, bounds)[0].tolist()
            for name, bounds in _RANGES.items()
        },
        examples={name: _surest(items, name) for name in label_set.labels if counts.get(name)},
        problems=failed[:PROBLEMS],
        mendings=mended[:PROBLEMS],
    )


def summed(parts: Sequence[Summary], label_set: LabelSet) -> Summary:
    """Return the summary of all parts together.

    Examples
    --------
    >>> summed([], LabelSet.load("ekman7"))["rows"]
    0
    """
    untold: dict[str, int] = {}
    for part in parts:
        for reason, n in part["untold"].items():
            untold[reason] = untold.get(reason, 0) + n
    examples = {}
    for name in label_set.labels:
        found = [e for part in parts for e in part["examples"].get(name, ())]
        if found:
            examples[name] = sorted(found, key=lambda e: -e["confidence"])[:EXAMPLES]
    return Summary(
        rows=sum(part["rows"] for part in parts),
        sentences=sum(part["sentences"] for part in parts),
        failed=sum(part["failed"] for part in parts),
        mended=sum(part["mended"] for part in parts),
        labels={
            name: sum(part["labels"].get(name, 0) for part in parts) for name in label_set.labels
        },
        untold=dict(sorted(untold.items(), key=lambda item: -item[1])),
        distributions={
            name: [sum(part["distributions"][name][i] for part in parts) for i in range(BINS)]
            for name in _RANGES
        },
        examples=examples,
        problems=[p for part in parts for p in part["problems"]][:PROBLEMS],
        mendings=[p for part in parts for p in part["mendings"]][:PROBLEMS],
    )


def _surest(items: pd.DataFrame, label: str) -> list[Example]:
    of = items[items["emotion"] == label].nlargest(EXAMPLES, "confidence")
    return [
        Example(row=int(row), confidence=round(float(sure), 4), text=_short(str(text)))
        for row, sure, text in zip(of["row"], of["confidence"], of["text"], strict=True)
    ]


def _short(text: str) -> str:
    return text if len(text) <= _LETTERS else text[: _LETTERS - 1].rsplit(" ", 1)[0] + " …"
