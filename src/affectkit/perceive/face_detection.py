"""Where the faces of an image are: full-range BlazeFace with weighted suppression."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SIDE = 192
GRID = 48
KEYPOINTS = ("right_eye", "left_eye", "nose", "mouth", "right_ear", "left_ear")
"""What the six points of a detection are; right and left are the person's own."""


@dataclass(frozen=True)
class Detection:
    """One face found in an image.

    Parameters
    ----------
    box
        Left, top, width and height in pixels of the image [shape=(4,)].
    points
        The six `KEYPOINTS` in pixels [shape=(6, 2)].
    score
        How sure the detector is, in [0, 1].
    """

    box: NDArray[np.float64]
    points: NDArray[np.float64]
    score: float


@dataclass
class FaceDetector:
    """Finds faces in an image; loads its weights at the first call.

    Bazarevsky et al. (2019), "BlazeFace: Sub-millisecond Neural Face Detection on Mobile
    GPUs", in the full-range version (faces up to 5 m away).

    Parameters
    ----------
    threads
        Threads the network may use.
    minimum_score
        Detections below this score, in [0, 1], are left out.
    path
        The network; the installed weights of the role ``face_detector`` if None.

    Examples
    --------
    >>> FaceDetector().minimum_score
    0.6
    """

    threads: int = 1
    minimum_score: float = 0.6
    path: Path | None = None
    _session: Any = field(default=None, init=False, repr=False)

    def __call__(self, image: NDArray[np.uint8]) -> list[Detection]:
        """Return the faces of an RGB image [shape=(h, w, 3)], the surest first."""
        return self.read(*letterbox(image, SIDE))

    def read(
        self, square: NDArray[np.uint8], length: float, offset: NDArray[np.float64]
    ) -> list[Detection]:
        """Return the faces of what `letterbox` made of an image, in places of the image."""
        if self._session is None:
            from affectkit.models.sessions import LiteSession
            from affectkit.models.weights import path

            self._session = LiteSession(self.path or path("face_detector"), self.threads)
        outputs = self._session(square[None].astype(np.float32) / 127.5 - 1.0)
        regressors = next(o for o in outputs if o.shape[-1] == 16)[0]
        logits = next(o for o in outputs if o.shape[-1] == 1)[0, :, 0]
        boxes, points, scores = decode(regressors, logits, self.minimum_score)
        boxes, points, scores = suppress(boxes, points, scores)
        boxes = boxes * length - np.concatenate([offset, offset])
        points = points * length - offset
        return [
            Detection(np.concatenate([b[:2], b[2:] - b[:2]]), p, float(s))
            for b, p, s in zip(boxes, points, scores, strict=True)
        ]


def letterbox(
    image: NDArray[np.uint8], side: int
) -> tuple[NDArray[np.uint8], float, NDArray[np.float64]]:
    """Return the image scaled into a black square, and how to find the way back.

    Parameters
    ----------
    image
        RGB image [shape=(h, w, 3)].
    side
        Side of the square in pixels.

    Returns
    -------
    square [shape=(side, side, 3)], the length of the square in pixels of the image, and the
    offset (x, y) to take away from a place in the square after scaling it to that length.

    Examples
    --------
    >>> square, length, offset = letterbox(np.zeros((90, 160, 3), np.uint8), 192)
    >>> square.shape, length, offset.tolist()
    ((192, 192, 3), 160.0, [0.0, 35.0])
    """
    height, width = image.shape[:2]
    length = max(height, width)
    w = max(1, round(width * side / length))
    h = max(1, round(height * side / length))
    # The box filter averages over areas, so that a strong reduction does not alias; the
    # whole-number part of it is three times as fast when taken first.
    small = np.asarray(
        Image.fromarray(image).resize((w, h), Image.Resampling.BOX, reducing_gap=1.0)
    )
    square = np.zeros((side, side, 3), np.uint8)
    left, top = (side - w) // 2, (side - h) // 2
    square[top : top + h, left : left + w] = small
    scale = length / side
    return square, float(length), np.array([left * scale, top * scale])


def decode(
    regressors: NDArray[np.float32], logits: NDArray[np.float32], minimum_score: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return the corners, points and scores that the network's numbers mean.

    Parameters
    ----------
    regressors
        Per cell of the 48 × 48 grid: centre offset, size and six points, in pixels of the
        192 × 192 input [shape=(2304, 16)].
    logits
        Per cell [shape=(2304,)].
    minimum_score
        Cells below it are left out.

    Returns
    -------
    corners (x0, y0, x1, y1) [shape=(n, 4)], points [shape=(n, 6, 2)], both in [0, 1] of the
    square, and scores [shape=(n,)].
    """
    probability = 1.0 / (1.0 + np.exp(-np.clip(logits.astype(np.float64), -80, 80)))
    kept = np.flatnonzero(probability >= minimum_score)
    numbers = regressors[kept].astype(np.float64) / SIDE
    anchor = np.stack([(kept % GRID + 0.5) / GRID, (kept // GRID + 0.5) / GRID], axis=1)
    centre, half = numbers[:, :2] + anchor, numbers[:, 2:4] / 2
    points = numbers[:, 4:].reshape(-1, 6, 2) + anchor[:, None]
    return np.concatenate([centre - half, centre + half], axis=1), points, probability[kept]


def suppress(
    boxes: NDArray[np.float64],
    points: NDArray[np.float64],
    scores: NDArray[np.float64],
    *,
    overlap: float = 0.3,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return one box for each group of overlapping ones: their mean, weighted by score.

    Bazarevsky et al. (2019), section 3.4: averaging instead of picking steadies the boxes
    from frame to frame.

    Parameters
    ----------
    boxes
        Corners [shape=(n, 4)].
    points
        Points of each box [shape=(n, k, 2)].
    scores
        Score of each box [shape=(n,)].
    overlap
        Boxes that share more than this part of their union with the surest are joined to it.

    Examples
    --------
    >>> twice = np.array([[0.0, 0.0, 2.0, 2.0], [0.0, 0.0, 2.0, 4.0]])
    >>> suppress(twice, np.zeros((2, 6, 2)), np.array([0.5, 0.5]))[0].tolist()
    [[0.0, 0.0, 2.0, 3.0]]
    """
    share = overlaps(boxes, boxes)
    left = np.ones(len(boxes), dtype=bool)
    out_boxes, out_points, out_scores = [], [], []
    for i in np.argsort(-scores, kind="stable"):
        if not left[i]:
            continue
        group = left & (share[i] > overlap)
        group[i] = True
        left &= ~group
        weight = scores[group] / scores[group].sum()
        out_boxes.append(weight @ boxes[group])
        out_points.append(np.tensordot(weight, points[group], axes=1))
        out_scores.append(scores[i])
    return (
        np.array(out_boxes).reshape(-1, 4),
        np.array(out_points).reshape(-1, *points.shape[1:]),
        np.array(out_scores),
    )


def overlaps(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the shared part of the union of each pair of boxes [shape=(n, m)].

    Parameters
    ----------
    first, second
        Corners x0, y0, x1, y1 [shape=(n, 4)] and [shape=(m, 4)].

    Examples
    --------
    >>> a = np.array([[0.0, 0.0, 2.0, 1.0]])
    >>> overlaps(a, np.array([[1.0, 0.0, 3.0, 1.0]])).round(3).tolist()
    [[0.333]]
    """
    low = np.maximum(first[:, None, :2], second[None, :, :2])
    high = np.minimum(first[:, None, 2:], second[None, :, 2:])
    shared = np.prod(np.clip(high - low, 0, None), axis=2)
    area_first = np.prod(first[:, 2:] - first[:, :2], axis=1)
    area_second = np.prod(second[:, 2:] - second[:, :2], axis=1)
    union = area_first[:, None] + area_second[None] - shared
    return np.asarray(np.where(union > 0, shared / np.where(union > 0, union, 1), 0.0))
