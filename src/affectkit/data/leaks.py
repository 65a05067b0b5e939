"""Texts that stand in two splits, or in two data sets: found, counted and shown."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations, pairwise

import numpy as np
import pandas as pd

from affectkit.data.dataset import DataSet

NEAR = 0.6
"""Two texts are near each other if so large a share of their word pairs is in both (Jaccard)."""

LEAST_WORDS = 6
"""Shorter texts are never near each other, only the same: "oh my god no" proves nothing."""

_COLUMNS = ["what", "left", "right", "rows", "of", "share", "longer", "examples"]


def normalised(text: str) -> str:
    """Return the words of a text in lower case with one space between.

    Two texts count as the same if this is the same. A text without any word, such as a row of
    emoji, keeps its signs, or all such texts would count as one.

    Examples
    --------
    >>> normalised("  So, it's ON!!")
    'so it s on'
    >>> normalised(" :-)  ")
    ':-)'
    """
    return re.sub(r"\W+", " ", text.lower()).strip() or " ".join(text.split())


def between(
    left: Sequence[str],
    right: Sequence[str],
    *,
    near: float | None = NEAR,
    least_words: int = LEAST_WORDS,
) -> pd.DataFrame:
    """Return every pair of a left and a right text that say the same, or nearly.

    Parameters
    ----------
    left, right
        Texts; they may be of any number, 50,000 against 5,000 take a few seconds.
    near
        From which likeness on two texts are near each other, in (0, 1]; None looks for the
        same texts only.
    least_words
        Texts with fewer words are compared for sameness only.

    Returns
    -------
    DataFrame
        ``left`` and ``right`` (positions), ``likeness`` (1.0 for the same; otherwise the
        Jaccard index of the two sets of neighbouring words, below 1) and ``words`` (of the
        right text). No pair that is that near is missed: the search is exact.

    Notes
    -----
    Two sets whose Jaccard index is at least t share one of their rarest members, of which
    only ``n - ceil(t n) + 1`` need to be looked up (prefix filtering; Chaudhuri et al. 2006, A
    Primitive Operator for Similarity Joins in Data Cleaning). So no random sketch is needed.

    Examples
    --------
    >>> pairs = between(["I am on my way home now", "No"], ["no!", "I am on my way home, Tom"])
    >>> pairs.round(2).to_dict("records")
    [{'left': 1, 'right': 0, 'likeness': 1.0, 'words': 1},
     {'left': 0, 'right': 1, 'likeness': 0.71, 'words': 7}]
    """
    ours, theirs = list(map(normalised, left)), list(map(normalised, right))
    places = defaultdict(list)
    for i, text in enumerate(ours):
        # An empty text is a gap, not a sentence that two splits share.
        if text:
            places[text].append(i)
    found = [(i, j, 1.0) for j, text in enumerate(theirs) for i in places.get(text, ())]
    if near is not None:
        found += _near(ours, theirs, near, least_words)
    table = pd.DataFrame(found, columns=["left", "right", "likeness"])
    table["words"] = [len(theirs[j].split()) for j in table["right"]]
    order = ["likeness", "left", "right"]
    return table.sort_values(order, ascending=[False, True, True], ignore_index=True)


def report(
    dataset: DataSet, *, groups: Sequence[str] | None = None, near: float | None = NEAR
) -> pd.DataFrame:
    """Return what each pair of splits of a data set has in common.

    Parameters
    ----------
    dataset
        With ``id``, ``split`` and mostly ``text``.
    groups
        Columns that tie rows together, such as ``speaker`` or ``dialogue``; those in its facts
        if None.
    near
        As in `between`.

    Returns
    -------
    DataFrame
        One row for each thing shared: ``what`` (``"same text"``, ``"near text"``, ``"same
        id"``, ``"same speaker"``, …), ``left`` and ``right`` (splits), ``rows`` of the right
        split that are concerned, ``of`` how many, their ``share``, how many are ``longer``
        (six words or more, so not there by chance) and up to five ``examples`` (ids, never
        texts). Empty if nothing is shared.

    Examples
    --------
    >>> from affectkit.data import read
    >>> report(read("goemotions"))[["what", "rows"]]  # doctest: +SKIP
            what  rows
    0  same text    58
    """
    rows = dataset.table
    if "split" not in rows:
        return pd.DataFrame(columns=_COLUMNS)
    ties = ("id", *(dataset.facts.groups if groups is None else groups))
    # The larger split stands on the left, so that the share tells how much of what is
    # measured on the smaller one was seen before.
    splits = rows["split"].value_counts().index
    parts = [
        across(
            rows[rows["split"] == left],
            rows[rows["split"] == right],
            names=(str(left), str(right)),
            ties=[column for column in dict.fromkeys(ties) if column in rows],
            near=near,
        )
        for left, right in combinations(splits, 2)
    ]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=_COLUMNS)


def across(
    left: pd.DataFrame,
    right: pd.DataFrame,
    *,
    names: tuple[str, str] = ("left", "right"),
    ties: Sequence[str] = (),
    near: float | None = NEAR,
) -> pd.DataFrame:
    """Return what two tables share, in the columns of `report`.

    Parameters
    ----------
    left, right
        Tables with ``id`` and ``text`` (where they have one).
    names
        What to call them.
    ties
        Columns in which the same value is a leak, such as ``id``.
    near
        As in `between`.

    Examples
    --------
    >>> one = pd.DataFrame({"id": [1, 2], "text": ["Tell me about it", "Fine"]})
    >>> two = pd.DataFrame({"id": [2, 3, 4], "text": ["Why?", "fine!", "Fine."]})
    >>> across(one, two, ties=["id"])[["what", "rows", "of"]]
            what  rows  of
    0  same text     2   3
    1    same id     1   3
    """
    left, right = left.reset_index(drop=True), right.reset_index(drop=True)
    found: list[tuple[str, np.ndarray, pd.Series | None]] = []
    if "text" in left and "text" in right:
        words = right["text"].map(lambda text: len(normalised(text).split()))
        pairs = between(list(left["text"]), list(right["text"]), near=near)
        same = set(pairs.loc[pairs["likeness"] == 1, "right"])
        alike = set(pairs.loc[pairs["likeness"] < 1, "right"]) - same
        for what, places in (("same text", same), ("near text", alike)):
            found.append((what, right.index.isin(places), words >= LEAST_WORDS))
    for tie in ties:
        known = set(left[tie]) - {""}
        held = right[tie].isin(known).to_numpy()
        found.append((f"same {tie}", held, None))
    table = []
    for what, held, longer in found:
        if held.any():
            long = int((held & longer).sum()) if longer is not None else int(held.sum())
            ids = " ".join(map(str, right.loc[held, "id"].head(5))) if "id" in right else ""
            share = float(held.mean())
            table.append((what, *names, int(held.sum()), len(right), share, long, ids))
    return pd.DataFrame(table, columns=_COLUMNS)


def _near(
    ours: Sequence[str], theirs: Sequence[str], near: float, least_words: int
) -> Iterator[tuple[int, int, float]]:
    """Give each pair of texts whose word pairs have a Jaccard index in [near, 1)."""
    left, right = (list(_word_pairs(texts, least_words)) for texts in (ours, theirs))
    often = Counter(pair for _, pairs in (*left, *right) for pair in pairs)

    def rarest(pairs: Iterable[str]) -> list[str]:
        # Ties by spelling, so that both sides look in the same order.
        ordered = sorted(pairs, key=lambda pair: (often[pair], pair))
        return ordered[: len(ordered) - math.ceil(near * len(ordered)) + 1]

    places = defaultdict(list)
    for j, pairs in right:
        for pair in rarest(pairs):
            places[pair].append((j, pairs))
    for i, pairs in left:
        seen = set()
        for pair in rarest(pairs):
            for j, others in places.get(pair, ()):
                if j in seen:
                    continue
                seen.add(j)
                if ours[i] == theirs[j]:
                    continue
                shared = len(pairs & others)
                likeness = shared / (len(pairs) + len(others) - shared)
                if likeness >= near:
                    # Sets may agree where texts do not ("go go go" and "go go").
                    yield i, j, min(likeness, 0.999)


def _word_pairs(texts: Sequence[str], least_words: int) -> Iterator[tuple[int, set[str]]]:
    for place, text in enumerate(texts):
        words = text.split()
        if len(words) >= max(least_words, 2):
            yield place, {f"{a} {b}" for a, b in pairwise(words)}
