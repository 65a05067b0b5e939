"""Reads a user's table, or one file a split, for a check of the split."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from affectkit.data.leak_check import SplitTable
from affectkit.errors import MediaError
from affectkit.media.sniff import regular_file
from affectkit.media.tabular_chat import delimiter_of

ROLES: dict[str, tuple[str, ...]] = {
    "split": ("split", "set", "partition", "subset", "fold", "usage"),
    "text": ("text", "utterance", "sentence", "transcript", "transcription", "message", "comment",
             "content", "tweet", "words"),
    "file": ("path", "file", "filename", "filepath", "audio", "wav", "video", "image", "clip",
             "recording"),
    "label": ("label", "emotion", "category", "class", "target", "y"),
    "score": ("valence", "arousal", "dominance", "score"),
    "speaker": ("speaker", "speakerid", "subject", "subjectid", "participant", "participantid",
                "actor", "actorid", "person", "personid", "author", "user", "userid", "patient"),
    "session": ("session", "sessionid", "dialogue", "dialogueid", "dialog", "dialogid",
                "conversation", "conversationid", "interview", "episode", "scene"),
    "start": ("start", "starts", "starttime", "onset", "begin"),
    "end": ("end", "ends", "endtime", "offset", "stop"),
    "id": ("id", "itemid", "utteranceid", "exampleid", "uid"),
    "tie": (),
    "feature": (),
}  # fmt: skip
"""What a column can hold, and the names by which it is known, in lower case without signs."""

_SEVERAL = ("label", "score", "tie", "feature")
_SPLIT_OF_FILE = ("train", "dev", "valid", "val", "test", "eval", "heldout")
_MOST_LABELS = 200


@dataclass(frozen=True)
class BadRow:
    """A row that cannot be checked, where it is, and what to do about it.

    Examples
    --------
    >>> print(BadRow("test.csv", 7, "it has no split", "fill the cell in"))
    test.csv, row 7: it has no split. To mend it: fill the cell in
    """

    file: str
    row: int
    problem: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.file}, row {self.row}: {self.problem}. To mend it: {self.remedy}"


@dataclass(frozen=True, eq=False)
class CheckedFiles:
    """A table to check, which column was taken for what, and what was left out.

    Parameters
    ----------
    table
        The rows that are sound.
    columns
        By role of `ROLES`, the columns taken.
    bad
        Rows that were left out.
    """

    table: SplitTable
    columns: Mapping[str, Sequence[str]]
    bad: tuple[BadRow, ...] = ()


def read_check_files(
    paths: Sequence[str | Path], columns: Mapping[str, Sequence[str]] | None = None
) -> CheckedFiles:
    r"""Return the rows of one table with a split column, or of one file a split.

    Parameters
    ----------
    paths
        CSV or TSV (plain or in gzip), JSON lines, or Parquet. Several files are a split each,
        named by ``train``, ``dev``, ``valid``, ``test`` in their names, or by the whole name.
    columns
        By role of `ROLES`, the names of columns where they cannot be told by their names.

    Raises
    ------
    MediaError
        If a file is no table, or a named column is not there; says which and what to do.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "all.csv"
    >>> _ = file.write_text("text,emotion,split\nYes,joy,train\nNo,fear,test\nOh,fear,\n")
    >>> found = read_check_files([file])
    >>> found.table.splits, found.bad[0].row
    (('train', 'test'), 3)
    """
    files = [regular_file(path) for path in paths]
    bad: list[BadRow] = []
    shown = _shown(files)
    parts = [
        _read(file, name, bad).assign(**{"\0file": name})
        for file, name in zip(files, shown, strict=True)
    ]
    names = dict.fromkeys(str(c) for part in parts for c in part.columns if c[0] != "\0")
    roles = _roles(files, list(names), columns or {})
    if len(files) > 1 and "split" not in (columns or {}):
        roles.pop("split", None)
    rows = pd.concat(parts, ignore_index=True)
    said = _split_names(shown)
    if "split" in roles:
        split = _cells(rows, roles["split"][0])
    elif len(files) > 1:
        split = rows["\0file"].map(said).to_numpy(dtype=str)
    else:
        split = np.repeat("all", len(rows))
    bad += _unsound(rows, roles, split)
    left_out = {(b.file, b.row) for b in bad}
    keys = zip(rows["\0file"], rows["\0row"], strict=True)
    kept = np.array([key not in left_out for key in keys], dtype=bool)
    if not kept.any():
        raise MediaError(f"no row can be checked; the first: {bad[0]}", remedy="mend the rows")
    rows, split = rows[kept].reset_index(drop=True), split[kept]
    table = _table(" and ".join(shown), rows, roles, split, columns or {})
    bad.sort(key=lambda b: (b.file, b.row))
    return CheckedFiles(table, roles, tuple(bad))


def _read(file: Path, name: str, bad: list[BadRow]) -> pd.DataFrame:
    kind = Path(file.name.removesuffix(".gz")).suffix.lower()
    try:
        if kind in (".parquet", ".pq"):
            rows = pd.read_parquet(file)
        elif kind in (".jsonl", ".ndjson", ".json"):
            rows = _json_lines(file, name, bad)
        else:
            how: dict[str, Any] = {"dtype": str, "keep_default_na": False, "encoding": "utf-8-sig"}
            head = pd.read_csv(file, sep="\0", header=None, nrows=1, quoting=3, **how)
            rows = pd.read_csv(file, sep=delimiter_of(str(head.iloc[0, 0])), **how)
    except UnicodeDecodeError:
        raise MediaError(f"{file.name} is not text in UTF-8", remedy="save it in UTF-8") from None
    except (OSError, ValueError, EOFError, ImportError) as error:
        raise MediaError(
            f"{file.name} cannot be read as a table: {str(error).strip()[:200]}",
            remedy="give CSV or TSV with a header, JSON lines (.jsonl), or Parquet",
        ) from None
    if rows.empty:
        raise MediaError(f"{file.name} has no rows", remedy="give a file with items")
    rows.columns = pd.Index([str(column).strip() for column in rows.columns])
    if "\0row" not in rows:
        rows["\0row"] = np.arange(1, len(rows) + 1)
    return rows


def _json_lines(file: Path, name: str, bad: list[BadRow]) -> pd.DataFrame:
    import gzip

    opened = gzip.open if file.suffix == ".gz" else open
    found: list[dict[str, Any]] = []
    with opened(file, "rt", encoding="utf-8-sig") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                value = json.loads(line)
                problem = "" if isinstance(value, dict) else "it is no JSON object"
            except ValueError as error:
                value, problem = None, f"it is no JSON ({error})"
            if problem:
                bad.append(BadRow(name, number, problem, "write one object a line"))
            else:
                found.append({**value, "\0row": number})
    return pd.DataFrame(found)


def _roles(
    files: Sequence[Path], names: Sequence[str], columns: Mapping[str, Sequence[str]]
) -> dict[str, list[str]]:
    told = {role: list(given) for role, given in columns.items() if given}
    where = files[0].name if len(files) == 1 else "the files"
    for role, given in told.items():
        if role not in ROLES:
            raise MediaError(f"no column is a {role!r}", remedy=f"use one of {', '.join(ROLES)}")
        missing = [name for name in given if name not in names]
        if missing:
            raise MediaError(
                f"{where} has no column {', '.join(missing)}; it has {', '.join(names)[:200]}",
                remedy=f"give --column {role}=NAME with one of these",
            )
        if len(given) > 1 and role not in _SEVERAL:
            raise MediaError(f"two columns are the {role}: {', '.join(given)}", remedy="give one")
    taken = {name for given in told.values() for name in given}
    plain: dict[str, str] = {}
    for name in names:
        if name not in taken:
            bare = re.sub(r"[^a-z0-9]", "", re.sub(r"_(s|sec|seconds)$", "", name.lower()))
            plain.setdefault(bare, name)
    for role, known in ROLES.items():
        if role not in told:
            found = [plain[name] for name in known if name in plain]
            if found:
                # Further names of a role are columns of another kind, or the same again.
                told[role] = found if role == "score" else found[:1]
    if "label" in told and "score" in told and "score" not in columns:
        del told["score"]
    if not set(told) - {"split", "label", "score", "start", "end"}:
        raise MediaError(
            f"{where} has no column that is known as text, file, speaker, session or id; it has "
            f"{', '.join(names)[:200]}",
            remedy="say which with --column text=NAME, --column speaker=NAME and so on",
        )
    return told


def _split_names(shown: Sequence[str]) -> dict[str, str]:
    """Return the split that each file is, by its name as it is shown."""
    said = {}
    for name in shown:
        parts = re.split(r"[^a-z]+", _stem(name).lower())
        said[name] = next((s for s in _SPLIT_OF_FILE if s in parts), _stem(name))
    return said if len(set(said.values())) == len(said) else {name: _stem(name) for name in shown}


def _shown(files: Sequence[Path]) -> list[str]:
    """Return the names of files, with their folder where two have the same."""
    names = [file.name for file in files]
    if len(set(names)) < len(names):
        names = [f"{file.parent.name}/{file.name}" for file in files]
    if len(set(names)) < len(names):
        raise MediaError("a file is given twice", remedy="give each split's file once")
    return names


def _stem(name: str) -> str:
    return name.removesuffix(".gz").rpartition(".")[0] or name


def _unsound(
    rows: pd.DataFrame, roles: Mapping[str, Sequence[str]], split: np.ndarray
) -> list[BadRow]:
    problems: list[tuple[np.ndarray, str, str]] = []
    if "split" in roles:
        problems.append((split == "", "it has no split", "fill the cell in, or leave the row out"))
    if "start" in roles and "end" in roles:
        start, end = (_numbers(rows, roles[role][0]) for role in ("start", "end"))
        bad = ~(np.isfinite(start) & np.isfinite(end))
        told = f"{roles['start'][0]} or {roles['end'][0]} is no number of seconds"
        problems.append((bad, told, "write seconds, such as 12.5"))
        backwards = ~bad & (end < start)
        problems.append((backwards, "it ends before it starts", "exchange start and end"))
    for name in roles.get("label", []):
        empty = _cells(rows, name) == ""
        problems.append((empty, f"its {name} is empty", "fill it in, or leave the row out"))
    for name in roles.get("score", []):
        empty = ~np.isfinite(_numbers(rows, name))
        problems.append((empty, f"its {name} is no number", "write a number"))
    if "text" in roles:
        empty = _cells(rows, roles["text"][0]) == ""
        problems.append((empty, "its text is empty", "fill it in, or leave the row out"))
    found: dict[int, BadRow] = {}
    for bad, problem, remedy in problems:
        for at in np.flatnonzero(bad):
            file, row = str(rows["\0file"].iloc[at]), int(rows["\0row"].iloc[at])
            found.setdefault(int(at), BadRow(file, row, problem, remedy))
    return list(found.values())


def _table(
    name: str,
    rows: pd.DataFrame,
    roles: Mapping[str, Sequence[str]],
    split: np.ndarray,
    given: Mapping[str, Sequence[str]],
) -> SplitTable:
    one = rows["\0file"].nunique() == 1
    where = np.array(
        [f"row {r}" if one else f"{f}, row {r}"
         for f, r in zip(rows["\0file"], rows["\0row"], strict=True)]
    )  # fmt: skip
    tying = ("speaker", "session", "file", "id")
    ties = {role: _cells(rows, roles[role][0]) for role in tying if role in roles}
    ties |= {tie: _cells(rows, tie) for tie in roles.get("tie", [])}
    digits = "id" in ties and all(v.isdigit() for v in ties["id"] if v)
    windows = None
    held = ties.get("file", ties.get("session"))
    if "start" in roles and "end" in roles and held is not None:
        windows = (held, _numbers(rows, roles["start"][0]), _numbers(rows, roles["end"][0]))
    label, sets, scores = None, None, None
    labels = list(roles.get("label", []))
    if len(labels) > 1:
        sets = pd.DataFrame({c: _yes(rows, c) for c in labels})
    elif labels and len(set(_cells(rows, labels[0]))) <= _MOST_LABELS:
        label = _cells(rows, labels[0])
    numbers = [*roles.get("score", []), *(labels if label is None and sets is None else [])]
    if numbers:
        scores = pd.DataFrame({c: _numbers(rows, c) for c in numbers})
        if not np.isfinite(scores.to_numpy()).all():
            raise MediaError(
                f"the column {numbers[-1]!r} holds more than {_MOST_LABELS} labels that are no "
                "numbers",
                remedy="say --column label=NAME with the column of labels",
            )
    features = list(roles.get("feature", []))
    if not features:
        taken = {c for r in roles.values() for c in r} | {"\0file", "\0row"}
        features = [c for c in rows.columns if c not in taken and _fractions(rows, c)]
    return SplitTable(
        name, where, split.astype(str),
        text=_cells(rows, roles["text"][0]) if "text" in roles else None,
        windows=windows, ties=ties,
        doubtful=("id",) if digits and "id" not in given else (),
        label=label, sets=sets, scores=scores,
        features=pd.DataFrame({c: _numbers(rows, c) for c in features}) if features else None,
    )  # fmt: skip


def _cells(rows: pd.DataFrame, name: str) -> np.ndarray:
    cells = rows[name].astype(object)
    return cells.where(cells.notna(), "").astype(str).str.strip().to_numpy(dtype=str)


def _numbers(rows: pd.DataFrame, name: str) -> np.ndarray:
    return pd.to_numeric(pd.Series(_cells(rows, name)), errors="coerce").to_numpy(dtype=np.float64)


def _fractions(rows: pd.DataFrame, name: str) -> bool:
    """Whether a column holds numbers, some of which are no whole ones."""
    if rows[name].map(lambda v: isinstance(v, list | dict | bool)).any():
        return False
    numbers = _numbers(rows, name)
    empty = _cells(rows, name) == ""
    known = numbers[~empty]
    return bool(len(known) and np.isfinite(known).all() and (known % 1 != 0).any())


def _yes(rows: pd.DataFrame, name: str) -> np.ndarray:
    cells = pd.Series(_cells(rows, name)).str.lower()
    if not cells.isin(["0", "1", "0.0", "1.0", "true", "false"]).all():
        row = int((~cells.isin(["0", "1", "0.0", "1.0", "true", "false"])).to_numpy().argmax())
        raise MediaError(
            f"{rows[chr(0) + 'file'].iloc[row]}, row {rows[chr(0) + 'row'].iloc[row]}: {name} is "
            f"{cells.iloc[row]!r}, not 0 or 1",
            remedy="of several label columns, each says 0 or 1; name one column of labels only",
        )
    return cells.isin(["1", "1.0", "true"]).to_numpy()
