"""Vector scaling is the least of its loss, beats a temperature, and stays finite."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.special import log_softmax
from sklearn.linear_model import LogisticRegression

from affectkit.measure.calibration import Temperature
from affectkit.measure.metrics import brier
from affectkit.measure.reliability import classwise_ece
from affectkit.measure.vector_scaling import VectorScaling


def _skewed(rng, n, labels=4):
    """Logits of a model that is too sure and says the first label too often, and the truth."""
    right = rng.normal(size=(n, labels)) * 1.5
    truth = (right + rng.gumbel(size=right.shape)).argmax(axis=1)
    return right * np.linspace(1, 3, labels) + 2 * np.eye(labels)[0], truth


def _nll(model, logits, truth):
    return -np.log(model.transform(logits)[np.arange(len(truth)), truth]).mean()


def test_it_is_the_least_that_scipy_finds():
    z, y = _skewed(np.random.default_rng(0), 400)
    ours = VectorScaling(pull=1e-4).fit(z, y)

    def loss(at):
        return -log_softmax(z * at[:4] + at[4:], axis=1)[np.arange(len(y)), y].mean()

    theirs = minimize(loss, np.r_[np.ones(4), np.zeros(4)], method="BFGS", options={"gtol": 1e-7})
    assert _nll(ours, z, y) == pytest.approx(theirs.fun, abs=1e-7)
    np.testing.assert_allclose(ours.slope_, theirs.x[:4], atol=1e-3)
    # only differences of offsets show
    np.testing.assert_allclose(
        ours.offset_ - ours.offset_.mean(), theirs.x[4:] - theirs.x[4:].mean(), atol=1e-3
    )


def test_two_labels_are_scikit_learns_logistic_regression():
    z, y = _skewed(np.random.default_rng(1), 500, labels=2)
    ours = VectorScaling(pull=1e-6).fit(z, y)
    theirs = LogisticRegression(C=1e8, tol=1e-10, max_iter=1000).fit(z, y)
    np.testing.assert_allclose(ours.transform(z), theirs.predict_proba(z), atol=1e-5)


def test_several_labels_at_once_are_a_logistic_curve_each():
    rng = np.random.default_rng(2)
    z = rng.normal(size=(300, 3))
    y = (rng.random(z.shape) < 1 / (1 + np.exp(1 - z * [0.5, 1, 2]))).astype(int)
    ours = VectorScaling(multi_label=True, pull=1e-6).fit(z, y)
    for k in range(3):
        theirs = LogisticRegression(C=1e8, tol=1e-10).fit(z[:, [k]], y[:, k])
        assert ours.slope_[k] == pytest.approx(theirs.coef_[0, 0], abs=1e-4)
        assert ours.offset_[k] == pytest.approx(theirs.intercept_[0], abs=1e-4)


@settings(max_examples=40)
@given(
    st.integers(0, 2**32 - 1),
    st.integers(1, 30),
    st.integers(2, 5),
    st.sampled_from([0.01, 1.0, 100.0]),
    st.booleans(),
)
def test_the_fit_is_never_worse_than_a_temperature(seed, n, labels, pull, soft):
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(n, labels)) * 3
    t = rng.dirichlet(np.ones(labels), n) if soft else np.eye(labels)[rng.integers(labels, size=n)]
    ours = VectorScaling(pull=pull).fit(z, t)
    cooled = Temperature().fit(z, t)
    p = ours.transform(z)
    np.testing.assert_allclose(p.sum(axis=1), 1)
    assert np.isfinite(ours.slope_).all()
    with np.errstate(divide="ignore", invalid="ignore"):
        least = [-np.nansum(t * np.log(q)) for q in (p, cooled.transform(z))]
    assert least[0] <= least[1] + 1e-9


def test_it_mends_on_new_items_what_a_temperature_cannot():
    rng = np.random.default_rng(3)
    old, new = _skewed(rng, 1500), _skewed(rng, 4000)
    ours, cooled = VectorScaling().fit(*old), Temperature().fit(*old)
    assert _nll(ours, *new) < _nll(cooled, *new) - 0.05
    assert classwise_ece(new[1], ours.transform(new[0])) < 0.5 * classwise_ece(
        new[1], cooled.transform(new[0])
    )
    one = np.eye(4)[new[1]]
    assert brier(one, ours.transform(new[0])) < brier(one, cooled.transform(new[0]))


def test_a_strong_pull_is_the_temperature_and_perfect_separation_stays_finite():
    z, y = _skewed(np.random.default_rng(4), 200)
    held = VectorScaling(pull=1e12).fit(z, y)
    np.testing.assert_allclose(held.transform(z), Temperature().fit(z, y).transform(z), atol=1e-6)
    apart = VectorScaling().fit(np.eye(3) * 5, [0, 1, 2])
    assert np.isfinite(apart.slope_).all()


def test_it_is_the_same_after_a_trip_through_json():
    z, y = _skewed(np.random.default_rng(5), 100)
    for made in (
        VectorScaling(pull=0.5).fit(z, y),
        VectorScaling(multi_label=True).fit(z, np.eye(4)[y]),
    ):
        back = VectorScaling.from_dict(json.loads(json.dumps(made.to_dict())))
        np.testing.assert_array_equal(back.transform(z), made.transform(z))
        assert back.to_dict() == made.to_dict()


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="above 0"):
        VectorScaling(pull=0)
    with pytest.raises(ValueError, match="whole numbers"):
        VectorScaling().fit([[0.0, 1.0]], [2])
    with pytest.raises(ValueError, match="does not fit"):
        VectorScaling().fit([[0.0, 1.0]], [0, 1])
    with pytest.raises(ValueError, match="row 1"):
        VectorScaling().fit([[0.0, 1.0], [np.nan, 0]], [0, 1])
    with pytest.raises(ValueError, match="2 labels"):
        VectorScaling().fit([[0.0, 1.0]], [0]).transform([[1.0, 2.0, 3.0]])
