"""Read tensors out of a torch ``.pt`` file without unpickling it.

Two layouts are known: the zip of torch 1.6 and later (``data.pkl`` and one raw file a
storage), and the older one (four pickled values, then the storages one after another).
`affectkit.models.convert.torch_program` says what the pickled part describes, without
running it.
"""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from affectkit.errors import WeightsError
from affectkit.models.convert.torch_program import STORAGES, RefusedError, Storage, Tensor, follow

Array = npt.NDArray[np.generic]

# The first pickled value of the older layout (torch/serialization.py, MAGIC_NUMBER).
_MAGIC = 0x1950A86A20F9469CFC6C
_OLD_PROTOCOL = 1001


def tensors(path: Path) -> dict[str, Array]:
    """Return every tensor of a torch file under its dotted path.

    Parameters
    ----------
    path
        A file written by ``torch.save``, of either layout.

    Returns
    -------
    dict
        Arrays by name, such as ``"model_state.lstm.weight_ih_l0"``: the keys of nested
        dictionaries and lists joined by dots. What is no tensor (numbers, text) is left
        out. bfloat16 is widened to float32.

    Raises
    ------
    WeightsError
        If the file is no torch file, is damaged, or asks for anything but tensors.

    Examples
    --------
    >>> tensors(Path("pretrained.pt"))["model_state.linear.bias"].shape  # doctest: +SKIP
    (256,)
    """
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                found = _from_zip(archive)
        else:
            with path.open("rb") as stream:
                found = _from_stream(stream, path.stat().st_size)
    except RefusedError as error:
        raise WeightsError(
            f"{path} {error}", remedy="do not use this file; install it again"
        ) from error
    except (OSError, zipfile.BadZipFile, KeyError, EOFError, struct.error) as error:
        raise WeightsError(
            f"{path} is no torch file or is damaged ({error})", remedy="install it again"
        ) from error
    if not found:
        raise WeightsError(f"{path} holds no tensors")
    return found


def _from_zip(archive: zipfile.ZipFile) -> dict[str, Array]:
    names = [name for name in archive.namelist() if name.endswith("/data.pkl")]
    if len(names) != 1:
        raise RefusedError("is no torch file: it must hold one data.pkl")
    root = names[0][: -len("data.pkl")]
    order = root + "byteorder"
    if order in archive.namelist() and archive.read(order).strip() != b"little":
        raise RefusedError("was written on a big-endian machine")
    with archive.open(names[0]) as program:
        plan = _flatten(follow(program))  # type: ignore[arg-type]  # readable, all it needs
    storages = {tensor.storage.key: tensor.storage for tensor in plan.values()}
    raw: dict[str, Array] = {}
    for key, storage in storages.items():
        member = archive.getinfo(f"{root}data/{key}")
        # torch stores without compression; a compressed member could unfold to any size.
        if member.compress_type != zipfile.ZIP_STORED:
            raise RefusedError("holds a compressed storage")
        raw[key] = _numbers(storage, archive.read(member))
    return {name: _view(tensor, raw[tensor.storage.key]) for name, tensor in plan.items()}


def _from_stream(stream: BinaryIO, size: int) -> dict[str, Array]:
    if follow(stream) != _MAGIC or follow(stream) != _OLD_PROTOCOL:
        raise RefusedError("is no torch file")
    system = follow(stream)
    if not isinstance(system, dict) or system.get("little_endian") is not True:
        raise RefusedError("was written on a big-endian machine")
    plan = _flatten(follow(stream))
    storages = {tensor.storage.key: tensor.storage for tensor in plan.values()}
    raw: dict[str, Array] = {}
    for key in follow(stream):
        (count,) = struct.unpack("<q", stream.read(8))
        if key not in storages or count != storages[key].count:
            raise RefusedError(f"has a storage that no tensor uses or of the wrong length ({key})")
        length = count * STORAGES[storages[key].kind].itemsize
        # Before reading: a claimed length must not allocate more than the file has.
        if length > size - stream.tell():
            raise RefusedError("ends early")
        raw[key] = _numbers(storages[key], stream.read(length))
    return {name: _view(tensor, raw[tensor.storage.key]) for name, tensor in plan.items()}


def _numbers(storage: Storage, raw: bytes) -> Array:
    kind = STORAGES[storage.kind]
    if len(raw) != storage.count * kind.itemsize:
        raise RefusedError(f"has a storage of the wrong length ({storage.key})")
    values: Array = np.frombuffer(raw, kind)
    if storage.kind == "BFloat16Storage":
        # bfloat16 is the upper half of a float32.
        return (values.astype(np.uint32) << 16).view(np.float32)
    return values


def _view(tensor: Tensor, flat: Array) -> Array:
    if any(extent == 0 for extent in tensor.shape):
        return np.zeros(tensor.shape, flat.dtype)
    # The last element must lie inside the storage: as_strided does not look.
    steps = zip(tensor.shape, tensor.stride, strict=True)
    if tensor.offset + sum((extent - 1) * step for extent, step in steps) >= len(flat):
        raise RefusedError("holds a tensor that reaches beyond its storage")
    # Strides of zero could blow a few bytes up to any size; weights never do.
    if np.prod(tensor.shape, dtype=float) > len(flat):
        raise RefusedError("holds a tensor larger than its storage")
    strides = [step * flat.itemsize for step in tensor.stride]
    return np.lib.stride_tricks.as_strided(
        flat[tensor.offset :], tensor.shape, strides, writeable=False
    ).copy()


def _flatten(value: Any) -> dict[str, Tensor]:
    """Name the tensors of nested containers by their path, each container once."""
    found: dict[str, Tensor] = {}
    waiting: list[tuple[str, Any]] = [("", value)]
    seen: set[int] = set()
    while waiting:
        prefix, item = waiting.pop()
        if isinstance(item, Tensor):
            found[prefix] = item
            continue
        if not isinstance(item, dict | list | tuple) or id(item) in seen:
            continue
        # A container that holds itself would never end.
        seen.add(id(item))
        pairs = item.items() if isinstance(item, dict) else enumerate(item)
        inner = [(f"{prefix}.{key}" if prefix else str(key), entry) for key, entry in pairs]
        waiting.extend(reversed(inner))
    return found
