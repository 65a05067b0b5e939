"""Conversations put together from single voices, with the truth of who speaks when."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from affectkit.errors import DataError
from affectkit.measure.diarisation import Turn

RATE_HZ = 16_000
Samples = NDArray[np.float32]


def read_voices(folder: Path) -> dict[str, list[Samples]]:
    """Return the clips of each speaker of a LibriSpeech folder, by speaker.

    Raises
    ------
    DataError
        If there are none.
    """
    import soundfile

    voices: dict[str, list[Samples]] = {}
    for file in sorted(folder.rglob("*.flac")):
        samples, rate = soundfile.read(file, dtype="float32")
        if rate == RATE_HZ:
            voices.setdefault(file.name.split("-")[0], []).append(samples)
    if not voices:
        raise DataError(f"no LibriSpeech clips in {folder}", remedy="set AFFECTKIT_DATA")
    return voices


def make_conversation(
    voices: Mapping[str, list[Samples]],
    *,
    speakers: int,
    seconds: float,
    rng: np.random.Generator,
) -> tuple[Samples, list[Turn]]:
    """Return sound and turns of a conversation between speakers picked at random.

    Turns are cut out of the clips where these are quiet, last 0.6 to 8 s (short ones are
    the most frequent), and are 0.05 to 0.8 s apart; each voice keeps its level, within
    6 dB, and a hiss 35 to 55 dB below the voices lies over all.

    Parameters
    ----------
    voices
        Clips by speaker.
    speakers
        How many talk.
    seconds
        About how long it lasts.
    rng
        Decides everything.
    """
    cast = rng.choice(sorted(voices), size=speakers, replace=False)
    level = {name: 10 ** (rng.uniform(-6, 0) / 20) for name in cast}
    parts: list[Samples] = []
    turns: list[Turn] = []
    now, last = 0, ""
    hiss = 10 ** (-rng.uniform(35, 55) / 20) * 0.05
    while now < seconds * RATE_HZ:
        pause = int(rng.uniform(0.05, 0.8) * RATE_HZ)
        parts.append(np.zeros(pause, dtype=np.float32))
        now += pause
        name = str(rng.choice([n for n in cast if n != last] if speakers > 1 else cast))
        clips = voices[name]
        clip = clips[int(rng.integers(len(clips)))]
        length = int(min(8.0, 0.6 + rng.exponential(2.5)) * RATE_HZ)
        piece = _cut(clip, length, rng)
        piece = piece * np.float32(level[name] * 0.05 / max(1e-4, float(piece.std())))
        turns.append(Turn(now / RATE_HZ, (now + len(piece)) / RATE_HZ, name))
        parts.append(piece)
        now += len(piece)
        last = name
    sound = np.concatenate(parts)
    sound += (hiss * rng.standard_normal(len(sound))).astype(np.float32)
    return sound, turns


def _cut(clip: Samples, length: int, rng: np.random.Generator) -> Samples:
    """Return about `length` samples that begin and end where the clip is quiet."""
    step = RATE_HZ // 50
    level = np.sqrt(np.mean(clip[: len(clip) // step * step].reshape(-1, step) ** 2, axis=1))
    loud = np.flatnonzero(level > 0.25 * np.median(level))
    first = int(rng.integers(loud[0], max(loud[0] + 1, loud[-1] - length // step)))

    def quiet_near(frame: int) -> int:
        low, high = max(0, frame - 12), min(len(level), frame + 13)
        return low + int(level[low:high].argmin())

    start, end = quiet_near(first), quiet_near(min(len(level) - 1, first + length // step))
    start = int(loud[loud >= start][0])
    end = int(loud[loud <= end][-1]) if (loud <= end).any() else end
    if (end - start) * step < RATE_HZ // 3:
        end = min(len(level), start + length // step)
    return clip[start * step : end * step]
