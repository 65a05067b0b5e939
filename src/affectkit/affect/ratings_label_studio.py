"""Ratings as Label Studio's JSON: a task an item, an annotation a rater."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pandas as pd

from affectkit.affect.labels import LabelSet
from affectkit.affect.ratings import Ratings
from affectkit.affect.ratings_table import COLUMNS
from affectkit.errors import MediaError


def read_label_studio(
    path: str | os.PathLike[str],
    label_set: LabelSet | str | None = None,
    *,
    item: str | None = None,
) -> Ratings:
    """Read the ratings of a Label Studio export (JSON, not JSON-MIN).

    A control's name is the aspect. Choices become labels; ratings (stars) and numbers become
    scores; other regions, such as boxes and spans, are left aside, and so are annotations that
    were cancelled. What is known about a rater is what the export says beside ``completed_by``.

    Parameters
    ----------
    path
        The export.
    label_set
        The set that choices are of.
    item
        The field of a task's data that names it; the task's id if None.

    Raises
    ------
    MediaError
        If the file is no such export, or a task lacks the field; names the task.
    LabelError
        If a choice is not of the set.

    Examples
    --------
    >>> import tempfile
    >>> told = {"from_name": "mood", "to_name": "t", "type": "rating", "value": {"rating": 4}}
    >>> by = {"completed_by": 1, "result": [told]}
    >>> task = {"id": 7, "data": {"t": "hi"}, "annotations": [by]}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "export.json"
    ...     _ = file.write_text(json.dumps([task]))
    ...     read_label_studio(file).table[["item", "rater", "aspect"]].iloc[0].tolist()
    ['7', '1', 'mood']
    """
    source = Path(path)
    try:
        tasks = json.loads(source.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise MediaError(f"{source} cannot be read as JSON: {error}") from error
    if not isinstance(tasks, list):
        raise MediaError(
            f"{source} is no list of Label Studio tasks", remedy="export in the format JSON"
        )
    rows: list[dict[str, Any]] = []
    people: dict[str, dict[str, Any]] = {}
    for number, task in enumerate(tasks):
        try:
            name = str(task["id"] if item is None else task["data"][item])
            for annotation in task["annotations"]:
                if annotation.get("was_cancelled"):
                    continue
                rater, known = _rater(annotation["completed_by"])
                people.setdefault(rater, {}).update(known)
                for told in _said(annotation["result"]):
                    rows.append({"item": name, "rater": rater, **told})
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise MediaError(
                f"{source}, task {number + 1} is none of Label Studio's: {error!r}",
                remedy="export in the format JSON, and name a field that every task has",
            ) from error
    raters = pd.DataFrame.from_dict(people, orient="index")
    chosen = LabelSet.load(label_set) if isinstance(label_set, str) else label_set
    return Ratings(pd.DataFrame(rows, columns=list(COLUMNS)), chosen, raters)


def write_label_studio(
    ratings: Ratings, path: str | os.PathLike[str], *, item: str = "item"
) -> Path:
    """Write ratings as tasks that Label Studio imports with their annotations.

    What was rated goes to a field of the task's data; scores are written as numbers. What is
    known about raters goes with ``completed_by``. Conditions are left out: write those of
    ``ratings.under(condition)`` one by one.

    Examples
    --------
    >>> import tempfile
    >>> said = {"item": ["a", "a"], "rater": ["x", "y"], "score": [1.0, 2.0]}
    >>> r = Ratings(pd.DataFrame(said).assign(aspect="valence"))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = write_label_studio(r, Path(folder) / "tasks.json")
    ...     read_label_studio(file, item="item").table.equals(r.table)
    True
    """
    target = Path(path)
    tasks = []
    for number, (name, of_item) in enumerate(ratings.table.groupby("item", sort=False)):
        annotations = []
        for rater, of_rater in of_item.groupby("rater", sort=False):
            known = ratings.known_raters.loc[str(rater)].dropna().to_dict()
            plain = {str(k): v.item() if hasattr(v, "item") else v for k, v in known.items()}
            by: dict[str, Any] = {"id": str(rater)} | plain
            annotations.append({"completed_by": by, "result": _regions(of_rater, item)})
        tasks.append({"id": number + 1, "data": {item: str(name)}, "annotations": annotations})
    beside = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        beside.write_text(json.dumps(tasks, ensure_ascii=False, indent=1), encoding="utf-8")
        os.replace(beside, target)
    except OSError as error:
        raise MediaError(f"{target} cannot be written: {error.strerror or error}") from error
    finally:
        beside.unlink(missing_ok=True)
    return target


def _rater(completed_by: Any) -> tuple[str, dict[str, Any]]:
    if not isinstance(completed_by, dict):
        return str(completed_by), {}
    known = {k: v for k, v in completed_by.items() if k != "id" and not isinstance(v, dict | list)}
    return str(completed_by["id"]), known


def _said(result: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return ``aspect`` and ``label`` or ``score`` of each whole-item region."""
    found: list[dict[str, Any]] = []
    for region in result:
        aspect, kind = region.get("from_name"), region.get("type")
        if kind == "choices":
            found += [{"aspect": aspect, "label": c} for c in region["value"]["choices"]]
        elif kind in ("rating", "number"):
            found.append({"aspect": aspect, "score": float(region["value"][kind])})
    return found


def _regions(of_rater: pd.DataFrame, item: str) -> list[dict[str, Any]]:
    regions: list[dict[str, Any]] = []
    for aspect, rows in of_rater.groupby("aspect", sort=False):
        beside: dict[str, Any] = {"from_name": str(aspect), "to_name": item}
        labels = [str(label) for label in rows["label"].dropna()]
        if labels:
            choices: dict[str, Any] = {"choices": labels}
            regions.append(beside | {"type": "choices", "value": choices})
        for score in rows["score"].dropna():
            regions.append(beside | {"type": "number", "value": {"number": float(score)}})
    return regions
