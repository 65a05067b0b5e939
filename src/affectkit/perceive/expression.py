"""What a face expresses: blendshapes and a coarse picture model, told together."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from affectkit.affect import LabelSet
from affectkit.perceive.face_landmarks import BLENDSHAPES, Mesh, Region

if TYPE_CHECKING:
    from collections.abc import Mapping

MODEL = "face-expression-1"
COARSE_LABELS = ("anger", "disgust", "fear", "joy", "sadness", "surprise", "neutral")
"""What the seven outputs of the coarse model are, in ekman7's words."""
HEAD_LABELS = ("joy", "sadness", "other")
"""What the blendshape head tells apart."""

# Where the coarse model's training pictures have the face: their side in heights of the
# landmarks' box, and their centre above that of the box, in sides (median over FER2013).
_COARSE_SIDE, _COARSE_RAISE = 1.08, 0.056
_TINY = 1e-4


@dataclass
class ExpressionReader:
    """Reads the expression of a face; loads its weights at the first call.

    Two experts are pooled. A linear head over blendshapes tells joy, sadness and all other
    expressions apart; a small convolutional network looks at the grey picture and tells
    seven labels. The pool is the geometric mean of what the network says and of what it
    says after its three-way sums are replaced by the head's (Genest & Zidek 1986, a
    logarithmic opinion pool with equal weights). What comes out is then carried through
    the channel by which raters stray from the plurality, counted from ten votes for each
    of some 28,000 faces (Barsoum et al. 2016), so that a probability means the share of
    people who would say so.

    Parameters
    ----------
    threads
        Threads the network may use.
    folder
        Where the shipped numbers are (``model.safetensors``); the shipped folder if None.
    coarse
        The coarse network; the installed weights of ``expression_coarse`` if None.

    Examples
    --------
    >>> ExpressionReader().threads
    1
    """

    threads: int = 1
    folder: Path | None = None
    coarse: Path | None = None
    _session: Any = field(default=None, init=False, repr=False)
    _numbers: Mapping[str, NDArray[np.float64]] | None = field(default=None, init=False, repr=False)

    def __call__(self, mesh: Mesh) -> NDArray[np.float64]:
        """Return the plurality's distribution over `COARSE_LABELS` [shape=(7,)].

        Pass a mean of such distributions through `voted` to get the share of people.
        """
        if self._session is None:
            from affectkit.models.sessions import LiteSession
            from affectkit.models.weights import path

            self._session = LiteSession(self.coarse or path("expression_coarse"), self.threads)
        grey = coarse_crop(mesh).astype(np.float32)
        network = self._session(((grey / 255.0 - 0.5) * 2.0)[None, ..., None])[0][0]
        return pool(network.astype(np.float64), self.head(mesh.blendshapes))

    @property
    def numbers(self) -> Mapping[str, NDArray[np.float64]]:
        """The shipped arrays by name."""
        if self._numbers is None:
            from safetensors.numpy import load_file

            if self.folder is None:
                from affectkit.models import shipped

                self.folder = shipped(MODEL)
            loaded = load_file(self.folder / "model.safetensors")
            self._numbers = {k: np.asarray(v, dtype=np.float64) for k, v in loaded.items()}
        return self._numbers

    def head(self, blendshapes: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the distribution over `HEAD_LABELS` of blendshapes [shape=(…, 52)]."""
        n = self.numbers
        x = (features(blendshapes) - n["mean"]) / n["scale"]
        return softmax((x @ n["weight"].T + n["bias"]) / n["temperature"])

    def voted(self, plurality: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the share of people expected to give each label [shape=(…, 7)]."""
        return np.asarray(plurality @ self.numbers["votes"])

    def spread(self, plurality: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the share of people, in [0, 1], expected to stray from the plurality.

        For each label the share of raters who say another where most say this one,
        averaged over which label the plurality may be.
        """
        return np.asarray(plurality @ (1.0 - np.diag(self.numbers["votes"])))


def pool(network: NDArray[np.float64], head: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the pooled distribution over `COARSE_LABELS` [shape=(…, 7)].

    Parameters
    ----------
    network
        Distribution over `COARSE_LABELS` [shape=(…, 7)].
    head
        Distribution over `HEAD_LABELS` [shape=(…, 3)].

    Examples
    --------
    >>> even = np.full(7, 1 / 7)
    >>> agreeing = np.array([1 / 7, 1 / 7, 5 / 7])
    >>> bool(np.allclose(pool(even, agreeing), even))
    True
    """
    network = np.clip(network, _TINY, None)
    network = network / network.sum(axis=-1, keepdims=True)
    part = _parts()
    three = network @ part.T
    ratio = np.sqrt(np.clip(head, _TINY, None) / three) @ part
    both = network * ratio
    return np.asarray(both / both.sum(axis=-1, keepdims=True))


@cache
def _parts() -> NDArray[np.float64]:
    """Return which of `COARSE_LABELS` each of `HEAD_LABELS` holds [shape=(3, 7)]."""
    rows = np.array([[float(c == h) for c in COARSE_LABELS] for h in HEAD_LABELS])
    rows[HEAD_LABELS.index("other")] = 1.0 - rows.sum(axis=0)
    return rows


@cache
def _both_sides() -> NDArray[np.float64]:
    """Return the weights that average left and right [shape=(52, n_pairs)]."""
    names: dict[str, list[int]] = {}
    for i, name in enumerate(BLENDSHAPES):
        if name != "_neutral":
            names.setdefault(name.replace("Left", "").replace("Right", ""), []).append(i)
    weights = np.zeros((len(BLENDSHAPES), len(names)))
    for column, places in enumerate(names.values()):
        weights[places, column] = 1.0 / len(places)
    return weights


def features(blendshapes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what the head reads of blendshapes: both sides' mean, as logit and as root.

    A mirrored face gives the same features.

    Parameters
    ----------
    blendshapes
        In the order of `BLENDSHAPES` [shape=(…, 52)].

    Examples
    --------
    >>> features(np.full(52, 0.25)).max()
    np.float64(0.5)
    """
    values = np.clip(np.asarray(blendshapes, dtype=np.float64), 1e-5, 1 - 1e-5)
    logits = np.log(values / (1 - values)) @ _both_sides()
    return np.concatenate([logits, np.sqrt(values @ _both_sides())], axis=-1)


def coarse_crop(mesh: Mesh, side: int = 64) -> NDArray[np.uint8]:
    """Return the grey, upright picture that the coarse model reads [shape=(side, side)]."""
    x, y, w, h = mesh.box
    # The mesh's own crop is upright already, and smaller than a frame.
    m = mesh.region.matrix(len(mesh.crop))
    centre = np.linalg.solve(m[:, :2], np.array([x + w / 2, y + h / 2]) - m[:, 2])
    length = _COARSE_SIDE * h * len(mesh.crop) / mesh.region.side
    centre[1] -= _COARSE_RAISE * length
    region = Region(float(centre[0]), float(centre[1]), float(length), 0.0)
    return np.asarray(Image.fromarray(region.crop(mesh.crop, side)).convert("L"))


def to_ekman(values: NDArray[np.float64], label_set: LabelSet) -> NDArray[np.float64]:
    """Return a distribution over `COARSE_LABELS` in the order of a label set.

    Examples
    --------
    >>> ekman = LabelSet.load("ekman7")
    >>> int(to_ekman(np.eye(7)[COARSE_LABELS.index("joy")], ekman).argmax()) == ekman.index("joy")
    True
    """
    places = [COARSE_LABELS.index(label) for label in label_set.labels]
    return np.asarray(values[..., places])


def softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return probabilities over the last axis.

    Examples
    --------
    >>> softmax(np.zeros(2)).tolist()
    [0.5, 0.5]
    """
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))
