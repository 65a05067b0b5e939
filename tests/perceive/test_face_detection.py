"""Properties of face detection: what is found does not depend on order, place or copies."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from affectkit.perceive.face_detection import (
    GRID,
    SIDE,
    FaceDetector,
    decode,
    letterbox,
    overlaps,
    suppress,
)

BOXES = st.lists(
    st.tuples(*[st.floats(0, 100)] * 2, *[st.floats(1, 50)] * 2, st.floats(0.5, 1.0)),
    min_size=1,
    max_size=12,
    unique_by=lambda b: b[4],
)


def corners(boxes: list[tuple[float, ...]]) -> tuple[np.ndarray, np.ndarray]:
    values = np.array(boxes)
    box = np.concatenate([values[:, :2], values[:, :2] + values[:, 2:4]], axis=1)
    return box, values[:, 4]


@given(BOXES, st.randoms())
@settings(max_examples=60, deadline=None)
def test_suppression_does_not_depend_on_order_and_only_averages(boxes, random) -> None:
    box, score = corners(boxes)
    points = np.repeat(box[:, None, :2], 6, axis=1)
    out, _, kept = suppress(box, points, score)
    order = list(range(len(box)))
    random.shuffle(order)
    again, _, _ = suppress(box[order], points[order], score[order])
    assert np.allclose(np.sort(out, axis=0), np.sort(again, axis=0))
    assert len(out) <= len(box)
    assert set(kept) <= set(score)
    assert (out >= box.min(axis=0) - 1e-9).all()
    assert (out <= box.max(axis=0) + 1e-9).all()


@given(BOXES)
@settings(max_examples=60, deadline=None)
def test_overlap_is_symmetric_and_whole_with_itself(boxes) -> None:
    box, _ = corners(boxes)
    share = overlaps(box, box)
    assert np.allclose(share, share.T)
    assert np.allclose(np.diag(share), 1.0)
    assert share.min() >= 0
    assert share.max() <= 1 + 1e-9


@given(st.integers(0, GRID - 1), st.integers(0, GRID - 1), st.floats(5, 60))
@settings(max_examples=40, deadline=None)
def test_a_planted_box_is_decoded_where_it_was_planted(column, row, size) -> None:
    regressors = np.zeros((GRID * GRID, 16), np.float32)
    logits = np.full(GRID * GRID, -9.0, np.float32)
    cell = row * GRID + column
    regressors[cell, 2:4] = size
    logits[cell] = 4.0
    boxes, points, scores = decode(regressors, logits, 0.5)
    centre = np.array([(column + 0.5) / GRID, (row + 0.5) / GRID])
    assert len(boxes) == 1
    assert np.allclose((boxes[0, :2] + boxes[0, 2:]) / 2, centre)
    assert np.allclose((boxes[0, 2:] - boxes[0, :2]) * SIDE, size, atol=1e-4)
    assert np.allclose(points[0], centre)
    assert scores[0] == pytest.approx(1 / (1 + np.exp(-4.0)))


@given(st.integers(2, 400), st.integers(2, 400))
@settings(max_examples=30, deadline=None)
def test_letterbox_leads_back_to_the_corners(width, height) -> None:
    _, length, offset = letterbox(np.zeros((height, width, 3), np.uint8), SIDE)
    # The image's far corner lies at most a pixel of the square away from where it is found.
    far = np.array([width, height]) + offset
    near = length - offset
    assert np.abs(far - near).max() <= 2 * length / SIDE


def test_a_photo_of_five_people_has_five_faces(
    shared_data: Callable[[str], Path], weights: Callable[..., None]
) -> None:
    weights("face_detector")
    path = shared_data("av/face/pyfeat") / "multi_face.jpg"
    image = np.asarray(Image.open(path).convert("RGB"))
    detector = FaceDetector()
    found = detector(image)
    assert len(found) == 5
    # Moved within a larger picture, the faces move along.
    moved = np.pad(image, ((40, 0), (90, 0), (0, 0)), constant_values=128)
    again = detector(moved)
    assert len(again) == 5
    left = np.array(sorted(tuple(d.box) for d in found))
    right = np.array(sorted(tuple(d.box) for d in again))
    size = left[:, 2].mean()
    assert np.abs(right[:, :2] - left[:, :2] - [90, 40]).max() < 0.15 * size


def test_pictures_without_people_have_no_faces(
    shared_data: Callable[[str], Path], weights: Callable[..., None]
) -> None:
    weights("face_detector")
    detector = FaceDetector()
    grey = np.full((200, 300, 3), 127, np.uint8)
    noise = np.random.default_rng(0).integers(0, 255, (240, 320, 3), dtype=np.uint8)
    assert detector(grey) == []
    assert detector(noise) == []
    assert detector(np.zeros((1, 1, 3), np.uint8)) == []
