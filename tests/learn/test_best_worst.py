"""Best-worst scaling: designs are balanced, counting recovers the order, errors average out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr

from affectkit.learn.best_worst import (
    AskingJudge,
    ScoringJudge,
    balanced_tuples,
    best_worst,
    counting_scores,
    split_half_reliability,
)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(2, 6).flatmap(lambda size: st.tuples(st.just(size), st.integers(size, 40))),
    st.integers(1, 4),
    st.integers(0, 9),
)
def test_every_item_is_seen_equally_often_and_once_in_a_tuple(sizes, per_item, seed):
    size, n_items = sizes
    tuples = balanced_tuples(n_items, per_item=per_item, size=size, seed=seed, tries=2)
    assert tuples.shape == (per_item * n_items, size)
    assert (np.bincount(tuples.ravel(), minlength=n_items) == per_item * size).all()
    assert all(len(set(row)) == size for row in tuples.tolist())
    # Packs are dealt out one after the other, so no item runs ahead.
    begun = np.bincount(tuples[: len(tuples) // 2].ravel(), minlength=n_items)
    assert np.ptp(begun) <= 2


def test_pairs_meet_as_often_as_chance_allows():
    tuples = balanced_tuples(100, per_item=2, seed=0)
    pairs = {
        (a, b) for row in np.sort(tuples, axis=1) for i, a in enumerate(row) for b in row[i + 1 :]
    }
    assert len(pairs) > 0.85 * 6 * len(tuples)
    assert (balanced_tuples(30, seed=1) == balanced_tuples(30, seed=1)).all()
    assert not (balanced_tuples(30, seed=1) == balanced_tuples(30, seed=2)).all()


@settings(max_examples=40, deadline=None)
@given(st.integers(5, 30), st.integers(0, 9))
def test_scores_lie_in_one_and_sum_to_zero(n_items, seed):
    rng = np.random.default_rng(seed)
    tuples = balanced_tuples(n_items, per_item=2, seed=seed, tries=1)
    choices = np.argsort(rng.random(tuples.shape), axis=1)[:, :2]
    scores = counting_scores(tuples, choices, n_items)
    assert np.abs(scores).max() <= 1
    assert abs(scores.sum()) < 1e-9  # every best has its worst
    swapped = counting_scores(tuples, choices[:, ::-1], n_items)
    assert np.allclose(swapped, -scores)


def test_counting_follows_the_score_and_nears_the_closed_form():
    n = 60
    rank = np.random.default_rng(0).permutation(n)
    judge = ScoringJudge(lambda texts, quality: np.exp(rank / 7.0))  # only the order can matter
    told = best_worst([""] * n, "", judge, per_text=60)
    # Best against three others with chance F^3, worst with (1 - F)^3.
    share = rank / (n - 1)
    assert np.abs(told.scores - (share**3 - (1 - share) ** 3)).max() < 0.12
    assert told.reliability() > 0.95


def test_more_tuples_average_the_errors_of_a_judge_out():
    truth = np.linspace(-1, 1, 40)

    def level(per_text, seed):
        rng = np.random.default_rng(seed)

        def judge(texts, tuples, quality):
            seen = truth[tuples] + rng.normal(scale=1.0, size=tuples.shape)
            return np.stack([seen.argmax(axis=1), seen.argmin(axis=1)], axis=1)

        told = best_worst([""] * 40, "", judge, per_text=per_text, seed=seed)
        return spearmanr(told.scores, truth).statistic, told.reliability(splits=10)

    few, many = (np.mean([level(k, s) for s in range(5)], axis=0) for k in (1, 16))
    assert many[0] > few[0] + 0.1
    assert many[1] > few[1] + 0.2


def test_a_judge_by_lot_has_no_reliability():
    rng = np.random.default_rng(0)
    tuples = balanced_tuples(40, per_item=8)
    choices = np.argsort(rng.random(tuples.shape), axis=1)[:, :2]
    assert abs(split_half_reliability(tuples, choices, 40)) < 0.3
    # Equal scores are decided by lot, not by place.
    flat = ScoringJudge(lambda texts, quality: np.zeros(len(texts)))([""] * 40, tuples, "")
    assert np.bincount(flat[:, 0], minlength=4).min() > len(tuples) / 8
    assert (flat[:, 0] != flat[:, 1]).all()


class Partial:
    """Reads how often the quality stands in a text, but likes the first place far too much."""

    def choose_many(self, prompts, options):
        self.asked = [prompt[-1]["content"] for prompt in prompts]
        told = []
        for text in self.asked:
            lines = text.splitlines()[1 : 1 + len(options)]
            sign = -1.0 if " least " in text else 1.0
            told.append([sign * line.count("fear") for line in lines])
        liking = np.array(told) + np.array([9.0, 0, 0, 0])
        p = np.exp(liking)
        return p / p.sum(axis=1, keepdims=True)


def test_a_liking_for_a_place_is_taken_off():
    texts = ["fear " * (i % 4) + f"text {i}" for i in range(32)]
    truth = np.array([i % 4 for i in range(32)])

    def agreement(**how):
        told = best_worst(texts, "fear", AskingJudge(Partial(), **how), per_text=4)
        return spearmanr(told.scores, truth).statistic

    assert agreement() > 0.9
    assert agreement(ask_least=False) > 0.85
    assert agreement(ask_least=False, calibrated=False) < 0.75


def test_a_model_is_shown_numbered_texts_and_asked_for_both_ends():
    judge = AskingJudge(Partial())
    judge(["a", "b", "c", "d"], np.array([[3, 2, 1, 0]]), "fear")
    assert "least fear" in judge.model.asked[0]
    assert "1. d\n2. c\n3. b\n4. a" in judge.model.asked[0]


def test_bad_choices_and_designs_are_refused():
    with pytest.raises(ValueError, match="both best and worst"):
        counting_scores([[0, 1, 2]], [[1, 1]], 3)
    with pytest.raises(ValueError, match="outside"):
        counting_scores([[0, 1, 2]], [[0, 3]], 3)
    with pytest.raises(ValueError, match="do not fit"):
        best_worst(["a"] * 5, "", lambda texts, tuples, quality: np.zeros((1, 2), dtype=int))
    with pytest.raises(ValueError, match="cannot be drawn"):
        balanced_tuples(3, size=4)
    with pytest.raises(ValueError, match="do not fit"):
        ScoringJudge(lambda texts, quality: [1.0])(["a", "b"], np.array([[0, 1]]), "")
