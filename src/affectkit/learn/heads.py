"""A small trained layer on top of an encoder's features, run by numpy alone."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from affectkit.errors import WeightsError
from affectkit.learn.tensor_file import read_tensors, write_tensors

Kind = Literal["softmax", "sigmoid", "regression"]
KINDS: tuple[Kind, ...] = ("softmax", "sigmoid", "regression")

_FORMAT = "affectkit-head"


@dataclass(frozen=True, eq=False)
class Head:
    """A linear layer, or one hidden layer and a linear one, from features to answers.

    Parameters
    ----------
    kind
        ``"softmax"``: exactly one of `outputs` holds; ``"sigmoid"``: each may hold;
        ``"regression"``: `outputs` are numbers.
    outputs
        Names of the outputs.
    weights
        One or two matrices [shape=(n_in, n_out)]; between two stands a rectifier.
    biases
        One vector for each matrix [shape=(n_out,)].
    mean, scale
        Features are taken minus `mean`, over `scale`, before the first matrix
        [shape=(n_features,)].
    thresholds
        Probability from which each output of a sigmoid head is said to hold
        [shape=(n_outputs,)]; a half each if None.
    meta
        Plain JSON values that travel along: calibrations, what it was trained on.

    Examples
    --------
    >>> head = Head("softmax", ("calm", "joy"), [np.array([[0.0, 2.0]])], [np.zeros(2)])
    >>> head.predict_proba([[0.0], [1.0]]).round(2)
    array([[0.5 , 0.5 ],
           [0.12, 0.88]])
    >>> head.predict([[1.0]]).tolist()
    ['joy']
    """

    kind: Kind
    outputs: tuple[str, ...]
    weights: Sequence[NDArray[np.floating[Any]]]
    biases: Sequence[NDArray[np.floating[Any]]]
    mean: NDArray[np.floating[Any]] | None = None
    scale: NDArray[np.floating[Any]] | None = None
    thresholds: NDArray[np.floating[Any]] | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "outputs", tuple(self.outputs))
        for name in ("weights", "biases"):
            arrays = tuple(np.asarray(a, dtype=np.float32) for a in getattr(self, name))
            object.__setattr__(self, name, arrays)
        n_in = self.weights[0].shape[0] if self.weights else 0
        for name, default in (("mean", np.zeros(n_in)), ("scale", np.ones(n_in))):
            given = getattr(self, name)
            value = np.asarray(default if given is None else given, dtype=np.float32)
            object.__setattr__(self, name, value)
        if self.thresholds is not None:
            object.__setattr__(self, "thresholds", np.asarray(self.thresholds, dtype=np.float32))
        self._check()

    def _check(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"a head cannot be of kind {self.kind!r}")
        if not 1 <= len(self.weights) <= 2 or len(self.biases) != len(self.weights):
            raise ValueError("a head has one or two weight matrices, and a bias for each")
        sizes = [self.weights[0].shape[0]]
        for matrix, bias in zip(self.weights, self.biases, strict=True):
            if matrix.ndim != 2 or matrix.shape[0] != sizes[-1] or bias.shape != matrix.shape[1:]:
                raise ValueError("the layers of the head do not fit each other")
            sizes.append(matrix.shape[1])
        if sizes[-1] != len(self.outputs):
            raise ValueError(f"{sizes[-1]} outputs do not fit {len(self.outputs)} names")
        for name, length in (("mean", sizes[0]), ("scale", sizes[0]), ("thresholds", sizes[-1])):
            value = getattr(self, name)
            if value is not None and value.shape != (length,):
                raise ValueError(f"{name} has shape {value.shape}, not {(length,)}")

    @property
    def n_features(self) -> int:
        """How many features it takes."""
        return int(self.weights[0].shape[0])

    def scores(self, features: ArrayLike) -> NDArray[np.float32]:
        """Return what the last layer says, before softmax or sigmoid.

        Parameters
        ----------
        features
            [shape=(n, n_features)].

        Returns
        -------
        numpy.ndarray
            [shape=(n, n_outputs)].
        """
        x = np.asarray(features, dtype=np.float32)
        if x.ndim != 2 or x.shape[1] != self.n_features:
            raise ValueError(f"features of shape {x.shape} do not fit (n, {self.n_features})")
        x = (x - np.asarray(self.mean)) / np.asarray(self.scale)
        x = x @ self.weights[0] + self.biases[0]
        for matrix, bias in zip(self.weights[1:], self.biases[1:], strict=True):
            x = np.maximum(x, 0.0) @ matrix + bias
        return np.asarray(x, dtype=np.float32)

    def predict_proba(self, features: ArrayLike) -> NDArray[np.float64]:
        """Return probabilities [shape=(n, n_outputs)]; not for a regression head."""
        if self.kind == "regression":
            raise ValueError("a regression head has no probabilities; use predict")
        return probabilities(self.kind, self.scores(features))

    def predict(self, features: ArrayLike) -> NDArray[Any]:
        """Return the answers.

        Returns
        -------
        numpy.ndarray
            Softmax: the name of the leading output [shape=(n,)]. Sigmoid: whether each output
            holds [shape=(n, n_outputs)]. Regression: the numbers [shape=(n, n_outputs)].
        """
        if self.kind == "regression":
            return self.scores(features).astype(np.float64)
        p = self.predict_proba(features)
        if self.kind == "softmax":
            return np.array([self.outputs[i] for i in p.argmax(axis=1)])
        return np.asarray(p >= (0.5 if self.thresholds is None else self.thresholds))

    @classmethod
    def average(cls, heads: Sequence[Head]) -> Self:
        """Return one head whose scores are the mean of several heads' scores.

        Hidden layers are laid side by side, so nothing is approximated; the mean of linear
        heads is linear again. Names, kind, thresholds and meta are those of the first.

        Examples
        --------
        >>> a = Head("regression", ("v",), [np.array([[1.0]])], [np.zeros(1)])
        >>> b = Head("regression", ("v",), [np.array([[3.0]])], [np.zeros(1)])
        >>> Head.average([a, b]).predict([[1.0]]).tolist()
        [[2.0]]
        """
        first, n = heads[0], len(heads)
        same = {(h.kind, h.outputs, len(h.weights), h.n_features) for h in heads}
        if len(same) > 1:
            raise ValueError("only heads alike in kind, outputs and layers can be averaged")
        # Each head's own standardisation is folded into its first layer.
        entry = [h.weights[0] / np.asarray(h.scale)[:, None] for h in heads]
        offset = [h.biases[0] - np.asarray(h.mean) @ w for h, w in zip(heads, entry, strict=True)]
        if len(first.weights) == 1:
            weights = [np.mean(entry, axis=0)]
            biases = [np.mean(offset, axis=0)]
        else:
            weights = [np.hstack(entry), np.vstack([h.weights[1] / n for h in heads])]
            biases = [np.hstack(offset), np.mean([h.biases[1] for h in heads], axis=0)]
        return cls(
            first.kind,
            first.outputs,
            weights,
            biases,
            thresholds=first.thresholds,
            meta=first.meta,
        )

    def save(self, path: str | os.PathLike[str], *, half: bool = False) -> Path:
        """Write the head to a safetensors file, whole or not at all, the same bytes each time.

        Parameters
        ----------
        path
            Where to.
        half
            Store in 16-bit numbers, half the size.
        """
        width = np.float16 if half else np.float32
        tensors = {"mean": np.asarray(self.mean), "scale": np.asarray(self.scale)}
        for i, (matrix, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            tensors[f"weight.{i}"] = np.asarray(matrix, dtype=width)
            tensors[f"bias.{i}"] = np.asarray(bias)
        if self.thresholds is not None:
            tensors["thresholds"] = np.asarray(self.thresholds)
        about = {
            "format": _FORMAT,
            "kind": self.kind,
            "outputs": list(self.outputs),
            "meta": dict(self.meta),
        }
        return write_tensors(path, tensors, about)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read what `save` wrote.

        Raises
        ------
        WeightsError
            If the file is missing, or not a head.
        """
        tensors, about = read_tensors(path, _FORMAT)
        n_layers = sum(name.startswith("weight.") for name in tensors)
        try:
            return cls(
                about["kind"],
                tuple(about["outputs"]),
                [tensors[f"weight.{i}"] for i in range(n_layers)],
                [tensors[f"bias.{i}"] for i in range(n_layers)],
                mean=tensors["mean"],
                scale=tensors["scale"],
                thresholds=tensors.get("thresholds"),
                meta=about["meta"],
            )
        except (KeyError, ValueError, IndexError, TypeError) as error:
            raise WeightsError(f"{path} is not a whole head: {error}") from error


def probabilities(kind: Kind, scores: ArrayLike) -> NDArray[np.float64]:
    """Return the probabilities that scores stand for, by kind of head.

    Examples
    --------
    >>> probabilities("sigmoid", [[0.0]])
    array([[0.5]])
    """
    z = np.asarray(scores, dtype=np.float64)
    if kind == "regression":
        raise ValueError("a regression has no probabilities")
    if kind == "sigmoid":
        return np.asarray(0.5 * (1 + np.tanh(0.5 * z)))
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return np.asarray(e / e.sum(axis=1, keepdims=True))
