"""Maps keep mass, lose what they say they lose, and never gain by being chained."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from affectkit.affect import Estimate, LabelMap, LabelSet, label_set_names
from affectkit.affect.mapping import built_in_maps, share_mass
from affectkit.errors import LabelError

MAPS = sorted(built_in_maps())


def entropy_left(weights: np.ndarray, n: int) -> float:
    """Measure H(source | target) by counting, with unmapped mass worth nothing known."""
    total = 0.0
    for column in (weights / n)[:, :-1].T:
        mass = column.sum()
        if mass > 0:
            p = column[column > 0] / mass
            total += mass * float(-(p * np.log2(p)).sum())
    return total + weights[:, -1].sum() / n * np.log2(n)


@pytest.mark.parametrize(("source", "target"), MAPS)
def test_a_map_is_row_stochastic_cited_and_loses_what_it_states(source: str, target: str) -> None:
    way = built_in_maps()[source, target]
    assert np.allclose(way.weights.sum(axis=1), 1, atol=1e-9)
    assert way.weights.min() >= 0
    assert way.citation
    assert way.loss_bits == pytest.approx(entropy_left(way.weights, len(way.source)), abs=1e-9)
    assert 0 <= way.loss_bits <= np.log2(len(way.source)) + 1e-9


@pytest.mark.parametrize(("source", "target"), MAPS)
def test_a_label_of_the_same_name_stays_itself(source: str, target: str) -> None:
    way = built_in_maps()[source, target]
    for label in set(way.source.labels) & set(way.target.labels):
        row = way.weights[way.source.index(label)]
        assert row[way.target.index(label)] == row.max()


@pytest.mark.parametrize(("source", "target"), MAPS)
def test_neutral_never_becomes_an_emotion(source: str, target: str) -> None:
    way = built_in_maps()[source, target]
    if way.source.neutral is not None:
        row = way.weights[way.source.index(way.source.neutral)]
        goal = -1 if way.target.neutral is None else way.target.index(way.target.neutral)
        assert row[goal] == 1.0


@pytest.mark.parametrize("name", label_set_names())
def test_every_set_can_be_read_as_basic_emotions_or_as_sentiment(name: str) -> None:
    labels = LabelSet.load(name)
    if labels.theory == "dimensional":
        LabelMap.between(labels, LabelSet.load("sentiment3"))
    else:
        LabelMap.between(labels, LabelSet.load("ekman7"))


def test_chains_lose_no_less_than_each_of_their_steps() -> None:
    names = label_set_names()
    chained = 0
    for one in names:
        for other in names:
            try:
                way = LabelMap.between(LabelSet.load(one), LabelSet.load(other))
            except LabelError:
                continue
            assert np.allclose(way.weights.sum(axis=1), 1, atol=1e-9)
            if len(way.steps) > 2:
                chained += 1
                first = built_in_maps()[way.steps[0], way.steps[1]]
                assert way.loss_bits >= first.loss_bits - 1e-9
                for step in pairwise(way.steps):
                    assert step in built_in_maps()
    assert chained > 50


stochastic = arrays(
    float, st.tuples(st.integers(2, 5), st.integers(2, 6)), elements=st.floats(0, 1)
)


@settings(max_examples=60, deadline=None)
@given(stochastic, stochastic)
def test_composition_is_associative_with_application_and_loses_monotonically(a, b) -> None:
    a, b = a + 1e-3, b + 1e-3
    names = ("a", "b", "c")
    n = (a.shape[0], a.shape[1], b.shape[1])
    b = np.resize(b, (n[1] - 1, n[2]))
    a, b = a / a.sum(axis=1, keepdims=True), b / b.sum(axis=1, keepdims=True)
    sets = [
        LabelSet(name, tuple(f"{name}{i}" for i in range(size)))
        for name, size in zip(names, (n[0], n[1] - 1, n[2] - 1), strict=True)
    ]
    first, second = LabelMap(sets[0], sets[1], a), LabelMap(sets[1], sets[2], b)
    both = first.then(second)
    p = np.full(n[0], 1 / n[0])
    assert np.allclose(both.apply(p), second.apply(first.apply(p)))
    assert both.loss_bits >= first.loss_bits - 1e-9


@given(arrays(float, 7, elements=st.floats(0, 1)))
def test_a_round_trip_over_the_wheel_loses_exactly_neutral(p: np.ndarray) -> None:
    if p.sum() == 0:
        return
    p = p / p.sum()
    ekman, plutchik = LabelSet.load("ekman7"), LabelSet.load("plutchik8")
    there = LabelMap.between(ekman, plutchik)
    back = LabelMap.between(plutchik, ekman).apply(there.apply(p))
    expected = p.copy()
    expected[ekman.index("neutral")] = 0
    assert np.allclose(back, expected)
    # One label of seven is lost, and with it log2(7) bits where it held.
    assert there.loss_bits == pytest.approx(np.log2(7) / 7)


@settings(max_examples=50, deadline=None)
@given(arrays(float, 28, elements=st.floats(0, 1)))
def test_many_labels_at_once_stay_within_bounds_on_every_way(p: np.ndarray) -> None:
    source = LabelSet.load("goemotions28")
    for name in ("ekman7", "plutchik8", "emonet40", "xed9", "parrott-primary"):
        target = LabelSet.load(name)
        carried = LabelMap.between(source, target).apply(p)
        Estimate(target, carried)  # checks the range and, where exclusive, the sum


def test_a_sure_label_stays_sure_between_sets_of_several_labels() -> None:
    source, target = LabelSet.load("goemotions28"), LabelSet.load("emonet40")
    p = np.zeros(28)
    p[[source.index("anger"), source.index("fear")]] = 1.0
    carried = LabelMap.between(source, target).apply(p)
    assert carried[target.index("anger")] == pytest.approx(1)
    assert carried[target.index("fear")] == pytest.approx(1)


def test_what_is_not_told_stays_not_told() -> None:
    for one, other in (("ekman7", "plutchik8"), ("goemotions28", "ekman7"), ("xed9", "plutchik8")):
        way = LabelMap.between(LabelSet.load(one), LabelSet.load(other))
        p = np.zeros((2, len(way.source)))
        p[0] = np.nan
        p[1, 0] = 1
        carried = way.apply(p)
        assert np.isnan(carried[0]).all()
        assert not np.isnan(carried[1]).any()


def test_shared_mass_prefers_nothing_over_inventing() -> None:
    source = LabelSet.load("goemotions28")
    assert share_mass(np.zeros(28), source)[source.index("neutral")] == 1
    assert share_mass(np.zeros(20), LabelSet.load("panas")).sum() == 0


def test_the_published_grouping_of_goemotions_is_followed(shared_data) -> None:
    """The ekman and group files give, comment by comment, what the maps give by label."""
    folder = shared_data("text-open/goemotions")
    source = LabelSet.load("goemotions28")
    for part, target in (
        ("ekman", LabelSet.load("ekman7")),
        ("group", LabelSet.load("sentiment4")),
    ):
        names = (folder / part / "labels.txt").read_text().split()
        way = LabelMap.between(source, target)
        fine = (folder / "original" / "dev.tsv").read_text(encoding="utf-8").splitlines()
        coarse = (folder / part / "dev.tsv").read_text(encoding="utf-8").splitlines()
        for a, b in zip(fine[:2000], coarse[:2000], strict=True):
            given = {int(i) for i in a.split("\t")[1].split(",")}
            grouped = {names[int(i)] for i in b.split("\t")[1].split(",")}
            mapped = {target.labels[way.weights[i].argmax()] for i in given}
            assert mapped == grouped


def test_a_map_that_does_not_add_up_is_refused() -> None:
    rows = {label: {label: 1.0} for label in LabelSet.load("ekman7").labels}
    good = {"source": "ekman7", "target": "ekman7", "weights": rows}
    assert LabelMap.from_dict(good).loss_bits == 0
    for broken in (
        {**good, "weights": {**rows, "joy": {"joy": 0.5}}},
        {**good, "weights": {**rows, "joy": {"joy": 1.5, "fear": -0.5}}},
        {**good, "weights": {k: v for k, v in rows.items() if k != "joy"}},
        {**good, "loss_bits": 1.0},
    ):
        with pytest.raises(LabelError):
            LabelMap.from_dict(broken)


def test_the_callers_array_is_left_alone() -> None:
    mine = np.eye(7, 8)
    LabelMap(LabelSet.load("ekman7"), LabelSet.load("ekman7"), mine)
    mine[0, 0] = 0.5  # would raise if the map had frozen it
