"""Where somebody speaks: blocks leave no trace, silence stays silent, speech is found."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from affectkit.media.audio import Audio
from affectkit.perceive.voice_activity import (
    CHUNK_S,
    Hysteresis,
    VoiceActivityStream,
    detector,
    gain,
    join_chunks,
    speech_segments,
)


@pytest.fixture(scope="module")
def talk(shared_data, weights):
    weights("voice_activity")
    import soundfile

    folder = shared_data("av/speech/pyannote-sample")
    samples, rate = soundfile.read(folder / "sample.flac", dtype="float32")
    assert rate == 16_000
    spoken = np.zeros(len(samples) // 160, dtype=bool)
    for line in (folder / "sample.rttm").read_text().splitlines():
        start, length = (float(x) for x in line.split()[3:5])
        spoken[round(start * 100) : round((start + length) * 100)] = True
    return samples, spoken


def test_blocks_leave_no_trace(talk):
    samples = talk[0][: 16_000 * 10]
    whole = VoiceActivityStream(detector())
    once = np.concatenate([whole.feed(samples), whole.finish()])
    rng = np.random.default_rng(0)
    cuts = np.sort(rng.integers(0, len(samples), 25))
    parts = VoiceActivityStream(detector())
    told = [parts.feed(block) for block in np.split(samples, cuts)]
    np.testing.assert_array_equal(np.concatenate([*told, parts.finish()]), once)


def test_speech_is_found_where_people_speak(talk):
    samples, spoken = talk
    told = np.zeros_like(spoken)
    for segment in speech_segments(Audio.from_samples(samples)):
        told[round(segment.start_s * 100) : round(segment.end_s * 100)] = True
    assert (told & spoken).sum() / spoken.sum() > 0.95
    assert (told & ~spoken).sum() / (~spoken).sum() < 0.1


@pytest.mark.parametrize("level", [0.0, 0.0003, 0.03, 0.3])
def test_noise_is_not_speech(weights, level):
    weights("voice_activity")
    noise = np.random.default_rng(1).normal(0, level, 16_000 * 8).astype(np.float32)
    assert list(speech_segments(Audio.from_samples(noise))) == []


def test_a_quiet_recording_is_heard_like_a_loud_one(talk):
    samples = talk[0]

    def seconds(scale: float) -> float:
        found = speech_segments(Audio.from_samples(samples * np.float32(scale)))
        return sum(s.duration_s for s in found)

    assert seconds(0.02) == pytest.approx(seconds(1.0), abs=0.5)


def test_no_sound_has_no_speech(weights):
    weights("voice_activity")
    nothing = Audio.from_samples(np.zeros(0, dtype=np.float32))
    assert list(speech_segments(nothing)) == []
    assert gain(nothing) == 1.0


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(0, 1), max_size=200), st.floats(0, 0.15))
def test_segments_are_in_order_inside_the_recording_and_apart(probabilities, pad_s):
    rules = Hysteresis(pad_s=pad_s)
    duration_s = len(probabilities) * CHUNK_S
    found = list(join_chunks(probabilities, duration_s, rules))
    times = [t for s in found for t in (s.start_s, s.end_s)]
    assert times == sorted(times)
    assert all(0 <= t <= duration_s for t in times)
    assert all(0 < s.probability <= 1 for s in found)
    # Where nothing reaches the onset nothing is found, and every segment reaches it.
    if max(probabilities, default=0) < rules.onset:
        assert not found
    for s in found:
        inside = probabilities[int(s.start_s / CHUNK_S) : int(s.end_s / CHUNK_S) + 1]
        assert max(inside) >= rules.onset
