"""Batches: nothing lost, nothing done twice, one bad file costs one file."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from affectkit.errors import AffectkitError
from affectkit.pipeline import batch

HERE = Path(__file__).parent
WORK = "counting_work:copy_upper"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(HERE), *sys.path]))
    (tmp_path / "in").mkdir()
    return tmp_path


def fill(folder: Path, texts: dict[str, str]) -> list[Path]:
    for name, text in texts.items():
        (folder / "in" / name).write_text(text, encoding="utf-8")
    return batch.find_files([folder / "in"])


def test_every_file_gets_its_result_and_the_record_says_so(folder: Path) -> None:
    files = fill(folder, {f"{i}.txt": f"text {i}" for i in range(5)})
    items = batch.plan(files, {}, out=folder / "out")
    record = batch.Record(folder / "out" / "record.sqlite")
    outcomes = list(batch.run(items, WORK, record=record, jobs=2, threads=1))
    assert Counter(o.state for o in outcomes) == {"done": 5}
    for item in items:
        assert (item.out / "upper.txt").read_text() == item.path.read_text().upper()
    assert [state for _, state, _ in record.rows()] == ["done"] * 5


def test_a_crash_or_a_refusal_costs_one_file_only(folder: Path) -> None:
    texts = {"a.txt": "fine", "b.txt": "crash", "c.txt": "refuse", "d.txt": "fine too"}
    items = batch.plan(fill(folder, texts), {}, out=folder / "out")
    outcomes = {o.item.path.name: o for o in batch.run(items, WORK, jobs=1, threads=1)}
    assert {name: o.state for name, o in outcomes.items()} == {
        "a.txt": "done",
        "b.txt": "failed",
        "c.txt": "failed",
        "d.txt": "done",
    }
    assert "crashed" in outcomes["b.txt"].problem
    assert "write another" in outcomes["c.txt"].problem
    left = {p.name for p in (folder / "out").iterdir()}
    assert left == {"a.affect", "d.affect"}


def test_a_hanging_file_is_stopped(folder: Path) -> None:
    from affectkit.errors import WorkError
    from affectkit.worker import Worker

    path = fill(folder, {"a.txt": "hang"})[0]
    arguments = {"path": str(path), "folder": str(folder), "threads": 1}
    with Worker(timeout_s=2.0) as worker, pytest.raises(WorkError, match="nothing happened"):
        worker.call(WORK, arguments)


def test_resume_keeps_what_stands_and_redoes_what_changed(folder: Path) -> None:
    files = fill(folder, {"a.txt": "one", "b.txt": "two"})
    items = batch.plan(files, {}, out=folder / "out")
    assert {o.state for o in batch.run(items, WORK, threads=1)} == {"done"}
    files[0].write_text("three", encoding="utf-8")
    states = {o.item.path.name: o.state for o in batch.run(items, WORK, threads=1, resume=True)}
    assert states == {"a.txt": "done", "b.txt": "kept"}
    assert (folder / "out" / "a.affect" / "upper.txt").read_text() == "THREE"
    other = batch.plan(files, {"pause_s": 0.01}, out=folder / "out")
    assert {o.state for o in batch.run(other, WORK, threads=1, resume=True)} == {"done"}


def test_a_folder_that_is_not_ours_is_left_alone(folder: Path) -> None:
    items = batch.plan(fill(folder, {"a.txt": "one"}), {}, out=folder / "out")
    items[0].out.mkdir(parents=True)
    (items[0].out / "thesis.docx").write_text("years of work")
    (outcome,) = batch.run(items, WORK, threads=1)
    assert outcome.state == "failed"
    assert (items[0].out / "thesis.docx").read_text() == "years of work"


def test_two_files_never_share_a_folder(folder: Path) -> None:
    (folder / "in" / "x").mkdir()
    for name in ("talk.srt", "talk.txt", "x/talk.txt", "other.txt"):
        (folder / "in" / name).write_text("hello")
    items = batch.plan(batch.find_files([folder / "in"]), {}, out=folder / "out")
    assert len({item.out for item in items}) == 4
    assert folder / "out" / "other.affect" in {item.out for item in items}


def test_a_missing_path_and_an_empty_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(AffectkitError, match=r"nowhere\.mp4"):
        batch.find_files([tmp_path / "nowhere.mp4"])
    with pytest.raises(AffectkitError, match="holds no file"):
        batch.find_files([tmp_path])


@pytest.mark.slow
def test_twenty_kills_lose_nothing_and_double_nothing(folder: Path) -> None:
    count = 40
    fill(folder, {f"{i:02d}.txt": f"text {i}" for i in range(count)})
    out = folder / "out"
    out.mkdir()
    call = [
        sys.executable,
        "-c",
        "import sys; from counting_work import run_batch; run_batch(*sys.argv[1:3], 0.5)",
        str(folder / "in"),
        str(out),
    ]
    rng = random.Random(0)
    for _ in range(20):
        process = subprocess.Popen(call)
        time.sleep(rng.uniform(0.3, 1.0))
        assert process.poll() is None, "the batch ended before it could be killed"
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert subprocess.run(call, check=False).returncode == 0
    for i in range(count):
        assert (out / f"{i:02d}.affect" / "upper.txt").read_text() == f"TEXT {i}"
    folders = [p.name for p in out.iterdir() if p.is_dir()]
    assert sorted(folders) == [f"{i:02d}.affect" for i in range(count)]
    done = Counter(
        line.split()[1] for line in (out / "log.txt").read_text().splitlines() if line[0] == "d"
    )
    assert max(done.values()) == 1
    assert len(batch.Record(out / "record.sqlite").rows()) == count
