"""Scenes: reliability from norms is that of the ratings, and drawn raters choose what is near."""

import numpy as np
import pytest

from affectkit.affect.circumplex import placement
from affectkit.affect.wheel import PETALS
from affectkit.measure.agreement import icc
from affectkit.recipes.ratings import scenes as recipe


def test_reliability_from_norms_is_the_icc_of_the_ratings():
    rng = np.random.default_rng(0)
    ratings = rng.normal(size=(60, 1)) + rng.normal(scale=1.5, size=(60, 20))
    told = recipe.single_rating_reliability(
        ratings.mean(axis=1), ratings.std(axis=1, ddof=1), np.full(60, 20.0)
    )
    assert told == pytest.approx(icc(ratings, "ICC(1,1)"))
    noise = rng.normal(size=(400, 20))
    none = recipe.single_rating_reliability(
        noise.mean(axis=1), noise.std(axis=1, ddof=1), np.full(400, 20.0)
    )
    assert none < 0.02


def test_drawn_raters_choose_the_emotion_that_lies_next():
    place = placement("plutchik8").loc[list(PETALS), ["valence", "arousal"]].to_numpy(dtype=float)
    names = np.array(PETALS)
    sure = recipe.Norms(names, place, np.full((8, 2), 1e-6), np.full((8, 2), 100.0))
    assert (recipe.chosen(sure, 0) == recipe.RATERS * np.eye(8)).all()
    torn = recipe.Norms(names, place, np.full((8, 2), 1.0), np.full((8, 2), 100.0))
    votes = recipe.chosen(torn, 0)
    assert (votes.sum(axis=1) == recipe.RATERS).all()
    assert np.diag(votes).mean() < recipe.RATERS / 2


def test_norms_are_read_without_the_numbers_of_pictures(shared_data):
    root = shared_data(recipe.FOLDER).parents[2]
    norms = recipe.read(root)
    assert norms.mean.shape == (280, 2)
    assert np.abs(norms.mean).max() <= 1
    assert (np.sort(np.unique(norms.themes, return_counts=True)[1])[-1]) == 13
    assert not any(name[-1].isdigit() for name in norms.themes)
