"""A score stands beside the dummy it must beat, with the interval of its gain over it."""

from __future__ import annotations

import numpy as np
import pytest

from affectkit.measure.distributions import soft_cross_entropy
from affectkit.measure.label_ranking import average_precision
from affectkit.measure.metrics import accuracy, brier, ccc, macro_f1, pearson, uar
from affectkit.measure.multilabel import hamming_loss, jaccard
from affectkit.measure.scored import scored

RNG = np.random.default_rng(0)
LABELS = RNG.choice(list("abc"), 120, p=[0.6, 0.3, 0.1])
TOLD = np.where(RNG.random(120) < 0.7, LABELS, RNG.choice(list("abc"), 120))


def test_the_baseline_is_the_dummys_and_the_interval_scipys():
    dummy = pytest.importorskip("sklearn.dummy")
    stats = pytest.importorskip("scipy.stats")
    s = scored(accuracy, LABELS, TOLD, n=2000)
    x = np.zeros((120, 1))
    told = dummy.DummyClassifier(strategy="most_frequent").fit(x, LABELS).predict(x)
    assert (s.baseline_name, s.baseline) == ("majority class", np.mean(told == LABELS))
    right = (TOLD == LABELS).astype(float)
    theirs = stats.bootstrap((right,), np.mean, method="BCa", n_resamples=5000, rng=1)
    # Draws differ; ends agree to a fifth of the interval's width.
    near = 0.2 * (theirs.confidence_interval.high - theirs.confidence_interval.low)
    assert s.interval.low == pytest.approx(theirs.confidence_interval.low, abs=near)
    assert s.interval.high == pytest.approx(theirs.confidence_interval.high, abs=near)
    # Paired: each draw's gain is that of a mean of differences.
    each = right - (told == LABELS)
    paired = stats.bootstrap((each,), np.mean, method="BCa", n_resamples=5000, rng=1)
    assert s.gain.value == pytest.approx(each.mean())
    assert s.gain.low == pytest.approx(paired.confidence_interval.low, abs=near)


def test_what_a_dummy_answers_gains_nothing_and_does_not_beat_it():
    most = np.repeat("a", 120)
    s = scored(uar, LABELS, most, n=50)
    assert s.value == pytest.approx(1 / 3)
    assert (s.gain.value, s.gain.low, s.gain.high) == (0, 0, 0)
    assert not s.beats_baseline
    assert "uar 0.333" in str(s)


def test_losses_run_the_other_way():
    truth = (RNG.random((80, 3)) < [0.7, 0.2, 0.1]).astype(int)
    told = np.where(RNG.random((80, 3)) < 0.1, 1 - truth, truth)
    s = scored(hamming_loss, truth, told, higher_is_better=False, n=100)
    # Least errors by constants: the rarer side of each label.
    assert s.baseline == pytest.approx(np.minimum(truth.mean(0), 1 - truth.mean(0)).mean())
    assert s.gain.value == pytest.approx(s.baseline - s.value)
    assert s.beats_baseline
    whole = scored(jaccard, truth, told, n=100)
    assert whole.beats_baseline
    assert whole.baseline < whole.value


def test_each_kind_of_score_meets_its_own_baseline():
    numbers = RNG.normal(size=100)
    near = numbers + RNG.normal(size=100)
    s = scored(ccc, numbers, near, n=50)
    assert (s.baseline_name, s.baseline) == ("mean", 0)
    # A constant has no correlation at all: only chance is left to compare with.
    assert scored(pearson, numbers, near, n=50).baseline_name == "at random"
    yes = RNG.random(100) < 0.3
    chance = np.clip(0.3 + 0.4 * (yes - 0.3) + 0.1 * RNG.normal(size=100), 0, 1)
    rate = yes.mean()
    s = scored(brier, yes.astype(int), chance, higher_is_better=False, n=50)
    assert s.baseline == pytest.approx(rate * (1 - rate))
    s = scored(average_precision, yes.astype(int), chance, n=50)
    assert s.baseline == pytest.approx(rate)
    shares = RNG.dirichlet(np.ones(4), 60)
    s = scored(soft_cross_entropy, shares, shares, higher_is_better=False, n=50)
    mean = shares.mean(axis=0)
    assert s.baseline == pytest.approx(-(mean * np.log(mean)).sum())
    ratings = RNG.integers(1, 8, 50)
    assert scored(ccc, ratings, ratings, kind="numbers", n=50).baseline_name == "mean"


def test_what_was_known_in_training_is_what_the_dummy_answers():
    s = scored(accuracy, LABELS, TOLD, known=["c", "c"], n=50)
    assert s.baseline == pytest.approx(np.mean(LABELS == "c"))
    assert scored(accuracy, LABELS, TOLD, n=50).baseline == np.mean(LABELS == "a")


def test_clusters_are_drawn_whole():
    clusters = np.repeat(np.arange(12), 10)
    right = np.repeat(np.arange(12) < 9, 10)
    told = np.where(right, LABELS, "z")
    by_item = scored(macro_f1, LABELS, told, n=300).interval
    by_cluster = scored(macro_f1, LABELS, told, clusters=clusters, n=300).interval
    assert (by_item.n, by_cluster.n) == (120, 12)
    assert by_cluster.high - by_cluster.low > 1.5 * (by_item.high - by_item.low)


def test_guesses_seldom_seem_to_beat_the_baseline():
    rng = np.random.default_rng(5)
    won = 0
    for k in range(200):
        truth, guess = rng.integers(0, 2, (2, 100))
        known = np.array([0, 0, 1])
        s = scored(accuracy, truth, guess, known=known, n=200, seed=k)
        won += s.beats_baseline
    # 2.5 % of 200 with three standard errors; the strongest baseline makes it rarer.
    assert won <= 5 + 3 * np.sqrt(200 * 0.025 * 0.975)


def test_where_constants_have_no_score_chance_is_the_baseline():
    def phi(truth, told):
        a, b = truth == "a", told == "a"
        return float("nan") if len(set(a)) * len(set(b)) < 4 else np.corrcoef(a, b)[0, 1]

    s = scored(phi, LABELS, TOLD, n=50)
    assert s.baseline_name == "at random"
    # Draws that know nothing are uncorrelated: 20 tables, each of spread 1 / sqrt(120).
    assert abs(s.baseline) < 4 / np.sqrt(20 * 120)
    assert s.value == pytest.approx(phi(LABELS, TOLD))
    assert s.beats_baseline


def test_a_score_that_no_dummy_has_is_told_so():
    s = scored(
        lambda t, p: float("nan") if len(set(p)) < 3 else 1.0, [1.5] * 4, np.arange(4.0), n=20
    )
    assert s.baseline_name == "none can be scored"
    assert np.isnan(s.baseline)
    assert not s.beats_baseline
    with pytest.raises(ValueError, match="cannot be scored"):
        scored(accuracy, [1, 2], [1])
    with pytest.raises(ValueError, match="one text an item"):
        scored(accuracy, [["so", "sad"], ["oh", "no"]], ["so", "no"])
    with pytest.raises(ValueError, match="cannot be scored"):
        scored(accuracy, [], [])
