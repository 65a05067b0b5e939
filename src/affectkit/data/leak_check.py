"""What stands on both sides of a split: texts, people, sessions, files, stretches of time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from affectkit.data.leaks import LEAST_WORDS, NEAR, between
from affectkit.measure.leakage import overlapping

State = Literal["leak", "note"]
Strings = NDArray[np.str_]
_SHOWN = 5


@dataclass(frozen=True, eq=False)
class SplitTable:
    """Items and what ties them together, as far as a check of their split needs it.

    Parameters
    ----------
    name
        Of the data set or file.
    row
        How to find each item, such as ``"test.csv, row 7"`` or its id [shape=(n,)].
    split
        The split of each item; all the same if there is none [shape=(n,)].
    text
        What was said [shape=(n,)]; None if there are no texts.
    windows
        ``(recording, start, end)`` of each item, in seconds [shape=(n,) each]; None if there are
        no times.
    ties
        By what it is (``"speaker"``, ``"session"``, ``"file"``), whose each item is; ``""`` where
        that is not known [shape=(n,) each].
    doubtful
        Those of `ties` that may be the same by chance, such as row numbers.
    label
        One label an item, ``""`` where there is none [shape=(n,)].
    sets
        True or false for each label that may hold, an item a row.
    scores
        Numbers to be foretold, an item a row.
    features
        Numbers to foretell from, an item a row.

    Examples
    --------
    >>> SplitTable("x", np.array(["1", "2"]), np.array(["train", "test"])).splits
    ('train', 'test')
    """

    name: str
    row: Strings
    split: Strings
    text: Strings | None = None
    windows: tuple[Strings, NDArray[np.float64], NDArray[np.float64]] | None = None
    ties: Mapping[str, Strings] = field(default_factory=dict)
    doubtful: tuple[str, ...] = ()
    label: Strings | None = None
    sets: pd.DataFrame | None = None
    scores: pd.DataFrame | None = None
    features: pd.DataFrame | None = None

    @property
    def splits(self) -> tuple[str, ...]:
        """The splits, what is learned from first: by its name, or as the largest."""
        names, counts = np.unique(self.split, return_counts=True)
        order = sorted(
            zip(names, counts, strict=True),
            key=lambda each: (not str(each[0]).lower().startswith("train"), -each[1]),
        )
        return tuple(str(name) for name, _ in order)

    def __len__(self) -> int:
        return len(self.row)


@dataclass(frozen=True)
class Seen:
    """One thing that two sides of a split share.

    Parameters
    ----------
    what
        Such as ``"same text"`` or ``"same speaker"``.
    state
        ``"leak"``, or ``"note"`` if it may be there by chance.
    left, right
        The sides: what is learned from, and what is judged.
    rows
        Items of the right side that are concerned.
    of
        How many it has.
    told
        What else to know of it.
    examples
        A few of the items of the right side, each with one of the left that it shares this with.

    Examples
    --------
    >>> Seen("same text", "leak", "train", "test", 5, 100).share
    0.05
    """

    what: str
    state: State
    left: str
    right: str
    rows: int
    of: int
    told: str = ""
    examples: tuple[tuple[str, str], ...] = ()

    @property
    def share(self) -> float:
        """Share of the right side that is concerned, in [0, 1]."""
        return self.rows / self.of if self.of else 0.0


def both_sides(table: SplitTable, *, near: float | None = NEAR) -> list[Seen]:
    """Return what each pair of splits shares.

    Parameters
    ----------
    table
        Items with their split.
    near
        As in `affectkit.data.leaks.between`.

    Examples
    --------
    >>> rows = np.array(["a", "b", "c"])
    >>> split, who = np.array(["train", "train", "test"]), np.array(["ann", "bob", "ann"])
    >>> [(s.what, s.rows) for s in both_sides(SplitTable("x", rows, split, ties={"speaker": who}))]
    [('same speaker', 1)]
    """
    found: list[Seen] = []
    for left, right in combinations(table.splits, 2):
        found += shared(
            _part(table, table.split == left),
            _part(table, table.split == right),
            names=(left, right),
            near=near,
        )
    return found


def shared(
    left: SplitTable, right: SplitTable, *, names: tuple[str, str], near: float | None = NEAR
) -> list[Seen]:
    """Return what two sides share: ties that both have, texts, and stretches of time.

    Parameters
    ----------
    left, right
        What is learned from, and what is judged.
    names
        What to call them.
    near
        As in `affectkit.data.leaks.between`.

    Returns
    -------
    list of Seen
        Texts are the same, or near; of windows, those that share time in one recording. A text
        shared is a note, not a leak, if all such are shorter than six words.

    Examples
    --------
    >>> text = np.array(["Tell me about your day, Tom"])
    >>> one, other = (SplitTable(n, np.array([n]), np.array([n]), text) for n in ("old", "new"))
    >>> shared(one, other, names=("old", "new"))[0].examples
    (('new', 'old'),)
    """
    found = list(_texts(left, right, names, near))
    for tie, values in right.ties.items():
        if tie in left.ties:
            found += _tied(tie, left, right, left.ties[tie], values, names)
    if left.windows is not None and right.windows is not None:
        where, seconds = overlapping(left.windows, right.windows)
        held = where >= 0
        if held.any():
            found.append(
                Seen(
                    "overlapping window", "leak", *names, int(held.sum()), len(right),
                    f"{seconds.sum():,.1f} s in all",
                    _examples(left, right, np.flatnonzero(held), where[held]),
                )
            )  # fmt: skip
    return found


def _texts(
    left: SplitTable, right: SplitTable, names: tuple[str, str], near: float | None
) -> Iterator[Seen]:
    if left.text is None or right.text is None:
        return
    pairs = between(left.text.tolist(), right.text.tolist(), near=near)
    same = pairs[pairs["likeness"] == 1].drop_duplicates("right")
    alike = pairs[(pairs["likeness"] < 1) & ~pairs["right"].isin(same["right"])]
    # A long text first: it is what proves that this is no chance.
    for what, held in (
        ("same text", same.sort_values("words", ascending=False, kind="stable")),
        ("near-duplicate text", alike.drop_duplicates("right")),
    ):
        if held.empty:
            continue
        longer = int((held["words"] >= LEAST_WORDS).sum())
        if longer == len(held):
            told = ""
        elif longer:
            told = f"{longer:,} of six words or more; shorter ones may be there by chance"
        else:
            told = "none of six words or more, so these may be there by chance"
        yield Seen(
            what, "leak" if longer else "note", *names, len(held), len(right), told,
            _examples(left, right, held["right"].to_numpy(), held["left"].to_numpy()),
        )  # fmt: skip


def _tied(
    tie: str,
    left: SplitTable,
    right: SplitTable,
    ours: Strings,
    theirs: Strings,
    names: tuple[str, str],
) -> Iterator[Seen]:
    kinds, first = np.unique(ours, return_index=True)
    at = dict(zip(kinds.tolist(), first.tolist(), strict=True))
    at.pop("", None)
    where = np.array([at.get(value, -1) for value in theirs.tolist()], dtype=np.intp)
    held = np.flatnonzero(where >= 0)
    if not len(held):
        return
    doubt = tie in left.doubtful or tie in right.doubtful
    kinds_shared = len(set(theirs[held].tolist()))
    whole = len(set(theirs.tolist()) - {""})
    told = f"{kinds_shared:,} of the {whole:,} {tie} values of {names[1]}"
    if doubt:
        told += "; they look like row numbers, which start anew in each part"
    yield Seen(
        f"same {tie}", "note" if doubt else "leak", *names, len(held), len(right), told,
        _examples(left, right, held, where[held]),
    )  # fmt: skip


def _examples(
    left: SplitTable, right: SplitTable, held: NDArray[np.intp], where: NDArray[np.intp]
) -> tuple[tuple[str, str], ...]:
    shown: Sequence[tuple[int, int]] = list(zip(held, where, strict=True))[:_SHOWN]
    return tuple((str(right.row[j]), str(left.row[i])) for j, i in shown)


def _part(table: SplitTable, kept: NDArray[np.bool_]) -> SplitTable:
    windows = table.windows
    return SplitTable(
        table.name,
        table.row[kept],
        table.split[kept],
        None if table.text is None else table.text[kept],
        None if windows is None else (windows[0][kept], windows[1][kept], windows[2][kept]),
        {tie: values[kept] for tie, values in table.ties.items()},
        table.doubtful,
    )
