"""Arrays with a few plain facts in one safetensors file, the same bytes for the same content."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affectkit.errors import WeightsError

_KEY = "affectkit"


def write_tensors(
    path: str | os.PathLike[str], tensors: Mapping[str, NDArray[Any]], about: Mapping[str, Any]
) -> Path:
    """Write arrays and facts to a file, whole or not at all, and return its path.

    The same content gives the same bytes in every process: the library lays out arrays by
    type and name, but the facts of its header in an order that changes, so they go into one.

    Parameters
    ----------
    path
        Where to.
    tensors
        Arrays by name, in the number types that they are to be stored in.
    about
        Plain JSON values, ``"format"`` among them: what kind of file it is.

    Examples
    --------
    >>> import tempfile
    >>> file = write_tensors(
    ...     Path(tempfile.mkdtemp()) / "a.safetensors",
    ...     {"w": np.ones(2)},
    ...     {"format": "demo", "n": 3},
    ... )
    >>> read_tensors(file, "demo")
    ({'w': array([1., 1.])}, {'format': 'demo', 'n': 3})
    """
    from safetensors.numpy import save_file

    target = Path(path)
    beside = target.with_name(f".{target.name}.{os.getpid()}.part")
    whole = {name: np.ascontiguousarray(tensors[name]) for name in sorted(tensors)}
    facts = json.dumps(dict(about), sort_keys=True)
    try:
        save_file(whole, beside, metadata={_KEY: facts})
        beside.chmod(0o644)  # the library makes it unreadable to others
        os.replace(beside, target)
    finally:
        beside.unlink(missing_ok=True)
    return target


def read_tensors(
    path: str | os.PathLike[str], format: str
) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Return the arrays and the facts that `write_tensors` wrote.

    Parameters
    ----------
    path
        The file.
    format
        What ``"format"`` among the facts must be.

    Raises
    ------
    WeightsError
        If the file is missing, damaged, or of another format.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            about = _facts(file.metadata() or {})
            if about.get("format") != format:
                raise WeightsError(
                    f"{path} does not hold what is looked for ({format})",
                    remedy="give a file that affectkit wrote for this",
                )
            return {name: file.get_tensor(name) for name in sorted(file.keys())}, about
    except (OSError, SafetensorError, json.JSONDecodeError) as error:
        raise WeightsError(
            f"{path} cannot be read: {error}", remedy="install affectkit again"
        ) from error


def _facts(header: Mapping[str, str]) -> dict[str, Any]:
    if _KEY in header:
        facts = json.loads(header[_KEY])
        return facts if isinstance(facts, dict) else {}
    # The first files had a key for each fact, JSON where it was more than a word.
    return {name: _plain(value) for name, value in header.items()}


def _plain(value: str) -> Any:
    try:
        return json.loads(value)
    except json.JSONDecodeError:
        return value
