"""Calibration agrees with scikit-learn and scipy, mends planted miscalibration, and travels."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize, special
from sklearn.isotonic import IsotonicRegression

from affectkit.measure.calibration import (
    Isotonic,
    Platt,
    Temperature,
    calibration_from_dict,
    pool_adjacent_violators,
)
from affectkit.measure.metrics import ece

SEEDS = st.integers(0, 2**32 - 1)


@given(SEEDS, st.integers(1, 60))
def test_isotonic_is_scikit_learns(seed, n):
    rng = np.random.default_rng(seed)
    x, y = rng.choice(20, size=n) / 4, rng.integers(2, size=n)
    theirs = IsotonicRegression(out_of_bounds="clip").fit(x, y)
    at = np.linspace(-1, 6, 50)
    np.testing.assert_allclose(Isotonic().fit(x, y).transform(at), theirs.predict(at), atol=1e-9)


@given(st.lists(st.tuples(st.floats(-5, 5), st.floats(0.1, 5)), min_size=1, max_size=30))
def test_pooling_is_scipys(pairs):
    y, w = map(np.array, zip(*pairs, strict=True))
    theirs = optimize.isotonic_regression(y, weights=w).x
    np.testing.assert_allclose(pool_adjacent_violators(y, w), theirs, atol=1e-9)


@given(SEEDS)
def test_platt_is_the_minimum_scipy_finds(seed):
    rng = np.random.default_rng(seed)
    x = 100 + 20 * rng.normal(size=120)
    y = (rng.random(120) < special.expit((x - 105) / 10)).astype(int)
    y[:2] = 0, 1
    target = np.where(y == 1, (y.sum() + 1) / (y.sum() + 2), 1 / (120 - y.sum() + 2))

    def loss(w):
        z = w[0] * (x - 100) / 20 + w[1]
        return np.mean(np.logaddexp(0, z) - target * z)

    best = optimize.minimize(loss, [1.0, 0.0], tol=1e-10).x
    ours = Platt().fit(x, y)
    np.testing.assert_allclose(
        ours.transform(x), special.expit(best[0] * (x - 100) / 20 + best[1]), atol=1e-4
    )


def test_temperature_is_the_minimum_scipy_finds():
    rng = np.random.default_rng(0)
    logits = 3 * rng.normal(size=(400, 5))
    truth = np.array([rng.choice(5, p=special.softmax(row / 2.5)) for row in logits])

    def loss(t):
        return -special.log_softmax(logits / t, axis=1)[np.arange(400), truth].mean()

    best = optimize.minimize_scalar(loss, bounds=(0.1, 20), method="bounded").x
    fitted = Temperature().fit(logits, truth)
    assert fitted.temperature_ == pytest.approx(best, rel=1e-3)
    np.testing.assert_allclose(
        fitted.transform(logits), special.softmax(logits / fitted.temperature_, axis=1)
    )
    one_hot = Temperature().fit(logits, np.eye(5)[truth])
    assert one_hot.temperature_ == pytest.approx(fitted.temperature_)


def test_each_mends_an_overconfident_model_on_data_it_has_not_seen():
    rng = np.random.default_rng(1)
    z = rng.normal(size=(8000, 1))
    truth = (rng.random((8000, 1)) < special.expit(z)).astype(int)
    overconfident = 4 * z
    fit, held = slice(0, 4000), slice(4000, None)
    raw = ece(truth[held, 0], special.expit(overconfident[held, 0]))
    assert raw > 0.1
    t = Temperature(multi_label=True).fit(overconfident[fit], truth[fit])
    assert t.temperature_ == pytest.approx(4, rel=0.15)
    told = [t.transform(overconfident[held])[:, 0]]
    for one in (Platt(), Isotonic()):
        told.append(one.fit(overconfident[fit, 0], truth[fit, 0]).transform(overconfident[held, 0]))
    for p in told:
        assert ece(truth[held, 0], p) < 0.25 * raw


@pytest.mark.parametrize("make", [Platt, Isotonic])
def test_one_class_alone_is_no_certainty_for_platt_and_no_failure_for_either(make):
    p = make().fit([0.1, 0.2, 0.9], [1, 1, 1]).transform([0.5])
    assert 0.5 < p[0] <= 1
    if make is Platt:
        assert p[0] < 1


@given(SEEDS)
def test_they_travel_as_json_without_loss(seed):
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=30), rng.integers(2, size=30)
    for fitted in (Platt().fit(x, y), Isotonic().fit(x, y)):
        back = calibration_from_dict(json.loads(json.dumps(fitted.to_dict())))
        np.testing.assert_array_equal(back.transform(x), fitted.transform(x))
    t = Temperature(multi_label=True).fit(x[:, None], y[:, None])
    back = calibration_from_dict(json.loads(json.dumps(t.to_dict())))
    np.testing.assert_array_equal(back.transform(x[:, None]), t.transform(x[:, None]))


def test_unknown_kinds_and_shapes_are_refused():
    with pytest.raises(ValueError, match="no calibration"):
        calibration_from_dict({"kind": "guess"})
    with pytest.raises(ValueError, match="fit"):
        Temperature().fit([[1.0, 2.0]], [[1, 0], [0, 1]])
    with pytest.raises(ValueError, match="fit"):
        Platt().fit([1.0], [1, 0])
