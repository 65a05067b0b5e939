"""A score on a card says what the finding said, with the interval of the value itself."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from affectkit.measure.intervals import Interval
from affectkit.recipes.finding import compared, measured
from affectkit.recipes.shipping import card_score

numbers = st.floats(-1, 1).map(lambda x: round(x, 3))


@settings(deadline=None)
@given(numbers, numbers, st.floats(0, 0.2), st.floats(0, 0.2))
def test_the_interval_of_a_score_holds_its_value(
    value: float, baseline: float, below: float, above: float
) -> None:
    gap = value - baseline
    found = compared(
        "a", "UAR", value, baseline, "chance", Interval(gap, gap - below, gap + above, 50),
        seeds=(0,), data="set",
    )  # fmt: skip
    assert found.holds == (gap - below > 0)
    score = card_score(found, split="test", command="c")
    assert score.low - 1e-4 <= value <= score.high + 1e-4
    assert (score.baseline, score.n, score.cross_corpus) == (pytest.approx(baseline), 50, False)


def test_an_error_kept_with_a_minus_sign_is_shown_without() -> None:
    gap = Interval(0.03, 0.01, 0.05, 9)
    metric = "calibration error, with a minus sign"
    found = compared("a", metric, -0.02, -0.05, "raw", gap, seeds=(0,), data="set")
    score = card_score(found, split="test", command="c", negated=True, cross_corpus=True)
    assert score.metric == "calibration error"
    assert (score.value, score.baseline, score.low, score.high) == (0.02, 0.05, 0.0, 0.04)


def test_an_interval_of_the_value_is_left_as_it_is() -> None:
    found = measured(
        "a", "ECE", Interval(0.02, 0.01, 0.04, 9), seeds=(0, 1), data="set", holds=True,
        baseline=0.3, baseline_name="raw",
    )  # fmt: skip
    score = card_score(found, split="test", command="c")
    assert (score.value, score.low, score.high, score.baseline) == (0.02, 0.01, 0.04, 0.3)
    assert found.seeds == (0, 1)
