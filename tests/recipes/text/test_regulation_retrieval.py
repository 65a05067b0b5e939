"""People alike in feeling and in managing it find each other; partners do not serve as examples."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from affectkit.data import casino
from affectkit.errors import DataError
from affectkit.models import weights
from affectkit.recipes.text.feeling_sentences import (
    EMOTION,
    NEITHER,
    REGULATION,
    VIEWS,
    sorted_sentences,
    views_of,
)
from affectkit.recipes.text.regulation_retrieval import (
    STATEMENTS,
    People,
    answer,
    by_model,
    by_vote,
    campers,
    chosen_traits,
    drawn_examples,
    drawn_votes,
    made_up_people,
    shown,
    statements,
    trait_f1,
    voted,
)

needs_encoder = pytest.mark.skipif(
    not weights.installed("text_encoder"), reason="weights text_encoder are not installed"
)


def by_letters(texts):
    """Encode texts by how often each letter stands in them."""
    counts = [[text.lower().count(chr(97 + k)) for k in range(26)] for text in texts]
    vectors = np.asarray(counts, dtype=np.float64)
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)


def planted(n=120, seed=0):
    """People whose regulation shows their traits; emotion and the rest show nothing."""
    rng = np.random.default_rng(seed)
    high = rng.random((n, 5)) < 0.5
    views = {name: rng.normal(size=(n, 5)) for name in VIEWS}
    views["regulation"] = np.where(high, 1.0, -1.0) + 0.3 * rng.normal(size=(n, 5))
    return People(tuple(("a",) for _ in range(n)), high, np.eye(n, dtype=bool), views)


def test_traits_that_show_in_regulation_are_found_there_and_not_elsewhere():
    people = planted()
    levels = {
        view: trait_f1(people.high, voted(people, [{view: 1.0}], 0)[:, None]) for view in VIEWS
    }
    chance = trait_f1(people.high, drawn_votes(people, 0)[:, None])
    assert levels["regulation"] > 0.85
    assert max(levels["emotion"], levels["whole"], chance) < 0.65
    found = by_vote(people, "people", (0, 1, 2), "made up", "")
    assert all(finding.holds for finding in found)


def test_barred_people_never_vote():
    # The only one who is alike is a partner, whose traits are the same: it must not be used.
    rng = np.random.default_rng(0)
    half = 50
    high = np.repeat(rng.random((half, 5)) < 0.5, 2, axis=0)
    view = np.repeat(rng.normal(size=(half, 12)), 2, axis=0)
    pair = np.repeat(np.arange(half), 2)
    people = People(
        tuple(("a",) for _ in pair), high, pair[:, None] == pair[None, :], {"whole": view}
    )
    assert trait_f1(high, voted(people, [{"whole": 1.0}], 0)[:, None]) < 0.65
    drawn = drawn_examples(people.apart, 2, 0)
    assert not np.take_along_axis(people.apart, drawn, axis=1).any()


def test_views_are_means_over_the_sentences_of_a_kind():
    said = [(EMOTION[0], EMOTION[1], NEITHER[0]), (REGULATION[0],)]
    views = views_of(said, by_letters)
    kinds, vectors = sorted_sentences([s for some in said for s in some], by_letters)
    assert kinds.tolist() == [0, 0, 2, 1]  # a pattern is nearest to itself
    assert np.allclose(views["emotion"], [vectors[:2].mean(axis=0), np.zeros(26)])
    assert np.allclose(views["regulation"], [np.zeros(26), vectors[3]])
    assert np.allclose(views["whole"][0], vectors[:3].mean(axis=0))


@needs_encoder
def test_feelings_and_how_they_are_managed_are_told_apart():
    from affectkit.recipes.knowledge.meaning import encoder

    said = [
        "I burst into tears when I heard it.",
        "She was furious with me!",
        "I take a deep breath and count to ten before I react.",
        "Whenever I am anxious I remind myself that it will pass.",
        "We take the 9:40 train from platform three.",
        "My cousin has a red car.",
    ]
    kinds, _ = sorted_sentences(said, encoder())
    assert kinds.tolist() == [0, 0, 1, 1, 2, 2]


class Scripted:
    """Answers as if it read a trait off the word `loud` in the last message."""

    def choose_many(self, prompts, options):
        self.prompts = prompts
        p = np.full((len(prompts), len(options)), 1e-6)
        for row, talk in enumerate(prompts):
            high = np.full(5, "loud" in talk[-1]["content"])
            p[row, list(options).index(answer(high))] = 1.0
        return p / p.sum(axis=1, keepdims=True)


def test_a_model_is_asked_for_all_traits_at_once():
    talks = [[{"role": "user", "content": text}] for text in ("loud", "still", "loud", "still")]
    told = chosen_traits(Scripted(), talks)
    assert told.tolist() == [[True] * 5, [False] * 5, [True] * 5, [False] * 5]


def test_only_the_examples_differ_between_the_ways_to_ask():
    people = planted(40)
    high = people.high
    said = tuple(("I am loud." if row[0] else "I am still.",) for row in high)
    people = People(said, high, people.apart, people.views)
    model = Scripted()
    found = by_model(people, "people", model, (0, 1), "made up", asked=10)
    assert len(found) == 3
    assert all(len(talk) == 2 for talk in model.prompts)  # no examples come last
    # The model heeds no example, so none can help.
    assert all(f.value == f.baseline and not f.holds for f in found)


def test_what_is_shown_is_short():
    assert len(shown(["word " * 30, "word " * 30]).split()) == 40


def test_f1_counts_both_sides_of_a_trait():
    high = np.array([[True] * 5, [False] * 5])
    assert trait_f1(high, high[:, None]) == 1.0
    assert trait_f1(high, np.ones((2, 1, 5), dtype=bool)) == pytest.approx((2 / 3 + 0) / 2)


def test_damaged_statements_are_an_error(tmp_path: Path):
    folder = tmp_path / STATEMENTS / "persona"
    folder.mkdir(parents=True)
    with pytest.raises(DataError, match=r"openness\.jsonl"):
        statements(tmp_path, "openness")
    (folder / "openness.jsonl").write_text(json.dumps({"statement": "I read."}) + "\n")
    with pytest.raises(DataError, match="answer_matching_behavior"):
        statements(tmp_path, "openness")


def test_made_up_people_who_help_each_other_share_no_statement_with_the_others(shared_data):
    data = shared_data(STATEMENTS).parents[1]
    people = made_up_people(data, by_letters, 12, 0)
    first, second = (
        {s for i in rows for s in people.said[i]} for rows in (range(0, 12, 2), range(1, 12, 2))
    )
    assert not first & second
    assert people.apart[0, 2]
    assert not people.apart[0, 1]
    assert all(len(said) == 10 for said in people.said)


def test_campers_who_met_are_kept_apart(shared_data):
    data = shared_data(casino.FACTS.folder).parents[1]
    people = campers(data, by_letters, 60, 0)
    assert people.high.shape == (60, 5)
    assert np.all(people.high.mean(axis=0) < 0.7)
    assert np.all(np.diag(people.apart))
    assert np.array_equal(people.apart, people.apart.T)
