"""Disagreement: planted groups, planted disagreement of items and planted drift are found."""

import numpy as np
import pandas as pd
import pytest

from affectkit.data import crema_d_votes
from affectkit.errors import DataError
from affectkit.recipes.ratings import disagreement as recipe


def planted(lean: float, seed: int = 0) -> recipe.Listeners:
    rng = np.random.default_rng(seed)
    language = np.array(["de"] * 10 + ["en"] * 14)
    x = rng.normal(2.5, 1, (24, 24))
    x[:12] += np.where(language == "en", lean, 0)
    excerpt = np.repeat([f"e{i}" for i in range(12)], 2)
    emotion = np.array(["joy"] * 12 + ["fear"] * 12)
    return recipe.Listeners(np.clip(np.round(x), 1, 5), excerpt, emotion, language)


def test_planted_languages_are_found_on_the_items_that_they_part():
    overall, single = recipe.languages(planted(2.0), (0, 1, 2), 99)
    assert overall.holds
    assert single.holds
    assert 0.25 < single.value <= 0.6  # language parts half of the items
    assert "/joy" in single.notes.partition("widest")[2]
    assert "/fear" not in single.notes


def test_languages_that_part_nobody_do_not_hold():
    overall, single = recipe.languages(planted(0.0), (0, 1, 2), 99)
    assert not overall.holds
    assert not single.holds
    assert single.value < 0.1


def test_clips_that_sound_one_way_and_look_another_are_found():
    rng = np.random.default_rng(3)
    face = rng.multinomial(10, [0.6, 0.1, 0.1, 0.1, 0.05, 0.05], size=30)
    voice = face.copy()
    voice[:12] = rng.multinomial(10, [0.02, 0.02, 0.02, 0.02, 0.9, 0.02], size=12)

    def votes(counts):
        table = pd.DataFrame(counts, columns=list(crema_d_votes.LABELS))
        clips = [f"c{i:02}" for i in range(30)]
        return table.assign(clip=clips, actor=[f"a{i % 6}" for i in range(30)])

    overall, single = recipe.senses({"voice": votes(voice), "face": votes(face)}, (0, 1, 2), 199)
    assert overall.holds
    assert single.holds
    assert 0.2 < single.value <= 0.5
    none = recipe.senses({"voice": votes(face), "face": votes(face)}, (0, 1, 2), 99)
    assert not any(f.holds for f in none)


def test_groups_dealt_within_items_keep_their_numbers_and_missing_places():
    rng = np.random.default_rng(4)
    x = np.where(rng.random((20, 8)) < 0.3, np.nan, 1.0)
    groups = np.broadcast_to(np.array(list("aaabbbbb")), x.shape)
    dealt = recipe.within_items(x, groups, rng)
    there = ~np.isnan(x)
    np.testing.assert_array_equal(dealt[~there], groups[~there])
    np.testing.assert_array_equal(
        ((dealt == "a") & there).sum(axis=1), ((groups == "a") & there).sum(axis=1)
    )
    assert (dealt != groups).any()


def test_disagreement_of_an_item_repeats_and_that_of_its_mean_alone_does_not():
    rng = np.random.default_rng(1)
    spread = rng.choice([0.3, 2.0], 300)
    apart = np.clip(np.round(1.5 + spread[:, None] * rng.normal(size=(300, 20))), -4, 4)
    found = recipe.own(apart, (0, 1, 2), 100)
    assert found.holds
    assert found.value > 0.5
    # Near an end of the scale there is no room to differ: disagreement of the mean's making.
    level = rng.uniform(0, 4, 300)
    alike = np.clip(np.round(level[:, None] + rng.normal(size=(300, 20))), -4, 4)
    none = recipe.own(alike, (0, 1, 2), 100)
    assert not none.holds
    assert abs(none.value - none.baseline) < 0.2


def test_a_planted_drift_is_found_and_ends_at_both_sides():
    rng = np.random.default_rng(2)

    def piece(grows: float) -> np.ndarray:
        lean = rng.normal(size=(20, 1, 2)) * 0.3
        time = np.linspace(0, 1, 12)[None, :, None]
        return np.clip(lean * (0.5 + grows * time), -1, 1)

    found = recipe.drifting({str(i): piece(1.0) for i in range(12)}, (0,), 200)
    assert found.holds
    steady = recipe.drifting({str(i): piece(0.0) for i in range(12)}, (0,), 200)
    assert not steady.holds
    assert steady.value == pytest.approx(steady.baseline)


def test_real_listeners_rated_everything_and_a_bad_answer_is_named(shared_data, tmp_path):
    folder = shared_data("av/music/agreement-emotion")
    found = recipe.read_listeners(folder)
    assert found.ratings.shape == (22 * len(recipe.EMOTIONS), 126)
    assert sorted(set(found.language)) == ["english", "german", "mandarin", "spanish"]
    with pytest.raises(DataError, match="cannot be read"):
        recipe.read_listeners(tmp_path)
