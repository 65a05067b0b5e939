"""Who felt what, when, how sure that is and on what evidence: a table over time."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from affectkit.affect.conversation import Conversation
from affectkit.affect.estimate import Estimate
from affectkit.affect.labels import LabelSet
from affectkit.affect.mapping import LabelMap, share_mass

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WHO = ("start_s", "end_s", "person", "modality", "source")
SPACE = ("valence", "arousal", "dominance")
TRUST = ("confidence", "spread", "quality")
SPACE_SD = ("valence_sd", "arousal_sd", "dominance_sd")
WORDS = ("reason", "utterance", "evidence")
_TEXT = ("person", "modality", "source", *WORDS)

GROUP = "group"
"""The person under which the mood of all people together is written."""
FUSED = "fused"
"""The modality under which the modalities together are written."""


@dataclass(frozen=True)
class Note:
    """Something that a lane could not tell, and why.

    Parameters
    ----------
    lane
        ``"face"``, ``"speech"``, ``"text"``, ``"people"``, ``"words"``, ``"media"`` …
    reason
        What could not be told, in a sentence for the user.
    start_s, end_s
        The stretch it concerns; None for the whole recording.
    """

    lane: str
    reason: str
    start_s: float | None = None
    end_s: float | None = None


@dataclass(frozen=True, eq=False, repr=False)
class Timeline:
    """Estimates over time, as a pandas table outside and Parquet on disk.

    Parameters
    ----------
    table
        Columns ``start_s, end_s`` (seconds), ``person``, ``modality`` (``face``, ``speech``,
        ``text``, …, ``fused``), ``source`` (model id), ``valence, arousal, dominance``
        (each in [-1, 1]), one column per label, ``confidence, spread, quality`` (each in
        [0, 1]), ``valence_sd, arousal_sd, dominance_sd``, ``reason`` (why the source cannot
        tell, else missing), ``utterance`` (id in the transcript) and ``evidence`` (JSON: a
        list of ``{"what", "weight"}`` and, for words, ``"start", "end"`` offsets into the
        utterance). Missing columns are added empty, others are an error.
    label_set
        The set that the label columns are over.
    provenance
        What made it: file, models with versions and licences, settings. Plain JSON values.
    transcript
        The words, if there were any.
    notes
        What could not be told.
    tables
        Further tables by name, such as ``"faces"`` (one row per face and frame).

    Examples
    --------
    >>> ekman = LabelSet.load("ekman7")
    >>> happy = Estimate(ekman, [0, 0, 0, 1, 0, 0, 0], valence=0.7, source="demo")
    >>> t = Timeline.from_estimates([(0.0, 2.0, "Ann", "face", happy)], ekman)
    >>> t.people
    ('Ann',)
    >>> t.table.loc[0, "joy"]
    np.float64(1.0)
    >>> t
    <Timeline: 1 estimate over ekman7 in 2.0 s, from face, of Ann>
    """

    table: pd.DataFrame
    label_set: LabelSet
    provenance: Mapping[str, Any] = None  # type: ignore[assignment]
    transcript: Conversation | None = None
    notes: Sequence[Note] = ()
    tables: Mapping[str, pd.DataFrame] = None  # type: ignore[assignment]

    def __post_init__(self) -> None:
        object.__setattr__(self, "table", _conform(self.table, self.label_set))
        object.__setattr__(self, "provenance", dict(self.provenance or {}))
        object.__setattr__(self, "notes", tuple(self.notes))
        object.__setattr__(self, "tables", dict(self.tables or {}))

    @classmethod
    def from_estimates(
        cls,
        rows: Iterable[tuple[float, float, str, str, Estimate]],
        label_set: LabelSet,
        **more: Any,
    ) -> Timeline:
        """Build a timeline from ``(start_s, end_s, person, modality, estimate)`` rows."""
        records = []
        for start_s, end_s, person, modality, estimate in rows:
            record: dict[str, Any] = {
                "start_s": start_s,
                "end_s": end_s,
                "person": person,
                "modality": modality,
            }
            for name in ("source", *SPACE, *SPACE_SD, *TRUST, "reason"):
                record[name] = getattr(estimate, name)
            if estimate.probabilities is not None:
                record.update(zip(label_set.labels, estimate.probabilities, strict=True))
            records.append(record)
        return cls(pd.DataFrame.from_records(records), label_set, **more)

    @classmethod
    def empty(cls, label_set: LabelSet, **more: Any) -> Timeline:
        """Return a timeline without rows."""
        return cls(pd.DataFrame(), label_set, **more)

    @classmethod
    def concat(cls, timelines: Sequence[Timeline]) -> Timeline:
        """Put timelines over one label set together, in order of time.

        Provenance is merged key by key (lists and mappings are joined), notes are joined,
        further tables of one name are stacked, and the first transcript is kept.
        """
        if not timelines:
            raise ValueError("nothing to put together")
        label_set = timelines[0].label_set
        moved = [t.to(label_set) for t in timelines]
        frames = [t.table for t in moved if len(t.table)]
        table = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()
        provenance: dict[str, Any] = {}
        for t in moved:
            for key, value in t.provenance.items():
                if isinstance(value, list) and isinstance(provenance.get(key), list):
                    provenance[key] = [
                        *provenance[key],
                        *(v for v in value if v not in provenance[key]),
                    ]
                elif isinstance(value, dict) and isinstance(provenance.get(key), dict):
                    provenance[key] = {**provenance[key], **value}
                else:
                    provenance[key] = value
        tables: dict[str, pd.DataFrame] = {}
        for t in moved:
            for name, frame in t.tables.items():
                both = [f for f in (tables.get(name), frame) if f is not None and len(f)]
                tables[name] = pd.concat(both, ignore_index=True) if len(both) > 1 else frame
        return cls(
            table,
            label_set,
            provenance,
            next((t.transcript for t in moved if t.transcript is not None), None),
            tuple(note for t in moved for note in t.notes),
            tables,
        )

    def __repr__(self) -> str:
        """Return one line that says how much there is of what; the rows are in `table`."""
        n, notes = len(self.table), len(self.notes)
        parts = [f"{n} estimate{'s' * (n != 1)} over {self.label_set.name}"]
        # Where no words have times, sentences stand in for seconds.
        parts[0] += "" if "time" in self.provenance else f" in {self.duration_s:.1f} s"
        parts += [f"from {', '.join(self.modalities)}"] if self.modalities else []
        people = [name for name in self.people if name]
        parts += [f"of {', '.join(people)}"] if people else []
        parts += [f"{notes} note{'s' * (notes != 1)}"] if notes else []
        return f"<Timeline: {', '.join(parts)}>"

    def __len__(self) -> int:
        return len(self.table)

    @property
    def people(self) -> tuple[str, ...]:
        """The people in it, in order of first appearance; the group is not a person."""
        names = dict.fromkeys(self.table["person"].dropna())
        names.pop(GROUP, None)
        return tuple(names)

    @property
    def modalities(self) -> tuple[str, ...]:
        """The modalities in it, in order of first appearance."""
        return tuple(dict.fromkeys(self.table["modality"].dropna()))

    @property
    def duration_s(self) -> float:
        """The end of the last row, in seconds."""
        return float(self.table["end_s"].max()) if len(self.table) else 0.0

    @property
    def labels(self) -> pd.DataFrame:
        """The label columns alone [shape=(n_rows, n_labels)]."""
        return self.table[list(self.label_set.labels)]

    @property
    def leading(self) -> pd.Series:
        """The most probable label of each row; missing where the source cannot tell."""
        values = self.labels.to_numpy()
        told = ~np.isnan(values).all(axis=1)
        best = np.full(len(values), None, dtype=object)
        if told.any():
            names = np.array(self.label_set.labels, dtype=object)
            best[told] = names[np.nan_to_num(values[told], nan=-1.0).argmax(axis=1)]
        return pd.Series(best, index=self.table.index, name="leading", dtype=object)

    def where(self, **equal: str | Sequence[str]) -> Timeline:
        """Keep the rows whose columns have the given value, or one of the given values.

        Examples
        --------
        >>> Timeline.empty(LabelSet.load("ekman7")).where(person="Ann", modality="face").people
        ()
        """
        keep = pd.Series(True, index=self.table.index)
        for column, value in equal.items():
            wanted = [value] if isinstance(value, str) else list(value)
            keep &= self.table[column].isin(wanted)
        return self.with_table(self.table[keep])

    def between(self, start_s: float, end_s: float) -> Timeline:
        """Keep the rows that overlap the stretch from `start_s` to `end_s`, uncut."""
        t = self.table
        return self.with_table(t[(t["start_s"] < end_s) & (t["end_s"] > start_s)])

    def with_table(self, table: pd.DataFrame) -> Timeline:
        """Return the same timeline with another table."""
        return replace(self, table=table.reset_index(drop=True))

    def to(self, label_set: LabelSet | str) -> Timeline:
        """Express the estimates in another label set.

        The mass that no label of the target can take is left out, so a row may sum to less
        than 1, and confidence falls in proportion. The map and its loss in bits are added
        to the provenance.

        Raises
        ------
        LabelError
            If no map leads there.
        """
        target = LabelSet.load(label_set) if isinstance(label_set, str) else label_set
        if target == self.label_set:
            return self
        way = LabelMap.between(self.label_set, target)
        values = self.labels.to_numpy(dtype=float)
        carried = way.apply(values)
        table = self.table.drop(columns=list(self.label_set.labels))
        table = pd.concat(
            [table, pd.DataFrame(carried, columns=list(target.labels), index=table.index)], axis=1
        )
        if target.exclusive:
            # What the map lets fall, out of the mass that the row had before it.
            had = values if self.label_set.exclusive else share_mass(values, self.label_set)
            with np.errstate(invalid="ignore", divide="ignore"):
                kept = np.clip(carried.sum(axis=1) / had.sum(axis=1), 0.0, 1.0)
            table["confidence"] = table["confidence"] * np.where(np.isnan(kept), 1.0, kept)
        step = {
            "from": self.label_set.name,
            "to": target.name,
            "steps": list(way.steps),
            "loss_bits": round(way.loss_bits, 4),
            "citation": way.citation,
        }
        maps = [*self.provenance.get("maps", []), step]
        return replace(
            self,
            table=table[_columns(target)],
            label_set=target,
            provenance={**self.provenance, "maps": maps},
        )

    def resample(self, step_s: float, *, until_s: float | None = None) -> Timeline:
        """Average onto a regular grid, for each person, modality and source.

        Rows count by the seconds they overlap a cell; a row without length counts where it
        falls if nothing else does. Cells that no row overlaps are left out; a cell in which
        all rows say "cannot tell" keeps the first reason. Utterances and evidence belong to
        rows, not to cells, and are not kept.

        Parameters
        ----------
        step_s
            Length of a cell in seconds.
        until_s
            End of the grid; the end of the last row if None.

        Raises
        ------
        ValueError
            If `step_s` is not above 0.

        Examples
        --------
        >>> ekman = LabelSet.load("ekman7")
        >>> low, high = Estimate(ekman, arousal=0.0), Estimate(ekman, arousal=1.0)
        >>> rows = [(0.0, 1.5, "Ann", "face", low), (1.5, 4.0, "Ann", "face", high)]
        >>> Timeline.from_estimates(rows, ekman).resample(2.0).table["arousal"].tolist()
        [0.25, 1.0]
        """
        if not step_s > 0:
            raise ValueError(f"step_s is {step_s}; it must be above 0")
        end = self.duration_s if until_s is None else until_s
        keys = ["person", "modality", "source"]
        groups = self.table.groupby(keys, sort=False, dropna=False)
        out = [
            cells.assign(**{name: rows[name].iloc[0] for name in keys})
            for _, rows in groups
            if len(cells := _cells(rows, self.label_set, step_s, end))
        ]
        return self.with_table(pd.concat(out, ignore_index=True) if out else pd.DataFrame())

    def to_parquet(self, path: str | os.PathLike[str]) -> Path:
        """Write the timeline, all but `tables`, to one Parquet file, whole or not at all."""
        from affectkit.affect.timeline_file import write_parquet

        return write_parquet(self, path)

    @staticmethod
    def from_parquet(path: str | os.PathLike[str]) -> Timeline:
        """Read what `to_parquet` wrote.

        Raises
        ------
        MediaError
            If the file is missing, or not a timeline.
        """
        from affectkit.affect.timeline_file import read_parquet

        return read_parquet(path)

    def to_csv(self, path: str | os.PathLike[str]) -> Path:
        """Write the table alone to a CSV file, whole or not at all."""
        from affectkit.affect.timeline_file import write_csv

        return write_csv(self, path)

    def plot(self, *, person: str | None = None) -> Figure:
        """Draw valence and arousal with their bands, a lane a person.

        Needs the extra ``plot``. Returns a matplotlib figure.
        """
        from affectkit.affect.timeline_plot import plot_timeline

        return plot_timeline(self, person=person)


def _cells(rows: pd.DataFrame, label_set: LabelSet, step_s: float, end: float) -> pd.DataFrame:
    """Return the grid cells that the rows overlap, with their weighted means."""
    numbers = [*SPACE, *label_set.labels, *TRUST, *SPACE_SD]
    starts, ends = rows["start_s"].to_numpy(), np.minimum(rows["end_s"].to_numpy(), end)
    keep = (starts < end) | ((starts == end) & (rows["end_s"].to_numpy() == end))
    rows, starts, ends = rows[keep], starts[keep], ends[keep]
    # The small slack keeps an end that is a multiple of the step out of the next cell.
    first = np.floor(starts / step_s + 1e-9).astype(np.int64)
    last = np.maximum(np.ceil(ends / step_s - 1e-9).astype(np.int64), first + 1)
    counts = last - first
    which = np.repeat(np.arange(len(rows)), counts)
    cell = np.arange(len(which)) - np.repeat(counts.cumsum() - counts, counts) + first[which]
    overlap = np.minimum(ends[which], (cell + 1) * step_s) - np.maximum(
        starts[which], cell * step_s
    )
    order = np.argsort(cell, kind="stable")
    which, cell = which[order], cell[order]
    overlap = np.maximum(overlap[order], 1e-9 * step_s)
    heads = np.flatnonzero(np.diff(cell, prepend=cell[:1] - 1))
    if not len(heads):
        return pd.DataFrame()
    values = rows[numbers].to_numpy(dtype=float)[which]
    weights = np.where(np.isnan(values), 0.0, overlap[:, None])
    total = np.add.reduceat(weights, heads, axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.add.reduceat(np.nan_to_num(values) * weights, heads, axis=0) / total
    out = pd.DataFrame(mean, columns=numbers)
    out.insert(0, "start_s", cell[heads] * step_s)
    out.insert(1, "end_s", np.minimum((cell[heads] + 1) * step_s, max(end, 0.0)))
    told = np.logical_or.reduceat(rows["reason"].isna().to_numpy()[which], heads)
    reasons = rows["reason"].to_numpy(dtype=object)[which[heads]]
    reasons[told] = None
    out["reason"] = reasons
    return out


def _columns(label_set: LabelSet) -> list[str]:
    return [*WHO, *SPACE, *label_set.labels, *TRUST, *SPACE_SD, *WORDS]


def _conform(table: pd.DataFrame, label_set: LabelSet) -> pd.DataFrame:
    columns = _columns(label_set)
    strangers = [c for c in table.columns if c not in columns]
    if strangers:
        raise ValueError(f"a timeline has no columns {strangers}")
    out = table.reindex(columns=columns)
    for column in columns:
        if column in _TEXT:
            text = out[column].astype(object)
            out[column] = text.where(text.notna(), None).astype("string")
        else:
            out[column] = out[column].astype("float64")
    if len(out) and not (out["end_s"] >= out["start_s"]).all():
        raise ValueError("every row of a timeline needs a start, and an end after it")
    order = np.lexsort((out["end_s"].to_numpy(), out["start_s"].to_numpy()))
    return out.iloc[order].reset_index(drop=True)
