"""The recipe of paper 081 on real data."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from affectkit.recipes.fusion import crowd_pooling, listeners, meeting


def test_confidence_brings_the_pool_nearer_to_what_people_see(shared_data) -> None:
    data = shared_data(crowd_pooling.DATA).parents[2]
    nearer, sure = crowd_pooling.measure(data, (0,), 200)
    assert nearer.high < 0, "confidence weights beat the plain mean on CREMA-D votes"
    assert sure.value < sure.baseline


def test_the_mean_rule_is_exact_on_real_tracks(shared_data) -> None:
    data = shared_data(listeners.DATA).parents[2]
    found = listeners.measure(data, (0,), 50, pieces=4, progress=lambda done: None)
    rule = found[-1]
    assert rule.holds
    assert rule.n > 0
    assert rule.value < 1e-12


def test_tracks_are_real_people_on_one_axis(shared_data) -> None:
    tracks = listeners.read_tracks(shared_data(listeners.DATA))
    assert len(tracks) > 80
    for track in tracks.values():
        assert track.ndim == 3
        assert np.abs(track).max() <= 1


def test_a_listener_far_from_the_rest_has_a_larger_error() -> None:
    rng = np.random.default_rng(0)
    mood = rng.normal(size=(1, 40, 2)) / 5
    tracks = np.repeat(mood, 6, axis=0) + rng.normal(size=(6, 40, 2)) / 20
    tracks[3] += 0.8
    errors = listeners._errors(tracks)
    assert (errors.argmax(axis=0) == 3).all()
    assert errors.min() == pytest.approx(errors[0].min(), abs=0.05)


def test_a_meeting_says_who_speaks_when(tmp_path: Path) -> None:
    files = []
    for i, rate in enumerate((16_000, 48_000)):
        path = tmp_path / f"{i}.wav"
        soundfile.write(path, np.full(rate, 0.1 * (i + 1), dtype=np.float32), rate)
        files.append((f"A{i}", path))
    target = tmp_path / "meeting.wav"
    said = meeting.write_sound(target, files)
    sound, rate = soundfile.read(target)
    assert said["speaker"].tolist() == ["A0", "A1"]
    for i, (start, end) in enumerate(said[["start_s", "end_s"]].to_numpy()):
        assert end - start == pytest.approx(1, abs=0.01)
        part = sound[round((start + 0.1) * rate) : round((end - 0.1) * rate)]
        assert part.mean() == pytest.approx(0.1 * (i + 1), abs=0.01)


def test_actors_take_turns_and_no_clip_comes_twice() -> None:
    rows = [
        (f"{who}-{label}-{k}", who, label, intensity)
        for who in "AB"
        for label, intensity in (("neutral", "normal"), ("anger", "strong"), ("anger", "normal"))
        for k in range(4)
    ]
    clips = pd.DataFrame(rows, columns=["file", "speaker", "label", "intensity"])
    neutral, lively = meeting._spoken(clips, ("A", "B"), 6, np.random.default_rng(0))
    assert [who for who, _ in neutral] == list("ABABAB")
    assert all("neutral" in file for _, file in neutral)
    assert len({file for _, file in lively}) == 6
    strong = set(clips.loc[clips["intensity"] == "strong", "file"])
    assert {file for _, file in lively} <= strong


@pytest.mark.slow
def test_the_mean_rule_is_exact_on_a_film_of_two(shared_data, weights) -> None:
    weights("expression_coarse", "face_detector", "face_landmarks", "face_blendshapes")
    found = meeting.measure_mean_rule(shared_data(meeting.FILMS).parents[1], (0,))
    assert found.holds, found.notes
