"""The page over many reports: one line a file."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from affectkit.report.clock import clock
from affectkit.report.page import write_page

_STATES = {"done": "read", "kept": "kept from an earlier run", "failed": "could not be read"}


def write_index(entries: Sequence[Mapping[str, Any]], path: str | os.PathLike[str]) -> Path:
    """Write a page that leads to the reports of many files; return its path.

    Parameters
    ----------
    entries
        One mapping a file: ``file`` (its path), ``report`` (path of the report, relative
        to the page), ``state`` (``"done"``, ``"kept"`` or ``"failed"``), ``problem``, and
        where known ``kind``, ``duration_s``, ``people`` (names), ``summary`` and ``notes``
        (lines of text).
    path
        Where to write.

    Raises
    ------
    MediaError
        If the page cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> entry = {"file": "a.mp4", "report": "a.mp4.affect/report.html", "state": "done"}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_index([entry], f"{folder}/index.html").name
    'index.html'
    """
    shown = [_line(entry) for entry in entries]
    states = [line["state"] for line in shown]
    counts = [f"{states.count(s)} {said}" for s, said in _STATES.items() if s in states]
    return write_page(
        Path(path), "index.html.j2", {"lines": shown, "counts": counts, "states": _STATES}
    )


def _line(entry: Mapping[str, Any]) -> dict[str, Any]:
    name = str(entry.get("file", ""))
    seconds = entry.get("duration_s")
    known = isinstance(seconds, int | float) and math.isfinite(seconds) and seconds > 0
    state = str(entry.get("state", ""))
    report = str(entry.get("report") or "")
    return {
        "name": Path(name).name or name or "unnamed file",
        "folder": str(Path(name).parent) if Path(name).parent != Path(".") else "",
        # A leading "./" keeps a name such as "javascript:x" a name.
        "link": "./" + quote(Path(report).as_posix()) if report and state != "failed" else "",
        "state": state,
        "problem": str(entry.get("problem") or ""),
        "kind": str(entry.get("kind") or ""),
        "length": clock(float(seconds)) if known and isinstance(seconds, int | float) else "",
        "people": _texts(entry.get("people")),
        "summary": _texts(entry.get("summary")),
        "notes": _texts(entry.get("notes")),
    }


def _texts(values: Any) -> list[str]:
    return [str(v) for v in values] if isinstance(values, list | tuple) else []
