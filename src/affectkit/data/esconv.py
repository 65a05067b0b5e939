"""ESConv: people in distress and those who support them, with the strategy of each answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from affectkit.data.dataset import DataFacts, DataSet, document, records
from affectkit.data.integrity import Check, counts, shape, values
from affectkit.errors import DataError

LABELS = (
    "anger",
    "anxiety",
    "depression",
    "disgust",
    "fear",
    "guilt",
    "jealousy",
    "nervousness",
    "pain",
    "sadness",
    "shame",
)

STRATEGIES = (
    "Question",
    "Restatement or Paraphrasing",
    "Reflection of feelings",
    "Self-disclosure",
    "Affirmation and Reassurance",
    "Providing Suggestions",
    "Information",
    "Others",
)
"""Hill's helping skills, as its makers adapted them."""

FACTS = DataFacts(
    name="esconv",
    title="Liu et al. 2021, Towards Emotional Support Dialog Systems",
    home="https://github.com/thu-coai/Emotional-Support-Conversation",
    folder="text-internal/esconv",
    licence="CC BY-NC 4.0",
    licence_class="non-commercial",
    language="en",
    splits="train and dev (its valid), as used by later papers, by dialogue; the test is not "
    "read. The makers' own file has no splits: all of it is then called whole",
    traps=(
        "it holds the words of people in distress: never print, log or quote them",
        "the intensity after the talk is missing for one talk in eight",
        "an answer may follow several strategies; one is kept for each turn",
        "how helpful each answer was is in the failed talks and the makers' own file only",
    ),
    papers=(5, 11, 22, 34, 57, 90, 109, 120),
)

_SPEAKERS = {"usr": "seeker", "sys": "supporter", "speaker": "seeker", "listener": "supporter"}
_SPEAKERS |= {"seeker": "seeker", "supporter": "supporter"}


def read(root: Path, *, failed: bool = False) -> DataSet:
    """Return ESConv: a row a turn, with what is known of its dialogue.

    Columns: ``id, text, split, dialogue, turn, speaker`` (seeker or supporter), ``strategy``
    (of supporters; else empty), ``feedback`` (the seeker's, 1 to 5), ``label`` (the seeker's
    emotion), ``problem``, ``experience``, ``intensity_before`` and ``intensity_after`` (1 to
    5). Numbers are missing where there are none.

    Parameters
    ----------
    root
        The data root.
    failed
        Return the talks that failed the makers' criteria instead; their split is
        ``"failed"``.

    Examples
    --------
    >>> from affectkit.data import data_root
    >>> read(data_root()).split("dev").table["dialogue"].nunique()  # doctest: +SKIP
    195
    """
    folder = root / FACTS.folder
    if failed:
        parts = {"failed": document(folder / "FailedESConv.json", FACTS)}
    elif (folder / "ESConv.json").is_file() and not (folder / "train.jsonl").is_file():
        parts = {"whole": document(folder / "ESConv.json", FACTS)}
    else:
        parts = {
            "train": records(folder / "train.jsonl", FACTS),
            "dev": records(folder / "valid.jsonl", FACTS),
        }
    found: list[dict[str, Any]] = []
    try:
        for split, talks in parts.items():
            for place, talk in enumerate(talks):
                found += _turns(talk, f"{split}-{place}", split)
    except (KeyError, TypeError, AttributeError) as error:
        # Never the value itself: it may be someone's words.
        told = f"{folder} has another form ({type(error).__name__})"
        raise DataError(told, remedy=f"see {FACTS.home}") from None
    return DataSet(pd.DataFrame(found), FACTS, LABELS)


def check(root: Path) -> list[Check]:
    """Compare the number of dialogues, strategies and emotions with the paper's.

    Examples
    --------
    >>> from affectkit.data import data_root
    >>> any(c.state == "damaged" for c in check(data_root()))  # doctest: +SKIP
    False
    """
    found = read(root)
    supporters = found.table[found.table["speaker"] == "supporter"]
    dialogues = found.table.drop_duplicates("dialogue")
    return [
        *shape(found),
        *counts(dialogues, {"train": 910, "dev": 195, "whole": 1_300}, "dialogues"),
        values(supporters, "strategy", STRATEGIES),
        values(dialogues, "label", LABELS),
    ]


def _turns(talk: dict[str, Any], dialogue: str, split: str) -> list[dict[str, Any]]:
    scores = talk["survey_score"]["seeker"]
    known = {
        "label": talk["emotion_type"],
        "problem": talk["problem_type"],
        "experience": talk["experience_type"],
        "intensity_before": _number(scores.get("initial_emotion_intensity")),
        "intensity_after": _number(scores.get("final_emotion_intensity")),
    }
    found = []
    for turn, said in enumerate(talk["dialog"]):
        noted = said.get("annotation", {})
        found.append(
            {
                "id": f"{dialogue}-{turn}",
                "text": str(said.get("text", said.get("content", ""))).strip(),
                "split": split,
                "dialogue": dialogue,
                "turn": turn,
                "speaker": _SPEAKERS[said["speaker"]],
                "strategy": said.get("strategy") or noted.get("strategy") or "",
                "feedback": _number(noted.get("feedback")),
                **known,
            }
        )
    return found


def _number(told: Any) -> float:
    try:
        return float(told)
    except (TypeError, ValueError):
        return float("nan")
