"""The page of a check of a split: what stands on both sides, and what guesses score."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import affectkit
from affectkit.report.clock import percent
from affectkit.report.page import write_page
from affectkit.report.table_page import count

_BAD_SHOWN = 20

_FITTED = {
    "train": "scaled on the training rows alone, as it should be",
    "all": "scaled on training and held-out rows together",
    "each split": "held-out rows scaled by themselves",
    "each group": "each speaker scaled by themselves; in use, this needs all that a person says",
    "either": "scaled, but train and all rows are too alike to tell on which",
    "not seen": "no trace of scaling by mean and deviation or by the ends",
}


def write_check_report(
    told: Mapping[str, Any], path: str | os.PathLike[str], *, command: str = ""
) -> Path:
    """Write the page of a check as one self-contained HTML file; return its path.

    Parameters
    ----------
    told
        As `affectkit.pipeline.check_summary.check_summary` returns it.
    path
        Where to write; whole or not at all.
    command
        What made it, to be shown.

    Raises
    ------
    MediaError
        If the page cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from affectkit.data.leak_check import SplitTable
    >>> from affectkit.pipeline.check_summary import check_summary
    >>> told = check_summary(SplitTable("x", np.array(["1", "2"]), np.array(["train", "test"])))
    >>> page = write_check_report(told, Path(tempfile.mkdtemp()) / "x.html")
    >>> page.read_text(encoding="utf-8")[:15]
    '<!doctype html>'
    """
    context = {
        "told": told,
        "title": str(told["name"]),
        "lines": check_lines(told),
        "bad_shown": _BAD_SHOWN,
        "fitted": _FITTED,
        "command": command,
        "version": affectkit.__version__,
        "bars": [_bar(f) for f in told["follows"]],
        "count": count,
        "share": share,
        "percent": percent,
        "state": _state,
    }
    return write_page(Path(path), "check.html.j2", context)


def check_lines(told: Mapping[str, Any]) -> list[str]:
    """Return what a check found, in a few plain sentences.

    Examples
    --------
    >>> check_lines({"name": "x", "splits": [{"name": "all", "rows": 2}], "seen": [], "bad": [],
    ...              "follows": [], "normalised": [], "verdict": "clean", "unseen_labels": []})
    ['No leak was found. x has one split only (2 rows), so nothing can be on both sides.']
    """
    leaks = [s for s in told["seen"] if s["state"] == "leak"]
    fitted = [f for f in told["normalised"] if f["state"] == "leak"]
    follows = [f for f in told["follows"] if f["state"] == "leak"]
    kinds = len(leaks) + len(fitted) + len(follows)
    if told["verdict"] == "leak":
        lines = [f"{count(kinds, 'leak')} found in {told['name']}."]
    elif len(told["splits"]) < 2:
        rows = count(told["splits"][0]["rows"], "row")
        lines = [
            f"No leak was found. {told['name']} has one split only ({rows}), so nothing can be on "
            "both sides."
        ]
    else:
        lines = [f"No leak was found in {told['name']}, as far as its columns tell."]
    for seen in leaks:
        lines.append(
            f"{seen['left']} and {seen['right']}, {seen['what']}: {seen['rows']:,} of "
            f"{count(seen['of'], 'row')} of {seen['right']} ({share(seen['share'])})"
            + (f"; {seen['told']}." if seen["told"] else ".")
        )
    for f in follows:
        lines.append(
            f"The {f['tie']} alone foretells the {f['label']} with {f['metric']} "
            f"{f['value']:.3f}, by chance {f['chance']:.3f}, and stands on both sides."
        )
    for f in fitted:
        names = ", ".join(f["names"][:3]) + (" …" if f["features"] > 3 else "")
        lines.append(f"{count(f['features'], 'feature')} ({names}): {_FITTED[f['fitted']]}.")
    if told["bad"]:
        lines.append(f"{count(len(told['bad']), 'row')} could not be checked.")
    return lines


def check_rows(told: Mapping[str, Any]) -> list[str]:
    """Return the lines that the command line prints: findings, baselines, what was not looked at.

    Examples
    --------
    >>> check_rows({"seen": [], "follows": [], "normalised": [], "baselines": [], "bad": [],
    ...             "unseen_labels": [], "unchecked": ["x"], "limits": ["y"]})
    ['Not looked at: x.', 'Never seen by such a check: y.']
    """
    lines = []
    for s in told["seen"]:
        line = (
            f"{s['state']:5}  {s['left']} and {s['right']}, {s['what']}: {s['rows']:,} of "
            f"{s['of']:,} rows of {s['right']} ({share(s['share'])})"
        )
        lines.append(line + (f"; {s['told']}" if s["told"] else ""))
        if s["examples"]:
            right, left = s["examples"][0]
            lines.append(f"       such as {right} and {left}")
    for f in told["follows"]:
        lines.append(
            f"{_state(f['state'])}  {f['label']} from the {f['tie']} alone: {f['metric']} "
            f"{f['value']:.3f}, by chance {f['chance']:.3f} ({f['low']:.3f} to "
            f"{f['high']:.3f}), p = {f['p']:.3f}"
        )
    for f in told["normalised"]:
        lines.append(
            f"{_state(f['state'])}  {count(f['features'], 'feature')}: {_FITTED[f['fitted']]}"
        )
    for u in told["unseen_labels"]:
        lines.append(f"note   {u['label']!r} is in {u['split']} only ({count(u['rows'], 'row')})")
    if told["baselines"]:
        lines += ["", "What one scores without looking at the items (95 % interval):"]
        for b in told["baselines"]:
            lines.append(
                f"       {b['split']}  {b['baseline']}: {b['metric']} {b['value']:.3f} "
                f"({b['low']:.3f} to {b['high']:.3f})"
            )
        lines.append("")
    for b in told["bad"][:_BAD_SHOWN]:
        lines.append(f"bad    {b['file']}, row {b['row']}: {b['problem']}; {b['remedy']}")
    if len(told["bad"]) > _BAD_SHOWN:
        lines.append(f"bad    and {len(told['bad']) - _BAD_SHOWN:,} more; --json lists them")
    if told["unchecked"]:
        lines.append(f"Not looked at: {'; '.join(told['unchecked'])}.")
    return [*lines, f"Never seen by such a check: {'; '.join(told['limits'])}."]


def share(value: float) -> str:
    """Write a share so that a small one is not taken for none.

    Examples
    --------
    >>> share(0.0004), share(0.967)
    ('under 0.1 %', '96.7 %')
    """
    return "under 0.1 %" if 0 < value < 0.001 else f"{100 * value:.1f} %"


def _state(state: str) -> str:
    return {"leak": "leak ", "note": "note ", "clear": "clear"}[state]


def _bar(found: Mapping[str, Any]) -> dict[str, float]:
    """Return where the bar of a label that follows a speaker ends, and chance lies, of 100."""
    at = {key: 100 * min(1.0, max(0.0, float(found[key]))) for key in ("value", "low", "high")}
    return {**at, "wide": max(at["high"] - at["low"], 0.8)}
