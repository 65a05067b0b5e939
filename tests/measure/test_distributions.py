"""Distances of distributions agree with scipy, and with each other's closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.spatial import distance

from affectkit.measure import distributions

SEEDS = st.integers(0, 2**32 - 1)


def _tables(seed, labels=5, n=7):
    return np.random.default_rng(seed).dirichlet(np.ones(labels), size=(2, n))


@given(SEEDS)
def test_divergences_are_scipys(seed):
    t, p = _tables(seed)
    kl = np.mean(stats.entropy(t, p, axis=1))
    assert distributions.kl_divergence(t, p) == pytest.approx(kl)
    js = np.mean(distance.jensenshannon(t, p, axis=1, base=2) ** 2)
    assert distributions.js_divergence(t, p) == pytest.approx(js)
    carried = [
        stats.wasserstein_distance(range(5), range(5), a, b) for a, b in zip(t, p, strict=True)
    ]
    assert distributions.earth_movers(t, p) == pytest.approx(np.mean(carried))


@given(SEEDS)
def test_cross_entropy_is_divergence_and_the_entropy_of_the_truth(seed):
    t, p = _tables(seed)
    whole = distributions.kl_divergence(t, p) + np.mean(stats.entropy(t, axis=1))
    assert distributions.soft_cross_entropy(t, p) == pytest.approx(whole)


def test_what_was_held_impossible_costs_without_bound_but_unused_labels_nothing():
    assert distributions.kl_divergence([[0.5, 0.5]], [[1, 0]]) == np.inf
    assert distributions.soft_cross_entropy([[1, 0]], [[1, 0]]) == 0


def test_a_row_that_is_no_distribution_is_named():
    with pytest.raises(ValueError, match="row 1 of predicted"):
        distributions.earth_movers([[1, 0], [0, 1]], [[1, 0], [1, 1]])
    with pytest.raises(ValueError, match="alike"):
        distributions.kl_divergence([[1, 0]], [[1, 0, 0]])
