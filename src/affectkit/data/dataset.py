"""What a reader returns, where data lies, and which readers there are."""

from __future__ import annotations

import importlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

import pandas as pd

from affectkit.errors import DataError

LicenceClass = Literal["open", "share-alike", "non-commercial", "unclear"]

_READERS = (
    "goemotions",
    "emobank",
    "xed",
    "vader",
    "emodb",
    "se_emotion",
    "meld",
    "emorynlp",
    "dailydialog_polite",
    "reccon",
    "empatheticdialogues",
    "esconv",
    "empathic_reactions",
    "topical_chat",
    "stories_va",
    "rumoureval2017",
    "casino",
    "enisear_appraisal",
    "cheer_ekman",
    "crema_d_votes",
)


@dataclass(frozen=True)
class DataFacts:
    """What one must know before using a data set.

    Parameters
    ----------
    name
        Name by which `read` finds it.
    title
        Its makers' name for it, with the citation.
    home
        Where its makers publish it.
    folder
        Where it lies under the data root.
    licence
        The licence in the makers' words.
    licence_class
        ``"open"``: weights trained on it may be shipped; ``"share-alike"``: also, and they
        carry the same licence; ``"non-commercial"`` and ``"unclear"``: they are not shipped.
    language
        ISO 639-1 code.
    splits
        The splits present, and who made them.
    traps
        Leaks, repeats and mismatches that were found in it.
    groups
        Columns of the table that tie rows together, such as the speaker: rows that share one
        belong on one side of a split.
    related
        Names of data sets that were made from the same texts.
    papers
        Numbers of the published systems that use it.
    """

    name: str
    title: str
    home: str
    folder: str
    licence: str
    licence_class: LicenceClass
    language: str
    splits: str
    traps: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    papers: tuple[int, ...] = ()

    @property
    def may_ship_weights(self) -> bool:
        """Whether weights trained on it may be shipped at all."""
        return self.licence_class in ("open", "share-alike")


@dataclass(frozen=True, eq=False)
class DataSet:
    """A table of records and the facts about them.

    Parameters
    ----------
    table
        One row an item, with ``id`` and, where there are official splits, ``split``.
    facts
        Licence, splits, traps.
    labels
        The label columns of the table, if it has any.
    """

    table: pd.DataFrame
    facts: DataFacts
    labels: tuple[str, ...] = ()

    def split(self, name: str) -> DataSet:
        """Return one split.

        Raises
        ------
        DataError
            If the data set has no such split here.
        """
        known = list(self.table["split"].unique()) if "split" in self.table else []
        if name not in known:
            raise DataError(
                f"{self.facts.name} has no split {name!r} here",
                remedy=f"use one of {', '.join(map(str, known)) or 'none'}",
            )
        rows = self.table[self.table["split"] == name].reset_index(drop=True)
        return DataSet(rows, self.facts, self.labels)


def data_root() -> Path:
    """Return the folder that holds the data sets: ``AFFECTKIT_DATA`` where that is set.

    Else ``../shared/data`` if there is such a folder, and otherwise ``data`` in the folder for
    weights (``AFFECTKIT_HOME``, or ``~/.cache/affectkit``).

    Examples
    --------
    >>> data_root().name
    'data'
    """
    named = os.environ.get("AFFECTKIT_DATA")
    if named:
        return Path(named).expanduser()
    shared = Path("../shared/data")
    home = os.environ.get("AFFECTKIT_HOME") or "~/.cache/affectkit"
    return shared if shared.is_dir() else Path(home).expanduser() / "data"


def names() -> tuple[str, ...]:
    """Return the names of the data sets that `read` knows.

    Examples
    --------
    >>> "goemotions" in names()
    True
    """
    return _READERS


def facts(name: str) -> DataFacts:
    """Return what one must know about a data set, which need not be there.

    Raises
    ------
    DataError
        If there is no such reader.

    Examples
    --------
    >>> facts("vader").licence
    'MIT'
    """
    known: DataFacts = _reader(name).FACTS
    return known


def read(name: str, *, root: Path | None = None, **options: Any) -> DataSet:
    """Read a data set by name.

    Parameters
    ----------
    name
        One of `names`.
    root
        The data root; that of `data_root` if None.
    **options
        Whatever the reader takes, such as ``perspective="writer"`` for EmoBank.

    Raises
    ------
    DataError
        If there is no such reader, or the files are absent or malformed.

    Examples
    --------
    >>> read("goemotions").table.shape  # doctest: +SKIP
    (48836, 31)
    """
    found: DataSet = _reader(name).read(root or data_root(), **options)
    return found


def _reader(name: str) -> ModuleType:
    if name not in _READERS:
        raise DataError(
            f"there is no reader for {name!r}", remedy=f"use one of {', '.join(_READERS)}"
        )
    return importlib.import_module(f"affectkit.data.{name}")


def table(path: Path, facts: DataFacts, columns: Sequence[str] = (), **how: Any) -> pd.DataFrame:
    """Return a table file as it is, or say what is missing and where to get it.

    Parameters
    ----------
    path
        A CSV or TSV file.
    facts
        Of the data set it belongs to.
    columns
        Columns that have to be there.
    **how
        Passed on to `pandas.read_csv`.
    """
    try:
        frame: pd.DataFrame = pd.read_csv(path, keep_default_na=False, encoding="utf-8", **how)
    except FileNotFoundError:
        raise _absent(path, facts) from None
    except (OSError, ValueError) as error:
        raise DataError(f"{path} cannot be read: {error}", remedy=f"see {facts.home}") from error
    missing = [c for c in columns if c not in frame.columns]
    if missing:
        raise DataError(f"{path} lacks the columns {missing}", remedy=f"see {facts.home}")
    return frame


def document(path: Path, facts: DataFacts) -> Any:
    """Return what a JSON file holds, or say what is missing and where to get it."""
    try:
        return json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise _absent(path, facts) from None
    except (OSError, ValueError) as error:
        raise DataError(f"{path} cannot be read: {error}", remedy=f"see {facts.home}") from error


def records(path: Path, facts: DataFacts) -> list[dict[str, Any]]:
    """Return the objects of a JSON Lines file, or say which row is broken."""
    found = []
    for row, line in enumerate(text_lines(path, facts), start=1):
        try:
            found.append(json.loads(line))
        except ValueError as error:
            raise DataError(f"{path}, row {row}: {error}", remedy=f"see {facts.home}") from error
    return found


def text_lines(path: Path, facts: DataFacts) -> list[str]:
    """Return the lines of a text file, or say what is missing and where to get it."""
    try:
        # Not splitlines, which would also cut at the odd separators that chats contain.
        return path.read_text("utf-8").removesuffix("\n").split("\n")
    except FileNotFoundError:
        raise _absent(path, facts) from None
    except (OSError, ValueError) as error:
        raise DataError(f"{path} cannot be read: {error}", remedy=f"see {facts.home}") from error


def _absent(path: Path, facts: DataFacts) -> DataError:
    return DataError(
        f"{facts.name} is not there: {path} is missing",
        remedy=f"affectkit data get {facts.name}, get it from {facts.home}, or point "
        "AFFECTKIT_DATA at the folder that holds it",
    )
