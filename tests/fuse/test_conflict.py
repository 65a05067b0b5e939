"""Where lanes contradict each other, and where people would disagree."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.spatial.distance import jensenshannon

from affectkit.affect import Estimate, LabelSet, Timeline
from affectkit.fuse import conflicts, disagreements
from affectkit.fuse.conflict import divergence
from affectkit.recipes.fusion.crowd_pooling import DATA, _timeline, read_votes

EKMAN = LabelSet.load("ekman7")


def says(label: str, share: float = 0.9, **more: float) -> Estimate:
    p = np.full(7, (1 - share) / 6)
    p[EKMAN.index(label)] = share
    return Estimate(EKMAN, p, **{"confidence": share, "quality": 1.0, **more})


def moments(*rows: tuple) -> Timeline:
    return Timeline.from_estimates(rows, EKMAN)


@given(arrays(float, (2, 7), elements=st.floats(0, 1)))
def test_divergence_is_that_of_scipy(p: np.ndarray) -> None:
    p = (p + 1e-3) / (p + 1e-3).sum(axis=1, keepdims=True)
    # Of equal distributions scipy takes the root of a rounding error below 0.
    with np.errstate(invalid="ignore"):
        oracle = np.nan_to_num(jensenshannon(*p, base=2) ** 2)
    assert divergence(p[0], p[1]) == pytest.approx(oracle, abs=1e-9)
    assert divergence(p[0], p[1]) == pytest.approx(float(divergence(p[1], p[0])), abs=1e-12)


def test_a_smile_with_sad_words_is_found_where_it_is() -> None:
    t = moments(
        (0, 10, "Ann", "face", says("joy", valence=0.7, valence_sd=0.2)),
        (0, 4, "Ann", "text", says("joy", valence=0.6, valence_sd=0.2)),
        (4, 7, "Ann", "text", says("sadness", valence=-0.6, valence_sd=0.2)),
        (7, 10, "Ann", "text", says("joy", valence=0.6, valence_sd=0.2)),
        (0, 10, "Ben", "face", says("fear", valence=-0.7)),
    )
    found = conflicts(t)
    assert found[["start_s", "end_s", "person", "between"]].to_numpy().tolist() == [
        [4.0, 7.0, "Ann", "face / text"]
    ]
    assert found.loc[0, "valence_difference"] == pytest.approx(1.3)
    assert "the face says joy, the words say sadness" in found.loc[0, "text"]


def test_a_plain_voice_beside_a_smile_is_no_conflict() -> None:
    t = moments(
        (0, 3, "Ann", "face", says("joy", 0.95)), (0, 3, "Ann", "speech", says("neutral", 0.95))
    )
    assert len(conflicts(t)) == 0


def test_little_feeling_beside_some_is_no_conflict_unless_the_some_is_sure() -> None:
    """What a voice says that is hardly read does not contradict a smile that is hardly read."""

    def listed(sure: float, **voice: float) -> int:
        smile = says("joy", 0.55, confidence=sure, valence=0.6, valence_sd=0.25)
        plain = says("neutral", 0.5, confidence=0.6, valence_sd=0.25, **voice)
        t = moments((0, 3, "Ann", "face", smile), (0, 3, "Ann", "speech", plain))
        return len(conflicts(t, threshold=0.1))

    grim = {"valence": -0.6}
    assert listed(0.5, **grim) == 0
    assert listed(0.95, **grim) == 1
    # The same doubts between two feelings do make a conflict.
    sad = says("sadness", 0.5, confidence=0.6, valence=-0.6, valence_sd=0.25)
    glad = says("joy", 0.55, confidence=0.5, valence=0.6, valence_sd=0.25)
    t = moments((0, 3, "Ann", "face", glad), (0, 3, "Ann", "speech", sad))
    assert len(conflicts(t, threshold=0.1)) == 1


@settings(max_examples=15, deadline=None)
@given(
    st.sampled_from([label for label in EKMAN.labels if label != "neutral"]),
    st.floats(0.05, 1.0),
    st.floats(0.05, 1.0),
    st.floats(-1, 1),
)
def test_neutral_contradicts_no_more_than_the_opposite_feeling(
    label: str, sure: float, other: float, valence: float
) -> None:
    def score(against: str) -> float:
        felt = says(label, confidence=sure, valence=valence)
        there = says(against, confidence=other, valence=0.0)
        t = moments((0, 1, "Ann", "face", felt), (0, 1, "Ann", "text", there))
        return float(conflicts(t, threshold=0.0).loc[0, "score"])

    opposite = "sadness" if label in ("joy", "surprise") else "joy"
    assert score("neutral") <= score(opposite) + 1e-12
    if sure <= 0.5:
        assert score("neutral") == 0


@settings(max_examples=12, deadline=None)
@given(st.floats(0.3, 0.9), st.floats(0.3, 0.9), st.floats(0.05, 1.0))
def test_score_grows_with_confidence_and_quality(c: float, d: float, quality: float) -> None:
    def score(**trust: float) -> float:
        t = moments(
            (0, 1, "Ann", "face", says("joy", **trust)), (0, 1, "Ann", "text", says("anger"))
        )
        return float(conflicts(t, threshold=0.0).loc[0, "score"])

    low, high = sorted((c, d))
    assert score(confidence=low) <= score(confidence=high) + 1e-12
    assert score(quality=quality) <= score() + 1e-12
    assert 0 <= score(quality=quality) <= 1


def test_stretches_are_ranked_and_short_ones_can_be_left_out() -> None:
    t = moments(
        (0, 2, "Ann", "face", says("joy")),
        (0, 2, "Ann", "text", says("anger", 0.7)),
        (5, 6, "Ann", "face", says("joy", 0.99)),
        (5, 6, "Ann", "text", says("anger", 0.99)),
    )
    found = conflicts(t)
    assert found["start_s"].tolist() == [5.0, 0.0]
    assert found["score"].is_monotonic_decreasing
    assert conflicts(t, min_s=1.5)["start_s"].tolist() == [0.0]


def test_one_lane_or_none_has_no_conflict() -> None:
    columns = ["start_s", "end_s", "person", "score", "between", "text"]
    for t in (Timeline.empty(EKMAN), moments((0, 1, "Ann", "face", says("joy")))):
        assert list(conflicts(t).columns)[:6] == columns
        assert len(conflicts(t)) == 0
        assert len(disagreements(t)) == 0


def test_conflict_of_real_crowds_goes_with_doubt_in_those_who_had_both(shared_data) -> None:
    """CREMA-D: clear faces and clear voices that contradict divide those who had both."""
    _, shares = read_votes(shared_data(DATA))
    clear = (shares["face"].max(axis=1) >= 0.6) & (shares["speech"].max(axis=1) >= 0.6)
    assert clear.sum() > 500
    lanes = []
    for name in ("face", "speech"):
        t = _timeline(name, shares[name][clear], shares[name][clear].max(axis=1))
        # A gap after each clip keeps conflicts in neighbours from merging.
        apart = t.table.assign(start_s=2 * t.table["start_s"], end_s=2 * t.table["start_s"] + 1)
        lanes.append(t.with_table(apart))
    found = conflicts(Timeline.concat(lanes))
    where = (found["start_s"] / 2).astype(int).to_numpy()
    in_conflict = np.isin(np.arange(clear.sum()), where)
    doubt = 1 - shares["both"][clear].max(axis=1)
    assert 30 < in_conflict.sum() < clear.sum() / 2
    assert doubt[in_conflict].mean() > doubt[~in_conflict].mean() + 0.05


def test_disagreements_name_the_labels_people_would_give() -> None:
    torn = Estimate(EKMAN, [0, 0, 0.5, 0, 0.05, 0.45, 0], spread=0.6)
    clear = Estimate(EKMAN, [0, 0, 0, 1, 0, 0, 0], spread=0.1)
    t = moments(
        (0, 2, "Ann", "face", clear),
        (2, 3, "Ann", "face", torn),
        (3, 5, "Ann", "face", torn),
        (0, 5, "Ben", "face", clear),
    )
    found = disagreements(t)
    assert found.to_numpy().tolist() == [[2.0, 5.0, "Ann", pytest.approx(0.6), "fear, surprise"]]
