"""Properties of landmarks and blendshapes: mirrors, turns and known rotations."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from affectkit.perceive import action_units
from affectkit.perceive.expression import features
from affectkit.perceive.face_detection import FaceDetector
from affectkit.perceive.face_landmarks import (
    _RIGID,
    BLENDSHAPES,
    FaceMesher,
    Mesh,
    Region,
    head_pose,
    mouth_opening,
)

MIRRORED = [
    BLENDSHAPES.index(name.replace("Left", "*").replace("Right", "Left").replace("*", "Right"))
    for name in BLENDSHAPES
]


def mesh_of(image: np.ndarray) -> Mesh:
    found = FaceDetector()(image)
    assert len(found) == 1
    return FaceMesher()(image, Region.of_detection(found[0]))


@pytest.fixture(scope="module")
def face(
    shared_data: Callable[[str], Path],
    weights: Callable[..., None],
) -> np.ndarray:
    weights("face_detector", "face_landmarks", "face_blendshapes")
    path = shared_data("av/face/pyfeat") / "single_face.jpg"
    return np.asarray(Image.open(path).convert("RGB"))


@given(
    st.floats(-60, 60), st.floats(-45, 45), st.floats(-80, 80), st.floats(0.5, 40), st.floats(-9, 9)
)
@settings(max_examples=80, deadline=None)
def test_head_pose_recovers_the_angles_that_a_head_was_turned_by(
    yaw, pitch, roll, scale, shift
) -> None:
    y, p, r = np.radians([yaw, pitch, roll])
    canonical = np.array(list(_RIGID.values())) * [1, -1, -1]
    about_y = np.array([[np.cos(y), 0, -np.sin(y)], [0, 1, 0], [np.sin(y), 0, np.cos(y)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(p), np.sin(p)], [0, -np.sin(p), np.cos(p)]])
    about_z = np.array([[np.cos(r), -np.sin(r), 0], [np.sin(r), np.cos(r), 0], [0, 0, 1]])
    face = np.zeros((478, 3))
    if roll and (yaw or pitch):
        # With all three, angles depend on their order; the gaze direction never does.
        face[list(_RIGID)] = canonical @ (about_y @ about_x).T * scale + shift
        roll = 0.0
        measured = head_pose(face)
        assert np.allclose(measured[:2], [yaw, pitch], atol=1e-6)
        return
    face[list(_RIGID)] = canonical @ (about_z @ about_y @ about_x).T * scale + shift
    assert np.allclose(head_pose(face), [yaw, pitch, roll], atol=1e-6)


def test_turning_the_picture_turns_the_head_and_keeps_the_expression(face: np.ndarray) -> None:
    straight = mesh_of(face)
    turned = mesh_of(np.asarray(Image.fromarray(face).rotate(-25, fillcolor=(127, 127, 127))))
    assert head_pose(turned.landmarks)[2] - head_pose(straight.landmarks)[2] == pytest.approx(
        25, abs=3
    )
    assert np.abs(turned.blendshapes - straight.blendshapes).mean() < 0.05
    assert mouth_opening(turned.landmarks) == pytest.approx(
        mouth_opening(straight.landmarks), abs=0.03
    )


def test_a_mirrored_face_swaps_left_and_right(face: np.ndarray) -> None:
    plain = mesh_of(face)
    mirror = mesh_of(np.ascontiguousarray(face[:, ::-1]))
    swapped = np.abs(mirror.blendshapes[MIRRORED] - plain.blendshapes).mean()
    kept = np.abs(mirror.blendshapes - plain.blendshapes).mean()
    assert swapped < kept
    assert swapped < 0.05
    assert head_pose(mirror.landmarks)[0] == pytest.approx(-head_pose(plain.landmarks)[0], abs=3)


def test_half_the_size_shows_the_same_face(face: np.ndarray) -> None:
    plain = mesh_of(face)
    small = mesh_of(np.asarray(Image.fromarray(face).resize((286, 281), Image.Resampling.BOX)))
    scale = np.array(face.shape[1::-1]) / [286, 281]
    gap = np.linalg.norm(small.landmarks[:, :2] * scale - plain.landmarks[:, :2], axis=1)
    assert np.median(gap) < 0.02 * plain.box[2]
    assert np.abs(small.blendshapes - plain.blendshapes).mean() < 0.05


def test_what_is_no_face_has_no_presence(face: np.ndarray) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (300, 300, 3), dtype=np.uint8)
    assert FaceMesher()(noise, Region(150, 150, 200, 0.3)).presence < 0.1
    assert FaceMesher()(noise, Region(-900, -900, 50, 0.0)).presence < 0.1


@given(st.lists(st.floats(0, 1), min_size=52, max_size=52))
@settings(max_examples=40, deadline=None)
def test_units_and_features_do_not_know_left_from_right(values) -> None:
    shapes = np.array(values)
    assert np.allclose(action_units.derive(shapes), action_units.derive(shapes[MIRRORED]))
    assert np.allclose(features(shapes), features(shapes[MIRRORED]))
    units = action_units.derive(shapes)
    assert units.min() >= 0
    assert units.max() <= 1 + 1e-12


def test_a_smile_is_au_12(face: np.ndarray) -> None:
    units = dict(
        zip(action_units.units(), action_units.derive(mesh_of(face).blendshapes), strict=True)
    )
    assert units["au_12"] > 0.5
    assert units["au_12"] > units["au_15"] + 0.4
