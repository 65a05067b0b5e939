"""Run the recipes that a change touches, then others in turn, within ten minutes."""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

from affectkit.errors import AffectkitError
from affectkit.recipes.registry import PACKAGE, Recipe, dependencies, recipes
from affectkit.recipes.run import BUDGET_S, data_root, missing_needs

ROOT = Path(__file__).resolve().parents[1]


def changed_files(base: str) -> set[Path]:
    """Return the files that differ between a commit and the working tree."""
    done = subprocess.run(
        ["git", "diff", "--name-only", base, "--"], cwd=ROOT, capture_output=True, text=True
    )
    if done.returncode:
        print(f"git knows no {base}; only the rotating sample is run")
        return set()
    return {ROOT / line for line in done.stdout.splitlines()}


def touched(files: Iterable[Path]) -> list[Recipe]:
    """Return the recipes whose code, as their version covers it, is among the files."""
    names = set()
    for file in files:
        if file.suffix == ".py" and file.is_relative_to(PACKAGE):
            parts = file.relative_to(PACKAGE.parent).with_suffix("").parts
            names.add(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
    return [r for r in recipes().values() if names & dependencies(r.module)]


def in_turn(rest: list[Recipe], turn: int) -> list[Recipe]:
    """Return the recipes starting from another one each turn."""
    if not rest:
        return []
    start = turn % len(rest)
    return rest[start:] + rest[:start]


def main() -> int:
    """Run what was chosen and return the number of failures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", default="HEAD~1", help="commit to compare with")
    parser.add_argument("--budget", type=float, default=600.0, help="seconds in all")
    parser.add_argument("--sample", type=int, default=2, help="how many untouched ones to run")
    given = parser.parse_args()
    begun = time.monotonic()
    try:
        data = data_root()
    except AffectkitError as error:
        print(f"no recipe is run: {error}")
        return 0
    first = touched(changed_files(given.base))
    count = subprocess.run(
        ["git", "rev-list", "--count", "HEAD"], cwd=ROOT, capture_output=True, text=True
    ).stdout.strip()
    rest = in_turn([r for r in recipes().values() if r not in first], int(count or 0))
    failed = []
    sampled = 0
    for recipe in [*first, *rest]:
        if recipe not in first and sampled >= given.sample:
            break
        missing = missing_needs(recipe, data)
        if missing:
            print(f"skipped {recipe.id}: lacks {'; '.join(missing)}")
            continue
        sampled += recipe not in first
        left = given.budget - (time.monotonic() - begun)
        if left < 20:
            print(f"not run for want of time: {recipe.id}")
            continue
        state = _run(recipe, min(BUDGET_S, left), whole=left >= BUDGET_S)
        if state == "failed":
            failed.append(recipe.id)
    print(f"failed: {', '.join(failed)}" if failed else "all recipes that were run ended well")
    return len(failed)


def _run(recipe: Recipe, limit_s: float, *, whole: bool) -> str:
    print(f"--- {recipe.id} (at most {limit_s:.0f} s)", flush=True)
    command = [sys.executable, "-m", recipe.module]
    before = _processor_s()
    try:
        code = subprocess.run(command, cwd=ROOT, timeout=limit_s, env=os.environ).returncode
    except subprocess.TimeoutExpired:
        if whole and _processor_s() - before < limit_s / 2:
            print(f"{recipe.id} was cut off: others had the processor most of the time")
            return "cut"
        if whole:
            print(f"{recipe.id} took longer than the {BUDGET_S:.0f} s that a plain run may take")
            return "failed"
        print(f"{recipe.id} was cut off: the time for all recipes is over")
        return "cut"
    return "done" if code == 0 else "failed"


def _processor_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    sys.exit(main())
