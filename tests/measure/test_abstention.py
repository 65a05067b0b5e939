"""The area is the mean over all orders of equals, and the guarantee holds as often as it says."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta

from affectkit.measure.abstention import answer_from, error_bound, risk_coverage


def _area(losses):
    return np.mean(np.cumsum(losses) / np.arange(1, len(losses) + 1))


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 2)), min_size=1, max_size=5))
def test_the_area_is_the_mean_over_every_order_of_equals(items):
    loss, sure = np.array(items).T
    orders = [
        _area(loss[list(order)])
        for order in permutations(range(len(loss)))
        if (np.diff(sure[list(order)]) <= 0).all()
    ]
    every = [_area(loss[list(order)]) for order in permutations(range(len(loss)))]
    curve = risk_coverage(loss, sure)
    assert curve.aurc == pytest.approx(np.mean(orders))
    assert curve.excess == pytest.approx(np.mean(orders) - min(every))


@given(st.integers(0, 2**32 - 1), st.integers(1, 60), st.booleans())
def test_every_point_is_the_risk_of_those_as_sure(seed, n, ties):
    rng = np.random.default_rng(seed)
    loss = rng.random(n)
    sure = rng.integers(4, size=n) / 4 if ties else rng.normal(size=n)
    curve = risk_coverage(loss, sure)
    assert sorted(curve.threshold) == sorted(set(sure))
    for threshold, coverage, risk in zip(curve.threshold, curve.coverage, curve.risk, strict=True):
        assert coverage == np.mean(sure >= threshold)
        assert risk == pytest.approx(loss[sure >= threshold].mean())
    order = rng.permutation(n)
    again = risk_coverage(loss[order], np.exp(sure)[order])
    assert again.aurc == pytest.approx(curve.aurc)
    assert curve.excess >= -1e-12


def test_best_and_ignorant_confidences_have_their_closed_forms():
    wrong = np.arange(20000) < 6000
    best = risk_coverage(wrong, -wrong.astype(float))
    # Geifman, Uziel and El-Yaniv 2019, equation 2: r + (1 - r) ln(1 - r)
    assert best.aurc == pytest.approx(0.3 + 0.7 * np.log(0.7), abs=1e-3)
    assert best.excess == pytest.approx(0)
    flat = risk_coverage(wrong, np.zeros(20000))
    assert flat.aurc == pytest.approx(0.3)
    assert flat.coverage.tolist() == [1.0]


@given(st.integers(1, 400), st.floats(0, 1), st.floats(1e-6, 0.6))
def test_the_bound_is_clopper_and_pearsons(n, share, doubt):
    errors = round(share * n)
    expected = beta.ppf(1 - doubt, errors + 1, n - errors) if errors < n else 1.0
    # at a doubt above a half the limit may lie below the share counted, where none is given
    assert error_bound(errors, n, doubt=doubt) == pytest.approx(
        max(expected, errors / n), rel=1e-6, abs=1e-12
    )


def test_the_guarantee_fails_no_more_often_than_said():
    rng = np.random.default_rng(0)
    failed, coverages = [], []
    for _ in range(150):
        sure = rng.random(800)
        wrong = rng.random(800) < 0.5 * (1 - sure)
        found = answer_from(wrong, sure, risk=0.15, doubt=0.1)
        if np.isfinite(found.threshold):
            # errors at a confidence of c: (1 - c) / 2; from t on, (1 - t) / 4 of them
            failed.append((1 - found.threshold) / 4 > found.bound)
            coverages.append(found.coverage)
            assert found.bound <= 0.15
            answered = sure >= found.threshold
            assert found.coverage == answered.mean()
            assert found.risk == wrong[answered].mean()
    assert np.mean(failed) <= 0.1  # by far: the bound allows for every threshold looked at
    assert len(coverages) > 140
    # the most that could be answered is 0.6
    assert 0.35 < np.mean(coverages) < 0.6


def test_all_is_answered_where_all_is_good_and_nothing_where_nothing_is():
    rng = np.random.default_rng(1)
    found = answer_from(np.zeros(5000), rng.random(5000), risk=0.05)
    assert found.coverage > 0.999
    none = answer_from(np.ones(5000), rng.random(5000), risk=0.05)
    assert np.isinf(none.threshold)
    assert none.coverage == 0
    assert np.isnan(none.risk)
    assert answer_from([0], [0.5], risk=0.9, doubt=0.5).coverage == 1


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="do not fit"):
        risk_coverage([], [])
    with pytest.raises(ValueError, match="finite"):
        risk_coverage([0], [np.nan])
    with pytest.raises(ValueError, match="0 or 1"):
        answer_from([0.5], [1], risk=0.1)
    with pytest.raises(ValueError, match="between"):
        answer_from([0], [1], risk=1.0)
    with pytest.raises(ValueError, match="not possible"):
        error_bound(3, 2, doubt=0.1)
