"""Hidden feelings: the region of an emotion, who misses it, and a planted way of hiding it."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from affectkit.data import emobank
from affectkit.learn.grouped_ridge import group_folds
from affectkit.measure.ranking import roc_auc
from affectkit.recipes.text import hidden_feeling as recipe


def test_a_rating_lies_in_one_region_at_most_and_neutral_ones_in_none():
    steps = (-1.0, -0.5, 0.0, 0.5, 1.0)
    grid = pd.DataFrame(itertools.product(steps, repeat=3), columns=list(emobank.SPACE))
    inside = np.sum([recipe.within(grid, emotion) for emotion in recipe.REGIONS], axis=0)
    assert inside.max() == 1
    assert not inside[(grid["valence"] == 0) | (grid["arousal"] == 0)].any()


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=30))
@settings(deadline=None)
def test_what_any_reader_sees_is_not_missed_and_more_is_missed_the_less_it_takes(rows):
    writer, reader = (np.array(column) for column in zip(*rows, strict=True))
    strict, loose = recipe.missed(writer, reader, 2), recipe.missed(writer, reader, 1)
    assert not strict[reader > 0].any()
    assert not (strict & ~loose).any()


def test_a_planted_way_of_hiding_is_found_in_documents_never_seen():
    pytest.importorskip("scipy")
    rng = np.random.default_rng(0)
    documents = rng.integers(0, 60, 900)
    x = rng.normal(size=(900, 12))
    angry = x[:, 0] > 1
    hides = angry & (x[:, 1] > 0)
    folds = group_folds(documents, 5, seed=0)
    told = recipe.detect(x, hides, folds)
    assert roc_auc(hides, told) > 0.85
    assert roc_auc(hides[angry], told[angry]) > 0.75
    drawn = rng.permutation(hides)
    assert abs(roc_auc(drawn, recipe.detect(x, drawn, folds)) - 0.5) < 0.12


def test_expressions_are_counted_once_a_text_and_take_the_valence_of_their_words():
    pytest.importorskip("scipy")
    texts = ["fine, fine, whatever", "fine by me"] * 10 + ["awful day"] * 10
    texts += ["wolves"] * 10
    documents = np.array([f"d{i % 7}" for i in range(30)] + ["one"] * 10)
    lexicon = {"fine": 1.0, "awful": -2.0}
    names, has, valence = recipe.telling(texts, documents, lexicon, least=5)
    told = dict(zip(names, valence, strict=True))
    assert told["fine"] == 1.0
    assert told["awful day"] == -1.0
    assert told["whatever"] == 0.0
    assert has[:, names.index("fine")].sum() == 20
    assert "by me" in names
    assert "wolves" not in names


def test_the_highest_share_is_that_of_all_runs_together():
    runs = np.array([[0.9, 0.8, 0.1, 0.2], [0.1, 0.8, 0.2, 0.9]])
    assert recipe.highest(runs, 0.25).tolist() == [False, True, False, False]


def test_real_sentences_have_five_raters_and_each_text_once(shared_data):
    root = shared_data("text-open/emobank").parents[1]
    posts = recipe.read(root)
    assert len({" ".join(t.lower().split()) for t in posts.texts}) == len(posts.texts)
    assert np.median(posts.readers) == 5
    for emotion in recipe.REGIONS:
        assert (posts.reader[emotion] <= posts.readers).all()
    hides = recipe.missed(posts.writer["anger"], posts.reader["anger"])
    assert 30 < hides.sum() < 0.05 * len(hides)
