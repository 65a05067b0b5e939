"""VADER's texts with each of the twenty ratings, for recipes that ask raters one by one."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from affectkit.data import vader
from affectkit.data.dataset import table
from affectkit.errors import DataError

FILES = {"tweets": "tweets", "reviews": "amazonReviewSnippets"}


def rated_texts(
    data: Path, part: Literal["tweets", "reviews"]
) -> tuple[list[str], NDArray[np.float64]]:
    """Return texts that have twenty ratings, and these, from -4 to 4 [shape=(n_texts, 20)].

    Texts are joined with ratings whose mean agrees, as `affectkit.data.vader.read` joins them;
    ratings stand in the makers' order, which does not tell who gave them.

    Raises
    ------
    DataError
        If files are absent or malformed.
    """
    texts = vader.read(data, part=part).table
    path = data / vader.FACTS.folder / "ground_truth" / f"{FILES[part]}_anonDataRatings.txt"
    how: dict[str, Any] = {"sep": "\t", "header": None, "quoting": csv.QUOTE_NONE, "dtype": str}
    rows = table(path, vader.FACTS, names=["id", "mean", "sd", "ratings"], **how)
    try:
        single = [np.asarray(json.loads(r), dtype=float) for r in rows["ratings"]]
    except ValueError as error:
        raise DataError(f"{path}: {error}", remedy=f"see {vader.FACTS.home}") from None
    ids = rows["id"].str.removeprefix("\ufeff")
    by_id = dict(zip(ids, single, strict=True))
    texts = texts[texts["raters"] == 20]
    # The same words in learning and in judging would flatter every model alike.
    texts = texts[~texts["text"].str.lower().duplicated()]
    return texts["text"].tolist(), np.stack([by_id[i] for i in texts["id"]])


def binned(ratings: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return how many ratings fall into each of five degrees [shape=(n_texts, 5)].

    The degrees are very negative (-4 to -2), negative (-1), neutral, positive, very positive.

    Examples
    --------
    >>> binned(np.array([[-4.0, -2, -1, 0, 0, 1, 3]])).tolist()
    [[2, 1, 2, 1, 1]]
    """
    degree = np.clip(np.round(ratings), -2, 2).astype(np.intp) + 2
    return np.stack([(degree == k).sum(axis=1) for k in range(5)], axis=1)


def frame(ratings: NDArray[np.float64]) -> pd.DataFrame:
    """Return one row a rating: ``item`` and ``score``."""
    n, k = ratings.shape
    return pd.DataFrame({"item": np.repeat(np.arange(n), k), "score": ratings.ravel()})
