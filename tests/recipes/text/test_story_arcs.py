"""Story arcs: planted feelings next door, documents held out, and what pseudo-labels carry."""

import dataclasses

import numpy as np
import pytest

from affectkit.measure.metrics import ccc
from affectkit.recipes.text import story_arcs as recipe

SIZE = recipe.Size(6, 6, 3, network=6, network_folds=3, epochs=3, messages=10)


def planted(seed, documents=30, length=25):
    """Return features and texts of which the sentences next door tell half of the rating."""
    rng = np.random.default_rng(seed)
    which = np.repeat([f"d{i}" for i in range(documents)], length)
    x = rng.normal(size=(len(which), 6))
    same = which[1:] == which[:-1]
    before = np.r_[0, np.where(same, x[:-1, 0], 0)]
    after = np.r_[np.where(same, x[1:, 0], 0), 0]
    y = x[:, 0] + before + after + 0.3 * rng.normal(size=len(which))
    ratings = np.stack([y, -y], axis=1) / 8
    return x, recipe.Running([""] * len(which), which, ratings)


def test_windows_tell_what_is_planted_next_door_and_other_windows_do_not():
    x, gold = planted(0)
    told = recipe.by_windows(x, gold, SIZE, seed=0)
    scores = {name: recipe.curve_agreement(gold.ratings, rows) for name, rows in told.items()}
    assert scores["1"] > scores["0"] + 0.2
    assert abs(scores["4"] - scores["1"]) < 0.1
    assert scores[recipe.SHUFFLED] < scores["0"] + 0.05


def test_no_rating_of_a_document_reaches_what_is_told_of_it():
    x, gold = planted(1, documents=9)
    told = recipe.by_windows(x, gold, SIZE, seed=0)["2"]
    one = gold.documents == "d3"
    ratings = gold.ratings.copy()
    ratings[one] = np.random.default_rng(0).normal(size=(one.sum(), 2))
    again = recipe.by_windows(x, dataclasses.replace(gold, ratings=ratings), SIZE, seed=0)["2"]
    np.testing.assert_allclose(told[one], again[one])


def test_windows_from_elsewhere_stay_in_the_document():
    documents = np.repeat(["a", "b"], 20)
    rows = recipe.elsewhere(documents, 3, seed=1)
    for row, places in enumerate(rows):
        assert set(documents[places[places >= 0]]) == {documents[row]}
        assert places[3] == row


def test_every_sentence_is_told_by_networks_that_learned_without_its_document():
    pytest.importorskip("torch")
    x, gold = planted(2, documents=6, length=20)
    more, messages = planted(3, documents=12)
    size = dataclasses.replace(SIZE, epochs=2)
    told = recipe.by_pseudo_labels(x, gold, more, messages.documents, size, seed=0)
    assert set(told) == {"gold", "pseudo-labels first", "mixed-up labels first"}
    for rows in told.values():
        assert rows.shape == gold.ratings.shape
        assert np.abs(rows).sum(axis=1).min() > 0
    one = gold.documents == "d4"
    ratings = gold.ratings.copy()
    ratings[one] += 5
    moved = dataclasses.replace(gold, ratings=ratings)
    again = recipe.by_pseudo_labels(x, moved, more, messages.documents, size, seed=0)
    for name, rows in told.items():
        np.testing.assert_allclose(rows[one], again[name][one])


def test_the_interval_of_a_gain_holds_the_gain_and_is_nothing_against_itself():
    rng = np.random.default_rng(0)
    truth = rng.normal(size=(400, 2))
    documents = np.repeat(np.arange(40), 10).astype(str)
    near = np.stack([truth + 0.3 * rng.normal(size=truth.shape) for _ in range(3)])
    far = np.stack([truth + 2.0 * rng.normal(size=truth.shape) for _ in range(3)])
    gap = recipe.gains(truth, near, far, documents, draws=100, seed=0)
    assert 0 < gap.low < gap.value < gap.high
    assert gap.n == 40
    same = recipe.gains(truth, near, near, documents, draws=20, seed=0)
    assert (same.low, same.value, same.high) == (0, 0, 0)
    rest = recipe.gains(truth, near, far, documents, draws=20, seed=0, more=(near, far))
    assert rest.value == pytest.approx(0)


def test_smooth_curves_are_told_by_what_is_around_and_noise_is_not():
    rng = np.random.default_rng(0)
    stories = np.repeat([f"s{i}" for i in range(20)], 50)
    smooth = np.concatenate([np.cumsum(rng.normal(size=(50, 2)), axis=0) for _ in range(20)])
    noise = rng.normal(size=smooth.shape)
    told = recipe.by_ratings_around(smooth, stories, 1, seed=0)
    assert ccc(smooth[:, 0], told[:, 0]) > 0.9
    told = recipe.by_ratings_around(noise, stories, 1, seed=0)
    assert abs(ccc(noise[:, 0], told[:, 0])) < 0.15


def test_real_documents_are_in_reading_order_and_messages_have_no_ratings(shared_data):
    root = shared_data("text-open/emobank").parents[1]
    shared_data("text-open/empathic_reactions")
    gold = recipe.running(root)
    changes = (gold.documents[1:] != gold.documents[:-1]).sum()
    assert changes + 1 == len(set(gold.documents))
    assert np.abs(gold.ratings).max() <= 1
    messages = recipe.unlabelled(root, 20)
    assert np.isnan(messages.ratings).all()
    assert len(set(messages.documents)) == 20


def test_lines_of_a_scene_follow_each_other_and_neutral_ones_lie_in_the_middle(shared_data):
    root = shared_data("text-internal/meld").parents[1]
    talk = recipe.scenes(root)
    assert (talk.documents[1:] != talk.documents[:-1]).sum() + 1 == len(set(talk.documents))
    assert np.isfinite(talk.ratings).all()
    assert (talk.ratings[:, 0] == 0).mean() > 0.3
