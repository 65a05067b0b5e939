"""Take values out of the middle of an encoder's layers that the rest can stand in for.

Between the two matrices of a layer stand several times as many values as a word has; many say
nearly what others say. They are taken out one at a time, always the one whose loss the others
make up for best, and the second matrix changes so that they do (Hassibi & Stork 1993, Second
order derivatives for network pruning: optimal brain surgeon; for whole columns, Frantar &
Alistarh 2022, Optimal brain compression).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from affectkit.learn.joint_text import JointText
from affectkit.optional import require

Floats = NDArray[np.float64]
_INNER, _OUTER = "encoder.layer.{}.intermediate.dense", "encoder.layer.{}.output.dense"
_RIDGE = 1e-3


def thinned(
    folder: Path,
    learned: JointText,
    pieces: Sequence[Sequence[int]],
    units: int,
    *,
    activation: Literal["gelu", "relu"] = "relu",
    threads: int = 2,
) -> JointText:
    """Return an encoder with fewer values in the middle of its layers, and the heads it had.

    Parameters
    ----------
    folder
        The encoder that training began with, for its ``config.json``.
    learned
        What to thin out.
    pieces
        Word pieces of texts, some hundreds, on which the values are looked at.
    units
        How many values each layer keeps.
    activation
        As it was trained with.
    threads
        Processor threads.

    Raises
    ------
    ValueError
        If a layer has fewer than `units` already.
    """
    tensors = dict(learned.tensors)
    for number, values in enumerate(_values(folder, learned, pieces, activation, threads)):
        inner, outer = _INNER.format(number), _OUTER.format(number)
        kept, matrix, bias = least_missed(
            values, tensors[f"{outer}.weight"], tensors[f"{outer}.bias"], units
        )
        tensors[f"{inner}.weight"] = tensors[f"{inner}.weight"][kept]
        tensors[f"{inner}.bias"] = tensors[f"{inner}.bias"][kept]
        tensors[f"{outer}.weight"] = matrix.astype(np.float32)
        tensors[f"{outer}.bias"] = bias.astype(np.float32)
    return replace(learned, tensors=tensors)


def least_missed(
    values: ArrayLike, matrix: ArrayLike, bias: ArrayLike, units: int
) -> tuple[NDArray[np.intp], Floats, Floats]:
    """Return which values to keep, and the matrix and bias that make do with them.

    Parameters
    ----------
    values
        As seen on texts [shape=(n, n_values)].
    matrix, bias
        That they are multiplied with and what is added
        [shapes=(n_outputs, n_values), (n_outputs,)].
    units
        How many to keep.

    Raises
    ------
    ValueError
        If there are fewer than `units`.

    Examples
    --------
    The third is the sum of the other two, so that nothing is lost without it:

    >>> seen = np.random.default_rng(0).normal(size=(500, 2))
    >>> seen = np.column_stack([seen, seen.sum(axis=1)])
    >>> kept, matrix, _ = least_missed(seen, [[1.0, 1.0, 0.1]], [0.0], 2)
    >>> kept.tolist(), np.round(matrix, 2).tolist()
    ([0, 1], [[1.1, 1.1]])
    """
    seen = np.asarray(values, dtype=np.float64)
    weights = np.array(matrix, dtype=np.float64)
    before = weights.copy()
    n = weights.shape[1]
    if units > n or units < 1:
        raise ValueError(f"{units} of {n} values cannot be kept; ask for 1 to {n}")
    mean = seen.mean(axis=0)
    moments = (seen - mean).T @ (seen - mean) / len(seen)
    inverse = np.linalg.inv(moments + _RIDGE * moments.diagonal().mean() * np.eye(n))
    there = np.ones(n, dtype=bool)
    for _ in range(n - units):
        with np.errstate(divide="ignore", invalid="ignore"):
            missed = (weights**2).sum(axis=0) / inverse.diagonal()
        out = int(np.argmin(np.where(there, missed, np.inf)))
        there[out] = False
        share = inverse[out] / inverse[out, out]
        weights -= np.outer(weights[:, out], share)
        inverse -= np.outer(inverse[:, out], share)
    kept = np.flatnonzero(there)
    made_up_for = before @ mean - weights[:, kept] @ mean[kept]
    return kept, weights[:, kept], np.asarray(bias, dtype=np.float64) + made_up_for


def _values(
    folder: Path,
    learned: JointText,
    pieces: Sequence[Sequence[int]],
    activation: str,
    threads: int,
) -> list[NDArray[np.float32]]:
    """Return the values in the middle of each layer, for every word [shape=(words, n_values)]."""
    torch = require("torch", extra="train")
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    transformers = require("transformers", extra="train")
    torch.set_num_threads(threads)
    config = transformers.BertConfig.from_pretrained(str(folder), local_files_only=True)
    config.hidden_act = activation
    numbers = {name.split(".")[2] for name in learned.tensors if name.startswith("encoder.layer.")}
    config.num_hidden_layers = len(numbers)
    config.intermediate_size = len(learned.tensors[_INNER.format(0) + ".bias"])
    encoder = transformers.BertModel(config, add_pooling_layer=False).eval()
    encoder.load_state_dict({k: torch.from_numpy(np.array(v)) for k, v in learned.tensors.items()})
    found: list[list[Any]] = [[] for _ in encoder.encoder.layer]
    for layer, into in zip(encoder.encoder.layer, found, strict=True):
        layer.intermediate.register_forward_hook(
            lambda _module, _given, out, into=into: into.append(out[0].numpy())
        )
    with torch.inference_mode():
        for text in pieces:
            encoder(input_ids=torch.tensor([list(text)]))
    return [np.concatenate(part) for part in found]
