"""The report of a table of texts: what its rows say in all, not each of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from affectkit.affect import LabelSet, Timeline
from affectkit.report import sources
from affectkit.report.clock import percent
from affectkit.report.page import write_page
from affectkit.report.palette import looks

if TYPE_CHECKING:
    from affectkit.pipeline.table_summary import Summary

_NAMES = {
    "valence": ("Pleasantness (valence)", "−1", "+1"),
    "arousal": ("Energy (arousal)", "−1", "+1"),
    "confidence": ("Confidence", "0 %", "100 %"),
    "spread": ("Spread among readers", "0 %", "100 %"),
}
_HIGH = 100.0


def write_table_report(told: Summary, timeline: Timeline, path: Path) -> Path:
    """Write the report of a table of texts as one HTML file; return its path.

    Parameters
    ----------
    told
        What its rows say, as `affectkit.pipeline.text_table.read_text_table` returns it.
    timeline
        The timeline without rows that stands beside it, for provenance.
    path
        Where to write; the tables are expected in the same folder.
    """
    drawn = looks(timeline.label_set)
    readable = sum(told["labels"].values())
    facts = timeline.provenance["file"]
    beside = ["rows.csv", "rows.parquet", "timeline.csv", "timeline.parquet"]
    index = {look.label: i for i, look in enumerate(drawn)}
    context = {
        "title": str(facts["name"]),
        "column": str(timeline.provenance["settings"].get("column", "")),
        "told": told,
        "readable": readable,
        "looks": drawn,
        "bars": [
            {"label": name, "i": index[name], "n": n, "share": n / readable if readable else 0.0}
            for name, n in sorted(told["labels"].items(), key=lambda item: -item[1])
            if n
        ],
        "graphs": [_graph(told["distributions"][key], *_NAMES[key]) for key in _NAMES],
        "lines": table_summary(told, timeline.label_set),
        "index": index,
        "models": sources.models(timeline),
        "maps": sources.maps(timeline),
        "settings": sources.settings(timeline),
        "label_set": timeline.label_set,
        "notice": str(timeline.provenance.get("notice") or ""),
        "beside": [name for name in beside if (path.parent / name).is_file()],
        "percent": percent,
        "count": count,
    }
    return write_page(path, "table.html.j2", context)


def table_summary(told: Mapping[str, Any] | Summary, label_set: LabelSet) -> list[str]:
    """Return what a table of texts says in all, in a few plain lines for a terminal.

    Examples
    --------
    >>> from affectkit.pipeline.table_summary import summed
    >>> table_summary(summed([], LabelSet.load("ekman7")), LabelSet.load("ekman7"))
    ['0 rows, 0 sentences; no row could be told.']
    """
    labels = told["labels"]
    readable = sum(labels.values())
    head = f"{count(told['rows'], 'row')}, {count(told['sentences'], 'sentence')}"
    if not readable:
        lines = [f"{head}; no row could be told."]
    else:
        most = sorted(labels.items(), key=lambda item: -item[1])[:4]
        said = ", ".join(f"{name} {percent(n / readable)}" for name, n in most if n)
        lines = [f"{head}. Of {count(readable, 'row')} that can be told: {said}."]
    lines += [
        f"Cannot tell {count(n, 'row')}: {reason}."
        for reason, n in list(told["untold"].items())[:5]
    ]
    if told["mended"]:
        lines.append(f"{count(told['mended'], 'row')} had to be mended to be read.")
    if told["failed"]:
        lines.append(f"{count(told['failed'], 'row')} could not be read.")
    return lines


def count(n: int, noun: str) -> str:
    """Write a number of things.

    Examples
    --------
    >>> count(1, "row"), count(12345, "row")
    ('1 row', '12,345 rows')
    """
    return f"{n:,} {noun}" + ("" if n == 1 else "s")


def _graph(bins: Sequence[int], name: str, low: str, high: str) -> dict[str, Any]:
    top = max(bins, default=0) or 1
    width = _HIGH / len(bins)
    return {
        "name": name,
        "low": low,
        "high": high,
        "n": sum(bins),
        "bars": [
            {"x": i * width, "w": width * 0.9, "h": 60 * n / top, "n": n}
            for i, n in enumerate(bins)
        ],
    }
