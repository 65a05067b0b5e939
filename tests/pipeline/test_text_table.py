"""A table of texts through the text lane: nothing lost, nothing read twice, flat memory."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from affectkit.affect import LabelSet, Timeline
from affectkit.errors import WeightsError
from affectkit.media.text_rows import text_rows
from affectkit.pipeline.settings import Settings
from affectkit.pipeline.text_table import read_text_table

TEXTS = [
    "I love it! It came early.",
    "This makes me so angry, how dare they!",
    "",
    "Das Telefon ist leider schon nach zwei Tagen kaputt gegangen.",
    "It is a phone.",
    "😍",
    "ok",
]
KILLED = """
import os, signal, sys
from pathlib import Path
from affectkit.media.text_rows import text_rows
from affectkit.pipeline import text_table
written = []
put = text_table._Parts.put
def put_and_die(self, *args):
    put(self, *args)
    written.append(1)
    if len(written) == 2:
        os.kill(os.getpid(), signal.SIGKILL)
text_table._Parts.put = put_and_die
text_table.read_text_table(text_rows(sys.argv[1]), Path(sys.argv[2]), part_rows=6)
"""


@pytest.fixture(scope="module", autouse=True)
def readable():
    from affectkit.perceive.text import TextPerceiver

    try:
        TextPerceiver().model.probabilities(["fine"])
    except WeightsError as error:
        pytest.skip(str(error))


def reviews(folder: Path, texts: list[str]) -> Path:
    path = folder / "reviews.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([("id", "text"), *((i, t) for i, t in enumerate(texts))])
    return path


def read(path: Path, folder: Path, **more):
    folder.mkdir(exist_ok=True)
    return read_text_table(text_rows(path), folder, Settings(threads=1), **more)


def test_each_row_keeps_its_cells_and_gets_what_was_read(tmp_path):
    told, outline = read(reviews(tmp_path, TEXTS), tmp_path / "out")
    rows = pd.read_csv(tmp_path / "out/rows.csv", keep_default_na=False, na_values=[""])
    assert rows["id"].tolist() == list(range(len(TEXTS)))
    assert rows["text"].fillna("").tolist() == TEXTS
    assert rows["affect_emotion"].tolist()[:2] == ["joy", "anger"]
    assert rows["affect_sentences"].tolist()[:3] == [2, 1, 0]
    assert rows.loc[2, "affect_reason"] == "there are no words in it"
    assert "English" in rows.loc[3, "affect_reason"]
    assert (
        rows.loc[[2, 3], ["affect_emotion", "affect_valence", "affect_joy"]].isna().all(axis=None)
    )
    assert told["rows"] == len(TEXTS)
    assert sum(told["labels"].values()) + sum(told["untold"].values()) == told["rows"]
    timeline = Timeline.from_parquet(tmp_path / "out/timeline.parquet")
    assert len(timeline) == told["sentences"] == rows["affect_sentences"].sum()
    assert timeline.table["utterance"].tolist()[:3] == ["1", "1", "2"]
    assert timeline.table["start_s"].tolist() == list(range(len(timeline)))
    assert any("English" in note.reason for note in outline.notes)
    # A row is the mean of its sentences, the surer ones counting more.
    first = timeline.table[timeline.table["utterance"] == "1"]
    mean = np.average(first["valence"], weights=first["confidence"])
    assert rows.loc[0, "affect_valence"] == pytest.approx(mean, abs=1e-5)


def test_what_is_cut_into_parts_comes_out_the_same(tmp_path):
    path = reviews(tmp_path, TEXTS[:5] * 4)
    read(path, tmp_path / "whole")
    read(path, tmp_path / "cut", part_rows=7)
    for name in ("rows.csv", "timeline.csv"):
        whole, cut = (pd.read_csv(tmp_path / f / name) for f in ("whole", "cut"))
        pd.testing.assert_frame_equal(whole, cut, atol=2e-5)


def test_a_killed_run_goes_on_where_it_stopped(tmp_path):
    path = reviews(tmp_path, TEXTS * 3)
    out = tmp_path / "killed"
    out.mkdir()
    ended = subprocess.run([sys.executable, "-c", KILLED, path, out], check=False)
    assert ended.returncode == -signal.SIGKILL
    kept = {p.name: os.stat(p).st_mtime_ns for p in (out / "parts").iterdir()}
    assert {"000000.json", "000001.json"} <= set(kept)
    # What a run that was killed while it wrote leaves behind is no part.
    (out / "parts/000002.rows.parquet").write_bytes(b"half")
    (out / "parts/000002.json.part").write_text("{")
    seen = {}

    def progress(stage: str, done: float, total: float | None) -> None:
        if stage == "writing" and not seen:
            seen.update({p.name: os.stat(p).st_mtime_ns for p in (out / "parts").iterdir()})

    told, _ = read(path, out, part_rows=6, progress=progress)
    assert kept.items() <= seen.items()
    assert told["rows"] == len(TEXTS) * 3
    read(path, tmp_path / "whole", part_rows=6)
    for name in ("rows.csv", "timeline.csv"):
        assert (out / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
    assert not (out / "parts").exists()


def test_rows_that_fail_are_counted_and_named_and_the_rest_is_read(tmp_path):
    path = tmp_path / "half.jsonl"
    path.write_text('{"text": "I love it!"}\n{"text": 5}\n{"text": "I am so sad."}\n{"text": "half')
    told, _ = read(path, tmp_path / "out")
    assert (told["rows"], told["failed"], sum(told["labels"].values())) == (4, 2, 2)
    assert [(p["row"], p["line"]) for p in told["problems"]] == [(2, 2), (4, 4)]
    rows = pd.read_parquet(tmp_path / "out/rows.parquet")
    assert rows["affect_problem"].notna().tolist() == [False, True, False, True]
    assert "half" in rows["more_fields"].iloc[3]


def test_other_columns_keep_their_type_and_value(tmp_path):
    table = pd.DataFrame(
        {
            "text": ["I love it!", "No."],
            "price": [1.23456789012, 2.0],
            "tags": [["a", "b"], None],
            "when": pd.to_datetime(["2026-01-01", None]),
            "affect_x": ["theirs", "theirs"],
        }
    )
    table.to_parquet(tmp_path / "a.parquet")
    read(tmp_path / "a.parquet", tmp_path / "out")
    rows = pd.read_parquet(tmp_path / "out/rows.parquet")
    assert rows["price"].tolist() == table["price"].tolist()
    assert rows["tags"].iloc[0].tolist() == ["a", "b"]
    assert rows["affect_x"].tolist() == ["theirs", "theirs"]
    assert rows["affect_2_row"].tolist() == [1, 2]
    text = pd.read_csv(tmp_path / "out/rows.csv")
    assert text["price"].tolist() == table["price"].tolist()
    assert text["tags"].iloc[0] == '["a", "b"]'
    assert text["when"].iloc[0].startswith("2026-01-01")


def test_labels_of_any_set(tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    rows = text_rows(reviews(tmp_path, TEXTS))
    read_text_table(rows, folder, Settings(labels="goemotions28", threads=2))
    timeline = Timeline.from_parquet(folder / "timeline.parquet")
    assert timeline.label_set == LabelSet.load("goemotions28")
    assert "affect_gratitude" in pd.read_csv(folder / "rows.csv").columns


@pytest.mark.slow
def test_memory_does_not_grow_with_the_table(tmp_path):
    code = (
        "import resource, sys; from pathlib import Path\n"
        "from affectkit.media.text_rows import text_rows\n"
        "from affectkit.pipeline.text_table import read_text_table\n"
        "read_text_table(text_rows(sys.argv[1]), Path(sys.argv[2]), part_rows=512)\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    peaks = []
    for n in (1_000, 5_000):
        out = tmp_path / str(n)
        out.mkdir()
        path = reviews(out, ["ok", "I am so glad."] * (n // 2))
        ran = subprocess.run(
            [sys.executable, "-c", code, path, out], capture_output=True, text=True, check=True
        )
        peaks.append(int(ran.stdout.split()[-1]) / 1024)
    assert peaks[1] < peaks[0] + 40, peaks
