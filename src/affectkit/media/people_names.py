"""Names that a user gives to people."""

from __future__ import annotations

import csv
import io
import os

from affectkit.errors import MediaError
from affectkit.media.sniff import regular_file
from affectkit.media.text_encoding import read_text


def read_people_names(path: str | os.PathLike[str]) -> dict[str, str]:
    r"""Return the name by person from a CSV file with the columns ``person`` and ``name``.

    Raises
    ------
    MediaError
        If a column is missing, or a row is incomplete or names a person again; says which.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "names.csv"
    >>> _ = file.write_text("person,name\nPerson 1,Ann\nVoice 2,Ben\n")
    >>> read_people_names(file)
    {'Person 1': 'Ann', 'Voice 2': 'Ben'}
    """
    file = regular_file(path)
    text, _ = read_text(file)
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    rows = csv.reader(io.StringIO(text), delimiter=delimiter, skipinitialspace=True)
    names: dict[str, str] = {}
    columns: list[str] | None = None
    try:
        for row in rows:
            cells = [cell.strip() for cell in row]
            if not any(cells):
                continue
            if columns is None:
                columns = [cell.lower() for cell in cells]
                missing = [c for c in ("person", "name") if c not in columns]
                if missing:
                    raise MediaError(
                        f"{file.name} has no column {missing[0]!r}; it has {', '.join(cells)}",
                        remedy="begin the file with the line person,name",
                    )
                continue
            where = f"row {rows.line_num} of {file.name}"
            if len(cells) < len(columns):
                raise MediaError(
                    f"{where} has {len(cells)} cell{'s' * (len(cells) != 1)}, not {len(columns)}",
                    remedy="give a person and a name in each row",
                )
            person, name = cells[columns.index("person")], cells[columns.index("name")]
            if not person or not name:
                raise MediaError(
                    f"{where} has no {'name' if person else 'person'}",
                    remedy="give a person and a name in each row",
                )
            if person in names:
                raise MediaError(
                    f"{where} names {person!r} again", remedy="keep one row for each person"
                )
            names[person] = name
    except csv.Error as error:
        raise MediaError(f"row {rows.line_num} of {file.name} cannot be read: {error}") from None
    if columns is None:
        raise MediaError(f"{file.name} has no rows", remedy="begin it with the line person,name")
    return names
