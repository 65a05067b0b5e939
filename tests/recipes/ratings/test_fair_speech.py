"""Fair speech: thinning, folds and scores, and a planted unfairness that methods undo."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from affectkit.measure.fairness import group_scores
from affectkit.measure.metrics import macro_f1
from affectkit.recipes.ratings import fair_speech as recipe
from affectkit.recipes.ratings.heard_speech import SHARED, Clips

codes = hnp.arrays(np.intp, 60, elements=st.integers(0, 5))


@given(codes, codes, hnp.arrays(np.intp, 60, elements=st.integers(0, 1)))
def test_the_quick_scores_are_those_of_the_room_of_measures(truth, told, female):
    both = 2 * truth + female
    room = group_scores(truth, told, female, labels=range(6), least=1).gap("tpr").value
    np.testing.assert_allclose(recipe.rms_gap(both, told), room)
    there = np.isin(told, truth)
    kept = both[there]
    if len(kept):
        expected = macro_f1(truth[there], told[there])
        if set(told[there]) <= set(truth[there]):
            np.testing.assert_allclose(recipe.score(kept, told[there]), expected)


def test_folds_take_each_speaker_once_and_both_sexes_where_they_last():
    speaker = np.repeat(list("abcdefg"), 3)
    sex = np.repeat(list("fmfmfmm"), 3)
    folds = recipe.leave_out(speaker, sex, 1)
    assert sorted(np.concatenate(folds)) == list(range(21))
    assert all(set(sex[f]) == {"f", "m"} for f in folds[:3])
    assert not any(set(speaker[a]) & set(speaker[b]) for a in folds for b in folds if a is not b)


@pytest.mark.parametrize(("rare", "ratio"), [("f", 4), ("m", 9)])
def test_only_the_rare_sex_is_thinned(rare, ratio):
    sex = np.array(["f", "m"] * 90)
    kept = recipe.thinned(sex, rare, ratio, np.random.default_rng(0))
    assert np.sum(sex[kept] != rare) == 90
    assert np.sum(sex[kept] == rare) == round(90 / ratio)


def test_what_sexes_show_differently_is_told_worse_of_the_rare_one_unless_it_counts_more():
    pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    n = 480
    truth, speaker = rng.integers(6, size=n), rng.integers(8, size=n)
    sex = np.where(speaker % 2, "m", "f")
    x = rng.normal(size=(n, 784)) * 0.3
    x[:, 24:] = 0.0
    x[np.arange(n), truth + 6 * (sex == "f")] += 4.0
    names = np.array([f"s{k}" for k in speaker])
    heard = Clips(x, np.array(SHARED)[truth], names, sex, np.repeat("made up", n), names)
    told = recipe.learn(heard, (9,), (0, 1), methods=["re-weighting"])
    gaps = {
        method: np.mean([recipe.rms_gap(told.both, row) for row in told.answers[method, 9]])
        for method in ("none", "re-weighting")
    }
    assert gaps["none"] > gaps["re-weighting"]
    assert np.mean([recipe.score(told.both, r) for r in told.answers["none", 1]]) > 0.8


def test_the_interval_of_no_difference_is_nothing_and_of_a_plain_one_is_not():
    speaker = np.repeat([f"s{k}" for k in range(8)], 12)
    female = np.repeat([True, False], 48)
    truth = np.tile(np.arange(6), 16)
    worse = np.where(female, 0, truth)
    told = recipe.Told(truth, female, speaker, {})
    same = recipe.change(told, recipe.rms_gap, worse[None], worse[None], 20, 0)
    assert (same.value, same.low, same.high, same.n) == (0.0, 0.0, 0.0, 8)
    fair = recipe.change(told, recipe.rms_gap, truth[None], worse[None], 20, 0)
    # Five of six emotions are never told of women: sqrt(5 / 6).
    np.testing.assert_allclose([fair.value, fair.low, fair.high], -np.sqrt(5 / 6))
