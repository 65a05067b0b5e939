"""Nearest solved examples, and prompts that show them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from affectkit.learn.retrieval import ExampleRetriever, few_shot, prompts_with_nearest, vote


@given(st.integers(0, 2**32 - 1), st.integers(2, 12), st.floats(0.01, 1.0))
def test_every_example_is_nearest_to_itself(seed: int, n: int, weight: float) -> None:
    rng = np.random.default_rng(seed)
    views = {"emotion": rng.normal(size=(n, 5)), "regulation": rng.normal(size=(n, 3))}
    finder = ExampleRetriever({"emotion": weight, "regulation": 1.0}).fit(views)
    near = finder.similarity(views)
    assert np.all(np.abs(near) <= 1 + 1e-9)
    assert np.allclose(np.diag(near), 1.0)
    assert finder.nearest(views, k=1)[:, 0].tolist() == list(range(n))


def test_similarity_is_the_weighted_mean_of_the_views() -> None:
    rng = np.random.default_rng(0)
    views = {name: rng.normal(size=(6, 4)) for name in ("emotion", "regulation")}
    alone = [ExampleRetriever({name: 2.0}).fit(views).similarity(views) for name in views]
    both = ExampleRetriever({"emotion": 0.3, "regulation": 0.7}).fit(views).similarity(views)
    assert np.allclose(both, 0.3 * alone[0] + 0.7 * alone[1])


def test_what_all_examples_share_does_not_count() -> None:
    rng = np.random.default_rng(1)
    vectors = rng.normal(size=(8, 4))
    plain = ExampleRetriever({"whole": 1.0}).fit({"whole": vectors})
    moved = ExampleRetriever({"whole": 1.0}).fit({"whole": vectors + 50.0})
    asked = rng.normal(size=(3, 4))
    assert np.allclose(
        plain.similarity({"whole": asked}), moved.similarity({"whole": asked + 50.0})
    )


def test_a_missing_view_is_like_nothing_and_barred_examples_are_passed_over() -> None:
    views = {"emotion": np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, -0.5]])}
    finder = ExampleRetriever({"emotion": 1.0}).fit(views)
    assert finder.similarity({"emotion": [[0.0, 0.0]]}).tolist() == [[0.0, 0.0, 0.0]]
    barred = [[True, False, False]]
    assert 0 not in finder.nearest({"emotion": [[1.0, 0.0]]}, k=2, barred=barred)


def test_views_must_be_there_and_of_the_same_items() -> None:
    with pytest.raises(ValueError, match="no view 'regulation'"):
        ExampleRetriever({"regulation": 1.0}).fit({"emotion": [[1.0]]})
    with pytest.raises(ValueError, match="different items"):
        ExampleRetriever({"a": 1.0, "b": 1.0}).fit({"a": [[1.0]], "b": [[1.0], [2.0]]})


def test_votes_find_the_label_of_planted_groups() -> None:
    rng = np.random.default_rng(2)
    labels = rng.random(200) < 0.5
    vectors = rng.normal(size=(200, 6)) + 2 * np.where(labels, 1, -1)[:, None]
    finder = ExampleRetriever({"whole": 1.0}).fit({"whole": vectors[:150]})
    share = vote(labels[:150], finder.nearest({"whole": vectors[150:]}, k=9))
    assert np.mean((share > 0.5) == labels[150:]) > 0.95


def test_each_prompt_shows_its_own_examples_with_the_nearest_last() -> None:
    solved = [("I won!", "joy"), ("I lost.", "sadness"), ("Boo!", "fear")]
    talks = prompts_with_nearest("Name it.", ["We lost.", "Help!"], solved, [[1, 0], [2, 1]])
    assert [m["content"] for m in talks[1]] == [
        "Name it.", "I lost.", "sadness", "Boo!", "fear", "Help!",
    ]  # fmt: skip
    assert [m["role"] for m in talks[0]] == ["system", *["user", "assistant"] * 2, "user"]
    none = prompts_with_nearest("Name it.", ["We lost."], solved, np.zeros((1, 0)))
    assert none == [few_shot("Name it.", [], "We lost.")]
