"""Cut text into sentences, by rules that know abbreviations, links, emoji and chat lines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

LONGEST = 600
"""Characters after which a stretch without any end of sentence is cut at a space."""

# Lower case, without the full stop. Titles and the like never end a sentence; the second
# group may, so it does when a capital follows.
_NEVER_LAST = frozenset(
    "mr mrs ms dr prof sr jr st mt gen col lt sgt capt cmdr adm rev hon gov sen rep pres supt "
    "messrs mme mlle herr fr bzw ca vs cf e.g i.e viz approx fig figs eq eqs no nos nr vol pp "
    "ed eds dept univ z.b d.h u.a".split()
)
_SOMETIMES_LAST = frozenset(
    "etc inc ltd co corp a.m p.m u.s u.k u.n e.u ph.d b.a m.a jan feb mar apr jun jul aug sep "
    "sept oct nov dec mon tue tues wed thu thur thurs fri sat sun al ft hr hrs min sec".split()
)

_EMOJI = r"[\U0001F000-\U0001FAFF\u2600-\u27BF\uFE0F\u200D\u20E3]+"
_EMOTICON = r"(?<!\S)(?:[:;=8xX][-'^o]?[)(\]\[DPpOo/\\|*3]+|<3+|\^_*\^|[xX]D+)(?!\w)"

# Where a sentence may end: a line, an ideographic mark, marks with what closes around them, or
# an emoji or emoticon with a capital after it.
_CANDIDATE = re.compile(
    # Looked at first, since most characters end nothing.
    r"(?=[\n.!?…‽。！？｡:;=8xX<^\U0001F000-\U0001FAFF\u2600-\u27BF\uFE0F\u200D\u20E3])(?:"
    r"(?P<line>\n\s*)"
    r"|(?P<wide>[。！？｡]+[」』”’）)]*)"
    r"|(?P<mark>[.!?…‽]+[\"'”’»)\]}*_]*)(?=\s|$|[\U0001F000-\U0001FAFF\u2600-\u27BF])"
    rf"|(?:{_EMOJI}|{_EMOTICON})(?=\s+[A-ZÀ-Þ]))"
)
# Emoji and emoticons that follow the mark belong to the sentence they colour.
_TAIL = re.compile(rf"(?:\s*(?:{_EMOJI}|{_EMOTICON}))+")
_LAST_TOKEN = re.compile(r"\S+$")
_INITIAL = re.compile(r"^(?:[A-Za-z]|[A-Za-z](?:\.[A-Za-z])+)$")
_LIST_NUMBER = re.compile(r"^\s*(?:\d{1,3}|[A-Za-z]|[ivxIVX]{1,4})\.$")
_LETTER_OR_SIGN = re.compile(r"[^\s.,;:!?…\-–—_*~=#|/\\<>()\[\]{}\"'“”‘’«»]")


@dataclass(frozen=True)
class Sentence:
    """A sentence and where it stands.

    Parameters
    ----------
    text
        The sentence, without blanks around it.
    start, end
        Offsets into the whole text: ``whole[start:end] == text``.
    """

    text: str
    start: int
    end: int


def sentences(text: str) -> list[Sentence]:
    """Return the sentences of a text, in order.

    A line break ends a sentence when the line does, or when the next line starts like a new
    one; wrapped prose is read on. Blanks between sentences belong to none; stretches without a
    letter, digit or emoji join the sentence before them.

    Parameters
    ----------
    text
        Any text. Nothing of it is lost but white space.

    Examples
    --------
    >>> [s.text for s in sentences("Dr. Wu was late. Was she angry? No :) See www.a.org.")]
    ['Dr. Wu was late.', 'Was she angry?', 'No :)', 'See www.a.org.']
    """
    return list(_merged(text, _pieces(text)))


def _pieces(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    position = 0
    while position < len(text):
        found = _CANDIDATE.search(text, position)
        if found is None:
            break
        position = end = found.end()
        if found["line"] is not None:
            if not _line_ends(text, start, found.start(), found.end()):
                continue
            end = found.start()
        else:
            if found["mark"] is not None and not _mark_ends(text, start, found):
                continue
            tail = _TAIL.match(text, end)
            if tail is not None:
                position = end = tail.end()
        yield from _cut(text, start, end)
        start = position
    yield from _cut(text, start, len(text))


def _mark_ends(text: str, start: int, found: re.Match[str]) -> bool:
    """Whether this punctuation ends a sentence, by the words around it."""
    marks = found["mark"]
    rest = text[found.end() : found.end() + 40].lstrip(" \t\"'“‘«([{*_")
    if not rest or rest[0] == "\n":
        return True
    if "!" in marks or "?" in marks or "‽" in marks:
        # "Yahoo! was", "he asked 'Why?' and left": a small letter goes on after a quote.
        return not (rest[0].islower() and marks[-1] in "\"'”’»)]}")
    if marks.startswith(("..", "…")):
        return not rest[0].islower()
    before = text[max(start, found.start() - 40) : found.start()]
    last = _LAST_TOKEN.search(before)
    word = last.group().lower().lstrip("\"'“‘(«[{*_-—") if last else ""
    if word in _NEVER_LAST and not marks.strip("."):
        # "No." and "no." answer a question more often than they count something.
        return word == "no" and not rest[0].isdigit()
    if _LIST_NUMBER.match(text[start : found.start()] + "."):
        return False
    if _INITIAL.match(word):
        # "J. Smith" goes on; "so did I." ends, as does "the U.S. The".
        return word == "i" or (len(word) > 1 and rest[0].isupper() and _starts_anew(rest))
    if word in _SOMETIMES_LAST:
        return rest[0].isupper() and _starts_anew(rest)
    # Chat and speech recognition write small letters after a full stop: it still is one.
    return True


_STARTERS = frozenset(
    "the a an this that these those he she it we you they i there here when where what who how "
    "why but and so if in on at as for my our your his her its their not no yes after before "
    "then now one some all however".split()
)


def _starts_anew(rest: str) -> bool:
    first = re.match(r"[\w'’]+", rest)
    return first is not None and first.group().lower().split("'")[0] in _STARTERS


def _line_ends(text: str, start: int, before: int, after: int) -> bool:
    """Whether a line break ends a sentence, or only wraps a line."""
    if after >= len(text) or text.count("\n", before, after) > 1:
        return True
    line = text[text.rfind("\n", 0, before) + 1 : before].rstrip()
    # Prose is wrapped at 50 to 100 columns and goes on with a small letter.
    return not (len(line) >= 40 and text[after].islower())


def _cut(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Trim blanks, and cut what is too long for a sentence at spaces."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    while end - start > LONGEST:
        at = text.rfind(" ", start + LONGEST // 2, start + LONGEST)
        at = at if at > 0 else start + LONGEST
        yield from _cut(text, start, at)
        start = at
        while start < end and text[start].isspace():
            start += 1
    if start < end:
        yield start, end


def _merged(text: str, pieces: Iterator[tuple[int, int]]) -> Iterator[Sentence]:
    """Join what holds no letter, digit or emoji to the sentence before it."""
    held: tuple[int, int] | None = None
    for start, end in pieces:
        bare = _LETTER_OR_SIGN.search(text, start, end) is None
        if held is not None and bare and end - held[0] <= LONGEST:
            held = held[0], end
            continue
        if held is not None:
            yield Sentence(text[held[0] : held[1]], *held)
        held = start, end
    if held is not None:
        yield Sentence(text[held[0] : held[1]], *held)
