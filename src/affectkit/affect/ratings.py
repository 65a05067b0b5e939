"""What several people said about the same items, kept rater by rater."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from affectkit.affect.labels import LabelSet
from affectkit.errors import LabelError, MediaError

Rule = Literal["distribution", "plurality", "majority", "all-inclusive"]
COLUMNS = ("item", "rater", "aspect", "label", "score")
EMOTION = "emotion"
"""The aspect that labels are given on when nothing else is said."""


@dataclass(frozen=True, eq=False)
class Ratings:
    """Items rated by several people, each rating with its rater.

    Parameters
    ----------
    table
        One row a rating: ``item``, ``rater``, ``aspect`` (what was rated, such as
        ``"emotion"`` or ``"valence"``), and either ``label`` or ``score``. A rater who gives an
        item several labels has a row for each. Missing columns are added.
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
        table = _conform(self.table, self.label_set)
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

    def votes(self, aspect: str = EMOTION) -> pd.DataFrame:
        """Return how many raters gave each item each label [shape=(n_items, n_labels)]."""
        labels = self._labels()
        given = self.table[(self.table["aspect"] == aspect) & self.table["label"].notna()]
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
            each label that anybody gave (Chou et al. 2024).
        aspect
            What was rated.

        Returns
        -------
        pandas.DataFrame
            Rows sum to 1, but under ``"all-inclusive"`` and where there is no majority.

        Raises
        ------
        LabelError
            If there is no such rule, or the ratings are not labels.
        """
        votes = self.votes(aspect).astype(float)
        values = votes.to_numpy()
        if rule == "distribution":
            given = self.table[(self.table["aspect"] == aspect) & self.table["label"].notna()]
            several = given.groupby(["item", "rater"])["label"].transform("size")
            weighted = given.assign(part=1.0 / several).pivot_table(
                index="item", columns="label", values="part", aggfunc="sum", fill_value=0.0
            )
            parts = weighted.reindex(index=votes.index, columns=votes.columns, fill_value=0.0)
            values = parts.fillna(0.0).to_numpy(dtype=float)
            values = values / values.sum(axis=1, keepdims=True)
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
                remedy="use distribution, plurality, majority or all-inclusive",
            )
        return pd.DataFrame(values, index=votes.index, columns=votes.columns)

    def spread(self, aspect: str = EMOTION) -> pd.Series:
        """Return the share of raters who gave another label than the most frequent one, [0, 1]."""
        votes = self.votes(aspect)
        return 1.0 - votes.max(axis=1) / self._n_raters(aspect).loc[votes.index]

    def scores(self, aspect: str) -> pd.DataFrame:
        """Return ``mean, sd, n`` of the scores of each item on an aspect."""
        given = self.table[(self.table["aspect"] == aspect) & self.table["score"].notna()]
        grouped = given.groupby("item", sort=False)["score"]
        out = pd.DataFrame({"mean": grouped.mean(), "sd": grouped.std(), "n": grouped.size()})
        return out.loc[list(dict.fromkeys(given["item"]))]

    def agreement(self, aspect: str = EMOTION) -> float:
        """Return Krippendorff's alpha over all raters: 1 for agreement, 0 for chance.

        Nominal for labels, interval for scores; items with one rating do not count
        (Krippendorff 2011, Computing Krippendorff's alpha-reliability). Not a number if
        nothing can be compared, or nothing varies.

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
        given = self.table[self.table["aspect"] == aspect]
        if given["score"].notna().any():
            return _alpha(given["item"], given["score"].to_numpy(dtype=float), interval=True)
        if given.duplicated(["item", "rater"]).any():
            raise LabelError(
                "raters gave items several labels each",
                remedy="ask for the agreement on one label at a time: ratings.on(label)",
            )
        codes = pd.Categorical(given["label"]).codes.astype(float)
        return _alpha(given["item"], codes, interval=False)

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
        hit = (given["label"] == label).groupby([given["item"], given["rater"]], sort=False).any()
        table = hit.astype(float).rename("score").reset_index().assign(aspect=label)
        return Ratings(table, None, self.known_raters)

    def to_csv(self, path: str | os.PathLike[str]) -> Path:
        """Write one row a rating to a CSV file, whole or not at all; attributes go beside it.

        What is known about the raters goes to ``<name>.raters.csv`` if there is anything.
        """
        target = Path(path)
        _write_csv(self.table, target, index=False)
        if len(self.known_raters.columns):
            _write_csv(self.known_raters, target.with_suffix(".raters.csv"), index=True)
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
        source = Path(path)
        text = {name: str for name in COLUMNS if name != "score"}
        try:
            table = pd.read_csv(source, dtype=text, keep_default_na=False, na_values={"score": ""})
            for name in ("aspect", "label"):
                if name in table:
                    table[name] = table[name].replace("", None)
            beside = source.with_suffix(".raters.csv")
            raters = None
            if beside.exists():
                raters = pd.read_csv(beside, dtype={"rater": str}).set_index("rater")
        except (OSError, ValueError, KeyError) as error:
            raise MediaError(f"{source} cannot be read as ratings: {error}") from error
        if not {"item", "rater"} <= set(table.columns):
            raise MediaError(f"{source} has no columns item and rater")
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

    def _n_raters(self, aspect: str) -> pd.Series:
        given = self.table[(self.table["aspect"] == aspect) & self.table["label"].notna()]
        return given.groupby("item")["rater"].nunique()


def _conform(table: pd.DataFrame, label_set: LabelSet | None) -> pd.DataFrame:
    strangers = [c for c in table.columns if c not in COLUMNS]
    if strangers:
        raise LabelError(f"ratings have no columns {strangers}")
    out = table.reindex(columns=list(COLUMNS)).reset_index(drop=True)
    for name in ("item", "rater"):
        if out[name].isna().any():
            raise LabelError(f"every rating needs its {name}")
        out[name] = out[name].astype(str)
    aspect = out["aspect"].astype(object)
    out["aspect"] = aspect.where(aspect.notna(), EMOTION).astype(str)
    out["score"] = out["score"].astype("float64")
    label = out["label"].astype(object)
    out["label"] = label.where(label.notna(), None).astype("string")
    told = out["label"].notna().astype(int) + out["score"].notna().astype(int)
    if (told != 1).any():
        row = int(np.flatnonzero(told.to_numpy() != 1)[0])
        raise LabelError(f"rating {row} says {'both' if told[row] else 'neither'} label and score")
    given = set(out["label"].dropna())
    unknown = sorted(given - set(label_set.labels if label_set else ()))
    if unknown:
        where = repr(label_set.name) if label_set else "any set: none was given"
        raise LabelError(f"the labels {unknown} are not of {where}")
    twice = out.duplicated(["item", "rater", "aspect", "label"])
    if twice.any():
        first = out[twice].iloc[0]
        raise LabelError(f"{first['rater']} rated {first['item']} twice on {first['aspect']}")
    return out


def _alpha(
    items: Sequence[str] | pd.Series, values: NDArray[np.float64], *, interval: bool
) -> float:
    """Return alpha from the pairs within items against the pairs overall (Krippendorff 2011)."""
    frame = pd.DataFrame({"item": np.asarray(items), "value": values})
    frame = frame[frame.groupby("item")["value"].transform("size") > 1]
    n = len(frame)
    if n < 2:
        return float("nan")
    observed = 0.0
    for _, group in frame.groupby("item"):
        v = group["value"].to_numpy()
        observed += _disagreement(v, interval=interval) / (len(v) - 1)
    expected = _disagreement(frame["value"].to_numpy(), interval=interval) / (n - 1)
    return float(1.0 - observed / expected) if expected > 0 else float("nan")


def _disagreement(values: NDArray[np.float64], *, interval: bool) -> float:
    """Return the sum over all ordered pairs of the squared difference, or of being unequal."""
    n = len(values)
    if interval:
        centred = values - values.mean()
        return float(2.0 * n * (centred**2).sum())
    _, counts = np.unique(values, return_counts=True)
    return float(n * n - (counts.astype(float) ** 2).sum())


def _write_csv(table: pd.DataFrame, target: Path, *, index: bool) -> None:
    beside = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        table.to_csv(beside, index=index)
        os.replace(beside, target)
    except OSError as error:
        raise MediaError(f"{target} cannot be written: {error.strerror or error}") from error
    finally:
        beside.unlink(missing_ok=True)
