"""Voices in training: what is thinned, what is chosen, and whose voice it takes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from affectkit.recipes.ratings import voice_augmentation as recipe

SPEAKERS = np.array(["a", "b", "c", "d"])


def crowd(seed, n=120):
    rng = np.random.default_rng(seed)
    speaker = rng.choice(SPEAKERS, size=n)
    return rng.random(n), rng.integers(6, size=n), speaker, np.isin(speaker, ["a", "c"])


@given(st.integers(0, 50))
def test_half_of_the_emotions_lose_women_and_half_lose_men(seed):
    _, truth, _, female = crowd(seed, 600)
    kept = recipe.confounded(truth, female, np.random.default_rng(seed))
    lost = {True: 0, False: 0}
    for label in np.unique(truth):
        share = {}
        for sex in (True, False):
            there = np.sum((truth == label) & (female == sex))
            share[sex] = np.sum((truth[kept] == label) & (female[kept] == sex)) / there
        rare = min(share, key=share.get)
        assert share[not rare] == 1
        assert share[rare] < 0.3
        lost[rare] += 1
    assert lost[True] == lost[False] == 3


@given(st.integers(0, 50))
def test_the_surest_take_the_voice_of_another_speaker_among_the_least_sure(seed):
    sure, truth, speaker, _ = crowd(seed)
    pairs = recipe.chosen(sure, truth, speaker, np.random.default_rng(seed))
    clips, targets = (np.array(side) for side in zip(*pairs, strict=True))
    count = round(recipe.SHARE * len(sure))
    assert set(clips) <= set(np.argsort(-sure)[:count])
    assert sure[targets].max() <= np.sort(sure)[count - 1]
    assert (speaker[clips] != speaker[targets]).all()
    contrary = np.argsort(sure)[:count]
    for clip, target in pairs:
        same = (truth[contrary] == truth[clip]) & (speaker[contrary] != speaker[clip])
        assert truth[target] == truth[clip] or not same.any()


def test_features_know_no_gain():
    sound = np.random.default_rng(0).normal(size=16_000).astype(np.float32) * 0.05
    np.testing.assert_allclose(
        recipe.features(sound), recipe.features(0.2 * sound), rtol=1e-3, atol=1e-3
    )


def test_ratios_lead_to_the_target_and_back():
    voices = recipe.Voices(
        [], np.zeros(2, dtype=int), SPEAKERS[:2], np.array([True, False]), np.array([200.0, 120.0])
    )
    there, back = voices.ratios(0, 1), voices.ratios(1, 0)
    assert there[0] == pytest.approx(0.6)
    np.testing.assert_allclose(np.multiply(there, back), 1)
    assert back[1] == pytest.approx((200 / 120) ** (1 / 3))


def test_real_voices_have_a_pitch_by_which_women_and_men_differ(shared_data):
    root = shared_data("av/speech/emodb").parents[2]
    voices = recipe.read(root)
    assert len(np.unique(voices.speaker)) == 6
    assert voices.pitch_hz[voices.female].min() > voices.pitch_hz[~voices.female].max()
