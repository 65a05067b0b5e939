"""The person in a rating: planted people come back, and nothing held out is looked at."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from affectkit.recipes.ratings import persona as recipe


def planted(seed=0, *, person=0.8, item=0.4, people=60, trait=0.0):
    rng = np.random.default_rng(seed)
    profile = rng.normal(size=(people, 2))
    level = trait * profile[:, 0] + rng.normal(scale=person, size=people)
    x = 3 + level[:, None, None] + rng.normal(scale=item, size=(1, 20, 3))
    x = x + rng.normal(scale=0.3, size=(people, 20, 3))
    return recipe.Answers(np.clip(x, 1, 5), profile - profile.mean(axis=0))


def test_planted_people_outweigh_items_and_their_other_answers_tell():
    answers = planted()
    person, item, rest = recipe.parts(answers.ratings)
    assert person > item
    assert person + item + rest == pytest.approx(1)
    own, plain = recipe.held_answers(answers.ratings, 0)
    truth = answers.ratings
    assert np.abs(own - truth).mean() < np.abs(plain - truth).mean() / 2
    few = [recipe.few_answers(truth, n, 0) for n in (1, 4, 16)]
    assert few[0] > few[1] > few[2]


def test_people_who_are_all_alike_leave_nothing_to_know():
    answers = planted(person=0.0)
    own, plain = recipe.held_answers(answers.ratings, 0)
    gain = np.abs(plain - answers.ratings).mean() - np.abs(own - answers.ratings).mean()
    assert gain < 0.01


def test_a_profile_helps_only_if_it_tells():
    def gain(answers):
        own, plain = recipe.held_people(answers, 0)
        return np.abs(plain - answers.ratings).mean() - np.abs(own - answers.ratings).mean()

    assert gain(planted(person=0.1, trait=0.7)) > 0.1
    assert gain(planted(person=0.8, trait=0.0)) < 0.03
    assert recipe.explained(planted(person=0.1, trait=0.7)) > 0.8
    assert abs(recipe.explained(planted(trait=0.0))) < 0.1


@given(st.integers(0, 50))
def test_what_is_held_out_is_not_looked_at(seed):
    rng = np.random.default_rng(seed)
    ratings, known = rng.uniform(1, 5, (6, 5, 2)), rng.random((6, 5)) < 0.6
    known[0] = True
    known[:, 0] = True
    other = np.where(known[:, :, None], ratings, 5.0)
    for one, two in zip(recipe.told(ratings, known), recipe.told(other, known), strict=True):
        assert one == pytest.approx(two)


def test_listeners_are_read_as_a_full_table(shared_data):
    root = shared_data(recipe.FOLDER).parents[2]
    answers = recipe.read(root)
    assert answers.ratings.shape == (126, 22, 11)
    assert set(np.unique(answers.ratings)) == {1, 2, 3, 4, 5}
    assert answers.profile.mean(axis=0) == pytest.approx(0, abs=1e-9)
