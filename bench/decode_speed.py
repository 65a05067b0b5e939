"""Times decoding alone, on a looped 720p talk video, with its memory.

    python bench/decode_speed.py --minutes 1 5 20

Reads frames at 5 a second (longest side 960) and then the sound at 16 kHz, in one thread and
in a process of its own; prints seconds of media per second of processor time, and peak
resident memory. The first file is the speaking clip of the shared data itself, looped; its
8 Mbit/s are about what a camera writes, several times what a meeting tool does.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import av
from video_speed import FACE, looped

CODE = """
import resource, sys, time
from affectkit.media import Recording

with Recording.open(sys.argv[1]) as recording:
    begun = time.process_time()
    count = sum(1 for _ in recording.frames(rate_hz=5.0, max_size=960, threads=1))
    seen = time.process_time()
    sound = recording.audio()
    for _ in sound.blocks(30.0):
        pass
    heard = time.process_time()
    length = recording.duration_s
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(length, count, length / (seen - begun), length / (heard - seen), peak)
"""


def main() -> None:
    """Print one line for each length."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, nargs="+", default=[1, 5, 20])
    chosen = parser.parse_args()
    with av.open(str(FACE)) as box:
        seconds = (box.duration or 1) / 1e6
    print("minutes  frames  picture x real time  sound x real time  peak MB")
    with tempfile.TemporaryDirectory() as folder:
        for minutes in chosen.minutes:
            file = Path(folder) / "looped.mp4"
            looped(FACE, file, max(1, round(minutes * 60 / seconds)))
            answer = subprocess.run(
                [sys.executable, "-c", CODE, str(file)], check=True, capture_output=True, text=True
            )
            length, count, picture, sound, peak = map(float, answer.stdout.split())
            print(f"{length / 60:7.1f} {count:7.0f} {picture:20.1f} {sound:18.0f} {peak:8.0f}")


if __name__ == "__main__":
    main()
