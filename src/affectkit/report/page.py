"""The report: one HTML file that opens from disk and fetches nothing."""

from __future__ import annotations

import base64
import hashlib
import math
import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from affectkit.affect import Timeline
from affectkit.affect.timeline import GROUP
from affectkit.errors import MediaError
from affectkit.report import sources
from affectkit.report.arc import drawn_arc
from affectkit.report.clock import length, percent
from affectkit.report.lanes import as_script, duration, face_boxes, lanes
from affectkit.report.palette import Look, looks
from affectkit.report.portraits import Portrait, portraits
from affectkit.report.prose import (
    axis_of,
    is_photo,
    moments_apart,
    moments_contested,
    name_of,
    sentence,
)
from affectkit.report.shown_media import MediaMode, ShownMedia, shown_media
from affectkit.report.untold import silences
from affectkit.report.words_said import lines

if TYPE_CHECKING:
    import jinja2
    import pandas as pd

_LANES_AT_ONCE = 6
_MOMENTS_AT_ONCE = 12
_MOST_MOMENTS = 200
_KINDS = {"image": "Photo", "audio": "Sound"}


def write_report(
    timeline: Timeline,
    path: str | os.PathLike[str],
    *,
    media: str | os.PathLike[str] | None = None,
    media_mode: MediaMode = "link",
    blur_faces: bool = False,
) -> Path:
    """Write a report as one self-contained HTML file, whole or not at all; return its path.

    The page holds its own style, script and data, forbids every other by a
    content-security policy, and needs no network. The one thing that may lie beside it is
    the recording, if it is linked.

    Parameters
    ----------
    timeline
        As `affectkit.analyze` returns it; any timeline will do.
    path
        Where to write. Files named ``timeline.csv`` and the like in the same folder are
        offered for download.
    media
        The recording, to be played or shown on the page.
    media_mode
        ``"link"`` refers to the file where it lies, ``"embed"`` puts it into the page if it
        is at most 24 MB and links it otherwise, ``"none"`` leaves it out.
    blur_faces
        Show no face: photos are embedded with faces blurred, of videos the sound is played.

    Raises
    ------
    MediaError
        If the page cannot be written, or a photo to blur cannot be read.

    Examples
    --------
    >>> import tempfile
    >>> from affectkit.affect import Estimate, LabelSet
    >>> ekman = LabelSet.load("ekman7")
    >>> happy = Estimate(ekman, [0, 0, 0, 1, 0, 0, 0], valence=0.7, confidence=0.8)
    >>> t = Timeline.from_estimates([(0.0, 4.0, "Ann", "face", happy)], ekman)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     page = write_report(t, f"{folder}/report.html")
    ...     page.read_text(encoding="utf-8")[:15]
    '<!doctype html>'
    """
    target = Path(path)
    shown = shown_media(
        timeline, target, Path(media) if media else None, media_mode, blur_faces=blur_faces
    )
    beside = ["timeline.csv", "timeline.parquet", *(f"{name}.parquet" for name in timeline.tables)]
    beside = [name for name in beside if (target.parent / name).is_file()]
    return write_page(target, "report.html.j2", _context(timeline, shown, beside))


def write_page(target: Path, template: str, context: Mapping[str, Any]) -> Path:
    """Fill a template and write it beside its place, then move it there."""
    script, style = _asset("report.js"), _asset("report.css")
    inline = [str(context["media"].source)] if "media" in context else []
    linked = any(source and not source.startswith("data:") for source in inline)
    where = "data: 'self' file:" if linked else "data:"
    policy = (
        f"default-src 'none'; script-src '{_digest(script)}'; style-src '{_digest(style)}'; "
        f"img-src {where}; media-src {where}; base-uri 'none'; form-action 'none'"
    )
    html = (
        _templates()
        .get_template(template)
        .render({**context, "policy": policy, "script": script, "style": style})
    )
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        # Half a surrogate pair, as a damaged file name holds, has no UTF-8.
        part.write_text(html, encoding="utf-8", errors="replace")
        os.replace(part, target)
    except OSError as error:
        raise MediaError(
            f"{target} cannot be written ({error.strerror})", remedy="choose another folder"
        ) from error
    finally:
        part.unlink(missing_ok=True)
    return target


def _context(timeline: Timeline, shown: ShownMedia, beside: Sequence[str]) -> dict[str, Any]:
    drawn = looks(timeline.label_set)
    people = portraits(timeline)
    photo = is_photo(timeline)
    axis = axis_of(timeline)
    tracks = [] if photo else lanes(timeline, [p.person for p in people])
    apart = [] if photo else _apart(timeline)
    contested = _contested(timeline)
    said = lines(timeline, drawn)
    boxes = face_boxes(timeline) if shown.kind in ("video", "image") else None
    end = duration(timeline)
    data = {
        "mode": "sentences" if axis.sentences else "seconds",
        "length": end,
        "labels": [{"name": look.label, "letters": look.letters} for look in drawn],
        "lanes": tracks,
        "marks": [
            {"s": m["start"], "e": m["end"], "who": m["person"], "kind": kind, "text": m["text"]}
            for kind, moments in (("apart", apart), ("contested", contested))
            for m in moments
        ],
        "boxes": boxes if shown.kind == "video" else None,
        "said": [[line.start, line.end] for line in said],
    }
    facts = timeline.provenance.get("file")
    facts = facts if isinstance(facts, dict) else {}
    return {
        "title": str(facts.get("name") or "Untitled recording"),
        "facts": _facts(timeline, facts, people, end),
        "people": [_card(timeline, p, drawn) for p in people],
        "lanes": tracks,
        "lanes_at_once": _LANES_AT_ONCE,
        "arc": drawn_arc(timeline),
        "photo": photo,
        "axis": axis,
        "looks": drawn,
        "media": shown,
        "boxes": _percent_boxes(boxes) if shown.kind == "image" else [],
        "lines": said,
        "apart": apart,
        "contested": contested,
        "moments_at_once": _MOMENTS_AT_ONCE,
        "silences": silences(timeline),
        "models": sources.models(timeline),
        "maps": sources.maps(timeline),
        "settings": sources.settings(timeline),
        "label_set": timeline.label_set,
        "notice": str(timeline.provenance.get("notice") or ""),
        "averaged": max((r["step"] for t in tracks for r in t["ribbons"]), default=0),
        "beside": beside,
        "data": as_script(data),
        "rows": len(timeline),
        "percent": percent,
        "signed": _signed,
        "length": length,
    }


def _facts(
    timeline: Timeline, facts: Mapping[str, Any], people: Sequence[Portrait], end: float
) -> list[str]:
    out = [_KINDS.get(str(facts.get("kind")), str(facts.get("kind") or "").capitalize())]
    if axis_of(timeline).sentences:
        out.append(axis_of(timeline).extent(end))
    elif end > 0 and not is_photo(timeline):
        out.append(length(end))
    count = sum(1 for p in people if p.person != GROUP)
    out.append(f"{count} {'person' if count == 1 else 'people'}")
    version = timeline.provenance.get("affectkit")
    made = timeline.provenance.get("created")
    try:
        day = datetime.fromisoformat(str(made)).date().isoformat() if made else ""
    except ValueError:
        day = ""
    if version:
        out.append(f"read by affectkit {version}" + (f" on {day}" if day else ""))
    return [fact for fact in out if fact]


def _card(timeline: Timeline, person: Portrait, drawn: Sequence[Look]) -> dict[str, Any]:
    """Return what the page shows of a person as a whole: bars that add up, and a place."""
    index = {look.label: i for i, look in enumerate(drawn)}
    at = 0.0
    shares = []
    for label, share in person.shares:
        shares.append({"look": drawn[index[label]], "i": index[label], "x": at, "share": share})
        at += share
    ranked = sorted(
        (
            {"look": look, "i": i, "share": 0.0 if math.isnan(p) else p}
            for i, (look, p) in enumerate(zip(drawn, person.probabilities, strict=True))
        ),
        key=lambda bar: -float(str(bar["share"])),
    )
    whole = person.told + person.untold
    return {
        "name": name_of(timeline, person.person),
        "portrait": person,
        # A number and its percent sign stay on one line.
        "sentence": sentence(timeline, person).replace(" %", "\u00a0%"),
        "shares": shares,
        "bars": ranked[:8],
        "told": person.told / whole if whole else 0.0,
        "valence": None if math.isnan(person.valence) else person.valence,
        "arousal": None if math.isnan(person.arousal) else person.arousal,
        "confidence": None if math.isnan(person.confidence) else person.confidence,
    }


def _apart(timeline: Timeline) -> list[dict[str, Any]]:
    moments = moments_apart(timeline).sort_values("score", ascending=False)
    return [
        {**place, "score": float(row["score"]), "text": _untimed(place["name"], str(row["text"]))}
        for place, row in _placed(timeline, moments)
    ]


def _signed(value: float) -> str:
    return f"{value:+.2f}".replace("-", "−")


def _untimed(name: str, text: str) -> str:
    """Drop the time from a sentence that stands beside its time: "Ann, 0:01 to 0:03: …"."""
    head, colon, rest = text.partition(": ")
    known = colon and head.startswith(f"{name}, ") and " to " in head
    return f"{name}: {rest}" if known else text


def _contested(timeline: Timeline) -> list[dict[str, Any]]:
    moments = moments_contested(timeline).sort_values("spread", ascending=False)
    return [
        {
            **place,
            "score": float(row["spread"]),
            "text": f"{name_of(timeline, str(row['person']))}: people would say {row['labels']}",
            "labels": str(row["labels"]),
        }
        for place, row in _placed(timeline, moments)
    ]


def _placed(
    timeline: Timeline, moments: pd.DataFrame
) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    axis = axis_of(timeline)
    out = []
    for row in moments.head(_MOST_MOMENTS).to_dict("records"):
        start, end = float(row["start_s"]), float(row["end_s"])
        place = {
            "start": start,
            "end": end,
            "person": str(row["person"]),
            "name": name_of(timeline, str(row["person"])),
            "when": axis.stretch(start, end),
        }
        out.append((place, {str(key): value for key, value in row.items()}))
    return out


def _percent_boxes(boxes: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    if boxes is None:
        return []
    columns = zip(boxes["i"], boxes["x"], boxes["y"], boxes["w"], boxes["h"], strict=True)
    return [
        {"name": boxes["people"][i], "x": x / 10, "y": y / 10, "w": w / 10, "h": h / 10}
        for i, x, y, w, h in columns
    ]


@cache
def _templates() -> jinja2.Environment:
    import jinja2

    return jinja2.Environment(
        loader=jinja2.PackageLoader("affectkit.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def _asset(name: str) -> str:
    return (files("affectkit.report") / "templates" / name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return "sha256-" + base64.b64encode(digest).decode("ascii")
