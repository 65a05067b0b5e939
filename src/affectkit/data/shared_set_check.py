"""The data sets that have a reader, made ready for a check of their splits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from affectkit.data.dataset import DataSet, data_root, names, read
from affectkit.data.integrity import present
from affectkit.data.leak_check import Seen, SplitTable, shared
from affectkit.errors import DataError

_PARTS: dict[str, tuple[tuple[str, str, str, tuple[str, ...]], ...]] = {
    "emobank": (("perspective", "reader", "writer", ("id",)),),
    "se_emotion": (
        ("part", "github", "causes", ("id",)),
        ("part", "github", "stackoverflow", ()),
    ),
}
"""Parts of a set that are read apart: the reader's option, two of its values, what ties them."""

_LABELS = ("label", "emotion", "intended", "satisfaction")
_SCORES = ("valence", "arousal", "dominance", "empathy", "distress")


def split_table(dataset: DataSet, ties: tuple[str, ...] | None = None) -> SplitTable:
    """Return a data set as a check of its split needs it.

    Parameters
    ----------
    dataset
        As `affectkit.data.read` returns it.
    ties
        Columns that tie items together; ``id`` and those that its facts name if None.

    Examples
    --------
    >>> from affectkit.data import DataFacts
    >>> about = DataFacts("x", "X", "https://x", "x", "MIT", "open", "en", "none")
    >>> rows = pd.DataFrame({"id": [1, 2], "text": ["Yes", "No"], "label": ["joy", "fear"]})
    >>> table = split_table(DataSet(rows, about))
    >>> table.splits, table.label.tolist()
    (('all',), ['joy', 'fear'])
    """
    rows, known = dataset.table, dataset.facts
    columns = ("id", *known.groups) if ties is None else ties
    n = len(rows)
    there = bool(dataset.labels) and set(dataset.labels) <= set(rows)
    sets = rows[list(dataset.labels)] if there else None
    if sets is not None and not all(map(pd.api.types.is_bool_dtype, sets.dtypes)):
        sets = None
    label = next((c for c in _LABELS if c in rows), None)
    # One label holds of each item, so that the sets are the same said in another way.
    if sets is not None and bool((sets.sum(axis=1) == 1).all()):
        label, sets = label or "", None if label else sets
    windows = None
    if {"season", "episode", "start_s", "end_s"} <= set(rows):
        windows = _episodes(rows)
    scores = [c for c in _SCORES if c in rows and pd.api.types.is_float_dtype(rows[c])]
    return SplitTable(
        known.name,
        _strings(rows["id"]) if "id" in rows else np.arange(1, n + 1).astype(str),
        _strings(rows["split"]) if "split" in rows else np.repeat("all", n),
        text=_strings(rows["text"]) if "text" in rows else None,
        windows=windows,
        ties={c: _strings(rows[c]) for c in dict.fromkeys(columns) if c in rows},
        label=_strings(rows[label]) if label else None,
        sets=sets if not label else None,
        scores=rows[scores] if scores and not label else None,
    )


def beside(name: str, *, root: Path | None = None) -> list[Seen]:
    """Return what a data set shares with its own other parts and with related data sets.

    Texts are compared word for word; related sets only where they are there.

    Parameters
    ----------
    name
        One of `affectkit.data.names`.
    root
        The data root; that of `affectkit.data.data_root` if None.

    Examples
    --------
    >>> beside("se_emotion")[0].what  # doctest: +SKIP
    'same text'
    """
    root = root or data_root()
    found: list[Seen] = []
    for option, left, right, ties in _PARTS.get(name, ()):
        how: list[dict[str, Any]] = [{option: left}, {option: right}]
        one, other = (split_table(read(name, root=root, **h), ties) for h in how)
        found += shared(one, other, names=(f"{name} {left}", f"{name} {right}"), near=None)
    own = read(name, root=root)
    for other_name in own.facts.related:
        if other_name in names() and present(other_name, root=root):
            theirs = split_table(read(other_name, root=root), ())
            found += shared(split_table(own, ()), theirs, names=(name, other_name), near=None)
    return found


def shared_set(name: str, *, root: Path | None = None) -> SplitTable:
    """Return a data set by its name, ready for a check.

    Raises
    ------
    DataError
        If no reader has this name, or the set is not there.

    Examples
    --------
    >>> len(shared_set("goemotions"))  # doctest: +SKIP
    48836
    """
    root = root or data_root()
    if name in names() and not present(name, root=root):
        raise DataError(
            f"{name} is not in {root}",
            remedy=f"affectkit data get {name}, or point AFFECTKIT_DATA at the folder that "
            "holds it",
        )
    return split_table(read(name, root=root))


def _episodes(rows: pd.DataFrame) -> tuple[Any, Any, Any] | None:
    start, end = (rows[c].to_numpy(dtype=np.float64) for c in ("start_s", "end_s"))
    if not (np.isfinite(start) & np.isfinite(end) & (end >= start)).all():
        return None
    return _strings(rows["season"].astype(str) + "x" + rows["episode"].astype(str)), start, end


def _strings(column: pd.Series) -> np.ndarray:
    return column.fillna("").astype(str).to_numpy(dtype=str)
