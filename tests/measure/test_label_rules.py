"""Rules that weigh raters find planted truth; bias and scale are those of factor analysis."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from affectkit.affect import LabelSet, Ratings
from affectkit.errors import LabelError
from affectkit.measure.crowd import dawid_skene
from affectkit.measure.crowd_triples import triples
from affectkit.measure.label_rules import (
    by_known_raters,
    fused_scores,
    label_triples,
    soft_labels,
)
from affectkit.measure.rater_scale import rater_scales

FOUR = LabelSet("four", ("neutral", "anger", "sadness", "joy"))


def planted(seed=0, n=150, raters=8):
    """Return truth, ratings by raters of whom half mostly say what they always say."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(4, size=n)
    item = np.repeat(np.arange(n), 5)
    rater = np.concatenate([rng.permutation(raters)[:5] for _ in range(n)])
    right = rng.random(len(item)) < np.where(rater % 2, 0.9, 0.2)
    label = np.where(right, truth[item], rater % 4)
    table = pd.DataFrame(
        {"item": [f"i{i:03}" for i in item], "rater": [f"r{r}" for r in rater],
         "label": [FOUR.labels[c] for c in label]}
    )  # fmt: skip
    return truth, Ratings(table, FOUR)


@pytest.mark.parametrize("rule", ["dawid-skene", "mace", "glad"])
def test_weighing_raters_beats_the_vote(rule):
    truth, ratings = planted()
    wanted = np.array(FOUR.labels)[truth]
    ours, vote = (
        (soft_labels(ratings, r).idxmax(axis=1).to_numpy() == wanted).mean()
        for r in (rule, "plurality")
    )
    assert ours > vote
    found = soft_labels(ratings, rule)
    assert list(found.columns) == list(FOUR.labels)
    np.testing.assert_allclose(found.sum(axis=1), 1)


def test_counting_rules_are_those_of_the_ratings():
    _, ratings = planted(n=20)
    pd.testing.assert_frame_equal(soft_labels(ratings, "distribution"), ratings.soft())
    with pytest.raises(LabelError, match="no rule"):
        soft_labels(ratings, "loudest")
    twice = Ratings(
        pd.DataFrame({"item": ["a"] * 2, "rater": ["x"] * 2, "label": ["joy", "anger"]}), FOUR
    )
    with pytest.raises(LabelError, match="several labels"):
        soft_labels(twice, "mace")
    with pytest.raises(LabelError, match="nobody gave labels on 'mood'"):
        soft_labels(ratings, "glad", "mood")


def test_known_raters_tell_new_items_what_the_model_would():
    _, ratings = planted(seed=1)
    given_, _, _ = label_triples(ratings)
    found = dawid_skene(given_.item, given_.rater, given_.label, iterations=500, tolerance=1e-13)
    again = by_known_raters(found, given_)
    np.testing.assert_allclose(again, found.probabilities, atol=1e-3)
    # A new rater errs as the others do on average: they tell less than the best of them.
    best = int(np.trace(found.confusion, axis1=1, axis2=2).argmax())
    one = triples([0], [0], [2], n_labels=4)
    known, new = (by_known_raters(found, one, raters=[r])[0, 2] for r in (best, -1))
    assert known > new > 0.25
    with pytest.raises(ValueError, match="do not fit"):
        by_known_raters(found, triples([0], [99], [0]))


@settings(deadline=None, max_examples=5)
@given(st.integers(0, 10_000))
def test_bias_and_stretch_of_planted_raters_are_found(seed):
    rng = np.random.default_rng(seed)
    truth = rng.normal(size=300)
    bias, stretch = rng.normal(0, 0.5, 6), rng.uniform(0.5, 1.5, 6)
    noise = np.linspace(0.2, 1.0, 6)
    x = bias[:, None] + stretch[:, None] * truth + rng.normal(size=(6, 300)) * noise[:, None]
    x[rng.random(x.shape) < 0.3] = np.nan
    x[0, np.isnan(x).all(axis=0)] = 0.0
    found = rater_scales(x)
    assert found.converged
    np.testing.assert_allclose(found.bias, bias - bias.mean(), atol=0.25)
    np.testing.assert_allclose(found.stretch, stretch / stretch.mean(), atol=0.25)
    np.testing.assert_allclose(found.noise, noise, atol=0.2)
    plain = np.nanmean(x, axis=0)
    ours, theirs = (np.corrcoef(s, truth)[0, 1] for s in (found.scores, plain))
    assert ours > theirs


def test_scales_are_those_of_factor_analysis_where_nothing_is_missing():
    decomposition = pytest.importorskip("sklearn.decomposition")
    rng = np.random.default_rng(0)
    x = rng.normal(size=(5, 1)) + np.outer([1.0, 0.6, 1.4, 0.8, 0.3], rng.normal(size=400))
    x = x + rng.normal(size=x.shape) * np.array([0.3, 0.5, 0.7, 0.4, 0.9])[:, None]
    ours = rater_scales(x, tolerance=1e-10, iterations=20_000)
    theirs = decomposition.FactorAnalysis(1, tol=1e-10, max_iter=20_000).fit(x.T)
    load = np.abs(theirs.components_[0])
    np.testing.assert_allclose(ours.stretch, load / load.mean(), atol=1e-3)
    np.testing.assert_allclose(ours.noise, np.sqrt(theirs.noise_variance_), atol=1e-3)
    np.testing.assert_allclose(ours.bias, x.mean(axis=1) - x.mean(), atol=1e-3)
    moved = rater_scales(10 + 3 * x, tolerance=1e-10, iterations=20_000)
    np.testing.assert_allclose(moved.scores, 10 + 3 * ours.scores, atol=1e-5)


def test_scores_are_fused_by_rule():
    rng = np.random.default_rng(1)
    truth = rng.normal(size=80)
    said = truth + rng.normal(size=(3, 80)) * [[0.2], [0.3], [2.0]] + [[0], [1], [0]]
    rows = [(f"i{j:02}", f"r{i}", said[i, j]) for i in range(3) for j in range(80)]
    table = pd.DataFrame(rows, columns=["item", "rater", "score"]).assign(aspect="valence")
    ratings = Ratings(table)
    fit = {
        rule: np.corrcoef(fused_scores(ratings, "valence", rule), truth)[0, 1]
        for rule in ("mean", "evaluator-weighted", "bias and scale")
    }
    assert fit["bias and scale"] > fit["mean"]
    assert fit["evaluator-weighted"] > fit["mean"]
    assert fused_scores(ratings, "valence", "mean").index.tolist() == list(ratings.items)
    with pytest.raises(LabelError, match="no rule"):
        fused_scores(ratings, "valence", "median")
    with pytest.raises(LabelError, match="nobody scored 'mood'"):
        fused_scores(ratings, "mood")
    with pytest.raises(LabelError, match="three raters"):
        fused_scores(Ratings(table[table["rater"] != "r0"]), "valence", "bias and scale")


def test_raters_that_cannot_be_told_apart_are_refused():
    with pytest.raises(ValueError, match="three raters"):
        rater_scales([[1, 2], [1, 2]])
    with pytest.raises(ValueError, match="rater 2"):
        rater_scales([[1, 2], [1, 2], [1, np.nan]])
    with pytest.raises(ValueError, match="the same"):
        rater_scales(np.ones((3, 4)))
