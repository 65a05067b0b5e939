"""Trivial answers are those of scikit-learn's dummies, and the best constant is the best."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from affectkit.measure import multilabel, trivial
from affectkit.measure.classification import weighted_f1
from affectkit.measure.metrics import accuracy, ccc, macro_f1, micro_f1, uar

dummy = pytest.importorskip("sklearn.dummy")

SEEDS = st.integers(0, 2**32 - 1)


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=30))
def test_majority_and_draws_are_the_dummys(labels):
    x = np.zeros((len(labels), 1))
    majority = dummy.DummyClassifier(strategy="most_frequent").fit(x, labels).predict(x)
    assert trivial.majority_class(labels, len(labels)).tolist() == majority.tolist()
    prior = dummy.DummyClassifier(strategy="prior").fit(x, labels).predict_proba(x)
    one_hot = np.array(labels)[:, None] == np.unique(labels)
    np.testing.assert_allclose(trivial.mean_answer(one_hot, len(labels)), prior)
    drawn = trivial.drawn_at_random(labels, 3000)
    for label, share in zip(np.unique(labels), prior[0], strict=True):
        assert np.mean(drawn == label) == pytest.approx(share, abs=6 * 0.5 / np.sqrt(3000))


@given(SEEDS)
def test_mean_and_majority_of_tables_are_the_dummys(seed):
    rng = np.random.default_rng(seed)
    x, scores = np.zeros((15, 1)), rng.normal(size=(15, 3))
    mean = dummy.DummyRegressor(strategy="mean").fit(x, scores).predict(x)
    np.testing.assert_allclose(trivial.mean_answer(scores, 15), mean)
    sets = (scores > rng.normal()).astype(int)
    majority = dummy.DummyClassifier(strategy="most_frequent").fit(x, sets).predict(x)
    np.testing.assert_array_equal(trivial.majority_class(sets, 15), majority)


@settings(max_examples=40, deadline=None)
@given(SEEDS)
def test_no_constant_set_beats_the_best(seed):
    rng = np.random.default_rng(seed)
    known = (rng.random((20, 4)) < rng.random(4)).astype(int)

    def every(score):
        return [score(known, np.tile(c, (20, 1))) for c in itertools.product((0, 1), repeat=4)]

    for score in (macro_f1, micro_f1, multilabel.subset_accuracy):
        best = score(known, trivial.best_constant(score, known, 20))
        assert best == pytest.approx(max(every(score)))
    loss = multilabel.hamming_loss
    least = loss(known, trivial.best_constant(loss, known, 20, higher_is_better=False))
    assert least == pytest.approx(min(every(loss)))


@given(st.lists(st.sampled_from("abc"), min_size=2, max_size=30))
def test_no_constant_label_beats_the_best_and_none_helps_unweighted_recall(labels):
    n = len(labels)
    for score in (accuracy, weighted_f1, uar):
        tried = [score(labels, [c] * n) for c in set(labels)]
        best = score(labels, trivial.best_constant(score, labels, n))
        assert best == pytest.approx(max(tried))
    assert uar(labels, trivial.majority_class(labels, n)) == pytest.approx(1 / len(set(labels)))


def test_random_answers_keep_labels_that_go_together():
    known = np.array([[1, 1, 0], [0, 0, 1]] * 5)
    drawn = trivial.drawn_at_random(known, 100)
    assert np.array_equal(drawn[:, 0], drawn[:, 1])
    assert np.array_equal(drawn[:, 0], 1 - drawn[:, 2])
    np.testing.assert_array_equal(drawn, trivial.drawn_at_random(known, 100))


def test_every_kind_has_its_baselines():
    numbers = trivial.baselines(ccc, [1.0, 2.0, 4.0], 3, kind="numbers")
    assert [b.name for b in numbers] == ["mean", "at random"]
    assert numbers[0].score(ccc, [1.0, 2.0, 4.0]) == 0
    sets = trivial.baselines(macro_f1, [[1, 0], [1, 1], [1, 0]], 3, kind="sets")
    assert [b.name for b in sets] == [
        "all labels", "majority per label", "best constant", "at random"
    ]  # fmt: skip
    scores = [b.score(macro_f1, [[1, 0], [1, 1], [1, 0]]) for b in sets]
    # Always yes: F1 of 1 and of 2 * 1 / (1 + 3).
    assert scores[:3] == pytest.approx([0.75, 0.5, 0.75])


def test_what_is_no_truth_is_refused():
    with pytest.raises(ValueError, match="kind"):
        trivial.baselines(ccc, [1.0], 1, kind="words")
    with pytest.raises(ValueError, match="0 and 1"):
        trivial.all_labels([[0.2, 1.0]], 1)
    with pytest.raises(ValueError, match="NaN"):
        trivial.best_constant(lambda t, p: float("nan"), ["a", "b"], 1)
    with pytest.raises(ValueError, match="shape"):
        trivial.majority_class([], 1)
