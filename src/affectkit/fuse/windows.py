"""Rows of any length to regular windows, one cell a person, modality and window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from affectkit.affect import LabelSet, Timeline
from affectkit.affect.timeline import FUSED, GROUP

_ORDER = {name: i for i, name in enumerate(("face", "speech", "text"))}
_INSTANT_S = 1e-3
"""What a row without length (a photo) counts, so that it is not lost beside longer ones."""


@dataclass(frozen=True)
class Windows:
    """Estimates of several people and modalities on one regular grid.

    A cell is told (its numbers are there) or not (they are NaN). Cells that no row touches
    and cells in which every row says "cannot tell" are both untold; `touched` and `reason`
    tell them apart.

    Parameters
    ----------
    step_s
        Length of a window in seconds.
    end_s
        Where the last window is cut off.
    people, modalities
        Names along the first and third axis.
    first
        Index of the first window: it starts at ``first * step_s``.
    labels
        Probabilities [shape=(n_people, n_windows, n_modalities, n_labels)].
    space, space_sd
        Valence, arousal and dominance in [-1, 1], and the standard deviation of their
        errors [shape=(n_people, n_windows, n_modalities, 3)].
    trust
        Confidence, spread and quality in [0, 1]
        [shape=(n_people, n_windows, n_modalities, 3)].
    touched
        Whether any row overlaps the cell [shape=(n_people, n_windows, n_modalities)].
    reason
        Why the cell is not told, else None [shape as `touched`, dtype=object].
    """

    step_s: float
    end_s: float
    people: tuple[str, ...]
    modalities: tuple[str, ...]
    first: int
    labels: NDArray[np.float64]
    space: NDArray[np.float64]
    space_sd: NDArray[np.float64]
    trust: NDArray[np.float64]
    touched: NDArray[np.bool_]
    reason: NDArray[np.object_]

    @property
    def start_s(self) -> NDArray[np.float64]:
        """Where each window starts [shape=(n_windows,)]."""
        index = self.first + np.arange(self.touched.shape[1], dtype=np.float64)
        return np.asarray(index * self.step_s)

    @property
    def stop_s(self) -> NDArray[np.float64]:
        """Where each window ends [shape=(n_windows,)]."""
        stop: NDArray[np.float64] = np.minimum(self.start_s + self.step_s, np.float64(self.end_s))
        return stop

    @property
    def told(self) -> NDArray[np.bool_]:
        """Whether a cell has labels [shape=(n_people, n_windows, n_modalities)]."""
        return np.asarray(~np.isnan(self.labels).any(axis=-1))


def lanes(table: pd.DataFrame) -> pd.DataFrame:
    """Keep the rows of people's single modalities: neither fused nor of the group."""
    return table[(table["modality"] != FUSED) & (table["person"] != GROUP)]


def to_windows(
    table: pd.DataFrame,
    label_set: LabelSet,
    *,
    step_s: float,
    people: Sequence[str] | None = None,
    modalities: Sequence[str] | None = None,
) -> Windows:
    """Average the rows of a timeline's table that overlap each window.

    Within a cell every row counts by the seconds that it overlaps the window. Rows that say
    "cannot tell" do not enter the mean.

    Parameters
    ----------
    table
        Rows of a `Timeline` over `label_set`.
    label_set
        The label set.
    step_s
        Length of a window in seconds.
    people, modalities
        Names along the axes; those that occur if None.

    Examples
    --------
    >>> from affectkit.affect import Estimate
    >>> ekman = LabelSet.load("ekman7")
    >>> joy = Estimate(ekman, [0, 0, 0, 1, 0, 0, 0])
    >>> t = Timeline.from_estimates([(0.0, 2.5, "Ann", "face", joy)], ekman)
    >>> to_windows(t.table, ekman, step_s=1.0).labels[0, :, 0, 3]
    array([1., 1., 1.])
    """
    if not step_s > 0:
        raise ValueError(f"step_s is {step_s}; it must be above 0")
    who = table["person"].fillna("")
    people = tuple(dict.fromkeys(who)) if people is None else tuple(people)
    lane = table["modality"].fillna("")
    if modalities is None:
        # A fixed order, so that the result does not hang on which row comes first.
        modalities = sorted(set(lane), key=lambda name: (_ORDER.get(name, len(_ORDER)), name))
    modalities = tuple(modalities)
    person = pd.Index(people).get_indexer(pd.Index(who)) if people else np.full(len(table), -1)
    modality = (
        pd.Index(modalities).get_indexer(pd.Index(lane)) if modalities else np.full(len(table), -1)
    )
    chosen = (person >= 0) & (modality >= 0)
    table, person, modality = table[chosen], person[chosen], modality[chosen]

    start = table["start_s"].to_numpy(float)
    end = table["end_s"].to_numpy(float)
    end_s = float(end.max()) if len(end) else 0.0
    first = np.floor(start / step_s + 1e-9).astype(np.int64)
    last = np.maximum(np.ceil(end / step_s - 1e-9).astype(np.int64) - 1, first)
    origin = int(first.min()) if len(first) else 0
    n = int(last.max()) - origin + 1 if len(last) else 0
    shape = (len(people), n, len(modalities))

    # One entry for each pair of a row and a window that it overlaps.
    count = last - first + 1
    row = np.repeat(np.arange(len(table)), count)
    window = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count) + first[row]
    low, high = window * step_s, (window + 1) * step_s
    overlap = np.maximum(np.minimum(end[row], high) - np.maximum(start[row], low), _INSTANT_S)
    cell = np.ravel_multi_index((person[row], window - origin, modality[row]), shape)

    size = int(np.prod(shape))
    told = table["reason"].isna().to_numpy()
    touched = np.bincount(cell, minlength=size) > 0

    def mean(columns: Sequence[str]) -> NDArray[np.float64]:
        out = np.empty((size, len(columns)))
        for i, column in enumerate(columns):
            values = table[column].to_numpy(float)
            known = (told & ~np.isnan(values))[row]
            weight = np.bincount(cell[known], weights=overlap[known], minlength=size)
            total = np.bincount(
                cell[known], weights=overlap[known] * values[row[known]], minlength=size
            )
            with np.errstate(invalid="ignore"):
                out[:, i] = np.where(weight > 0, total / weight, np.nan)
        return out.reshape(*shape, len(columns))

    space = mean(("valence", "arousal", "dominance"))
    labels = mean(label_set.labels)
    reason = np.full(size, None, dtype=object)
    silent = ~told[row]
    reason[cell[silent][::-1]] = table["reason"].to_numpy(object)[row[silent]][::-1]
    any_told = (~np.isnan(labels).any(axis=-1) | ~np.isnan(space).all(axis=-1)).ravel()
    reason[any_told] = None
    return Windows(
        step_s=step_s,
        end_s=end_s,
        people=people,
        modalities=modalities,
        first=origin,
        labels=labels,
        space=space,
        space_sd=mean(("valence_sd", "arousal_sd", "dominance_sd")),
        trust=mean(("confidence", "spread", "quality")),
        touched=touched.reshape(shape),
        reason=reason.reshape(shape),
    )


def in_label_set(
    timelines: Sequence[Timeline], label_set: LabelSet
) -> tuple[pd.DataFrame, list[dict[str, Any]]]:
    """Put the rows of timelines together in one label set, and tell what the maps lose."""
    moved = [t.to(label_set) for t in timelines]
    maps: list[dict[str, Any]] = []
    for t in moved:
        maps += [step for step in t.provenance.get("maps", []) if step not in maps]
    frames = [t.table for t in moved if len(t)]
    if not frames:
        return Timeline.empty(label_set).table, maps
    return pd.concat(frames, ignore_index=True), maps
