"""What a file holds, judged by its content before its name."""

from __future__ import annotations

import json
import os
import re
import stat
from pathlib import Path
from typing import Literal

from affectkit.errors import MediaError

Content = Literal["av", "image", "text"]
TextFormat = Literal[
    "vtt", "srt", "eaf", "textgrid", "rttm", "json", "jsonl", "table", "whatsapp", "plain"
]

HEAD_BYTES = 1 << 16

_IMAGES = (
    b"\xff\xd8\xff",
    b"\x89PNG\r\n\x1a\n",
    b"BM",
    b"II*\x00",
    b"MM\x00*",
    b"GIF87a",
    b"GIF89a",
)
_MEDIA = (
    b"\x1aE\xdf\xa3",  # Matroska, WebM
    b"OggS",
    b"fLaC",
    b"ID3",
    b"FLV",
    b"FORM",
    b"caff",
    b"#!AMR",
    b".snd",
    b"\x30\x26\xb2\x75",  # ASF: WMV, WMA
    b"\x00\x00\x01\xba",  # MPEG program stream
    b"\x00\x00\x01\xb3",  # MPEG video
    b"wvpk",
    b"RF64",
    b"riff",
)
_SRT_TIMING = re.compile(
    r"^\s*\d{1,3}:\d{1,2}:\d{1,2}[,.]\d{1,3}\s*-->\s*\d{1,3}:\d{1,2}:\d{1,2}", re.M
)
_RTTM_LINE = re.compile(r"^SPEAKER\s+\S+\s+\S+\s+[\d.]+\s+[\d.]+\s", re.M)


def regular_file(path: str | os.PathLike[str]) -> Path:
    """Return the path of a file that can be read, or say why it cannot.

    Raises
    ------
    MediaError
        If there is no file, or it is a folder, pipe or device, or it is empty, or reading
        it is not allowed.
    """
    file = Path(path)
    try:
        facts = file.stat()
    except FileNotFoundError:
        raise MediaError(f"there is no file {os.fspath(path)!r}", remedy="check the path") from None
    except (OSError, ValueError) as error:
        raise MediaError(f"{os.fspath(path)!r} cannot be opened ({_cause(error)})") from None
    if stat.S_ISDIR(facts.st_mode):
        raise MediaError(f"{file.name} is a folder", remedy="give a file inside it")
    if not stat.S_ISREG(facts.st_mode):
        raise MediaError(
            f"{file.name} is a pipe or device, not a file", remedy="save it to a file first"
        )
    if facts.st_size == 0:
        raise MediaError(f"{file.name} is empty", remedy="record or copy it again")
    try:
        with file.open("rb"):
            pass
    except OSError as error:
        raise MediaError(
            f"{file.name} cannot be read ({_cause(error)})",
            remedy="check who may read the file",
        ) from None
    return file


def head_of(file: Path) -> bytes:
    """Return the first 64 KiB of a file."""
    try:
        with file.open("rb") as stream:
            return stream.read(HEAD_BYTES)
    except OSError as error:
        raise MediaError(f"{file.name} cannot be read ({_cause(error)})") from None


def content_of(head: bytes) -> Content:
    r"""Tell moving or sounding content from a photo and from text by the first bytes.

    Examples
    --------
    >>> content_of(b"WEBVTT\n\n00:01.000 --> 00:02.000\nHello")
    'text'
    >>> content_of(b"\x89PNG\r\n\x1a\n")
    'image'
    >>> content_of(b"RIFF\x24\x00\x00\x00WAVEfmt ")
    'av'
    """
    if head[:4] == b"RIFF":
        return "image" if head[8:12] == b"WEBP" else "av"
    if head[4:8] == b"ftyp":
        return "image" if head[8:12] in (b"avif", b"avis") else "av"
    if head[4:8] in (b"moov", b"mdat", b"wide", b"free", b"skip"):
        return "av"
    if head.startswith(_IMAGES) and not (head[:2] == b"BM" and _reads_as_text(head)):
        return "image"
    if head[:2] in (b"P5", b"P6") and head[2:3].isspace() and not _reads_as_text(head):
        return "image"
    if head.startswith(_MEDIA):
        return "av"
    return "text" if _reads_as_text(head) else "av"


def text_format_of(text: str, suffix: str = "") -> TextFormat:
    r"""Tell the format of a text from its first lines; the suffix decides where they do not.

    Examples
    --------
    >>> text_format_of("1\n00:00:01,000 --> 00:00:02,000\nHello\n")
    'srt'
    >>> text_format_of('{"speaker": "Ann", "text": "Hello"}\n{"speaker": "Ben", "text": "Hi"}')
    'jsonl'
    >>> text_format_of("Hello there. How are you?")
    'plain'
    """
    from affectkit.media.tabular_chat import looks_like_table
    from affectkit.media.whatsapp import looks_like_whatsapp

    head = text[:HEAD_BYTES]
    start = head.lstrip()
    suffix = suffix.lower().lstrip(".")
    if start.startswith("WEBVTT"):
        return "vtt"
    if start.startswith("<") and ("<ANNOTATION_DOCUMENT" in head or suffix == "eaf"):
        return "eaf"
    if "ooTextFile" in start[:200]:
        return "textgrid"
    if _SRT_TIMING.search(head):
        return "srt"
    if _RTTM_LINE.match(start):
        return "rttm"
    if start[:1] in "[{" and start:
        if looks_like_whatsapp(head):
            return "whatsapp"
        return _json_kind(text, suffix)
    if looks_like_whatsapp(head):
        return "whatsapp"
    if looks_like_table(head, suffix):
        return "table"
    return "plain"


def _json_kind(text: str, suffix: str) -> TextFormat:
    """Tell one JSON value from one a line, without parsing all of a large file."""
    if suffix in ("jsonl", "ndjson"):
        return "jsonl"
    first = text.lstrip().split("\n", 1)[0]
    try:
        value = json.loads(first)
    except (ValueError, RecursionError):
        # A first line that does not stand alone begins a value over many lines; a text in
        # square brackets that never says a quoted name is prose.
        return "json" if suffix == "json" or '"' in text[:HEAD_BYTES] else "plain"
    if isinstance(value, dict) and "\n" in text.strip():
        return "jsonl"
    return "json" if isinstance(value, (dict, list)) else "plain"


def _reads_as_text(head: bytes) -> bool:
    """Judge by byte-order marks, then by how many bytes no text would hold."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")):
        return True
    nuls = head.count(0)
    if nuls:
        # UTF-16 without a mark has a zero in every other byte; a stray zero is damage.
        halves = head[0::2].count(0), head[1::2].count(0)
        wide = max(halves) > 0.4 * (len(head) / 2) and min(halves) < 0.1 * (len(head) / 2)
        if not wide and nuls > max(4, len(head) // 100):
            return False
        if wide:
            return True
    controls = sum(head.count(c) for c in range(1, 32) if c not in (9, 10, 11, 12, 13, 27))
    if controls > max(2, len(head) // 50):
        return False
    try:
        head[:-4].decode("utf-8") if len(head) == HEAD_BYTES else head.decode("utf-8")
    except UnicodeDecodeError:
        # So few control characters in so many bytes are no accident, whatever the alphabet.
        return len(head) >= 64 or sum(byte >= 0x80 for byte in head) < 0.3 * len(head)
    return True


def _cause(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error)).lower()
