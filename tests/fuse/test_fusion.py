"""Many modalities to one: what must hold whatever the numbers are."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from affectkit.affect import Estimate, LabelSet, Timeline
from affectkit.fuse import fuse, group, unmapped
from affectkit.fuse.pooling import pool

EKMAN = LabelSet.load("ekman7")
NUMBERS = ["valence", "arousal", *EKMAN.labels, "confidence", "spread", "quality"]


@st.composite
def estimates(draw: st.DrawFn, mass: float = 1.0) -> Estimate:
    p = np.array(draw(st.lists(st.floats(0.01, 1), min_size=7, max_size=7)))
    unit = st.floats(0.05, 0.95)
    return Estimate(
        EKMAN,
        mass * p / p.sum(),
        valence=draw(st.floats(-1, 1)),
        arousal=draw(st.floats(-1, 1)),
        valence_sd=draw(st.floats(0.05, 0.8)),
        arousal_sd=draw(st.floats(0.05, 0.8)),
        confidence=draw(unit),
        spread=draw(unit),
        quality=draw(unit),
    )


def lanes(*told: Estimate, person: str = "Ann") -> Timeline:
    names = ("face", "speech", "text", "music")
    rows = [(0.0, 1.0, person, names[i], estimate) for i, estimate in enumerate(told)]
    return Timeline.from_estimates(rows, EKMAN)


def numbers(t: Timeline) -> np.ndarray:
    return t.table[NUMBERS].to_numpy(float)


@settings(max_examples=15, deadline=None)
@given(estimates())
def test_one_modality_keeps_what_it_said(e: Estimate) -> None:
    row = fuse([lanes(e)], EKMAN)
    assert np.allclose(numbers(row), numbers(lanes(e)), atol=1e-9)


@settings(max_examples=15, deadline=None)
@given(estimates(), st.sampled_from(["linear", "log"]))
def test_two_equal_estimates_agree_and_are_surer(e: Estimate, method: str) -> None:
    one, two = fuse([lanes(e)], EKMAN).table, fuse([lanes(e, e)], EKMAN, method=method).table
    assert np.allclose(two[list(EKMAN.labels)], one[list(EKMAN.labels)], atol=1e-9)
    assert two.loc[0, "valence"] == pytest.approx(one.loc[0, "valence"])
    assert two.loc[0, "valence_sd"] < one.loc[0, "valence_sd"]
    if one.loc[0, "confidence"] > 1 / 7:
        assert two.loc[0, "confidence"] >= one.loc[0, "confidence"] - 1e-9


@settings(max_examples=15, deadline=None)
@given(st.lists(estimates(), min_size=2, max_size=4), st.sampled_from(["linear", "log"]))
def test_bounds(told: list[Estimate], method: str) -> None:
    row = fuse([lanes(*told)], EKMAN, method=method).table.iloc[0]
    p = row[list(EKMAN.labels)].to_numpy(float)
    given_p = np.array([e.probabilities for e in told])
    assert p.sum() == pytest.approx(1)
    assert p.min() >= 0
    if method == "linear":
        assert (p <= given_p.max(axis=0) + 1e-9).all()
        assert (p >= given_p.min(axis=0) - 1e-9).all()
    valence = [e.valence for e in told]
    assert min(valence) - 1e-9 <= row["valence"] <= max(valence) + 1e-9
    for name in ("confidence", "spread", "quality"):
        assert 0 <= row[name] <= 1


@settings(max_examples=15, deadline=None)
@given(st.lists(estimates(), min_size=2, max_size=4), st.randoms())
def test_the_order_of_lanes_changes_nothing(told: list[Estimate], random) -> None:
    t = lanes(*told)
    rows = [t.with_table(t.table.iloc[[i]]) for i in range(len(t))]
    random.shuffle(rows)
    assert np.allclose(numbers(fuse(rows, EKMAN)), numbers(fuse([t], EKMAN)))


@settings(max_examples=15, deadline=None)
@given(st.lists(estimates(), min_size=1, max_size=3))
def test_a_lane_that_cannot_tell_changes_nothing(told: list[Estimate]) -> None:
    silent = Estimate.cannot_tell(EKMAN, "the face is 12 pixels wide")
    with_silent = Timeline.concat(
        [lanes(*told), Timeline.from_estimates([(0, 1, "Ann", "scene", silent)], EKMAN)]
    )
    assert np.allclose(numbers(fuse([with_silent], EKMAN)), numbers(fuse([lanes(*told)], EKMAN)))


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(estimates(mass=0.6), st.floats(0.01, 1)), min_size=1, max_size=4))
def test_mass_that_no_label_takes_is_kept(told: list[tuple[Estimate, float]]) -> None:
    p = np.array([e.probabilities for e, _ in told])
    w = np.array([weight for _, weight in told])
    assert pool(p, w).sum() == pytest.approx(0.6)
    assert pool(p, w, method="log").sum() <= 0.6 + 0.4


def test_all_silent_lanes_give_their_reasons() -> None:
    t = lanes(Estimate.cannot_tell(EKMAN, "no face"), Estimate.cannot_tell(EKMAN, "silence"))
    row = fuse([t], EKMAN).table.iloc[0]
    assert row["reason"] == "face: no face; speech: silence"
    assert row[NUMBERS].isna().all()


def test_below_the_threshold_it_cannot_tell() -> None:
    e = Estimate(EKMAN, [0.2, 0.1, 0.1, 0.3, 0.1, 0.1, 0.1], valence=0.1, confidence=0.3)
    assert fuse([lanes(e)], EKMAN, threshold=0.2).table.loc[0, "joy"] == pytest.approx(0.3)
    row = fuse([lanes(e)], EKMAN, threshold=0.5).table.iloc[0]
    assert "30%" in row["reason"]
    assert pd.isna(row["joy"])
    assert pd.isna(row["valence"])


def test_conflicting_values_widen_the_error() -> None:
    def at(valence: float) -> Estimate:
        return Estimate(EKMAN, valence=valence, valence_sd=0.1)

    near = fuse([lanes(at(0.1), at(0.12))], EKMAN).table.loc[0, "valence_sd"]
    far = fuse([lanes(at(0.9), at(-0.9))], EKMAN).table.loc[0, "valence_sd"]
    assert far > 5 * near


def test_better_evidence_weighs_more() -> None:
    joy, sad = np.eye(7)[EKMAN.index("joy")], np.eye(7)[EKMAN.index("sadness")]
    clear = Estimate(EKMAN, joy, confidence=0.7, quality=0.9)
    blurred = Estimate(EKMAN, sad, confidence=0.7, quality=0.3)
    row = fuse([lanes(clear, blurred)], EKMAN).table.iloc[0]
    assert row["joy"] == pytest.approx(0.75)
    assert json.loads(row["evidence"]) == [
        {"what": "face", "weight": 0.75},
        {"what": "speech", "weight": 0.25},
    ]


def test_rows_count_by_the_seconds_they_overlap() -> None:
    rows = [
        (0.0, 1.25, "Ann", "face", Estimate(EKMAN, valence=1.0)),
        (1.25, 2.0, "Ann", "face", Estimate(EKMAN, valence=0.0)),
    ]
    t = fuse([Timeline.from_estimates(rows, EKMAN)], EKMAN)
    assert t.table["valence"].tolist() == pytest.approx([1.0, 0.25])
    assert t.table["end_s"].tolist() == [1.0, 2.0]


def test_a_photo_without_length_is_told() -> None:
    joy = Estimate(EKMAN, np.eye(7)[EKMAN.index("joy")])
    t = fuse([Timeline.from_estimates([(0.0, 0.0, "Ann", "face", joy)], EKMAN)], EKMAN)
    assert t.leading.tolist() == ["joy"]


def test_nothing_in_nothing_out() -> None:
    assert len(fuse([], EKMAN)) == 0
    assert len(fuse([Timeline.empty(EKMAN)], "ekman7")) == 0


def test_fusing_twice_is_fusing_once() -> None:
    e = Estimate(EKMAN, np.eye(7)[0], valence=-0.5, confidence=0.8)
    t = lanes(e, e)
    once = fuse([t], EKMAN)
    again = fuse([t, once], EKMAN)
    assert np.allclose(numbers(once), numbers(again), equal_nan=True)


def test_a_multi_label_set_keeps_labels_apart() -> None:
    goemotions = LabelSet.load("goemotions28")
    p, q = np.zeros(28), np.zeros(28)
    p[[0, 5]], q[0] = 0.9, 0.5
    rows = [
        (0, 1, "Ann", "text", Estimate(goemotions, p)),
        (0, 1, "Ann", "speech", Estimate(goemotions, q)),
    ]
    row = fuse([Timeline.from_estimates(rows, goemotions)], goemotions).table.iloc[0]
    assert row[goemotions.labels[0]] == pytest.approx(0.7)
    assert row[goemotions.labels[5]] == pytest.approx(0.45)


def test_lanes_of_other_label_sets_are_carried_over_with_their_loss() -> None:
    goemotions = LabelSet.load("goemotions28")
    p = np.zeros(28)
    p[goemotions.index("remorse")] = 1.0
    text = Timeline.from_estimates(
        [(0, 1, "Ann", "text", Estimate(goemotions, p, confidence=0.8))], goemotions
    )
    face = lanes(Estimate(EKMAN, np.eye(7)[EKMAN.index("sadness")], confidence=0.8))
    joined = fuse([face, text], "ekman7")
    assert joined.leading.tolist() == ["sadness"]
    total = joined.labels.to_numpy(float).sum() + unmapped(joined).sum()
    assert total == pytest.approx(1)
    (step,) = joined.provenance["maps"]
    assert (step["from"], step["to"]) == ("goemotions28", "ekman7")
    assert step["loss_bits"] > 0


def test_the_group_keeps_the_windows_of_the_fusion() -> None:
    t = fuse([lanes(Estimate(EKMAN, valence=0.3))], EKMAN, step_s=0.25)
    assert group(t).table["end_s"].tolist() == [0.25, 0.5, 0.75, 1.0]


def test_four_hours_of_six_people_take_seconds() -> None:
    rng = np.random.default_rng(0)
    frames = []
    for person in "ABCDEF":
        for modality in ("face", "speech", "text", "scene"):
            frame = pd.DataFrame(rng.dirichlet(np.ones(7), 14400), columns=list(EKMAN.labels))
            frame["start_s"] = np.arange(14400.0)
            frame["end_s"] = frame["start_s"] + 1
            frame["person"], frame["modality"], frame["source"] = person, modality, "made"
            frame["valence"], frame["confidence"] = rng.uniform(-1, 1, 14400), 0.5
            frames.append(frame)
    t = Timeline(pd.concat(frames), EKMAN)
    import time

    begun = time.process_time()
    assert len(fuse([t], EKMAN)) == 6 * 14400
    assert time.process_time() - begun < 20
