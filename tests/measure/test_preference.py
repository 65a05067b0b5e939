"""Strengths agree with the closed form of two options, with choix and with logistic regression."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from affectkit.measure.intervals import bootstrap
from affectkit.measure.preference import bradley_terry, preference_bias

SEEDS = st.integers(0, 2**32 - 1)


def _wins(seed, n=5):
    rng = np.random.default_rng(seed)
    return rng.integers(1, 12, (n, n)) * (1 - np.eye(n, dtype=int))


@given(st.integers(1, 500), st.integers(1, 500))
def test_two_options_have_a_closed_form(a, b):
    fitted = bradley_terry([[0, a], [b, 0]])
    log_odds, error = fitted.difference(0, 1)
    assert log_odds == pytest.approx(math.log(a / b), abs=1e-7)
    assert error == pytest.approx(math.sqrt(1 / a + 1 / b))
    assert fitted.strengths == pytest.approx([2 * a / (a + b), 2 * b / (a + b)])
    # Each lies half the difference from the mean of both.
    low, high = fitted.intervals()[0]
    assert high - low == pytest.approx(2 * 1.959964 * error / 2, rel=1e-6)


@settings(max_examples=30, deadline=None)
@given(SEEDS)
def test_strengths_are_choixs(seed):
    choix = pytest.importorskip("choix")
    wins = _wins(seed)
    expected = choix.mm_pairwise(
        len(wins),
        [(i, j) for i, j in np.ndindex(*wins.shape) for _ in range(wins[i, j])],
        tol=1e-12,
    )
    fitted = bradley_terry(wins)
    np.testing.assert_allclose(fitted.log_strengths, expected - expected.mean(), atol=1e-6)


@settings(max_examples=15, deadline=None)
@given(SEEDS)
def test_estimates_and_errors_are_those_of_logistic_regression(seed):
    api = pytest.importorskip("statsmodels.api")
    wins = _wins(seed)
    n = len(wins)
    pairs = [(i, j) for i in range(n) for j in range(i)]
    design = np.array([np.eye(n)[i] - np.eye(n)[j] for i, j in pairs])[:, 1:]
    counts = np.array([[wins[i, j], wins[j, i]] for i, j in pairs])
    model = api.GLM(counts, design, family=api.families.Binomial()).fit(tol=1e-12)
    fitted = bradley_terry(wins)
    ours = [fitted.difference(i, 0) for i in range(1, n)]
    np.testing.assert_allclose([d for d, _ in ours], model.params, atol=1e-6)
    np.testing.assert_allclose([e for _, e in ours], model.bse, rtol=1e-5)


def test_intervals_hold_planted_strengths_as_often_as_they_promise():
    rng = np.random.default_rng(0)
    true = np.array([0.8, 0.1, -0.2, -0.7])
    chance = 1 / (1 + np.exp(true[None, :] - true[:, None]))
    held = []
    for _ in range(400):
        upper = np.triu(rng.binomial(40, chance), 1)
        wins = upper + np.tril((40 - upper).T, -1)
        low, high = bradley_terry(wins).intervals(0.9).T
        held.append((low <= true) & (true <= high))
    # Of 400 intervals each, 90 % within three standard errors.
    assert np.abs(np.mean(held, axis=0) - 0.9).max() < 3 * math.sqrt(0.09 / 400)


def test_what_never_lost_has_no_strength_without_a_prior():
    with pytest.raises(ValueError, match="prior"):
        bradley_terry([[0, 3], [0, 0]])
    with pytest.raises(ValueError, match="never compared"):
        bradley_terry([[0, 1, 0], [1, 0, 0], [0, 0, 0]])
    strong, weak = bradley_terry([[0, 3], [0, 0]], prior=0.5).strengths
    assert strong / weak == pytest.approx(3.5 / 0.5)
    with pytest.raises(ValueError, match="square"):
        bradley_terry([[0, 1, 2]])


@given(st.integers(2, 8))
def test_one_label_always_is_the_largest_bias_and_even_errors_are_none(labels):
    truth = np.repeat(np.arange(labels), labels)
    assert preference_bias(truth, np.tile(np.arange(labels), labels)) == pytest.approx(0, abs=1e-9)
    always = preference_bias(np.repeat(truth, 100), np.zeros(100 * len(truth), int), prior=0.01)
    assert always == pytest.approx(math.sqrt(labels - 1), rel=0.02)
    assert always < math.sqrt(labels - 1)


def test_bias_is_that_of_the_papers_iteration():
    rng = np.random.default_rng(3)
    truth = rng.integers(0, 6, 2000)
    told = np.where(
        rng.random(2000) < 0.4, truth, rng.choice(6, 2000, p=[0.4, 0.2, 0.1, 0.1, 0.1, 0.1])
    )
    w = np.zeros((6, 6))
    np.add.at(w, (told, truth), 1)
    p = np.ones(6)
    for _ in range(2000):
        for i in range(6):
            p[i] = (w[i] * p / (p[i] + p)).sum() / (w[:, i] / (p[i] + p)).sum()
        p /= p.mean()
    assert preference_bias(truth, told) == pytest.approx(p.std(), rel=1e-6)
    drawn = bootstrap(preference_bias, truth, told, n=50)
    assert drawn.low < drawn.value < drawn.high


def test_labels_that_nobody_named_are_told():
    with pytest.raises(ValueError, match="'sing' is not among"):
        preference_bias(["ask"], ["sing"], labels=["ask", "soothe"])
    with pytest.raises(ValueError, match="alone"):
        preference_bias(["ask"], ["ask"])
