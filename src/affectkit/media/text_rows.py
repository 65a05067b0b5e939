"""Tables of texts, row by row in flat memory: CSV, TSV, JSON lines, Parquet, lines of a big file.

A table of texts is one in which each row is an item by itself, such as a review. A table that
says who speaks is a chat, and one with times a transcript; `affectkit.media.tabular_chat` reads
those.
"""

from __future__ import annotations

import csv
import json
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Literal

from affectkit.errors import MediaError
from affectkit.media.sniff import content_of, head_of, regular_file, text_format_of
from affectkit.media.tabular_chat import delimiter_of, roles_of
from affectkit.media.text_encoding import clean, decode_text, encoding_of, is_plain

BIG_TEXT_BYTES = 16 << 20
"""A plain text above this size is no story: each of its lines is taken as an item."""
MORE = "more_fields"
"""The column for fields of JSON objects that the first objects do not have."""

_OPEN_QUOTE_LINES = 1000
_OPEN_QUOTE_CHARACTERS = 8 << 20
_LOOKED_AT = 1000
_SHOWN = 80

Kind = Literal["csv", "jsonl", "parquet", "lines"]


@dataclass(frozen=True)
class TextRow:
    """One row of a table of texts.

    Parameters
    ----------
    number
        Which row it is, from 1; a header does not count.
    line
        The line of the file on which it begins, from 1; 0 where rows are not lines.
    text
        Its words; empty if there are none.
    cells
        Its other columns.
    problem
        Why it could not be read; empty if it could.
    mended
        What had to be guessed to read it; empty if nothing.
    """

    number: int
    line: int
    text: str
    cells: Mapping[str, Any] = field(default_factory=dict)
    problem: str = ""
    mended: str = ""


@dataclass(frozen=True)
class TextRows:
    """A table of texts that is read only when it is iterated over.

    Parameters
    ----------
    path
        The file.
    kind
        How it is written.
    column
        The column that holds the words.
    columns
        All columns, in their order.
    size
        How long it is, in the unit that `rows` reports.
    rows
        Called with a callable that is told how far the reading is; yields the rows.
    """

    path: Path
    kind: Kind
    column: str
    columns: tuple[str, ...]
    size: int
    rows: Callable[[Callable[[int], None]], Iterator[TextRow]]

    @property
    def others(self) -> tuple[str, ...]:
        """The columns that do not hold the words."""
        return tuple(name for name in self.columns if name != self.column)

    def __iter__(self) -> Iterator[TextRow]:
        return self.rows(lambda done: None)


def text_rows(path: str | Path, column: str | None = None) -> TextRows | None:
    r"""Return a table of texts, or None if the file is something else, such as a chat.

    Parameters
    ----------
    path
        The file.
    column
        The column with the words. If given, the file is taken for a table of texts whatever
        other columns it has; if None, it is one if it names a column of words and neither
        speakers nor times.

    Raises
    ------
    MediaError
        If the named column is not there; says which columns are.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "reviews.csv"
    >>> _ = file.write_text("text,stars\nLoved it!,5\nNo.,1\n")
    >>> [(row.number, row.text, row.cells) for row in text_rows(file)]
    [(1, 'Loved it!', {'stars': '5'}), (2, 'No.', {'stars': '1'})]
    """
    file = regular_file(path)
    head = head_of(file)
    if head[:4] == b"PAR1":
        return _parquet(file, column)
    if content_of(head) != "text":
        return None
    encoding = encoding_of(head)
    # Half a character at the end of the head is no part of what the file says.
    shown = head.decode(encoding, errors="replace").lstrip("\ufeff")
    shown = shown.replace("\r\n", "\n").replace("\r", "\n")
    found = text_format_of(shown, file.suffix)
    if found == "table" or (column is not None and file.suffix.lower() in (".csv", ".tsv")):
        return _separated(file, encoding, column)
    if found == "jsonl":
        return _json_lines(file, encoding, column)
    size = file.stat().st_size
    if found == "plain" and column is not None:
        raise MediaError(
            f"{file.name} is not a table, so it has no column {column!r}",
            remedy="leave --column out, or give a CSV, TSV, JSONL or Parquet file",
        )
    if found == "plain" and size > BIG_TEXT_BYTES:

        def rows(tell: Callable[[int], None]) -> Iterator[TextRow]:
            for number, line in enumerate(_lines(file, encoding, tell), start=1):
                text, mended = _mended(line.rstrip("\n"))
                yield TextRow(number, number, text, mended=mended)

        return TextRows(file, "lines", "line", ("line",), size, rows)
    return None


def _chosen(file: Path, columns: Sequence[str], column: str | None) -> str | None:
    """Return the column of words, or None if it is a chat."""
    roles = roles_of(columns)
    if column is not None:
        if column not in columns:
            raise MediaError(
                f"{file.name} has no column {column!r}; it has {', '.join(columns)[:200]}",
                remedy="give --column one of these",
            )
    elif "text" not in roles:
        raise MediaError(
            f"{file.name} has no column that holds words; it has {', '.join(columns)[:200]}",
            remedy="say which with --column NAME (for a chat, name them speaker and text)",
        )
    elif "speaker" in roles or "start" in roles:
        return None
    return column if column is not None else roles["text"]


# --- CSV and TSV -----------------------------------------------------------------------------


def _separated(file: Path, encoding: str, column: str | None) -> TextRows | None:
    csv.field_size_limit(2**31 - 1)
    first = next((line for line in _lines(file, encoding, lambda done: None) if line.strip()), "\n")
    delimiter = delimiter_of(first)
    header = _header(file, encoding, delimiter)
    name = _chosen(file, header, column)
    if name is None:
        return None
    at = header.index(name)

    def rows(tell: Callable[[int], None]) -> Iterator[TextRow]:
        number = -1
        for line, cells, mended in _records(file, encoding, delimiter, len(header), tell):
            if not any(map(str.strip, cells)):
                continue
            number += 1
            if number == 0:
                continue
            yield _row_of_cells(number, line, cells, header, at, delimiter, mended)

    return TextRows(file, "csv", name, tuple(header), file.stat().st_size, rows)


def _header(file: Path, encoding: str, delimiter: str) -> list[str]:
    for _, cells, _ in _records(file, encoding, delimiter, 0, lambda done: None):
        if any(cell.strip() for cell in cells):
            return _apart([_mended(cell)[0].strip() for cell in cells])
    return []


def _apart(names: list[str]) -> list[str]:
    """Give columns that have no name, or one of another, a name of their own."""
    out: list[str] = []
    for i, name in enumerate(names, start=1):
        plain = name or f"column {i}"
        out.append(plain if plain not in out else f"{plain} {i}")
    return out


def _row_of_cells(
    number: int,
    line: int,
    cells: list[str],
    header: Sequence[str],
    at: int,
    delimiter: str,
    mended: str,
) -> TextRow:
    surplus = len(cells) - len(header)
    if surplus == 0 and is_plain("".join(cells)):
        values: dict[str, str | None] = dict(zip(header, cells, strict=True))
        del values[header[at]]
        return TextRow(number, line, cells[at].strip(), values, mended=mended)
    if surplus > 0 and not any(cell.strip() for cell in cells[len(header) :]):
        cells = cells[: len(header)]
    elif surplus > 0 and at == len(header) - 1:
        # Unquoted commas in the words, which are the last column: nothing else can be meant.
        cells = [*cells[:at], delimiter.join(cells[at:])]
        mended = mended or f"{surplus} separators in its words are not quoted"
    elif surplus > 0 or at >= len(cells):
        problem = f"it has {len(cells)} cells where the header has {len(header)}"
        held = {"as it stands": _mended(delimiter.join(cells))[0]}
        return TextRow(number, line, "", held, problem=problem)
    elif surplus < 0:
        mended = mended or f"it has {len(cells)} cells where the header has {len(header)}"
    read = [_mended(cell) for cell in cells]
    said = mended or next((note for _, note in read if note), "")
    values = {
        name: (read[i][0] if i < len(read) else None) for i, name in enumerate(header) if i != at
    }
    return TextRow(number, line, read[at][0].strip(), values, mended=said)


class _OpenQuoteError(Exception):
    """A quote that is not closed for so long that it is no quote."""


def _records(
    file: Path, encoding: str, delimiter: str, width: int, tell: Callable[[int], None]
) -> Iterator[tuple[int, list[str], str]]:
    """Yield line, cells and what was mended; one quote left open costs no further row."""
    source = _lines(file, encoding, tell)
    waiting: deque[str] = deque()
    taken: list[str] = []
    line = 0

    def feed() -> Iterator[str]:
        letters = 0
        while True:
            piece = waiting.popleft() if waiting else next(source, None)
            if piece is None:
                return
            taken.append(piece)
            letters += len(piece)
            if len(taken) == 1:
                letters = len(piece)
            elif len(taken) > _OPEN_QUOTE_LINES or letters > _OPEN_QUOTE_CHARACTERS:
                raise _OpenQuoteError
            yield piece

    reader = csv.reader(feed(), delimiter=delimiter)
    while True:
        taken.clear()
        try:
            cells = next(reader, None)
            stray = cells is None and len(taken) > 1
            if cells is not None and len(taken) > 1:
                stray = (width > 0 and len(cells) != width) or not _closed(taken, delimiter)
        except (_OpenQuoteError, csv.Error):
            cells, stray = [], True
        if cells is None and not stray:
            return
        mended = ""
        if stray and taken:
            waiting.extendleft(reversed(taken[1:]))
            del taken[1:]
            cells = next(csv.reader([taken[0]], delimiter=delimiter, quoting=csv.QUOTE_NONE), [])
            mended = "a quote in it is never closed"
            reader = csv.reader(feed(), delimiter=delimiter)
        yield line + 1, cells or [], mended
        line += len(taken)


def _closed(lines: Sequence[str], delimiter: str) -> bool:
    """Say whether lines are a record by themselves; at the end of a file a reader is lenient."""
    try:
        list(csv.reader(lines, delimiter=delimiter, strict=True))
    except csv.Error as error:
        return "unexpected end of data" not in str(error)
    return True


# --- JSON lines ------------------------------------------------------------------------------


def _json_lines(file: Path, encoding: str, column: str | None) -> TextRows | None:
    keys: dict[str, None] = {}
    objects = 0
    for line in _lines(file, encoding, lambda done: None):
        value = _json(line)
        if isinstance(value, dict):
            objects += 1
            keys.update(dict.fromkeys(value))
            if any(isinstance(value.get(k), list | dict) for k in ("messages", "turns")):
                return None
        if objects >= _LOOKED_AT:
            break
    if not objects:
        return None
    if column is None and "text" not in roles_of(keys):
        return None  # words may lie deeper: the reader of chats looks there
    name = _chosen(file, list(keys), column)
    if name is None:
        return None
    others = [key for key in keys if key != name]
    late = MORE
    while late in keys:
        late += "_"

    def rows(tell: Callable[[int], None]) -> Iterator[TextRow]:
        number = 0
        for at, line in enumerate(_lines(file, encoding, tell), start=1):
            if not line.strip():
                continue
            number += 1
            yield _row_of_object(number, at, line, name, others, late)

    return TextRows(file, "jsonl", name, (*keys, late), file.stat().st_size, rows)


def _json(line: str) -> Any:
    try:
        return json.loads(_mended(line)[0])
    except (ValueError, RecursionError):
        return None


def _row_of_object(
    number: int, at: int, line: str, name: str, others: Sequence[str], late: str
) -> TextRow:
    plain, mended = _mended(line)
    held = {late: json.dumps({"as it stands": plain.strip()}, ensure_ascii=False)}
    try:
        value = json.loads(plain)
    except (ValueError, RecursionError) as error:
        why = str(error)[:_SHOWN] or "it nests too deep"
        return TextRow(number, at, "", held, problem=f"it is not valid JSON ({why})")
    if not isinstance(value, dict):
        return TextRow(number, at, "", held, problem="it is JSON, but no object")
    cells: dict[str, Any] = {key: _cell(value.get(key)) for key in others}
    rest = {k: v for k, v in value.items() if k != name and k not in cells}
    cells[late] = json.dumps(rest, ensure_ascii=False) if rest else None
    words = value.get(name)
    if name not in value:
        return TextRow(number, at, "", cells, problem=f"it has no field {name!r}")
    if words is not None and not isinstance(words, str):
        problem = f"its field {name!r} is {type(words).__name__}, not text"
        cells[late] = json.dumps({**rest, name: words}, ensure_ascii=False)
        return TextRow(number, at, "", cells, problem=problem)
    return TextRow(number, at, clean(words or "").strip(), cells, mended=mended)


def _cell(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return None if value is None else clean(value)
    return json.dumps(value, ensure_ascii=False)


# --- Parquet ---------------------------------------------------------------------------------


def _parquet(file: Path, column: str | None) -> TextRows | None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(file) as opened:
            schema, count = opened.schema_arrow, opened.metadata.num_rows
    except (OSError, pa.ArrowException) as error:
        raise MediaError(
            f"{file.name} cannot be read as Parquet ({str(error)[:120]})",
            remedy="it may be cut off; write it again",
        ) from None
    if (schema.metadata or {}).get(b"affectkit"):
        raise MediaError(
            f"{file.name} is a timeline that affectkit wrote, not a table of texts",
            remedy="open its report.html, or read it with Timeline.from_parquet",
        )
    name = _chosen(file, schema.names, column)
    if name is None:
        raise MediaError(
            f"{file.name} is a chat in Parquet, which is not read as one",
            remedy="save it as CSV or JSONL, or read its rows one by one with --column text",
        )
    kind = schema.field(name).type
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
        raise MediaError(
            f"the column {name!r} of {file.name} holds {kind}, not text",
            remedy="say which column holds the words with --column NAME",
        )

    def rows(tell: Callable[[int], None]) -> Iterator[TextRow]:
        number = 0
        with pq.ParquetFile(file) as opened:
            for batch in opened.iter_batches(batch_size=2048):
                for cells in batch.to_pylist():
                    number += 1
                    words = clean(cells.pop(name) or "").strip()
                    yield TextRow(number, 0, words, cells)
                tell(number)

    return TextRows(file, "parquet", name, tuple(schema.names), count, rows)


# --- lines -----------------------------------------------------------------------------------


def _lines(file: Path, encoding: str, tell: Callable[[int], None]) -> Iterator[str]:
    """Yield lines with their end; bytes that are not of the encoding come as surrogates."""
    errors = "surrogateescape" if encoding.startswith("utf-8") else "replace"
    try:
        with file.open("rb") as raw, _as_text(raw, encoding, errors) as stream:
            for number, line in enumerate(stream):
                if number % 256 == 0:
                    tell(raw.tell())
                yield line
    except OSError as error:
        raise MediaError(f"{file.name} cannot be read ({error.strerror or error})") from None


def _as_text(raw: IO[bytes], encoding: str, errors: str) -> IO[str]:
    import io

    # Universal newlines: rows that end in a lone carriage return are rows.
    return io.TextIOWrapper(raw, encoding=encoding, errors=errors, newline=None)


def _mended(text: str) -> tuple[str, str]:
    """Return text without control characters, and read anew where it was not UTF-8."""
    if text.isascii():
        return clean(text), ""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        again, notes = decode_text(text.encode("utf-8", "surrogateescape"))
        said = next((n for n in notes if "UTF-8" in n), "parts of the text are not valid UTF-8")
        return again, said
    return clean(text), "parts of the text are not valid" if "\ufffd" in text else ""
