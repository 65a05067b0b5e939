"""VADER: tweets and review snippets, each with twenty ratings of valence."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from affectkit.data.dataset import DataFacts, DataSet, table
from affectkit.data.integrity import Check, number, of_part, ranges, shape
from affectkit.errors import DataError

FACTS = DataFacts(
    name="vader",
    title="Hutto and Gilbert 2014, VADER: A Parsimonious Rule-based Model for Sentiment "
    "Analysis of Social Media Text",
    home="https://github.com/cjhutto/vaderSentiment",
    folder="text-open/vader",
    licence="MIT",
    licence_class="open",
    language="en",
    splits="none",
    traps=(
        "the ids of texts and of single ratings are numbered apart in the tweets: only rows "
        "whose mean agrees are joined",
    ),
    papers=(7, 41, 45, 86, 121),
)

_FILES = {"tweets": "tweets", "reviews": "amazonReviewSnippets"}


def read(root: Path, *, part: Literal["tweets", "reviews"] = "reviews") -> DataSet:
    """Return VADER's rated texts: ``id, text, valence, valence_sd, raters``.

    Parameters
    ----------
    root
        The data root.
    part
        ``"tweets"`` or ``"reviews"`` (sentences of product reviews).

    Returns
    -------
    DataSet
        ``valence`` is the mean rating moved from [-4, 4] to [-1, 1]; ``valence_sd`` the
        standard deviation of single raters around it on the same scale, and ``raters`` their
        number, both missing where single ratings cannot be joined.

    Examples
    --------
    >>> from affectkit.data import data_root
    >>> read(data_root()).table["valence"].between(-1, 1).all()  # doctest: +SKIP
    np.True_
    """
    stem = root / FACTS.folder / "ground_truth" / _FILES[part]
    how: dict[str, Any] = {"sep": "\t", "header": None, "quoting": csv.QUOTE_NONE, "dtype": str}
    texts = table(
        stem.with_name(f"{stem.name}_GroundTruth.txt"), FACTS, names=["id", "mean", "text"], **how
    )
    rated = table(
        stem.with_name(f"{stem.name}_anonDataRatings.txt"),
        FACTS,
        names=["id", "mean", "sd", "ratings"],
        **how,
    )
    rated["id"] = rated["id"].str.removeprefix("\ufeff")
    try:
        single = [np.asarray(json.loads(r), dtype=float) for r in rated["ratings"]]
    except ValueError as error:
        raise DataError(f"the ratings of {stem.name} are malformed: {error}") from None
    by_id = dict(zip(rated["id"], single, strict=True))
    found = pd.DataFrame({"id": texts["id"], "text": texts["text"].str.strip()})
    found["valence"] = texts["mean"].astype(float) / 4
    joined = [
        r if r is not None and abs(r.mean() / 4 - v) < 0.01 else None
        for r, v in zip(map(by_id.get, found["id"]), found["valence"], strict=True)
    ]
    found["valence_sd"] = [np.nan if r is None else r.std() / 4 for r in joined]
    found["raters"] = [0 if r is None else len(r) for r in joined]
    return DataSet(found, FACTS)


def check(root: Path) -> list[Check]:
    """Compare the number of texts with the makers', and the ratings with their scale.

    Examples
    --------
    >>> from affectkit.data import data_root
    >>> {c.state for c in check(data_root())}  # doctest: +SKIP
    {'whole'}
    """
    found = []
    published: dict[Literal["tweets", "reviews"], int] = {"tweets": 4_200, "reviews": 3_708}
    for part, texts in published.items():
        part_found = read(root, part=part)
        rows = part_found.table
        lost = int((rows["raters"] == 0).sum())
        told = [
            *shape(part_found),
            number("texts", len(rows), texts),
            *ranges(rows, {"valence": (-1, 1)}),
            Check("without single ratings", str(lost), "0", "noted" if lost else "whole"),
        ]
        found += of_part(part, told)
    return found


def lexicon(root: Path) -> dict[str, float]:
    """Return VADER's words and signs with their mean rating of valence, in [-4, 4].

    Parameters
    ----------
    root
        The data root; the lexicon lies in the folder of the data set as ``vader_lexicon.txt``.

    Examples
    --------
    >>> from affectkit.data import data_root
    >>> lexicon(data_root())["good"]  # doctest: +SKIP
    1.9
    """
    rows = table(
        root / FACTS.folder / "vader_lexicon.txt",
        FACTS,
        sep="\t",
        header=None,
        names=["word", "mean", "sd", "ratings"],
        quoting=csv.QUOTE_NONE,
        dtype=str,
    )
    return dict(zip(rows["word"], rows["mean"].astype(float), strict=True))
