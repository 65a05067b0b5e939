"""RECCON: which turns, and which words in them, caused an emotion in a dialogue."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from affectkit.data.dataset import DataFacts, DataSet, document
from affectkit.data.integrity import Check, counts, number, shape, values
from affectkit.errors import DataError

LABELS = ("anger", "disgust", "fear", "happiness", "neutral", "sadness", "surprise")

CAUSE_TYPES = ("no-context", "inter-personal", "self-contagion", "hybrid", "latent")
"""Where a cause lies: in the turn itself, the other's, the speaker's own earlier, both, unsaid."""

FACTS = DataFacts(
    name="reccon",
    title="Poria et al. 2021, Recognizing Emotion Cause in Conversations",
    home="https://github.com/declare-lab/RECCON",
    folder="text-internal/reccon",
    licence="for research; the dialogues are DailyDialog's, CC BY-NC-SA 4.0",
    licence_class="non-commercial",
    language="en",
    splits="train and dev (its valid), by its makers, by dialogue; the official test is not read",
    traps=(
        "the dialogues are DailyDialog's: a model trained on one has seen the other",
        "12 emotions of train are adjectives (happy, sad, …): mapped to their nouns here",
        "a latent cause lies in no turn, so it has no span",
    ),
    related=("dailydialog_polite",),
    papers=(50, 55, 94, 111),
)

_NOUNS = {
    "happy": "happiness",
    "excited": "happiness",
    "sad": "sadness",
    "angry": "anger",
    "surprised": "surprise",
}


def read(root: Path) -> DataSet:
    """Return RECCON: ``id, text, split, dialogue, turn, speaker, label`` and its causes.

    ``causes`` holds the turns that caused the emotion of this one (numbers from 1), ``spans``
    the words in them, ``cause_types`` some of `CAUSE_TYPES`; all three are tuples, empty for
    neutral turns.

    Examples
    --------
    >>> from affectkit.data import data_root
    >>> read(data_root()).split("dev").table["dialogue"].nunique()  # doctest: +SKIP
    47
    """
    found = []
    for split, name in (("train", "train"), ("dev", "valid")):
        path = root / FACTS.folder / f"dailydialog_{name}.json"
        try:
            for dialogue, (turns,) in document(path, FACTS).items():
                found += [_turn(turn, dialogue, split) for turn in turns]
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise DataError(
                f"{path} has another form: {error}", remedy=f"see {FACTS.home}"
            ) from None
    return DataSet(pd.DataFrame(found), FACTS, LABELS)


def check(root: Path) -> list[Check]:
    """Compare the number of dialogues with the paper's; causes have to lie in the dialogue.

    Examples
    --------
    >>> from affectkit.data import data_root
    >>> {c.state for c in check(data_root())}  # doctest: +SKIP
    {'whole'}
    """
    found = read(root)
    rows = found.table
    last = rows.groupby("dialogue")["turn"].transform("max")
    beyond = sum(any(c > n for c in causes) for causes, n in zip(rows["causes"], last, strict=True))
    kinds = pd.DataFrame({"cause types": [t for held in rows["cause_types"] for t in held]})
    return [
        *shape(found),
        *counts(rows.drop_duplicates("dialogue"), {"train": 834, "dev": 47}, "dialogues"),
        values(rows, "label", LABELS),
        values(kinds, "cause types", CAUSE_TYPES),
        number("turns whose cause lies beyond the dialogue", beyond, 0),
    ]


def _turn(turn: dict[str, Any], dialogue: str, split: str) -> dict[str, Any]:
    evidence = turn.get("expanded emotion cause evidence", [])
    label = str(turn["emotion"])
    return {
        "id": f"{dialogue}-{turn['turn']}",
        "text": str(turn["utterance"]).strip(),
        "split": split,
        "dialogue": dialogue,
        "turn": int(turn["turn"]),
        "speaker": turn["speaker"],
        "label": _NOUNS.get(label, label),
        # "b" stands for background: the cause was never said.
        "causes": tuple(int(c) for c in evidence if str(c).isdigit()),
        "spans": tuple(map(str, turn.get("expanded emotion cause span", []))),
        "cause_types": tuple(map(str, turn.get("type", []))),
    }
