"""Nearness of meaning for the knowledge recipes: texts to vectors that can be compared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from affectkit.perceive.text_encoder import TextEncoder


class Encoder(Protocol):
    """Turns texts into unit vectors [shape=(n_texts, n_dimensions)]."""

    def __call__(self, texts: Sequence[str]) -> NDArray[np.float64]: ...


def encoder(threads: int = 1) -> Encoder:
    """Return the installed text encoder as a plain function of texts to unit vectors.

    Raises
    ------
    WeightsError
        At the first call, if the role ``text_encoder`` is not installed.
    """
    model = TextEncoder(threads=threads)

    def encode(texts: Sequence[str]) -> NDArray[np.float64]:
        return unit(model.encode(texts).astype(np.float64))

    return encode


def unit(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return vectors of length 1 in the same directions; a zero vector stays zero.

    Examples
    --------
    >>> unit(np.array([[3.0, 4.0]])).tolist()
    [[0.6, 0.8]]
    """
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-12))


def centred(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return unit vectors after taking away what all have in common.

    Vectors of this encoder share a large part, so that any two texts look alike until it is
    gone (Mu and Viswanath 2018, All-but-the-top, step 1).

    Examples
    --------
    >>> centred(np.array([[1.0, 1.0], [1.0, -1.0]])).tolist()
    [[0.0, 1.0], [0.0, -1.0]]
    """
    return unit(vectors - vectors.mean(axis=0))
