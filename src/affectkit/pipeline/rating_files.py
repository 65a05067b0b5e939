"""Files of ratings: a row a rating, or a row an item with its votes counted."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from affectkit.affect import LabelSet
from affectkit.affect.ratings import Ratings
from affectkit.affect.ratings_table import EMOTION
from affectkit.data import crema_d_votes
from affectkit.errors import DataError, MediaError
from affectkit.media.sniff import regular_file
from affectkit.media.tabular_chat import delimiter_of

ROLES: dict[str, tuple[str, ...]] = {
    "item": (
        "item", "itemid", "clip", "clipid", "file", "filename", "stimulus", "stimulusid",
        "utterance", "utteranceid", "exampleid", "textid", "imageid", "image", "id", "text",
    ),
    "rater": (
        "rater", "raterid", "annotator", "annotatorid", "worker", "workerid", "coder", "judge",
        "listener", "listenerid", "participant", "participantid", "subject", "user", "userid",
    ),
    "label": ("label", "emotion", "category", "annotation", "answer", "response", "choice"),
    "score": ("score", "rating", "value", "valence", "arousal", "dominance"),
    "view": ("view", "condition", "channel", "modality"),
    "vote": (),
    "cluster": (),
    "attribute": (),
}  # fmt: skip
"""What a column can hold, and the names by which it is known, in lower case without signs."""

MOST_LABELS = 100
_SEVERAL = ("score", "vote", "attribute")


@dataclass(frozen=True, eq=False)
class CountedVotes:
    """How often each item got each label, seen or heard in one way.

    Parameters
    ----------
    name
        Of the way in which items were shown; empty if there is one only.
    votes
        Whole numbers, a row an item and a column a label; every item has a vote.
    clusters
        What ties items together, such as the actor [shape=(n_items,)]; None if nothing does.
    """

    name: str
    votes: pd.DataFrame
    clusters: NDArray[np.str_] | None = None


@dataclass(frozen=True, eq=False)
class RatedFile:
    """What a file of ratings holds.

    Parameters
    ----------
    path
        The file.
    views
        The votes for labels, one table for each way in which items were shown.
    ratings
        Who gave which label or score to what; None if the file only counts votes.
    columns
        Which column was taken for what.
    cluster
        What ties items together, in a word; empty if nothing does.
    notes
        What was left out, and why.
    """

    path: Path
    views: tuple[CountedVotes, ...]
    ratings: Ratings | None
    columns: Mapping[str, Sequence[str]]
    cluster: str = ""
    notes: tuple[str, ...] = ()


def read_rating_file(
    path: str | Path, columns: Mapping[str, Sequence[str]] | None = None
) -> RatedFile:
    r"""Return what a CSV or TSV file of ratings holds; it may be compressed with gzip.

    Parameters
    ----------
    path
        A table with a row a rating (item, rater, and a label or scores); a table with a row an
        item and the number of votes for each label in columns; or CREMA-D's tabulated votes.
    columns
        By role of `ROLES`, the names of columns where they cannot be told by their names.

    Raises
    ------
    MediaError
        If the file is no such table; says which row or column is wrong and what to do.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "said.csv"
    >>> _ = file.write_text("clip,annotator,emotion\na,x,joy\na,y,fear\nb,x,joy\n")
    >>> read_rating_file(file).views[0].votes.to_numpy().tolist()
    [[1, 1], [0, 1]]
    """
    file = regular_file(path)
    rows = _rows(file)
    if {*"ADFHNS", "fileName", "numResponses"} <= set(rows.columns) and not columns:
        return _crema_d(file, rows)
    roles = _roles(file, rows, columns or {})
    if "vote" in roles:
        return _counted(file, rows, roles)
    return _long(file, rows, roles)


def _rows(file: Path) -> pd.DataFrame:
    how: dict[str, Any] = {"dtype": str, "keep_default_na": False, "encoding": "utf-8-sig"}
    try:
        head = pd.read_csv(file, sep="\0", header=None, nrows=1, quoting=3, **how)
        rows: pd.DataFrame = pd.read_csv(file, sep=delimiter_of(str(head.iloc[0, 0])), **how)
    except UnicodeDecodeError:
        raise MediaError(
            f"{file.name} is not text in UTF-8", remedy="save it as a CSV file in UTF-8"
        ) from None
    except (OSError, ValueError, EOFError) as error:
        raise MediaError(
            f"{file.name} cannot be read as a table: {str(error).strip()[:200]}",
            remedy="give a CSV or TSV file with a header, as it is or in gzip",
        ) from None
    if rows.empty:
        raise MediaError(f"{file.name} has a header but no rows", remedy="give a file with ratings")
    rows.columns = pd.Index([str(name).strip() for name in rows.columns])
    return rows


def _roles(
    file: Path, rows: pd.DataFrame, columns: Mapping[str, Sequence[str]]
) -> dict[str, list[str]]:
    roles = {role: list(names) for role, names in columns.items() if names}
    for role, names in roles.items():
        if role not in ROLES:
            raise MediaError(f"no column is a {role!r}", remedy=f"use one of {', '.join(ROLES)}")
        missing = [name for name in names if name not in rows.columns]
        if missing:
            raise MediaError(
                f"{file.name} has no column {', '.join(missing)}; it has "
                f"{', '.join(rows.columns)[:200]}",
                remedy=f"give --column {role}=NAME with one of these",
            )
        if len(names) > 1 and role not in _SEVERAL:
            raise MediaError(f"two columns are the {role}: {', '.join(names)}", remedy="give one")
    taken = {name for names in roles.values() for name in names}
    plain: dict[str, str] = {}
    for name in rows.columns:
        if name not in taken:
            plain.setdefault(re.sub(r"[^a-z0-9]", "", name.lower()), name)
    for role, known in ROLES.items():
        if role in roles or (role == "score" and ("label" in roles or "vote" in roles)):
            continue
        found = [plain[name] for name in known if name in plain]
        if found and not (role == "label" and ("score" in roles or "vote" in roles)):
            roles[role] = found if role in _SEVERAL else found[:1]
    needed = ["item"] if "vote" in roles else ["item", "rater"]
    missing = [role for role in needed if role not in roles]
    if not missing and not {"label", "score", "vote"} & set(roles):
        missing = ["label"]
    if missing:
        raise MediaError(
            f"{file.name} has no column that is known as the {' or '.join(missing)}; it has "
            f"{', '.join(rows.columns)[:200]}",
            remedy=f"say which with --column {missing[0]}=NAME (for counted votes, give "
            "--column vote=NAME for each label)",
        )
    return roles


def _crema_d(file: Path, rows: pd.DataFrame) -> RatedFile:
    try:
        found = crema_d_votes.from_table(rows, file)
    except DataError as error:
        raise MediaError(error.problem, remedy=error.remedy) from None
    views = []
    for channel in crema_d_votes.CHANNELS:
        part = found[found["channel"] == channel].set_index("clip")
        if len(part):
            actors = part["actor"].to_numpy(dtype=str)
            views.append(CountedVotes(channel, part[list(crema_d_votes.LABELS)], actors))
    taken = {"item": ["fileName"], "vote": list("ADFHNS")}
    return RatedFile(file, tuple(views), None, taken, "actor")


def _counted(file: Path, rows: pd.DataFrame, roles: dict[str, list[str]]) -> RatedFile:
    names = roles["vote"]
    votes = pd.DataFrame({name: pd.to_numeric(rows[name], errors="coerce") for name in names})
    bad = ~((votes >= 0) & (votes % 1 == 0)).all(axis=1)
    if bad.any():
        row = int(bad.to_numpy().argmax())
        told = ", ".join(f"{name} {rows[name].iloc[row]!r}" for name in names)
        raise MediaError(
            f"{file.name}, row {row + 1}: votes are whole numbers from 0, not {told[:120]}",
            remedy="mend the row, or name the columns of votes with --column vote=NAME",
        )
    if len(names) < 2:
        raise MediaError("votes are for two labels or more", remedy="give --column vote=NAME each")
    given = votes.sum(axis=1).to_numpy() > 0
    notes = _left_out(int((~given).sum()), "no vote")
    votes = votes[given].astype(int)
    votes.index = pd.Index(rows.loc[given, roles["item"][0]])
    view = _column(rows, roles, "view", given)
    cluster = _column(rows, roles, "cluster", given)
    _once(file, rows, [*roles["item"], *roles.get("view", [])])
    views = []
    for name in dict.fromkeys(view) if view is not None else [""]:
        part = np.ones(len(votes), dtype=bool) if view is None else view == name
        views.append(CountedVotes(name, votes[part], None if cluster is None else cluster[part]))
    return RatedFile(file, tuple(views), None, roles, *_told(roles), notes)


def _long(file: Path, rows: pd.DataFrame, roles: dict[str, list[str]]) -> RatedFile:
    item, rater = rows[roles["item"][0]].str.strip(), rows[roles["rater"][0]].str.strip()
    for name, values in (("item", item), ("rater", rater)):
        if (values == "").any():
            row = int((values == "").to_numpy().argmax())
            raise MediaError(
                f"{file.name}, row {row + 1}: it has no {name}",
                remedy="fill the cell in, or leave the row out",
            )
    view = _column(rows, roles, "view")
    if view is not None:
        item = item + " (" + pd.Series(view, index=item.index) + ")"
    parts, labels, skipped = [], None, 0
    if "label" in roles:
        label = rows[roles["label"][0]].str.strip()
        _few(file, roles["label"][0], label)
        table = pd.DataFrame({"item": item, "rater": rater, "aspect": EMOTION, "label": label})
        _repeats(file, table)
        skipped = int((label == "").sum())
        parts.append(table[label != ""])
        labels = LabelSet("labels of the file", tuple(sorted(set(label) - {""})))
    for name in roles.get("score", []):
        score = pd.to_numeric(rows[name], errors="coerce")
        empty = rows[name].str.strip() == ""
        bad = (~np.isfinite(score) & ~empty).to_numpy()
        if bad.any():
            row = int(bad.argmax())
            raise MediaError(
                f"{file.name}, row {row + 1}: {name} is {rows[name].iloc[row]!r}, not a number",
                remedy="mend the row, or say --column label=NAME if these are labels",
            )
        table = pd.DataFrame({"item": item, "rater": rater, "aspect": name, "score": score})
        _repeats(file, table)
        skipped += int(empty.sum())
        parts.append(table[~empty])
    whole = pd.concat(parts, ignore_index=True)
    if whole.empty:
        raise MediaError(f"{file.name} holds no rating: all are empty", remedy="check the columns")
    ratings = Ratings(whole, labels, _attributes(file, rows, rater, roles))
    views: list[CountedVotes] = []
    if labels is not None:
        votes = ratings.votes()
        first = pd.DataFrame({"item": item}).drop_duplicates("item").set_index("item").index
        where = _column(rows, roles, "cluster")
        tied = pd.Series(where, index=item) if where is not None else None
        shown = None if view is None else pd.Series(view, index=item)
        for name in [""] if shown is None else list(dict.fromkeys(view)):  # type: ignore[arg-type]
            kept = first if shown is None else first[_first(shown, first) == name]
            part = votes.loc[[i for i in kept if i in votes.index]]
            clusters = None if tied is None else _first(tied, part.index)
            if len(part):
                views.append(CountedVotes(name, part, clusters))
    notes = _left_out(skipped, "an empty cell in place of a rating")
    return RatedFile(file, tuple(views), ratings, roles, *_told(roles), notes)


def _first(values: pd.Series, items: pd.Index) -> NDArray[np.str_]:
    return values[~values.index.duplicated()].reindex(items).to_numpy(dtype=str)


def _told(roles: Mapping[str, Sequence[str]]) -> tuple[str]:
    return ("".join(roles.get("cluster", [])),)


def _left_out(count: int, why: str) -> tuple[str, ...]:
    if not count:
        return ()
    return (f"{count:,} {'row was' if count == 1 else 'rows were'} left out, having {why}.",)


def _column(
    rows: pd.DataFrame, roles: Mapping[str, Sequence[str]], role: str, kept: Any = None
) -> NDArray[np.str_] | None:
    if role not in roles:
        return None
    values = rows[roles[role][0]].str.strip().to_numpy(dtype=str)
    return values if kept is None else values[kept]


def _few(file: Path, column: str, label: pd.Series) -> None:
    kinds = label.nunique()
    if kinds > MOST_LABELS:
        raise MediaError(
            f"the column {column!r} of {file.name} holds {kinds:,} different labels",
            remedy="say --column label=NAME with the column of labels, or --column score=NAME if "
            "it holds numbers",
        )


def _repeats(file: Path, table: pd.DataFrame) -> None:
    twice = table.duplicated([c for c in ("item", "rater", "label") if c in table]).to_numpy()
    if "label" in table:
        twice = twice & (table["label"] != "").to_numpy()
    if twice.any():
        row = int(twice.argmax())
        one = table.iloc[row]
        raise MediaError(
            f"{file.name}, row {row + 1}: {one['rater']} rated {one['item']} twice",
            remedy="leave one of the rows out, or say --column view=NAME if a column says how the "
            "item was shown",
        )


def _once(file: Path, rows: pd.DataFrame, names: list[str]) -> None:
    twice = rows.duplicated(names).to_numpy()
    if twice.any():
        row = int(twice.argmax())
        raise MediaError(
            f"{file.name}, row {row + 1}: the item {rows[names[0]].iloc[row]!r} stands twice",
            remedy="say --column item=NAME with a column that tells items apart, or --column "
            "view=NAME if a column says how they were shown",
        )


def _attributes(
    file: Path, rows: pd.DataFrame, rater: pd.Series, roles: Mapping[str, Sequence[str]]
) -> pd.DataFrame | None:
    names = list(roles.get("attribute", []))
    if not names:
        return None
    each = rows[names].assign(rater=rater).drop_duplicates()
    several = each["rater"].duplicated(keep=False).to_numpy()
    if several.any():
        raise MediaError(
            f"{file.name}: {each['rater'][several].iloc[0]} has several values of "
            f"{' and '.join(names)}",
            remedy="give a rater's attribute the same value in each of the rater's rows",
        )
    return each.set_index("rater")
