"""EmoryNLP: what is said in scenes of the series Friends, in seven emotions of another wheel."""

from __future__ import annotations

import ast
from pathlib import Path

import pandas as pd

from affectkit.data.dataset import DataFacts, DataSet, table
from affectkit.data.integrity import Check, counts, shape, values

LABELS = ("joyful", "mad", "neutral", "peaceful", "powerful", "sad", "scared")
"""Willcox's feeling wheel, and neutral."""

FACTS = DataFacts(
    name="emorynlp",
    title="Zahiri and Choi 2018, Emotion Detection on TV Show Transcripts with Sequence-based "
    "Convolutional Neural Networks",
    home="https://github.com/emorynlp/emotion-detection",
    folder="text-internal/emorynlp",
    licence="Apache-2.0 for the annotations; the words are those of a television series",
    licence_class="unclear",
    language="en",
    splits="train and dev, by its makers, by scene, as published with MELD; the official test "
    "is not read",
    traps=(
        "the same six people speak in all splits",
        "MELD and ECF are of the same series and share lines, under other labels",
        "powerful and peaceful are feelings that outsiders rarely agree on",
    ),
    groups=("speaker",),
    related=("meld",),
    papers=(26, 50, 55, 58, 101, 131, 132),
)


def read(root: Path) -> DataSet:
    """Return EmoryNLP: ``id, text, split, dialogue, turn, speaker, label``.

    A ``dialogue`` is a scene; ``speaker`` holds all who speak a line together, with commas
    between.

    Examples
    --------
    >>> from affectkit.data import data_root
    >>> read(data_root()).table["label"].nunique()  # doctest: +SKIP
    7
    """
    columns = ("Utterance", "Speaker", "Emotion", "Scene_ID", "Utterance_ID", "Season", "Episode")
    parts = []
    for split in ("train", "dev"):
        path = root / FACTS.folder / f"emorynlp_{split}_final.csv"
        rows = table(path, FACTS, columns)
        places = (rows[name].astype(str) for name in ("Season", "Episode", "Scene_ID"))
        scene = pd.Series(["-".join(place) for place in zip(*places, strict=True)], dtype=str)
        parts.append(
            pd.DataFrame(
                {
                    "id": scene + "-" + rows["Utterance_ID"].astype(str),
                    "text": rows["Utterance"].astype(str).str.strip(),
                    "split": split,
                    "dialogue": scene,
                    "turn": rows["Utterance_ID"].astype(int),
                    "speaker": [_speakers(told) for told in rows["Speaker"]],
                    "label": rows["Emotion"].str.strip().str.lower(),
                }
            )
        )
    return DataSet(pd.concat(parts, ignore_index=True), FACTS, LABELS)


def check(root: Path) -> list[Check]:
    """Compare rows and labels with those published.

    Examples
    --------
    >>> from affectkit.data import data_root
    >>> {c.state for c in check(data_root())}  # doctest: +SKIP
    {'whole'}
    """
    found = read(root)
    return [
        *shape(found),
        *counts(found.table, {"train": 7_551, "dev": 954}),
        values(found.table, "label", LABELS),
    ]


def _speakers(told: str) -> str:
    """Return ``['Ross Geller']`` as a name."""
    try:
        listed = ast.literal_eval(told)
    except (ValueError, SyntaxError):
        return str(told).strip()
    return ", ".join(map(str, listed)) if isinstance(listed, list | tuple) else str(listed)
