"""Fetch a data set from its makers: resumable, checked by digest, never half-written."""

from __future__ import annotations

import http.client
import os
import tarfile
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal
from urllib.parse import urlsplit

from affectkit.data.dataset import facts
from affectkit.data.sources import (
    SourceFile,
    by_hand,
    digest,
    note_received,
    received,
    sources,
)
from affectkit.errors import DataError
from affectkit.progress import Progress, silent

TIMEOUT_S = 30.0
"""A server that says nothing for so long counts as gone."""

TRIES = 4
"""A connection that is cut is taken up again so often, where it was cut."""

_LARGEST = 4 * 2**30
_BLOCK = 1 << 18


@dataclass(frozen=True)
class Outcome:
    """What became of one file of a data set.

    Parameters
    ----------
    file
        The file.
    path
        Where it lies, or has to be put.
    state
        ``"new"``, ``"there"`` (it was already), ``"by hand"`` (it has no public address) or
        ``"failed"``.
    told
        Why, or what its digest says.
    """

    file: SourceFile
    path: Path
    state: Literal["new", "there", "by hand", "failed"]
    told: str = ""


class UnreachableError(DataError):
    """The server cannot be reached at all, so its other files cannot be fetched either."""


def get(
    name: str, root: Path, *, accept_changed: bool = False, progress: Progress = silent
) -> list[Outcome]:
    """Fetch the files of a data set that are not there yet, and say what became of each.

    Parameters
    ----------
    name
        One of `affectkit.data.names`.
    root
        The data root to put them under.
    accept_changed
        Keep a file whose digest is not the one that is known; its digest is written down, so
        that it cannot change again unnoticed.
    progress
        Told of the bytes of each file.

    Returns
    -------
    list of Outcome
        One for each file, in the order of the list. A file that failed leaves nothing behind
        but a part beside it, with which the next call goes on.

    Examples
    --------
    >>> get("meld", Path("data"))  # doctest: +SKIP
    [Outcome(...), Outcome(...)]
    """
    folder = root / facts(name).folder
    gone: dict[str, str] = {}
    archives: set[Path] = set()
    found = []
    for file in sources(name):
        path = root / file.path
        if _whole(file, path, folder):
            found.append(Outcome(file, path, "there"))
            continue
        if not file.url:
            if not file.optional:
                found.append(Outcome(file, path, "by hand"))
            continue
        host = urlsplit(file.url).netloc
        try:
            if host in gone:
                raise UnreachableError(gone[host])
            if file.member:
                archives.add(_archive(file, folder))
            told = _fetch(file, path, folder, accept_changed, progress)
            found.append(Outcome(file, path, "new", told))
        except DataError as error:
            if isinstance(error, UnreachableError):
                gone[host] = error.problem
            found.append(Outcome(file, path, "failed", error.problem))
        except OSError as error:
            found.append(Outcome(file, path, "failed", f"{path} cannot be written: {error}"))
    for archive in archives:
        archive.unlink(missing_ok=True)
    return found


def instructions(name: str, root: Path, outcomes: list[Outcome]) -> list[str]:
    """Return in words which files to bring by hand and where each has to lie.

    Examples
    --------
    >>> file = sources("meld")[0]
    >>> outcome = Outcome(file, Path("data") / file.path, "failed", "no network")
    >>> print(instructions("meld", Path("data"), [outcome])[0])  # doctest: +ELLIPSIS
    https://raw.githubusercontent.com/declare-lab/MELD/master/data/MELD/train_sent_emo.csv
      -> data/text-internal/meld/train_sent_emo.csv  sha256 ...
    """
    lines = []
    missing = [o for o in outcomes if o.state in ("by hand", "failed")]
    told = by_hand(name, root)
    if told and any(o.state == "by hand" for o in missing):
        lines.append(f"from {facts(name).home}: {told}")
        missing = [o for o in missing if o.state == "failed"]
    for outcome in missing:
        file = outcome.file
        where = file.url or f"from {facts(name).home}: {outcome.path.name}"
        inside = f" ({file.member} inside it)" if file.member else ""
        known = f"  sha256 {file.sha256[0]}" if file.exact and file.sha256 else ""
        lines.append(f"{where}{inside}\n  -> {outcome.path}{known}")
    return lines


def download(
    url: str, path: Path, *, size: int = 0, progress: Progress = silent, pause_s: float = 0.5
) -> None:
    """Fetch a file, going on where an earlier call was cut.

    The bytes are kept in a part beside the file until they are all there. A part is taken up
    again only if the server vouches that the file is the same (``ETag`` or
    ``Last-Modified``), else it is fetched from the start.

    Parameters
    ----------
    url
        Where from, http or https.
    path
        Where to.
    size
        How many bytes are expected, 0 if not known.
    progress
        Told of bytes.
    pause_s
        Before the second try; doubled before each further one.

    Raises
    ------
    DataError
        If the server cannot be reached, has no such file, or keeps cutting the connection.

    Examples
    --------
    >>> download("https://example.org/a.csv", Path("a.csv"))  # doctest: +SKIP
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part, mark = _beside(path, ".part"), _beside(path, ".part.etag")
    for attempt in range(TRIES):
        before = _size(part)
        try:
            _take(url, part, mark, path.name, size, progress)
            os.replace(part, path)
            mark.unlink(missing_ok=True)
            return
        except urllib.error.HTTPError as error:
            if error.code == 416 and before:
                # The part is longer than the file is now: begin again.
                part.unlink(missing_ok=True)
            elif error.code < 500 and error.code != 429:
                raise DataError(f"{url} answers {error.code} {error.reason}") from error
            problem = f"answers {error.code} {error.reason}"
        except urllib.error.URLError as error:
            raise UnreachableError(
                f"{urlsplit(url).netloc} cannot be reached ({error.reason})"
            ) from error
        except (http.client.HTTPException, ConnectionError, TimeoutError) as error:
            problem = f"was cut ({error or type(error).__name__})"
        except OSError as error:
            raise DataError(f"{path} cannot be written: {error}") from error
        if attempt + 1 < TRIES:
            time.sleep(pause_s * 2**attempt)
    raise DataError(f"{url} {problem} after {_size(part):,} bytes; the next try goes on there")


def _take(url: str, part: Path, mark: Path, name: str, size: int, progress: Progress) -> None:
    """Take what is missing of a file into its part; an error leaves what came."""
    have = _size(part)
    tag = mark.read_text("utf-8") if have and mark.is_file() else ""
    asked = urllib.request.Request(url, headers={"User-Agent": "affectkit"})
    if have and tag:
        asked.add_header("Range", f"bytes={have}-")
        asked.add_header("If-Range", tag)
    with urllib.request.urlopen(asked, timeout=TIMEOUT_S) as answer:
        follows = answer.status == 206 and f"bytes {have}-" in (
            answer.headers["Content-Range"] or ""
        )
        have = have if follows else 0
        length = answer.headers["Content-Length"]
        total = have + int(length) if length and length.isdigit() else size
        # A weak tag does not promise the same bytes, so no range may rest on it.
        tag = answer.headers["ETag"] or answer.headers["Last-Modified"] or ""
        mark.write_text("" if tag.startswith("W/") else tag, "utf-8")
        with part.open("ab" if follows else "wb") as sink:
            while block := answer.read(_BLOCK):
                sink.write(block)
                have += len(block)
                progress(name, have, total or None)
                if have > _LARGEST:
                    raise DataError(f"{url} is larger than {_LARGEST >> 30} GB")
    if length and have < total:
        raise http.client.IncompleteRead(b"", total - have)


def _fetch(
    file: SourceFile, path: Path, folder: Path, accept_changed: bool, progress: Progress
) -> str:
    fresh = _beside(path, ".new")
    if file.member:
        archive = _archive(file, folder)
        if not archive.is_file():
            download(file.url, archive, progress=progress)
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            _unpack(archive, file.member, fresh)
        except (tarfile.TarError, zipfile.BadZipFile, EOFError, OSError) as error:
            archive.unlink(missing_ok=True)
            raise DataError(f"{file.url} is no archive that can be read: {error}") from error
    else:
        download(file.url, fresh, size=file.bytes, progress=progress)
    found = digest(fresh)
    if file.exact and file.sha256 and found not in file.sha256 and not accept_changed:
        fresh.unlink()
        raise DataError(
            f"{file.url} is not the file that is known (sha256 {found[:12]}…, expected "
            f"{file.sha256[0][:12]}…): damaged on the way, or changed by its makers"
        )
    os.replace(fresh, path)
    if found in file.sha256:
        return "the known digest"
    note_received(folder, path.relative_to(folder).as_posix(), found, file.url)
    return f"sha256 {found}, written down"


def _whole(file: SourceFile, path: Path, folder: Path) -> bool:
    """Return whether a file is there and may stay."""
    if not path.is_file():
        return False
    if not file.exact:
        return True
    known = received(folder).get(path.relative_to(folder).as_posix())
    return digest(path) in (*file.sha256, known)


def _archive(file: SourceFile, folder: Path) -> Path:
    return folder / urlsplit(file.url).path.rsplit("/", 1)[-1]


def _unpack(archive: Path, member: str, target: Path) -> None:
    """Write one member of an archive to a path of our own choice; nothing else is unpacked."""
    with _opened(archive, member) as stream, target.open("wb") as sink:
        taken = 0
        while block := stream.read(_BLOCK):
            taken += len(block)
            if taken > _LARGEST:
                raise DataError(f"{member} in {archive.name} is larger than {_LARGEST >> 30} GB")
            sink.write(block)


@contextmanager
def _opened(archive: Path, member: str) -> Iterator[IO[bytes]]:
    missing = DataError(f"{archive.name} holds no {member}")
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as packed:
            held = [n for n in packed.namelist() if n.rsplit("/", 1)[-1] == member]
            if not held:
                raise missing
            with packed.open(held[0]) as stream:
                yield stream
        return
    with tarfile.open(archive) as bundle:
        for info in bundle:
            stream_or_none = (
                bundle.extractfile(info)
                if info.isfile() and info.name.rsplit("/", 1)[-1] == member
                else None
            )
            if stream_or_none is not None:
                with stream_or_none as stream:
                    yield stream
                return
    raise missing


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)


def _size(path: Path) -> int:
    with suppress(OSError):
        return path.stat().st_size
    return 0
