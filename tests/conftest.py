"""Where tests find real data and installed weights, and how they skip without."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

# Machines are shared: how long an example takes says nothing about it.
settings.register_profile("affectkit", deadline=None)
settings.load_profile("affectkit")
os.environ.setdefault("OMP_NUM_THREADS", "1")
ROOT = Path(__file__).resolve().parents[1]


def data_root() -> Path:
    """Return the folder with the public data sets."""
    return Path(os.environ.get("AFFECTKIT_DATA", ROOT.parent / "shared" / "data"))


@pytest.fixture(scope="session")
def shared_data() -> Callable[[str], Path]:
    """Return a function that finds a data set or skips the test, naming it."""

    def find(name: str) -> Path:
        path = data_root() / name
        if not path.exists():
            pytest.skip(f"the data set {name} is not at {data_root()} (set AFFECTKIT_DATA)")
        return path

    return find


@pytest.fixture(scope="session")
def weights() -> Callable[..., None]:
    """Return a function that skips the test unless the named weights are installed."""

    def need(*roles: str) -> None:
        from affectkit.models import weights as store

        missing = [role for role in roles if not store.installed(role)]
        if missing:
            pytest.skip(f"weights not installed: affectkit weights install {' '.join(missing)}")

    return need
