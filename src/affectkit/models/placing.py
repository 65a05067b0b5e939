"""Put a folder of weights in place whole or not at all, one process at a time."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from affectkit.errors import WeightsError

PATIENCE_S = 1800.0
"""How long to wait for another process that is installing."""


@contextmanager
def beside(final: Path) -> Iterator[Path]:
    """Give an empty folder that takes the place of ``final`` once it is filled.

    If the block raises, ``final`` stays as it was and the new folder goes.

    Raises
    ------
    WeightsError
        If nothing can be written there.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as home:
    ...     with beside(Path(home, "eyes")) as folder:
    ...         _ = (folder / "eyes.onnx").write_bytes(b"...")
    ...     print([file.name for file in Path(home, "eyes").iterdir()])
    ['eyes.onnx']
    """
    try:
        final.parent.mkdir(parents=True, exist_ok=True)
        _sweep(final)
        partial = Path(tempfile.mkdtemp(prefix=f".{final.name}.", dir=final.parent))
    except OSError as error:
        raise _cannot_store(final.parent, error) from error
    try:
        yield partial
        partial.chmod(0o755)
        _put_in_place(partial, final)
    except OSError as error:
        raise _cannot_store(final.parent, error) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _put_in_place(partial: Path, final: Path) -> None:
    if final.exists():
        # A folder that holds files cannot be replaced in one step; the gap is two renames.
        retired = Path(tempfile.mkdtemp(prefix=f".{final.name}.", dir=final.parent))
        os.replace(final, retired / final.name)
        os.replace(partial, final)
        shutil.rmtree(retired, ignore_errors=True)
    else:
        os.replace(partial, final)


def _sweep(final: Path) -> None:
    """Delete what an install of this role that was killed left behind."""
    for left in final.parent.glob(f".{final.name}.*"):
        shutil.rmtree(left, ignore_errors=True)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Wait until no other process installs weights in this folder.

    SQLite's lock serves as ours: it holds on every system, and it falls with its process,
    also a killed one, where a lock file would stay behind.

    Raises
    ------
    WeightsError
        If nothing can be written there, or the other process takes over `PATIENCE_S`.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as home, alone(Path(home)):
    ...     print("nobody else installs")
    nobody else installs
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = sqlite3.connect(folder / ".lock", timeout=PATIENCE_S, isolation_level=None)
    except (OSError, sqlite3.Error) as error:
        raise _cannot_store(folder, error) from error
    try:
        lock.execute("BEGIN EXCLUSIVE")
        yield
    except sqlite3.Error as error:
        raise WeightsError(
            f"another process has been installing weights in {folder} for too long ({error})",
            remedy="wait for it to end, then install again",
        ) from error
    finally:
        lock.close()


def _cannot_store(folder: Path, error: Exception) -> WeightsError:
    reason = getattr(error, "strerror", None) or error
    return WeightsError(
        f"weights cannot be stored in {folder} ({reason})",
        remedy="make room there, or set AFFECTKIT_HOME to a folder you can write to",
    )
