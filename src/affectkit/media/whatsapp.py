"""Chats as WhatsApp exports them, in the date formats of its many languages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from itertools import pairwise

from affectkit.affect import Conversation, Utterance

_LINE = re.compile(
    r"""^[\u200e\u200f\u202a-\u202e\ufeff]*\[?
    (?P<a>\d{1,4})[./\-](?P<b>\d{1,2})[./\-](?P<c>\d{1,4})\.?
    (?:,|\s|\ um\ |\ at\ |\ à\ |\ a\ las\ )\s*(?:um\s|at\s|à\s)?
    (?P<hour>\d{1,2})[:.h](?P<minute>\d{2})(?:[:.](?P<second>\d{2}))?
    \s?(?P<half>[AaPp]\.?\s?[Mm]\.?|上午|下午)?
    (?:\]\s?|\s?[-–]\s)
    (?P<rest>.*)$""",
    re.X,
)
_WHO = re.compile(r"^[\u200e\u200f]*(?P<who>[^:\n]{1,80}?):(?:\s|$)(?P<text>.*)$", re.S)
_INVISIBLE = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_OMITTED = re.compile(
    r"""^(?:<[^<>]{3,60}>|<(?:attached|anhang|adjunto|pièce\ jointe):\s[^<>]+>
    |(?:image|video|audio|sticker|gif|document|contact\ card|video\ note)\ omitted
    |(?:Bild|Video|Audio|Sticker|GIF|Dokument|Kontaktkarte)\ weggelassen
    |(?:imagen|vídeo|video|audio|sticker|GIF|documento)\ omitid[oa]
    |(?:image|vidéo|audio|sticker|GIF|document)\ absente?
    |.{1,120}\ \((?:file\ attached|Datei\ angehängt|archivo\ adjunto|fichier\ joint)\).*)$""",
    re.X | re.I | re.S,
)
_DELETED = re.compile(
    r"^(?:(?:This message was deleted|You deleted this message|Diese Nachricht wurde gelöscht|"
    r"Du hast diese Nachricht gelöscht|Se eliminó este mensaje|Eliminaste este mensaje|"
    r"Ce message a été supprimé|null)\.?)$",
    re.I,
)
_EDITED = re.compile(r"\s*<(?:This message was edited|Diese Nachricht wurde bearbeitet\.?)>\s*$")


def looks_like_whatsapp(head: str) -> bool:
    """Return whether a text begins as a WhatsApp export does.

    Examples
    --------
    >>> looks_like_whatsapp("31/12/2023, 23:59 - Ann: Happy new year!")
    True
    """
    lines = [line for line in head[:8192].split("\n") if line.strip()][:10]
    return sum(_LINE.match(line) is not None for line in lines) >= max(1, len(lines) // 4) and (
        bool(lines) and any(_LINE.match(line) for line in lines[:3])
    )


def read_whatsapp(text: str) -> tuple[Conversation, tuple[str, ...]]:
    r"""Return the messages of a WhatsApp export, and what was left out.

    Messages may have several lines. The order of day and month is told from the dates
    themselves: the order under which all are possible and time does not run backward. The
    time of a message is in ``meta["time"]`` (ISO 8601, local to the phone).

    Examples
    --------
    >>> talk, _ = read_whatsapp("31/12/2023, 23:59 - Ann: Happy\nnew year!")
    >>> talk.utterances[0].text, talk.utterances[0].meta["time"]
    ('Happy\nnew year!', '2023-12-31T23:59:00')
    """
    messages: list[tuple[re.Match[str], list[str]]] = []
    for line in text.split("\n"):
        match = _LINE.match(line)
        if match:
            messages.append((match, [match["rest"]]))
        elif messages:
            messages[-1][1].append(line)
    order = _date_order([match for match, _ in messages])
    utterances: list[Utterance] = []
    media = system = 0
    for match, lines in messages:
        said = _WHO.match("\n".join(lines).rstrip())
        if said is None:
            system += 1
            continue
        words = _EDITED.sub("", _INVISIBLE.sub("", said["text"])).strip()
        if _OMITTED.match(words):
            media += 1
            continue
        if not words or _DELETED.match(words):
            system += 1
            continue
        time = _time(match, order)
        utterances.append(
            Utterance(
                str(len(utterances) + 1),
                _INVISIBLE.sub("", said["who"]).strip(" ~\u202f\xa0"),
                words,
                meta={"time": time.isoformat()} if time else {},
            )
        )
    notes = []
    if media:
        notes.append(
            f"{media} photo, sound or video message{'s' if media > 1 else ''} not in the export"
        )
    if system:
        notes.append(f"{system} system or deleted message{'s' if system > 1 else ''} left out")
    return Conversation(utterances, "whatsapp"), tuple(notes)


def _date_order(matches: Sequence[re.Match[str]]) -> str:
    """Return "dmy", "mdy" or "ymd", the first under which the dates make sense."""
    if any(len(m["a"]) == 4 for m in matches):
        return "ymd"
    # Phones set to month before day tell time in halves of the day; others seldom do.
    american = any(m["half"] for m in matches)
    orders = ("mdy", "dmy", "ymd") if american else ("dmy", "mdy", "ymd")

    def cost(order: str) -> tuple[int, int]:
        times = [_time(m, order) for m in matches]
        known = [t for t in times if t is not None]
        backward = sum(b < a for a, b in pairwise(known))
        return len(times) - len(known), backward

    return min(orders, key=cost)


def _time(match: re.Match[str], order: str) -> datetime | None:
    parts = dict(zip(order, (int(match["a"]), int(match["b"]), int(match["c"])), strict=True))
    year = parts["y"] + 2000 if parts["y"] < 100 else parts["y"]
    hour = int(match["hour"])
    half = (match["half"] or "").lower()
    if half and hour <= 12:
        afternoon = half.startswith("p") or half == "下午"
        hour = hour % 12 + (12 if afternoon else 0)
    with suppress(ValueError):
        return datetime(
            year, parts["m"], parts["d"], hour, int(match["minute"]), int(match["second"] or 0)
        )
    return None
