"""Praat TextGrid files, in and out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from affectkit.errors import MediaError
from affectkit.media.text_encoding import clean
from affectkit.media.tiers import Segment, Tier, merged, without_overlap

# Praat reads free-standing numbers, quoted strings and flags, and skips everything else;
# that makes the long and the short layout one.
_TOKEN = re.compile(
    r'"([^"]*(?:""[^"]*)*)"|(?<!\S)([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(?!\S)|<(exists|absent)>'
)
_POINTS = " #points"


def read_textgrid(text: str, name: str = "the file") -> tuple[list[Tier], tuple[str, ...]]:
    """Return the tiers of a TextGrid, and what could not be read.

    Empty intervals are gaps and left out; points have no length. Tiers that
    `write_textgrid` had to split are joined.

    Raises
    ------
    MediaError
        If it is no TextGrid.
    """
    tokens = _tokens(text)
    tiers: list[Tier] = []
    notes: tuple[str, ...] = ()
    try:
        if not any("TextGrid" in str(next(tokens)) for _ in range(4)):
            raise MediaError(f"{name} is a Praat file, but not a TextGrid")
        _number(tokens), _number(tokens)
        n_tiers = int(_number(tokens)) if next(tokens) != ("flag", "absent") else 0
        for _ in range(n_tiers):
            kind, title = _string(tokens), _string(tokens)
            _number(tokens), _number(tokens)
            segments: list[Segment] = []
            tiers.append(Tier(title, segments))
            try:
                for _ in range(int(_number(tokens))):
                    start_s = _number(tokens)
                    end_s = start_s if kind == "TextTier" else _number(tokens)
                    words = _string(tokens)
                    if not 0 <= start_s <= end_s < 1e9:
                        notes = ("annotations with impossible times left out",)
                    elif words or kind == "TextTier":
                        segments.append(Segment(start_s, end_s, words))
            finally:
                tiers[-1] = Tier(title, segments)
    except (StopIteration, ValueError, OverflowError):
        if not tiers:
            raise MediaError(
                f"{name} is not a TextGrid that can be read", remedy="save it again with Praat"
            ) from None
        notes = (*notes, "the TextGrid is cut off or damaged; what precedes the damage was read")
    return merged((_first_name(t.name, tiers), t) for t in tiers), notes


def write_textgrid(tiers: Sequence[Tier]) -> str:
    """Return a TextGrid in Praat's long layout; `read_textgrid` reverses it.

    Segments that overlap go to further tiers (``name #2`` …) and those without length to a
    point tier (``name #points``). Praat knows no segment with an empty text.

    Examples
    --------
    >>> text = write_textgrid([Tier("Ann", [Segment(0.5, 1.5, 'say "hi"')])])
    >>> read_textgrid(text)[0] == [Tier("Ann", [Segment(0.5, 1.5, 'say "hi"')])]
    True
    """
    layers: list[tuple[str, str, Sequence[Segment]]] = []
    for tier in tiers:
        points = [s for s in tier.segments if s.start_s == s.end_s]
        spans = Tier(tier.name, [s for s in tier.segments if s.start_s < s.end_s])
        layers += [("IntervalTier", t.name, t.segments) for t in without_overlap(spans)]
        if points:
            layers.append(("TextTier", tier.name + _POINTS, points))
    ends = [s.end_s for tier in tiers for s in tier.segments]
    end_s = max(ends, default=0.0) or 1.0
    lines = [
        'File type = "ooTextFile"',
        'Object class = "TextGrid"',
        "",
        "xmin = 0",
        f"xmax = {_plain(end_s)}",
        "tiers? <exists>",
        f"size = {len(layers)}",
        "item []:",
    ]
    for number, (kind, title, segments) in enumerate(layers, start=1):
        lines += [
            f"    item [{number}]:",
            f'        class = "{kind}"',
            f"        name = {_quoted(title)}",
            "        xmin = 0",
            f"        xmax = {_plain(end_s)}",
        ]
        if kind == "TextTier":
            lines.append(f"        points: size = {len(segments)}")
            for i, s in enumerate(segments, start=1):
                lines += [
                    f"        points [{i}]:",
                    f"            number = {_plain(s.start_s)}",
                    f"            mark = {_quoted(s.text)}",
                ]
            continue
        filled = list(_with_gaps(segments, end_s))
        lines.append(f"        intervals: size = {len(filled)}")
        for i, s in enumerate(filled, start=1):
            lines += [
                f"        intervals [{i}]:",
                f"            xmin = {_plain(s.start_s)}",
                f"            xmax = {_plain(s.end_s)}",
                f"            text = {_quoted(s.text)}",
            ]
    return "\n".join(lines) + "\n"


def _with_gaps(segments: Sequence[Segment], end_s: float) -> Iterator[Segment]:
    at = 0.0
    for segment in segments:
        if segment.start_s > at:
            yield Segment(at, segment.start_s)
        yield segment
        at = segment.end_s
    if at < end_s:
        yield Segment(at, end_s)


def _first_name(name: str, tiers: Sequence[Tier]) -> str:
    match = re.fullmatch(r"(.*?)(?: #\d+|" + re.escape(_POINTS) + ")", name, re.S)
    if match and any(t.name == match.group(1) for t in tiers):
        return match.group(1)
    return name


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    for match in _TOKEN.finditer(text):
        if match.group(1) is not None:
            yield "string", match.group(1).replace('""', '"')
        elif match.group(2) is not None:
            yield "number", match.group(2)
        else:
            yield "flag", match.group(3)


def _number(tokens: Iterator[tuple[str, str]]) -> float:
    kind, value = next(tokens)
    if kind != "number":
        raise ValueError(f"a number was expected, not {value!r}")
    return float(value)


def _string(tokens: Iterator[tuple[str, str]]) -> str:
    kind, value = next(tokens)
    if kind != "string":
        raise ValueError(f"a text was expected, not {value!r}")
    return value


def _quoted(text: str) -> str:
    return '"' + clean(text).replace('"', '""') + '"'


def _plain(seconds: float) -> str:
    """Write a number as Praat does, without an exponent."""
    text = repr(float(seconds))
    return f"{seconds:.17f}".rstrip("0") if "e" in text else text.removesuffix(".0")
