"""From Resemblyzer's torch file to an ONNX voice encoder, without torch.

Three LSTM layers read mel frames; the last state goes through a linear layer and a
rectifier and is scaled to length 1 (Wan et al. 2018, Generalized End-to-End Loss for
Speaker Verification; trained by Resemble AI).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from affectkit.errors import WeightsError
from affectkit.models.convert import torch_archive
from affectkit.models.convert.onnx_graph import Graph

Array = npt.NDArray[np.float32]

MELS = 40
_STATE = "model_state."


def convert(source: Path, target: Path) -> None:
    """Write the network: ``mel`` [batch, frames, 40] -> ``embedding`` [batch, 256], length 1.

    Parameters
    ----------
    source
        Resemblyzer's ``pretrained.pt``.
    target
        The ``.onnx`` file to write.

    Raises
    ------
    WeightsError
        If the source does not hold this network.

    Examples
    --------
    >>> convert(Path("pretrained.pt"), Path("speaker_encoder.onnx"))  # doctest: +SKIP
    """
    stored = torch_archive.tensors(source)

    def weight(name: str) -> Array:
        try:
            return stored[_STATE + name].astype(np.float32)
        except KeyError:
            raise WeightsError(
                f"{source} holds no voice encoder: {name} is missing",
                remedy="affectkit weights install --again speaker_encoder",
            ) from None

    graph = Graph("speaker_encoder")
    mel = graph.input("mel", ("batch", "frames", MELS))
    # ONNX runs time first.
    x = graph.add("Transpose", mel, perm=[1, 0, 2])
    last = ""
    layers = sum(name.startswith(f"{_STATE}lstm.weight_ih_l") for name in stored)
    if not layers:
        weight("lstm.weight_ih_l0")
    for layer in range(layers):
        inner = weight(f"lstm.weight_ih_l{layer}")
        outer = weight(f"lstm.weight_hh_l{layer}")
        biases = [weight(f"lstm.bias_{side}_l{layer}") for side in ("ih", "hh")]
        states, last, _ = graph.add_many(
            "LSTM",
            x,
            graph.constant(_reorder(inner)[None]),
            graph.constant(_reorder(outer)[None]),
            graph.constant(np.concatenate([_reorder(b) for b in biases])[None]),
            outputs=3,
            hidden_size=outer.shape[1],
        )
        x = graph.add("Squeeze", states, graph.constant(np.array([1], dtype=np.int64)))
    state = graph.add("Squeeze", last, graph.constant(np.array([0], dtype=np.int64)))
    linear = weight("linear.weight")
    dense = graph.add(
        "Gemm", state, graph.constant(linear), graph.constant(weight("linear.bias")), transB=1
    )
    positive = graph.add("Relu", dense)
    length = graph.add(
        "ReduceL2", positive, graph.constant(np.array([1], dtype=np.int64)), keepdims=1
    )
    # Silence can leave every unit at zero; dividing by zero would give NaN.
    safe = graph.add("Max", length, graph.constant(np.float32(1e-9)))
    graph.output("embedding", graph.add("Div", positive, safe), ("batch", linear.shape[0]))
    graph.save(target)


def _reorder(stacked: Array) -> Array:
    """Put the gates in ONNX's order (input, output, forget, cell); torch has i, f, c, o."""
    i, f, c, o = np.split(stacked, 4)
    return np.concatenate([i, o, f, c])
