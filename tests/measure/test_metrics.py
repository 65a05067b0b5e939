"""Metrics agree with scikit-learn and scipy, and with their closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats
from sklearn import metrics as oracle

from affectkit.measure import metrics

SEEDS = st.integers(0, 2**32 - 1)


@given(SEEDS, st.floats(-3, 3), st.floats(0.1, 5))
def test_ccc_falls_by_the_closed_form_when_a_series_is_shifted_or_scaled(seed, shift, scale):
    x = np.random.default_rng(seed).normal(size=60)
    m, v = x.mean(), x.var()
    expected = 2 * scale * v / (v + scale**2 * v + (m - scale * m - shift) ** 2)
    assert metrics.ccc(x, scale * x + shift) == pytest.approx(expected)
    assert metrics.ccc(x, scale * x + shift) <= metrics.pearson(x, scale * x + shift) + 1e-9


def test_ccc_of_constants_is_undefined_and_of_a_constant_guess_zero():
    assert np.isnan(metrics.ccc([2, 2], [2, 2]))
    assert metrics.ccc([1, 2, 3], [2, 2, 2]) == 0


@given(SEEDS)
def test_pearson_is_scipys(seed):
    x, y = np.random.default_rng(seed).normal(size=(2, 30))
    assert metrics.pearson(x, y) == pytest.approx(stats.pearsonr(x, y).statistic)


@given(SEEDS, st.integers(2, 6))
def test_label_scores_are_scikit_learns(seed, n_labels):
    rng = np.random.default_rng(seed)
    t, p = rng.integers(n_labels, size=(2, 40))
    assert metrics.uar(t, p) == pytest.approx(
        oracle.recall_score(t, p, average="macro", labels=np.unique(t))
    )
    assert metrics.accuracy(t, p) == pytest.approx(oracle.accuracy_score(t, p))
    assert metrics.macro_f1(t, p) == pytest.approx(
        oracle.f1_score(t, p, average="macro", zero_division=0)
    )
    assert metrics.micro_f1(t, p) == pytest.approx(oracle.f1_score(t, p, average="micro"))


@given(SEEDS)
def test_multi_label_f1_is_scikit_learns(seed):
    t, p = np.random.default_rng(seed).integers(2, size=(2, 25, 7))
    for average, ours in [("macro", metrics.macro_f1), ("micro", metrics.micro_f1)]:
        theirs = oracle.f1_score(t, p, average=average, zero_division=0)
        assert ours(t, p) == pytest.approx(theirs)


@given(SEEDS)
def test_brier_is_scikit_learns(seed):
    rng = np.random.default_rng(seed)
    p, t = rng.random(50), rng.integers(2, size=50)
    t[:2] = 0, 1
    assert metrics.brier(t, p) == pytest.approx(oracle.brier_score_loss(t, p))
    both = np.stack([1 - p, p], axis=1)
    assert metrics.brier(np.eye(2)[t], both) == pytest.approx(2 * metrics.brier(t, p))


@given(SEEDS, st.integers(1, 400), st.integers(1, 30))
def test_ece_does_not_depend_on_order_and_is_the_gap_when_all_are_alike(seed, n, bins):
    rng = np.random.default_rng(seed)
    sure, right = rng.choice([0.1, 0.4, 0.7, 0.9], size=n), rng.integers(2, size=n)
    shuffled = rng.permutation(n)
    score = metrics.ece(right, sure, bins=bins)
    assert score == pytest.approx(metrics.ece(right[shuffled], sure[shuffled], bins=bins))
    assert 0 <= score <= 1
    alike = np.full(n, 0.3)
    assert metrics.ece(right, alike, bins=bins) == pytest.approx(abs(right.mean() - 0.3))


def test_ece_is_small_for_calibrated_and_large_for_overconfident_probabilities():
    rng = np.random.default_rng(0)
    sure = rng.random(20_000)
    right = rng.random(20_000) < sure
    assert metrics.ece(right, sure) < 0.02
    assert metrics.ece(right, np.where(sure > 0.5, 0.99, 0.01)) > 0.2


@settings(max_examples=30)
@given(hnp.arrays(float, st.integers(0, 3), elements=st.floats(0, 1)))
def test_wrong_shapes_are_refused(values):
    for score in (metrics.ccc, metrics.uar, metrics.ece, metrics.brier, metrics.macro_f1):
        with pytest.raises(ValueError, match=r"shape|nothing"):
            score(values, np.zeros(len(values) + 1))
