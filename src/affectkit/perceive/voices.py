"""Who speaks when: voice fingerprints of short windows, clustered into speakers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from affectkit.perceive.voice_activity import SpeechSegment, gain, speech_segments
from affectkit.perceive.voice_clusters import centred, voices_of
from affectkit.perceive.voice_encoder import WINDOW_S, VoiceEncoder
from affectkit.progress import Progress

if TYPE_CHECKING:
    import pandas as pd

    from affectkit.media.audio import Audio

# Longer stretches of speech are taken in parts, so that memory stays flat.
_PART_S = 30.0
_LEAST_S = 0.4


@dataclass(frozen=True)
class TurnSettings:
    """How windows become speakers; the defaults were tuned on made-up conversations.

    Parameters
    ----------
    same_voice
        Two groups of windows are one speaker while the mean cosine between their windows is
        at least this.
    common
        Share of the recording's mean fingerprint that is taken out first.
    least_speaker_s
        Who is heard for less in all goes to the most similar speaker heard for longer.
    change_cost
        How much more similar another voice must be, summed over cells, before a change of
        speaker within a stretch of speech is believed.
    cell_s
        A fingerprint is taken, and a speaker chosen, each so many seconds.
    """

    same_voice: float = 0.48
    common: float = 0.3
    least_speaker_s: float = 2.0
    change_cost: float = 0.1
    cell_s: float = 0.4


def speaker_turns(
    audio: Audio,
    *,
    threads: int = 1,
    progress: Progress | None = None,
    settings: TurnSettings | None = None,
) -> pd.DataFrame:
    """Return who speaks when: columns ``start_s``, ``end_s`` and ``speaker``.

    Speakers are called ``"Voice 1"``, ``"Voice 2"``, … in the order in which they are first
    heard. How many there are is found, not asked. Where two speak at once, one is named.

    Parameters
    ----------
    audio
        The sound; hours are fine: half a kilobyte is kept of each cell.
    threads
        Processor threads.
    progress
        Told ``("voices", seconds done, seconds in all)``.
    settings
        How windows become speakers.

    Raises
    ------
    WeightsError
        If the weights ``voice_activity`` or ``speaker_encoder`` are not installed.

    References
    ----------
    Wang et al. (2018). Speaker diarization with LSTM.

    Examples
    --------
    >>> speaker_turns(recording.audio(), threads=2)  # doctest: +SKIP
       start_s  end_s  speaker
    0     6.72  10.41  Voice 1
    """
    import pandas as pd

    chosen = settings or TurnSettings()
    cells = heard_cells(audio, chosen.cell_s, threads=threads, progress=progress)
    rows = assign(cells, chosen)
    return pd.DataFrame(rows, columns=["start_s", "end_s", "speaker"])


@dataclass(frozen=True, eq=False)
class Cells:
    """Speech cut into cells of about equal length, with a fingerprint each.

    Attributes
    ----------
    start_s, end_s
        [shape=(n,)].
    segment
        Which stretch of speech a cell belongs to [shape=(n,)].
    fingerprints
        Unit vectors in half precision [shape=(n, 256)].
    """

    start_s: NDArray[np.float64]
    end_s: NDArray[np.float64]
    segment: NDArray[np.int64]
    fingerprints: NDArray[np.float16]


def heard_cells(
    audio: Audio, cell_s: float, *, threads: int = 1, progress: Progress | None = None
) -> Cells:
    """Return the cells of all speech; each fingerprint hears 1.6 s around its cell."""
    encoder = VoiceEncoder(threads=threads)
    louder = np.float32(gain(audio))
    starts: list[NDArray[np.float64]] = []
    ends: list[NDArray[np.float64]] = []
    segments: list[int] = []
    prints: list[NDArray[np.float16]] = []
    for number, segment in enumerate(speech_segments(audio, threads=threads, progress=progress)):
        for first_s, last_s in _parts(segment):
            edges = np.linspace(first_s, last_s, max(1, round((last_s - first_s) / cell_s)) + 1)
            # A very short "yes" is heard with a little of what surrounds it.
            extra = max(0.0, _LEAST_S - (last_s - first_s)) / 2
            begin_s = max(0.0, first_s - extra)
            sound = audio.read(begin_s, last_s + extra) * louder
            middles = (edges[:-1] + edges[1:]) / 2
            windows = np.maximum(middles - WINDOW_S / 2 - begin_s, 0.0)
            prints.append(encoder.embed_windows(sound, windows.tolist()).astype(np.float16))
            starts.append(edges[:-1])
            ends.append(edges[1:])
            segments.extend([number] * len(middles))
    if not prints:
        nothing = np.zeros(0)
        return Cells(nothing, nothing, nothing.astype(np.int64), np.zeros((0, 256), np.float16))
    return Cells(
        np.concatenate(starts),
        np.concatenate(ends),
        np.array(segments, dtype=np.int64),
        np.concatenate(prints),
    )


def assign(cells: Cells, settings: TurnSettings) -> list[tuple[float, float, str]]:
    """Return ``(start_s, end_s, speaker)`` of each turn."""
    if not len(cells.start_s):
        return []
    seconds = cells.end_s - cells.start_s
    fingerprints = centred(cells.fingerprints, settings.common)
    voices = voices_of(
        fingerprints,
        seconds,
        same=settings.same_voice,
        least_s=settings.least_speaker_s,
    )
    rows: list[tuple[float, float, int]] = []
    borders = np.flatnonzero(np.diff(cells.segment, prepend=-1, append=-1))
    for first, last in pairwise(borders):
        alike = fingerprints[first:last] @ voices.T
        speakers = _smooth_path(alike, settings.change_cost)
        changes = np.flatnonzero(np.diff(speakers, prepend=-1, append=-1))
        for a, b in pairwise(changes):
            row = cells.start_s[first + a], cells.end_s[first + b - 1], int(speakers[a])
            rows.append((float(row[0]), float(row[1]), row[2]))
    order = {v: i + 1 for i, v in enumerate(dict.fromkeys(voice for *_, voice in rows))}
    return [(start_s, end_s, f"Voice {order[voice]}") for start_s, end_s, voice in rows]


def _parts(segment: SpeechSegment) -> Iterator[tuple[float, float]]:
    count = max(1, int(np.ceil(segment.duration_s / _PART_S)))
    edges = np.linspace(segment.start_s, segment.end_s, count + 1)
    yield from pairwise(edges.tolist())


def _smooth_path(score: NDArray[np.float32], change_cost: float) -> NDArray[np.int64]:
    """Return the path of most score, each change costing `change_cost` (Viterbi 1967)."""
    n, k = score.shape
    total = score[0].astype(np.float64)
    came = np.zeros((n, k), dtype=np.int64)
    for i in range(1, n):
        best = int(total.argmax())
        change = total[best] - change_cost > total
        came[i] = np.where(change, best, np.arange(k))
        total = np.where(change, total[best] - change_cost, total) + score[i]
    path = np.empty(n, dtype=np.int64)
    path[-1] = int(total.argmax())
    for i in range(n - 1, 0, -1):
        path[i - 1] = came[i, path[i]]
    return path
