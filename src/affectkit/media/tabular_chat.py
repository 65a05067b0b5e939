"""Chats and transcripts as rows: CSV, JSON lines, JSON, under any usual column names."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from affectkit.affect import Conversation, Utterance
from affectkit.errors import MediaError
from affectkit.media.text_encoding import clean

COLUMNS: dict[str, tuple[str, ...]] = {
    "text": (
        "text", "message", "utterance", "content", "body", "messagetext", "transcript",
        "transcription", "sentence", "msg", "words", "line", "value", "post", "comment",
        "review", "reviewtext", "tweet",
    ),
    "speaker": (
        "speaker", "author", "name", "from", "sender", "user", "username", "who", "role",
        "participant", "speakerid", "speakername", "authorname", "sendername", "screenname",
        "nick", "person", "userid", "authorid",
    ),
    "start": ("start", "starts", "starttime", "startsec", "begin", "onset", "tstart", "starttimes"),
    "end": ("end", "ends", "endtime", "endsec", "stop", "offset", "tend", "endtimes"),
    "duration": ("duration", "durations", "dur", "length"),
    "time": (
        "time", "timestamp", "date", "datetime", "createdat", "created", "sentat", "ts",
        "createdutc", "senttime", "messagetime",
    ),
    "id": ("id", "utteranceid", "messageid", "msgid", "uid", "turnid"),
    "reply": ("replyto", "replytoid", "inreplyto", "parentid", "replytomessageid", "parent"),
    "conversation": (
        "conversationid", "dialogueid", "dialogid", "sceneid", "threadid", "chatid", "rootid",
    ),
}  # fmt: skip
"""Column names by what they hold, in lower case without signs, the surest first."""

_LISTS = ("messages", "utterances", "turns", "dialogue", "dialog", "conversation", "data", "chat")
_CLOCK = re.compile(r"^(?:(\d{1,3}):)?(\d{1,2}):(\d{1,2})(?:[.,:](\d{1,9}))?$")
_DEPTH_SHOWN = 3


def looks_like_table(head: str, suffix: str = "") -> bool:
    r"""Return whether a text is a table whose header names a column of words.

    Examples
    --------
    >>> looks_like_table("speaker,text\nAnn,Hello")
    True
    >>> looks_like_table("Dear Ann, hello")
    False
    """
    if suffix in ("csv", "tsv"):
        return True
    first = head.lstrip("\n").split("\n", 1)[0]
    if len(first) > 5000:
        return False
    cells = next(csv.reader([first], delimiter=delimiter_of(first)), [])
    roles = roles_of(cells)
    return len(cells) > 1 and "text" in roles and len(roles) > 1


def read_table(text: str, name: str = "the file") -> tuple[Conversation, tuple[str, ...]]:
    """Return the utterances of a CSV or TSV file, and what could not be read.

    Raises
    ------
    MediaError
        If no column holds words; says which columns there are.
    """
    # A cell may be as long as the file, which is bounded already.
    csv.field_size_limit(max(csv.field_size_limit(), min(len(text) + 1, 2**31 - 1)))
    lines = text.lstrip("\n")
    delimiter = delimiter_of(lines.split("\n", 1)[0])
    rows = csv.reader(io.StringIO(lines, newline=""), delimiter=delimiter)
    records: list[dict[str, Any]] = []
    header: list[str] = []
    notes: list[str] = []
    short = 0
    failed: list[dict[str, Any]] = []
    number = 0
    try:
        for row in rows:
            if not any(cell.strip() for cell in row):
                continue
            if not header:
                header = [cell.strip() for cell in row]
                continue
            number += 1
            short += len(row) != len(header)
            if len(row) > len(header) and any(cell.strip() for cell in row[len(header) :]):
                why = f"it has {len(row)} cells where the header has {len(header)}"
                failed.append({"row": number, "line": rows.line_num, "problem": why})
            records.append(dict(zip(header, row, strict=False)))
    except csv.Error as error:
        notes.append(f"reading stopped at row {rows.line_num}: {error}")
    if short:
        notes.append(f"{short} row{'s do' if short > 1 else ' does'} not have {len(header)} cells")
    if "text" not in roles_of(header):
        raise MediaError(
            f"{name} has no column that holds words; it has {', '.join(header)[:200] or 'none'}",
            remedy="name one column text (and one speaker, one start or time)",
        )
    talk, more = from_records(records, name)
    return _with_failed(talk, failed), (*notes, *more)


def read_json_lines(text: str, name: str = "the file") -> tuple[Conversation, tuple[str, ...]]:
    """Return the utterances of JSON lines, and what could not be read.

    Raises
    ------
    MediaError
        If no line is an object with words.
    """
    records: list[Mapping[str, Any]] = []
    broken: list[int] = []
    failed: list[dict[str, Any]] = []
    row = 0
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        row += 1
        found: list[Mapping[str, Any]] = []
        why = "it is no message with words"
        try:
            found = _records_in(json.loads(line))
        except (ValueError, RecursionError) as error:
            why = f"it is not valid JSON ({str(error)[:80] or 'it nests too deep'})"
        records += found
        if not found:
            broken.append(number)
            failed.append({"row": row, "line": number, "problem": why})
    if not records:
        raise MediaError(
            f"no line of {name} is a JSON object", remedy='write {"speaker": …, "text": …} a line'
        )
    notes = []
    if broken:
        shown = ", ".join(map(str, broken[:_DEPTH_SHOWN])) + (" …" if len(broken) > 3 else "")
        notes.append(f"{len(broken)} line{'s' * (len(broken) > 1)} could not be read ({shown})")
    talk, more = from_records(records, name)
    return _with_failed(talk, failed), (*notes, *more)


def _with_failed(talk: Conversation, failed: list[dict[str, Any]]) -> Conversation:
    """Say in ``meta["failed_rows"]`` which rows could not be read: row, line and problem."""
    return replace(talk, meta={**talk.meta, "failed_rows": failed}) if failed else talk


def read_json(text: str, name: str = "the file") -> tuple[Conversation, tuple[str, ...]]:
    """Return the utterances of one JSON value: a list of messages, or an object that holds one.

    Reads Telegram's export and the message lists of chat assistants, among others.

    Raises
    ------
    MediaError
        If it is not valid JSON, nests too deep, or holds no messages.
    """
    try:
        value = json.loads(text)
    except RecursionError:
        raise MediaError(f"{name} nests too deep to be a chat") from None
    except ValueError as error:
        # A list that was cut off, or lines with another layout: take what stands alone.
        with suppress(MediaError):
            talk, notes = read_json_lines(_one_object_a_line(text), name)
            return talk, ("the JSON is cut off or damaged; what could be read was", *notes)
        raise MediaError(f"{name} is not valid JSON ({str(error)[:120]})") from None
    records = _records_in(value)
    if not records:
        raise MediaError(
            f"{name} is JSON, but holds no list of messages",
            remedy='give a list of {"speaker": …, "text": …}',
        )
    return from_records(records, name)


def from_records(
    records: Sequence[Mapping[str, Any]], name: str = "the file"
) -> tuple[Conversation, tuple[str, ...]]:
    """Return a conversation from rows with flexible column names, and what was left out.

    Columns that are not known are kept in ``meta`` under their own names. Times that count
    from the start of a recording (numbers, ``00:01:02,5``) become `start_s` and `end_s`;
    dates go to ``meta["time"]`` in ISO 8601.

    Examples
    --------
    >>> talk, _ = from_records([{"from": "Ann", "message": "Hello", "start": "00:01:02,500"}])
    >>> talk.utterances[0].speaker, talk.utterances[0].start_s
    ('Ann', 62.5)
    """
    keys = dict.fromkeys(key for record in records for key in record if isinstance(key, str))
    roles = roles_of(list(keys))
    if "text" not in roles:
        raise MediaError(
            f"{name} has no field that holds words; it has {', '.join(keys)[:200] or 'none'}",
            remedy="name the field text",
        )
    utterances: list[Utterance] = []
    seen: set[str] = set()
    empty = 0
    for record in records:
        words = clean(_flat(record.get(roles["text"]))).replace("\r\n", "\n").strip()
        if not words:
            empty += 1
            continue
        start_s, end_s, date = _times(record, roles)
        identity = _flat(record.get(roles.get("id", ""))).strip()
        if not identity or identity in seen:
            identity = str(len(utterances) + 1)
            while identity in seen:
                identity += "'"
        seen.add(identity)
        used = {roles[r] for r in roles if r not in ("time", "duration")}
        meta = {
            clean(k): _plain(v) for k, v in record.items() if isinstance(k, str) and k not in used
        }
        if "conversation" in roles:
            meta["conversation"] = _flat(record.get(roles["conversation"]))
        if date:
            meta["time"] = date
        reply = _flat(record.get(roles.get("reply", ""))).strip() or None
        speaker = clean(_flat(record.get(roles.get("speaker", "")))).strip()
        utterances.append(Utterance(identity, speaker, words, start_s, end_s, reply, meta))
    notes = []
    if empty:
        notes.append(f"{empty} message{'s' * (empty > 1)} without words left out")
    several = (
        {str(u.meta.get("conversation")) for u in utterances} if "conversation" in roles else ()
    )
    if len(several) > 1:
        notes.append(
            f"the file holds {len(several)} conversations; they are read one after another"
        )
        utterances = [_untimed(u) for u in utterances]
    return Conversation(utterances), tuple(notes)


def roles_of(keys: Iterable[str]) -> dict[str, str]:
    """Return the key that holds each role of `COLUMNS`.

    Examples
    --------
    >>> roles_of(["User Name", "message"])
    {'text': 'message', 'speaker': 'User Name'}
    """
    by_plain: dict[str, str] = {}
    for key in keys:
        by_plain.setdefault(re.sub(r"[^a-z0-9]", "", key.lower()), key)
    roles: dict[str, str] = {}
    for role, names in COLUMNS.items():
        found = next((by_plain[n] for n in names if n in by_plain), None)
        if found is not None and found not in roles.values():
            roles[role] = found
    return roles


def _records_in(value: Any, depth: int = 0) -> list[Mapping[str, Any]]:
    """Return the message objects in a JSON value, looking a few levels down."""
    if isinstance(value, list):
        if depth < 4 and value and all(isinstance(v, (list, dict)) for v in value):
            return [r for v in value for r in _records_in(v, depth + 1)]
        return []
    if not isinstance(value, dict):
        return []
    if "text" in roles_of([k for k in value if not isinstance(value[k], dict)]) and not any(
        isinstance(value.get(k), list) and value[k] and isinstance(value[k][0], dict)
        for k in ("messages", "utterances", "turns")
    ):
        return [_message(value)]
    for key in _LISTS:
        if isinstance(value.get(key), (list, dict)) and depth < 4:
            found = _records_in(value[key], depth + 1)
            if found:
                return found
    return []


def _message(record: dict[str, Any]) -> dict[str, Any]:
    """Leave out of a message what is not about words; Telegram's services among it."""
    if record.get("type") == "service":
        return {**record, "text": ""}
    return record


def _flat(value: Any) -> str:
    """Return the words in a value: parts of a message are joined, a person gives the name."""
    if value is None or isinstance(value, bool):
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, (int, float)):
        return "" if value != value else format(value, "g" if isinstance(value, float) else "d")
    if isinstance(value, list):
        return "".join(_flat(v) for v in value[:10_000])
    if isinstance(value, dict):
        for key in ("text", "name", "content", "id"):
            if isinstance(value.get(key), (str, int)):
                return _flat(value[key])
    return ""


def _plain(value: Any) -> Any:
    """Return a value of ``meta`` that any JSON or Parquet writer takes."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, (bool, int)) or value is None:
        return value if not isinstance(value, int) or abs(value) < 2**53 else str(value)
    if isinstance(value, float):
        return value if abs(value) < float("inf") else None
    return clean(json.dumps(value, ensure_ascii=False)[:10_000])


def _times(
    record: Mapping[str, Any], roles: Mapping[str, str]
) -> tuple[float | None, float | None, str | None]:
    start_s = _offset(record.get(roles.get("start", "")))
    end_s = _offset(record.get(roles.get("end", "")))
    stamp = record.get(roles.get("time", ""))
    date = None
    if start_s is None and stamp is not None:
        date = _date(stamp)
        if date is None:
            start_s = _offset(stamp)
    if start_s is None and "start" in roles:
        date = date or _date(record.get(roles["start"]))
    length_s = _offset(record.get(roles.get("duration", "")))
    if start_s is not None and end_s is None and length_s is not None:
        end_s = start_s + length_s
    if start_s is not None and end_s is not None and end_s < start_s:
        end_s = start_s
    return start_s, end_s if start_s is not None else None, date


def _offset(value: Any) -> float | None:
    """Return seconds from a number or a clock reading, or None for anything else."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value) if 0 <= value < 1e7 else None
    if not isinstance(value, str):
        return None
    text = value.strip()
    match = _CLOCK.match(text)
    if match:
        hours, minutes, seconds, fraction = match.groups()
        whole = int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds)
        return whole + float(f"0.{fraction or 0}")
    with suppress(ValueError):
        number = float(text.removesuffix("s").strip())
        return number if 0 <= number < 1e7 else None
    return None


def _date(value: Any) -> str | None:
    """Return a date in ISO 8601 from a date or from seconds or milliseconds since 1970."""
    number = None
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        number = float(value)
    elif isinstance(value, str):
        text = value.strip()
        if re.match(r"\d{4}-\d{2}-\d{2}", text):
            with suppress(ValueError):
                return datetime.fromisoformat(text).isoformat()
        with suppress(ValueError):
            number = float(text)
    if number is None or not 1e8 <= number < 1e14:
        return None
    with suppress(ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(number / (1000 if number > 1e11 else 1), UTC).isoformat()
    return None


def _untimed(utterance: Utterance) -> Utterance:
    return Utterance(
        utterance.id,
        utterance.speaker,
        utterance.text,
        None,
        None,
        utterance.reply_to,
        utterance.meta,
    )


def _one_object_a_line(text: str) -> str:
    """Put each innermost object of damaged JSON on a line of its own."""
    found = re.findall(r"\{[^{}]*\}", text)
    return "\n".join(" ".join(piece.split("\n")) for piece in found)


def delimiter_of(line: str) -> str:
    """Return the sign that separates the cells of a line.

    Examples
    --------
    >>> delimiter_of("speaker;text")
    ';'
    """
    return max(",;\t|", key=line.count)
