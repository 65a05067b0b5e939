"""Read the variables of a CTranslate2 ``model.bin``, without CTranslate2.

The layout is that of ``ctranslate2/specs/model_spec.py`` (binary version 6): a header,
then each variable with its name, shape and bytes, then aliases.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from affectkit.errors import WeightsError

Array = npt.NDArray[np.generic]

_TYPES: dict[int, type[np.generic]] = {
    0: np.float32,
    1: np.int8,
    2: np.int16,
    3: np.int32,
    4: np.float16,
}
_BFLOAT16 = 5
_VERSIONS = (5, 6)


def variables(path: Path) -> dict[str, Array]:
    """Return every variable of a CTranslate2 model as an array, aliases included.

    Parameters
    ----------
    path
        A ``model.bin`` of binary version 5 or 6.

    Returns
    -------
    dict
        Arrays by name, read-only, in the type they are stored in (bfloat16 widened to
        float32). Quantised weights stay int8, with their ``*_scale`` beside them; see
        `dequantised`.

    Raises
    ------
    WeightsError
        If the file is no such model, ends early, or names a type that is not known.

    Examples
    --------
    >>> variables(Path("model.bin"))["encoder/conv1/weight"].shape  # doctest: +SKIP
    (384, 80, 3)
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as stream:
            return _Reader(path, stream, size).variables()
    except OSError as error:
        raise WeightsError(f"{path} cannot be read ({error.strerror})") from error


def dequantised(table: dict[str, Array], name: str) -> npt.NDArray[np.float32]:
    """Return one variable as float32, undoing int8 or int16 quantisation.

    CTranslate2 stores ``round(weight * scale)``, one scale a row for int8 and one for
    the whole variable for int16, under ``<name>_scale``.

    Parameters
    ----------
    table
        What `variables` returned.
    name
        Name of the variable.

    Examples
    --------
    >>> table = {"w": np.array([[64, -127]], np.int8), "w_scale": np.array([127.0], np.float32)}
    >>> dequantised(table, "w").round(3)
    array([[ 0.504, -1.   ]], dtype=float32)
    """
    if name not in table:
        raise WeightsError(f"the CTranslate2 model has no variable {name!r}")
    value = table[name]
    if value.dtype.kind == "f":
        return value.astype(np.float32)
    if f"{name}_scale" not in table:
        raise WeightsError(f"the CTranslate2 model has no scale for {name!r}")
    scale = table[f"{name}_scale"].astype(np.float32)
    if scale.ndim == 1 and value.ndim > 1:
        scale = scale.reshape(-1, *([1] * (value.ndim - 1)))
    return (value.astype(np.float32) / scale).astype(np.float32)


class _Reader:
    """Walks the file once; every length is checked against what is left to read."""

    def __init__(self, path: Path, stream: BinaryIO, size: int) -> None:
        self._path = path
        self._stream = stream
        self._left = size

    def variables(self) -> dict[str, Array]:
        version = self._number("I")
        if version not in _VERSIONS:
            raise self._wrong(f"is no CTranslate2 model of version {_VERSIONS}")
        self._text()  # the name of the model's specification
        self._number("I")  # and its revision
        table: dict[str, Array] = {}
        for _ in range(self._number("I")):
            name = self._text()
            table[name] = self._array(name)
        for _ in range(self._number("I")):
            alias, name = self._text(), self._text()
            if name not in table:
                raise self._wrong(f"gives {name!r} another name but does not hold it")
            table[alias] = table[name]
        return table

    def _array(self, name: str) -> Array:
        shape = tuple(self._number("I") for _ in range(self._number("B")))
        kind, length = self._number("B"), self._number("I")
        if kind not in _TYPES and kind != _BFLOAT16:
            raise self._wrong(f"stores {name!r} in an unknown type ({kind})")
        stored = np.dtype(np.uint16 if kind == _BFLOAT16 else _TYPES[kind])
        count = 1
        for extent in shape:
            count *= extent
        if count * stored.itemsize != length:
            raise self._wrong(f"gives {name!r} {length} bytes for the shape {shape}")
        values = np.frombuffer(self._bytes(length), stored).reshape(shape)
        if kind == _BFLOAT16:
            # bfloat16 is the upper half of a float32.
            return (values.astype(np.uint32) << 16).view(np.float32)
        return values

    def _text(self) -> str:
        try:
            return self._bytes(self._number("H")).rstrip(b"\0").decode("utf-8")
        except UnicodeDecodeError as error:
            raise self._wrong("holds a name that is no text") from error

    def _number(self, kind: str) -> int:
        (number,) = struct.unpack(f"<{kind}", self._bytes(struct.calcsize(f"<{kind}")))
        return int(number)

    def _bytes(self, length: int) -> bytes:
        if length > self._left:
            raise self._wrong("ends early")
        self._left -= length
        return self._stream.read(length)

    def _wrong(self, problem: str) -> WeightsError:
        return WeightsError(f"{self._path} {problem}", remedy="install the weights again")
