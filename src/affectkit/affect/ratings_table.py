"""The table below ratings: its columns, what makes a row sound, and its CSV file."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd

from affectkit.affect.labels import LabelSet
from affectkit.errors import LabelError, MediaError

COLUMNS = ("item", "rater", "aspect", "label", "score")
CONDITION = "condition"
"""The column, where there is one, of how an item was shown, such as by voice or by face."""
EMOTION = "emotion"
"""The aspect that labels are given on when nothing else is said."""


def conform(table: pd.DataFrame, label_set: LabelSet | None) -> pd.DataFrame:
    """Return a table of ratings with all its columns, in their types.

    Raises
    ------
    LabelError
        If a row says neither or both of label and score, a label is not of the set, or
        something is said twice.

    Examples
    --------
    >>> table = pd.DataFrame({"item": [1], "rater": ["x"], "score": [2]})
    >>> conform(table, None)[["item", "aspect"]].iloc[0].tolist()
    ['1', 'emotion']
    """
    shown = [CONDITION] if CONDITION in table else []
    strangers = [c for c in table.columns if c not in (*COLUMNS, *shown)]
    if strangers:
        raise LabelError(f"ratings have no columns {strangers}")
    out = table.reindex(columns=[*COLUMNS, *shown]).reset_index(drop=True)
    for name in ("item", "rater", *shown):
        if out[name].isna().any():
            raise LabelError(f"every rating needs its {name}")
        out[name] = out[name].astype(str)
    aspect = out["aspect"].astype(object)
    out["aspect"] = aspect.where(aspect.notna(), EMOTION).astype(str)
    out["score"] = out["score"].astype("float64")
    label = out["label"].astype(object)
    out["label"] = label.where(label.notna(), None).astype("string")
    told = out["label"].notna().astype(int) + out["score"].notna().astype(int)
    if (told != 1).any():
        row = int(np.flatnonzero(told.to_numpy() != 1)[0])
        raise LabelError(f"rating {row} says {'both' if told[row] else 'neither'} label and score")
    given = set(out["label"].dropna())
    unknown = sorted(given - set(label_set.labels if label_set else ()))
    if unknown:
        where = repr(label_set.name) if label_set else "any set: none was given"
        raise LabelError(f"the labels {unknown} are not of {where}")
    twice = out.duplicated(["item", "rater", "aspect", "label", *shown])
    if twice.any():
        first = out[twice].iloc[0]
        raise LabelError(f"{first['rater']} rated {first['item']} twice on {first['aspect']}")
    return out


def read_csv(source: Path) -> tuple[pd.DataFrame, pd.DataFrame | None]:
    """Return the ratings of a long CSV file, and what lies beside it about the raters.

    Raises
    ------
    MediaError
        If the file cannot be read as such a table.
    """
    text = {name: str for name in (*COLUMNS, CONDITION) if name != "score"}
    try:
        table = pd.read_csv(source, dtype=text, keep_default_na=False, na_values={"score": ""})
        for name in ("aspect", "label"):
            if name in table:
                table[name] = table[name].replace("", None)
        beside = source.with_suffix(".raters.csv")
        raters = None
        if beside.exists():
            raters = pd.read_csv(beside, dtype={"rater": str}).set_index("rater")
    except (OSError, ValueError, KeyError) as error:
        raise MediaError(f"{source} cannot be read as ratings: {error}") from error
    if not {"item", "rater"} <= set(table.columns):
        raise MediaError(f"{source} has no columns item and rater")
    return table, raters


def write_csv(table: pd.DataFrame, target: Path, *, index: bool) -> None:
    """Write a table to a CSV file, whole or not at all."""
    beside = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        table.to_csv(beside, index=index)
        os.replace(beside, target)
    except OSError as error:
        raise MediaError(f"{target} cannot be written: {error.strerror or error}") from error
    finally:
        beside.unlink(missing_ok=True)
