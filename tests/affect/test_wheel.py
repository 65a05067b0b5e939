"""Plutchik's wheel is a circle: opposites, blends and intensities follow from it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from affectkit.affect import LabelSet, wheel
from affectkit.errors import LabelError

ON_THE_WHEEL = st.sampled_from([name for forms in wheel.INTENSITIES.values() for name in forms])


def test_the_petals_are_the_label_set() -> None:
    assert set(wheel.PETALS) == set(LabelSet.load("plutchik8").labels)
    named = {name for forms in wheel.INTENSITIES.values() for name in forms}
    assert named == set(LabelSet.load("plutchik24").labels)


@given(ON_THE_WHEEL)
def test_the_opposite_of_the_opposite_is_the_emotion(emotion: str) -> None:
    across = wheel.opposite(emotion)
    assert wheel.opposite(across) == emotion
    assert wheel.petal(across)[1] == wheel.petal(emotion)[1]
    assert (wheel.angle(across) - wheel.angle(emotion)) % 360 == 180
    assert wheel.dyad(emotion, across) is None


def test_plutchiks_pairs() -> None:
    pairs = {frozenset((p, wheel.opposite(p))) for p in wheel.PETALS}
    assert pairs == {
        frozenset(("joy", "sadness")),
        frozenset(("trust", "disgust")),
        frozenset(("fear", "anger")),
        frozenset(("surprise", "anticipation")),
    }


@given(ON_THE_WHEEL, ON_THE_WHEEL)
def test_a_dyad_does_not_ask_who_comes_first(one: str, other: str) -> None:
    made = wheel.dyad(one, other)
    assert made == wheel.dyad(other, one)
    assert (made is None) == (wheel.degree(one, other) in ("same", "opposite"))
    if made is not None:
        assert set(wheel.parts(made)) == {wheel.petal(one)[0], wheel.petal(other)[0]}


def test_every_two_petals_that_are_not_opposite_make_one_thing_of_their_own() -> None:
    assert len(wheel.DYADS) == 8 * 7 // 2 - 4
    assert len(set(wheel.DYADS.values())) == len(wheel.DYADS)


@given(ON_THE_WHEEL, st.integers(1, 3))
def test_intensity_keeps_the_petal(emotion: str, intensity: int) -> None:
    changed = wheel.with_intensity(emotion, intensity)
    assert wheel.petal(changed) == (wheel.petal(emotion)[0], intensity)


def test_equal_neighbours_point_between_them_and_opposites_nowhere() -> None:
    labels = LabelSet.load("plutchik8").labels
    for one in labels:
        for other in labels:
            p = np.zeros(8)
            p[labels.index(one)] += 0.5
            p[labels.index(other)] += 0.5
            _, length = wheel.direction(p)
            apart = abs(wheel.angle(one) - wheel.angle(other))
            assert length == pytest.approx(abs(np.cos(np.radians(apart / 2))), abs=1e-9)
            assert wheel.blend(p) == (one if one == other else wheel.dyad(one, other))


def test_what_is_not_on_the_wheel_is_refused() -> None:
    for call in (wheel.petal, wheel.opposite, wheel.angle, wheel.parts):
        with pytest.raises(LabelError):
            call("nostalgia")
    with pytest.raises(LabelError):
        wheel.blend([1.0])
    assert wheel.blend(np.full(8, np.nan)) is None
