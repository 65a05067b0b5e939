"""Text from bytes in any of the encodings that files arrive in."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from affectkit.errors import MediaError

MAX_BYTES = 256 << 20
"""The largest text file that is read: 256 MiB."""

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def read_text(file: Path) -> tuple[str, tuple[str, ...]]:
    """Return the text of a file, and what had to be guessed or mended.

    Line ends come back as a single newline; zero bytes and other control characters are
    left out.

    Raises
    ------
    MediaError
        If the file cannot be read or is larger than 256 MiB.
    """
    try:
        with file.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise MediaError(f"{file.name} cannot be read ({error.strerror or error})") from None
    if len(data) > MAX_BYTES:
        raise MediaError(
            f"{file.name} is larger than {MAX_BYTES >> 20} MiB, too large for a text",
            remedy="split it",
        )
    return decode_text(data)


def decode_text(data: bytes) -> tuple[str, tuple[str, ...]]:
    """Return the text that bytes spell, and what had to be guessed or mended.

    Byte-order marks are believed; then UTF-8 is tried, UTF-16 where every other byte is
    zero, and Windows-1252 last, since it can read anything.

    Examples
    --------
    >>> decode_text("Grüße".encode("utf-16"))
    ('Grüße', ())
    >>> decode_text("Grüße".encode("latin-1"))
    ('Grüße', ('the text is not UTF-8; it was read as Windows-1252',))
    """
    notes: list[str] = []
    text = None
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            text = data.decode(encoding, errors="replace")
            if "\ufffd" in text:
                notes.append(f"parts of the text are not valid {encoding.removesuffix('-sig')}")
            break
    if text is None:
        text = _without_mark(data, notes)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    mended = clean(text)
    if len(mended) != len(text):
        notes.append("control characters in the text were left out")
    return mended, tuple(notes)


def encoding_of(head: bytes) -> str:
    r"""Return the encoding that the first bytes of a file speak for; UTF-8 if none else does.

    Examples
    --------
    >>> encoding_of("text\nGrüße".encode("utf-16"))
    'utf-16'
    >>> encoding_of("text\nGrüße".encode("latin-1"))
    'utf-8-sig'
    """
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    if head.count(0) > 0.2 * len(head):
        return "utf-16-be" if head[0::2].count(0) > head[1::2].count(0) else "utf-16-le"
    # With or without its mark; lines that are not UTF-8 are looked at one by one.
    return "utf-8-sig"


def clean(text: str) -> str:
    r"""Return text without control characters and other code points that XML cannot hold.

    Examples
    --------
    >>> clean("a\x00b\ud800c")
    'abc'
    """
    return _UNPRINTABLE.sub("", text)


def is_plain(text: str) -> bool:
    r"""Return whether a text is ASCII and `clean` would leave it as it is.

    Examples
    --------
    >>> is_plain("I am glad"), is_plain("a\x00b"), is_plain("naïve")
    (True, False, False)
    """
    return text.isascii() and _UNPRINTABLE.search(text) is None


def _without_mark(data: bytes, notes: list[str]) -> str:
    zeros = data.count(0)
    if zeros > 0.2 * len(data):
        even, odd = data[0::2].count(0), data[1::2].count(0)
        encoding = "utf-16-be" if even > odd else "utf-16-le"
        notes.append("the text has no byte-order mark; it was read as UTF-16")
        return data.decode(encoding, errors="replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        bad = data.decode("utf-8", errors="replace").count("\ufffd")
        high = sum(byte >= 0x80 for byte in data[error.start : error.start + 65536])
        if bad <= 0.1 * high:
            notes.append("parts of the text are not valid UTF-8")
            return data.decode("utf-8", errors="replace")
    notes.append("the text is not UTF-8; it was read as Windows-1252")
    return data.decode("cp1252", errors="replace")
