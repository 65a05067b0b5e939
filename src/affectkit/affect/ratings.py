"""What several people said about the same items, kept rater by rater."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from affectkit.affect.krippendorff_alpha import krippendorff_alpha, packed_votes
from affectkit.affect.labels import LabelSet
from affectkit.affect.ratings_table import COLUMNS as COLUMNS
from affectkit.affect.ratings_table import CONDITION, conform, read_csv, write_csv
from affectkit.affect.ratings_table import EMOTION as EMOTION
from affectkit.errors import LabelError

Rule = Literal["distribution", "plurality", "majority", "all-inclusive", "above-chance"]


@dataclass(frozen=True, eq=False)
class Ratings:
    """Items rated by several people, each rating with its rater.

    Parameters
    ----------
    table
        One row a rating: ``item``, ``rater``, ``aspect`` (what was rated, such as
        ``"emotion"`` or ``"valence"``), and either ``label`` or ``score``. A rater who gives an
        item several labels has a row for each. Missing columns are added. A sixth column,
        ``condition``, may say how the item was shown; what a rater says of an item under
        another condition then counts as another rater's, until `under` chooses one.
    label_set
        The set that the labels are of; None if there are only scores.
    raters
        What is known about the raters, one row each, indexed by rater.

    Raises
    ------
    LabelError
        If a label is not of the set, or a row says neither or both, or says one thing twice.

    Examples
    --------
    >>> table = pd.DataFrame(
    ...     {"item": ["a", "a", "a"], "rater": ["x", "y", "z"], "label": ["joy", "joy", "fear"]}
    ... )
    >>> r = Ratings(table, LabelSet.load("ekman7"))
    >>> r.soft("majority").loc["a", "joy"], round(float(r.spread()["a"]), 2)
    (np.float64(1.0), 0.33)
    """

    table: pd.DataFrame
    label_set: LabelSet | None = None
    raters: pd.DataFrame | None = None

    def __post_init__(self) -> None:
        table = conform(self.table, self.label_set)
        object.__setattr__(self, "table", table)
        known = list(dict.fromkeys(table["rater"]))
        raters = pd.DataFrame(index=known) if self.raters is None else self.raters.copy()
        raters.index = raters.index.astype(str).rename("rater")
        strangers = [name for name in known if name not in raters.index]
        if strangers:
            raise LabelError(f"the raters {strangers} rate but are not among the raters")
        object.__setattr__(self, "raters", raters)

    @property
    def known_raters(self) -> pd.DataFrame:
        """What is known about the raters, one row each [index: rater]."""
        assert self.raters is not None  # filled in when made
        return self.raters

    def __len__(self) -> int:
        return len(self.table)

    @property
    def items(self) -> tuple[str, ...]:
        """The items, in order of first appearance."""
        return tuple(dict.fromkeys(self.table["item"]))

    @property
    def aspects(self) -> tuple[str, ...]:
        """What was rated, in order of first appearance."""
        return tuple(dict.fromkeys(self.table["aspect"]))

    @property
    def conditions(self) -> tuple[str, ...]:
        """How items were shown, in order of first appearance; empty if nothing is said."""
        return tuple(dict.fromkeys(self.table[CONDITION])) if CONDITION in self.table else ()

    def under(self, condition: str) -> Ratings:
        """Return what was said of items that were shown in one way.

        Raises
        ------
        LabelError
            If nothing was shown that way.

        Examples
        --------
        >>> said = {"item": ["a", "a"], "rater": ["x", "x"], "condition": ["voice", "face"]}
        >>> r = Ratings(pd.DataFrame(said).assign(score=[0.0, 1.0], aspect="valence"))
        >>> r.conditions, r.under("face").scores("valence").loc["a", "mean"]
        (('voice', 'face'), np.float64(1.0))
        """
        if condition not in self.conditions:
            raise LabelError(
                f"nothing was rated under {condition!r}",
                remedy=f"use one of {', '.join(self.conditions) or 'none'}",
            )
        kept = self.table[self.table[CONDITION] == condition]
        return replace(self, table=kept.drop(columns=CONDITION))

    def of_rater(self, rater: str) -> Ratings:
        """Return what one rater said."""
        return replace(self, table=self.table[self.table["rater"] == rater])

    def where(self, **attributes: Any) -> Ratings:
        """Return what the raters said whose attributes have the given values.

        Raises
        ------
        LabelError
            If the raters have no such attribute.

        Examples
        --------
        >>> table = pd.DataFrame({"item": ["a", "a"], "rater": ["x", "y"], "score": [1.0, 0.0]})
        >>> raters = pd.DataFrame({"age": [20, 60]}, index=["x", "y"])
        >>> len(Ratings(table, raters=raters).where(age=60))
        1
        """
        keep = pd.Series(True, index=self.known_raters.index)
        for name, value in attributes.items():
            if name not in self.known_raters:
                raise LabelError(
                    f"nothing is known about the {name!r} of the raters",
                    remedy=f"use one of {', '.join(map(str, self.known_raters.columns)) or 'none'}",
                )
            keep &= self.known_raters[name] == value
        chosen = set(self.known_raters.index[keep])
        return replace(self, table=self.table[self.table["rater"].isin(chosen)])

    def given(self, aspect: str = EMOTION) -> pd.DataFrame:
        """Return the ratings of one aspect, ``item, rater, label, score``, a row each.

        Under several conditions, raters' names carry the condition: ``"x (face)"``.
        """
        rows = self.table[self.table["aspect"] == aspect]
        if len(self.conditions) > 1:
            rows = rows.assign(rater=rows["rater"] + " (" + rows[CONDITION] + ")")
        return rows[["item", "rater", "label", "score"]]

    def updated(self, more: Ratings, *, replacing: bool = False) -> Ratings:
        """Return these ratings and more of them, with what is known about all raters.

        Parameters
        ----------
        more
            New ratings, of these items or others; what they know about a rater counts.
        replacing
            What a rater says anew of an item and aspect takes the place of what they said.

        Raises
        ------
        LabelError
            If label sets differ, or somebody says a thing twice.

        Examples
        --------
        >>> said = {"item": ["a", "b"], "rater": ["x", "x"], "label": ["joy", "fear"]}
        >>> r = Ratings(pd.DataFrame(said), LabelSet.load("ekman7"))
        >>> changed = Ratings(pd.DataFrame(said).iloc[:1].assign(label="anger"), r.label_set)
        >>> r.updated(changed, replacing=True).table["label"].tolist()
        ['fear', 'anger']
        """
        labels = self.label_set or more.label_set
        if more.label_set is not None and more.label_set != labels:
            assert self.label_set is not None  # else it would be theirs
            raise LabelError(
                f"ratings in {more.label_set.name!r} cannot join those in {self.label_set.name!r}",
                remedy="bring them into one label set first",
            )
        old = self.table
        if replacing:
            keys = ["item", "rater", "aspect", *([CONDITION] if CONDITION in old else [])]
            if CONDITION in keys and CONDITION not in more.table:
                keys.remove(CONDITION)
            anew = pd.MultiIndex.from_frame(more.table[keys])
            old = old[~pd.MultiIndex.from_frame(old[keys]).isin(anew)]
        raters = more.known_raters.combine_first(self.known_raters)
        order = dict.fromkeys([*self.known_raters.index, *more.known_raters.index])
        columns = dict.fromkeys([*self.known_raters.columns, *more.known_raters.columns])
        raters = raters.reindex(index=list(order), columns=list(columns))
        return Ratings(pd.concat([old, more.table], ignore_index=True), labels, raters)

    def votes(self, aspect: str = EMOTION) -> pd.DataFrame:
        """Return how many raters gave each item each label [shape=(n_items, n_labels)]."""
        labels = self._labels()
        given = self._labelled(aspect)
        counts = pd.crosstab(given["item"], given["label"].astype(str))
        items = list(dict.fromkeys(given["item"]))
        return (
            counts.reindex(index=items, columns=list(labels.labels))
            .fillna(0)
            .astype("int64")
            .rename_axis(index="item", columns=None)
        )

    def soft(self, rule: Rule = "distribution", aspect: str = EMOTION) -> pd.DataFrame:
        """Return the label of each item by a rule [shape=(n_items, n_labels)].

        Parameters
        ----------
        rule
            ``"distribution"``: the share of raters for each label; a rater with several
            labels divides their one vote among them. ``"plurality"``: the label with most
            votes, ties shared. ``"majority"``: the labels that more than half of the item's
            raters gave, shared; missing values where there is none. ``"all-inclusive"``: 1 for
            each label that anybody gave. ``"above-chance"``: the all-inclusive rule of Chou
            et al. (2024) for several labels: 1 for each label whose share of the distribution
            is above 1/C, of C labels.
        aspect
            What was rated.

        Returns
        -------
        pandas.DataFrame
            Rows sum to 1, but under ``"all-inclusive"`` and ``"above-chance"``, and where
            there is no majority. Where all labels have the same share, none is above chance.

        Raises
        ------
        LabelError
            If there is no such rule, or the ratings are not labels.
        """
        votes = self.votes(aspect).astype(float)
        values = votes.to_numpy()
        if rule in ("distribution", "above-chance"):
            given = self._labelled(aspect)
            several = given.groupby(["item", "rater"])["label"].transform("size")
            weighted = given.assign(part=1.0 / several).pivot_table(
                index="item", columns="label", values="part", aggfunc="sum", fill_value=0.0
            )
            parts = weighted.reindex(index=votes.index, columns=votes.columns, fill_value=0.0)
            values = parts.fillna(0.0).to_numpy(dtype=float)
            values = values / values.sum(axis=1, keepdims=True)
            if rule == "above-chance":
                # A share of exactly 1/C may lie a rounding error above it.
                values = (values > 1 / values.shape[1] + 1e-12).astype(float)
        elif rule == "plurality":
            best = (values == values.max(axis=1, keepdims=True)) & (values > 0)
            values = best / best.sum(axis=1, keepdims=True)
        elif rule == "majority":
            most = values > self._n_raters(aspect).loc[votes.index].to_numpy()[:, None] / 2
            with np.errstate(invalid="ignore"):
                values = most / most.sum(axis=1, keepdims=True)
        elif rule == "all-inclusive":
            values = (values > 0).astype(float)
        else:
            raise LabelError(
                f"there is no rule {rule!r}",
                remedy="use distribution, plurality, majority, all-inclusive or above-chance; "
                "those that weigh raters are in affectkit.measure.label_rules",
            )
        return pd.DataFrame(values, index=votes.index, columns=votes.columns)

    def spread(self, aspect: str = EMOTION) -> pd.Series:
        """Return the share of raters who gave another label than the most frequent one, [0, 1]."""
        votes = self.votes(aspect)
        return 1.0 - votes.max(axis=1) / self._n_raters(aspect).loc[votes.index]

    def scores(self, aspect: str) -> pd.DataFrame:
        """Return ``mean, sd, n`` of the scores of each item on an aspect."""
        given = self.given(aspect)
        given = given[given["score"].notna()]
        grouped = given.groupby("item", sort=False)["score"]
        out = pd.DataFrame({"mean": grouped.mean(), "sd": grouped.std(), "n": grouped.size()})
        return out.loc[list(dict.fromkeys(given["item"]))]

    def agreement(self, aspect: str = EMOTION) -> float:
        """Return Krippendorff's alpha over all raters: 1 for agreement, 0 for chance.

        Nominal for labels, interval for scores; items with one rating do not count
        (Krippendorff 2011, Computing Krippendorff's alpha-reliability). Not a number if
        nothing can be compared, or nothing varies. `affectkit.measure.agreement` has more
        measures, with intervals.

        Raises
        ------
        LabelError
            If raters gave items several labels each: nominal alpha knows one.

        Examples
        --------
        >>> labels = ["joy", "joy", "fear", "fear"]
        >>> table = pd.DataFrame({"item": list("aabb"), "rater": list("xyxy"), "label": labels})
        >>> Ratings(table, LabelSet.load("ekman7")).agreement()
        1.0
        """
        given = self.given(aspect)
        scored = bool(given["score"].notna().any())
        if not scored and given.duplicated(["item", "rater"]).any():
            raise LabelError(
                "raters gave items several labels each",
                remedy="ask for the agreement on one label at a time: ratings.on(label)",
            )
        values = given["score"] if scored else pd.Series(pd.Categorical(given["label"]).codes)
        item = pd.factorize(given["item"])[0]
        turn = given.groupby("item").cumcount().to_numpy()
        wide = np.full((item.max(initial=-1) + 1, turn.max(initial=0) + 1), np.nan)
        wide[item, turn] = values.to_numpy(dtype=float)
        return krippendorff_alpha(wide, "interval" if scored else "nominal")

    def on(self, label: str, aspect: str = EMOTION) -> Ratings:
        """Return who did and who did not give one label, as scores 1 and 0 on that label.

        Examples
        --------
        >>> said = {"item": ["a", "a"], "rater": ["x", "y"], "label": ["joy", "fear"]}
        >>> table = pd.DataFrame(said)
        >>> Ratings(table, LabelSet.load("ekman7")).on("joy").scores("joy").loc["a", "mean"]
        np.float64(0.5)
        """
        self._labels().index(label)
        given = self.table[(self.table["aspect"] == aspect) & self.table["label"].notna()]
        keys = ["item", "rater", *([CONDITION] if CONDITION in given else [])]
        hit = (given["label"] == label).groupby([given[k] for k in keys], sort=False).any()
        table = hit.astype(float).rename("score").reset_index().assign(aspect=label)
        return Ratings(table, None, self.known_raters)

    @classmethod
    def from_votes(
        cls,
        votes: pd.DataFrame,
        label_set: LabelSet | str,
        *,
        aspect: str = EMOTION,
        conditions: Sequence[str] | None = None,
    ) -> Ratings:
        """Return counted votes as ratings by raters of whom nothing is known.

        Raters are ``"#1"``, ``"#2"``, … anew for every item: what they say of two items is not
        one person's, so nothing that follows a rater from item to item can be asked.

        Parameters
        ----------
        votes
            How many raters gave each item each label: a row an item, named by the index, and a
            column a label [shape=(n_items, n_labels)].
        label_set
            The set of the labels.
        aspect
            What was rated.
        conditions
            How each item was shown [shape=(n_items,)]; an item may then stand once for each.

        Raises
        ------
        LabelError
            If a count is no whole number from 0.

        Examples
        --------
        >>> counted = pd.DataFrame({"joy": [2, 0], "fear": [1, 3]}, index=["a", "b"])
        >>> r = Ratings.from_votes(counted, "ekman7")
        >>> len(r), r.votes().loc["a", "joy"], round(r.agreement(), 3)
        (6, np.int64(2), 0.375)
        """
        counts = votes.to_numpy()
        try:
            codes = packed_votes(counts)
        except (TypeError, ValueError) as error:
            raise LabelError(f"these are no votes: {error}") from error
        row, turn = np.nonzero(~np.isnan(codes))
        names = np.asarray(votes.columns, dtype=str)
        table = pd.DataFrame(
            {
                "item": np.asarray(votes.index, dtype=str)[row],
                "rater": np.array([f"#{t + 1}" for t in range(codes.shape[1])], dtype=str)[turn],
                "aspect": aspect,
                "label": names[codes[row, turn].astype(int)],
            }
        )
        if conditions is not None:
            table[CONDITION] = np.asarray(conditions, dtype=str)[row]
        return cls(table, LabelSet.load(label_set) if isinstance(label_set, str) else label_set)

    def to_csv(self, path: str | os.PathLike[str]) -> Path:
        """Write one row a rating to a CSV file, whole or not at all; attributes go beside it.

        What is known about the raters goes to ``<name>.raters.csv`` if there is anything.
        """
        target = Path(path)
        write_csv(self.table, target, index=False)
        if len(self.known_raters.columns):
            write_csv(self.known_raters, target.with_suffix(".raters.csv"), index=True)
        return target

    @classmethod
    def from_csv(
        cls, path: str | os.PathLike[str], label_set: LabelSet | str | None = None
    ) -> Ratings:
        """Read what `to_csv` wrote, or any CSV with ``item, rater`` and ``label`` or ``score``.

        Raises
        ------
        MediaError
            If the file cannot be read as such a table.
        """
        table, raters = read_csv(Path(path))
        chosen = LabelSet.load(label_set) if isinstance(label_set, str) else label_set
        return cls(table, chosen, raters)

    def to_audformat(self, folder: str | os.PathLike[str], name: str = "ratings") -> Path:
        """Write an audformat database with one table an aspect and one column a rater.

        Items are the files. Labels become a scheme of the label set, scores a float scheme.

        Raises
        ------
        LabelError
            If a rater gave an item several labels; audformat's columns hold one.
        MissingExtraError
            If audformat is not installed (extra ``formats``).
        """
        from affectkit.affect.ratings_audformat import write_audformat

        return write_audformat(self, Path(folder), name)

    @classmethod
    def from_audformat(
        cls, folder: str | os.PathLike[str], label_set: LabelSet | str | None = None
    ) -> Ratings:
        """Read the rater columns of an audformat database.

        Raises
        ------
        MediaError
            If the folder holds no audformat database.
        """
        from affectkit.affect.ratings_audformat import read_audformat

        table, raters = read_audformat(Path(folder))
        chosen = LabelSet.load(label_set) if isinstance(label_set, str) else label_set
        return cls(table, chosen, raters)

    def _labels(self) -> LabelSet:
        if self.label_set is None:
            raise LabelError(
                "these ratings are scores, not labels", remedy="give the label set they are of"
            )
        return self.label_set

    def _labelled(self, aspect: str) -> pd.DataFrame:
        given = self.given(aspect)
        return given[given["label"].notna()]

    def _n_raters(self, aspect: str) -> pd.Series:
        given = self._labelled(aspect)
        return given.groupby("item")["rater"].nunique()
