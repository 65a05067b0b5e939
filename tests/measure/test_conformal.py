"""Conformal sets and intervals cover what they promise, by the exact law of split conformal."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from affectkit.measure import conformal


@given(st.integers(1, 40), st.floats(0.02, 0.9), st.integers(0, 2**32 - 1))
def test_at_least_the_promised_share_of_ranks_lies_within(n, miss, seed):
    # exchangeable without ties: each of n + 1 scores is the new one equally often
    every = np.random.default_rng(seed).permutation(n + 1).astype(float)
    within = [
        every[i] <= conformal.conformal_threshold(np.delete(every, i), miss=miss)
        for i in range(n + 1)
    ]
    assert 1 - miss - 1e-9 <= np.mean(within) < 1 - miss + 1 / (n + 1) + 1e-9


def _classes(rng, n):
    truth = rng.choice(3, size=n, p=[0.7, 0.2, 0.1])
    raw = np.exp(rng.normal(size=(n, 3)) + 1.5 * np.eye(3)[truth] + [1, 0, -1])
    return truth, raw / raw.sum(axis=1, keepdims=True)


def test_sets_hold_the_truth_on_average_and_by_class_where_asked():
    rng = np.random.default_rng(3)
    truth, p = _classes(rng, 4000)
    later, q = _classes(rng, 8000)
    held = {
        by_class: conformal.split_sets(p, truth, q, miss=0.1, by_class=by_class)[
            np.arange(len(q)), later
        ]
        for by_class in (False, True)
    }
    assert held[False].mean() == pytest.approx(0.9, abs=0.02)
    assert held[False][later == 2].mean() < 0.7
    for label in range(3):
        assert held[True][later == label].mean() == pytest.approx(0.9, abs=0.05)


def test_intervals_cover_and_follow_the_spread():
    rng = np.random.default_rng(5)
    spread = rng.uniform(0.1, 1, 6000)
    truth = spread * rng.normal(size=6000)
    old, new = slice(2000), slice(2000, None)
    ends = conformal.split_intervals(
        truth[old], np.zeros(2000), np.zeros(4000), spread=spread[old], new_spread=spread[new]
    )
    within = (ends[:, 0] <= truth[new]) & (truth[new] <= ends[:, 1])
    wide = spread[new] > 0.7
    assert within[wide].mean() == pytest.approx(0.9, abs=0.03)
    assert within[~wide].mean() == pytest.approx(0.9, abs=0.03)


def test_too_few_items_promise_nothing_narrower_than_everything():
    assert conformal.conformal_threshold([0.1] * 8, miss=0.1) == np.inf
    assert conformal.split_sets([[0.9, 0.1]], [0], [[1.0, 0.0]]).all()


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="do not fit"):
        conformal.split_sets([[0.9, 0.1]], [0], [[1.0]])
    with pytest.raises(ValueError, match="whole numbers"):
        conformal.split_sets([[0.9, 0.1]], [2], [[1.0, 0.0]])
    with pytest.raises(ValueError, match="both spreads"):
        conformal.split_intervals([0], [0], [0], spread=[1])
