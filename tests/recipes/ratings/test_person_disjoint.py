"""Traits leak: planted people are known by traits only where they are on both sides."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from affectkit.measure.metrics import pearson
from affectkit.recipes.ratings import person_disjoint as recipe

pytest.importorskip("sklearn")


def planted(*, of_traits: float, of_person: float, people: int = 40, each: int = 6):
    """Items whose truth is partly a matter of the person's first trait, partly of the person."""
    rng = np.random.default_rng(0)
    person = np.repeat(np.arange(people), each)
    traits = rng.normal(size=(people, 4))[person]
    own = rng.normal(size=people)[person]
    shown = rng.normal(size=(len(person), 2))
    truth = of_traits * traits[:, 0] + of_person * own + shown[:, 0]
    return recipe.Items(truth, person.astype(str), traits, lambda known: shown)


def score(items, told, name):
    return pearson(items.truth, told[name])


def test_identity_is_told_by_any_traits_and_only_on_a_split_within_people():
    items = planted(of_traits=0.0, of_person=1.0)
    told = recipe.answers(items, 0, 30)
    assert score(items, told, "within, traits") > 0.4
    assert score(items, told, "by person, traits") < 0.2
    gain = score(items, told, "within, with traits") - score(items, told, "within, plain")
    same = score(items, told, "within, with exchanged") - score(items, told, "within, plain")
    assert gain > 0.1
    assert same == pytest.approx(gain, abs=0.05)


def test_traits_that_matter_help_with_people_never_seen():
    items = planted(of_traits=1.0, of_person=0.0)
    told = recipe.answers(items, 0, 30)
    assert (
        score(items, told, "by person, with traits") > score(items, told, "by person, plain") + 0.1
    )
    assert score(items, told, "by person, with exchanged") < score(
        items, told, "by person, with traits"
    )


def test_a_released_split_flatters_on_people_it_has_on_both_sides():
    items = planted(of_traits=0.0, of_person=1.0)
    judged = np.zeros(len(items.truth), dtype=bool)
    judged[: 12 * 6 : 6] = True
    ours, theirs = recipe.as_released(items, judged, 0, 30)
    assert pearson(items.truth[judged], ours) > pearson(items.truth[judged], theirs) + 0.1
    with pytest.raises(ValueError, match="more than half"):
        recipe.as_released(items, np.arange(len(judged)) % 2 == 0, 0, 5)


@given(st.lists(st.integers(2, 7), min_size=5, max_size=20), st.integers(0, 100))
def test_within_people_has_everybody_on_both_sides(sizes, seed):
    person = np.repeat(np.arange(len(sizes)), sizes).astype(str)
    folds = recipe.within_people(person, 5, seed=seed)
    for fold in range(5):
        assert set(person[folds == fold]) <= set(person[folds != fold])


@given(st.integers(2, 20), st.integers(0, 100))
def test_exchanged_traits_are_somebody_elses_throughout(people, seed):
    person = np.repeat(np.arange(people), 3)
    traits = person[:, None].astype(float)
    given_away = recipe.exchanged(traits, person.astype(str), seed=seed)
    assert (given_away != traits).all()
    assert all(len(set(given_away[person == p, 0])) == 1 for p in range(people))
    assert sorted(given_away[:, 0]) == sorted(traits[:, 0])


def test_words_are_learned_from_the_known_rows_alone():
    texts = [f"common word{i % 3} thing{i % 5} item{i % 7} deal{i % 11} food{i % 13} wood{i % 17} "
             f"need{i % 19}" for i in range(80)]  # fmt: skip
    known = np.arange(60)
    one = recipe._words(texts, np.zeros(80))(known)
    changed = [*texts[:60], *("unseen words only " * 3 for _ in range(20))]
    other = recipe._words(changed, np.zeros(80))(known)
    assert np.allclose(one[:60], other[:60])


def test_the_sets_have_people_with_several_items(shared_data):
    root = shared_data("text-open/casino").parents[1]
    shared_data("av/speech/crema-d-votes")
    for items in (recipe.negotiations(root), recipe.acted(root)):
        counts = np.unique(items.person, return_counts=True)[1]
        assert counts.min() >= 2
        assert np.isfinite(items.truth).all()
        assert np.isfinite(items.traits).all()
        # Traits are the person's: the same in each of their items.
        for name in np.unique(items.person)[:20]:
            assert len(np.unique(items.traits[items.person == name], axis=0)) == 1
