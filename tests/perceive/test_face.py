"""The face lane on real pictures: who, in which order, expressing what, and when not to say."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from affectkit.affect import Timeline
from affectkit.media import Recording
from affectkit.perceive.face import FacePerceiver
from affectkit.perceive.face_landmarks import BLENDSHAPES

ROLES = ("face_detector", "face_landmarks", "face_blendshapes", "expression_coarse")


def perceive(path: Path, **settings: float) -> Timeline:
    with Recording.open(path) as recording:
        return FacePerceiver(**settings).perceive(recording)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def photos(shared_data: Callable[[str], Path], weights: Callable[..., None]) -> Path:
    weights(*ROLES)
    return shared_data("av/face/pyfeat")


@pytest.fixture(scope="module")
def clips(shared_data: Callable[[str], Path], weights: Callable[..., None]) -> Path:
    weights(*ROLES)
    return shared_data("av/video")


@pytest.fixture(scope="module")
def group(photos: Path) -> Timeline:
    return perceive(photos / "multi_face.jpg")


def test_five_people_of_a_photo_are_named_from_left_to_right(group: Timeline) -> None:
    assert group.people == tuple(f"Person {i}" for i in range(1, 6))
    faces = group.tables["faces"].set_index("person")
    centre = faces["x"] + faces["w"] / 2
    assert centre.loc[list(group.people)].is_monotonic_increasing
    assert len(group) == 5


def test_rows_are_distributions_within_bounds_and_say_what_they_rest_on(group: Timeline) -> None:
    assert np.allclose(group.labels.sum(axis=1), 1)
    for column in ("confidence", "spread", "quality"):
        assert group.table[column].between(0, 1).all()
    for column in ("valence", "arousal", "dominance"):
        assert group.table[column].between(-1, 1).all()
        assert (group.table[f"{column}_sd"] > 0).all()
    assert np.allclose(group.table["confidence"], group.labels.max(axis=1))
    for evidence in group.table["evidence"]:
        for item in json.loads(evidence):
            assert "derived" in item["what"]
            assert 0 < item["weight"] <= 1
    faces = group.tables["faces"]
    assert set(BLENDSHAPES) <= set(faces)
    assert any(c.startswith("au_") for c in faces)
    assert not any(c.startswith("plurality_") or c == "tracklet" for c in faces)


def test_smiling_people_are_joyful(group: Timeline) -> None:
    """Four of the five laugh with open mouths; their smiles were read off the blendshapes."""
    faces = group.tables["faces"].set_index("person")
    smiling = faces.index[faces["mouthSmileLeft"] > 0.5]
    leading = dict(zip(group.table["person"], group.leading, strict=True))
    assert len(smiling) >= 3
    assert all(leading[person] == "joy" for person in smiling)


@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_rotation_by_exif_changes_nothing(photos: Path, tmp_path: Path, orientation: int) -> None:
    turns = {3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_90}
    turns[8] = Image.Transpose.ROTATE_270
    photo = Image.open(photos / "single_face.jpg").convert("RGB")
    upright, turned = tmp_path / "upright.png", tmp_path / "turned.png"
    photo.save(upright)
    exif = Image.Exif()
    exif[0x0112] = orientation
    photo.transpose(turns[orientation]).save(turned, exif=exif)
    a, b = perceive(upright), perceive(turned)
    assert np.allclose(a.labels, b.labels, atol=1e-6)
    assert np.allclose(a.tables["faces"][["x", "y"]], b.tables["faces"][["x", "y"]])


def test_a_clip_without_faces_says_so(clips: Path) -> None:
    timeline = perceive(clips / "pyfeat_no_face.mp4")
    assert len(timeline) == 0
    assert [note.reason for note in timeline.notes] == ["no face was seen"]
    assert len(timeline.tables["faces"]) == 0
    assert "person" in timeline.tables["faces"]


def test_expressions_change_in_the_known_direction(clips: Path) -> None:
    """The one face goes from neutral to a smile, the other from low to afraid to laughing."""
    smile = perceive(clips / "pyfeat_single_face.mp4").table
    assert smile["joy"].iloc[-1] > smile["joy"].iloc[0] + 0.2
    assert smile["valence"].iloc[-1] > smile["valence"].iloc[0]
    drama = perceive(clips / "pyfeat_WolfgangLanger_Pexels.mp4", rate_hz=2)
    early, late = drama.between(2, 9).table, drama.between(13, 19).table
    assert late["joy"].mean() > early["joy"].mean() + 0.4
    assert late["valence"].mean() > early["valence"].mean() + 0.3
    assert drama.people == ("Person 1",)


def test_rows_follow_each_other_without_gaps_or_overlap(clips: Path) -> None:
    seconds: list[float] = []
    with Recording.open(clips / "ravdess_01-01-01-01-01-01-01.mp4") as recording:
        timeline = FacePerceiver().perceive(
            recording, progress=lambda stage, done, total: seconds.append(done)
        )
        duration = recording.duration_s
    table = timeline.table
    assert np.allclose(table["start_s"].iloc[1:], table["end_s"].iloc[:-1])
    assert table["start_s"].iloc[0] == 0
    assert table["end_s"].iloc[-1] == pytest.approx(duration, abs=0.3)
    assert seconds == sorted(seconds)
    assert seconds[-1] == pytest.approx(duration)
    assert set(timeline.leading) == {"neutral"}  # the clip is RAVDESS's neutral


def test_a_tiny_or_dull_face_is_not_told(photos: Path, tmp_path: Path) -> None:
    photo = Image.open(photos / "single_face.jpg").convert("RGB")
    small = Image.new("RGB", (400, 400), (120, 120, 120))
    small.paste(photo.resize((44, 44), Image.Resampling.BOX), (170, 170))
    small.save(tmp_path / "small.png")
    timeline = perceive(tmp_path / "small.png")
    assert timeline.labels.isna().all().all()
    if len(timeline):
        assert "small" in timeline.table["reason"].iloc[0]
        assert timeline.leading.isna().all()
    else:
        assert timeline.notes[0].reason == "no face was seen"


def test_sound_alone_gives_an_empty_lane_with_a_note(shared_data: Callable[[str], Path]) -> None:
    folder = shared_data("av/speech/emodb")
    timeline = perceive(next(iter(sorted(folder.glob("*.flac")))))
    assert len(timeline) == 0
    assert "no picture" in timeline.notes[0].reason


def test_constructing_a_perceiver_loads_nothing() -> None:
    code = (
        "import sys; from affectkit.perceive.face import FacePerceiver; FacePerceiver(threads=1);"
        "print([m for m in ('ai_edge_litert', 'onnxruntime', 'av', 'safetensors', 'sklearn')"
        " if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
