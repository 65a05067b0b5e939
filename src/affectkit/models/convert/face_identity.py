"""From dlib's face descriptor network to ONNX, without dlib.

A residual network of 29 convolutions turns an aligned face into 128 numbers, such that faces
of one person lie closer together than those of two (King 2017, "High Quality Face Recognition
with Deep Metric Learning"; after He et al. 2016). dlib writes its layers from the input on,
each as a version string, a tensor in plain 32-bit floats, and settings.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import numpy.typing as npt

from affectkit.errors import WeightsError
from affectkit.models.convert.onnx_graph import Graph

Array = npt.NDArray[np.float32]

SIDE, DIMENSIONS = 150, 128
_MEAN = (122.782, 117.001, 104.298)  # of the pictures it was trained on, red green blue
_LAYER = re.compile(rb"\x01(?:\x05con_\d|\x04fc_\d|\x07affine_)")
# Blocks of two convolutions each, and whether the first of a group halves the size.
_GROUPS = ((32, 3, False), (64, 4, True), (128, 3, True), (256, 3, True), (256, 1, True))


def convert(source: Path, target: Path) -> None:
    """Write the network: ``face`` [batch, 3, 150, 150] -> ``identity`` [batch, 128].

    The face is RGB in [0, 255].

    Parameters
    ----------
    source
        ``dlib_face_recognition_resnet_model_v1.dat``.
    target
        The ``.onnx`` file to write.

    Raises
    ------
    WeightsError
        If the source does not hold this network.

    Examples
    --------
    >>> convert(Path("resnet.dat"), Path("face_identity.onnx"))  # doctest: +SKIP
    """
    layers = iter(_layers(source))
    graph = Graph("face_identity")
    face = graph.input("face", ("batch", 3, SIDE, SIDE))
    mean = graph.constant(np.array(_MEAN, np.float32).reshape(1, 3, 1, 1))
    x = graph.add("Sub", face, mean)
    x = graph.add("Div", x, graph.constant(np.float32(256)))

    def convolve(x: str, channels: int, into: int, size: int, stride: int) -> str:
        """Convolve, then scale and shift; the two are one in the file."""
        numbers, affine = next(layers, None), next(layers, None)
        count = into * channels * size * size
        if (
            numbers is None
            or affine is None
            or (len(numbers), len(affine))
            != (
                count + into,
                2 * into,
            )
        ):
            raise _not_it(source)
        scale, shift = affine[:into], affine[into:]
        filters = numbers[:count].reshape(into, channels, size, size)
        pad = size // 2 if stride == 1 else 0  # dlib's own default
        return graph.add(
            "Conv",
            x,
            graph.constant(filters * scale[:, None, None, None]),
            graph.constant(numbers[count:] * scale + shift),
            strides=[stride, stride],
            pads=[pad] * 4,
        )

    x = graph.add("Relu", convolve(x, 3, 32, 7, 2))
    x = graph.add("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2])
    channels, extent = 32, (((SIDE - 7) // 2 + 1) - 3) // 2 + 1
    for into, blocks, halved in _GROUPS:
        for block in range(blocks):
            halve = halved and block == 0
            y = graph.add("Relu", convolve(x, channels, into, 3, 2 if halve else 1))
            y = convolve(y, into, into, 3, 1)
            if halve:
                x = graph.add("AveragePool", x, kernel_shape=[2, 2], strides=[2, 2])
                pooled, extent = extent // 2, (extent - 3) // 2 + 1
                # Where shapes differ dlib adds the two as if zeros stood around the smaller.
                x = _grown(graph, x, into - channels, 0)
                y = _grown(graph, y, 0, pooled - extent)
                extent = pooled
            x = graph.add("Relu", graph.add("Add", x, y))
            channels = into
    last = next(layers, None)
    if last is None or len(last) != channels * DIMENSIONS or next(layers, None) is not None:
        raise _not_it(source)
    x = graph.add("Flatten", graph.add("GlobalAveragePool", x))
    x = graph.add("MatMul", x, graph.constant(last.reshape(channels, DIMENSIONS)))
    graph.output("identity", x, ("batch", DIMENSIONS))
    graph.save(target)


def _grown(graph: Graph, x: str, channels: int, extent: int) -> str:
    if channels == 0 and extent == 0:
        return x
    pads = np.array([0, 0, 0, 0, 0, channels, extent, extent], np.int64)
    return graph.add("Pad", x, graph.constant(pads))


def _layers(source: Path) -> list[Array]:
    """Return the numbers of each layer that has some, from the input on."""
    stored = source.read_bytes()
    found = []
    position = 0
    while match := _LAYER.search(stored, position):
        try:
            start = match.end()
            if match[0].endswith(b"fc_2"):  # how many go out and in stands before the tensor
                start = _integer(stored, _integer(stored, start)[1])[1]
            numbers, position = _tensor(stored, start)
        except ValueError:
            position = match.end()  # the letters stood there by chance
            continue
        found.append(numbers)
    return found


def _tensor(stored: bytes, at: int) -> tuple[Array, int]:
    """Read a tensor: version 2, four extents, then little-endian floats."""
    version, at = _integer(stored, at)
    if version != 2:
        raise ValueError("another version")
    size = 1
    for _ in range(4):
        extent, at = _integer(stored, at)
        size *= extent
    end = at + 4 * size
    if not 0 < size <= 10_000_000 or end > len(stored):
        raise ValueError("no tensor")
    return np.frombuffer(stored[at:end], "<f4").astype(np.float32), end


def _integer(stored: bytes, at: int) -> tuple[int, int]:
    """Read dlib's integer: how many bytes, then these, the smallest first."""
    if at >= len(stored) or not 1 <= (count := stored[at]) <= 8:
        raise ValueError("no integer")
    return int.from_bytes(stored[at + 1 : at + 1 + count], "little"), at + 1 + count


def _not_it(source: Path) -> WeightsError:
    return WeightsError(
        f"{source} holds no face descriptor network",
        remedy="affectkit weights install --again face_identity",
    )
