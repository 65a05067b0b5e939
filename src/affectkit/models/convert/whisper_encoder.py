"""From a CTranslate2 Whisper model to an ONNX file of its first encoder layers.

Only the first layers are kept: they hear how something is said, the later ones more and
more what is said (Radford et al. 2022, Robust Speech Recognition via Large-Scale Weak
Supervision, for the network).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from affectkit.models.convert import ctranslate2
from affectkit.models.convert.onnx_graph import Graph

LAYERS = 3
_EPSILON = 1e-5


def convert(source: Path, target: Path) -> None:
    """Write the network: ``mel`` [batch, n_mels, frames] -> ``layer_1`` … ``layer_3``.

    Each output has the shape [batch, ceil(frames / 2), width]; two frames of 10 ms make one
    step of 20 ms. Any number of frames up to 3000 (30 s) may be given; nothing need be
    padded.

    Parameters
    ----------
    source
        The ``model.bin`` of a Whisper model for faster-whisper.
    target
        The ``.onnx`` file to write.

    Raises
    ------
    WeightsError
        If the source does not hold a Whisper encoder.

    Examples
    --------
    >>> convert(Path("model.bin"), Path("speech_encoder.onnx"))  # doctest: +SKIP
    """
    _Encoder(source).write(target)


class _Encoder:
    """Holds the weights while the nodes that use them are written."""

    def __init__(self, source: Path) -> None:
        self._weights = ctranslate2.variables(source)
        self._graph = Graph("speech_encoder")
        positions = self._value("encoder/position_encodings/encodings")
        self._positions = positions
        self._width = int(positions.shape[1])
        self._heads = int(self._weights.get("encoder/num_heads", np.int16(self._width // 64)))

    def write(self, target: Path) -> None:
        graph = self._graph
        mels = int(self._value("encoder/conv1/weight").shape[1])
        x = graph.input("mel", ("batch", mels, "frames"))
        x = self._convolution(x, "encoder/conv1", stride=1)
        x = self._convolution(x, "encoder/conv2", stride=2)
        x = graph.add("Transpose", x, perm=[0, 2, 1])
        x = graph.add("Add", x, self._first_positions(x))
        for layer in range(LAYERS):
            x = self._layer(x, f"encoder/layer_{layer}")
            graph.output(f"layer_{layer + 1}", x, ("batch", "steps", self._width))
        graph.save(target)

    def _convolution(self, x: str, name: str, *, stride: int) -> str:
        made = self._graph.add(
            "Conv",
            x,
            self._constant(f"{name}/weight"),
            self._constant(f"{name}/bias"),
            kernel_shape=[3],
            pads=[1, 1],
            strides=[stride],
        )
        return self._graph.add("Gelu", made)

    def _first_positions(self, x: str) -> str:
        steps = self._graph.add("Shape", x, start=1, end=2)
        zero = self._graph.constant(np.array([0], dtype=np.int64))
        return self._graph.add("Slice", self._graph.constant(self._positions), zero, steps, zero)

    def _layer(self, x: str, name: str) -> str:
        heard = self._attention(self._normalised(x, f"{name}/self_attention/layer_norm"), name)
        x = self._graph.add("Add", x, heard)
        inner = self._dense(self._normalised(x, f"{name}/ffn/layer_norm"), f"{name}/ffn/linear_0")
        outer = self._dense(self._graph.add("Gelu", inner), f"{name}/ffn/linear_1")
        return self._graph.add("Add", x, outer)

    def _attention(self, x: str, name: str) -> str:
        graph, size = self._graph, self._width // self._heads
        together = self._dense(x, f"{name}/self_attention/linear_0")
        q, k, v = graph.add_many("Split", together, outputs=3, axis=2, num_outputs=3)
        shape = graph.constant(np.array([0, 0, self._heads, size], dtype=np.int64))
        q, v = (
            graph.add("Transpose", graph.add("Reshape", p, shape), perm=[0, 2, 1, 3])
            for p in (q, v)
        )
        k = graph.add("Transpose", graph.add("Reshape", k, shape), perm=[0, 2, 3, 1])
        scaled = graph.add("Mul", q, graph.constant(np.float32(size**-0.5)))
        weights = graph.add("Softmax", graph.add("MatMul", scaled, k), axis=-1)
        mixed = graph.add("Transpose", graph.add("MatMul", weights, v), perm=[0, 2, 1, 3])
        joined = graph.constant(np.array([0, 0, self._width], dtype=np.int64))
        return self._dense(graph.add("Reshape", mixed, joined), f"{name}/self_attention/linear_1")

    def _normalised(self, x: str, name: str) -> str:
        gamma, beta = self._constant(f"{name}/gamma"), self._constant(f"{name}/beta")
        return self._graph.add("LayerNormalization", x, gamma, beta, axis=-1, epsilon=_EPSILON)

    def _dense(self, x: str, name: str) -> str:
        weight = self._graph.constant(self._value(f"{name}/weight").T)
        product = self._graph.add("MatMul", x, weight)
        return self._graph.add("Add", product, self._constant(f"{name}/bias"))

    def _constant(self, name: str) -> str:
        return self._graph.constant(self._value(name))

    def _value(self, name: str) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        return ctranslate2.dequantised(self._weights, name)
