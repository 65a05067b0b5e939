"""Whether a data set is whole: its files, rows, columns and ranges, against what is known."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import pandas as pd

from affectkit.data.dataset import DataSet, data_root, facts, names, read
from affectkit.data.leaks import across, report
from affectkit.data.sources import SourceFile, digest, received, sources
from affectkit.errors import DataError

State = Literal["whole", "noted", "damaged"]


@dataclass(frozen=True)
class Check:
    """One thing that was looked at in a data set.

    Parameters
    ----------
    what
        What was looked at, such as ``"rows of train"``.
    found
        What is there.
    expected
        What should be.
    state
        ``"whole"``: as it should be; ``"damaged"``: not, so results would be wrong;
        ``"noted"``: worth knowing, such as a file that was never seen before.

    Examples
    --------
    >>> Check("rows of train", "43410", "43410", "whole").state
    'whole'
    """

    what: str
    found: str
    expected: str
    state: State


def check(name: str, *, root: Path | None = None) -> list[Check]:
    """Return what there is to say about the files and the table of a data set.

    Files are compared with the digests that are known, then the data set is read, and its
    reader's own ``check`` compares rows, columns and ranges with what its makers published.

    Parameters
    ----------
    name
        One of `affectkit.data.names`.
    root
        The data root; that of `data_root` if None.

    Raises
    ------
    DataError
        If the data set is not there at all.

    Examples
    --------
    >>> [c for c in check("goemotions") if c.state == "damaged"]  # doctest: +SKIP
    []
    """
    root = root or data_root()
    if not present(name, root=root):
        known = facts(name)
        raise DataError(
            f"{name} is not there: {root / known.folder} holds none of its files",
            remedy=f"affectkit data get {name}, or get it from {known.home}",
        )
    found = _files(name, root)
    reader = importlib.import_module(f"affectkit.data.{name}")
    try:
        found += reader.check(root) if hasattr(reader, "check") else shape(read(name, root=root))
    except DataError as error:
        found.append(Check("readable", str(error), "yes", "damaged"))
    except (KeyError, IndexError, TypeError, ValueError) as error:
        # A file of another form altogether: a reader cannot foresee each of them.
        told = f"{type(error).__name__}: {error}"
        found.append(Check("readable", told[:200], "yes", "damaged"))
    return found


def present(name: str, *, root: Path | None = None) -> bool:
    """Return whether any file of a data set is there.

    Examples
    --------
    >>> present("goemotions", root=Path("/nowhere"))
    False
    """
    root = root or data_root()
    listed = sources(name)
    if listed:
        return any((root / file.path).is_file() for file in listed)
    folder = root / facts(name).folder
    return folder.is_dir() and any(folder.iterdir())


def leaks_of(name: str, *, root: Path | None = None) -> pd.DataFrame:
    """Return what the splits of a data set share with each other and with related data sets.

    The columns are those of `affectkit.data.leaks.report`. Related data sets (those in its
    facts) are compared word for word, where they are there.

    Examples
    --------
    >>> leaks_of("goemotions").loc[0, "what"]  # doctest: +SKIP
    'same text'
    """
    found = read(name, root=root)
    tables = [report(found)]
    for other in found.facts.related:
        if other in names() and present(other, root=root):
            others = read(other, root=root).table
            tables.append(across(found.table, others, names=(name, other), near=None))
    tables = [t for t in tables if len(t)] or tables[:1]
    return pd.concat(tables, ignore_index=True)


def shape(dataset: DataSet, *, text: bool = True) -> list[Check]:
    """Check what holds for every data set: rows, ids of their own, no empty text.

    Examples
    --------
    >>> from affectkit.data import DataFacts
    >>> table = pd.DataFrame({"id": [1, 1], "text": ["Yes", ""]})
    >>> about = DataFacts("x", "X", "https://x", "x", "MIT", "open", "en", "none")
    >>> [c.state for c in shape(DataSet(table, about))]
    ['whole', 'damaged', 'noted']
    """
    rows = dataset.table
    found = [_judged("rows", len(rows), "some", bool(len(rows)))]
    if "id" in rows:
        found.append(unique(rows, "id"))
    if text and "text" in rows:
        empty = int((rows["text"].str.strip() == "").sum())
        found.append(Check("empty texts", str(empty), "0", "noted" if empty else "whole"))
    for label in dataset.labels:
        if label in rows and not pd.api.types.is_bool_dtype(rows[label]):
            found.append(_judged(f"column {label}", str(rows[label].dtype), "true or false", False))
    return found


def counts(table: pd.DataFrame, published: Mapping[str, int], what: str = "rows") -> list[Check]:
    """Check how many rows each split has; splits that are absent are left out.

    Parameters
    ----------
    table
        With ``split``.
    published
        How many rows each split has.
    what
        What they are called.

    Examples
    --------
    >>> counts(pd.DataFrame({"split": ["dev"]}), {"train": 5, "dev": 1})
    [Check(what='rows of dev', found='1', expected='1', state='whole')]
    """
    there = table["split"].value_counts()
    found = [
        _judged(f"{what} of {name}", int(there[name]), rows, int(there[name]) == rows)
        for name, rows in published.items()
        if name in there.index
    ]
    strange = [str(name) for name in there.index if name not in published]
    if strange:
        found.append(_judged("splits", ", ".join(strange[:5]), "none else", False))
    return found


def ranges(table: pd.DataFrame, limits: Mapping[str, tuple[float, float]]) -> list[Check]:
    """Check that columns of numbers have no gaps and stay within limits.

    Examples
    --------
    >>> ranges(pd.DataFrame({"valence": [0.5, 2.0]}), {"valence": (-1, 1)})[0].state
    'damaged'
    """
    found = []
    for column, (low, high) in limits.items():
        least, most = table[column].min(), table[column].max()
        fits = bool(table[column].notna().all() and low <= least and most <= high)
        gaps = int(table[column].isna().sum())
        told = f"{least:g} to {most:g}" + (f", {gaps} missing" if gaps else "")
        found.append(_judged(f"range of {column}", told, f"{low:g} to {high:g}", fits))
    return found


def values(table: pd.DataFrame, column: str, allowed: Iterable[object]) -> Check:
    """Check that a column holds nothing but the allowed values.

    Examples
    --------
    >>> values(pd.DataFrame({"act": ["ask", "tell"]}), "act", ["ask", "tell"]).state
    'whole'
    """
    allowed = list(allowed)
    strange = sorted({str(v) for v in table[column]} - {str(v) for v in allowed})
    told = ", ".join(strange[:5]) or f"{table[column].nunique()} kinds"
    return _judged(f"values of {column}", told, f"the {len(allowed)} known", not strange)


def unique(table: pd.DataFrame, column: str) -> Check:
    """Check that no value of a column stands twice.

    Examples
    --------
    >>> unique(pd.DataFrame({"id": [1, 2]}), "id").state
    'whole'
    """
    twice = int(table[column].duplicated().sum())
    return _judged(f"repeats in {column}", twice, 0, not twice)


def number(what: str, found: float, expected: float) -> Check:
    """Check that a number is the one that was published.

    Examples
    --------
    >>> number("dialogues", 10, 10).state
    'whole'
    """
    return _judged(what, f"{found:g}", f"{expected:g}", found == expected)


def counted(what: str, found: int, published: int) -> Check:
    """Check that about as many are there as were published: papers count before last corrections.

    Half a per cent more or less is noted, a larger gap is damage.

    Examples
    --------
    >>> [counted("lines", n, 1000).state for n in (1000, 998, 900)]
    ['whole', 'noted', 'damaged']
    """
    if found == published:
        return number(what, found, published)
    near = abs(found - published) <= published / 200
    return Check(what, str(found), str(published), "noted" if near else "damaged")


def of_part(part: str, checks: Iterable[Check]) -> list[Check]:
    """Return checks whose names say which part of a data set they are of.

    Examples
    --------
    >>> of_part("tweets", [number("texts", 2, 2)])[0].what
    'tweets: texts'
    """
    return [replace(c, what=f"{part}: {c.what}") for c in checks]


def damaged(checks: Sequence[Check]) -> bool:
    """Return whether anything among them is damaged.

    Examples
    --------
    >>> damaged([Check("rows", "3", "4", "damaged")])
    True
    """
    return any(c.state == "damaged" for c in checks)


def _judged(what: str, found: object, expected: object, good: bool) -> Check:
    return Check(what, str(found), str(expected), "whole" if good else "damaged")


def _files(name: str, root: Path) -> list[Check]:
    folder = facts(name).folder
    kept = {f"{folder}/{path}": sha256 for path, sha256 in received(root / folder).items()}
    found = [_file(file, root, kept) for file in sources(name)]
    return [c for c in found if c is not None]


def _file(file: SourceFile, root: Path, kept: Mapping[str, str]) -> Check | None:
    path = root / file.path
    if not path.is_file():
        # A part that only some need, or the other of two forms of one file.
        return None if file.optional else Check(file.path, "not there", "there", "noted")
    digest_found = digest(path)
    short = digest_found[:12]
    if digest_found in file.sha256:
        return Check(file.path, short, short, "whole")
    wanted = kept.get(file.path, file.sha256[0] if file.sha256 and file.exact else "")
    if wanted:
        return _judged(file.path, short, wanted[:12], digest_found == wanted)
    return Check(file.path, short, "not known", "noted")
