"""Times the whole analysis on a looped 720p talk video, with its memory.

    python bench/video_speed.py --minutes 1 5 20

Makes one minute of 1280 x 720 video at 25 frames/s from a speaking face and a two-person
talk of the shared data, loops its packets to the lengths asked for, and analyses each in
a process of its own. Prints seconds of media per second of work and peak resident memory.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from PIL import Image

DATA = Path(os.environ.get("AFFECTKIT_DATA", Path(__file__).parents[2] / "shared" / "data"))
FACE = DATA / "av/video/ravdess_01-01-01-01-01-01-01.mp4"
TALK = DATA / "av/speech/pyannote-sample/sample.flac"


def one_minute(path: Path) -> None:
    """Write one minute of talk: a face at 720p and two voices."""
    from affectkit.media import Recording, write_clip

    with Recording.open(FACE) as recording:
        faces = [
            np.asarray(Image.fromarray(f.image).resize((1280, 720)))
            for f in recording.frames(rate_hz=25, max_size=1280)
        ]
    with Recording.open(TALK) as recording:
        sound = np.concatenate([b for _, b in recording.audio().blocks(10.0)])
    sound = np.tile(sound, int(np.ceil(60 * 16000 / len(sound))))[: 60 * 16000]
    there_and_back = faces + faces[::-1]
    frames = (there_and_back[i % len(there_and_back)] for i in range(60 * 25))
    write_clip(path, frames, rate_hz=25, samples=sound)


def looped(source: Path, target: Path, times: int) -> None:
    """Write `source` several times over, without decoding it."""
    with av.open(str(target), "w") as out:
        start = Fraction(0)
        for _ in range(times):
            with av.open(str(source)) as box:
                if not out.streams:
                    for stream in box.streams:
                        out.add_stream_from_template(stream)
                end = start
                for packet in box.demux():
                    if packet.dts is None:
                        continue
                    shift = round(start / packet.time_base)
                    packet.pts += shift
                    packet.dts += shift
                    end = max(end, (packet.pts + (packet.duration or 0)) * packet.time_base)
                    packet.stream = out.streams[packet.stream.index]
                    out.mux(packet)
                start = end + Fraction(1, 10)


def analysed(path: Path, lanes: str, threads: int) -> tuple[float, float]:
    """Return seconds taken and peak resident memory in MB of analysing a file."""
    code = (
        "import sys, affectkit as ak, resource, time; t = time.perf_counter();"
        "ak.analyze(sys.argv[1], lanes=tuple(filter(None, sys.argv[2].split(','))),"
        " threads=int(sys.argv[3]));"
        "print(time.perf_counter() - t, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code, str(path), lanes, str(threads)],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    seconds, peak_mb = map(float, answer.stdout.split())
    return seconds, peak_mb


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--minutes", type=int, nargs="+", default=[1, 5, 20])
    parser.add_argument("--lanes", nargs="+", default=[""], help="lists such as face or speech")
    parser.add_argument("--threads", type=int, default=2)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        minute = Path(folder) / "one.mp4"
        one_minute(minute)
        print("| lanes | minutes of video | seconds of work | times real time | peak memory, MB |")
        print("|---|---|---|---|---|")
        for lanes in asked.lanes:
            for minutes in asked.minutes:
                clip = Path(folder) / f"{minutes}.mp4"
                if not clip.exists():
                    looped(minute, clip, minutes)
                seconds, peak_mb = analysed(clip, lanes, asked.threads)
                print(
                    f"| {lanes or 'all'} | {minutes} | {seconds:.1f} | "
                    f"{minutes * 60 / seconds:.1f} | {peak_mb:.0f} |",
                    flush=True,
                )
    load = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(
        f"\n{time.strftime('%Y-%m-%d')}, {asked.threads} threads, "
        f"{load.ru_utime + load.ru_stime:.0f} s of processor time in all"
    )


if __name__ == "__main__":
    main()
