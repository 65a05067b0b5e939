"""Timelines as audformat databases, in and out."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pandas as pd

from affectkit.affect import LabelSet, Timeline
from affectkit.errors import MediaError
from affectkit.optional import require

_NUMBERS = ("valence", "arousal", "dominance")
_SHARES = ("confidence", "spread", "quality")


def write_audformat(timeline: Timeline, folder: Path) -> None:
    """Write a timeline to a new folder as an audformat database with Parquet tables.

    One table a person and modality (audformat allows one row a segment), indexed by file,
    start and end, with the columns ``emotion`` (the most probable label), valence, arousal,
    dominance, confidence, spread, quality, ``speaker``, ``reason`` and ``p.<label>`` for each
    label. Needs the extra ``formats``.
    """
    audformat = require("audformat", extra="formats")
    labels = timeline.label_set.labels
    file = str(timeline.provenance.get("file", {}).get("name", "recording"))
    database = audformat.Database(
        "affectkit",
        source="affectkit",
        description=f"Emotion over time in {file}, estimated by models",
        meta={"label_set": timeline.label_set.name},
    )
    database.schemes["emotion"] = audformat.Scheme(labels=list(labels))
    for name in _NUMBERS:
        database.schemes[name] = audformat.Scheme("float", minimum=-1, maximum=1)
    for name in _SHARES:
        database.schemes[name] = audformat.Scheme("float", minimum=0, maximum=1)
    database.schemes["probability"] = audformat.Scheme("float", minimum=0, maximum=1)
    database.schemes["speaker"] = audformat.Scheme("str")
    database.schemes["reason"] = audformat.Scheme("str")
    table = timeline.table.assign(emotion=timeline.leading)
    keys = ["person", "modality", "source", "start_s", "end_s"]
    table["layer"] = table.groupby(keys[:3] + keys[3:], dropna=False).cumcount()
    groups = table.groupby(["modality", "person", "source", "layer"], sort=False, dropna=False)
    for number, ((modality, person, source, _), rows) in enumerate(groups):
        described = {"modality": _plain(modality), "person": _plain(person)}
        written = audformat.Table(
            audformat.segmented_index(
                [file] * len(rows),
                pd.to_timedelta((rows["start_s"] * 1e9).round().astype("int64"), unit="ns"),
                pd.to_timedelta((rows["end_s"] * 1e9).round().astype("int64"), unit="ns"),
            ),
            description=f"{described['modality']} of {described['person']}",
            meta={**described, "model": _plain(source)},
        )
        database[f"segments.{number:03d}"] = written
        for name in ("emotion", *_NUMBERS, *_SHARES, "reason"):
            written[name] = audformat.Column(scheme_id=name)
            values = rows[name].astype(object).where(rows[name].notna(), None)
            written[name].set(values.tolist())
        written["speaker"] = audformat.Column(scheme_id="speaker")
        written["speaker"].set([described["person"]] * len(rows))
        for label in labels:
            written[f"p.{label}"] = audformat.Column(scheme_id="probability")
            written[f"p.{label}"].set(rows[label].clip(0, 1).tolist())
    database.save(str(folder), storage_format="parquet", update_other_formats=False)


def read_audformat(folder: Path, label_set: LabelSet | None = None) -> Timeline:
    """Return the timeline that `write_audformat` wrote.

    Raises
    ------
    MediaError
        If the folder holds no such database, pickled tables, or a header that asks for
        Python objects to be made.
    """
    _check_harmless(folder)
    audformat = require("audformat", extra="formats")
    try:
        database = audformat.Database.load(str(folder), load_data=True)
    except Exception as error:
        raise MediaError(
            f"{folder.name} cannot be read as an audformat database ({str(error)[:120]})"
        ) from None
    name = database.meta.get("label_set")
    if label_set is None:
        if not isinstance(name, str):
            raise MediaError(f"{folder.name} does not say which label set it is over")
        label_set = LabelSet.load(name)
    frames = []
    for key in database.tables:
        written = database[key]
        rows = written.get().reset_index()
        out = pd.DataFrame(
            {
                "start_s": rows["start"].dt.total_seconds(),
                "end_s": rows["end"].dt.total_seconds(),
                "person": str(written.meta.get("person", "")),
                "modality": str(written.meta.get("modality", "")),
                "source": str(written.meta.get("model", "")),
            }
        )
        for column in (*_NUMBERS, *_SHARES, "reason"):
            if column in rows:
                out[column] = rows[column]
        for label in label_set.labels:
            if f"p.{label}" in rows:
                out[label] = rows[f"p.{label}"].astype("float64")
        frames.append(out)
    table = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()
    return Timeline(table, label_set, {"source": folder.name})


def _check_harmless(folder: Path) -> None:
    """Refuse what audformat would run as code: pickled tables and Python objects in YAML."""
    yaml: Any = require("yaml", extra="formats")
    header = folder / "db.yaml"
    if not header.is_file():
        raise MediaError(f"{folder.name} is not an audformat database: it has no db.yaml")
    if any(p.suffix in (".pkl", ".pickle") for p in folder.rglob("*")):
        raise MediaError(
            f"{folder.name} holds pickled tables, which can run code when they are opened",
            remedy="save the database again with Parquet or CSV tables only",
        )
    try:
        yaml.load(header.read_text("utf-8"), Loader=yaml.SafeLoader)
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError, ValueError) as error:
        raise MediaError(f"{header} is not a plain YAML header ({str(error)[:120]})") from None


def _plain(value: object) -> str:
    missing = value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value))
    return "" if missing else str(value)
