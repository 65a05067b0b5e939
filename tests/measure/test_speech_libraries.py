"""Scores of speech emotion are those of audmetric and torchmetrics, and utility is counted out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from affectkit.measure import classification, detection, metrics

SEEDS = st.integers(0, 2**32 - 1)


@settings(max_examples=30, deadline=None)
@given(SEEDS, st.integers(2, 60), st.floats(0.1, 5), st.floats(-3, 3))
def test_concordance_and_correlation(seed, n, scale, shift):
    audmetric = pytest.importorskip("audmetric")
    rng = np.random.default_rng(seed)
    truth = rng.normal(size=n)
    told = scale * truth + shift + rng.normal(size=n)
    assert metrics.ccc(truth, told) == pytest.approx(audmetric.concordance_cc(truth, told))
    assert metrics.pearson(truth, told) == pytest.approx(audmetric.pearson_cc(truth, told))


@settings(max_examples=10, deadline=None)
@given(SEEDS)
def test_concordance_of_a_second_library(seed):
    torch = pytest.importorskip("torch")
    theirs = pytest.importorskip("torchmetrics.functional.regression").concordance_corrcoef
    truth, told = np.random.default_rng(seed).normal(size=(2, 50)) * [[1], [2]]
    # It divides by n - 1, Lin by n: the same where means are.
    told += truth.mean() - told.mean()
    wanted = float(theirs(torch.tensor(told), torch.tensor(truth)))
    assert metrics.ccc(truth, told) == pytest.approx(wanted)


@settings(max_examples=30, deadline=None)
@given(SEEDS, st.integers(2, 6))
def test_recall_and_f1_of_labels(seed, n_labels):
    audmetric = pytest.importorskip("audmetric")
    rng = np.random.default_rng(seed)
    names = np.array(["anger", "disgust", "fear", "joy", "neutral", "sadness"])[:n_labels]
    truth = np.concatenate([names, names[rng.integers(n_labels, size=30)]])
    told = names[rng.integers(n_labels, size=len(truth))]
    recall, f1 = audmetric.unweighted_average_recall, audmetric.unweighted_average_fscore
    assert metrics.uar(truth, told) == pytest.approx(recall(truth, told))
    assert metrics.macro_f1(truth, told) == pytest.approx(f1(truth, told))
    assert metrics.accuracy(truth, told) == pytest.approx(audmetric.accuracy(truth, told))
    assert classification.war(truth, told) == pytest.approx(audmetric.accuracy(truth, told))


@settings(max_examples=30, deadline=None)
@given(SEEDS)
def test_equal_error_rate(seed):
    audmetric = pytest.importorskip("audmetric")
    rng = np.random.default_rng(seed)
    truth = rng.permutation(np.repeat([0, 1], 40))
    scores = truth + rng.normal(size=80)
    theirs, _ = audmetric.equal_error_rate(truth, scores)
    # It takes the middle of a step's ends, ours lies on the step, which is 1 / 40 long.
    assert detection.eer(truth, scores) == pytest.approx(theirs, abs=1 / 80 + 1e-9)


@settings(max_examples=30, deadline=None)
@given(SEEDS, st.lists(st.floats(0, 0.95), min_size=1, max_size=4))
def test_utility_is_that_of_the_confusion_matrix(seed, at):
    oracle = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(seed)
    truth, p = rng.integers(2, size=60), rng.random(60)
    wanted = []
    for threshold in at:
        _, alarms, _, hits = oracle.confusion_matrix(truth, p >= threshold, labels=[0, 1]).ravel()
        wanted.append(hits / 60 - alarms / 60 * threshold / (1 - threshold))
    np.testing.assert_allclose(detection.net_benefit(truth, p, at), wanted)
