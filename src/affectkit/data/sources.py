"""Which files a data set consists of, where its makers publish them, and their digests."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

RECEIVED = "RECEIVED.json"
"""Beside the files that `affectkit data get` fetched: their digests, for those not known."""


@dataclass(frozen=True)
class SourceFile:
    """A file of a data set.

    Parameters
    ----------
    path
        Where it lies under the data root.
    url
        Where its makers publish it; empty if it has to be brought by hand.
    member
        Its name inside the archive at `url`, if that is one.
    sha256
        Digests that are known to be whole.
    bytes
        Its size where it is known, else 0.
    exact
        Whether no other digest is right. Otherwise the known ones are those of a part, and
        the makers' own file has another.
    optional
        Whether the reader can do without.
    """

    path: str
    url: str = ""
    member: str = ""
    sha256: tuple[str, ...] = ()
    bytes: int = 0
    exact: bool = False
    optional: bool = False


@cache
def _all() -> dict[str, dict[str, object]]:
    told = resources.files("affectkit.data").joinpath("sources.json").read_text("utf-8")
    found: dict[str, dict[str, object]] = json.loads(told)
    return found


def sources(name: str) -> tuple[SourceFile, ...]:
    """Return the files of a data set; none if they are not listed.

    Examples
    --------
    >>> [f.path.rsplit("/", 1)[-1] for f in sources("meld")]
    ['train_sent_emo.csv', 'dev_sent_emo.csv']
    """
    listed = _all().get(name, {}).get("files", [])
    assert isinstance(listed, list)
    return tuple(SourceFile(**{**file, "sha256": tuple(file.get("sha256", ()))}) for file in listed)


def by_hand(name: str, root: Path) -> str:
    """Return which files to bring by hand and where they go, in words; empty if none.

    Examples
    --------
    >>> "politeness" in by_hand("dailydialog_polite", Path("data"))
    True
    """
    return str(_all().get(name, {}).get("by_hand", "")).format(root=root)


def digest(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal.

    Examples
    --------
    >>> len(digest(Path(__file__)))
    64
    """
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def received(folder: Path) -> dict[str, str]:
    """Return the digests of the files that were fetched into a folder, by path in it.

    Examples
    --------
    >>> received(Path("/nowhere"))
    {}
    """
    try:
        told = json.loads((folder / RECEIVED).read_text("utf-8"))
        return {str(name): str(about["sha256"]) for name, about in told.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def note_received(folder: Path, path: str, sha256: str, url: str) -> None:
    """Write down the digest of a file that was fetched, so that a later change is seen."""
    noted = folder / RECEIVED
    try:
        told = json.loads(noted.read_text("utf-8"))
    except (OSError, ValueError):
        told = {}
    told[path] = {"sha256": sha256, "url": url}
    partial = noted.with_suffix(".partial")
    partial.write_text(json.dumps(told, indent=1, sort_keys=True) + "\n", "utf-8")
    os.replace(partial, noted)
