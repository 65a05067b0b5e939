"""The arc of a long text as a page draws it: lines, bands and marks as vector paths."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affectkit.affect import Timeline

WIDTH, HEIGHT, MARGIN = 1000, 260, 14
_MIDDLE = 1.2816
"""Standard deviations that hold the middle 80 % of a normal distribution."""


def drawn_arc(timeline: Timeline) -> dict[str, Any] | None:
    """Return the paths of the arc and its marks, or None if the timeline has no arc.

    Keys ``width, height``; ``courses`` (name, ``line`` and ``band`` as SVG paths), ``keys``
    (number, ``x, y`` of the mark, ``sentence`` from 1, ``at``, ``words``, ``why``),
    ``sentences`` and ``window`` (in sentences), ``zero`` (height of the middle line).
    """
    course = timeline.tables.get("arc")
    if course is None or len(course) < 2:
        return None
    at = course["at"].to_numpy(float)
    length = max(float(timeline.duration_s), float(at.max()) + 1.0)
    x = (at + 0.5) / length * WIDTH
    found: list[tuple[str, str]] = [("valence", "v"), ("arousal", "a")]
    highest = 0.3
    for name, _ in found:
        mean, sd = course[name].to_numpy(float), course[f"{name}_sd"].to_numpy(float)
        highest = max(highest, float(np.max(np.abs(mean) + _MIDDLE * sd)))
    # The axis shows what there is to see, and says how far it goes.
    scale = min(1.0, np.ceil(highest * 10) / 10)
    courses = []
    for name, letter in found:
        mean, sd = course[name].to_numpy(float), course[f"{name}_sd"].to_numpy(float)
        low, high = _y(mean - _MIDDLE * sd, scale), _y(mean + _MIDDLE * sd, scale)
        band = _path(x, high) + "L" + _points(x[::-1], low[::-1]) + "Z"
        courses.append({"letter": letter, "line": _path(x, _y(mean, scale)), "band": band})
    return {
        "width": WIDTH,
        "height": HEIGHT,
        "zero": HEIGHT / 2,
        "scale": f"{scale:.1f}",
        "courses": courses,
        "keys": _keys(timeline, x, _y(course["valence"].to_numpy(float), scale), length),
        "sentences": round(length),
        "window": float(course["window"].iloc[0]),
    }


def arc_summary(timeline: Timeline) -> list[str]:
    """Return where the course of a long text stands out, in one plain line; none without a course.

    Examples
    --------
    >>> from affectkit.affect import LabelSet
    >>> arc_summary(Timeline.empty(LabelSet.load("ekman7")))
    []
    """
    keys = timeline.tables.get("key_sentences")
    if keys is None or not len(keys):
        return []
    said = [
        f"{why} at sentence {int(at) + 1}"
        for why, at in zip(keys["why"], keys["sentence"], strict=True)
    ]
    return [f"The arc, from the start: {', '.join(said)}."]


def _keys(
    timeline: Timeline, x: NDArray[np.float64], y: NDArray[np.float64], length: float
) -> list[dict[str, Any]]:
    keys = timeline.tables.get("key_sentences")
    if keys is None or not len(keys) or timeline.transcript is None:
        return []
    words = _words(timeline)
    out = []
    for i, row in enumerate(keys.to_dict("records"), start=1):
        at = int(row["sentence"])
        across = (at + 0.5) / length * WIDTH
        out.append(
            {
                "number": i,
                "x": round(across, 1),
                "y": round(float(np.interp(across, x, y)), 1),
                "sentence": at + 1,
                "at": float(at),
                "words": words.get(at, ""),
                "why": str(row["why"]),
            }
        )
    return out


def _words(timeline: Timeline) -> dict[int, str]:
    """Return the words of each sentence, by its index."""
    from affectkit.perceive.sentences import sentences

    said = (s.text for u in timeline.transcript or () for s in sentences(u.text))
    return dict(enumerate(said))


def _y(values: NDArray[np.float64], scale: float) -> NDArray[np.float64]:
    half = HEIGHT / 2 - MARGIN
    return np.asarray(HEIGHT / 2 - np.clip(values / scale, -1, 1) * half)


def _path(x: NDArray[np.float64], y: NDArray[np.float64]) -> str:
    return "M" + _points(x, y)


def _points(x: Sequence[float] | NDArray[np.float64], y: NDArray[np.float64]) -> str:
    return "L".join(f"{a:.1f} {b:.1f}" for a, b in zip(x, y, strict=True))
