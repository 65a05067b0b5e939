"""Which recipes continuous integration runs for a change."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from affectkit.recipes.registry import PACKAGE, recipes

SCRIPT = Path(__file__).resolve().parents[2] / ".ci" / "changed_recipes.py"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("changed_recipes", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_change_reaches_the_recipes_that_import_it(script: ModuleType) -> None:
    def names(*files: str) -> set[str]:
        return {r.id for r in script.touched([PACKAGE / f for f in files])}

    assert "fusion.group_mood" in names("fuse/fusion.py")
    assert "fusion.group_mood" in names("recipes/fusion/listeners.py")
    assert "fusion.group_mood" not in names("cli/app.py")
    assert names("recipes/catalogue.json") == set()


def test_everybody_has_a_turn(script: ModuleType) -> None:
    every = list(recipes().values())
    first = [script.in_turn(every, turn)[0].id for turn in range(len(every))]
    assert sorted(first) == sorted(r.id for r in every)
    assert script.in_turn([], 3) == []


def test_without_data_nothing_is_run_and_said_so(tmp_path: Path) -> None:
    import os

    done = subprocess.run(
        [sys.executable, str(SCRIPT)],
        capture_output=True,
        text=True,
        env={**os.environ, "AFFECTKIT_DATA": str(tmp_path / "none")},
    )
    assert done.returncode == 0
    assert "no recipe is run" in done.stdout


def test_a_recipe_that_fails_fails_the_run(script: ModuleType, monkeypatch, tmp_path) -> None:
    recipe = next(iter(recipes().values()))
    monkeypatch.setattr(script.sys, "executable", "/bin/false")
    assert script._run(recipe, 5, whole=True) == "failed"
    slow = tmp_path / "slow"
    slow.write_text("#!/bin/sh\nexec sleep 5\n")
    slow.chmod(0o755)
    monkeypatch.setattr(script.sys, "executable", str(slow))
    used = iter([0.0, 0.19, 0.0, 0.01])
    monkeypatch.setattr(script, "_processor_s", lambda: next(used))
    assert script._run(recipe, 0.2, whole=True) == "failed"
    # Others had the processor: that says nothing of the recipe.
    assert script._run(recipe, 0.2, whole=True) == "cut"
    used = iter([0.0, 0.19])
    assert script._run(recipe, 0.2, whole=False) == "cut"
