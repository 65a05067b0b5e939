"""Emotion in the voice: pitch against tones, features against oracles, gain, and reasons."""

from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from affectkit.media.audio import Audio
from affectkit.perceive import prosody
from affectkit.perceive.speech import SpeechPerceiver
from affectkit.perceive.speech_features import own_voice, windows_of
from affectkit.perceive.speech_spectra import log_mel, mel_filters, voice_mel

ROLES = ("voice_activity", "speaker_encoder", "speech_encoder")


class Sound:
    """The part of a recording that the perceiver reads."""

    has_audio = True

    def __init__(self, samples: np.ndarray) -> None:
        self._audio = Audio.from_samples(samples.astype(np.float32))

    def audio(self) -> Audio:
        return self._audio


@settings(max_examples=20, deadline=None)
@given(st.floats(75, 420), st.floats(0.001, 0.9))
def test_pitch_of_a_buzz_is_its_frequency_at_any_level(hertz, level):
    t = np.arange(16_000) / 16_000
    buzz = sum(np.sin(2 * np.pi * hertz * k * t) / k for k in range(1, 8))
    found = prosody.contours((level * buzz / np.abs(buzz).max()).astype(np.float32))
    inner = found.pitch_hz[5:-8]
    assert np.nanmedian(inner) == pytest.approx(hertz, rel=0.01)
    assert np.isnan(inner).mean() < 0.1


def test_noise_and_silence_have_no_pitch():
    noise = np.random.default_rng(0).normal(0, 0.1, 16_000).astype(np.float32)
    assert np.isnan(prosody.contours(noise).pitch_hz).mean() > 0.95
    assert np.isnan(prosody.contours(np.zeros(16_000, np.float32)).pitch_hz).all()


def test_silence_share_counts_the_pauses():
    rng = np.random.default_rng(0)
    sound = rng.normal(0, 0.1, 16_000 * 2).astype(np.float32)
    sound[16_000 : 16_000 + 8_000] = 0.0
    value = prosody.summary(prosody.contours(sound))[prosody.FEATURES.index("silence_share")]
    assert value == pytest.approx(0.25, abs=0.03)


def test_log_mel_is_whispers():
    extractor = pytest.importorskip("faster_whisper.feature_extractor").FeatureExtractor()
    sound = np.random.default_rng(0).normal(0, 0.05, 32_000).astype(np.float32)
    oracle = extractor(sound, padding=0)
    made = log_mel(sound)
    np.testing.assert_allclose(made, oracle[:, : made.shape[1]], atol=1e-4)


def test_mel_filters_have_equal_area():
    # Slaney's filters integrate to 1 over hertz; narrow ones are sampled coarsely.
    area = mel_filters(40).sum(axis=1) * 40.0
    np.testing.assert_allclose(area, 1.0, atol=0.15)
    assert voice_mel(np.zeros(1600, np.float32)).shape == (11, 40)


@settings(max_examples=25, deadline=None)
@given(st.floats(0.0, 50.0), st.floats(0.05, 60.0))
def test_windows_cover_a_stretch_without_gap(start_s, length_s):
    windows = windows_of(start_s, start_s + length_s)
    assert windows[0][0] == pytest.approx(start_s)
    assert windows[-1][1] == pytest.approx(start_s + length_s)
    assert all(a[1] == b[0] for a, b in pairwise(windows))
    lengths = [b - a for a, b in windows]
    assert max(lengths) <= 4.0 + 1e-6
    assert len(windows) == 1 or min(lengths) >= 2.0 - 1e-6


def test_an_unknown_speaker_is_taken_as_average_and_a_known_one_as_self():
    rng = np.random.default_rng(0)
    prior = {"mean": np.zeros(5), "scale": np.ones(5)}
    voice = 3.0 + 2.0 * rng.standard_normal((400, 5))
    raw = own_voice(voice, np.full(400, 3.0), prior_s=np.inf, **prior)
    np.testing.assert_array_equal(raw, voice)
    known = own_voice(voice, np.full(400, 3.0), prior_s=120.0, **prior)
    assert np.abs(known.mean(axis=0)).max() < 0.4
    np.testing.assert_allclose(known.std(axis=0), 1.0, atol=0.25)
    # One window cannot become its own average.
    one = own_voice(voice[:1], [3.0], prior_s=120.0, **prior)
    np.testing.assert_allclose(one, voice[:1], rtol=0.35)


@pytest.fixture(scope="module")
def emodb(shared_data, weights):
    weights(*ROLES)
    import soundfile

    folder = shared_data("av/speech/emodb")

    def read(name: str) -> np.ndarray:
        return soundfile.read(folder / f"{name}.flac", dtype="float32")[0]

    return read


def test_gain_does_not_change_the_emotion(emodb):
    clip = np.concatenate([emodb("03a01Wa"), emodb("03a01Nc")])

    def told(decibel: float) -> np.ndarray:
        scaled = clip * np.float32(10 ** ((decibel - 14) / 20))
        timeline = SpeechPerceiver().perceive(Sound(scaled))
        return timeline.labels.to_numpy().mean(axis=0)

    plain = told(0.0)
    for decibel in (-12.0, 12.0):
        assert 0.5 * np.abs(told(decibel) - plain).sum() < 0.05


def test_rows_say_who_when_and_why(emodb):
    clip = np.concatenate([emodb(n) for n in ("03a01Wa", "03a01Nc", "03a02Fc", "03a02Ta")])
    sound = Sound(clip)
    timeline = SpeechPerceiver().perceive(sound)
    table = timeline.table
    assert len(table) >= 2
    assert (table["modality"] == "speech").all()
    assert (table["end_s"] <= sound.audio().duration_s + 1e-6).all()
    told = table[table["reason"].isna()]
    np.testing.assert_allclose(timeline.labels.loc[told.index].sum(axis=1), 1.0, atol=1e-6)
    assert told[["confidence", "spread", "quality", "arousal_sd"]].notna().all().all()
    reasons = [r for text in told["evidence"] for r in json.loads(text)]
    assert reasons
    assert all(0 <= r["weight"] <= 1 and "own mean" in r["what"] for r in reasons)


def test_what_is_too_short_or_silent_cannot_be_told(emodb):
    import pandas as pd

    turns = pd.DataFrame(
        [(0.2, 0.6, "Voice 1"), (0.7, 3.0, "Voice 2")], columns=["start_s", "end_s", "speaker"]
    )
    clip = np.concatenate([emodb("03a01Wa"), emodb("03a01Nc")])
    short = SpeechPerceiver().perceive(Sound(clip), turns=turns).table
    assert "only 0.4 s" in short["reason"].iloc[0]
    assert pd.isna(short["confidence"].iloc[0])
    hiss = np.random.default_rng(0).normal(0, 0.05, 16_000 * 4)
    noisy = SpeechPerceiver().perceive(Sound(hiss), turns=turns).table
    assert noisy["reason"].notna().all()
    silent = SpeechPerceiver().perceive(Sound(np.zeros(16_000 * 3)))
    assert not len(silent)
    assert silent.notes


def test_a_strange_channel_lowers_confidence(emodb):
    import pandas as pd

    from affectkit.recipes.speech.acted_speech import damaged

    def confidence(clip: np.ndarray) -> float:
        turns = pd.DataFrame({"start_s": [0.1], "end_s": [len(clip) / 16_000], "speaker": ["A"]})
        table = SpeechPerceiver().perceive(Sound(clip), turns=turns).table
        # What cannot be told at all is trusted not at all.
        return float(table["confidence"].fillna(0.0).mean())

    clips = [emodb(name) for name in ("03a01Wa", "03a01Nc", "03a02Ta", "03a02Wb", "03a04Ad")]
    clean = np.mean([confidence(clip) for clip in clips])
    rng = np.random.default_rng(0)
    assert np.mean([confidence(damaged(clip, rng)) for clip in clips]) < clean - 0.2
