"""How much a face can tell: its size, sharpness and pose."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SIZE_PX = (12.0, 48.0)
BLUR = (0.70, 0.40)
TURN_DEG = (60.0, 20.0)
"""Where each ramp of the quality is 0 and where it reaches 1."""


def quality(
    *, eye_distance_px: float, blur: float, yaw: float, pitch: float, presence: float
) -> float:
    """Return the quality of a face as evidence, in [0, 1].

    The presence that the landmark network reports, times the geometric mean of three
    ramps: the distance between the outer eye corners from 12 px (0) to 48 px (1), blur
    from 0.70 (0) to 0.40 (1), and the turn of the head away from the viewer, the larger
    of yaw and pitch, from 60° (0) to 20° (1). Any ramp at 0 makes the whole 0.

    Parameters
    ----------
    eye_distance_px
        Distance between the outer corners of the eyes in pixels of the decoded frame.
    blur
        As `blur_of` returns it, in [0, 1].
    yaw, pitch
        Head pose in degrees.
    presence
        Probability in [0, 1] that it is a face.

    Examples
    --------
    >>> quality(eye_distance_px=80, blur=0.3, yaw=5, pitch=-3, presence=1.0)
    1.0
    >>> quality(eye_distance_px=10, blur=0.3, yaw=5, pitch=-3, presence=1.0)
    0.0
    """
    size = _ramp(eye_distance_px, SIZE_PX)
    sharp = _ramp(blur, BLUR)
    facing = _ramp(max(abs(yaw), abs(pitch)), TURN_DEG)
    return float(np.clip(presence, 0.0, 1.0) * np.cbrt(size * sharp * facing))


def weakest(
    *, eye_distance_px: float, blur: float, yaw: float, pitch: float, presence: float
) -> str:
    """Return what lowers the quality most, in words for the user.

    Examples
    --------
    >>> weakest(eye_distance_px=13, blur=0.3, yaw=5, pitch=-3, presence=1.0)
    'the face is too small (13 pixels between the eyes)'
    """
    turn = max(abs(yaw), abs(pitch))
    ramps = {
        f"the face is too small ({eye_distance_px:.0f} pixels between the eyes)": _ramp(
            eye_distance_px, SIZE_PX
        ),
        "the face is too blurred": _ramp(blur, BLUR),
        f"the face is turned too far away ({turn:.0f}°)": _ramp(turn, TURN_DEG),
        "it is not clearly a face": presence,
    }
    return min(ramps, key=lambda words: ramps[words])


def blur_of(crop: NDArray[np.uint8]) -> float:
    """Return how blurred the middle of a crop is, in [0, 1].

    Crété-Roffet et al. (2007), "The Blur Effect: Perception and Estimation with a New
    No-Reference Perceptual Blur Metric", equations 2–5: what blurring once more takes away
    of the differences between neighbouring pixels. A sharp image loses much (value low),
    a blurred one little (value high). Judged at 128 pixels, so that faces of any size
    compare; a small face enlarged counts as blurred.

    Parameters
    ----------
    crop
        RGB image [shape=(n, n, 3)] with the face in the middle.

    Examples
    --------
    >>> noise = np.random.default_rng(0).integers(0, 255, (256, 256, 3), dtype=np.uint8)
    >>> smooth = (np.add.outer(np.arange(256), np.arange(256)) // 2)[..., None]
    >>> blur_of(noise) < 0.3 < blur_of(smooth.repeat(3, axis=2).astype(np.uint8))
    True
    """
    n = crop.shape[0]
    inner = crop[n // 5 : n - n // 5, n // 5 : n - n // 5, 1].astype(np.float32)
    step = max(1, n // 128)
    grey = inner[: len(inner) // step * step, : len(inner) // step * step]
    grey = grey.reshape(len(grey) // step, step, -1, step).mean(axis=(1, 3))
    worst = 0.0
    for image in (grey, grey.T):
        width = 9
        total = np.cumsum(np.pad(image, ((width // 2 + 1, width // 2), (0, 0)), "edge"), axis=0)
        again = (total[width:] - total[:-width]) / width
        sharp = np.abs(np.diff(image, axis=0))
        dull = np.abs(np.diff(again, axis=0))
        lost = np.maximum(sharp - dull, 0).sum()
        whole = sharp.sum()
        worst = max(worst, float(1 - lost / whole) if whole > 0 else 1.0)
    return min(1.0, max(0.0, worst))


def _ramp(value: float, ends: tuple[float, float]) -> float:
    """Return 0 at the first end, 1 at the second, straight between, flat beyond."""
    return float(np.clip((value - ends[0]) / (ends[1] - ends[0]), 0.0, 1.0))
