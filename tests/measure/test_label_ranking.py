"""Scores of rankings agree with scikit-learn, ties included."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from affectkit.measure import label_ranking as ranked

sklearn = pytest.importorskip("sklearn.metrics")

SEEDS = st.integers(0, 2**32 - 1)


def _table(seed, items=9, labels=6):
    rng = np.random.default_rng(seed)
    truth = rng.random((items, labels)) < rng.random()
    # Few levels, so that ties are many.
    return truth, rng.integers(0, rng.integers(2, 9), (items, labels)) / 8


@given(SEEDS)
def test_labels_of_items_score_as_scikit_learn_scores_them(seed):
    truth, scores = _table(seed)
    coverage = sklearn.coverage_error(truth, scores)
    assert ranked.coverage_error(truth, scores) == pytest.approx(coverage)
    loss = sklearn.label_ranking_loss(truth, scores)
    assert ranked.label_ranking_loss(truth, scores) == pytest.approx(loss)
    precision = sklearn.label_ranking_average_precision_score(truth, scores)
    assert ranked.label_ranking_precision(truth, scores) == pytest.approx(precision)


@given(SEEDS)
def test_items_of_labels_score_as_scikit_learn_scores_them(seed):
    truth, scores = _table(seed)
    kept = truth.any(axis=0)
    if not kept.any():
        assert np.isnan(ranked.mean_average_precision(truth, scores))
        return
    expected = sklearn.average_precision_score(truth[:, kept], scores[:, kept], average="macro")
    assert ranked.mean_average_precision(truth, scores) == pytest.approx(expected)


@given(SEEDS, st.one_of(st.none(), st.integers(1, 8)))
def test_gain_is_discounted_as_scikit_learn_discounts_it(seed, k):
    _, scores = _table(seed)
    gains = np.random.default_rng(seed).integers(0, 4, scores.shape)
    assert ranked.ndcg(gains, scores, k=k) == pytest.approx(sklearn.ndcg_score(gains, scores, k=k))


@given(SEEDS)
def test_only_the_order_of_scores_counts_and_the_truth_itself_is_best(seed):
    truth, scores = _table(seed)
    for score in (ranked.coverage_error, ranked.label_ranking_loss, ranked.label_ranking_precision):
        assert score(truth, np.exp(3 * scores)) == pytest.approx(score(truth, scores))
    assert ranked.label_ranking_loss(truth, truth) == 0
    assert ranked.label_ranking_precision(truth, truth) == 1
    assert ranked.coverage_error(truth, truth) == pytest.approx(truth.sum(axis=1).mean())
    if truth[:, 0].any():
        assert ranked.average_precision(truth[:, 0], truth[:, 0]) == 1
        # All alike: the whole list is one threshold, whose precision is the share of yeses.
        alike = ranked.average_precision(truth[:, 0], np.zeros(len(truth)))
        assert alike == pytest.approx(truth[:, 0].mean())


def test_what_cannot_be_ranked_is_refused():
    assert np.isnan(ranked.average_precision([0, 0], [0.1, 0.2]))
    with pytest.raises(ValueError, match="NaN"):
        ranked.average_precision([0, 1], [0.1, np.nan])
    with pytest.raises(ValueError, match="0 and 1"):
        ranked.coverage_error([[0.5, 1]], [[0.1, 0.2]])
    with pytest.raises(ValueError, match="at least 0"):
        ranked.ndcg([[-1, 1]], [[0.1, 0.2]])
    with pytest.raises(ValueError, match="items by labels"):
        ranked.label_ranking_loss([0, 1], [0.1, 0.2])
