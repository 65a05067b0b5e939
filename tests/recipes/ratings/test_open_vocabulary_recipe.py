"""Open vocabulary: synonyms that are listed, runs that are averaged, and the real pair of files."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from affectkit.affect.emotion_wheels import WordTables
from affectkit.data import ov_mer
from affectkit.measure.open_vocabulary import clip_scores, f1_of_clips, synonym_grouping
from affectkit.recipes.ratings import open_vocabulary as recipe

TABLES = WordTables(
    {"blisses": ("bliss",)},
    {"bliss": ("joy",), "glee": ("joy",), "joy": ("joy",), "dread": ("fear",), "fear": ("fear",)},
)
WORDS = ("bliss", "glee", "joy", "dread", "fear", "sofa", "blisses")


@given(st.lists(st.lists(st.sampled_from(WORDS), max_size=5), min_size=1), st.integers(0, 99))
def test_a_synonym_is_another_word_that_means_the_same(words, seed) -> None:
    mean = synonym_grouping(TABLES)
    changed = recipe.in_synonyms(words, TABLES, np.random.default_rng(seed))
    for before, after in zip(words, changed, strict=True):
        assert len(before) == len(after)
        for a, b in zip(before, after, strict=True):
            assert mean(a) == mean(b)
            assert (a == b) == (a in ("sofa", "dread"))  # nothing else is listed for these


def test_where_each_synonym_means_one_word_the_score_of_swapped_words_is_one() -> None:
    words = [["joy", "dread"], ["glee"], ["sofa", "fear"]]
    changed = recipe.in_synonyms(words, TABLES, np.random.default_rng(1))
    assert f1_of_clips(clip_scores(words, changed, [synonym_grouping(TABLES)])) == 1
    assert f1_of_clips(clip_scores(words, changed, [str])) < 0.5


def test_a_gap_is_of_the_mean_over_runs_and_nothing_beside_itself() -> None:
    rng = np.random.default_rng(0)
    ours, theirs = rng.random((40, 3, 5, 2)), rng.random((40, 3, 5, 2)) / 2
    found = recipe.gap(ours, theirs, 60, 0)
    assert found.value == pytest.approx(
        np.mean([f1_of_clips(ours[:, k]) - f1_of_clips(theirs[:, k]) for k in range(3)])
    )
    assert 0 < found.low < found.value < found.high
    same = recipe.gap(ours, ours, 20, 0)
    assert (same.value, same.low, same.high) == (0, 0, 0)


def test_the_real_files_are_ordered_as_the_paper_says(shared_data) -> None:
    root = shared_data(ov_mer.FACTS.folder).parents[1]
    sample = recipe.read(root)
    score = {
        way: recipe.over_runs(recipe.by_clip(sample, [sample.told], way))
        for way in sample.groupings
    }
    assert score[recipe.INNER] > score[recipe.OUTER] > score["synonyms"] > score["forms"]
    assert score["forms"] > score[recipe.EXACT]
    dealt = [*sample.told[1:], sample.told[0]]
    assert recipe.over_runs(recipe.by_clip(sample, [dealt], recipe.INNER)) < score[recipe.INNER]
    assert recipe.over_runs(recipe.by_clip(sample, [sample.truth], recipe.INNER)) == 1
