"""Listeners of four languages to the same music, for recipes that ask who differs from whom."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from affectkit.errors import DataError

MUSIC = "av/music/agreement-emotion"
EMOTIONS = (
    "anger", "bitter", "fear", "joy", "peace", "power", "sad", "surprise", "tender", "tension",
    "transcendence",
)  # fmt: skip
SCALE = (1.0, 5.0)

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Listeners:
    """How strongly people felt each emotion in each excerpt, and what language they speak.

    Parameters
    ----------
    ratings
        From 1 to 5; a row an excerpt and emotion [shape=(n_items, n_people)].
    excerpt, emotion
        Of each row [shape=(n_items,)].
    language
        Of each person [shape=(n_people,)].
    """

    ratings: Floats
    excerpt: NDArray[np.str_]
    emotion: NDArray[np.str_]
    language: NDArray[np.str_]


def read_listeners(folder: Path) -> Listeners:
    """Return the ratings of all who rated every excerpt.

    Raises
    ------
    DataError
        If the file is absent, lacks columns, or holds an answer that is none; names the row.
    """
    path = folder / "data_ratings.all.csv.gz"
    try:
        rows = pd.read_csv(path)
        rows = rows[["user", "language", "excerpt", *EMOTIONS]]
    except (OSError, KeyError, ValueError) as error:
        raise DataError(
            f"{path} cannot be read as ratings: {error}",
            remedy="get it from https://github.com/juansgomez87/agreement-emotion",
        ) from error
    outside = ~rows[list(EMOTIONS)].isin([1, 2, 3, 4, 5]).all(axis=1)
    if outside.any():
        raise DataError(
            f"{path}, row {int(outside.to_numpy().argmax()) + 2}: an answer is not 1 to 5",
            remedy="get it from https://github.com/juansgomez87/agreement-emotion",
        )
    long = rows.melt(["user", "language", "excerpt"], var_name="emotion", value_name="said")
    wide = long.pivot(index=["excerpt", "emotion"], columns="user", values="said")
    wide = wide.dropna(axis=1)
    spoken = rows.drop_duplicates("user").set_index("user")["language"]
    return Listeners(
        wide.to_numpy(dtype=np.float64),
        wide.index.get_level_values("excerpt").to_numpy(dtype=str),
        wide.index.get_level_values("emotion").to_numpy(dtype=str),
        spoken.loc[wide.columns].to_numpy(dtype=str),
    )
