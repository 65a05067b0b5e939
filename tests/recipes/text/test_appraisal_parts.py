"""Parts of an experience: each that knows something adds, answers on another event do not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from affectkit.data import enisear_appraisal
from affectkit.learn.grouped_ridge import group_folds
from affectkit.recipes.text.appraisal_parts import (
    PARTS,
    against_other_events,
    all_against_best,
    blocks,
    each_adds,
    encoder_against_words,
    every_subset,
    level,
    scaled,
    smallest_step,
    votes,
    with_guesses,
)

SEEDS = (0, 1)


def planted(n=240, seed=0, dead=()):
    """Parts that each tell one bit of eight emotions; the text tells all three, but dimly."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(8, size=n)
    bits = (truth[:, None] >> np.arange(3)) & 1
    parts = {"behaviour": bits + 1.2 * rng.normal(size=(n, 3))}
    for place, name in enumerate(("feeling", "thinking", "territory")):
        bit = rng.integers(2, size=n) if name in dead else bits[:, place]
        parts[name] = bit[:, None] + 0.35 * rng.normal(size=(n, 2))
    parts = {name: scaled(x) for name, x in parts.items()}
    divisions = [group_folds(np.arange(n), 5, seed=s) for s in SEEDS]
    return parts, truth, divisions, {"clusters": None, "seed": 0, "n": 80}


def test_parts_that_know_something_each_add():
    parts, truth, divisions, how = planted()
    told = every_subset(parts, truth, divisions)
    assert len(told) == 15
    assert all(runs.shape == (2, 240) for runs in told.values())
    assert all_against_best(told, truth, SEEDS, how).holds
    added = dict(zip(PARTS, each_adds(told, truth, SEEDS, how), strict=True))
    assert added["feeling"].holds
    assert added["thinking"].holds
    assert added["territory"].holds
    step = smallest_step(told, truth, SEEDS, how)
    assert step.holds
    assert step.value > step.baseline
    assert against_other_events(parts, told, truth, divisions, SEEDS, how).holds


def test_a_part_that_knows_nothing_does_not_add():
    parts, truth, divisions, how = planted(dead=("thinking",))
    told = every_subset(parts, truth, divisions)
    added = dict(zip(PARTS, each_adds(told, truth, SEEDS, how), strict=True))
    assert not added["thinking"].holds
    assert added["territory"].holds
    assert level(told["thinking",], truth) < 0.2


def test_guesses_from_the_text_are_made_out_of_fold():
    rng = np.random.default_rng(0)
    n = 140
    truth = np.arange(n) % 7
    names = [a for part in PARTS.values() for a in part]
    rows = pd.DataFrame({a: rng.integers(4, size=n) / 3 for a in names})
    text = rng.normal(size=(n, 20))  # knows nothing, neither of appraisals nor of emotions
    divisions = [group_folds(np.arange(n), 5, seed=s) for s in SEEDS]
    told = {("behaviour",): every_subset({"behaviour": text}, truth, divisions)["behaviour",]}
    how = {"clusters": None, "seed": 0, "n": 60}
    found = with_guesses(rows, text, told, truth, divisions, SEEDS, how)
    assert found.value < 0.3
    assert not found.holds


def test_the_same_features_beat_themselves_in_nothing():
    parts, truth, divisions, how = planted(120)
    told = every_subset(parts, truth, divisions)
    first, second, _ = encoder_against_words(told, told, truth, SEEDS, how)
    assert first.low == first.high == 0
    assert not second.holds


def test_blocks_weigh_alike_however_many_columns_they_have():
    rng = np.random.default_rng(0)
    rows = pd.DataFrame({a: rng.integers(4, size=60) / 3 for part in PARTS.values() for a in part})
    made = blocks(rows, rng.normal(size=(60, 50)))
    assert tuple(made) == tuple(PARTS)
    for block in made.values():
        assert block.var(axis=0).sum() == pytest.approx(1)
        assert np.allclose(block.mean(axis=0), 0)


def test_every_appraisal_belongs_to_one_part():
    named = [appraisal for part in PARTS.values() for appraisal in part]
    assert sorted(named) == sorted(enisear_appraisal.APPRAISALS)
    # A share of readers is told by one column at most.
    shares = np.array([[0.0, 1.0], [1 / 3, 0.0], [2 / 3, 2 / 3]])
    assert (votes(shares)[:, :6].sum(axis=1) == [1, 1, 2]).all()


@pytest.mark.slow
def test_appraisals_tell_emotions_of_real_events(shared_data):
    data = shared_data(enisear_appraisal.FACTS.folder).parents[1]
    rows = enisear_appraisal.read(data).table
    truth = np.unique(rows["emotion"].to_numpy(str), return_inverse=True)[1]
    parts = blocks(rows, np.random.default_rng(0).normal(size=(len(rows), 5)))
    parts = {name: x for name, x in parts.items() if name != "behaviour"}
    told = every_subset(parts, truth, [group_folds(np.arange(len(rows)), 5, seed=0)])
    assert level(told[tuple(parts)], truth) > 0.3  # chance: 0.14
