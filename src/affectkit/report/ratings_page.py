"""The page of a file of ratings: where people agree, whom they confuse, what they dispute."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import affectkit
from affectkit.affect import LabelSet
from affectkit.report.clock import percent
from affectkit.report.page import write_page
from affectkit.report.palette import looks
from affectkit.report.table_page import count

_SHOWN = 8
_RATERS = 12
_MARKS = 3
"""Views that a plot tells apart by the shape of their marks; further ones repeat them."""


def write_ratings_report(
    told: Mapping[str, Any], path: str | os.PathLike[str], *, command: str = ""
) -> Path:
    """Write the page of a file of ratings as one self-contained HTML file; return its path.

    Parameters
    ----------
    told
        As `affectkit.pipeline.rating_summary.rating_summary` returns it.
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
    >>> from affectkit.pipeline.rating_files import read_rating_file
    >>> from affectkit.pipeline.rating_summary import rating_summary
    >>> folder = Path(tempfile.mkdtemp())
    >>> lines = ["clip,annotator,emotion", "a,x,joy", "a,y,fear", "b,x,joy", "b,y,joy"]
    >>> _ = (folder / "said.csv").write_text(chr(10).join(lines))
    >>> told = rating_summary(read_rating_file(folder / "said.csv"), draws=20)
    >>> write_ratings_report(told, folder / "page.html").read_text(encoding="utf-8")[:15]
    '<!doctype html>'
    """
    labels = [str(label) for label in told["labels"]]
    drawn = looks(LabelSet("labels of the file", tuple(labels))) if labels else ()
    views = [
        {
            **view,
            "title": view_title(view["name"]),
            "soft_bar": stacked(view["soft"]),
            "heat": _heat(view["confusion"]),
            "disputed": [_disputed(d, labels) for d in view["disputed"]],
            "graph": _columns(view["top_share"]),
        }
        for view in told["views"]
    ]
    apart = [
        {
            **pair,
            "titles": [view_title(name) for name in pair["views"]],
            "most": [
                {**m, "bars": [stacked(v) for v in m["votes"]], "said": _both(m["votes"], labels)}
                for m in pair["most"][:_SHOWN]
            ],
        }
        for pair in told["apart"]
    ]
    people = [p for p in told["people"] if p["alike"] is not None]
    context = {
        "told": told,
        "title": str(told["file"]),
        "labels": labels,
        "looks": drawn,
        "views": views,
        "apart": apart,
        "parted": told.get("parted", []),
        "beyond_chance": beyond_chance,
        "chart": _chart(views, labels),
        "people": people[:_RATERS],
        "people_in_all": len(people),
        "raters_shown": _RATERS,
        "lines": ratings_lines(told),
        "command": command,
        "version": affectkit.__version__,
        "uniform": f"1/{len(labels)}" if labels else "",
        "percent": percent,
        "count": count,
        "decimal": decimal,
        "decimal3": lambda value: f"{value:.3f}".replace("-", "−"),
        "between": between,
        "share": _share,
        "stacked": stacked,
    }
    return write_page(Path(path), "ratings.html.j2", context)


def ratings_lines(told: Mapping[str, Any]) -> list[str]:
    """Return what a file of ratings shows in all, in a few plain sentences.

    Examples
    --------
    >>> ratings_lines({"items": 1, "ratings": 2, "raters": 2, "views": [], "apart": [],
    ...                "scores": [], "labels": []})
    ['1 item, 2 ratings by 2 raters.']
    """
    by = f" by {count(told['raters'], 'rater')}" if told["raters"] else ""
    lines = [f"{count(told['items'], 'item')}, {count(told['ratings'], 'rating')}{by}."]
    views = [v for v in told["views"] if v["alpha"]["value"] is not None]
    if len(views) > 1:
        ranked = sorted(views, key=lambda v: -v["alpha"]["value"])
        said = ", ".join(f"{_way(v)} {decimal(v['alpha']['value'])}" for v in ranked)
        lines.append(f"Agreement beyond chance (Krippendorff's alpha): {said}.")
    elif views:
        a = views[0]["alpha"]
        lines.append(
            f"Agreement beyond chance (Krippendorff's alpha): {decimal(a['value'])}, 95 % interval "
            f"{between(a)}."
        )
    if views:
        uniform = f"1/{len(told['labels'])}"
        none = _listed((percent(v["no_majority"]["value"]), v) for v in views)
        several = _listed((percent(v["several"]["value"]), v) for v in views)
        lines.append(f"No label has more than half of the votes: {none}.")
        lines.append(f"Several labels stand above {uniform}: {several}.")
        mixed = max((_most_mixed(v, told["labels"]) for v in views), key=lambda m: m[0])
        if mixed[0]:
            lines.append(mixed[1])
    for pair in told["apart"]:
        one, other = pair["views"]
        lines.append(
            f"By {one} and by {other}, the same label comes first in {percent(pair['same_top'])} "
            f"of {count(pair['items'], 'item')}."
        )
    lines += [_parted(p) for p in told.get("parted", ())]
    for scored in told["scores"]:
        a = scored["alpha"]
        lines.append(
            f"{scored['aspect']}: interval alpha {decimal(a['value'])} ({between(a)}), mean "
            f"{decimal(scored['mean'])} on {decimal(scored['low'])} to {decimal(scored['high'])}."
        )
    return lines


def beyond_chance(parted: Mapping[str, Any]) -> bool:
    """Return whether groups are further apart than 95 % of deals of the raters would have it.

    Examples
    --------
    >>> beyond_chance({"gap": 0.2, "chance_high": 0.1})
    True
    """
    return bool(parted["gap"] > parted["chance_high"])


def view_title(name: str) -> str:
    """Return the heading of a view.

    Examples
    --------
    >>> view_title("voice"), view_title("both"), view_title("")
    ('Voice', 'Both', 'All ratings')
    """
    return name[:1].upper() + name[1:] if name else "All ratings"


def decimal(value: float | None) -> str:
    """Write a number with two decimals and a real minus sign.

    Examples
    --------
    >>> decimal(-0.256), decimal(None)
    ('−0.26', '–')
    """
    return "–" if value is None else f"{value:.2f}".replace("-", "−")


def between(interval: Mapping[str, Any]) -> str:
    """Write the ends of an interval.

    Examples
    --------
    >>> between({"low": 0.1, "high": 0.25})
    '0.10 to 0.25'
    """
    if interval["low"] is None or interval["high"] is None:
        return "not known"
    return f"{decimal(interval['low'])} to {decimal(interval['high'])}"


def stacked(parts: Sequence[float]) -> list[dict[str, float]]:
    """Return the pieces of a bar of width 100, one for each part that is not empty.

    Examples
    --------
    >>> stacked([1, 0, 3])
    [{'i': 0, 'x': 0.0, 'w': 25.0}, {'i': 2, 'x': 25.0, 'w': 75.0}]
    """
    whole = float(sum(parts)) or 1.0
    out, at = [], 0.0
    for i, part in enumerate(parts):
        width = 100.0 * part / whole
        if width > 0:
            out.append({"i": i, "x": at, "w": width})
        at += width
    return out


def _parted(p: Mapping[str, Any]) -> str:
    verdict = "more than chance gives" if beyond_chance(p) else "no more than chance gives"
    two, alike = f"two raters of different {p['by']}", f"two of the same {p['by']}"
    if p["by"] == "shown":
        two, alike = f"a rater by {p['groups'][0]} and one by {p['groups'][1]}", "two by one way"
    if p["scale"] is None:
        return (
            f"Of an item, {two} say different labels in {percent(p['between'])} of pairs, {alike} "
            f"in {percent(p['within'])}: {verdict}."
        )
    return (
        f"On {p['aspect']}, {two} lie {percent(p['between'])} of the range apart, {alike} "
        f"{percent(p['within'])}: {verdict}."
    )


def _share(interval: Mapping[str, Any]) -> str:
    return f"{percent(interval['low'])} to {percent(interval['high'])}"


def _way(view: Mapping[str, Any]) -> str:
    return f"by {view['name']}" if view["name"] else "all ratings"


def _listed(shares: Iterable[tuple[str, Mapping[str, Any]]]) -> str:
    listed = [said + (f" by {v['name']}" if v["name"] else " of items") for said, v in shares]
    return ", ".join([listed[0].replace(" by ", " of items by ", 1), *listed[1:]])


def _most_mixed(view: Mapping[str, Any], labels: Sequence[str]) -> tuple[float, str]:
    """Return the largest share of others who say another label, and a sentence of it."""
    best = (0.0, 0, 0)
    for i, row in enumerate(view["confusion"]):
        for j, share in enumerate(row):
            if i != j and share is not None and share > best[0]:
                best = (share, i, j)
    share, i, j = best
    own = view["confusion"][i][i]
    where = f", by {view['name']}" if view["name"] else ""
    return share, (
        f"Most confused{where}: when one rater says {labels[i]}, another says {labels[j]} in "
        f"{percent(share)} and {labels[i]} in {percent(own or 0.0)} of cases."
    )


def _heat(confusion: Sequence[Sequence[float | None]]) -> list[list[dict[str, Any]]]:
    return [
        [
            {
                "text": "–" if share is None else str(round(100 * share)),
                "heat": 0 if share is None else min(9, int(share * 10)),
            }
            for share in row
        ]
        for row in confusion
    ]


def _disputed(item: Mapping[str, Any], labels: Sequence[str]) -> dict[str, Any]:
    return {**item, "bar": stacked(item["votes"]), "said": _said(item["votes"], labels)}


def _said(votes: Sequence[int], labels: Sequence[str]) -> str:
    ranked = sorted(zip(votes, labels, strict=True), key=lambda pair: -pair[0])
    return ", ".join(f"{n} {label}" for n, label in ranked if n)


def _both(votes: Sequence[Sequence[int]], labels: Sequence[str]) -> list[str]:
    return [_said(v, labels) for v in votes]


def _columns(bins: Sequence[int]) -> dict[str, Any]:
    top, width = max(bins, default=0) or 1, 100.0 / len(bins)
    bars = [
        {"x": i * width, "w": width * 0.9, "h": 60 * n / top, "n": n} for i, n in enumerate(bins)
    ]
    return {"bars": bars, "n": sum(bins)}


def _chart(views: Sequence[Mapping[str, Any]], labels: Sequence[str]) -> dict[str, Any]:
    """Return where the dots of agreement by label lie; x runs from `low` to 1."""
    known = [v for v in views if v["alpha"]["value"] is not None]
    ends = [
        entry["low"]
        for view in known
        for entry in [view["alpha"], *view["by_label"]]
        if entry["low"] is not None
    ]
    low = min(0.0, *(round(x - 0.05, 1) for x in ends)) if ends else 0.0
    name_width, width, step = 150.0, 570.0, 11.0

    def x(value: float) -> float:
        return name_width + width * (value - low) / (1 - low)

    rows = []
    y = 16.0
    for k, name in enumerate(["all labels", *labels]):
        entries = []
        for v, view in enumerate(known):
            entry = view["alpha"] if k == 0 else view["by_label"][k - 1]
            if entry["value"] is None:
                continue
            entries.append(
                {
                    "y": y + step * v,
                    "x": x(entry["value"]),
                    "low": x(entry["low"]),
                    "high": x(entry["high"]),
                    "mark": v % _MARKS,
                    "text": f"{view['title']}, {name}: {decimal(entry['value'])}, {between(entry)}",
                }
            )
        middle = y + step * (len(known) - 1) / 2
        rows.append({"name": name, "y": middle, "entries": entries, "look": k - 1})
        y += step * len(known) + 12
    tenths = range(round(low * 10), 11, 2)
    return {
        "rows": rows,
        "height": y + 14,
        "width": name_width + width + 20,
        "bottom": y - 6,
        "ticks": [{"x": x(t / 10), "text": decimal(t / 10)} for t in tenths],
        "views": [{"mark": v % _MARKS, "title": view["title"]} for v, view in enumerate(known)],
    }
