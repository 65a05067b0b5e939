"""Follow the opcodes of a torch file to a plan of its tensors, executing nothing.

Unpickling runs whatever a file asks for. `pickletools.genops` only disassembles; the
small interpreter here knows containers, numbers, text and tensors, and refuses anything
else in the file by name.
"""

from __future__ import annotations

import pickletools
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np

STORAGES: dict[str, np.dtype[Any]] = {
    "FloatStorage": np.dtype("<f4"),
    "DoubleStorage": np.dtype("<f8"),
    "HalfStorage": np.dtype("<f2"),
    "BFloat16Storage": np.dtype("<u2"),
    "LongStorage": np.dtype("<i8"),
    "IntStorage": np.dtype("<i4"),
    "ShortStorage": np.dtype("<i2"),
    "CharStorage": np.dtype("i1"),
    "ByteStorage": np.dtype("u1"),
    "BoolStorage": np.dtype("?"),
}
_REBUILD_TENSOR = "torch._utils _rebuild_tensor_v2"
_REBUILD_PARAMETER = "torch._utils _rebuild_parameter"
_ORDERED_DICT = "collections OrderedDict"
_ALLOWED = {_REBUILD_TENSOR, _REBUILD_PARAMETER, _ORDERED_DICT}
_ALLOWED |= {f"torch {storage}" for storage in STORAGES}
# Weights of a small model have a few thousand opcodes; a bomb has millions.
_MOST_OPCODES = 2_000_000


class RefusedError(Exception):
    """The file asks for something that no list of tensors needs, or is damaged."""


@dataclass(frozen=True)
class Storage:
    """A run of raw numbers in the file: its key, the kind (``FloatStorage``), how many."""

    key: str
    kind: str
    count: int


@dataclass(frozen=True)
class Tensor:
    """A view of a storage: where it begins, its shape and strides, in elements."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    stride: tuple[int, ...]


def follow(stream: BinaryIO) -> Any:
    r"""Return what a pickled program describes, with `Tensor` where torch has tensors.

    Parameters
    ----------
    stream
        Positioned at the program; left behind its last byte.

    Returns
    -------
    object
        Dictionaries, lists, tuples, numbers, text, `Storage` and `Tensor`.

    Raises
    ------
    RefusedError
        If the program names a class or function other than those that make tensors, or
        does not hold together.

    Examples
    --------
    >>> import io
    >>> follow(io.BytesIO(b"\x80\x02}X\x01\x00\x00\x00aK\x05s."))
    {'a': 5}
    """
    interpreter = _Interpreter()
    try:
        for count, (opcode, argument, _) in enumerate(pickletools.genops(stream)):
            if count > _MOST_OPCODES:
                raise RefusedError("is too long to be weights")
            if opcode.name == "STOP":
                return interpreter.stack.pop()
            interpreter.step(opcode.name, argument)
    except (IndexError, ValueError, TypeError, OverflowError) as error:
        raise RefusedError(f"is damaged ({error})") from error
    raise RefusedError("ends early")


@dataclass(frozen=True)
class _Name:
    """A class or function that the file mentions; never looked up, never called."""

    text: str


class _Mark:
    """Where a run of values begins on the stack."""


_MARK = _Mark()
_CONSTANTS: dict[str, Any] = {
    "NONE": None,
    "NEWTRUE": True,
    "NEWFALSE": False,
    "EMPTY_TUPLE": (),
}
_NUMBERS_AND_TEXT = {
    "INT",
    "BININT",
    "BININT1",
    "BININT2",
    "LONG",
    "LONG1",
    "FLOAT",
    "BINFLOAT",
    "BINUNICODE",
    "SHORT_BINUNICODE",
    "UNICODE",
}


class _Interpreter:
    """A stack and a memo of its own."""

    def __init__(self) -> None:
        self.stack: list[Any] = []
        self._memo: dict[int, Any] = {}

    def step(self, name: str, argument: Any) -> None:
        stack = self.stack
        if name in ("PROTO", "FRAME"):
            return
        if name in _NUMBERS_AND_TEXT:
            stack.append(argument)
        elif name in _CONSTANTS:
            stack.append(_CONSTANTS[name])
        elif name == "MARK":
            stack.append(_MARK)
        elif name == "EMPTY_DICT":
            stack.append({})
        elif name == "EMPTY_LIST":
            stack.append([])
        elif name in ("BINPUT", "LONG_BINPUT", "PUT"):
            self._memo[int(argument)] = stack[-1]
        elif name == "MEMOIZE":
            self._memo[len(self._memo)] = stack[-1]
        elif name in ("BINGET", "LONG_BINGET", "GET"):
            stack.append(self._recall(int(argument)))
        elif name == "GLOBAL":
            stack.append(self._allowed(argument))
        elif name == "STACK_GLOBAL":
            attribute, module = stack.pop(), stack.pop()
            stack.append(self._allowed(f"{module} {attribute}"))
        elif name in ("TUPLE", "TUPLE1", "TUPLE2", "TUPLE3"):
            stack.append(tuple(self._many(name)))
        elif name == "APPEND":
            value = stack.pop()
            self._top(list).append(value)
        elif name == "APPENDS":
            values = self._since_mark()
            self._top(list).extend(values)
        elif name == "SETITEM":
            value, key = stack.pop(), stack.pop()
            self._set([key, value])
        elif name == "SETITEMS":
            self._set(self._since_mark())
        elif name == "BINPERSID":
            stack.append(self._storage(stack.pop()))
        elif name == "REDUCE":
            arguments, function = stack.pop(), stack.pop()
            stack.append(self._reduce(function, arguments))
        elif name == "BUILD":
            # The state of a dictionary that torch attaches to it (_metadata): not needed.
            stack.pop()
            self._top(dict)
        else:
            raise RefusedError(f"asks for {name}, which no list of tensors needs")

    def _allowed(self, text: str) -> _Name:
        if text not in _ALLOWED:
            raise RefusedError(f"asks to run {text.replace(' ', '.')}, which is not a tensor")
        return _Name(text)

    def _reduce(self, function: Any, arguments: Any) -> Any:
        if not isinstance(function, _Name) or not isinstance(arguments, tuple):
            raise RefusedError("calls something that is no function")
        if function.text == _ORDERED_DICT and not arguments:
            return {}
        if function.text == _REBUILD_PARAMETER and isinstance(arguments[0], Tensor):
            return arguments[0]
        if function.text == _REBUILD_TENSOR and isinstance(arguments[0], Storage):
            return self._tensor(*arguments[:4])
        raise RefusedError(f"calls {function.text.replace(' ', '.')} in an unknown way")

    def _storage(self, identity: Any) -> Storage:
        match identity:
            case ("storage", _Name(text=kind), str(key), str(), int(count), *_):
                return Storage(key, kind.removeprefix("torch "), count)
        raise RefusedError("refers to something that is no storage")

    def _tensor(self, storage: Storage, offset: Any, shape: Any, stride: Any) -> Tensor:
        numbers = (offset, *shape, *stride)
        if len(shape) != len(stride) or any(type(n) is not int or n < 0 for n in numbers):
            raise RefusedError("holds a tensor of an impossible shape")
        return Tensor(storage, offset, tuple(shape), tuple(stride))

    def _many(self, name: str) -> list[Any]:
        if name == "TUPLE":
            return self._since_mark()
        count = int(name[-1])
        values = self.stack[-count:]
        if len(values) != count or any(value is _MARK for value in values):
            raise RefusedError("is damaged: a tuple lacks values")
        del self.stack[-count:]
        return values

    def _since_mark(self) -> list[Any]:
        values: list[Any] = []
        while (value := self.stack.pop()) is not _MARK:
            values.append(value)
        return values[::-1]

    def _set(self, items: list[Any]) -> None:
        table = self._top(dict)
        for key, value in zip(items[::2], items[1::2], strict=True):
            table[key] = value

    def _top(self, kind: type[Any]) -> Any:
        if type(self.stack[-1]) is not kind:
            raise RefusedError("fills a container that is not there")
        return self.stack[-1]

    def _recall(self, index: int) -> Any:
        if index not in self._memo:
            raise RefusedError("recalls a value that was never stored")
        return self._memo[index]
