"""A BERT-like sentence encoder (MiniLM) from safetensors to a small, fast ONNX file.

Weights are stored as 8-bit integers, a scale a row or column. Activations are quantised by
scales that are part of the file, from the ranges met in `ranges`, so that a sentence gets the
same features whatever stands beside it. Only the first layers are kept, and the file can give
out the mean of the words after several of them, because emotion stands out better there than
after the last layer, which was trained to tell topics apart.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from affectkit.errors import WeightsError

Array = npt.NDArray[Any]

LAYERS = 4
"""How many layers of the encoder are kept."""
MEANS = (1, 2, 3, 4)
"""After which layers the mean over the words is given out; 0 is before the first."""
MAXIMA = (4,)
"""After which layers the largest value over the words is given out."""

_FUSED = "com.microsoft"  # operators of ONNX Runtime that do several steps in one
_OPSET, _IR_VERSION = 20, 9
# Seven bits, not eight: processors without VNNI add pairs of products in 16 bits and would
# overflow, so eight bits give other numbers there than here.
_LARGEST = 63
_TABLES = ("word", "position")


def convert(source: Path, target: Path) -> None:
    """Write ``encoder.onnx`` and ``tokenizer.json`` into the folder `target`.

    Parameters
    ----------
    source
        Folder with ``model.safetensors``, ``config.json`` and ``tokenizer.json``.
    target
        Folder to make.

    Raises
    ------
    WeightsError
        If the files are no such encoder.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        tensors = load_file(source / "model.safetensors")
        config = json.loads((source / "config.json").read_text("utf-8"))
        target.mkdir(parents=True, exist_ok=True)
        write_encoder(
            tensors,
            target / "encoder.onnx",
            heads=int(config["num_attention_heads"]),
            layers=LAYERS,
            means=MEANS,
            maxima=MAXIMA,
            epsilon=float(config["layer_norm_eps"]),
        )
        shutil.copyfile(source / "tokenizer.json", target / "tokenizer.json")
    except (OSError, KeyError, ValueError, SafetensorError) as error:
        raise WeightsError(
            f"{source} holds no sentence encoder: {error}",
            remedy="affectkit weights install text_encoder",
        ) from error


def write_encoder(
    tensors: Mapping[str, Array],
    path: Path,
    *,
    heads: int,
    layers: int,
    means: Sequence[int],
    maxima: Sequence[int] = (),
    epsilon: float = 1e-12,
    activation: Literal["gelu", "relu"] = "gelu",
    quantised: bool = True,
    padded: bool = True,
    examples: Sequence[Sequence[int]] | None = None,
) -> None:
    """Write the encoder as ONNX, whole or not at all.

    Inputs of the file are ``input_ids`` and, if `padded`, ``attention_mask`` (int64,
    [shape=(n, words)], 1 for a word and 0 for padding), its output ``features`` (float32,
    [shape=(n, (len(means) + len(maxima)) * width)]): the mean over the words after each layer
    of `means`, then the maximum over the words after each layer of `maxima`.

    Parameters
    ----------
    tensors
        Weights under the names that BERT has in ``transformers``.
    path
        The file to write.
    heads
        Attention heads.
    layers
        How many layers to keep, from the first.
    means, maxima
        After which layers the words are pooled; 0 is before the first.
    epsilon
        Of layer normalisation.
    activation
        Between the two matrices at the end of a layer.
    quantised
        Whether weights are stored as integers; as float32 if not.
    padded
        Whether texts of different lengths can stand in one batch. A file for texts of one
        length looks at no padding, which makes attention twice as fast.
    examples
        Word pieces of texts from which the ranges of activations are taken; made-up texts of
        the commonest pieces if None.
    """
    how: dict[str, Any] = {"heads": heads, "layers": layers, "means": means, "maxima": maxima}
    how |= {"epsilon": epsilon, "activation": activation, "padded": padded}
    met = None
    if quantised:
        if examples is None:
            words, places = (tensors[f"embeddings.{n}_embeddings.weight"] for n in _TABLES)
            examples = made_up(len(words), longest=min(len(places), 42))
        met = ranges(tensors, examples, **how)
    _write(_model(_Graph(tensors, met), **how), path)


def made_up(
    n_pieces: int, *, longest: int = 42, count: int = 200, seed: int = 0
) -> list[list[int]]:
    """Return word pieces of texts that mean nothing, with the marks at both ends.

    A piece comes up about as often as its place in a vocabulary that is sorted by frequency
    says (Zipf 1949), so common words and marks of punctuation are met beside rare ones.

    Examples
    --------
    >>> made_up(30_522, count=2)[0][:1]
    [101]
    """
    rng = np.random.default_rng(seed)
    first, last = (101, 102) if n_pieces > 2_000 else (0, 0)
    least = 999 if n_pieces > 2_000 else 0
    chance = 1 / (10.0 + np.arange(n_pieces - least))
    chance /= chance.sum()
    lengths = rng.integers(1, longest - 1, size=count)
    return [
        [first, *(least + rng.choice(n_pieces - least, size=n, p=chance)).tolist(), last]
        for n in lengths
    ]


def ranges(
    tensors: Mapping[str, Array], examples: Sequence[Sequence[int]], **how: Any
) -> list[tuple[float, float]]:
    """Return the least and the largest value before each product of matrices.

    Parameters
    ----------
    tensors, how
        As for `write_encoder`.
    examples
        Word pieces of texts.
    """
    import onnxruntime
    from onnx import helper

    graph = _Graph(tensors, None)
    model = _model(graph, **how)
    asked = list(dict.fromkeys(graph.multiplied))
    for name in asked:
        model.graph.output.append(helper.make_tensor_value_info(name, 1, None))
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    low, high = np.zeros(len(asked)), np.zeros(len(asked))
    for pieces in examples:
        ids = np.asarray([pieces], dtype=np.int64)
        inputs = {"input_ids": ids, "attention_mask": np.ones_like(ids)}
        values = session.run(asked, {i.name: inputs[i.name] for i in session.get_inputs()})
        low = np.minimum(low, [v.min() for v in values])
        high = np.maximum(high, [v.max() for v in values])
    place = {name: i for i, name in enumerate(asked)}
    return [(float(low[place[n]]), float(high[place[n]])) for n in graph.multiplied]


def _model(
    graph: _Graph,
    *,
    heads: int,
    layers: int,
    means: Sequence[int],
    maxima: Sequence[int],
    epsilon: float,
    activation: str = "gelu",
    padded: bool = True,
) -> Any:
    import onnx
    from onnx import TensorProto, helper

    tensors = graph.tensors
    words = graph.rows("embeddings.word_embeddings.weight", "input_ids")
    kinds = tensors["embeddings.token_type_embeddings.weight"][0]
    places = graph.constant(tensors["embeddings.position_embeddings.weight"] + kinds)
    length = graph.add("Shape", "input_ids", start=1, end=2)
    zero = graph.constant(np.array([0], dtype=np.int64))
    x = graph.add("Add", words, graph.add("Slice", places, zero, length))
    x = graph.add(
        "LayerNormalization",
        x,
        graph.weight("embeddings.LayerNorm.weight"),
        graph.weight("embeddings.LayerNorm.bias"),
        axis=-1,
        epsilon=epsilon,
    )
    one = graph.constant(np.array([1], dtype=np.int64))
    padding, pool = "", _Plain(graph, one)
    if padded:
        padding = graph.add("Cast", "attention_mask", to=TensorProto.INT32)
        pool = _Present(graph, one)
    averaged, largest = [], []
    for layer in range(layers + 1):
        if layer in means:
            averaged.append(pool.mean(x))
        if layer in maxima:
            largest.append(pool.largest(x))
        if layer < layers:
            name = f"encoder.layer.{layer}."
            x = _layer(graph, x, padding, name, heads, epsilon, activation)
    graph.nodes.append(helper.make_node("Concat", averaged + largest, ["features"], axis=-1))

    size = len(averaged + largest) * tensors["embeddings.word_embeddings.weight"].shape[1]
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["n", "words"])
        for name in ("input_ids", "attention_mask")[: 1 + padded]
    ]
    out = helper.make_tensor_value_info("features", TensorProto.FLOAT, ["n", size])
    made = helper.make_graph(graph.nodes, "text_encoder", inputs, [out], graph.constants)
    model = helper.make_model(
        made,
        opset_imports=[helper.make_opsetid("", _OPSET), helper.make_opsetid(_FUSED, 1)],
        ir_version=_IR_VERSION,
        producer_name="affectkit",
    )
    onnx.checker.check_model(model)
    return model


class _Plain:
    """Pools over the words of texts that are all of one length."""

    def __init__(self, graph: _Graph, words: str) -> None:
        self.graph, self.words = graph, words

    def mean(self, x: str) -> str:
        return self.graph.add("ReduceMean", x, self.words, keepdims=0)

    def largest(self, x: str) -> str:
        return self.graph.add("ReduceMax", x, self.words, keepdims=0)


class _Present(_Plain):
    """Pools over the words that are there, and leaves padding out."""

    def __init__(self, graph: _Graph, words: str) -> None:
        from onnx import TensorProto

        super().__init__(graph, words)
        last = graph.constant(np.array([2], dtype=np.int64))
        present = graph.add("Cast", "attention_mask", to=TensorProto.FLOAT)
        self.count = graph.add("ReduceSum", present, words, keepdims=1)
        self.present = graph.add("Unsqueeze", present, last)
        missing = graph.add("Sub", self.present, graph.number(1))
        self.absent = graph.add("Mul", missing, graph.number(1e4))

    def mean(self, x: str) -> str:
        there = self.graph.add("Mul", x, self.present)
        total = self.graph.add("ReduceSum", there, self.words, keepdims=0)
        return self.graph.add("Div", total, self.count)

    def largest(self, x: str) -> str:
        return super().largest(self.graph.add("Add", x, self.absent))


def _write(model: Any, path: Path) -> None:
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        beside.write_bytes(model.SerializeToString())
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def _layer(
    graph: _Graph, x: str, padding: str, name: str, heads: int, epsilon: float, activation: str
) -> str:
    parts = [f"{name}attention.self.{part}" for part in ("query", "key", "value")]
    query, key, value = graph.products(x, parts)
    masked = ("", padding) if padding else ()
    seen = graph.fused("MultiHeadAttention", query, key, value, *masked, num_heads=heads)
    (seen,) = graph.products(seen, [f"{name}attention.output.dense"])
    x = _sum_and_norm(graph, x, seen, f"{name}attention.output.", epsilon)
    inner, outer = f"{name}intermediate.dense", f"{name}output.dense"
    if activation == "relu":
        wide = graph.rectified(x, inner, outer)
    else:
        (wide,) = graph.products(x, [inner])
        (wide,) = graph.products(graph.fused("Gelu", wide), [outer])
    return _sum_and_norm(graph, x, wide, f"{name}output.", epsilon)


def _sum_and_norm(graph: _Graph, x: str, inner: str, name: str, epsilon: float) -> str:
    # Not SkipLayerNormalization, which ONNX Runtime 1.32 does four times as slowly.
    return graph.add(
        "LayerNormalization",
        graph.add("Add", x, inner),
        graph.weight(f"{name}LayerNorm.weight"),
        graph.weight(f"{name}LayerNorm.bias"),
        axis=-1,
        epsilon=epsilon,
    )


class _Graph:
    """Nodes and constants of the file, in the order in which they run."""

    def __init__(
        self, tensors: Mapping[str, Array], met: Sequence[tuple[float, float]] | None
    ) -> None:
        self.tensors = tensors
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self.multiplied: list[str] = []
        """What was multiplied with matrices, in order."""
        self._met = met
        self._count = 0

    def constant(self, value: Array) -> str:
        from onnx import numpy_helper

        name = self._fresh("constant")
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def number(self, value: float) -> str:
        return self.constant(np.array([value], dtype=np.float32))

    def weight(self, name: str) -> str:
        return self.constant(self.tensors[name].astype(np.float32))

    def add(self, operator: str, *inputs: str, **attributes: Any) -> str:
        return self.add_many(operator, *inputs, outputs=1, **attributes)[0]

    def fused(self, operator: str, *inputs: str, **attributes: Any) -> str:
        return self.add_many(operator, *inputs, outputs=1, domain=_FUSED, **attributes)[0]

    def add_many(
        self, operator: str, *inputs: str, outputs: int, domain: str = "", **attributes: Any
    ) -> tuple[str, ...]:
        from onnx import helper

        names = tuple(self._fresh(operator.lower()) for _ in range(outputs))
        self.nodes.append(
            helper.make_node(operator, list(inputs), list(names), domain=domain, **attributes)
        )
        return names

    def products(self, x: str, names: Sequence[str]) -> list[str]:
        """Return the names of `x` times matrices, each with its bias added."""
        if self._met is None:
            self.multiplied.append(x)
            return [
                self.add(
                    "Add",
                    self.add("MatMul", x, self.constant(self._matrix(name))),
                    self.weight(f"{name}.bias"),
                )
                for name in names
            ]
        step, zero = self._grid(x)
        whole = self.add("QuantizeLinear", x, step, zero)
        return [self._times(whole, step, zero, name) for name in names]

    def rectified(self, x: str, first: str, second: str) -> str:
        """Return the name of `x` times a matrix, negative values made 0, times another."""
        if self._met is None:
            return self.products(self.add("Relu", *self.products(x, [first])), [second])[0]
        step, zero = self._grid(x)
        flat = self.constant(np.array([-1, self._matrix(first).shape[0]], dtype=np.int64))
        whole = self.add("QuantizeLinear", self.add("Reshape", x, flat), step, zero)
        matrix, scale = _to_integers(self._matrix(first), axis=0)
        low, high = self._met[len(self.multiplied)]
        if low < 0:
            raise ValueError("a rectified value was below 0")
        wide_step = max(high, 1e-6) / 255
        wide_step_name = self.constant(np.array(wide_step, dtype=np.float32))
        none = self.constant(np.array(0, dtype=np.uint8))
        bias = self.tensors[f"{first}.bias"] / (self._step(len(self.multiplied) - 1) * scale[0])
        # Numbers that start at 0 cannot hold what is below: that rectifies, at no price.
        wide = self.fused(
            "QGemm",
            whole,
            step,
            zero,
            self.constant(matrix),
            self.constant(scale[0]),
            self.constant(np.zeros(matrix.shape[1], dtype=np.int8)),
            self.constant(np.round(bias).astype(np.int32)),
            wide_step_name,
            none,
        )
        self.multiplied.append(wide)
        return self.add(
            "Reshape", self._times(wide, wide_step_name, none, second), self.add("Shape", x)
        )

    def _step(self, number: int) -> float:
        low, high = (self._met or ())[number]
        return max(high - low, 1e-6) / 255

    def _grid(self, x: str) -> tuple[str, str]:
        """Return the names of step and zero of the integers that stand for `x`."""
        low, _ = (self._met or ())[len(self.multiplied)]
        step = self._step(len(self.multiplied))
        self.multiplied.append(x)
        zero = np.array(np.clip(round(-low / step), 0, 255), dtype=np.uint8)
        return self.constant(np.array(step, dtype=np.float32)), self.constant(zero)

    def _times(self, whole: str, step: str, zero: str, name: str) -> str:
        """Return the name of integers times a matrix, as numbers, with the bias added."""
        matrix, scale = _to_integers(self._matrix(name), axis=0)
        return self.fused(
            "MatMulIntegerToFloat",
            whole,
            self.constant(matrix),
            step,
            self.constant(scale[0]),
            zero,
            self.constant(np.zeros(matrix.shape[1], dtype=np.int8)),
            self.weight(f"{name}.bias"),
        )

    def _matrix(self, name: str) -> Array:
        return np.ascontiguousarray(self.tensors[f"{name}.weight"].T, dtype=np.float32)

    def rows(self, name: str, index: str) -> str:
        """Return the name of the rows of a table that an index points at."""
        from onnx import TensorProto

        table = self.tensors[name].astype(np.float32)
        if self._met is None:
            return self.add("Gather", self.constant(table), index)
        # Eight bits do here: nothing is summed up before the scale is applied.
        whole, scale = _to_integers(table, axis=1, largest=127)
        picked = self.add("Gather", self.constant(whole), index)
        widened = self.add("Cast", picked, to=TensorProto.FLOAT)
        return self.add("Mul", widened, self.add("Gather", self.constant(scale), index))

    def _fresh(self, stem: str) -> str:
        self._count += 1
        return f"{stem}_{self._count}"


def _to_integers(values: Array, *, axis: int, largest: int = _LARGEST) -> tuple[Array, Array]:
    """Return int8 values and the scales that bring them back, one along `axis`."""
    scale = np.abs(values).max(axis=axis, keepdims=True) / largest
    scale = np.maximum(scale, np.finfo(np.float32).tiny).astype(np.float32)
    return np.round(values / scale).astype(np.int8), scale
