"""Disagreement is what its definition says, and planted groups and trends are found."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from affectkit.measure.disagreement import (
    group_disagreement,
    pairwise_disagreement,
    polarisation,
    van_der_eijk_agreement,
)
from affectkit.measure.disagreement_inference import benjamini_hochberg, group_test, wave_series

answers = hnp.arrays(
    float,
    st.tuples(st.integers(1, 5), st.integers(2, 7)),
    elements=st.sampled_from([1.0, 2.0, 3.0, 4.0, 5.0, np.nan]),
)


def by_pairs(row, groups, nominal=False):
    """Return mean differences within and between groups, pair by pair."""
    told = {True: [], False: []}
    for (x, g), (y, h) in itertools.combinations(zip(row, groups, strict=True), 2):
        if not np.isnan(x + y):
            told[g == h].append(float(x != y) if nominal else abs(x - y) / 4)
    return [np.mean(told[same]) if told[same] else np.nan for same in (True, False)]


@settings(deadline=None, max_examples=60)
@given(answers, st.booleans(), st.booleans(), st.integers(0, 99))
def test_disagreement_is_the_mean_over_pairs(x, nominal, each, seed):
    rng = np.random.default_rng(seed)
    groups = rng.integers(0, 3, x.shape if each else x.shape[1])
    found = group_disagreement(x, groups, None if nominal else (1, 5))
    for i, row in enumerate(x):
        own = groups[i] if each else groups
        within, between = by_pairs(row, own, nominal)
        assert found.within[i] == pytest.approx(within, nan_ok=True)
        assert found.between[i] == pytest.approx(between, nan_ok=True)
    if not nominal:
        np.testing.assert_allclose(found.overall, pairwise_disagreement(x, (1, 5)), atol=1e-12)


@settings(deadline=None, max_examples=40)
@given(answers, st.integers(0, 99))
def test_a_rater_who_counts_twice_is_two_who_are_never_paired(x, seed):
    times = np.random.default_rng(seed).integers(0, 3, x.shape[1])
    drawn = pairwise_disagreement(x, (1, 5), weights=times)
    for i, row in enumerate(x):
        pairs = [
            (times[a] * times[b], abs(row[a] - row[b]) / 4)
            for a, b in itertools.combinations(range(len(row)), 2)
            if not np.isnan(row[a] + row[b]) and times[a] * times[b]
        ]
        if pairs:
            weight, apart = np.array(pairs).T
            assert drawn[i] == pytest.approx((weight * apart).sum() / weight.sum())
        else:
            assert np.isnan(drawn[i])


def test_the_published_examples_of_agreement_and_its_ends():
    """Van der Eijk's own kind of example: one answer, even, two ends, and a mixture."""
    assert van_der_eijk_agreement([0, 0, 7, 0, 0]) == 1
    assert van_der_eijk_agreement([3, 3, 3, 3, 3]) == pytest.approx(0)
    assert van_der_eijk_agreement([5, 0, 0, 0, 0, 5]) == pytest.approx(-1)
    # The example of the R package agrmt.
    mixed = van_der_eijk_agreement([30, 40, 210, 130, 530, 50, 10])
    assert mixed == pytest.approx(0.6113333, abs=1e-6)


@settings(deadline=None, max_examples=40)
@given(
    hnp.arrays(np.int64, st.tuples(st.integers(1, 4), st.integers(3, 7)),
               elements=st.integers(0, 6)),
    st.integers(2, 5),
)  # fmt: skip
def test_agreement_is_the_same_from_either_end_and_for_more_of_the_same(counts, times):
    found = van_der_eijk_agreement(counts)
    np.testing.assert_allclose(van_der_eijk_agreement(counts[:, ::-1]), found, atol=1e-12)
    np.testing.assert_allclose(van_der_eijk_agreement(counts * times), found, atol=1e-12)
    told = found[counts.sum(axis=1) > 0]
    assert ((told >= -1 - 1e-12) & (told <= 1 + 1e-12)).all()


@settings(deadline=None, max_examples=40)
@given(answers)
def test_polarisation_is_four_times_the_variance(x):
    found = polarisation(x, (1, 5))
    for row, value in zip(x, found, strict=True):
        told = row[~np.isnan(row)]
        wanted = 4 * told.var() / 16 if len(told) else np.nan
        assert value == pytest.approx(wanted, nan_ok=True)
    assert polarisation([0, 0, 1, 1], (0, 1)) == 1


def test_planted_groups_are_found_and_chance_is_not():
    rng = np.random.default_rng(0)
    groups = np.array(list("aaaabbbb"))
    x = np.clip(np.round(rng.normal(3, 0.7, (60, 8)) + (groups == "b") * 1.0), 1, 5)
    found = group_test(x, groups, (1, 5), n=199)
    assert found.p < 0.05
    assert found.gap > 0.02 > abs(found.chance)
    each = group_test(x, np.broadcast_to(groups, x.shape), (1, 5), n=199)
    assert each.p <= 0.005
    assert each.gap == pytest.approx(found.gap)


def test_without_groups_a_test_is_as_often_small_as_it_says():
    rng = np.random.default_rng(1)
    ratings = rng.integers(1, 6, (400, 8)).astype(float)
    ratings[rng.random(ratings.shape) < 0.1] = np.nan
    groups = np.broadcast_to(np.array(list("aaaabbbb")), ratings.shape)
    p = group_test(ratings, groups, (1, 5), n=99).item_p
    assert np.mean(p <= 0.1) < 0.16
    assert np.mean(p <= 0.5) < 0.6
    assert benjamini_hochberg(p).mean() < 0.01


@settings(deadline=None, max_examples=40)
@given(st.lists(st.floats(0.0001, 1), min_size=1, max_size=30))
def test_benjamini_hochberg_is_that_of_scipy(p):
    stats = pytest.importorskip("scipy.stats")
    adjusted = stats.false_discovery_control(p)
    clear = np.abs(adjusted - 0.05) > 1e-9
    np.testing.assert_array_equal(benjamini_hochberg(p)[clear], (adjusted <= 0.05)[clear])


def test_a_planted_trend_is_found_and_none_where_there_is_none():
    rng = np.random.default_rng(2)
    spread = np.array([0.4, 0.7, 1.0, 1.3])[:, None, None]
    lean = rng.normal(size=(1, 1, 30))
    x = np.clip(3 + spread * (lean + rng.normal(size=(4, 12, 30)) * 0.5), 1, 5)
    found = wave_series(x, (1, 5), n=200)
    assert found.trend.low > 0
    assert [w.value for w in found.waves] == sorted(w.value for w in found.waves)
    flat = wave_series(np.clip(3 + lean + rng.normal(size=(4, 12, 30)), 1, 5), (1, 5), n=200)
    assert flat.trend.low < 0 < flat.trend.high
    # Blind to the topic: names of items are not there to be used.
    mixed = wave_series(x[:, rng.permutation(12)], (1, 5), n=20)
    assert mixed.trend.value == pytest.approx(found.trend.value)


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="outside the scale"):
        pairwise_disagreement([[1, 6]], (1, 5))
    with pytest.raises(ValueError, match="no length"):
        polarisation([1, 1], (1, 1))
    with pytest.raises(ValueError, match="do not fit"):
        group_disagreement([[1, 2]], ["a"], (1, 5))
    with pytest.raises(ValueError, match="three answers"):
        van_der_eijk_agreement([1, 2])
    with pytest.raises(ValueError, match="no item has two raters"):
        group_test([[1, 2]], ["a", "a"], (1, 5))
    with pytest.raises(ValueError, match="wave 1"):
        wave_series([[[1.0, 2]], [[1, np.nan]]], (1, 5))
