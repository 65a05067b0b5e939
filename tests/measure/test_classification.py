"""Scores weighted by class agree with scikit-learn, and with each other where they must."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from affectkit.measure.classification import war, weighted_f1
from affectkit.measure.metrics import accuracy, micro_f1, uar

sklearn = pytest.importorskip("sklearn.metrics")

LABELS = st.lists(
    st.tuples(st.sampled_from("abcd"), st.sampled_from("abcd")), min_size=1, max_size=40
)


@given(LABELS)
def test_labels_score_as_scikit_learn_scores_them(pairs):
    t, p = map(list, zip(*pairs, strict=True))
    weighted = sklearn.f1_score(t, p, average="weighted", zero_division=0)
    assert weighted_f1(t, p) == pytest.approx(weighted)
    kinds = sorted(set(t))
    recall = sklearn.recall_score(t, p, labels=kinds, average="weighted", zero_division=0)
    assert war(t, p) == pytest.approx(recall)
    # One label an item: false alarms are misses, so that micro F1 is the accuracy.
    assert micro_f1(t, p) == pytest.approx(war(t, p)) == pytest.approx(accuracy(t, p))


@given(st.integers(0, 2**32 - 1))
def test_tables_score_as_scikit_learn_scores_them(seed):
    rng = np.random.default_rng(seed)
    t, p = rng.random((2, 12, 4)) < rng.random(4)
    expected = sklearn.f1_score(t, p, average="weighted", zero_division=0)
    assert weighted_f1(t, p) == pytest.approx(expected)


@given(LABELS)
def test_as_many_items_of_each_class_make_weighted_and_unweighted_recall_one(pairs):
    told = [p for _, p in pairs]
    t = [label for label in "abcd" for _ in told]
    p = told * 4
    assert war(t, p) == pytest.approx(uar(t, p))


def test_probabilities_are_not_mistaken_for_decisions():
    with pytest.raises(ValueError, match="threshold"):
        weighted_f1([[1, 0]], [[0.9, 0.2]])
    with pytest.raises(ValueError, match="cannot be scored"):
        weighted_f1([1, 0], [1])
    assert weighted_f1([[0, 0]], [[1, 0]]) == 0
