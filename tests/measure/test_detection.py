"""Error rates agree with scikit-learn's curve, and with closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize, stats
from sklearn import metrics as oracle

from affectkit.measure import detection

SEEDS = st.integers(0, 2**32 - 1)


def _scored(seed, n=60, decimals=1):
    rng = np.random.default_rng(seed)
    truth = np.append([0, 1], rng.integers(0, 2, n))
    return truth, np.round(truth + rng.normal(size=n + 2), decimals)


@given(SEEDS)
def test_eer_is_where_scikit_learns_curve_crosses_the_diagonal(seed):
    truth, scores = _scored(seed)
    alarm, hit, _ = oracle.roc_curve(truth, scores, drop_intermediate=False)
    along = np.linspace(0, 1, len(alarm))
    place = optimize.brentq(
        lambda x: 1 - np.interp(x, along, alarm) - np.interp(x, along, hit), 0, 1
    )
    assert detection.eer(truth, scores) == pytest.approx(np.interp(place, along, alarm))


@given(SEEDS, st.floats(0.01, 0.99), st.floats(0.5, 10))
def test_least_cost_is_the_least_on_scikit_learns_curve(seed, prior, miss_cost):
    truth, scores = _scored(seed)
    alarm, hit, _ = oracle.roc_curve(truth, scores, drop_intermediate=False)
    cost = miss_cost * prior * (1 - hit) + (1 - prior) * alarm
    expected = cost.min() / min(miss_cost * prior, 1 - prior)
    found = detection.min_dcf(truth, scores, prior=prior, miss_cost=miss_cost)
    assert found == pytest.approx(expected)
    assert 0 <= found <= 1 + 1e-9


def test_eer_of_two_gaussians_is_the_closed_form():
    rng = np.random.default_rng(0)
    truth = np.repeat([0, 1], 50_000)
    scores = rng.normal(2.0 * truth)
    assert detection.eer(truth, scores) == pytest.approx(stats.norm.cdf(-1), abs=0.005)


def test_a_constant_score_and_a_reversed_one():
    assert detection.eer([0, 1], [3, 3]) == 0.5
    assert detection.eer([0, 1], [1, 0]) == 1
    assert detection.min_dcf([0, 1], [1, 0]) == 1


@given(SEEDS, st.floats(0, 0.95))
def test_net_benefit_of_all_and_none_is_the_closed_form(seed, at):
    truth, _ = _scored(seed)
    share = truth.mean()
    everyone = detection.net_benefit(truth, np.ones(len(truth)), [at])
    assert everyone[0] == pytest.approx(share - (1 - share) * at / (1 - at))
    assert detection.net_benefit(truth, truth, [0.5])[0] == pytest.approx(share)


@pytest.mark.parametrize(
    ("truth", "scores"), [([1, 1], [0, 1]), ([0, 1], [0, np.nan]), ([0, 1], [0])]
)
def test_what_cannot_be_scored_is_refused(truth, scores):
    with pytest.raises(ValueError, match=r"finite|needed|differ"):
        detection.eer(truth, scores)
