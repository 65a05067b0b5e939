"""Scores by group and label, and the gaps between groups that they make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from affectkit.measure.intervals import Interval

Floats = NDArray[np.float64]
Over = Literal["rms", "mean", "max"]


class TooSmall(NamedTuple):
    """A score that rests on too few rows to count in a gap.

    Attributes
    ----------
    group, label
        Which; no label means the whole group.
    n
        How many rows there are.
    """

    group: str
    label: str
    n: int

    def __str__(self) -> str:
        what = f"{self.group}, {self.label}" if self.label else self.group
        return f"{what} (n={self.n})"


@dataclass(frozen=True, eq=False)
class GroupScores:
    """Scores of each group by label.

    Parameters
    ----------
    groups, labels
        Names in order.
    rows
        How many rows each group has [shape=(n_groups,)].
    scores
        By metric [shape=(n_groups, n_labels)]; NaN where there is nothing to tell it from.
    under
        How many rows each score rests on, by metric [shape=(n_groups, n_labels)].
    least
        A score that rests on fewer counts in no gap.
    draws
        The scores of bootstrap resamples, by metric [shape=(n_draws, n_groups, n_labels)].
    units
        How many rows or clusters were drawn from.
    """

    groups: tuple[str, ...]
    labels: tuple[str, ...]
    rows: NDArray[np.int64]
    scores: Mapping[str, Floats]
    under: Mapping[str, Floats]
    least: int
    draws: Mapping[str, Floats] = field(default_factory=dict)
    units: int = 0

    def table(self, metric: str) -> pd.DataFrame:
        """Return one metric, a row a group and a column a label; nothing is left out."""
        return pd.DataFrame(self._scores(metric), index=self.groups, columns=self.labels)

    def too_small(self, metric: str) -> tuple[TooSmall, ...]:
        """Return what counts in no gap of a metric because it rests on too few rows.

        Examples
        --------
        >>> from affectkit.measure.fairness import group_scores
        >>> found = group_scores(["joy"] * 12, ["joy"] * 12, ["f"] * 11 + ["m"])
        >>> [str(x) for x in found.too_small("tpr")]
        ['m (n=1)']
        """
        self._scores(metric)
        found = []
        for g, group in enumerate(self.groups):
            if self.rows[g] < self.least:
                found.append(TooSmall(group, "", int(self.rows[g])))
                continue
            found += [
                TooSmall(group, label, int(self.under[metric][g, k]))
                for k, label in enumerate(self.labels)
                if self.under[metric][g, k] < self.least
            ]
        return tuple(found)

    def gaps(self, metric: str) -> Floats:
        """Return the largest less the smallest score among groups, by label [shape=(n_labels,)].

        NaN where fewer than two groups have enough rows.
        """
        return _spread(self._scores(metric), self._counts(metric))

    def difference(self, metric: str, group: str, other: str) -> Floats:
        """Return the score of one group less that of another, by label [shape=(n_labels,)].

        Raises
        ------
        KeyError
            If there is no such group.
        """
        for name in (group, other):
            if name not in self.groups:
                raise KeyError(f"there is no group {name!r}; there are {', '.join(self.groups)}")
        scores = np.where(self._counts(metric), self._scores(metric), np.nan)
        first, second = (scores[self.groups.index(name)] for name in (group, other))
        return np.asarray(first - second)

    def gap(self, metric: str, *, over: Over = "rms", level: float = 0.95) -> Interval:
        """Return the gaps of all labels in one number, with its interval if there are draws.

        A gap is never below zero, so chance alone makes it positive: compare it with what
        shuffled groups show (`affectkit.measure.fairness_chance.chance_gaps`), and do not read
        an interval above zero as proof of a difference.

        Parameters
        ----------
        metric
            Such as ``"tpr"`` or ``"ccc"``.
        over
            ``"rms"``: root mean square over labels; ``"mean"``: mean absolute; ``"max"``.
        level
            Coverage of the percentile interval.

        Returns
        -------
        Interval
            Ends are NaN without draws. Labels for which fewer than two groups have enough rows
            are left out; with no label left, the value is NaN.
        """
        counts = self._counts(metric)
        value = float(_joined(_spread(self._scores(metric), counts), over))
        low = high = float("nan")
        if metric in self.draws:
            drawn = _joined(_spread(self.draws[metric], counts), over)
            drawn = drawn[~np.isnan(drawn)]
            if len(drawn):
                low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
        return Interval(value, float(low), float(high), self.units)

    def interval(self, metric: str, group: str, label: str, *, level: float = 0.95) -> Interval:
        """Return one score of one group, with its interval if there are draws."""
        g, k = self.groups.index(group), self.labels.index(label)
        low = high = float("nan")
        if metric in self.draws:
            low, high = np.nanquantile(
                self.draws[metric][:, g, k], [(1 - level) / 2, (1 + level) / 2]
            )
        return Interval(float(self._scores(metric)[g, k]), float(low), float(high), self.units)

    def _scores(self, metric: str) -> Floats:
        if metric not in self.scores:
            raise KeyError(f"there is no {metric!r}; there are {', '.join(self.scores)}")
        return self.scores[metric]

    def _counts(self, metric: str) -> NDArray[np.bool_]:
        return np.asarray((self.under[metric] >= self.least) & (self.rows >= self.least)[:, None])


def _spread(scores: Floats, counts: NDArray[np.bool_]) -> Floats:
    told = counts & ~np.isnan(scores)
    high = np.where(told, scores, -np.inf).max(axis=-2)
    low = np.where(told, scores, np.inf).min(axis=-2)
    enough = told.sum(axis=-2) >= 2
    return np.where(enough, np.where(enough, high, 0) - np.where(enough, low, 0), np.nan)


def _joined(gaps: Floats, over: Over) -> Floats:
    told = ~np.isnan(gaps)
    n, filled = told.sum(axis=-1), np.where(told, gaps, 0.0)
    if over == "max":
        found = filled.max(axis=-1)
    elif over == "mean":
        found = filled.sum(axis=-1) / np.maximum(n, 1)
    elif over == "rms":
        found = np.sqrt((filled**2).sum(axis=-1) / np.maximum(n, 1))
    else:
        raise ValueError(f"over is 'rms', 'mean' or 'max', not {over!r}")
    return np.where(n > 0, found, np.nan)
