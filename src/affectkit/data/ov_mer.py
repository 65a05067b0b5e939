"""OV-MER's sample: the emotion words that people agreed on for a clip, and those of one system."""

from __future__ import annotations

import ast
from pathlib import Path

import pandas as pd

from affectkit.data.dataset import DataFacts, DataSet, table
from affectkit.data.integrity import Check, number, unique
from affectkit.errors import DataError

FACTS = DataFacts(
    name="ov_mer",
    title="Lian et al. 2024, OV-MER: Towards Open-Vocabulary Multimodal Emotion Recognition",
    home="https://github.com/zeroQiaoba/MERTools",
    folder="papers/072",
    licence="Apache-2.0 stated; for research",
    licence_class="unclear",
    language="en",
    splits="none; for scoring",
    traps=(
        "the words were translated and merged by a language model before people checked them",
        "speakers are not named, so clips of one speaker cannot be kept together",
        "the predictions are one system's, made to show the format",
    ),
    papers=(72, 102),
)

_FILES = {"truth": "check-openset.csv", "told": "predict-openset.csv"}


def read(root: Path) -> DataSet:
    """Return OV-MER's sample: ``id, truth, told``, the latter two as tuples of words.

    The wheels and word tables beside it are read by `affectkit.affect.emotion_wheels`.

    Parameters
    ----------
    root
        The data root.

    Raises
    ------
    DataError
        If a file is missing, a row holds no list of words, or a clip is in one file only.

    Examples
    --------
    >>> from affectkit.data import data_root
    >>> len(read(data_root()).table)  # doctest: +SKIP
    332
    """
    parts = [_words(root / FACTS.folder / file, name) for name, file in _FILES.items()]
    truth, told = parts
    apart = set(truth["id"]) ^ set(told["id"])
    if apart:
        raise DataError(
            f"{root / FACTS.folder}: {min(apart)} is in only one of {', '.join(_FILES.values())}",
            remedy=f"see {FACTS.home}",
        )
    return DataSet(truth.merge(told, on="id"), FACTS)


def check(root: Path) -> list[Check]:
    """Compare the number of clips with the published one.

    Examples
    --------
    >>> from affectkit.data import data_root
    >>> {c.state for c in check(data_root())}  # doctest: +SKIP
    {'whole'}
    """
    found = read(root).table
    return [number("clips", len(found), 332), unique(found, "id")]


def _words(path: Path, name: str) -> pd.DataFrame:
    rows = table(path, FACTS, ("name", "openset"), dtype=str)
    found = []
    for row, cell in enumerate(rows["openset"], start=2):
        try:
            words = ast.literal_eval(cell)
        except (ValueError, SyntaxError):
            words = None
        if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
            raise DataError(f"{path}, row {row}: no list of words", remedy=f"see {FACTS.home}")
        found.append(tuple(words))
    return pd.DataFrame({"id": rows["name"], name: found})
