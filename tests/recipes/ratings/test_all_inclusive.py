"""Keeping every rating: what rules leave, closed forms of the fit, and a planted mixture."""

import numpy as np
import pytest

from affectkit.measure.votes import above_uniform, shares
from affectkit.recipes.ratings import all_inclusive as recipe
from affectkit.recipes.ratings.vader_raters import binned

pytest.importorskip("scipy")


def test_rules_keep_what_they_say():
    votes = np.array([[3, 1, 0], [2, 2, 1], [2, 1, 1]])
    kept = {rule: recipe.targets(votes, rule)[1].tolist() for rule in recipe.RULES}
    assert kept["majority"] == kept["majority, all votes"] == [True, False, False]
    assert kept["plurality"] == [True, False, True]
    assert kept["all-inclusive"] == kept["penalised"] == [True] * 3
    soft, _ = recipe.targets(votes, "all-inclusive")
    assert soft == pytest.approx(votes / votes.sum(axis=1, keepdims=True))
    assert recipe.kept_votes(votes, np.ones(3, dtype=bool)) == pytest.approx(7 / 13)


def test_without_features_the_fit_is_the_mean_of_the_targets():
    rng = np.random.default_rng(0)
    target = rng.dirichlet([1, 2, 3], size=40)
    told = recipe.fitted(np.zeros((40, 2)), target, np.ones(3), 0.1)(np.zeros((1, 2)))
    assert told[0] == pytest.approx(target.mean(axis=0), abs=1e-3)
    # A label that weighs twice is told as if it stood there twice as often.
    weight = np.array([2.0, 1.0, 1.0])
    told = recipe.fitted(np.zeros((40, 2)), target, weight, 0.1)(np.zeros((1, 2)))
    expected = target.mean(axis=0) * weight
    assert told[0] == pytest.approx(expected / expected.sum(), abs=1e-3)


def test_all_votes_find_the_second_label_that_a_majority_hides():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(300, 2))
    mixed = x[:, 1] > 0
    votes = np.where(x[:, :1] > 0, [[10, 0, 0]], [[0, 0, 10]])
    # Four of ten hear a second label beside the first, which the majority never is.
    votes[mixed] = np.where(votes[mixed] > 0, 6, 0) + np.array([0, 4, 0])
    folds = np.arange(300) % 5
    truth, share = above_uniform(shares(votes)), shares(votes)
    told = {r: recipe.out_of_fold(x, votes, folds, r, 1e-3) for r in recipe.RULES}
    f1 = {r: recipe.macro_f1_of_sets(truth, t) for r, t in told.items()}
    assert f1["majority"] < 2 / 3 < f1["all-inclusive"] - 0.1
    far = {r: recipe.divergence(share, t) for r, t in told.items()}
    assert far["all-inclusive"] < far["majority"] / 2


def test_divergence_is_nought_only_for_the_votes_themselves():
    share = np.array([[0.5, 0.5, 0.0], [1.0, 0.0, 0.0]])
    assert recipe.divergence(share, share) == pytest.approx(0)
    assert recipe.divergence(share, np.full((2, 3), 1 / 3)) == pytest.approx(
        (np.log(3) - np.log(2) + np.log(3)) / 2
    )


def test_the_f1_of_sets_is_sklearns():
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(2)
    told, truth = rng.dirichlet([1] * 4, size=50), rng.random((50, 4)) < 0.4
    theirs = metrics.f1_score(truth, told > 1 / 4, average="macro", zero_division=0)
    assert recipe.macro_f1_of_sets(truth, told) == pytest.approx(theirs)


def test_pairs_that_never_meet_weigh_more():
    share = np.array([[0.5, 0.5, 0.0, 0.0]] * 5 + [[0.0, 0.0, 1.0, 0.0]])
    weight = recipe.label_weights(share)
    assert weight.mean() == pytest.approx(1)
    assert weight[0] == weight[1] < weight[2]
    assert recipe.label_weights(np.eye(3)) == pytest.approx(np.ones(3))


def test_ratings_fall_into_the_degrees_they_name():
    ratings = np.array([[-4, -3, -2, -1, 0, 1, 2, 3, 4.0]])
    assert binned(ratings).tolist() == [[3, 1, 1, 1, 3]]
    every = np.array([-1, -0.5, 0, 0.5, 1.0])
    grid = np.array([(v, a) for v in every for a in every])
    told = recipe.region(grid[:, 0], grid[:, 1])
    assert np.bincount(told).tolist() == [5, 6, 4, 6, 4]


def test_the_votes_are_those_of_the_files(shared_data):
    root = shared_data("text-open/emobank").parents[1]
    voted = recipe.emobank_votes(root, 200, 0)
    assert 200 <= len(voted.texts) == len(voted.votes) == len(voted.groups)
    assert len(set(voted.texts)) == len(voted.texts)
    assert 3 < voted.votes.sum(axis=1).mean() < 7
    tweets = recipe.vader_votes(root, "tweets", 50, 0)
    assert set(tweets.votes.sum(axis=1)) == {20}
