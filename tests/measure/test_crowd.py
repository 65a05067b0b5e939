"""Dawid and Skene's model finds planted raters, and agrees with crowd-kit's posterior."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from affectkit.measure.crowd import dawid_skene


def crowd(n_items=400, n_raters=12, n_labels=4, each=5, seed=0):
    """Return truth, how often each rater is right, and the ratings."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(n_labels, size=n_items)
    skill = rng.uniform(0.3, 0.95, n_raters)
    item = np.repeat(np.arange(n_items), each)
    rater = np.concatenate([rng.permutation(n_raters)[:each] for _ in range(n_items)])
    right = rng.random(len(item)) < skill[rater]
    wrong = (truth[item] + rng.integers(1, n_labels, size=len(item))) % n_labels
    return truth, skill, item, rater, np.where(right, truth[item], wrong)


@pytest.mark.parametrize("seed", range(3))
def test_planted_raters_are_found_and_beat_the_majority(seed):
    truth, skill, item, rater, label = crowd(seed=seed)
    found = dawid_skene(item, rater, label)
    right = np.diagonal(found.confusion, axis1=1, axis2=2).mean(axis=1)
    assert np.corrcoef(right, skill)[0, 1] > 0.95
    votes = np.bincount(item * 4 + label, minlength=1600).reshape(400, 4)
    ours = (found.probabilities.argmax(axis=1) == truth).mean()
    assert ours > (votes.argmax(axis=1) == truth).mean()


def test_names_of_labels_and_raters_do_not_matter():
    _, _, item, rater, label = crowd(seed=4)
    swap, order = np.array([2, 0, 3, 1]), np.random.default_rng(0).permutation(12)
    one = dawid_skene(item, rater, label, iterations=20, tolerance=-1)
    other = dawid_skene(item, order[rater], swap[label], iterations=20, tolerance=-1)
    np.testing.assert_allclose(other.probabilities[:, swap], one.probabilities, atol=1e-9)


def test_rows_are_probabilities_and_order_of_ratings_is_nothing():
    _, _, item, rater, label = crowd(seed=5)
    shuffled = np.random.default_rng(1).permutation(len(item))
    one = dawid_skene(item, rater, label)
    other = dawid_skene(item[shuffled], rater[shuffled], label[shuffled])
    np.testing.assert_allclose(one.probabilities.sum(axis=1), 1)
    np.testing.assert_allclose(one.confusion.sum(axis=2), 1)
    np.testing.assert_allclose(other.probabilities, one.probabilities, atol=1e-9)


def test_its_posterior_is_that_of_crowd_kit():
    crowdkit = pytest.importorskip("crowdkit.aggregation", reason="pip install crowd-kit")
    _, _, item, rater, label = crowd(seed=6)
    table = pd.DataFrame({"task": item, "worker": rater, "label": label})
    theirs = crowdkit.DawidSkene(n_iter=15, tol=-1).fit(table).probas_
    theirs = theirs.sort_index()[sorted(theirs.columns)].to_numpy()
    ours = dawid_skene(item, rater, label, iterations=15, tolerance=-1).probabilities
    np.testing.assert_allclose(ours, theirs, atol=1e-6)


def test_ratings_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="no ratings"):
        dawid_skene([0, 1], [0], [0])
    with pytest.raises(ValueError, match="item 1 has no rating"):
        dawid_skene([0, 2], [0, 0], [0, 1])
