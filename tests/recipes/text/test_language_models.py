"""The recipe of paper 121: draws, groups and judgement on planted answers, and one real run."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from affectkit.affect import LabelSet
from affectkit.data import goemotions
from affectkit.recipes.text import language_models as recipe

LABELS = LabelSet.load("goemotions28").labels


def corpus(n=600, seed=0):
    """Return made-up comments: mostly one label, each label about equally often."""
    rng = np.random.default_rng(seed)
    truth = np.zeros((n, len(LABELS)), dtype=bool)
    truth[np.arange(n), rng.integers(len(LABELS), size=n)] = True
    truth[rng.integers(n, size=n // 5), rng.integers(len(LABELS), size=n // 5)] = True
    texts = [f"comment {i} " + "long " * int(rng.integers(25)) for i in range(n)]
    return pd.concat([pd.DataFrame({"text": texts}), pd.DataFrame(truth, columns=LABELS)], axis=1)


def test_examples_show_each_label_alone_and_short():
    table = corpus()
    shown = recipe.examples(table, LABELS, seed=1)
    assert sorted(label for _, label in shown) == sorted(LABELS)
    rows = table.set_index("text")
    for text, label in shown:
        assert len(text) <= 60
        assert rows.loc[text, list(LABELS)].sum() == 1
        assert rows.loc[text, label]
    assert shown != recipe.examples(table, LABELS, seed=2)
    assert shown == recipe.examples(table, LABELS, seed=1)


def test_the_draw_reaches_every_label():
    drawn = recipe.spread_over_labels(corpus(), LABELS, 2, np.random.default_rng(0))
    assert (drawn[list(LABELS)].sum() >= 2).all()
    assert len(drawn) <= 2 * len(LABELS)


def test_groups_are_the_makers_own(shared_data):
    root = shared_data(goemotions.FACTS.folder).parents[1]
    fine, coarse = goemotions.read(root), goemotions.read(root, labels="ekman")
    held = fine.table[list(LABELS)].to_numpy(dtype=bool)
    order = [coarse.labels.index(name) for name in LabelSet.load("ekman7").labels]
    theirs = coarse.table[list(coarse.labels)].to_numpy(dtype=bool)[:, order]
    ours = recipe.in_groups(held, np.arange(len(LABELS)), fine.labels)
    np.testing.assert_array_equal(ours, theirs)


def answers(truth, right, rng, repaired=None):
    """Return answers of which a share is right and the rest another label."""
    told = np.zeros_like(truth)
    told[np.arange(len(truth)), rng.integers(truth.shape[1], size=len(truth))] = True
    known = rng.random(len(truth)) < right
    told[known] = truth[known]
    return recipe.Answers(told, told if repaired is None else repaired, known)


def test_planted_differences_are_found_and_none_where_there_is_none():
    rng = np.random.default_rng(7)  # not the draw of the truth
    truth = corpus(400)[list(LABELS)].to_numpy(dtype=bool)
    naive, best = answers(truth, 0.1, rng), answers(truth, 0.5, rng)
    tuned = [answers(truth, 0.8, rng).named for _ in range(3)]
    found = recipe.judge(truth, naive, best, tuned, LABELS, (0, 1, 2))
    assert [f.holds for f in found] == [True] * 6
    assert found[4].value == found[4].baseline  # a repair that changes nothing
    same = recipe.judge(truth, best, best, [best.named], LABELS, (0,))
    assert [f.holds for f in same] == [False, False, True, False, True, False]
    mended = answers(truth, 0.5, rng, repaired=truth)
    assert not recipe.judge(truth, naive, mended, tuned, LABELS, (0,))[4].holds


@pytest.mark.slow
def test_the_local_model_is_judged_on_real_comments(shared_data, weights, monkeypatch):
    for package in ("inspect_ai", "xllamacpp", "sklearn"):
        pytest.importorskip(package)
    weights("language_model")
    root = shared_data(goemotions.FACTS.folder).parents[1]
    monkeypatch.setattr(recipe, "_PLAIN", (1, 12, 1500))
    found = recipe.run(data=root, seeds=(0,))
    assert len(found) == 6
    assert found[1].value > 0
    assert all(0 <= f.value <= 1 for f in found)
