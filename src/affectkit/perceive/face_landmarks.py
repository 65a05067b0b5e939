"""What a face does: 478 landmarks, 52 blendshapes, head pose and mouth opening."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from affectkit.perceive.face_detection import Detection

BLENDSHAPES = tuple(
    "_neutral browDownLeft browDownRight browInnerUp browOuterUpLeft browOuterUpRight cheekPuff "
    "cheekSquintLeft cheekSquintRight eyeBlinkLeft eyeBlinkRight eyeLookDownLeft "
    "eyeLookDownRight eyeLookInLeft eyeLookInRight eyeLookOutLeft eyeLookOutRight eyeLookUpLeft "
    "eyeLookUpRight eyeSquintLeft eyeSquintRight eyeWideLeft eyeWideRight jawForward jawLeft "
    "jawOpen jawRight mouthClose mouthDimpleLeft mouthDimpleRight mouthFrownLeft "
    "mouthFrownRight mouthFunnel mouthLeft mouthLowerDownLeft mouthLowerDownRight "
    "mouthPressLeft mouthPressRight mouthPucker mouthRight mouthRollLower mouthRollUpper "
    "mouthShrugLower mouthShrugUpper mouthSmileLeft mouthSmileRight mouthStretchLeft "
    "mouthStretchRight mouthUpperUpLeft mouthUpperUpRight noseSneerLeft noseSneerRight".split()
)
"""The 52 blendshapes in the network's order, each in [0, 1]; names as in ARKit.

Left and right are the person's own.
"""

CROP = 256
_MARGIN = 1.5  # the network was trained on crops half as wide again as the face

# The landmarks that the blendshape network reads, of 478.
_READ = np.array(
    [
        *(0, 1, 4, 5, 6, 7, 8, 10, 13, 14, 17, 21, 33, 37, 39, 40, 46, 52, 53, 54, 55, 58, 61),
        *(63, 65, 66, 67, 70, 78, 80, 81, 82, 84, 87, 88, 91, 93, 95, 103, 105, 107, 109, 127),
        *(132, 133, 136, 144, 145, 146, 148, 149, 150, 152, 153, 154, 155, 157, 158, 159, 160),
        *(161, 162, 163, 168, 172, 173, 176, 178, 181, 185, 191, 195, 197, 234, 246, 249, 251),
        *(263, 267, 269, 270, 276, 282, 283, 284, 285, 288, 291, 293, 295, 296, 297, 300, 308),
        *(310, 311, 312, 314, 317, 318, 321, 323, 324, 332, 334, 336, 338, 356, 361, 362, 365),
        *(373, 374, 375, 377, 378, 379, 380, 381, 382, 384, 385, 386, 387, 388, 389, 390, 397),
        *(398, 400, 402, 405, 409, 415, 454, 466, 468, 469, 470, 471, 472, 473, 474, 475, 476),
        477,
    ]
)
_RIGHT_EYE, _LEFT_EYE, _UPPER_LIP, _LOWER_LIP = 33, 263, 13, 14

# Points of the face that expression moves little, and where they are on the canonical face
# of MediaPipe (Apache-2.0; x to the person's left, y up, z towards the viewer, in cm).
_RIGID = {
    6: (0.0, 2.473, 5.789),
    10: (0.0, 8.262, 4.482),
    33: (-4.446, 2.664, 3.173),
    133: (-1.856, 2.585, 3.758),
    362: (1.856, 2.585, 3.758),
    263: (4.446, 2.664, 3.173),
    4: (0.0, -0.463, 7.587),
    127: (-7.743, 2.365, -2.005),
    356: (7.743, 2.365, -2.005),
    234: (-7.664, 0.673, -2.436),
    454: (7.664, 0.673, -2.436),
    168: (0.0, 3.271, 5.236),
    197: (0.0, 1.728, 6.317),
}


@dataclass(frozen=True)
class Region:
    """A square of the image, turned so that the face in it is upright.

    Parameters
    ----------
    x, y
        Centre in pixels.
    side
        Length of a side in pixels.
    angle
        By how much the face is turned clockwise, in radians.
    """

    x: float
    y: float
    side: float
    angle: float

    @classmethod
    def of_detection(cls, detection: Detection) -> Region:
        """Return the region around a detected face."""
        right, left = detection.points[0], detection.points[1]
        across = left - right
        x, y, w, h = detection.box
        return cls(
            float(x + w / 2),
            float(y + h / 2),
            float(max(w, h)) * _MARGIN,
            float(np.arctan2(across[1], across[0])),
        )

    @classmethod
    def of_landmarks(cls, landmarks: NDArray[np.float64]) -> Region:
        """Return the region around landmarks [shape=(478, 3)] of an earlier frame."""
        low, high = landmarks[:, :2].min(axis=0), landmarks[:, :2].max(axis=0)
        across = landmarks[_LEFT_EYE, :2] - landmarks[_RIGHT_EYE, :2]
        x, y = (low + high) / 2
        return cls(
            float(x),
            float(y),
            float((high - low).max()) * _MARGIN,
            float(np.arctan2(across[1], across[0])),
        )

    def matrix(self, side: int) -> NDArray[np.float64]:
        """Return the affine map from pixels of a crop to pixels of the image [shape=(2, 3)]."""
        cos, sin = np.cos(self.angle), np.sin(self.angle)
        turn = np.array([[cos, -sin], [sin, cos]]) * (self.side / side)
        corner = np.array([self.x, self.y]) - turn @ np.array([side / 2, side / 2])
        return np.concatenate([turn, corner[:, None]], axis=1)

    def crop(self, image: NDArray[np.uint8], side: int = CROP) -> NDArray[np.uint8]:
        """Return the region upright [shape=(side, side, 3)]; black outside the image.

        Examples
        --------
        >>> image = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
        >>> bool((Region(2, 2, 4, 0).crop(image, 4) == image).all())
        True
        """
        # Cut out first: a full-size image need not be looked at for a small face.
        reach = self.side / 2 * (abs(np.cos(self.angle)) + abs(np.sin(self.angle))) + 2
        x0, y0 = int(max(0, self.x - reach)), int(max(0, self.y - reach))
        x1 = int(min(image.shape[1], self.x + reach + 1))
        y1 = int(min(image.shape[0], self.y + reach + 1))
        if x1 <= x0 or y1 <= y0:
            return np.zeros((side, side, 3), np.uint8)
        part = Image.fromarray(np.ascontiguousarray(image[y0:y1, x0:x1]))
        m = self.matrix(side)
        m[:, 2] -= (x0, y0)
        shrink = int(self.side // side)
        if shrink >= 2:  # bilinear sampling alone would alias
            part = part.reduce(shrink)
            m /= shrink
        turned = part.transform(
            (side, side), Image.Transform.AFFINE, tuple(m.ravel()), Image.Resampling.BILINEAR
        )
        return np.asarray(turned)


@dataclass(frozen=True)
class Mesh:
    """What the landmark networks saw in one region.

    Parameters
    ----------
    landmarks
        x, y in pixels of the image and depth z on the same scale, smaller is nearer
        [shape=(478, 3)].
    presence
        Probability that the region holds a face.
    blendshapes
        The 52 `BLENDSHAPES`, each in [0, 1] [shape=(52,)].
    crop
        The upright region that was looked at [shape=(256, 256, 3)].
    region
        Where that region is.
    """

    landmarks: NDArray[np.float64]
    presence: float
    blendshapes: NDArray[np.float64]
    crop: NDArray[np.uint8]
    region: Region

    @property
    def box(self) -> NDArray[np.float64]:
        """Left, top, width and height of the landmarks in pixels [shape=(4,)]."""
        low, high = self.landmarks[:, :2].min(axis=0), self.landmarks[:, :2].max(axis=0)
        return np.concatenate([low, high - low])


@dataclass
class FaceMesher:
    """Reads landmarks and blendshapes from a region; loads its weights at the first call.

    Kartynnik et al. (2019), "Real-time Facial Surface Geometry from Monocular Video on
    Mobile GPUs", and Grishchenko et al. (2022), "Blendshapes GHUM", as LiteRT networks.

    Parameters
    ----------
    threads
        Threads each network may use.
    folder
        Where ``face_landmarks`` and ``face_blendshapes`` are; the installed weights if None.
    """

    threads: int = 1
    folder: Path | None = None
    _landmarks: Any = field(default=None, init=False, repr=False)
    _blendshapes: Any = field(default=None, init=False, repr=False)

    def __call__(self, image: NDArray[np.uint8], region: Region) -> Mesh:
        """Return what is seen in a region of an RGB image [shape=(h, w, 3)]."""
        self._load()
        crop = region.crop(image)
        outputs = self._landmarks(crop[None].astype(np.float32) / 255.0)
        raw = next(o for o in outputs if o.size == 478 * 3).reshape(478, 3).astype(np.float64)
        # Two single numbers come out; the one of rank 4 is the presence, the other the tongue.
        logit = next(o for o in outputs if o.size == 1 and o.ndim == 4)
        m = region.matrix(CROP)
        landmarks = np.empty((478, 3))
        landmarks[:, :2] = raw[:, :2] @ m[:, :2].T + m[:, 2]
        landmarks[:, 2] = raw[:, 2] * (region.side / CROP)
        shapes = self._blendshapes(landmarks[_READ, :2][None].astype(np.float32))[0].ravel()
        presence = 1.0 / (1.0 + np.exp(-np.clip(float(logit.ravel()[0]), -80, 80)))
        return Mesh(landmarks, presence, shapes.astype(np.float64), crop, region)

    def _load(self) -> None:
        if self._landmarks is not None:
            return
        from affectkit.models.sessions import LiteSession
        from affectkit.models.weights import path

        def find(role: str) -> Path:
            return path(role) if self.folder is None else self.folder / f"{role}.tflite"

        self._landmarks = LiteSession(find("face_landmarks"), self.threads)
        self._blendshapes = LiteSession(find("face_blendshapes"), self.threads)


def head_pose(landmarks: NDArray[np.float64]) -> tuple[float, float, float]:
    """Return yaw, pitch and roll of the head in degrees.

    The rotation that carries a canonical face onto the points which expression moves
    little (Kabsch 1976, "A solution for the best rotation to relate two sets of vectors").

    Parameters
    ----------
    landmarks
        x right, y down, z away from the viewer, in one unit [shape=(478, 3)].

    Returns
    -------
    yaw
        Above 0 when the face turns to its own left, the viewer's right.
    pitch
        Above 0 when it looks up.
    roll
        Above 0 when it leans clockwise as the viewer sees it.

    Examples
    --------
    >>> face = np.zeros((478, 3))
    >>> face[list(_RIGID)] = np.array(list(_RIGID.values())) * [1, -1, -1]
    >>> yaw, pitch, roll = head_pose(face)
    >>> bool(max(abs(yaw), abs(pitch), abs(roll)) < 1e-6)
    True
    """
    canonical = np.array(list(_RIGID.values())) * np.array([1.0, -1.0, -1.0])
    seen = landmarks[list(_RIGID)]
    a, b = canonical - canonical.mean(axis=0), seen - seen.mean(axis=0)
    u, _, vt = np.linalg.svd(a.T @ b)
    flip = np.diag([1.0, 1.0, np.sign(np.linalg.det(vt.T @ u.T)) or 1.0])
    turn = vt.T @ flip @ u.T
    forward = turn @ np.array([0.0, 0.0, -1.0])
    yaw = np.degrees(np.arctan2(forward[0], -forward[2]))
    pitch = np.degrees(np.arctan2(-forward[1], np.hypot(forward[0], forward[2])))
    across = turn @ np.array([1.0, 0.0, 0.0])
    roll = np.degrees(np.arctan2(across[1], across[0]))
    return float(yaw), float(pitch), float(roll)


def mouth_opening(landmarks: NDArray[np.float64]) -> float:
    """Return the gap between the inner lips, in distances between the outer eye corners.

    About 0 for a closed mouth and 0.5 for one wide open; measured in three dimensions, so
    that turning the head changes it little.

    Examples
    --------
    >>> face = np.zeros((478, 3))
    >>> face[33, 0], face[263, 0], face[14, 1] = -50, 50, 20
    >>> mouth_opening(face)
    0.2
    """
    gap = np.linalg.norm(landmarks[_UPPER_LIP] - landmarks[_LOWER_LIP])
    eyes = np.linalg.norm(landmarks[_RIGHT_EYE] - landmarks[_LEFT_EYE])
    return float(gap) / max(float(eyes), 1e-9)


def eye_distance(landmarks: NDArray[np.float64]) -> float:
    """Return the distance between the outer eye corners in pixels, whatever the pose."""
    return float(np.linalg.norm(landmarks[_RIGHT_EYE] - landmarks[_LEFT_EYE]))
