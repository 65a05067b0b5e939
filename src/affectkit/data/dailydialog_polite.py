"""DailyDialog with politeness: emotion, dialogue act and how polite, of each turn of a talk."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from affectkit.data.dataset import DataFacts, DataSet, text_lines
from affectkit.data.integrity import Check, counts, ranges, shape, values
from affectkit.errors import DataError

LABELS = ("no emotion", "anger", "disgust", "fear", "happiness", "sadness", "surprise")
"""In the order of the codes 0 to 6."""

ACTS = ("inform", "question", "directive", "commissive")
"""In the order of the codes 1 to 4."""

FACTS = DataFacts(
    name="dailydialog_polite",
    title="Li et al. 2017, DailyDialog: A Manually Labelled Multi-turn Dialogue Dataset; "
    "politeness by Bothe 2022, Conversational Analysis of Daily Dialog Data using Polite "
    "Emotional Dialogue Acts",
    home="http://yanran.li/dailydialog",
    folder="text-internal/dailydialog_polite",
    licence="CC BY-NC-SA 4.0",
    licence_class="non-commercial",
    language="en",
    splits="train and dev (its validation), by its makers, by dialogue; the official test is not "
    "read",
    traps=(
        "politeness is what a regressor says, not people",
        "more than four turns in five have no emotion",
        "the words of train are absent where only its labels were published: their text is empty",
        "RECCON annotates a part of the same dialogues",
    ),
    related=("reccon",),
    papers=(56,),
)

_SPLITS = {"train": "train", "dev": "validation"}


def read(root: Path) -> DataSet:
    """Return DailyDialog: ``id, text, split, dialogue, turn, speaker, label, act, politeness``.

    ``politeness`` goes from 1 (impolite) to 5 (polite). ``speaker`` is A or B in turn.

    Examples
    --------
    >>> from affectkit.data import data_root
    >>> read(data_root()).split("dev").table["dialogue"].nunique()  # doctest: +SKIP
    1000
    """
    found = [
        pd.DataFrame(_turns(root / FACTS.folder / folder, folder, split))
        for split, folder in _SPLITS.items()
    ]
    return DataSet(pd.concat(found, ignore_index=True), FACTS, LABELS)


def check(root: Path) -> list[Check]:
    """Compare the number of dialogues with the paper's, and codes with their lists.

    Examples
    --------
    >>> from affectkit.data import data_root
    >>> any(c.state == "damaged" for c in check(data_root()))  # doctest: +SKIP
    False
    """
    found = read(root)
    dialogues = found.table.drop_duplicates("dialogue")
    return [
        *shape(found),
        *counts(dialogues, {"train": 11_118, "dev": 1_000}, "dialogues"),
        values(found.table, "label", LABELS),
        values(found.table, "act", ACTS),
        ranges(found.table, {"politeness": (1, 5)})[0],
    ]


def _turns(folder: Path, ending: str, split: str) -> list[dict[str, object]]:
    def lines(what: str) -> list[str]:
        return text_lines(folder / f"dialogues_{what}{ending}.txt", FACTS)

    emotions, acts, politeness = lines("emotion_"), lines("act_"), lines("politeness_")
    spoken = lines("") if (folder / f"dialogues_{ending}.txt").is_file() else [""] * len(acts)
    found: list[dict[str, object]] = []
    for place, told in enumerate(zip(emotions, acts, politeness, spoken, strict=False)):
        try:
            labels = [LABELS[int(code)] for code in told[0].split()]
            done = [ACTS[int(code) - 1] for code in told[1].split()]
            polite = [float(score) for score in json.loads(told[2])]
        except (ValueError, IndexError, TypeError) as error:
            raise DataError(
                f"{folder}, dialogue {place + 1}: {error}", remedy=f"see {FACTS.home}"
            ) from None
        texts = [text.strip() for text in told[3].split("__eou__")][: len(labels)]
        texts += [""] * (len(labels) - len(texts))
        if not len(labels) == len(done) == len(polite):
            raise DataError(
                f"{folder}, dialogue {place + 1} has {len(labels)} emotions, {len(done)} acts and "
                f"{len(polite)} politeness scores",
                remedy=f"see {FACTS.home}",
            )
        for turn, (text, label, act, score) in enumerate(
            zip(texts, labels, done, polite, strict=True)
        ):
            found.append(
                {
                    "id": f"{split}-{place}-{turn}",
                    "text": text,
                    "split": split,
                    "dialogue": f"{split}-{place}",
                    "turn": turn,
                    "speaker": "AB"[turn % 2],
                    "label": label,
                    "act": act,
                    "politeness": score,
                }
            )
    return found
