"""Paper 071: the recounts on the makers' recorded answers, and what is concluded of a model."""

from __future__ import annotations

import pandas as pd
import pytest

pytest.importorskip("inspect_ai")

from affectkit.data import data_root
from affectkit.recipes.llm.emotional_intelligence import (
    published_scores,
    recorded_choices,
    small_model,
)


@pytest.fixture
def root():
    for folder in ("text-open/emobench", "text-open/eqbench"):
        if not (data_root() / folder).is_dir():
            pytest.skip(f"{folder} is not there")
    return data_root()


def test_the_recounts_hold(root):
    found = [*published_scores(root, (0,)), *recorded_choices(root, (0,), 50)]
    assert [f.holds for f in found] == [True] * 5
    together = found[3]
    # The interval is that of the difference which is told.
    assert together.low < together.value - together.baseline < together.high


def asked(right):
    items = [f"dilemma {k}" for k in range(len(right))]
    return pd.DataFrame({"item": items, "right": right, "readable": 1.0})


def test_a_model_at_chance_is_not_called_better_and_one_above_it_is():
    table = {"understanding": asked([1.0] * 10 + [0.0] * 10), "application": asked([1.0, 0, 0, 0])}
    better, chance = small_model(table, (0,))
    assert (better.holds, chance.holds) == (True, False)
    assert (better.n, chance.n) == (20, 4)


def test_the_same_dilemma_asked_again_is_no_new_case():
    table = pd.concat([asked([0.0, 1.0])] * 5)
    (found,) = small_model({"application": table}, (0,))
    assert found.n == 2


def test_no_right_answer_at_all_still_has_an_interval():
    (found,) = small_model({"application": asked([0.0] * 9)}, (0,))
    assert found.low < found.high
