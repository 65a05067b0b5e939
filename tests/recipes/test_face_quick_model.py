"""The shipped expression head is what the recipe builds, and as good as its card says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import load_file

from affectkit.measure.metrics import macro_f1
from affectkit.models import card, shipped
from affectkit.perceive import expression
from affectkit.perceive.expression import COARSE_LABELS, HEAD_LABELS, ExpressionReader, pool
from affectkit.recipes.face import quick_model

pytest.importorskip("sklearn")


@given(st.integers(0, 1000), st.floats(0.02, 0.35))
@settings(max_examples=20, deadline=None)
def test_the_rater_channel_recovers_planted_raters(seed: int, stray: float) -> None:
    """Ten raters who stray from the truth with a known chance, evenly to the other labels."""
    rng = np.random.default_rng(seed)
    k, faces = 4, 1500
    planted = np.full((k, k), stray / (k - 1))
    np.fill_diagonal(planted, 1 - stray)
    truth = rng.integers(k, size=faces)
    votes = np.array([rng.multinomial(10, planted[t]) for t in truth], dtype=float)
    found = quick_model.rater_channel(votes)
    assert np.allclose(found.sum(axis=1), 1)
    # The plurality of nine is nearly always the truth while two in three do not stray.
    assert np.abs(found - planted).max() < 0.05


@given(
    st.lists(st.floats(0.01, 1), min_size=7, max_size=7),
    st.lists(st.floats(0.01, 1), min_size=3, max_size=3),
)
@settings(max_examples=60, deadline=None)
def test_the_pool_lies_between_its_two_experts(network, head) -> None:
    n, h = np.array(network) / sum(network), np.array(head) / sum(head)
    out = pool(n, h)
    assert out.sum() == pytest.approx(1)
    # The odds of any two of the three sums are the geometric mean of both experts' odds.
    sums = np.array([out[COARSE_LABELS.index("joy")], out[COARSE_LABELS.index("sadness")], 0])
    sums[2] = 1 - sums.sum()
    coarse = np.array([n[COARSE_LABELS.index("joy")], n[COARSE_LABELS.index("sadness")], 0])
    coarse[2] = 1 - coarse.sum()
    for a, b in ((0, 1), (0, 2), (1, 2)):
        expected = np.sqrt(coarse[a] / coarse[b] * h[a] / h[b])
        assert sums[a] / sums[b] == pytest.approx(expected, rel=1e-3)
    # Within "other" the network alone decides.
    rest = [i for i, label in enumerate(COARSE_LABELS) if label not in HEAD_LABELS]
    assert np.allclose(out[rest] / out[rest].sum(), n[rest] / n[rest].sum(), atol=1e-3)


def test_the_shipped_arrays_are_what_the_recipe_builds(
    shared_data: Callable[[str], Path],
) -> None:
    blendshapes, truth = quick_model.read_blendshapes(shared_data(quick_model.BLENDS))
    train, _ = quick_model.read_votes(shared_data(quick_model.VOTES))
    stored = load_file(shipped(expression.MODEL) / "model.safetensors")
    built = quick_model.fit(expression.features(blendshapes), truth)
    for name in ("weight", "bias", "mean", "scale"):
        assert np.allclose(stored[name], built[name], atol=1e-3), name
    assert np.allclose(stored["votes"], quick_model.rater_channel(train), atol=1e-4)
    assert np.allclose(stored["votes"].sum(axis=1), 1, atol=1e-4)


def test_no_face_is_on_both_sides_of_a_split_and_the_card_tells_the_truth(
    shared_data: Callable[[str], Path],
) -> None:
    blendshapes, truth = quick_model.read_blendshapes(shared_data(quick_model.BLENDS))
    assert len(np.unique(blendshapes.round(6), axis=0)) == len(blendshapes)
    _, told = quick_model.held_back(expression.features(blendshapes), truth, seed=7)
    score = next(s for s in card(expression.MODEL).scores if s.metric == "macro F1")
    value = macro_f1(truth, told.argmax(axis=1))
    assert score.holds(value)  # a seed that the card did not use
    assert value > score.baseline + 0.2


def test_raters_disagree_more_about_fear_than_about_joy() -> None:
    reader = ExpressionReader()
    certain = np.eye(len(COARSE_LABELS))
    spread = dict(zip(COARSE_LABELS, reader.spread(certain), strict=True))
    assert spread["fear"] > spread["joy"] + 0.1
    assert np.allclose(reader.voted(certain).sum(axis=1), 1, atol=1e-4)
    assert all(0 < s < 1 for s in spread.values())


def test_the_card_names_what_is_unsettled() -> None:
    made = card(expression.MODEL)
    assert made.labels == COARSE_LABELS
    assert "FER2013" in made.rights
    assert made.commercial
    assert any(score.cross_corpus for score in made.scores)
    assert all(score.low <= score.value <= score.high for score in made.scores)
