"""Many files: work items, the record of what is done, and who does it.

The record is an SQLite file, so that a batch that was killed goes on where it stopped. An
item is done when its folder stands under its final name; the folder appears by one rename
and says what it was made from, so that nothing is lost or done twice, whichever instant
the batch was killed at.
"""

from __future__ import annotations

import glob
import hashlib
import json
import os
import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from affectkit.errors import AffectkitError
from affectkit.optional import require
from affectkit.progress import Progress, silent
from affectkit.worker import Worker

MARK = "affectkit.json"
"""The file in an output folder that says what the folder was made from."""

PARTS = "parts"
"""A folder in which a result in the making keeps what is done, so that it can be gone on with."""

MEDIA_SUFFIXES = frozenset(
    ".mp4 .mov .mkv .webm .avi .m4v .mpg .mpeg .wmv .flv .3gp .ts .ogv "
    ".wav .mp3 .m4a .flac .ogg .opus .aac .wma .aiff .aif .amr "
    ".jpg .jpeg .png .webp .bmp .tif .tiff .gif .heic .avif "
    ".txt .md .srt .vtt .eaf .textgrid .jsonl .csv .tsv .parquet".split()
)


@dataclass(frozen=True)
class Item:
    """One file to analyse and the folder that the result goes to."""

    path: Path
    out: Path
    arguments: str
    """What the work function is given besides path, folder and threads, as JSON."""

    @property
    def fingerprint(self) -> str:
        """Digest of the file's name, size and time, and of the arguments."""
        stat = self.path.stat()
        parts = [self.path.name, stat.st_size, stat.st_mtime_ns, self.arguments]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:24]


@dataclass(frozen=True)
class Outcome:
    """How one item ended: ``state`` is ``"done"``, ``"kept"`` (stood already) or ``"failed"``."""

    item: Item
    state: str
    summary: dict[str, Any]
    problem: str = ""


def find_files(paths: Iterable[Path]) -> list[Path]:
    """Return the files among `paths` and, sorted, the readable ones in folders among them.

    Raises
    ------
    AffectkitError
        If a path does not exist, or a folder holds nothing that can be read.
    """
    found: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            inside = [
                p
                for p in sorted(path.rglob("*"))
                if p.is_file()
                and p.suffix.lower() in MEDIA_SUFFIXES
                and not any(part.endswith(".affect") for part in p.relative_to(path).parts[:-1])
                and not any(part.startswith(".") for part in p.relative_to(path).parts)
            ]
            if not inside:
                raise AffectkitError(
                    f"the folder {path} holds no file that can be analysed",
                    remedy="give a folder with video, sound, photo, text, subtitle or chat files",
                )
            found.update(dict.fromkeys(inside))
        elif path.exists():
            found[path] = None
        else:
            raise AffectkitError(f"there is no file {path}", remedy="check the path")
    return list(found)


def plan(
    files: Sequence[Path], arguments: dict[str, Any], *, out: Path | None = None
) -> list[Item]:
    """Say which folder the result of each file goes to.

    A result stands beside its file, or in `out`, as ``NAME.affect``; where two files would
    share a folder, both keep their suffix (``talk.mp4.affect``).
    """
    text = json.dumps(arguments, sort_keys=True)
    bare = [(out or f.parent) / f"{f.stem}.affect" for f in files]
    full = [(out or f.parent) / f"{f.name}.affect" for f in files]
    chosen = [f if bare.count(b) > 1 else b for b, f in zip(bare, full, strict=True)]
    numbered = [
        c.with_name(f"{c.name.removesuffix('.affect')}-{chosen[:i].count(c) + 1}.affect")
        if chosen[:i].count(c)
        else c
        for i, c in enumerate(chosen)
    ]
    return [Item(f, folder, text) for f, folder in zip(files, numbered, strict=True)]


class Record:
    """What became of each item, in an SQLite file that survives a killed process."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        with closing(self._open()) as db, db:
            db.execute(
                "create table if not exists items (out text primary key, path text not null, "
                "fingerprint text not null, state text not null, problem text not null, "
                "summary text not null)"
            )

    def _open(self) -> sqlite3.Connection:
        return sqlite3.connect(self.path, timeout=30)

    def write(self, outcome: Outcome, fingerprint: str) -> None:
        """Note how an item ended."""
        with closing(self._open()) as db, db:
            db.execute(
                "insert or replace into items values (?, ?, ?, ?, ?, ?)",
                (
                    str(outcome.item.out),
                    str(outcome.item.path),
                    fingerprint,
                    "done" if outcome.state == "kept" else outcome.state,
                    outcome.problem,
                    json.dumps(outcome.summary),
                ),
            )

    def rows(self) -> list[tuple[str, str, str]]:
        """Return (folder, state, problem) of each item."""
        with closing(self._open()) as db:
            return list(db.execute("select out, state, problem from items order by out"))


class Doer(Protocol):
    """Whatever carries out an item: a process here, or a node of a cluster."""

    def __call__(self, item: Item, staging: Path, progress: Progress) -> dict[str, Any]: ...


def run(
    items: Sequence[Item],
    function: str,
    *,
    record: Record | None = None,
    jobs: int = 1,
    threads: int = 2,
    resume: bool = False,
    ray: str | None = None,
    progress: Callable[[Item], Progress] | None = None,
) -> Iterator[Outcome]:
    """Carry out items and yield each outcome as it comes.

    Parameters
    ----------
    items
        What to do.
    function
        ``module:name`` of a function that takes ``path``, ``folder`` (empty, to fill),
        ``threads`` and the item's arguments by name, and returns a JSON summary.
    record
        Where to note outcomes.
    jobs
        How many processes to use.
    threads
        Processor threads of each process.
    resume
        Keep results that stand already and were made from the same file with the same
        arguments.
    ray
        Address of a Ray cluster to hand the items to; ``"local"`` starts one here.
    progress
        Gives, for an item, the callable that its progress is told to.
    """
    doers: list[Doer]
    if ray is not None:
        doers = [_on_ray(function, ray, threads)] * max(jobs, 1)
        workers: list[Worker] = []
    else:
        workers = [Worker(threads=threads) for _ in range(min(jobs, len(items)))]
        doers = [_in_process(worker, function) for worker in workers]
    tell = progress or (lambda item: silent)
    free, lock = list(doers), threading.Lock()

    def carry_out(item: Item) -> Outcome:
        with lock:
            doer = free.pop()
        try:
            return _carry_out(item, doer, tell(item), record, resume)
        finally:
            with lock:
                free.append(doer)

    pool = ThreadPoolExecutor(max_workers=max(1, len(doers)))
    try:
        waiting: set[Future[Outcome]] = {pool.submit(carry_out, item) for item in items}
        while waiting:
            ended, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            for future in ended:
                yield future.result()
    finally:
        # Killing the processes first lets the threads that wait for them end at once.
        pool.shutdown(wait=False, cancel_futures=True)
        for worker in workers:
            worker.close()


def standing(item: Item, fingerprint: str) -> dict[str, Any] | None:
    """Return the summary of a finished result made from just this item, if it stands."""
    try:
        mark = json.loads((item.out / MARK).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return mark["summary"] if mark.get("fingerprint") == fingerprint else None


def _carry_out(
    item: Item, doer: Doer, progress: Progress, record: Record | None, resume: bool
) -> Outcome:
    try:
        fingerprint = item.fingerprint
    except OSError as error:
        return Outcome(item, "failed", {}, f"{item.path} cannot be read: {error.strerror}")
    summary = standing(item, fingerprint) if resume else None
    if summary is not None:
        outcome = Outcome(item, "kept", summary)
    else:
        staging = item.out.with_name(f".{item.out.name}.{fingerprint}.part")
        try:
            if not (resume and (staging / PARTS).is_dir()):
                _clear(item.out)
            staging.mkdir(parents=True, exist_ok=True)
            summary = doer(item, staging, progress)
            mark = {"fingerprint": fingerprint, "summary": summary}
            (staging / MARK).write_text(json.dumps(mark, indent=1), encoding="utf-8")
            _put_in_place(staging, item.out)
            outcome = Outcome(item, "done", summary)
        except AffectkitError as error:
            outcome = Outcome(item, "failed", {}, str(error))
        except OSError as error:
            outcome = Outcome(
                item, "failed", {}, f"{item.out} cannot be written: {error.strerror or error}"
            )
        finally:
            # What was read in parts waits for --resume.
            if not (staging / PARTS).is_dir():
                shutil.rmtree(staging, ignore_errors=True)
    if record is not None:
        record.write(outcome, fingerprint)
    return outcome


def _clear(out: Path) -> None:
    """Drop what killed runs left of this result."""
    for left in out.parent.glob(f".{glob.escape(out.name)}.*.part"):
        shutil.rmtree(left, ignore_errors=True)


def _put_in_place(staging: Path, out: Path) -> None:
    """Swap the finished folder in; what stood there before goes only when the new one is whole."""
    if out.exists():
        if not (out / MARK).exists() and any(out.iterdir()):
            raise AffectkitError(
                f"the folder {out} stands already and was not made by affectkit",
                remedy="move it away or choose another --out",
            )
        old = staging.with_suffix(".old")
        shutil.rmtree(old, ignore_errors=True)
        os.replace(out, old)
        os.replace(staging, out)
        shutil.rmtree(old, ignore_errors=True)
    else:
        os.replace(staging, out)


def _arguments(item: Item, staging: Path, threads: int) -> dict[str, Any]:
    # A cluster's node has another working folder.
    paths = {"path": str(item.path.resolve()), "folder": str(staging.resolve())}
    return {**paths, "threads": threads, **json.loads(item.arguments)}


def _in_process(worker: Worker, function: str) -> Doer:
    def do(item: Item, staging: Path, progress: Progress) -> dict[str, Any]:
        summary: dict[str, Any] = worker.call(
            function, _arguments(item, staging, worker.threads), progress
        )
        return summary

    return do


def _on_ray(function: str, address: str, threads: int) -> Doer:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    ray = require("ray", extra="ray")
    if not ray.is_initialized():
        ray.init(
            address=None if address == "local" else address,
            include_dashboard=False,
            logging_level="ERROR",
            log_to_driver=False,
        )
    remote = ray.remote(num_cpus=threads)(_one_task)

    def do(item: Item, staging: Path, progress: Progress) -> dict[str, Any]:
        progress("cluster", 0.0, 1.0)
        answer = ray.get(remote.remote(function, _arguments(item, staging, threads)))
        progress("cluster", 1.0, 1.0)
        if "error" in answer:
            raise AffectkitError(answer["error"], remedy=answer["remedy"])
        summary: dict[str, Any] = answer["result"]
        return summary

    return do


def _one_task(function: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Run one task in a process of its own on whichever node this is."""
    with Worker(threads=arguments["threads"]) as worker:
        try:
            return {"result": worker.call(function, arguments)}
        except AffectkitError as error:
            return {"error": error.problem, "remedy": error.remedy}
