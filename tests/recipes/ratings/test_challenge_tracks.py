"""The challenge's tracks: words replaced, clips paired with lines, and what is told out of fold."""

from __future__ import annotations

import pydoc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from affectkit.affect.emotion_wheels import WordTables
from affectkit.data import ov_mer
from affectkit.measure.open_vocabulary import clip_scores, f1_of_clips, form_grouping
from affectkit.recipes.ratings import challenge_tracks as recipe
from affectkit.recipes.ratings import fused_pairs
from affectkit.recipes.ratings.open_vocabulary import by_clip, over_runs, read

FORMS = WordTables({"joy": ("joy",), "joys": ("joy",), "joyful": ("joy",), "fear": ("fear",)}, {})


@given(st.lists(st.lists(st.sampled_from(["joy", "joys", "fear", "sofa"])), min_size=1))
def test_other_forms_are_of_the_same_word_and_not_the_same_form(words) -> None:
    changed = recipe.in_other_forms(words, FORMS, np.random.default_rng(0))
    for before, after in zip(words, changed, strict=True):
        assert [FORMS.base(w) for w in before] == [FORMS.base(w) for w in after]
        assert all((a == b) == (a in ("fear", "sofa")) for a, b in zip(before, after, strict=True))
    if any(words):
        assert f1_of_clips(clip_scores(words, changed, [form_grouping(FORMS)])) == 1


def test_random_words_are_as_many_and_none_twice() -> None:
    words = [["joy", "fear", "awe"], [], ["calm"]]
    drawn = recipe.random_words(words, np.random.default_rng(0))
    assert [len(set(each)) for each in drawn] == [3, 0, 1]
    assert {w for each in drawn for w in each} <= {"joy", "fear", "awe", "calm"}


@given(st.integers(0, 50), st.integers(1, 3))
def test_a_clip_and_its_line_share_label_and_fold_and_lines_are_spared(seed, folds) -> None:
    rng = np.random.default_rng(seed)
    label, line_label = rng.choice(["joy", "fear"], 30), np.repeat(["joy", "fear"], 24)
    fold, line_fold = rng.integers(0, folds, 30), np.tile(np.arange(folds), 48)[:48]
    line = fused_pairs.paired(label, fold, line_label, line_fold, rng)
    assert (line_label[line] == label).all()
    assert (line_fold[line] == fold).all()
    for name in ("joy", "fear"):
        for part in range(folds):
            taken = line[(label == name) & (fold == part)]
            there = np.sum((line_label == name) & (line_fold == part))
            assert len(set(taken)) == min(len(taken), there)


def test_a_label_without_lines_in_a_fold_is_an_error() -> None:
    label, fold = np.array(["joy", "fear"]), np.array([0, 1])
    with pytest.raises(ValueError, match="no line of joy in fold 0"):
        fused_pairs.paired(label, fold, label, np.array([1, 1]), np.random.default_rng(0))


def test_what_is_told_of_a_fold_does_not_hang_on_its_labels() -> None:
    pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    code, fold = rng.integers(0, 2, 120), np.arange(120) % 3
    one, other = rng.normal(size=(2, 120, 3))
    one[:, 0] += 4 * code
    told, weights = fused_pairs.told_out_of_fold([one, other], code, fold, 0)
    assert np.mean(told == code) > 0.9
    assert np.allclose(weights.sum(axis=1), 1)
    changed = np.where(fold == 0, 1 - code, code)
    again, _ = fused_pairs.told_out_of_fold([one, other], changed, fold, 0)
    assert (again[fold == 0] == told[fold == 0]).all()


def test_real_words_in_other_forms_lose_less_than_random_ones(shared_data) -> None:
    sample = read(shared_data(ov_mer.FACTS.folder).parents[1])
    rng = np.random.default_rng(0)
    forms = recipe.in_other_forms(sample.truth, sample.tables, rng)
    drawn = recipe.random_words(sample.truth, rng)
    near, floor = (over_runs(by_clip(sample, [words], recipe.INNER)) for words in (forms, drawn))
    exact = over_runs(by_clip(sample, [forms], recipe.EXACT))
    assert near > 0.9 > 0.5 > floor > 0
    assert exact < 0.3


def test_the_tracks_name_parts_that_are_there() -> None:
    parts = [name for track in recipe.TRACKS for name in track.here.split("; ")]
    for name in parts:
        if name.startswith("affectkit."):
            assert pydoc.locate(name) is not None, name
    assert {track.name for track in recipe.TRACKS} == {"SEMI", "FG", "DES", "PR"}
