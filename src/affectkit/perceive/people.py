"""Who is who: which voice belongs to which face."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from affectkit.progress import Progress

if TYPE_CHECKING:
    from affectkit.media import Audio, Recording

_STEP_S = 0.2
_SMOOTH_S = 1.0
# Mouth openings, in distances between the eyes, that change by this much in a second are
# half-way to talking; a still mouth jitters by a tenth of it.
_TALKING_RATE = 0.3


def track_faces(
    recording: Recording,
    *,
    rate_hz: float = 5.0,
    threads: int = 1,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Return one row per face and frame with the person it belongs to.

    The table ``"faces"`` of `affectkit.perceive.face.FacePerceiver.perceive`, which
    describes its columns.

    Parameters
    ----------
    recording
        A video or a photo.
    rate_hz
        Frames to look at per second of media.
    threads
        Threads each network may use.
    progress
        Told ``("faces", seconds done, seconds in all)``.
    """
    from affectkit.perceive.face import FacePerceiver

    perceiver = FacePerceiver(rate_hz=rate_hz, threads=threads)
    return perceiver.perceive(recording, progress=progress).tables["faces"]


def speaker_turns(
    audio: Audio, *, threads: int = 1, progress: Progress | None = None
) -> pd.DataFrame:
    """Return who speaks when: ``start_s, end_s, speaker`` (``"Voice 1"``, …).

    See `affectkit.perceive.voices.speaker_turns`, which does it.
    """
    from affectkit.perceive import voices

    return voices.speaker_turns(audio, threads=threads, progress=progress)


def join_voices_to_faces(
    turns: pd.DataFrame,
    faces: pd.DataFrame,
    *,
    minimum_correlation: float = 0.25,
    minimum_seen: float = 0.5,
) -> dict[str, str]:
    """Return the person that each voice belongs to; voices without a face are left out.

    A mouth that moves while a voice is heard and rests, or is out of sight, while it is
    not, belongs to that voice: the correlation over time between the voice's turns and the
    movement of each mouth, which is 0 while its face is not seen (as in Cutler & Davis
    2000, "Look who's talking"). Pairs are taken in falling order, each voice and each face
    once. A voice that is heard all the time correlates with nothing; it is joined to a face
    that is seen, moving its mouth, through most of it, if there is no other such face.

    Parameters
    ----------
    turns
        ``start_s, end_s, speaker``.
    faces
        ``time_s, person, mouth_open``; further columns do not matter.
    minimum_correlation
        Pairs below this correlation are not joined; the bar is higher in short recordings,
        where chance correlations are larger.
    minimum_seen
        Share of a voice's time in which its face must be seen, for the second rule.

    Returns
    -------
    Voice to person.

    Examples
    --------
    >>> times = np.arange(0, 20, 0.2)
    >>> mouth = np.where(times < 10, 0.1 + 0.1 * np.sin(times * 9), 0.02)
    >>> faces = pd.DataFrame({"time_s": times, "person": "Person 1", "mouth_open": mouth})
    >>> turns = pd.DataFrame({"start_s": [0, 10], "end_s": [10, 20], "speaker": ["A", "B"]})
    >>> join_voices_to_faces(turns, faces)
    {'A': 'Person 1'}
    """
    if turns.empty or faces.empty:
        return {}
    first = min(float(turns["start_s"].min()), float(faces["time_s"].min()))
    last = max(float(turns["end_s"].max()), float(faces["time_s"].max()))
    cells = max(1, int(np.ceil((last - first) / _STEP_S)))
    voices = list(dict.fromkeys(turns["speaker"]))
    people = list(dict.fromkeys(faces["person"]))
    heard = np.array([_heard(turns[turns["speaker"] == v], first, cells) for v in voices])
    both = [_movement(faces[faces["person"] == p], first, cells) for p in people]
    moving = np.array([moving for moving, _ in both])
    seen = np.array([seen for _, seen in both])

    # Neighbouring cells tell nearly the same: a second counts as one observation.
    chance = 2.0 / np.sqrt(max(4.0, (last - first) / _SMOOTH_S))
    score = _correlations(heard, moving)
    joined: dict[str, str] = {}
    bar = max(minimum_correlation, chance)
    while score.size and np.nanmax(score, initial=-1.0) >= bar:
        i, j = (int(k) for k in np.unravel_index(int(np.nanargmax(score)), score.shape))
        joined[voices[i]] = people[j]
        score[i, :], score[:, j] = -1.0, -1.0

    free = [j for j, p in enumerate(people) if p not in joined.values()]
    for i, voice in enumerate(voices):
        if voice in joined:
            continue
        time = heard[i].sum()
        fit = [
            j
            for j in free
            if heard[i] @ seen[j] >= minimum_seen * time
            and heard[i] @ moving[j] >= 0.3 * (heard[i] @ seen[j])
            and score[i, j] > -chance
        ]
        rivals = [k for k, v in enumerate(voices) if v not in joined and k != i]
        if len(fit) == 1 and all(heard[k].sum() < time for k in rivals):
            joined[voice] = people[fit[0]]
            free.remove(fit[0])
    return {voice: joined[voice] for voice in voices if voice in joined}


def _heard(turns: pd.DataFrame, first: float, cells: int) -> NDArray[np.float64]:
    """Return the share of each cell in which a voice is heard [shape=(cells,)]."""
    out = np.zeros(cells)
    edges = first + _STEP_S * np.arange(cells + 1)
    for start, end in turns[["start_s", "end_s"]].to_numpy(dtype=float):
        out += np.clip(np.minimum(end, edges[1:]) - np.maximum(start, edges[:-1]), 0, None)
    return np.minimum(out / _STEP_S, 1.0)


def _movement(
    faces: pd.DataFrame, first: float, cells: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return how much a mouth moves, and whether it is seen, in [0, 1] [shape=(cells,)]."""
    ordered = faces.sort_values("time_s")
    times = ordered["time_s"].to_numpy(dtype=float)
    opening = ordered["mouth_open"].to_numpy(dtype=float)
    seen, moved, count = np.zeros(cells), np.zeros(cells), np.zeros(cells)
    gaps = np.diff(times)
    near = (gaps > 0) & (gaps <= 3 * _SMOOTH_S)
    for start, gap, change in zip(
        times[:-1][near], gaps[near], np.diff(opening)[near], strict=True
    ):
        a = int((start - first) / _STEP_S)
        b = max(a + 1, int(np.ceil((start + gap - first) / _STEP_S)))
        seen[a:b] = 1.0
        moved[a:b] += np.tanh(abs(change) / gap / _TALKING_RATE)
        count[a:b] += 1
    moved = moved / np.maximum(count, 1)
    width = max(1, round(_SMOOTH_S / _STEP_S))
    window = np.ones(width)
    # A mouth that is seen in part of a second is averaged over that part.
    total = np.convolve(moved * seen, window, "same")
    known = np.convolve(seen, window, "same")
    smooth = np.where(known > 0, total / np.maximum(known, 1), 0.0)
    return smooth * seen, seen


def _correlations(heard: NDArray[np.float64], moving: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return Pearson's correlation of each voice with each mouth; 0 where one is constant."""
    h = heard - heard.mean(axis=1, keepdims=True)
    m = moving - moving.mean(axis=1, keepdims=True)
    size = np.linalg.norm(h, axis=1)[:, None] * np.linalg.norm(m, axis=1)[None]
    return np.asarray(np.where(size > 1e-9, h @ m.T / np.maximum(size, 1e-9), 0.0))
