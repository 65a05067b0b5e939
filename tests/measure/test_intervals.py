"""Bootstrap intervals: scipy's numbers, the promised coverage, and honest clusters."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from affectkit.measure.intervals import bootstrap
from affectkit.measure.metrics import accuracy, pearson


@pytest.mark.parametrize("method", ["percentile", "bca"])
def test_it_agrees_with_scipy_on_a_skewed_statistic(method):
    x = np.random.default_rng(1).lognormal(size=80)
    ours = bootstrap(np.mean, x, n=4000, seed=2, method=method)
    theirs = stats.bootstrap(
        (x,), np.mean, n_resamples=4000, method=method, rng=np.random.default_rng(3)
    ).confidence_interval
    width = theirs.high - theirs.low
    assert ours.low == pytest.approx(theirs.low, abs=0.06 * width)
    assert ours.high == pytest.approx(theirs.high, abs=0.06 * width)
    assert ours.value == pytest.approx(x.mean())


def test_pairs_are_drawn_together():
    x = np.arange(30.0)
    interval = bootstrap(pearson, x, 2 * x, n=50)
    assert interval.low == pytest.approx(1.0)


def test_intervals_cover_the_truth_about_as_often_as_they_say():
    rng = np.random.default_rng(0)
    covered = 0
    for seed in range(120):
        i = bootstrap(np.mean, rng.normal(size=60), n=250, seed=seed)
        covered += i.low <= 0 <= i.high
    assert 0.86 <= covered / 120 <= 1.0


def test_items_of_one_cluster_are_worth_less_than_independent_items():
    rng = np.random.default_rng(0)
    speaker = np.repeat(np.arange(12), 40)
    values = rng.normal(size=12)[speaker] + 0.1 * rng.normal(size=480)
    alone = bootstrap(np.mean, values, n=400)
    whole = bootstrap(np.mean, values, clusters=speaker, n=400)
    assert (whole.high - whole.low) > 3 * (alone.high - alone.low)
    assert (alone.n, whole.n) == (480, 12)
    skewed = bootstrap(np.mean, values, clusters=speaker, n=400, method="bca")
    assert skewed.low < values.mean() < skewed.high


def test_the_seed_fixes_the_answer_and_perfect_scores_do_not_fail():
    t = [1, 0, 1, 1, 0]
    assert bootstrap(accuracy, t, t, seed=4) == bootstrap(accuracy, t, t, seed=4)
    perfect = bootstrap(accuracy, t, t, method="bca")
    assert (perfect.low, perfect.high) == (1.0, 1.0)


def test_bad_calls_are_refused():
    with pytest.raises(ValueError, match="nothing"):
        bootstrap(np.mean, [])
    with pytest.raises(ValueError, match="differ"):
        bootstrap(accuracy, [1, 2], [1])
    with pytest.raises(ValueError, match="clusters"):
        bootstrap(np.mean, [1, 2], clusters=[1])
