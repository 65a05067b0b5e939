"""Thresholds for F1: the best on what they saw, and half of the best F1 as theory has it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from affectkit.measure.metrics import macro_f1
from affectkit.measure.thresholds import best_thresholds, expected_best_thresholds


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10_000))
def test_no_other_threshold_does_better_on_what_was_seen(seed):
    rng = np.random.default_rng(seed)
    p = rng.random((40, 1)).round(2)
    truth = (rng.random((40, 1)) < p).astype(float)
    if not truth.any():
        return
    ours = f1_score(truth, p >= best_thresholds(p, truth))
    assert ours >= max(f1_score(truth, p >= t) for t in np.unique(p)) - 1e-12


def test_the_expected_best_threshold_is_half_of_the_best_f1():
    p = np.random.default_rng(0).beta(0.5, 4, size=(50_000, 1))
    threshold = expected_best_thresholds(p)
    truth = np.random.default_rng(1).random(p.shape) < p
    assert macro_f1(truth, p >= threshold) / 2 == pytest.approx(threshold[0], abs=0.01)


def test_with_few_yeses_the_expected_threshold_serves_new_texts_better():
    """Averaged over draws: what follows a dozen yeses to the last text fits them alone."""
    rng = np.random.default_rng(2)
    gains = []
    for _ in range(200):
        p = rng.beta(0.2, 10, size=(1_200, 1))
        truth = (rng.random(p.shape) < p).astype(float)
        old, new = slice(0, 600), slice(600, None)
        if not truth[old].any() or not truth[new].any():
            continue
        seen = macro_f1(truth[new], p[new] >= best_thresholds(p[old], truth[old]))
        gains.append(macro_f1(truth[new], p[new] >= expected_best_thresholds(p[old])) - seen)
    assert np.mean(gains) > 2 * np.std(gains) / np.sqrt(len(gains))
