"""Tests of two samples alarm no more often than said, and do so where the samples differ."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, fisher_exact, permutation_test
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.neighbors import KNeighborsClassifier

from affectkit.measure.shift import (
    ShiftWarning,
    TwoSampleTest,
    _fisher,
    classifier_test,
    mmd_test,
    warn_of_shift,
)


def _discrepancy(x, y, bandwidth):
    """Gretton et al. 2012, equation 3, as it stands."""
    gamma = 1 / (2 * bandwidth**2)
    xx, yy, xy = (rbf_kernel(a, b, gamma=gamma) for a, b in ((x, x), (y, y), (x, y)))
    n, m = len(x), len(y)
    return (xx.sum() - n) / (n * (n - 1)) + (yy.sum() - m) / (m * (m - 1)) - 2 * xy.sum() / (n * m)


@given(st.integers(0, 2**32 - 1), st.integers(2, 12), st.integers(2, 12), st.booleans())
def test_the_discrepancy_is_that_of_scikit_learns_kernel(seed, n, m, median):
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(n, 3)), rng.normal(1, 2, size=(m, 3))
    both = np.concatenate([x, y])
    scaled = (both - both.mean(axis=0)) / both.std(axis=0)
    apart = [np.linalg.norm(a - b) for i, a in enumerate(scaled) for b in scaled[:i]]
    # the median of an even number of squares lies between those of the middle two
    width = np.sqrt(np.median(np.square(apart))) if median else 0.7
    found = mmd_test(x, y, bandwidth=None if median else 0.7, permutations=5)
    assert found.value == pytest.approx(_discrepancy(scaled[:n], scaled[n:], width), abs=1e-9)


def test_its_p_is_that_of_every_assignment():
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(5, 2)), rng.normal(0.8, size=(6, 2))
    both = np.concatenate([x, y])
    scaled = (both - both.mean(axis=0)) / both.std(axis=0)
    exact = permutation_test(
        (np.arange(5), np.arange(5, 11)),
        lambda a, b: _discrepancy(scaled[a.astype(int)], scaled[b.astype(int)], 1.0),
        alternative="greater",
        n_resamples=np.inf,
        vectorized=False,
    )
    ours = mmd_test(x, y, bandwidth=1.0, permutations=9999)
    assert 0.02 < exact.pvalue < 0.9
    assert ours.p == pytest.approx(exact.pvalue, abs=0.02)


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1)), min_size=2, max_size=60))
def test_the_classifiers_p_is_scipys(pairs):
    said, held = np.array(pairs).T
    table = [[int(((said == a) & (held == b)).sum()) for b in (1, 0)] for a in (1, 0)]
    assert _fisher(said, held) == pytest.approx(
        fisher_exact(table, alternative="greater").pvalue, rel=1e-9
    )


def test_neighbours_are_scikit_learns_and_p_is_close_to_the_sources():
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(600, 3)), rng.normal(0.35, size=(600, 3))
    ours = classifier_test(x, y)
    # 600 learnt from: 23 neighbours, the odd number below their root
    theirs = classifier_test(x, y, classifier=KNeighborsClassifier(23))
    assert ours == theirs
    approximate = binom.sf(round(ours.value * 600) - 1, 600, 0.5)
    assert 0.1 < np.log(ours.p) / np.log(approximate) < 10
    assert ours.p < 0.01


TESTS = {
    "mmd": lambda x, y, seed: mmd_test(x, y, permutations=99, seed=seed),
    "classifier": lambda x, y, seed: classifier_test(x, y, seed=seed),
    "logistic": lambda x, y, seed: classifier_test(
        x, y, classifier=LogisticRegression(), seed=seed
    ),
}


@pytest.mark.parametrize("test", list(TESTS))
@pytest.mark.parametrize("heavy", [False, True])
def test_false_alarms_come_as_often_as_the_level_says(test, heavy):
    rng = np.random.default_rng(3)
    draw = (
        (lambda n: rng.standard_t(2, size=(n, 3)))
        if heavy
        else (lambda n: rng.normal(size=(n, 3)) @ np.diag([1, 5, 0.1]))
    )
    p = np.array([TESTS[test](draw(50), draw(35), seed).p for seed in range(300)])
    for level in (0.05, 0.1, 0.3):
        # four standard errors; Fisher's test stays below, since few values are possible
        assert np.mean(p <= level) <= level + 4 * np.sqrt(level * (1 - level) / 300)
    if test == "mmd":
        assert np.mean(p <= 0.3) == pytest.approx(0.3, abs=0.11)


@pytest.mark.parametrize("test", ["mmd", "classifier"])
@pytest.mark.parametrize("kind", ["moved", "wider", "related"])
def test_a_planted_shift_is_seen(test, kind):
    rng = np.random.default_rng(4)
    seen = []
    for seed in range(25):
        x, y = rng.normal(size=(200, 2)), rng.normal(size=(200, 2))
        if kind == "moved":
            y = y + 0.7
        elif kind == "wider":
            y = y * 2
        else:  # each feature by itself is as before
            y[:, 1] = y[:, 0] * 0.95 + y[:, 1] * np.sqrt(1 - 0.95**2)
        seen.append(TESTS[test](x, y, seed).p <= 0.05)
    assert np.mean(seen) > 0.85


def test_other_speakers_alone_are_no_shift_where_clusters_are_told():
    rng = np.random.default_rng(8)

    def clips(mean):
        who = np.repeat(np.arange(12), rng.integers(4, 12, size=12))
        return rng.normal(mean, size=(12, 3))[who] + 0.3 * rng.normal(size=(len(who), 3)), who

    alarms, blind, seen = [], [], []
    for seed in range(120):
        (x, a), (y, b), (z, c) = clips(0), clips(0), clips(1.2)
        alarms.append(mmd_test(x, y, clusters=(a, b), permutations=99, seed=seed).p <= 0.1)
        blind.append(mmd_test(x, y, permutations=99, seed=seed).p <= 0.1)
        seen.append(mmd_test(x, z, clusters=(a, c), permutations=99, seed=seed).p <= 0.1)
    assert np.mean(alarms) == pytest.approx(0.1, abs=0.09)
    assert np.mean(blind) > 0.9
    assert np.mean(seen) > 0.8


def test_a_cluster_an_item_is_no_cluster_at_all():
    rng = np.random.default_rng(9)
    x, y = rng.normal(size=(20, 2)), rng.normal(0.5, size=(15, 2))
    assert mmd_test(x, y, clusters=(np.arange(20), np.arange(15))) == mmd_test(x, y)


def test_one_is_warned_of_a_shift_and_of_nothing_else():
    rng = np.random.default_rng(5)
    old, new = rng.normal(size=(300, 4)), rng.normal(0.5, size=(200, 4))
    for test in ("mmd", "classifier"):
        with pytest.warns(ShiftWarning, match="calibrate on some of the new"):
            found = warn_of_shift(old, new, test=test)
        assert found.test == test
        assert found.p <= 0.05
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert warn_of_shift(old, old[::-1], test=test).p > 0.05
            assert warn_of_shift(old, new, test=test, level=1e-9).p > 0


def _features(texts):
    counts = HashingVectorizer(n_features=64, ngram_range=(1, 2), alternate_sign=False)
    return counts.transform(texts).toarray()


def test_comments_of_another_site_are_told_from_those_of_the_same(shared_data):
    shared_data("text-open/goemotions")
    shared_data("text-open/emobank")
    from affectkit.data import data_root, emobank, goemotions

    rng = np.random.default_rng(6)
    same = _features(goemotions.read(data_root()).table["text"].sample(4000, random_state=0))
    other = _features(emobank.read(data_root()).table["text"].sample(1000, random_state=0))
    with pytest.warns(ShiftWarning):
        warn_of_shift(same[:300], other[:300], level=0.01)
    with pytest.warns(ShiftWarning):
        # 64 counts of words are too many for neighbours
        warn_of_shift(
            same[:1000], other, test="classifier", classifier=LogisticRegression(), level=0.01
        )
    alarms = 0
    for _ in range(40):
        order = rng.permutation(4000)
        alarms += mmd_test(same[order[:150]], same[order[150:300]], permutations=99).p <= 0.1
    # 4 are to be expected of 40; more than 11 come once in two thousand times
    assert alarms <= 11


def test_a_sample_may_be_larger_than_what_is_used():
    rng = np.random.default_rng(7)
    found = mmd_test(rng.normal(size=500), rng.normal(size=40), most=50, permutations=9)
    assert (found.n_reference, found.n_new) == (50, 40)
    found = classifier_test(rng.normal(size=500), rng.normal(size=41))
    assert (found.n_reference, found.n_new) == (41, 41)
    assert mmd_test(np.ones(20), np.ones(20)) == TwoSampleTest("mmd", 0.0, 1.0, 20, 20)


@settings(max_examples=20)
@given(st.integers(0, 2**32 - 1), st.sampled_from(["mmd", "classifier"]))
def test_neither_unit_nor_origin_matters(seed, test):
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(30, 2)), rng.normal(0.5, size=(30, 2))
    one = TESTS[test](x, y, seed)
    other = TESTS[test](x * [100, 0.5] + 3, y * [100, 0.5] + 3, seed)
    assert other.value == pytest.approx(one.value)
    assert other.p == pytest.approx(one.p)


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="new: at least 2"):
        mmd_test([0.0, 1.0], [0.0])
    with pytest.raises(ValueError, match="reference: row 1 is not finite"):
        mmd_test([0.0, np.nan], [0.0, 1.0])
    with pytest.raises(ValueError, match="3 features, and new has 2"):
        mmd_test(np.zeros((5, 3)), np.zeros((5, 2)))
    with pytest.raises(ValueError, match="at least 4"):
        classifier_test(np.zeros(10), np.zeros(3))
    with pytest.raises(ValueError, match="no test 'other'"):
        warn_of_shift(np.zeros(10), np.zeros(10), test="other")
    with pytest.raises(ValueError, match="new: clusters of shape"):
        mmd_test(np.zeros(4), np.zeros(4), clusters=([0, 0, 1, 1], [0, 1]))
    with pytest.raises(ValueError, match="new: at least 2 clusters"):
        warn_of_shift(np.zeros(4), np.zeros(4), clusters=([0, 0, 1, 1], [0, 0, 0, 0]))
    with pytest.raises(ValueError, match="takes no clusters"):
        warn_of_shift(
            np.zeros(4), np.zeros(4), clusters=([0, 0, 1, 1], [0, 0, 1, 1]), test="classifier"
        )
    with pytest.raises(ValueError, match="level"):
        warn_of_shift(np.zeros(10), np.zeros(10), level=0)
