"""Telling faces of one recording apart, so that each person keeps one lane."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affectkit.perceive.face_landmarks import Mesh, Region

ROLE = "face_identity"
SIDE = 150

# Outer and inner corners of both eyes and the base of the nose: which landmarks they are,
# and where dlib's chips have them, in sides (its mean face, with a quarter of a side around).
_POINTS = (263, 362, 33, 133, 2)
_PLACES = (
    np.array(
        [
            (0.8595674595992, 0.2134981538014),
            (0.6460604764104, 0.2289674387677),
            (0.1205750620789, 0.2137274526848),
            (0.3340850613712, 0.2290642403242),
            (0.4901123135679, 0.6277975316475),
        ]
    )
    + 0.25
) / 1.5


@dataclass
class FaceIdentifier:
    """Describes a face by 128 numbers that are alike for one person.

    King (2017), "High Quality Face Recognition with Deep Metric Learning" (dlib; CC0). The
    numbers serve to follow people through one recording; they are not kept, written out or
    compared with any other recording.

    Parameters
    ----------
    threads
        Threads the network may use.
    path
        The network; the installed weights of the role ``face_identity`` if None.
    """

    threads: int = 1
    path: Path | None = None
    _session: Any = field(default=None, init=False, repr=False)

    @property
    def installed(self) -> bool:
        """Whether the network is at hand; without it people are told apart by colours."""
        from affectkit.models import weights

        return self.path is not None or (ROLE in _roles() and weights.installed(ROLE))

    def __call__(self, image: NDArray[np.uint8], mesh: Mesh) -> NDArray[np.float64]:
        """Return a vector of length 1 [shape=(128,)]."""
        if self._session is None:
            from affectkit.models.sessions import OnnxSession
            from affectkit.models.weights import path

            self._session = OnnxSession(self.path or path(ROLE), self.threads)
        chip = aligned(image, mesh.landmarks).astype(np.float32)
        (numbers,) = self._session.run({"face": chip.transpose(2, 0, 1)[None]})
        vector = numbers[0].astype(np.float64)
        return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-12))


def aligned(image: NDArray[np.uint8], landmarks: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Return the face turned and scaled as dlib's chips are [shape=(150, 150, 3)].

    The similarity transform of least squared error from the eye corners and the base of
    the nose (Umeyama 1991, equations 40–42).
    """
    seen = landmarks[list(_POINTS), :2]
    wanted = _PLACES * SIDE
    a, b = wanted - wanted.mean(axis=0), seen - seen.mean(axis=0)
    cos, sin = (a * b).sum(), (a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum()
    scale = np.hypot(cos, sin) / (a**2).sum()
    angle = np.arctan2(sin, cos)
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    centre = turn @ (np.array([SIDE / 2, SIDE / 2]) - wanted.mean(axis=0)) + seen.mean(axis=0)
    region = Region(float(centre[0]), float(centre[1]), float(scale * SIDE), float(angle))
    return region.crop(image, SIDE)


def _roles() -> tuple[str, ...]:
    from affectkit.models import manifest

    return tuple(manifest.roles())
