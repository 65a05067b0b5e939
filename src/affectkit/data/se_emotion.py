"""Developers' comments: six emotions on GitHub and Stack Overflow, and what caused them."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pandas as pd

from affectkit.data.dataset import DataFacts, DataSet, table
from affectkit.errors import DataError

FACTS = DataFacts(
    name="se_emotion",
    title="Imran, Jain, Chatterjee and Damevski 2022, Data Augmentation for Improving Emotion "
    "Recognition in Software Engineering Communication; Imran, Chatterjee and Damevski 2024, "
    "Uncovering the Causes of Emotions in Software Developer Communication Using Zero-shot LLMs; "
    "Stack Overflow comments after Novielli, Calefato and Lanubile 2018",
    home="https://github.com/vcu-swim-lab/SE-Emotion-Study",
    folder="text-internal/se_emotion",
    licence="no licence file in the authors' repositories",
    licence_class="unclear",
    language="en",
    splits="the training rows of GitHub (1,600 of 2,000) and Stack Overflow (3,840 of 4,800), and "
    "290 of the 450 cause spans, by their makers; the tests are kept elsewhere",
    traps=(
        "every comment with a cause span is also a row of the GitHub comments: an emotion model "
        "trained on these has seen it",
        "two GitHub comments share one text",
        "38 of the cause spans are no verbatim part of their comment, and one is empty",
        "the released augmented sets and the answers of three models to the cause prompt are "
        "not part of this copy",
    ),
)

EMOTIONS = ("anger", "love", "fear", "joy", "sadness", "surprise")
"""The six emotions, any number of which may hold; none does for a neutral comment."""

_FILES = {"github": "github-train.csv", "stackoverflow": "so-train.csv"}


def read(root: Path, *, part: Literal["github", "stackoverflow", "causes"] = "github") -> DataSet:
    """Return developers' comments, with emotions or with the span that caused one.

    Parameters
    ----------
    root
        The data root.
    part
        ``"github"`` and ``"stackoverflow"``: ``id, text, split`` and a true/false column for
        each of the six emotions. ``"causes"``: ``id, text, cause, verbatim``, where ``id`` is
        that of the GitHub comment and ``verbatim`` says whether the text contains the cause.

    Examples
    --------
    >>> from affectkit.data import data_root
    >>> read(data_root()).table["anger"].sum()  # doctest: +SKIP
    272
    """
    folder = root / FACTS.folder
    if part == "causes":
        columns = ["id", "modified_comment", "Cause Span"]
        rows = table(folder / "causes_train.csv", FACTS, columns, dtype=str)
        found = pd.DataFrame(
            {"id": rows["id"], "text": rows["modified_comment"], "cause": rows["Cause Span"]}
        )
        found["verbatim"] = [
            bool(c) and c in t for c, t in zip(found["cause"], found["text"], strict=True)
        ]
        return DataSet(found.assign(split="train"), FACTS)
    names = [name.capitalize() for name in EMOTIONS]
    rows = table(folder / _FILES[part], FACTS, ["Text", *names])
    held = rows[names]
    if not held.isin([0, 1]).all(axis=None):
        raise DataError(f"{folder / _FILES[part]} has labels other than 0 and 1")
    numbers = rows["id"] if "id" in rows else pd.Series(range(len(rows)))
    found = pd.DataFrame({"id": numbers.astype(str), "text": rows["Text"], "split": "train"})
    for emotion, name in zip(EMOTIONS, names, strict=True):
        found[emotion] = held[name].astype(bool)
    return DataSet(found, FACTS, EMOTIONS)
