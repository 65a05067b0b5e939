"""Ratings as Inspect's table of samples: a row an answer, a column a scorer."""

from __future__ import annotations

import numpy as np
import pandas as pd

from affectkit.affect.labels import LabelSet
from affectkit.affect.ratings import Ratings
from affectkit.affect.ratings_table import COLUMNS
from affectkit.errors import MediaError

_PREFIX = "score_"


def from_inspect_scores(
    table: pd.DataFrame,
    label_set: LabelSet | str | None = None,
    *,
    aspect: str = "score",
    item: tuple[str, ...] = ("id", "epoch"),
) -> Ratings:
    """Return scorers as raters of samples, from what `inspect_ai.analysis.samples_df` gives.

    Parameters
    ----------
    table
        A row a sample, with a column ``score_<scorer>`` for each scorer.
    label_set
        The set of the scores that are words; None if there are only numbers.
    aspect
        What was scored.
    item
        Columns that together name a sample; those that the table lacks are left out. Add
        ``"eval_id"`` or ``"model"`` where a table holds several evaluations.

    Raises
    ------
    MediaError
        If there is no column of scores or none that names a sample, or a score is a word and
        there is no label set; names the row.
    LabelError
        If a word is not of the set.

    Examples
    --------
    >>> log = pd.DataFrame({"id": ["a", "b"], "epoch": 1, "score_judge": [0.5, 1.0]})
    >>> from_inspect_scores(log).table[["item", "rater", "score"]].values.tolist()
    [['a/1', 'judge', 0.5], ['b/1', 'judge', 1.0]]
    """
    scorers = [c for c in table.columns if str(c).startswith(_PREFIX)]
    named = [c for c in item if c in table]
    if not scorers or not named:
        raise MediaError(
            f"the table has no columns {_PREFIX}… beside one of {', '.join(item)}",
            remedy="give what inspect_ai.analysis.samples_df returns",
        )
    names = table[named].astype(str).agg("/".join, axis=1)
    rows = []
    for column in scorers:
        rater = str(column).removeprefix(_PREFIX)
        for number, (name, value) in enumerate(zip(names, table[column], strict=True)):
            if pd.isna(value):
                continue
            score = _number(value)
            if score is None and label_set is None:
                raise MediaError(
                    f"row {number + 1}: {column} says {value!r}, which is no number",
                    remedy="give the label set that it is of",
                )
            told = {"label": str(value)} if label_set is not None else {"score": score}
            rows.append({"item": name, "rater": rater, "aspect": aspect, **told})
    chosen = LabelSet.load(label_set) if isinstance(label_set, str) else label_set
    return Ratings(pd.DataFrame(rows, columns=list(COLUMNS)), chosen)


def to_inspect_scores(ratings: Ratings, aspect: str) -> pd.DataFrame:
    """Return ratings of one aspect as such a table: ``id`` and ``score_<rater>``.

    Raises
    ------
    MediaError
        If a rater gave an item several labels: a cell holds one.

    Examples
    --------
    >>> said = {"item": ["a", "a"], "rater": ["x", "y"], "score": [1.0, 2.0]}
    >>> to_inspect_scores(Ratings(pd.DataFrame(said).assign(aspect="warmth")), "warmth")
      id  score_x  score_y
    0  a      1.0      2.0
    """
    rows = ratings.given(aspect)
    if rows.duplicated(["item", "rater"]).any():
        raise MediaError(
            f"raters gave items several labels on {aspect!r}",
            remedy="write one label at a time, ratings.on(label)",
        )
    labelled = bool(rows["label"].notna().any())
    wide = rows.pivot(index="item", columns="rater", values="label" if labelled else "score")
    wide = wide.loc[list(dict.fromkeys(rows["item"])), list(dict.fromkeys(rows["rater"]))]
    wide.columns = pd.Index([f"{_PREFIX}{rater}" for rater in wide.columns])
    return wide.rename_axis("id").reset_index()


def _number(value: object) -> float | None:
    if isinstance(value, bool | np.bool_):
        return float(value)
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
