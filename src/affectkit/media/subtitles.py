"""WebVTT and SubRip subtitles, in and out."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Sequence

from affectkit.media.text_encoding import clean
from affectkit.media.tiers import Segment, Tier, merged

_TIME = r"(?:(\d{1,9}):)?(\d{1,9}):(\d{1,9})(?:[.,](\d{1,9}))?"
_TIMING = re.compile(rf"^\s*{_TIME}\s*-->\s*{_TIME}(?:\s.*)?$")
_VOICE = re.compile(r"<v(?:\.[^\s>]*)?(?:[ \t\n]([^>]*))?>", re.I)
_TAG = re.compile(r"</?(?:[ibuscv]|ruby|rt|lang|font|\d[\d:.]*)(?:[.\s][^<>]*)?>", re.I)
_STYLE = re.compile(r"\{\\[^{}\n]*\}")
_PREFIX = re.compile(r"^(?:>>+\s*)?([^\W\d_][^:\n<>\[\]]{0,39}):[ \t]*(?=\S)")
_MARKER = re.compile(r"^\s*(?:>>+\s*|[-–—]\s+)")


def read_vtt(text: str) -> tuple[list[Tier], tuple[str, ...]]:
    r"""Return a tier a voice from WebVTT, and what could not be read.

    Text outside any ``<v Name>`` goes to the tier with the empty name. Tags are removed and
    character references resolved. Source: W3C WebVTT, section 6.

    Examples
    --------
    >>> tiers, _ = read_vtt("WEBVTT\n\n00:01.000 --> 00:02.000\n<v Ann>Hi &amp; bye")
    >>> tiers[0].name, tiers[0].segments[0].text
    ('Ann', 'Hi & bye')
    """
    found: list[tuple[str, Segment]] = []
    cues, notes = _cues(text)
    for start_s, end_s, payload in cues:
        for voice, words in _voices(payload):
            found.append((voice, Segment(start_s, end_s, words)))
    return merged((name, Tier(name, [segment])) for name, segment in found), notes


def write_vtt(tiers: Sequence[Tier]) -> str:
    """Return WebVTT with one cue a segment, its tier as the voice; `read_vtt` reverses it.

    Examples
    --------
    >>> print(write_vtt([Tier("Ann", [Segment(1, 2, "1 < 2")])]))
    WEBVTT
    <BLANKLINE>
    00:00:01.000 --> 00:00:02.000
    <v Ann>1 &lt; 2
    <BLANKLINE>
    """
    lines = ["WEBVTT", ""]
    for name, segment in _in_order(tiers):
        lines.append(f"{_clock(segment.start_s, '.')} --> {_clock(segment.end_s, '.')}")
        voice = f"<v {_referenced(name)}>" if name else ""
        lines += [f"{voice}{_referenced(segment.text)}", ""]
    return "\n".join(lines)


def read_srt(text: str) -> tuple[list[Tier], tuple[str, ...]]:
    r"""Return a tier a speaker from SubRip, and what could not be read.

    A speaker is what stands before a colon (``ANN: Hello``), if most cues begin so, or that
    name comes more than once, or it is in capitals.

    Examples
    --------
    >>> tiers, _ = read_srt("1\n00:00:01,000 --> 00:00:02,000\nANN: <i>Hello</i>\n")
    >>> tiers[0].name, tiers[0].segments[0].text
    ('ANN', 'Hello')
    """
    cues, notes = _cues(text)
    pieces: list[tuple[float, float, str]] = []
    for start_s, end_s, payload in cues:
        plain = html.unescape(_TAG.sub("", _STYLE.sub("", payload)))
        pieces += [(start_s, end_s, turn) for turn in _turns(plain)]
    return speakers_before_colon(pieces), notes


def write_srt(tiers: Sequence[Tier]) -> str:
    """Return SubRip with ``Name: text`` cues, in order of time.

    SubRip can hold no empty lines within a cue and no white space around it; both are
    dropped. Else `read_srt` reverses it.

    Examples
    --------
    >>> print(write_srt([Tier("Ann", [Segment(1, 2, "Hello")])]))
    1
    00:00:01,000 --> 00:00:02,000
    Ann: Hello
    <BLANKLINE>
    """
    blocks = []
    for number, (name, segment) in enumerate(_in_order(tiers), start=1):
        kept = "\n".join(line.strip() for line in segment.text.split("\n") if line.strip())
        words = _guarded(clean(kept))
        speaker = _guarded(clean(" ".join(name.split())))
        timing = f"{_clock(segment.start_s, ',')} --> {_clock(segment.end_s, ',')}"
        blocks.append(f"{number}\n{timing}\n{speaker}{': ' if speaker else ''}{words}\n")
    return "\n".join(blocks)


def speakers_before_colon(pieces: Sequence[tuple[float, float, str]]) -> list[Tier]:
    """Return a tier a speaker from ``(start_s, end_s, text)``, names split off at the colon."""
    names = believed_names([words for _, _, words in pieces])
    split = []
    for start_s, end_s, words in pieces:
        name, said = split_name(words, names)
        split.append((name, Tier(name, [Segment(start_s, end_s, said)])))
    return merged(split)


def believed_names(texts: Sequence[str]) -> frozenset[str]:
    """Return what stands before a colon and is a speaker rather than part of a sentence.

    Examples
    --------
    >>> sorted(believed_names(["Ann: Hello", "Ben: Hi", "Remember: be kind", "Fine", "No"]))
    []
    >>> sorted(believed_names(["Ann: Hello", "Ben: Hi", "How are you?"]))
    ['Ann', 'Ben']
    """
    found = [match.group(1).strip() for text in texts if (match := _PREFIX.match(text))]
    found = [name for name in found if len(name.split()) <= 4]
    counts = Counter(found)
    if len(found) > 0.6 * len(texts):
        return frozenset(counts)
    return frozenset(n for n, k in counts.items() if (k > 2 and n[0].isupper()) or n.isupper())


def split_name(text: str, names: frozenset[str]) -> tuple[str, str]:
    """Return the speaker, or an empty string, and the words."""
    match = _PREFIX.match(text)
    if match and match.group(1).strip() in names:
        return match.group(1).strip(), text[match.end() :]
    return "", text


def _cues(text: str) -> tuple[list[tuple[float, float, str]], tuple[str, ...]]:
    """Return (start_s, end_s, payload); a cue begins at its timing line, whatever precedes."""
    cues: list[tuple[float, float, str]] = []
    backward = 0
    lines = text.split("\n")
    i = 0
    while i < len(lines):
        match = _TIMING.match(lines[i]) if "-->" in lines[i] else None
        i += 1
        if match is None:
            continue
        payload = []
        while i < len(lines) and lines[i].strip(" \t") and not _is_next_cue(lines, i):
            payload.append(lines[i])
            i += 1
        start_s, end_s = _seconds(match.groups()[:4]), _seconds(match.groups()[4:])
        if not start_s <= end_s < 1e9:
            backward += 1
            continue
        cues.append((start_s, end_s, "\n".join(payload)))
    if not backward:
        return cues, ()
    return cues, (
        f"{backward} subtitle{'s' if backward > 1 else ''} with impossible times left out",
    )


def _is_next_cue(lines: list[str], i: int) -> bool:
    """Tell a cue that begins without the empty line before it."""
    if "-->" in lines[i] and _TIMING.match(lines[i]):
        return True
    return (
        lines[i].strip().isdigit()
        and i + 1 < len(lines)
        and "-->" in lines[i + 1]
        and _TIMING.match(lines[i + 1]) is not None
    )


def _voices(payload: str) -> list[tuple[str, str]]:
    """Split the payload of a cue at its voice tags."""
    spans: list[tuple[str, str]] = []
    name, at = "", 0
    for match in _VOICE.finditer(payload):
        if payload[at : match.start()].strip() or (spans and name):
            spans.append((name, payload[at : match.start()]))
        name, at = html.unescape(match.group(1) or "").strip(" \t"), match.end()
    spans.append((name, payload[at:]))
    plain = [(who, html.unescape(_TAG.sub("", words))) for who, words in spans]
    if len(plain) == 1:
        return plain
    return [(who, words.strip()) for who, words in plain if words.strip()] or plain[:1]


def _turns(payload: str) -> list[str]:
    """Split a cue in which two people speak: each line begins with a dash."""
    lines = payload.split("\n")
    if len(lines) > 1 and all(_MARKER.match(line) for line in lines):
        return [_MARKER.sub("", line) for line in lines]
    return [_MARKER.sub("", payload)] if _MARKER.match(payload) else [payload]


def _in_order(tiers: Sequence[Tier]) -> list[tuple[str, Segment]]:
    pairs = [(tier.name, segment) for tier in tiers for segment in tier.segments]
    return sorted(pairs, key=lambda pair: (pair[1].start_s, pair[1].end_s))


def _referenced(text: str) -> str:
    """Escape, with references for the line ends and white space that a cue cannot hold."""
    escaped = html.escape(clean(text), quote=False)
    escaped = re.sub(r"\n(?=[ \t]*(?:\n|$))|^\n", "&#10;", escaped)
    return re.sub(r"^[ \t]+|[ \t]+$", lambda m: "".join(f"&#{ord(c)};" for c in m[0]), escaped)


def _guarded(text: str) -> str:
    """Escape only what `read_srt` would take for a tag, style or reference.

    Some players show references as they stand, so a plain "you & me" stays as it is.
    """
    text = re.sub(r"&(?=[#A-Za-z])", "&amp;", text).replace("-->", "--&gt;")
    return re.sub(r"<(?=[/A-Za-z0-9])", "&lt;", text).replace("{\\", "&#123;\\")


def _seconds(parts: Sequence[str | None]) -> float:
    hours, minutes, seconds, fraction = parts
    whole = int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(seconds or 0)
    return (whole * 1000 + int((fraction or "0").ljust(3, "0")[:3])) / 1000


def _clock(seconds: float, point: str) -> str:
    milliseconds = round(seconds * 1000)
    hours, rest = divmod(milliseconds, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    return f"{hours:02d}:{minutes:02d}:{rest // 1000:02d}{point}{rest % 1000:03d}"
