"""Times `affectkit analyze` on a file of hours, with memory and the size of what it writes.

    python bench/long_file.py --hours 1 4 --kind mp3 --lanes speech
    python bench/long_file.py --hours 1 --kind mp4 --lanes face,speech

Loops a two-person talk of the shared data, as sound or as a small video with a speaking face
(160 x 120, 5 frames/s), to the hours asked for and analyses each in a process of its own.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from PIL import Image
from video_speed import FACE, TALK, looped

RATE_HZ = 16_000
FRAMES_PER_S = 5


@dataclass(frozen=True)
class Run:
    """What analysing one file took, and what it wrote (MB)."""

    seconds: float
    peak_mb: float
    report_mb: float
    timeline_mb: float
    said: str


def talk() -> np.ndarray:
    """Return the talk at 16 kHz, in [-1, 1] [shape=(n,)]."""
    from affectkit.media import Recording

    with Recording.open(TALK) as recording:
        return np.concatenate([block for _, block in recording.audio().blocks(10.0)])


def part(path: Path) -> float:
    """Write some minutes of the talk, with a face where the file shows one; return seconds."""
    from affectkit.media import Recording, write_clip

    sound = np.tile(talk(), 10)
    seconds = len(sound) / RATE_HZ
    if path.suffix == ".mp3":
        soundfile.write(path, sound, RATE_HZ)
        return seconds
    with Recording.open(FACE) as recording:
        faces = [
            np.asarray(Image.fromarray(f.image).resize((160, 120)))
            for f in recording.frames(rate_hz=FRAMES_PER_S, max_size=640)
        ]
    there_and_back = faces + faces[::-1]
    n = int(seconds * FRAMES_PER_S)
    frames = (there_and_back[i % len(there_and_back)] for i in range(n))
    write_clip(path, frames, rate_hz=FRAMES_PER_S, samples=sound)
    return seconds


def long_file(path: Path, hours: float) -> None:
    """Write the part over and over, without decoding it."""
    with tempfile.TemporaryDirectory() as folder:
        once = Path(folder) / f"part{path.suffix}"
        seconds = part(once)
        looped(once, path, max(1, round(hours * 3600 / seconds)))


def analysed(path: Path, out: Path, lanes: str, more: list[str]) -> Run:
    """Run the command in a process of its own and return what it took."""
    code = (
        "import resource, sys; from affectkit.cli import main\n"
        "try: main()\n"
        "finally:\n"
        "    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)\n"
        "    print('PEAK', max(resource.getrusage(w).ru_maxrss for w in who) / 1024)"
    )
    began = time.perf_counter()
    command = ["analyze", str(path), "--lanes", lanes, "--out", str(out), *more]
    answer = subprocess.run(
        [sys.executable, "-c", code, *command],
        capture_output=True,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    seconds = time.perf_counter() - began
    if answer.returncode:
        raise SystemExit(f"analyze ended with {answer.returncode}:\n{answer.stderr[-2000:]}")
    said, _, peak = answer.stdout.rpartition("PEAK")

    def size_mb(name: str) -> float:
        return sum(f.stat().st_size for f in out.rglob(name)) / 1e6

    return Run(seconds, float(peak), size_mb("report.html"), size_mb("*.parquet"), said)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--hours", type=float, nargs="+", default=[0.25, 1.0])
    parser.add_argument("--kind", choices=["mp3", "mp4"], default="mp3")
    parser.add_argument("--lanes", default="speech")
    parser.add_argument("--keep", type=Path, help="folder in which files and results stay")
    parser.add_argument("--more", nargs="*", default=[], help="further options without dashes")
    asked = parser.parse_args()
    more = [part for option in asked.more for part in (f"--{option}".split("=", 1))]
    with tempfile.TemporaryDirectory() as scratch:
        folder = asked.keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        print("| file | lanes | seconds | times real time | peak MB | report MB | Parquet MB |")
        print("|---|---|---|---|---|---|---|")
        for hours in asked.hours:
            path = folder / f"{hours:g}h.{asked.kind}"
            if not path.exists():
                long_file(path, hours)
            run = analysed(path, folder / f"{path.stem}-{asked.kind}", asked.lanes, more)
            print(
                f"| {path.name} | {asked.lanes} | {run.seconds:.0f} | "
                f"{hours * 3600 / run.seconds:.1f} | {run.peak_mb:.0f} | "
                f"{run.report_mb:.2f} | {run.timeline_mb:.2f} |",
                flush=True,
            )
            print(run.said.strip(), file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
