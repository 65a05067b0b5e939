"""XED: lines of film subtitles with Plutchik's eight emotions, several of which may hold."""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path

import numpy as np
import pandas as pd

from affectkit.data.dataset import DataFacts, DataSet, table
from affectkit.data.integrity import Check, counted, shape
from affectkit.data.leaks import normalised
from affectkit.errors import DataError

LABELS = ("anger", "anticipation", "disgust", "fear", "joy", "sadness", "surprise", "trust")
"""Plutchik's eight, in the order of the codes 1 to 8."""

FACTS = DataFacts(
    name="xed",
    title="Öhman et al. 2020, XED: A Multilingual Dataset for Sentiment Analysis and Emotion "
    "Detection",
    home="https://github.com/Helsinki-NLP/XED",
    folder="text-open/xed",
    licence="CC BY 4.0",
    licence_class="open",
    language="en",
    splits="none by its makers; train and dev (10 %) are made here by a hash of the words of a "
    "line, so that equal lines are always on one side",
    traps=(
        "dev was made here, so its scores are not those of any paper",
        "lines of one film stand side by side in both splits: nothing says which film",
        "8 rows of the neutral file have empty columns at the end, and one is empty throughout",
        "the projections to other languages translate the same lines",
        "31 rows of dev are nearly a line of train",
    ),
    papers=(17, 80, 97, 103, 129),
)

_DEV_SHARE = 10
"""One line in so many is in dev."""


def read(root: Path, *, neutral: bool = True) -> DataSet:
    """Return XED: ``id, text, split`` and a true/false column for each emotion.

    Parameters
    ----------
    root
        The data root.
    neutral
        Whether to add the lines that hold no emotion; their columns are all false. The column
        ``neutral`` says which they are.

    Notes
    -----
    Ids are made here: ``e`` or ``n`` and the row in the file of emotional or neutral lines.

    Examples
    --------
    >>> from affectkit.data import data_root
    >>> sorted(read(data_root()).table["split"].unique())  # doctest: +SKIP
    ['dev', 'train']
    """
    folder = root / FACTS.folder
    lines = _whole_or_part(folder / "en-annotated.tsv")
    rows = _rows(lines, ["text", "codes"])
    held = np.zeros((len(rows), len(LABELS)), dtype=bool)
    for i, codes in enumerate(rows["codes"]):
        try:
            held[i, [_column(code) for code in codes.split(",")]] = True
        except ValueError:
            raise DataError(
                f"{lines}, row {i + 1}: labels {codes!r}",
                remedy=f"get the file again from {FACTS.home}",
            ) from None
    parts = [_part(rows["text"], held, "e")]
    if neutral:
        # The file calls neutral 9, the description 0; it holds nothing else either way.
        none = _rows(_whole_or_part(folder / "neu_en.txt"), ["code", "text"])["text"]
        parts.append(_part(none, np.zeros((len(none), len(LABELS)), dtype=bool), "n"))
    found = pd.concat(parts, ignore_index=True)
    found = found[found["text"] != ""].reset_index(drop=True)
    found["neutral"] = ~found[list(LABELS)].any(axis=1)
    return DataSet(found, FACTS, LABELS)


def side(text: str) -> str:
    """Return the split of a line, ``"train"`` or ``"dev"``: the same for the same words.

    Examples
    --------
    >>> side("Stay here!") == side("stay here")
    True
    """
    digest = hashlib.sha256(normalised(text).encode()).hexdigest()
    return "train" if int(digest[:8], 16) % _DEV_SHARE else "dev"


def check(root: Path) -> list[Check]:
    """Compare the number of lines with the makers', who count 17,530 that hold an emotion.

    Examples
    --------
    >>> from affectkit.data import data_root
    >>> {c.state for c in check(data_root())}  # doctest: +SKIP
    {'whole'}
    """
    found = read(root)
    whole = (root / FACTS.folder / "en-annotated.tsv").is_file()
    texts = found.table.loc[~found.table["neutral"], "text"]
    return [
        *shape(found),
        # The part that is read where the whole is absent is 80 % of it.
        counted("lines with an emotion", len(texts), 17_530 if whole else 13_996),
    ]


def _whole_or_part(path: Path) -> Path:
    """Return the makers' file, or the training part of it where that is all there is."""
    return path if path.is_file() else path.with_name(f"{path.stem}.train{path.suffix}")


def _rows(path: Path, names: list[str]) -> pd.DataFrame:
    return table(
        path,
        FACTS,
        sep="\t",
        header=None,
        names=names,
        usecols=range(2),
        quoting=csv.QUOTE_NONE,
        dtype=str,
    )


def _column(code: str) -> int:
    """Return the column of a code 1 to 8."""
    column = int(code) - 1
    if not 0 <= column < len(LABELS):
        raise ValueError(code)
    return column


def _part(texts: pd.Series, held: np.ndarray, letter: str) -> pd.DataFrame:
    who = pd.DataFrame(
        {
            "id": [f"{letter}{i}" for i in range(len(texts))],
            "text": texts.astype(str).str.strip(),
        }
    )
    who["split"] = who["text"].map(side)
    return pd.concat([who, pd.DataFrame(held, columns=list(LABELS))], axis=1)
