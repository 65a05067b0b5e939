"""The text recipe: calibration on its own slice, errors with their size, a fair baseline."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch", reason="training needs the extra 'train'")

from affectkit.learn.heads import Head
from affectkit.measure.calibration import calibration_from_dict
from affectkit.recipes.text import quick_model as recipe
from affectkit.recipes.text.words_alone import emotions_by_words, space_by_words


def planted(n=500, seed=0):
    """Return texts whose first feature and one word tell the two labels."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 6)).astype(np.float32)
    pieces = [[1, *rng.integers(5, 30, size=6).tolist(), 2] for _ in range(n)]
    word = np.array([9 in p for p in pieces])
    truth = np.stack([x[:, 0] + 0.3 * rng.normal(size=n) > 0, word], axis=1).astype(float)
    truth[truth.sum(axis=1) == 0, 0] = 1
    return recipe.Texts([" ".join(map(str, p)) for p in pieces], pieces, x, truth)


@pytest.fixture(scope="module")
def trained():
    return recipe.train_emotions(planted(), ("a", "b"), 30, seeds=(0, 1))


def test_emotions_are_learned_calibrated_and_repeatable(trained):
    head, words = trained
    again, same = recipe.train_emotions(planted(), ("a", "b"), 30, seeds=(0, 1))
    np.testing.assert_array_equal(again.weights[0], head.weights[0])
    np.testing.assert_array_equal(same.weights, words.weights)
    new = planted(seed=1)
    z = head.scores(new.features) + words.scores(new.pieces)
    for k in range(2):
        yes, no = z[new.truth[:, k] == 1, k], z[new.truth[:, k] == 0, k]
        assert np.median(yes) > np.median(no)
    for name in ("confidence", "agreement"):
        p = calibration_from_dict(head.meta[name]).transform(np.linspace(0, 1, 20))
        assert np.all(np.diff(p) >= 0)


def test_the_held_back_part_is_a_tenth_and_apart():
    held, kept = recipe._hold_back(100, 3)
    assert len(held) == 10
    assert not set(held) & set(kept)
    np.testing.assert_array_equal(held, recipe._hold_back(100, 3)[0])


def test_errors_in_space_are_told_with_their_size(trained):
    t = planted(800, seed=2)
    rng = np.random.default_rng(0)
    wobble = 0.1 + 0.4 * (t.features[:, 1] > 0)
    v = 0.5 * t.features[:, 0] + wobble * rng.normal(size=800)
    truth = np.stack([v, v, v, wobble, wobble, wobble], axis=1)
    t = recipe.Texts(t.texts, t.pieces, t.features, truth)
    space = recipe.train_space(t, *trained, seeds=(0, 1))
    assert isinstance(space, Head)
    error = space.meta["error"]
    assert all(s >= 0 for s in error["rater"])
    assert all(b > 0 for b in error["base"])
    assert len(error["population"]) == 3


def test_the_baseline_is_a_fair_one():
    rng = np.random.default_rng(0)
    texts = [" ".join(rng.choice(["red", "green", "blue", "glad", "sad"], 6)) for _ in range(600)]
    glad, sad = (np.array([w in t.split() for t in texts], dtype=float) for w in ("glad", "sad"))
    truth = np.stack([glad, sad], axis=1)
    told = emotions_by_words(
        (texts[:400], truth[:400]), (texts[400:500], truth[400:500]), texts[500:], seed=0
    )
    assert (told == truth[500:]).mean() > 0.95
    numbers = space_by_words(texts[:400], truth[:400] - 0.5, texts[500:])
    assert np.corrcoef(numbers[:, 0], truth[500:, 0])[0, 1] > 0.8
