"""A table of texts in, a timeline of its sentences and the table with readings out.

The work is done in parts of some thousand rows. A part counts when its last file stands under
its final name, so that a run that was killed goes on with the first part that is missing, and no
row is lost or read twice. Memory does not grow with the table.
"""

from __future__ import annotations

import json
import os
import shutil
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as arrow
import pyarrow.csv as arrow_csv
import pyarrow.parquet as pq

import affectkit
from affectkit.affect import LabelSet, Note, Timeline
from affectkit.affect.timeline import SPACE, SPACE_SD
from affectkit.models import gates
from affectkit.pipeline.analysis import file_facts, lasting
from affectkit.pipeline.batch import PARTS
from affectkit.pipeline.settings import Settings
from affectkit.pipeline.table_summary import Summary, summed, summed_up
from affectkit.progress import Progress, silent

if TYPE_CHECKING:
    from affectkit.media.text_rows import TextRow, TextRows

PART_ROWS = 4096
PART_CHARACTERS = 4_000_000
WORDLESS = "there are no words in it"


def read_text_table(
    rows: TextRows,
    folder: Path,
    settings: Settings | None = None,
    *,
    progress: Progress | None = None,
    part_rows: int = PART_ROWS,
) -> tuple[Summary, Timeline]:
    """Read each row of a table of texts; return what was found in all, and an empty timeline.

    Writes to `folder`: ``timeline.parquet`` and ``timeline.csv`` (a row a sentence, whose
    ``utterance`` is the number of its row) and ``rows.parquet`` and ``rows.csv`` (a row an item:
    its own columns and then what was read from all its sentences together). Parts that stand in
    `folder` from an earlier run over the same table are used.

    Parameters
    ----------
    rows
        The table.
    folder
        Where to write.
    settings
        As for `affectkit.analyze`.
    progress
        Told ``("text", done, total)`` in bytes or rows of the file.
    part_rows
        How many rows are read before they are put down.

    Returns
    -------
    Summary, Timeline
        Counts, distributions and the surest examples; a timeline without rows that has the
        provenance and the notes.
    """
    from affectkit.perceive.text import TextPerceiver

    chosen = settings or Settings()
    label_set = LabelSet.load(chosen.labels)
    reader = TextPerceiver(threads=chosen.threads, evidence=False)
    gates.check(reader.card, allow_noncommercial=chosen.allow_noncommercial)
    notice = gates.purpose_notice(["text"], purpose=chosen.purpose, setting=chosen.setting)
    parts = _Parts(folder / PARTS, rows, label_set, f"{reader.card.id} {affectkit.__version__}")
    report = progress or silent
    count, whole = parts.standing()
    already = whole["sentences"]
    source = rows.rows(lambda at: report("text", at, rows.size))
    for _ in islice(source, whole["rows"]):
        pass
    empty = Timeline.empty(LabelSet.load("goemotions28")).to(label_set)
    held: deque[list[TextRow]] = deque()

    def blocks() -> Iterator[list[tuple[str, str]]]:
        while block := _block(source, part_rows):
            held.append(block)
            yield [(str(row.number), row.text) for row in block]

    for timeline in reader.perceive_blocks(blocks()):
        block = held.popleft()
        read = timeline.to(label_set)
        empty = read.with_table(read.table.iloc[:0])
        table = read.table
        which = np.searchsorted([row.number for row in block], table["utterance"].astype(int))
        table[["start_s", "end_s"]] += already
        items = _items(block, table, which, label_set)
        told = summed_up(block, items, len(table), label_set)
        parts.put(count, table, items, told)
        whole = summed([whole, told], label_set)
        count += 1
    report("text", rows.size, rows.size)
    provenance = {
        **empty.provenance,
        "models": [{**reader.card.model_dump(mode="json"), "lane": "text"}],
        "affectkit": affectkit.__version__,
        "file": file_facts(rows.path, "table", 0.0),
        "settings": {**lasting(chosen), "column": rows.column},
        "notice": notice,
        "time": "sentences",
    }
    notes = tuple(
        Note("text", f"{n} of {whole['rows']} rows: {reason}")
        for reason, n in whole["untold"].items()
    )
    outline = Timeline(empty.table, label_set, provenance, None, notes)
    report("writing", 0.0, 1.0)
    parts.join(folder, count, outline)
    report("writing", 1.0, 1.0)
    return whole, outline


def _block(source: Iterator[TextRow], most: int) -> list[TextRow]:
    """Take the rows of the next part: so many, or fewer if they are long."""
    block: list[TextRow] = []
    letters = 0
    for row in source:
        block.append(row)
        letters += len(row.text)
        if len(block) >= most or letters >= PART_CHARACTERS:
            break
    return block


def _items(
    block: Sequence[TextRow],
    table: pd.DataFrame,
    which: np.ndarray[Any, np.dtype[np.int64]],
    label_set: LabelSet,
) -> pd.DataFrame:
    """Join the sentences of each row, the surer ones counting more; a row for each.

    Errors of one reader in one text go together, so the standard deviation of the mean is not
    taken to shrink with the number of sentences.
    """
    n = len(block)
    told = table["reason"].isna().to_numpy()
    weight = np.where(told, np.nan_to_num(table["confidence"].to_numpy(float)), 0.0)
    share = np.bincount(which, weights=weight, minlength=n)
    out: dict[str, Any] = {"row": [row.number for row in block]}
    means: dict[str, np.ndarray[Any, np.dtype[np.float64]]] = {}
    for name in (*label_set.labels, *SPACE, *SPACE_SD, "confidence", "spread"):
        values = np.nan_to_num(table[name].to_numpy(float))
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = np.bincount(which, weights=weight * values, minlength=n) / share
        means[name] = np.where(share > 0, mean, np.nan)
    labels = np.column_stack([means[name] for name in label_set.labels])
    lead = np.nan_to_num(labels, nan=-1.0).argmax(axis=1)
    names = np.array(label_set.labels, dtype=object)
    out["emotion"] = np.where(share > 0, names[lead], None)
    out |= {name: means[name] for name in ("confidence", "spread", *SPACE, *SPACE_SD)}
    out |= {name: means[name] for name in label_set.labels}
    out["sentences"] = np.bincount(which, minlength=n)
    reasons: list[str | None] = [None] * n
    for at, reason in zip(which[~told][::-1], table["reason"][~told][::-1], strict=True):
        reasons[at] = str(reason)
    out["reason"] = [
        None if share[i] > 0 or row.problem else reasons[i] or WORDLESS
        for i, row in enumerate(block)
    ]
    out["problem"] = [row.problem or None for row in block]
    out["mended"] = [row.mended or None for row in block]
    out["text"] = [row.text for row in block]
    out["cells"] = [row.cells for row in block]
    return pd.DataFrame(out)


class _Parts:
    """What has been read so far, on disk."""

    def __init__(self, folder: Path, rows: TextRows, label_set: LabelSet, made_by: str) -> None:
        self.folder = folder
        self.rows = rows
        self.made_by = made_by
        self.label_set = label_set
        self.prefix = "affect_"
        while any(name.startswith(self.prefix) for name in (rows.column, *rows.others)):
            self.prefix += "2_"
        self.schema = self._schema(label_set)

    def standing(self) -> tuple[int, Summary]:
        """Return how many parts stand without a gap and what they say in all."""
        count, whole = 0, summed([], self.label_set)
        while (path := self.folder / f"{count:06d}.json").is_file():
            held = json.loads(path.read_text(encoding="utf-8"))
            if held["made_by"] != self.made_by:
                break
            whole = summed([whole, held["summary"]], self.label_set)
            count += 1
        if not count:
            shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True, exist_ok=True)
        return count, whole

    def put(self, number: int, table: pd.DataFrame, items: pd.DataFrame, told: Summary) -> None:
        """Put a part down; it counts from the moment its last file has its name."""
        arrow = pa.Table.from_pandas(table, preserve_index=False)
        pq.write_table(arrow, self.folder / f"{number:06d}.timeline.parquet")
        pq.write_table(self._with_cells(items), self.folder / f"{number:06d}.rows.parquet")
        beside = self.folder / f"{number:06d}.json.part"
        beside.write_text(json.dumps({"made_by": self.made_by, "summary": told}), encoding="utf-8")
        os.replace(beside, self.folder / f"{number:06d}.json")

    def join(self, folder: Path, count: int, outline: Timeline) -> None:
        """Write the parts one after another into the files that stay, and drop them."""
        outline.to_parquet(folder / "timeline.parquet")
        described = pq.read_schema(folder / "timeline.parquet").metadata
        for name in ("timeline", "rows"):
            schema = pq.read_schema(folder / "timeline.parquet")
            if name == "rows":
                schema, described = self.schema, {}
            parts = [self.folder / f"{i:06d}.{name}.parquet" for i in range(count)]
            given = self.rows.columns if name == "rows" else ()
            _join(parts, folder / name, schema.with_metadata(described or None), given)
        shutil.rmtree(self.folder)

    def _with_cells(self, items: pd.DataFrame) -> pa.Table:
        columns: dict[str, Any] = {}
        cells: list[Mapping[str, Any]] = list(items["cells"])
        for name in self.rows.others:
            columns[name] = [c.get(name) for c in cells]
        columns[self.rows.column] = items["text"].tolist()
        columns[self.prefix + "as_it_stands"] = [c.get("as it stands") for c in cells]
        for name in items.columns:
            if name not in ("cells", "text"):
                columns[self.prefix + name] = items[name]
        arrays = [pa.array(columns[f.name], type=f.type, from_pandas=True) for f in self.schema]
        return pa.Table.from_arrays(arrays, schema=self.schema)

    def _schema(self, label_set: LabelSet) -> pa.Schema:
        kinds: dict[str, pa.DataType] = {}
        if self.rows.kind == "parquet":
            given = pq.read_schema(self.rows.path)
            kinds = {name: given.field(name).type for name in self.rows.others}
        fields = [pa.field(name, kinds.get(name, pa.string())) for name in self.rows.columns]
        numbers = ("confidence", "spread", *SPACE, *SPACE_SD, *label_set.labels)
        ours = [
            ("row", pa.int64()),
            ("emotion", pa.string()),
            *((name, pa.float64()) for name in numbers),
            ("sentences", pa.int64()),
            *((name, pa.string()) for name in ("reason", "problem", "mended", "as_it_stands")),
        ]
        return pa.schema([*fields, *(pa.field(self.prefix + n, kind) for n, kind in ours)])


def _join(
    parts: Sequence[Path], target: Path, schema: pa.Schema, given: Sequence[str] = ()
) -> None:
    """Write the tables of parts to ``TARGET.parquet`` and ``TARGET.csv``."""
    with (
        pq.ParquetWriter(target.with_suffix(".parquet"), schema) as writer,
        target.with_suffix(".csv").open("wb") as stream,
        arrow_csv.CSVWriter(stream, _as_csv(schema.empty_table(), given).schema) as comma,
    ):
        for path in parts:
            table = pq.read_table(path).cast(schema)
            writer.write_table(table)
            comma.write_table(_as_csv(table, given))


def _as_csv(table: pa.Table, given: Sequence[str]) -> pa.Table:
    """Return a table for a file of commas: our numbers to six places, what is nested as JSON."""
    columns = []
    for name, kind in zip(table.column_names, table.schema.types, strict=True):
        column = table.column(name)
        if pa.types.is_floating(kind):
            column = column if name in given else arrow.round(column, ndigits=6)
        elif not (pa.types.is_integer(kind) or pa.types.is_string(kind)):
            column = pa.chunked_array([pa.array(_written(column.to_pylist()), type=pa.string())])
        columns.append(column)
    return pa.table(columns, names=table.column_names)


def _written(values: Sequence[Any]) -> list[str | None]:
    return [
        json.dumps(v, ensure_ascii=False, default=str)
        if isinstance(v, list | dict | bool)
        else None
        if v is None
        else str(v)
        for v in values
    ]
