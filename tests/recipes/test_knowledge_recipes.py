"""The knowledge recipes read modes, count words and agree as their definitions say."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from affectkit.affect.episode import MODES
from affectkit.affect.ontology import Ontology
from affectkit.recipes.knowledge import circumplex, expression_mode, tone
from affectkit.recipes.knowledge.meaning import centred, unit


def test_kappa_is_one_for_agreement_and_zero_for_independence() -> None:
    rng = np.random.default_rng(0)
    one = rng.integers(0, len(MODES), 20_000)
    other = rng.integers(0, len(MODES), 20_000)
    assert expression_mode._kappa(one, one) == pytest.approx(1)
    assert abs(expression_mode._kappa(one, other)) < 0.02
    # Agreeing on a planted share of items beyond chance gives that share.
    mixed = np.where(rng.random(20_000) < 0.4, one, other)
    assert expression_mode._kappa(one, mixed) == pytest.approx(0.4, abs=0.02)


def test_only_ids_and_modes_are_kept_of_the_comments(shared_data) -> None:
    stored = expression_mode._stored()
    assert len(stored) == 100
    assert set(stored.values()) <= set(MODES)
    path = shared_data("text-open/goemotions") / "original" / "dev.tsv"
    comments = expression_mode._comments(path.parents[3])
    shipped = Path(expression_mode.__file__).with_name("data") / "expression_mode.json"
    text = json.dumps(json.loads(shipped.read_text(encoding="utf-8")))
    assert not any(said[:40] in text for said, _ in comments.values() if len(said) > 20)
    for episode in expression_mode.episodes_of(comments):
        assert episode.missing("basic") == ()


def test_a_word_of_two_homes_counts_half_for_each() -> None:
    ontology = Ontology.load()
    love, joy = ontology.tier(1)[:2]
    counts = tone._found("a glimmer here", {"glimmer": (love, joy)}, ontology)
    assert counts.tolist()[:2] == [0.5, 0.5]
    assert counts.sum() == 1


def test_a_circle_is_found_again_by_the_left_out_fit() -> None:
    pytest.importorskip("sklearn")
    rng = np.random.default_rng(0)
    angle = rng.uniform(0, 2 * np.pi, 80)
    meaning = np.c_[np.sin(angle), np.cos(angle), rng.normal(0, 0.05, (80, 3))]
    guessed, error = circumplex._left_out(meaning, np.sin(angle), alpha=0.1)
    assert np.corrcoef(guessed, np.sin(angle))[0, 1] > 0.99
    assert error < 0.05
    lost, _ = circumplex._left_out(rng.normal(size=(80, 3)), np.sin(angle), alpha=0.1)
    assert abs(np.corrcoef(lost, np.sin(angle))[0, 1]) < 0.4


def test_vectors_are_of_length_one_and_centred_ones_share_nothing() -> None:
    vectors = np.random.default_rng(0).normal(3, 1, (50, 8))
    assert np.allclose(np.linalg.norm(unit(vectors), axis=1), 1)
    assert np.linalg.norm(centred(vectors).mean(axis=0)) < 0.2
