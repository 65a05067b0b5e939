"""EmoBank: sentences rated for valence, arousal and dominance by several people each."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pandas as pd

from affectkit.data.dataset import DataFacts, DataSet, table
from affectkit.data.integrity import Check, counts, number, of_part, ranges, shape

SPACE = ("valence", "arousal", "dominance")

FACTS = DataFacts(
    name="emobank",
    title="Buechel and Hahn 2017, EmoBank: Studying the Impact of Annotation Perspective and "
    "Representation Format on Dimensional Emotion Analysis",
    home="https://github.com/JULIELab/EmoBank",
    folder="text-open/emobank",
    licence="CC BY-SA 4.0",
    licence_class="share-alike",
    language="en",
    splits="train, dev and test by its makers; those that are in the files",
    traps=(
        "reader and writer files repeat items: split by id",
        "the ratings in emobank.csv join both perspectives",
        "33 rows of dev have the words of a text of train, and 27 more nearly",
        "single ratings hold people whom the makers left out of the means",
    ),
    papers=(7, 17, 41, 44, 47, 98, 112),
)


def read(root: Path, *, perspective: Literal["reader", "writer", "both"] = "reader") -> DataSet:
    """Return EmoBank: ``id, text, split``, the mean in space, its spread, how many rated.

    ``valence, arousal, dominance`` are means of the raters, moved from [1, 5] to [-1, 1];
    ``valence_sd, …`` the standard deviations of single raters around them, on the same scale
    (missing for ``"both"``); ``raters`` how many there were.

    Parameters
    ----------
    root
        The data root.
    perspective
        ``"reader"``: what a reader would feel; ``"writer"``: what the writer felt;
        ``"both"``: the makers' joint ratings, the usual benchmark.

    Examples
    --------
    >>> from affectkit.data import data_root
    >>> read(data_root()).table["valence"].between(-1, 1).all()  # doctest: +SKIP
    np.True_
    """
    folder = root / FACTS.folder
    items = table(folder / "emobank.csv", FACTS, ("id", "split", "V", "A", "D", "text"))
    found = items[["id", "text", "split"]].copy()
    if perspective == "both":
        for name, letter in zip(SPACE, "VAD", strict=True):
            found[name] = _to_unit(items[letter])
        return DataSet(found, FACTS)
    rated = table(folder / f"{perspective}.csv", FACTS, ("id", "V", "A", "D", "stdV", "N"))
    found = found.merge(rated, on="id", how="inner", validate="one_to_one")
    for name, letter in zip(SPACE, "VAD", strict=True):
        found[name] = _to_unit(found.pop(letter))
        found[f"{name}_sd"] = found.pop(f"std{letter}") / 2
    found["raters"] = found.pop("N").astype(int)
    return DataSet(found, FACTS)


def single_ratings(
    root: Path, *, perspective: Literal["reader", "writer"] = "reader"
) -> pd.DataFrame:
    """Return every single rating: ``id, valence, arousal, dominance``, each in [-1, 1].

    Examples
    --------
    >>> from affectkit.data import data_root
    >>> len(single_ratings(data_root())) > 40_000  # doctest: +SKIP
    True
    """
    path = root / FACTS.folder / f"individual_{perspective}_ratings.csv"
    rows = table(path, FACTS, ("id", "V", "A", "D"))
    return pd.DataFrame(
        {"id": rows["id"]}
        | {name: _to_unit(rows[letter]) for name, letter in zip(SPACE, "VAD", strict=True)}
    )


def check(root: Path) -> list[Check]:
    """Compare rows with the makers', ranges with their scale, and one file with the other.

    Examples
    --------
    >>> from affectkit.data import data_root
    >>> {c.state for c in check(data_root())}  # doctest: +SKIP
    {'whole'}
    """
    reader, writer, both = (read(root, perspective=p).table for p in ("reader", "writer", "both"))
    limits: dict[str, tuple[float, float]] = dict.fromkeys(SPACE, (-1.0, 1.0))
    strangers = set(single_ratings(root)["id"]) ^ set(reader["id"])
    return [
        *shape(read(root)),
        *counts(reader, {"train": 8_062, "dev": 1_000, "test": 1_000}),
        *of_part("reader", ranges(reader, limits)),
        *of_part("writer", ranges(writer, limits)),
        number("items that only one perspective has", len(set(reader["id"]) ^ set(both["id"])), 0),
        number("items without single ratings, or the other way", len(strangers), 0),
    ]


def _to_unit(ratings: pd.Series) -> pd.Series:
    """Move ratings from [1, 5] to [-1, 1]."""
    return (ratings.astype(float) - 3) / 2
