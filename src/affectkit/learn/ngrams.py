"""What single words and pairs of words say by themselves, added to what a head says."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from affectkit.errors import WeightsError
from affectkit.learn.tensor_file import read_tensors, write_tensors

_FORMAT = "affectkit-ngrams"


@dataclass(frozen=True, eq=False)
class NgramTable:
    """A score for each word piece and each pair of neighbours, learned from data.

    An encoder that stays as it was trained blurs rare but telling words; a table brings them
    back at the price of a look-up. The scores of a text are the sum over its different pieces
    and pairs, divided by the root of their number.

    Parameters
    ----------
    weights
        [shape=(n_pieces + n_pairs, n_outputs)].
    n_pieces
        How many word pieces there are; rows after them belong to pairs, several to a row.

    References
    ----------
    Joulin et al. (2017). Bag of Tricks for Efficient Text Classification, section 2.

    Examples
    --------
    >>> table = NgramTable(np.array([[0.0], [2.0], [1.0], [1.0], [1.0]]), n_pieces=4)
    >>> table.scores([[0, 1, 3]]).round(3)  # two pairs share the only row for pairs
    array([[2.121]], dtype=float32)
    """

    weights: NDArray[Any]
    n_pieces: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "weights", np.asarray(self.weights, dtype=np.float32))
        if self.weights.ndim != 2 or not 0 < self.n_pieces < len(self.weights):
            raise ValueError("a table has a row for each piece, and more for pairs")

    @property
    def n_pairs(self) -> int:
        """Rows that pairs share."""
        return len(self.weights) - self.n_pieces

    def scores(self, pieces: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        """Return what the table says of texts [shape=(n, n_outputs)].

        Parameters
        ----------
        pieces
            For each text, the numbers of its word pieces, the marks at both ends included
            (these count in pairs only).
        """
        out = np.zeros((len(pieces), self.weights.shape[1]), dtype=np.float32)
        owners, rows = _all_ngrams(pieces, self.n_pieces, self.n_pairs)
        if not len(rows):
            return out
        starts = np.flatnonzero(np.diff(owners, prepend=-1))
        lengths = np.diff(starts, append=len(rows))
        told = np.add.reduceat(self.weights.take(rows, axis=0), starts, axis=0)
        out[owners[starts]] = told / np.sqrt(lengths)[:, None]
        return out

    @classmethod
    def average(cls, tables: Sequence[NgramTable]) -> Self:
        """Return the table whose scores are the mean of several tables' scores."""
        if len({(t.weights.shape, t.n_pieces) for t in tables}) > 1:
            raise ValueError("only tables of one shape can be averaged")
        return cls(np.mean([t.weights for t in tables], axis=0), tables[0].n_pieces)

    def scaled(self, factor: NDArray[Any]) -> NgramTable:
        """Return the table with each output multiplied by a factor [shape=(n_outputs,)]."""
        return NgramTable(self.weights * np.asarray(factor), self.n_pieces)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the table as 8-bit integers to a safetensors file, whole or not at all."""
        scale = np.maximum(np.abs(self.weights).max(axis=0), 1e-12) / 127
        whole = np.round(self.weights / scale).astype(np.int8)
        tensors = {"weights": whole, "scale": scale.astype(np.float32)}
        return write_tensors(path, tensors, {"format": _FORMAT, "n_pieces": self.n_pieces})

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read what `save` wrote.

        Raises
        ------
        WeightsError
            If the file is missing, or no such table.
        """
        tensors, about = read_tensors(path, _FORMAT)
        try:
            weights = tensors["weights"].astype(np.float32) * tensors["scale"]
            return cls(weights, int(about["n_pieces"]))
        except (ValueError, KeyError, TypeError) as error:
            raise WeightsError(
                f"{path} is not a whole table: {error}", remedy="install affectkit again"
            ) from error


def ngrams(pieces: Sequence[int], n_pieces: int, n_pairs: int) -> NDArray[np.int64]:
    """Return the rows of the different pieces and pairs of a text, in rising order.

    Examples
    --------
    >>> ngrams([0, 1, 3], 4, 1).tolist()
    [1, 4]
    """
    return _all_ngrams([pieces], n_pieces, n_pairs)[1]


def _all_ngrams(
    pieces: Sequence[Sequence[int]], n_pieces: int, n_pairs: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the rows of many texts, one text after another, and which text each row is of."""
    lengths = np.fromiter(map(len, pieces), dtype=np.int64, count=len(pieces))
    p = np.fromiter(chain.from_iterable(pieces), dtype=np.int64, count=int(lengths.sum()))
    owner = np.repeat(np.arange(len(pieces)), lengths)
    ends = lengths.cumsum()[lengths > 0]
    last = np.zeros(len(p), dtype=bool)
    last[ends - 1] = True
    inner = ~last
    inner[ends - lengths[lengths > 0]] = False
    # Large odd factors spread pairs evenly; any fixed choice does.
    pairs = (p[:-1] * 1_000_003 + p[1:] * 7_919) % n_pairs + n_pieces
    size = n_pieces + n_pairs
    of_pairs = owner[:-1] * size + pairs
    keys = np.concatenate([owner[inner] * size + p[inner], of_pairs[~last[:-1]]])
    keys.sort()
    keys = keys[np.diff(keys, prepend=-1) != 0]
    return keys // size, keys % size
