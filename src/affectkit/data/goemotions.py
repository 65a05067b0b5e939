"""GoEmotions: Reddit comments with 27 emotions and neutral, several of which may hold."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from affectkit.data.dataset import DataFacts, DataSet, table
from affectkit.data.integrity import Check, counts, number, shape
from affectkit.errors import DataError

FACTS = DataFacts(
    name="goemotions",
    title="Demszky et al. 2020, GoEmotions: A Dataset of Fine-Grained Emotions",
    home="https://github.com/google-research/google-research/tree/master/goemotions",
    folder="text-open/goemotions",
    licence="Apache-2.0 (code), CC BY 4.0 (data)",
    licence_class="open",
    language="en",
    splits="train and dev, by its makers; the official test is not read",
    traps=(
        "113 rows of dev have the words of a text of train (43 to the letter), mostly a few words "
        "long; 12 more are nearly one",
        "labels that only one rater gave were filtered out, so disagreement looks smaller "
        "than it was",
    ),
    papers=(3, 17, 80, 97, 103, 121, 129),
)


def read(root: Path, *, labels: Literal["original", "ekman", "group"] = "original") -> DataSet:
    """Return GoEmotions: ``id, text, split`` and a true/false column for each label.

    Parameters
    ----------
    root
        The data root.
    labels
        ``"original"`` (27 and neutral), ``"ekman"`` (6 and neutral) or ``"group"``
        (positive, negative, ambiguous and neutral).

    Examples
    --------
    >>> from affectkit.data import data_root
    >>> read(data_root()).table.loc[0, "neutral"]  # doctest: +SKIP
    np.True_
    """
    folder = root / FACTS.folder / labels
    listed = table(
        folder / "labels.txt", FACTS, header=None, names=["label"], quoting=csv.QUOTE_NONE
    )
    names = tuple(str(name).strip() for name in listed["label"])
    parts = []
    for split in ("train", "dev"):
        rows = table(
            folder / f"{split}.tsv",
            FACTS,
            sep="\t",
            header=None,
            names=["text", "codes", "id"],
            quoting=csv.QUOTE_NONE,
            dtype=str,
        )
        held = np.zeros((len(rows), len(names)), dtype=bool)
        for i, codes in enumerate(rows["codes"]):
            try:
                held[i, [int(code) for code in codes.split(",")]] = True
            except (ValueError, IndexError):
                raise DataError(f"{folder / split}.tsv, row {i + 1}: labels {codes!r}") from None
        who = rows[["id", "text"]].assign(split=split)
        parts.append(pd.concat([who, pd.DataFrame(held, columns=list(names))], axis=1))
    return DataSet(pd.concat(parts, ignore_index=True), FACTS, names)


def check(root: Path) -> list[Check]:
    """Compare the rows of each split, and of each label, with the paper's.

    Examples
    --------
    >>> from affectkit.data import data_root
    >>> {c.state for c in check(data_root())}  # doctest: +SKIP
    {'whole'}
    """
    found = read(root)
    held = found.table[list(found.labels)]
    return [
        *shape(found),
        *counts(found.table, {"train": 43_410, "dev": 5_426}),
        number("labels", len(found.labels), 28),
        number("rows without a label", int((~held.any(axis=1)).sum()), 0),
    ]
