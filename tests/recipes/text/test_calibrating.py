"""Calibration of text heads: what it promises holds on texts made up with known truth."""

from __future__ import annotations

import numpy as np
import pytest

from affectkit.learn.heads import Head, probabilities
from affectkit.learn.ngrams import NgramTable
from affectkit.measure.metrics import ccc, ece
from affectkit.perceive.text_model import confidence_and_spread
from affectkit.recipes.text import calibrating


def overconfident(n=4_000, seed=0):
    """Return a head of two labels whose scores are three times too large, features and truth."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 2)).astype(np.float32)
    truth = (rng.random((n, 2)) < 1 / (1 + np.exp(-x))).astype(float)
    head = Head("sigmoid", ("joy", "fear"), [3 * np.eye(2)], [np.zeros(2)])
    table = NgramTable(np.zeros((8, 2), dtype=np.float32), 2)
    return head, table, x, [[1, 2]] * n, truth


def test_scores_three_times_too_large_become_honest_probabilities():
    head, table, x, pieces, truth = overconfident()
    half = len(x) // 2
    made, words = calibrating.calibrated(head, table, x[:half], pieces[:half], truth[:half])
    raw = probabilities("sigmoid", head.scores(x[half:]))
    p = probabilities("sigmoid", made.scores(x[half:]) + words.scores(pieces[half:]))
    assert ece(truth[half:, 0], p[:, 0]) < 0.05 < ece(truth[half:, 0], raw[:, 0])
    confidence, spread = confidence_and_spread(p, made.meta)
    right = truth[half:][np.arange(half), p.argmax(axis=1)]
    assert confidence.mean() == pytest.approx(right.mean(), abs=0.05)
    assert ((spread >= 0) & (spread <= 1)).all()


def test_no_line_through_the_scores_concords_better_than_the_same_range():
    rng = np.random.default_rng(1)
    truth = rng.normal(0.2, 0.5, size=(500, 1))
    told = 0.3 * truth + rng.normal(0.1, 0.1, size=(500, 1))
    factor, offset = calibrating.same_range(told, truth)
    ours = ccc(truth[:, 0], (told * factor + offset)[:, 0])
    assert ours == pytest.approx(np.corrcoef(truth[:, 0], told[:, 0])[0, 1])
    for other in (0.5, 0.9, 1.1, 2.0):
        line = (told - told.mean()) * factor * other + truth.mean()
        assert ccc(truth[:, 0], line[:, 0]) < ours


def test_the_head_of_space_says_how_wrong_it_will_be():
    rng = np.random.default_rng(2)
    n = 3_000
    mean, sd = rng.normal(0, 0.4, size=(n, 3)), rng.uniform(0.1, 0.8, size=(n, 3))
    told = np.concatenate([mean, sd], axis=1)
    truth = mean + rng.normal(size=(n, 3)) * sd  # where readers differ more, it errs more
    weights, biases = [np.eye(6)], [np.zeros(6)]
    head = Head("regression", tuple("vadxyz"), weights, biases)
    made = calibrating.in_space(head, told, truth, truth)
    error = made.meta["error"]
    assert all(slope > 0.3 for slope in error["rater"])
    out = made.predict(told)
    assert np.allclose(out[:, 3:], sd, atol=1e-5)
    assert np.allclose(out[:, :3].std(axis=0), truth.std(axis=0), rtol=1e-3)


def test_each_row_is_judged_once_and_never_by_its_own_fit():
    seen = np.zeros(103, dtype=int)
    for fitted, judged in calibrating.folds(103, seed=3):
        assert not set(fitted) & set(judged)
        assert len(fitted) + len(judged) == 103
        seen[judged] += 1
    assert (seen == 1).all()
