"""Voices find their faces by the movement of mouths: planted talk, then a real clip."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from affectkit.media import Recording
from affectkit.perceive.people import join_voices_to_faces, track_faces


def planted(
    seed: int, *, people: int = 2, length_s: float = 60.0, silent: tuple[int, ...] = ()
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Make people who talk in turns of 2 to 6 s; those in `silent` never do."""
    rng = np.random.default_rng(seed)
    times = np.arange(0, length_s, 0.2)
    talkers = [i for i in range(people) if i not in silent]
    turns, talking = [], np.full(len(times), -1)
    at = 0.0
    k = 0
    while at < length_s:
        lasts = rng.uniform(2, 6)
        who = talkers[k % len(talkers)]
        end = min(at + lasts, length_s)
        turns.append({"start_s": at, "end_s": end, "speaker": f"Voice {who + 1}"})
        talking[(times >= at) & (times < end)] = who
        at, k = end + rng.uniform(0, 0.5), k + 1
    rows = []
    for i in range(people):
        mouth = 0.02 + np.abs(rng.normal(0, 0.006, len(times)))
        mouth += (talking == i) * np.abs(rng.normal(0.08, 0.06, len(times)))
        rows.append(pd.DataFrame({"time_s": times, "person": f"Face {i}", "mouth_open": mouth}))
    return pd.DataFrame(turns), pd.concat(rows, ignore_index=True)


@given(st.integers(0, 10_000), st.integers(2, 4))
@settings(max_examples=15, deadline=None)
def test_every_voice_finds_the_face_that_talks(seed: int, people: int) -> None:
    turns, faces = planted(seed, people=people, length_s=90)
    joined = join_voices_to_faces(turns, faces)
    assert joined == {f"Voice {i + 1}": f"Face {i}" for i in range(people)}


@given(st.integers(0, 10_000))
@settings(max_examples=15, deadline=None)
def test_a_listener_gets_no_voice_and_names_and_order_do_not_matter(seed: int) -> None:
    turns, faces = planted(seed, people=3, silent=(1,), length_s=90)
    joined = join_voices_to_faces(turns, faces)
    assert joined == {"Voice 1": "Face 0", "Voice 3": "Face 2"}
    mixed = faces.sample(frac=1.0, random_state=seed)
    assert join_voices_to_faces(turns.iloc[::-1], mixed) == joined


@given(st.integers(0, 10_000))
@settings(max_examples=12, deadline=None)
def test_a_narrator_off_screen_gets_no_face(seed: int) -> None:
    turns, faces = planted(seed, people=3, length_s=90)
    on_screen = faces[faces["person"] != "Face 2"]
    assert "Voice 3" not in join_voices_to_faces(turns, on_screen)


@given(st.integers(0, 10_000))
@settings(max_examples=12, deadline=None)
def test_each_shot_showing_only_its_speaker_is_enough(seed: int) -> None:
    turns, faces = planted(seed, people=2, length_s=90)
    shown = []
    for turn in turns.itertuples():
        face = f"Face {int(turn.speaker[-1]) - 1}"
        inside = faces["time_s"].between(turn.start_s, turn.end_s)
        shown.append(faces[inside & (faces["person"] == face)])
    joined = join_voices_to_faces(turns, pd.concat(shown))
    assert joined == {"Voice 1": "Face 0", "Voice 2": "Face 1"}


def test_nothing_joins_nothing() -> None:
    turns, faces = planted(0)
    assert join_voices_to_faces(turns.iloc[:0], faces) == {}
    assert join_voices_to_faces(turns, faces.iloc[:0]) == {}


def test_the_speaker_of_a_real_clip_is_the_one_face_in_it(
    shared_data: Callable[[str], Path], weights: Callable[..., None]
) -> None:
    weights("face_detector", "face_landmarks", "face_blendshapes", "expression_coarse")
    path = shared_data("av/video") / "ravdess_01-01-01-01-01-01-01.mp4"
    with Recording.open(path) as recording:
        faces = track_faces(recording, rate_hz=10)
        audio = recording.audio()
        sound = audio.read(0, audio.duration_s)
    # Loud tenths of a second are the turn; speech detection is judged elsewhere.
    blocks = sound[: len(sound) // 1600 * 1600].reshape(-1, 1600)
    loud = np.sqrt((blocks**2).mean(axis=1))
    voiced = np.flatnonzero(loud > 0.25 * np.quantile(loud, 0.98))
    turns = pd.DataFrame(
        {
            "start_s": [voiced[0] / 10],
            "end_s": [(voiced[-1] + 1) / 10],
            "speaker": ["Voice 1"],
        }
    )
    assert join_voices_to_faces(turns, faces) == {"Voice 1": "Person 1"}
    assert faces["mouth_open"].max() == pytest.approx(0.15, abs=0.12)
