"""Scores of label sets agree with scikit-learn, and keep the order they must have."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from affectkit.measure import multilabel

sklearn = pytest.importorskip("sklearn.metrics")


def _tables(seed):
    rng = np.random.default_rng(seed)
    return rng.random((2, 15, 5)) < rng.random()


@given(st.integers(0, 2**32 - 1))
def test_sets_score_as_scikit_learn_scores_them(seed):
    t, p = _tables(seed)
    oracle = {"average": "samples", "zero_division": 0}
    ours = {
        multilabel.jaccard: sklearn.jaccard_score,
        multilabel.example_precision: sklearn.precision_score,
        multilabel.example_recall: sklearn.recall_score,
        multilabel.example_f1: sklearn.f1_score,
    }
    for score, theirs in ours.items():
        assert score(t, p, empty=0.0) == pytest.approx(theirs(t, p, **oracle)), score.__name__
    for score, theirs in {
        multilabel.jaccard: sklearn.jaccard_score,
        multilabel.example_f1: sklearn.f1_score,
    }.items():
        assert score(t, p) == pytest.approx(theirs(t, p, average="samples", zero_division=1))
    assert multilabel.hamming_loss(t, p) == pytest.approx(sklearn.hamming_loss(t, p))
    assert multilabel.subset_accuracy(t, p) == pytest.approx(sklearn.accuracy_score(t, p))


@given(st.integers(0, 2**32 - 1))
def test_all_right_is_at_most_overlap_is_at_most_dice(seed):
    t, p = _tables(seed)
    exact, overlap, dice = (
        multilabel.subset_accuracy(t, p),
        multilabel.jaccard(t, p),
        multilabel.example_f1(t, p),
    )
    assert exact <= overlap + 1e-12 <= dice + 2e-12
    swapped = multilabel.example_recall(p, t)
    assert multilabel.example_precision(t, p) == pytest.approx(swapped)


def test_an_item_without_labels_is_right_if_nothing_is_said_of_it():
    assert multilabel.jaccard([[0, 0]], [[0, 0]]) == 1
    assert multilabel.jaccard([[0, 0]], [[0, 0]], empty=0) == 0
    assert multilabel.example_precision([[0, 1]], [[0, 0]]) == 0
    assert multilabel.example_recall([[0, 0]], [[0, 1]]) == 0


def test_a_row_of_probabilities_is_named():
    with pytest.raises(ValueError, match="row 1 of predicted"):
        multilabel.jaccard([[1, 0], [0, 1]], [[1, 0], [0.2, 1]])
    with pytest.raises(ValueError, match="items by labels"):
        multilabel.hamming_loss([1, 0], [1, 0])
