"""Paired tests agree with scipy's exact ones, and raise false alarms as often as they say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from affectkit.measure.metrics import accuracy, ccc, macro_f1
from affectkit.measure.permutation import approximate_randomisation, sign_flip

stats = pytest.importorskip("scipy.stats")

SEEDS = st.integers(0, 2**32 - 1)
SIDES = st.sampled_from(["two-sided", "greater", "less"])


@settings(max_examples=40, deadline=None)
@given(SEEDS, SIDES)
def test_all_flips_are_scipys(seed, side):
    # Whole numbers, so that ties are many.
    d = np.random.default_rng(seed).integers(-3, 5, 9).astype(float)
    theirs = stats.permutation_test(
        (d,), np.mean, permutation_type="samples", alternative=side, n_resamples=np.inf
    )
    ours = sign_flip(d, alternative=side)
    assert ours.exact
    assert ours.swaps == 512
    # scipy doubles the smaller tail; flips mirror each other, so that both tails are alike.
    assert ours.p == pytest.approx(theirs.pvalue)


@settings(max_examples=30, deadline=None)
@given(SEEDS, SIDES)
def test_swapping_answers_of_accuracy_is_flipping_signs(seed, side):
    rng = np.random.default_rng(seed)
    truth, ours, theirs = rng.integers(0, 3, (3, 30))
    clusters = rng.integers(0, 6, 30)
    d = (ours == truth).astype(float) - (theirs == truth)
    swapped = approximate_randomisation(
        accuracy, truth, ours, theirs, clusters=clusters, alternative=side
    )
    flipped = sign_flip(d, clusters=clusters, alternative=side)
    assert swapped.exact
    assert flipped.exact
    assert swapped.p == flipped.p
    assert swapped.difference == pytest.approx(flipped.difference)


@settings(max_examples=20, deadline=None)
@given(SEEDS)
def test_draws_come_near_the_whole_and_never_say_nought(seed):
    d = np.random.default_rng(seed).normal(0.4, 1, 12)
    whole = sign_flip(d).p
    drawn = sign_flip(d, n=4000, seed=1)
    assert not drawn.exact
    # Six standard errors of a share over 4000 draws.
    assert drawn.p == pytest.approx(whole, abs=6 * 0.5 / np.sqrt(4000))
    sure = sign_flip(np.ones(100), n=500)
    assert sure.p == 1 / 501


def test_clusters_that_move_together_are_no_evidence_by_the_item():
    rng = np.random.default_rng(0)
    alarms = {"items": 0, "clusters": 0}
    for k in range(300):
        clusters = np.repeat(np.arange(10), 20)
        d = rng.normal(size=10)[clusters] + 0.3 * rng.normal(size=200)
        alarms["items"] += sign_flip(d, n=200, seed=k).p <= 0.05
        alarms["clusters"] += sign_flip(d, clusters=clusters, n=1024).p <= 0.05
    # 5 % of 300 with three standard errors; by the item it cries wolf most of the time.
    assert alarms["clusters"] <= 15 + 3 * np.sqrt(300 * 0.05 * 0.95)
    assert alarms["items"] > 100


def test_a_better_system_is_told_from_a_worse_one_by_any_score():
    rng = np.random.default_rng(1)
    truth = rng.normal(size=60)
    good, bad = truth + 0.3 * rng.normal(size=60), truth + 2 * rng.normal(size=60)
    test = approximate_randomisation(ccc, truth, good, bad, n=300)
    assert test.difference == pytest.approx(ccc(truth, good) - ccc(truth, bad))
    assert test.p == pytest.approx(1 / 301)
    assert approximate_randomisation(ccc, truth, bad, good, alternative="greater", n=300).p > 0.99
    tables = (rng.random((3, 20, 4)) < 0.5).astype(int)
    same = approximate_randomisation(macro_f1, tables[0], tables[1], tables[1], n=50)
    assert (same.difference, same.p) == (0, 1)


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="clusters"):
        sign_flip([1, 2], clusters=[1])
    with pytest.raises(ValueError, match="finite"):
        sign_flip([1, np.nan])
    with pytest.raises(ValueError, match="alternative"):
        sign_flip([1, 2], alternative="both")
    with pytest.raises(ValueError, match="NaN"):
        approximate_randomisation(ccc, [1, 1], [1, 1], [1, 2])
