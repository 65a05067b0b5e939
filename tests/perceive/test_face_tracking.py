"""Identity lasts through motion, absence and cuts; two people in one frame stay two."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from affectkit.affect import Note
from affectkit.media import Recording
from affectkit.perceive.face import FacePerceiver
from affectkit.perceive.face_table import FaceTable
from affectkit.perceive.people_faces import CutDetector, FaceTracker, Sighting, Tracklet

ROLES = ("face_detector", "face_landmarks", "face_blendshapes", "expression_coarse")


def unit(values: np.ndarray) -> np.ndarray:
    return values / np.linalg.norm(values)


@given(
    st.integers(2, 4),
    st.floats(-120, 120),
    st.floats(-60, 60),
    st.integers(0, 10_000),
)
@settings(max_examples=40, deadline=None)
def test_people_who_move_apart_or_together_keep_their_tracks(people, vx, vy, seed) -> None:
    """Planted faces with constant speed, jitter and distinct looks."""
    rng = np.random.default_rng(seed)
    looks = [unit(np.eye(8)[i] + 0.05 * rng.random(8)) for i in range(people)]
    starts = np.array([[200.0 * i, 100.0] for i in range(people)])
    tracker = FaceTracker()
    seen: dict[int, set[int]] = {i: set() for i in range(people)}
    for frame in range(20):
        time_s = frame / 5
        order = rng.permutation(people)
        sightings = []
        for i in order:
            place = starts[i] + np.array([vx, vy]) * time_s + rng.normal(0, 2, 2)
            sightings.append(Sighting(np.array([*place, 80, 80]), looks[i]))
        for i, number in zip(order, tracker.step(time_s, sightings, cut=False), strict=True):
            seen[int(i)].add(number)
    who = tracker.people()
    persons = [{who[n] for n in numbers} for numbers in seen.values()]
    assert all(len(p) == 1 for p in persons)
    assert len(set.union(*persons)) == people


def test_twins_in_one_frame_are_two_people_and_an_absentee_comes_back_as_himself() -> None:
    look, other = unit(np.array([1.0, 0.1, 0])), unit(np.array([0.0, 1, 1]))
    tracker = FaceTracker()
    left, right = np.array([0.0, 0, 50, 50]), np.array([300.0, 0, 50, 50])
    a, b = tracker.step(0.0, [Sighting(left, look), Sighting(right, look)], cut=False)
    (c,) = tracker.step(0.2, [Sighting(left, other)], cut=True)
    tracker.step(0.4, [], cut=False)
    (d,) = tracker.step(9.0, [Sighting(right, look)], cut=True)
    who = tracker.people()
    assert who[a] != who[b]
    assert who[c] not in (who[a], who[b])
    assert who[d] in (who[a], who[b])
    assert len({a, b, c, d}) == 4


def test_the_tracker_holds_stretches_not_frames() -> None:
    tracker = FaceTracker()
    look = unit(np.ones(5))
    for i in range(2000):
        tracker.step(i / 5, [Sighting(np.array([10.0, 10, 40, 40]), look)], cut=False)
    held = [x for x in (*tracker._open, *tracker._closed) if isinstance(x, Tracklet)]
    assert len(held) == 1
    assert held[0].seen == 2000


@given(st.integers(2, 5), st.integers(0, 10_000))
@settings(max_examples=15, deadline=None)
def test_joining_the_past_early_gives_the_same_people_in_less_room(people, seed) -> None:
    """A film of many shots, each showing one or two of a few distinct people."""
    rng = np.random.default_rng(seed)
    looks = [unit(np.eye(8)[i] + 0.03 * rng.random(8)) for i in range(people)]
    patient, thrifty = FaceTracker(), FaceTracker(most_stretches=12)
    truth: dict[int, int] = {}
    for shot in range(60):
        shown = rng.permutation(people)[: rng.integers(1, 3)]
        sightings = [
            Sighting(np.array([250.0 * j, 50, 60, 60]), unit(looks[i] + 0.02 * rng.random(8)))
            for j, i in enumerate(shown)
        ]
        a = patient.step(shot * 2.0, sightings, cut=True)
        assert a == thrifty.step(shot * 2.0, sightings, cut=True)
        truth |= dict(zip(a, shown.tolist(), strict=True))
    who = patient.people()
    assert thrifty.people() == who
    assert len(set(who.values())) == len(set(truth.values()))
    assert all((who[a] == who[b]) == (truth[a] == truth[b]) for a in truth for b in truth)
    assert len(thrifty._closed) <= 24
    assert len(patient._closed) >= 59


@given(st.integers(10, 60), st.integers(1, 4), st.integers(1, 400))
@settings(max_examples=30, deadline=None)
def test_the_face_table_never_outgrows_its_limit_and_keeps_everyone(limit, people, rows) -> None:
    table = FaceTable(["time_s", "tracklet", "score"], limit=limit)
    for i in range(rows):
        table.add({"time_s": i / 5, "tracklet": i % people, "score": float(i % people)})
    frame = table.frame()
    assert len(frame) <= limit
    assert frame["time_s"].is_monotonic_increasing
    assert set(frame["tracklet"]) == {float(i) for i in range(min(people, rows))}
    assert np.allclose(frame["score"], frame["tracklet"])
    assert table.thinned == (rows > limit)


@dataclass
class Spliced:
    """Frames of several recordings one after the other, as a recording."""

    parts: list[tuple[Path, float, float]]
    kind: str = "video"
    has_video: bool = True
    duration_s: float = 0.0
    notes: list[Note] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.duration_s = sum(end - start for _, start, end in self.parts)

    def frames(self, rate_hz: float = 5.0, max_size: int = 960) -> Iterator[object]:
        begun = 0.0
        for path, start, end in self.parts:
            with Recording.open(path) as recording:
                for frame in recording.frames(rate_hz=rate_hz, max_size=max_size):
                    if start <= frame.time_s < end:
                        yield type(frame)(frame.time_s - start + begun, frame.image)
            begun += end - start


@pytest.fixture(scope="module")
def clips(shared_data: Callable[[str], Path], weights: Callable[..., None]) -> Path:
    weights(*ROLES)
    return shared_data("av/video")


def people_by_part(table: pd.DataFrame, ends: list[float]) -> list[set[str]]:
    part = np.searchsorted(ends, table["time_s"], side="right")
    return [set(table["person"][part == i]) for i in range(len(ends))]


def test_identity_is_stable_across_cuts_and_absences(
    clips: Path, weights: Callable[..., None]
) -> None:
    weights("face_identity")
    a, b = clips / "pyfeat_WolfgangLanger_Pexels.mp4", clips / "pyfeat_single_face.mp4"
    nobody = clips / "pyfeat_no_face.mp4"
    film = Spliced([(a, 0, 2), (b, 0, 2), (a, 8, 10), (nobody, 0, 2), (b, 0, 2), (a, 17, 19)])
    timeline = FacePerceiver(rate_hz=4).perceive(film)  # type: ignore[arg-type]
    who = people_by_part(timeline.tables["faces"], [2, 4, 6, 8, 10, 12])
    assert who == [{"Person 1"}, {"Person 2"}, {"Person 1"}, set(), {"Person 2"}, {"Person 1"}]
    assert timeline.people == ("Person 1", "Person 2")
    (absence,) = [n for n in timeline.notes if n.reason == "no face is seen"] or [None]
    if absence is not None:  # noted from two seconds on
        assert 5.5 <= absence.start_s <= 6.5


def test_cuts_are_seen_between_clips_and_not_within(clips: Path) -> None:
    a, b = clips / "pyfeat_WolfgangLanger_Pexels.mp4", clips / "pyfeat_single_face.mp4"
    cuts = CutDetector()
    film = Spliced([(a, 0, 6), (b, 0, 2), (a, 12, 18)])
    found = [frame.time_s for frame in film.frames() if cuts(frame.image)]
    assert len(found) == 2
    assert found == pytest.approx([6.0, 8.0], abs=0.25)
