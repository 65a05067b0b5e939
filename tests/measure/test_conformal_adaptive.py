"""Adaptive sets and quantile intervals are mapie's, and cover what they promise."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.feature_extraction.text import HashingVectorizer

from affectkit.measure.conformal import conformal_threshold, split_intervals, split_sets
from affectkit.measure.conformal_adaptive import (
    adaptive_scores,
    adaptive_sets,
    quantile_intervals,
)


class Column(RegressorMixin, BaseEstimator):
    """Predict a column as it is."""

    def __init__(self, at=0):
        self.at = at

    def fit(self, x, y):
        self.n_features_in_ = x.shape[1]
        return self

    def predict(self, x):
        return x[:, self.at]


class Given(ClassifierMixin, BaseEstimator):
    """Probabilities are what comes in."""

    def fit(self, x, y):
        self.classes_ = np.unique(y)
        self.n_features_in_ = x.shape[1]
        return self

    def predict_proba(self, x):
        return x

    def predict(self, x):
        return self.classes_[x.argmax(axis=1)]


def _items(rng, n):
    """Half clear and half hard items of four labels, whose probabilities are the true ones."""
    hard = rng.random(n) < 0.5
    p = rng.dirichlet([0.2] * 4, n)
    p[hard] = rng.dirichlet([8] * 4, int(hard.sum()))
    truth = (rng.random((n, 1)) > np.cumsum(p, axis=1)).sum(axis=1).clip(max=3)
    return p, truth, hard


def test_sets_are_mapies():
    mapie = pytest.importorskip("mapie.classification")
    rng = np.random.default_rng(0)
    (p, y, _), (q, _, _) = _items(rng, 300), _items(rng, 200)
    theirs = mapie.SplitConformalClassifier(
        Given().fit(p, y), confidence_level=0.9, conformity_score="aps", random_state=7
    ).conformalize(p, y)
    sets = theirs.predict_set(q, conformity_score_params={"include_last_label": "randomized"})[1]
    # mapie starts its draws anew for either side, and counts what is left of a label
    old, new = (1 - np.random.RandomState(7).uniform(size=n) for n in (300, 200))
    held = adaptive_scores(p, old)[np.arange(300), y]
    ours = adaptive_scores(q, new) <= conformal_threshold(held, miss=0.1)
    np.testing.assert_array_equal(ours, sets[:, :, 0])


@given(st.integers(0, 2**32 - 1), st.integers(2, 6), st.booleans())
def test_scores_are_the_sums_of_the_definition(seed, labels, ties):
    rng = np.random.default_rng(seed)
    p = rng.dirichlet(np.ones(labels), 5)
    if ties:
        p = np.round(p * 4) / 4
        p = p.clip(max=1)
    u = rng.random(5)
    scores = adaptive_scores(p, u)
    for i in range(5):
        for k in range(labels):
            before = sum(x for x in p[i] if x > p[i, k])
            level = sum(x for x in p[i] if x == p[i, k])
            assert scores[i, k] == pytest.approx(before + u[i] * level)
    order = rng.permutation(labels)
    np.testing.assert_allclose(adaptive_scores(p[:, order], u), scores[:, order])


@settings(max_examples=10, deadline=None, derandomize=True)
@given(st.integers(0, 2**32 - 1), st.floats(0.05, 0.5), st.booleans())
def test_sets_hold_the_truth_as_often_as_promised(seed, miss, by_class):
    rng = np.random.default_rng(seed)
    (p, y, _), (q, z, _) = _items(rng, 1500), _items(rng, 3000)
    seed = int(rng.integers(2**32))  # the same seed would draw what the items were drawn with
    q_skewed, p_skewed = q**2, p**2  # any probabilities will do, right or wrong
    for old, new in ((p, q), (p_skewed, q_skewed)):
        sets = adaptive_sets(old, y, new, miss=miss, by_class=by_class, seed=seed)
        held = sets[np.arange(len(z)), z]
        assert held.mean() == pytest.approx(1 - miss, abs=0.06)
        if by_class:
            for label in range(4):
                assert held[z == label].mean() == pytest.approx(1 - miss, abs=0.11)
        sure = adaptive_sets(old, y, new, miss=miss, by_class=by_class, seed=None)
        assert sure[np.arange(len(z)), z].mean() >= 1 - miss - 0.06


def test_hard_items_are_covered_as_well_as_clear_ones():
    rng = np.random.default_rng(2)
    (p, y, _), (q, z, hard) = _items(rng, 4000), _items(rng, 8000)
    at = np.arange(len(z))
    adaptive, least = adaptive_sets(p, y, q, miss=0.2), split_sets(p, y, q, miss=0.2)
    gap = {
        name: abs(sets[at, z][hard].mean() - sets[at, z][~hard].mean())
        for name, sets in (("adaptive", adaptive), ("least", least))
    }
    # given the true probabilities, adaptive sets cover every kind of item alike
    assert gap["adaptive"] < 0.04
    assert gap["least"] > 0.1
    assert least.sum() < adaptive.sum()
    assert adaptive[hard].sum(axis=1).mean() > 1.5 * adaptive[~hard].sum(axis=1).mean()


def test_intervals_are_mapies():
    mapie = pytest.importorskip("mapie.regression")
    rng = np.random.default_rng(3)
    x = np.column_stack([rng.normal(-1, 0.3, 400), rng.normal(1, 0.3, 400), np.zeros(400)])
    y = rng.normal(size=400)
    old, new = slice(250), slice(250, None)
    for symmetric in (True, False):
        theirs = mapie.ConformalizedQuantileRegressor(
            [Column(k).fit(x, y) for k in range(3)], confidence_level=0.8, prefit=True
        ).conformalize(x[old], y[old])
        ends = theirs.predict_interval(x[new], symmetric_correction=symmetric)[1]
        ours = quantile_intervals(
            y[old], x[old, 0], x[old, 1], x[new, 0], x[new, 1], miss=0.2, each_side=not symmetric
        )
        np.testing.assert_allclose(ours, ends[:, :, 0])


@settings(max_examples=15, deadline=None, derandomize=True)
@given(st.integers(0, 2**32 - 1), st.floats(0.05, 0.5), st.booleans(), st.floats(-0.5, 0.5))
def test_intervals_hold_the_truth_as_often_as_promised(seed, miss, each_side, off):
    rng = np.random.default_rng(seed)
    spread = rng.uniform(0.05, 0.5, 4000)
    y = np.clip(spread * rng.normal(size=4000), -1, 1)
    low, high = -spread - off, spread + off  # wide, narrow or crossing: it must not matter
    old, new = slice(1500), slice(1500, None)
    ends = quantile_intervals(
        y[old], low[old], high[old], low[new], high[new],
        miss=miss, each_side=each_side, within=(-1, 1),
    )  # fmt: skip
    held = (ends[:, 0] <= y[new]) & (y[new] <= ends[:, 1])
    assert held.mean() == pytest.approx(1 - miss, abs=0.06)
    assert (ends[:, 0] >= -1).all()
    assert (ends[:, 1] <= 1).all()
    if each_side:
        assert (y[new] < ends[:, 0]).mean() == pytest.approx(miss / 2, abs=0.045)


def test_simple_sets_and_intervals_are_mapies():
    mapie = pytest.importorskip("mapie.classification")
    rng = np.random.default_rng(8)
    (p, y, _), (q, _, _) = _items(rng, 300), _items(rng, 200)
    theirs = mapie.SplitConformalClassifier(
        Given().fit(p, y), confidence_level=0.9, conformity_score="lac"
    ).conformalize(p, y)
    ours = split_sets(p, y, q, miss=0.1)
    np.testing.assert_array_equal(ours, theirs.predict_set(q)[1][:, :, 0])
    mapie = pytest.importorskip("mapie.regression")
    x, v = rng.normal(size=(400, 1)), rng.normal(size=400)
    line = mapie.SplitConformalRegressor(Column().fit(x, v), confidence_level=0.8)
    ends = line.conformalize(x[:250], v[:250]).predict_interval(x[250:])[1][:, :, 0]
    np.testing.assert_allclose(split_intervals(v[:250], x[:250, 0], x[250:, 0], miss=0.2), ends)


@pytest.mark.parametrize("dimension", ["valence", "arousal", "dominance"])
def test_what_people_felt_in_sentences_lies_within_as_often_as_promised(shared_data, dimension):
    shared_data("text-open/emobank")
    from affectkit.data import data_root, emobank

    rows = emobank.read(data_root()).table.sample(6000, random_state=0)
    words = HashingVectorizer(n_features=128, alternate_sign=False)
    x, y = words.transform(rows["text"]).toarray(), rows[dimension].to_numpy()
    fit, held, new = slice(3000), slice(3000, 4500), slice(4500, None)
    low, high = (
        HistGradientBoostingRegressor(loss="quantile", quantile=q, max_iter=40)
        .fit(x[fit], y[fit])
        .predict(x)
        for q in (0.1, 0.9)
    )
    ends = quantile_intervals(
        y[held], low[held], high[held], low[new], high[new], miss=0.2, within=(-1, 1)
    )
    within = np.mean((ends[:, 0] <= y[new]) & (y[new] <= ends[:, 1]))
    # three standard errors, of 1500 items that set the width and 1500 that test it; scores of
    # few people are often equal, and sets with ties may hold more
    assert 0.8 - 0.045 < within < 0.8 + 0.07
    raw = np.mean((low[new] <= y[new]) & (y[new] <= high[new]))
    assert raw < min(within, 0.785)


def test_too_few_items_promise_nothing_narrower_than_everything():
    p = np.full((3, 2), 0.5)
    assert adaptive_sets(p, [0, 1, 0], p, miss=0.1).all()
    ends = quantile_intervals([0.0], [0.0], [0.0], [0.1], [0.2], miss=0.1)
    assert ends.tolist() == [[-np.inf, np.inf]]
    ends = quantile_intervals([0.0], [0.0], [0.0], [0.1], [0.2], miss=0.1, within=(-1, 1))
    assert ends.tolist() == [[-1, 1]]


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match=r"\[0, 1\]"):
        adaptive_scores([[1.5, 0.1]])
    with pytest.raises(ValueError, match="whole numbers"):
        adaptive_sets([[0.5, 0.5]], [2], [[0.5, 0.5]])
    with pytest.raises(ValueError, match="do not fit"):
        adaptive_sets([[0.5, 0.5]], [0], [[0.5, 0.2, 0.3]])
    with pytest.raises(ValueError, match="differ in shape"):
        quantile_intervals([0.0], [0.0], [0.0], [0.1], [0.2, 0.3])
    with pytest.raises(ValueError, match="outside"):
        quantile_intervals([1.2], [0.0], [0.0], [0.1], [0.2], within=(-1, 1))
