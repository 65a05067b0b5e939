"""The drawing of a timeline as plain numbers: what the page's script reads."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from affectkit.affect import Timeline
from affectkit.affect.timeline import FUSED, GROUP
from affectkit.report.prose import LANE_NAMES, axis_of, name_of

CELLS = 60_000
"""Cells that a page holds at most over all its ribbons; longer ones are averaged."""
FEWEST_CELLS = 400
BOXES = 24_000
"""Face boxes that a page holds at most."""
_TOP = 3
_ORDER = (FUSED, "face", "speech", "text")


def lanes(timeline: Timeline, people: Sequence[str]) -> list[dict[str, Any]]:
    """Return one lane for each of the people, and one of the group, ready for JSON.

    Each lane has ``person``, ``name``, ``group`` and ``ribbons``: first the one that speaks
    for the person, then those of the single modalities. A ribbon has columns, one entry a
    cell: ``s, e`` (start and end in hundredths of the axis unit), ``l`` (index of the
    leading label, -1 for "cannot tell"), ``p`` (labels and percent, likeliest first),
    ``c, d`` (confidence and spread, percent), ``v, a, vs, as`` (valence, arousal and their
    standard deviations, hundredths), ``r`` (index into ``reasons``, or -1); and ``step``,
    the length of the cells if they were averaged, else 0.
    """
    table = timeline.table
    who, how = table["person"].fillna(""), table["modality"].fillna("")
    if (who == GROUP).any():
        people = [*people, GROUP]
    ribbons = {person: sorted(dict.fromkeys(how[who == person]), key=_rank) for person in people}
    count = sum(len(names) for names in ribbons.values())
    room = max(FEWEST_CELLS, CELLS // max(count, 1))
    out = []
    for person in people:
        drawn = [
            ribbon(timeline, table[(who == person) & (how == name)], name, room)
            for name in ribbons[person]
        ]
        out.append(
            {
                "person": person,
                "name": "Everyone together" if person == GROUP else name_of(timeline, person),
                "group": person == GROUP,
                "ribbons": drawn,
            }
        )
    return out


def ribbon(timeline: Timeline, rows: pd.DataFrame, modality: str, room: int) -> dict[str, Any]:
    """Return the cells of one person in one modality; see `lanes`."""
    labels = timeline.label_set.labels
    step = 0.0
    if len(rows) > room:
        start, end = float(rows["start_s"].min()), float(rows["end_s"].max())
        step = _round_step((end - start) / room)
        rows = _averaged(rows, labels, step)
    values = rows[list(labels)].to_numpy(float)
    known = ~np.isnan(values).all(axis=1)
    lead = np.where(known, np.nan_to_num(values, nan=-1.0).argmax(axis=1), -1)
    reasons = [r if isinstance(r, str) else None for r in rows["reason"].to_numpy(object)]
    names = list(dict.fromkeys(r for r in reasons if r is not None))
    place = {reason: i for i, reason in enumerate(names)}
    # A row without labels and without reason says nothing; it is drawn as "cannot tell".
    return {
        "modality": modality,
        "name": LANE_NAMES.get(modality, modality),
        "step": step,
        "reasons": names,
        "s": _whole(rows["start_s"].to_numpy(float), 100),
        "e": _whole(rows["end_s"].to_numpy(float), 100),
        "l": [int(i) for i in lead],
        "p": _likeliest(values),
        "c": _whole(rows["confidence"].to_numpy(float), 100),
        "d": _whole(rows["spread"].to_numpy(float), 100),
        "v": _whole(rows["valence"].to_numpy(float), 100),
        "a": _whole(rows["arousal"].to_numpy(float), 100),
        "vs": _whole(rows["valence_sd"].to_numpy(float), 100),
        "as": _whole(rows["arousal_sd"].to_numpy(float), 100),
        "r": [place.get(r, -1) if r is not None else -1 for r in reasons],
    }


def face_boxes(timeline: Timeline) -> dict[str, Any] | None:
    """Return where faces are, in thousandths of the picture, or None if not known.

    Columns ``t`` (hundredths of a second), ``i`` (index into ``people``), ``x, y, w, h``.
    """
    faces = timeline.tables.get("faces")
    needed = {"time_s", "person", "x", "y", "w", "h", "frame_w", "frame_h"}
    if faces is None or not len(faces) or not needed <= set(faces.columns):
        return None
    faces = faces[list(needed)].dropna()
    faces = faces[(faces["frame_w"] > 0) & (faces["frame_h"] > 0)]
    if not len(faces):
        return None
    moments = np.sort(faces["time_s"].unique())
    keep = max(1, math.ceil(len(faces) / BOXES))
    faces = faces[faces["time_s"].isin(moments[::keep])].sort_values("time_s")
    people = list(dict.fromkeys(faces["person"].astype(str)))
    across, down = faces["frame_w"].to_numpy(float), faces["frame_h"].to_numpy(float)
    gaps = np.diff(moments[::keep])
    return {
        "people": [name_of(timeline, person) for person in people],
        "lasts": float(np.median(gaps)) * 1.6 if len(gaps) else 0.0,
        "t": _whole(faces["time_s"].to_numpy(float), 100),
        "i": [people.index(p) for p in faces["person"].astype(str)],
        "x": _whole(faces["x"].to_numpy(float) / across, 1000),
        "y": _whole(faces["y"].to_numpy(float) / down, 1000),
        "w": _whole(faces["w"].to_numpy(float) / across, 1000),
        "h": _whole(faces["h"].to_numpy(float) / down, 1000),
    }


def as_script(values: Mapping[str, Any]) -> str:
    r"""Return JSON that can stand in a script element whatever strings it holds.

    ``<``, ``>`` and ``&`` are written as escapes, so that no end tag, comment or entity can
    begin; so are the two line ends that JSON allows and JavaScript did not.

    Examples
    --------
    >>> as_script({"name": "</script>"})
    '{"name":"\\u003c/script\\u003e"}'
    """
    text = json.dumps(values, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    # Half a surrogate pair is legal in JSON and cannot be written as UTF-8.
    return "".join(f"\\u{ord(c):04x}" if "\ud800" <= c <= "\udfff" else c for c in text)


def duration(timeline: Timeline) -> float:
    """Return the length of the axis: of the file where known, and at least of the rows."""
    stated = 0.0
    facts = timeline.provenance.get("file")
    if isinstance(facts, dict) and not axis_of(timeline).sentences:
        given = facts.get("duration_s")
        stated = float(given) if isinstance(given, int | float) and math.isfinite(given) else 0.0
    talk = timeline.transcript
    said = max((u.end_s or 0.0 for u in talk), default=0.0) if talk is not None else 0.0
    return max(stated, timeline.duration_s, said)


def _rank(modality: str) -> int:
    return _ORDER.index(modality) if modality in _ORDER else len(_ORDER)


def _round_step(step: float) -> float:
    """Return the next length that reads well."""
    for nice in (0.2, 0.5, 1, 2, 3, 5, 10, 15, 20, 30, 60, 120, 300, 600):
        if nice >= step:
            return float(nice)
    return float(math.ceil(step))


def _averaged(rows: pd.DataFrame, labels: Sequence[str], step: float) -> pd.DataFrame:
    """Average rows into cells by the seconds they last; most of a cell must be told."""
    start = rows["start_s"].to_numpy(float)
    weight = np.maximum(rows["end_s"].to_numpy(float) - start, 1e-3)
    cell, index = np.unique(np.floor((start + weight / 2) / step).astype(int), return_inverse=True)
    told = rows["reason"].isna().to_numpy()
    in_cell = np.bincount(index, weights=weight)
    in_told = np.bincount(index, weights=weight * told)
    out: dict[str, Any] = {"start_s": cell * step, "end_s": (cell + 1) * step}
    silent = in_told < in_cell / 2
    numbers = (*labels, "confidence", "spread", "valence", "arousal", "valence_sd", "arousal_sd")
    for name in numbers:
        values = rows[name].to_numpy(float)
        there = told & ~np.isnan(values)
        size = len(cell)
        total = np.bincount(index[there], weights=(weight * values)[there], minlength=size)
        share = np.bincount(index[there], weights=weight[there], minlength=size)
        with np.errstate(invalid="ignore", divide="ignore"):
            out[name] = np.where((share > 0) & ~silent, total / share, np.nan)
    reason = np.full(len(cell), None, dtype=object)
    reason[index[~told][::-1]] = rows["reason"].to_numpy(object)[~told][::-1]
    reason[~silent] = None
    out["reason"] = reason
    return pd.DataFrame(out)


def _likeliest(values: NDArray[np.float64]) -> list[list[int]]:
    """Return label index and percent of the likeliest labels of each row, flat."""
    sure = np.nan_to_num(values, nan=0.0)
    order = np.argsort(-sure, axis=1, kind="stable")[:, :_TOP]
    share = np.rint(100 * np.take_along_axis(sure, order, axis=1)).astype(int)
    return [
        [number for i, part in zip(names, parts, strict=True) if part > 0 for number in (i, part)]
        for names, parts in zip(order.tolist(), share.tolist(), strict=True)
    ]


def _whole(values: NDArray[np.float64], scale: float) -> list[int | None]:
    return [None if not math.isfinite(v) else round(v * scale) for v in values.tolist()]
