"""Faces of one person describe alike; chips put the eyes where the network expects them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from affectkit.errors import WeightsError
from affectkit.media import Recording
from affectkit.models.convert import face_identity as converter
from affectkit.perceive.face_detection import FaceDetector
from affectkit.perceive.face_identity import _PLACES, _POINTS, SIDE, FaceIdentifier, aligned
from affectkit.perceive.face_landmarks import FaceMesher, Region


@given(st.floats(-70, 70), st.floats(0.6, 3.0), st.integers(150, 350), st.integers(150, 350))
@settings(max_examples=25, deadline=None)
def test_a_chip_shows_planted_points_in_their_places(angle, scale, x, y) -> None:
    """Five dots, turned and scaled as one, land where the network's training faces have them."""
    a = np.radians(angle)
    turn = scale * np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]])
    landmarks = np.zeros((478, 3))
    landmarks[list(_POINTS), :2] = (_PLACES - 0.5) * 100 @ turn.T + [x, y]
    image = np.zeros((500, 500, 3), np.uint8)
    rows, columns = np.mgrid[:500, :500] + 0.5
    for px, py in landmarks[list(_POINTS), :2]:
        image[np.hypot(columns - px, rows - py) < max(2.0, 4 * scale)] = 255
    chip = aligned(image, landmarks)[:, :, 0].astype(float)
    for px, py in _PLACES * SIDE:
        near = chip[max(0, int(py) - 4) : int(py) + 5, max(0, int(px) - 4) : int(px) + 5]
        assert near.max() > 150
    far = np.ones((SIDE, SIDE), bool)
    for px, py in _PLACES * SIDE:
        r, c = np.mgrid[:SIDE, :SIDE] + 0.5
        far &= np.hypot(c - px, r - py) > 14
    assert chip[far].max() < 60


def test_one_person_is_nearer_to_himself_than_to_others(
    shared_data: Callable[[str], Path], weights: Callable[..., None]
) -> None:
    weights("face_detector", "face_landmarks", "face_blendshapes", "face_identity")
    detector, mesher, identifier = FaceDetector(), FaceMesher(), FaceIdentifier()

    def describe(image: np.ndarray) -> list[np.ndarray]:
        regions = [Region.of_detection(d) for d in detector(image)]
        return [identifier(image, mesher(image, region)) for region in regions]

    video = shared_data("av/video")
    people = []
    for name in ("pyfeat_WolfgangLanger_Pexels.mp4", "pyfeat_single_face.mp4"):
        with Recording.open(video / name) as recording:
            looks = [describe(f.image)[0] for f in recording.frames(rate_hz=0.8)]
        people.append(np.array(looks))
    photo = shared_data("av/face/pyfeat") / "multi_face.jpg"
    others = np.array(describe(np.asarray(Image.open(photo).convert("RGB"))))
    for i, looks in enumerate(people):
        stranger = np.concatenate([people[1 - i], others])
        within = 1 - looks @ looks.mean(axis=0) / np.linalg.norm(looks.mean(axis=0))
        across = 1 - stranger @ looks.mean(axis=0) / np.linalg.norm(looks.mean(axis=0))
        assert within.max() < across.min()
        assert np.allclose(np.linalg.norm(looks, axis=1), 1)


@given(st.binary(max_size=400))
@settings(max_examples=40, deadline=None)
def test_a_file_that_is_no_network_is_refused_and_nothing_is_written(stored: bytes) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "net.dat", Path(folder) / "net.onnx"
        for content in (stored, b"\x01\x05con_5\x01\x02" + stored, b"\x01\x07affine_" + stored):
            source.write_bytes(content)
            with pytest.raises(WeightsError):
                converter.convert(source, target)
        assert not target.exists()
