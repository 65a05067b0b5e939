"""EmpatheticDialogues: short talks, each about a moment when one of 32 emotions was felt."""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path
from typing import Any

import pandas as pd

from affectkit.data.dataset import DataFacts, DataSet, records, text_lines
from affectkit.data.integrity import Check, counted, number, shape
from affectkit.errors import DataError

FACTS = DataFacts(
    name="empatheticdialogues",
    title="Rashkin et al. 2019, Towards Empathetic Open-domain Conversation Models: a New "
    "Benchmark and Dataset",
    home="https://github.com/facebookresearch/EmpatheticDialogues",
    folder="text-internal/empatheticdialogues",
    licence="CC BY-NC 4.0",
    licence_class="non-commercial",
    language="en",
    splits="dev (its valid) alone, by its makers",
    traps=(
        "the emotion is that of the moment told about, not of each turn: the listener's turns "
        "do not show it",
        "some talks end before the listener answers",
    ),
    papers=(23, 28, 38, 94, 110),
)


def read(root: Path) -> DataSet:
    """Return EmpatheticDialogues: ``id, text, split, dialogue, turn, speaker, label``.

    ``speaker`` is ``"speaker"`` (who tells) or ``"listener"``; ``label`` is one of the labels
    of the label set ``empatheticdialogues32`` for the whole talk.

    Examples
    --------
    >>> from affectkit.data import data_root
    >>> read(data_root()).table["label"].nunique()  # doctest: +SKIP
    32
    """
    folder = root / FACTS.folder
    path = folder / "valid.csv"
    talks = _published(path) if path.is_file() else records(folder / "dev.jsonl", FACTS)
    found = []
    try:
        for talk in talks:
            for turn, text in enumerate(talk["turns"]):
                found.append(
                    {
                        "id": f"{talk['id']}-{turn}",
                        "text": str(text).replace("_comma_", ",").strip(),
                        "split": "dev",
                        "dialogue": talk["id"],
                        "turn": turn,
                        "speaker": ("speaker", "listener")[turn % 2],
                        "label": talk["emotion"],
                    }
                )
    except (KeyError, TypeError) as error:
        raise DataError(f"{folder} has another form: {error}", remedy=f"see {FACTS.home}") from None
    table = pd.DataFrame(found)
    return DataSet(table, FACTS, tuple(sorted(table["label"].unique())))


def check(root: Path) -> list[Check]:
    """Compare the number of talks and emotions with the paper's.

    Examples
    --------
    >>> from affectkit.data import data_root
    >>> any(c.state == "damaged" for c in check(data_root()))  # doctest: +SKIP
    False
    """
    found = read(root)
    return [
        *shape(found),
        # The paper counts 24,850 in all, 2,770 of them here; the file lacks a few.
        counted("talks", found.table["dialogue"].nunique(), 2_770),
        number("emotions", len(found.labels), 32),
    ]


def _published(path: Path) -> list[dict[str, Any]]:
    """Read the makers' own table, whose rows have more columns than its head."""
    # Its texts hold quotation marks that open nothing; commas are spelled out.
    rows = csv.reader(text_lines(path, FACTS)[1:], quoting=csv.QUOTE_NONE)
    emotions: dict[str, str] = {}
    turns: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        if len(row) > 5:
            emotions[row[0]] = row[2]
            turns[row[0]].append(row[5])
    return [{"id": name, "emotion": emotions[name], "turns": turns[name]} for name in turns]
