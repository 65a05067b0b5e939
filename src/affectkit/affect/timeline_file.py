"""A timeline on disk: one Parquet file without loss, or its table alone as CSV."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from affectkit.affect.conversation import Conversation, Utterance
from affectkit.affect.labels import LabelSet
from affectkit.errors import MediaError

if TYPE_CHECKING:
    from affectkit.affect.timeline import Timeline

_KEY = b"affectkit"
_VERSION = 1


def write_parquet(timeline: Timeline, path: str | os.PathLike[str]) -> Path:
    """Write a timeline, all but its further tables, to one Parquet file, whole or not at all.

    The table is the Parquet table; label set, provenance, notes and transcript travel as JSON
    in its schema, under the key ``affectkit``.

    Raises
    ------
    MediaError
        If the file cannot be written.
    """
    schema = {
        "version": _VERSION,
        "label_set": timeline.label_set.to_dict(),
        "provenance": timeline.provenance,
        "notes": [asdict(note) for note in timeline.notes],
        "transcript": _conversation_to_dict(timeline.transcript),
    }
    arrow = pa.Table.from_pandas(timeline.table, preserve_index=False)
    arrow = arrow.replace_schema_metadata(
        {**(arrow.schema.metadata or {}), _KEY: json.dumps(schema).encode()}
    )
    return _whole(path, lambda beside: pq.write_table(arrow, beside))


def read_parquet(path: str | os.PathLike[str]) -> Timeline:
    """Return the timeline that `write_parquet` wrote.

    Raises
    ------
    MediaError
        If the file is missing, or not a timeline.
    """
    try:
        arrow = pq.read_table(path)
    except (OSError, pa.ArrowException) as error:
        raise MediaError(f"{path} cannot be read as Parquet: {error}") from error
    stored = (arrow.schema.metadata or {}).get(_KEY)
    if stored is None:
        raise MediaError(f"{path} is not a timeline", remedy="give a file affectkit wrote")
    # The timeline itself reads and writes through here.
    from affectkit.affect.timeline import Note, Timeline

    try:
        schema = json.loads(stored)
        return Timeline(
            arrow.to_pandas(),
            LabelSet.from_dict(schema["label_set"]),
            schema["provenance"],
            _conversation_from_dict(schema["transcript"]),
            tuple(Note(**note) for note in schema["notes"]),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise MediaError(f"{path} is not a whole timeline: {error}") from error


def write_csv(timeline: Timeline, path: str | os.PathLike[str]) -> Path:
    """Write the table alone to a CSV file, whole or not at all.

    Raises
    ------
    MediaError
        If the file cannot be written.
    """
    return _whole(
        path, lambda beside: timeline.table.to_csv(beside, index=False, float_format="%.6g")
    )


def _whole(path: str | os.PathLike[str], write: Callable[[Path], object]) -> Path:
    """Write beside the target and rename, so that no half file is ever seen."""
    target = Path(path)
    beside = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        write(beside)
        os.replace(beside, target)
    except OSError as error:
        raise MediaError(f"{target} cannot be written: {error.strerror or error}") from error
    finally:
        beside.unlink(missing_ok=True)
    return target


def _conversation_to_dict(talk: Conversation | None) -> dict[str, Any] | None:
    if talk is None:
        return None
    return {
        "id": talk.id,
        "meta": dict(talk.meta),
        "utterances": [{**u.__dict__, "meta": dict(u.meta)} for u in talk],
    }


def _conversation_from_dict(values: Mapping[str, Any] | None) -> Conversation | None:
    if values is None:
        return None
    return Conversation(
        [Utterance(**u) for u in values["utterances"]], values["id"], values["meta"]
    )
