"""The rows of a small published table in Excel's format, with the standard library alone."""

from __future__ import annotations

import os
import re
import zipfile
from pathlib import Path
from xml.etree import ElementTree

from affectkit.errors import DataError

_NS = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_LARGEST = 16 * 2**20
"""Bytes that one part of a workbook may unpack to; word tables stay far below."""


def read_worksheet(path: str | os.PathLike[str]) -> list[list[str]]:
    """Return the first sheet of a workbook as rows of text, without its formats.

    Parameters
    ----------
    path
        An ``.xlsx`` file.

    Returns
    -------
    list of list of str
        One list a row, in order, all of one length; an empty cell is ``""``. Space around a
        cell's text is dropped, and a space that does not break is an ordinary one.

    Raises
    ------
    DataError
        If the file is missing, or no workbook that can be read.

    References
    ----------
    ECMA-376-1 (2016). Office Open XML file formats, part 1, section 18.3 and 18.4.

    Examples
    --------
    >>> read_worksheet("nowhere.xlsx")
    Traceback (most recent call last):
    affectkit.errors.DataError: nowhere.xlsx is missing
    """
    source = Path(path)
    if not source.is_file():
        raise DataError(f"{source} is missing")
    try:
        with zipfile.ZipFile(source) as box:
            names = set(box.namelist())
            sheet = _first_sheet(names)
            shared = _texts(box, source) if "xl/sharedStrings.xml" in names else []
            return _rows(_part(box, sheet, source), shared)
    except (zipfile.BadZipFile, ElementTree.ParseError, KeyError, IndexError, ValueError) as error:
        raise DataError(
            f"{source} cannot be read as a workbook: {error}",
            remedy="save it again as .xlsx, with the table on the first sheet",
        ) from error


def _first_sheet(names: set[str]) -> str:
    sheets = {
        int(found[1]): name
        for name in names
        if (found := re.fullmatch(r"xl/worksheets/sheet(\d+)\.xml", name))
    }
    if not sheets:
        raise ValueError("it has no sheet")
    return sheets[min(sheets)]


def _part(box: zipfile.ZipFile, name: str, source: Path) -> ElementTree.Element:
    if box.getinfo(name).file_size > _LARGEST:
        raise DataError(f"{source} is far larger than a table of words")
    text = box.read(name)
    # Excel never writes these; they are how a small file is made to fill the memory.
    if re.search(rb"<!\s*(DOCTYPE|ENTITY)", text, re.I):
        raise DataError(f"{source} declares entities, which a workbook does not")
    return ElementTree.fromstring(text)


def _texts(box: zipfile.ZipFile, source: Path) -> list[str]:
    table = _part(box, "xl/sharedStrings.xml", source)
    # How a word is read aloud (rPh) is no part of it.
    return [
        "".join(
            part.text or "" for part in [*item.findall(f"{_NS}t"), *item.findall(f"{_NS}r/{_NS}t")]
        )
        for item in table.findall(f"{_NS}si")
    ]


def _rows(sheet: ElementTree.Element, shared: list[str]) -> list[list[str]]:
    rows: list[dict[int, str]] = []
    for row in sheet.iter(f"{_NS}row"):
        cells: dict[int, str] = {}
        for cell in row.findall(f"{_NS}c"):
            column = _column(cell.get("r"), default=max(cells, default=-1) + 1)
            cells[column] = _text(cell, shared)
        rows.append(cells)
    width = max((max(cells, default=-1) + 1 for cells in rows), default=0)
    return [[cells.get(i, "") for i in range(width)] for cells in rows]


def _column(reference: str | None, *, default: int) -> int:
    """Return 0 for ``"A7"``, 26 for ``"AA7"``; cells need not say where they stand."""
    letters = re.match(r"[A-Z]+", reference or "")
    if letters is None:
        return default
    number = 0
    for letter in letters[0]:
        number = number * 26 + ord(letter) - ord("A") + 1
    if number > 16_384:
        raise ValueError(f"there is no column {letters[0]}")
    return number - 1


def _text(cell: ElementTree.Element, shared: list[str]) -> str:
    if cell.get("t") == "inlineStr":
        text = "".join(part.text or "" for part in cell.iter(f"{_NS}t"))
    else:
        text = cell.findtext(f"{_NS}v") or ""
        if cell.get("t") == "s":
            text = shared[int(text)]
    return text.replace("\xa0", " ").strip()
