"""Run a recipe: check what it needs, time it, stamp its findings, keep them."""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import os
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from affectkit.errors import AffectkitError, DataError
from affectkit.progress import Progress, silent
from affectkit.recipes.finding import Finding, write_findings
from affectkit.recipes.registry import PACKAGE, Recipe, recipe

BUDGET_S = 300.0
"""A plain run is to end within this time on two cores."""


def data_root(data: str | os.PathLike[str] | None = None) -> Path:
    """Return the folder that holds the public data sets.

    Parameters
    ----------
    data
        The folder; if None, the environment variable ``AFFECTKIT_DATA``, and if that is not
        set either, ``../shared/data`` beside the repository.

    Raises
    ------
    DataError
        If there is no such folder.
    """
    chosen = data if data is not None else os.environ.get("AFFECTKIT_DATA", "")
    path = Path(chosen) if chosen else PACKAGE.parents[2] / "shared" / "data"
    if not path.is_dir():
        raise DataError(
            f"there is no folder {path} with data sets",
            remedy="name it by --data or the environment variable AFFECTKIT_DATA",
        )
    return path


def missing_needs(needed: Recipe, data: Path) -> list[str]:
    """Return what the recipe needs and this machine lacks, each in a few words."""
    missing = []
    for need in needed.needs:
        kind, _, name = need.rpartition(":")
        if kind == "weights":
            weights = importlib.import_module("affectkit.models.weights")
            if not weights.installed(name):
                missing.append(f"weights {name} (affectkit weights install {name})")
        elif kind == "package":
            if importlib.util.find_spec(name) is None:
                missing.append(f"Python package {name}")
        elif not (data / name).exists():
            missing.append(f"data set {name} under {data}")
    return missing


def run_recipe(
    name: str | int | Recipe,
    *,
    data: str | os.PathLike[str] | None = None,
    seeds: Sequence[int] = (0, 1, 2),
    full: bool = False,
    progress: Progress | None = None,
) -> list[Finding]:
    """Run a recipe and return its findings, stamped with what made them.

    Parameters
    ----------
    name
        Id of the recipe, number of its paper, or the recipe itself.
    data
        Folder with the data sets; see `data_root`.
    seeds
        The seeds to run.
    full
        Run the large version, whose findings are the ones to record.
    progress
        Told how far the work is.

    Raises
    ------
    DataError
        If a data set, weights or a package that it needs is missing.
    """
    chosen = name if isinstance(name, Recipe) else recipe(name)
    root = data_root(data)
    missing = missing_needs(chosen, root)
    if missing:
        raise DataError(
            f"the recipe {chosen.id} lacks {'; '.join(missing)}", remedy="bring these, then rerun"
        )
    version = chosen.version
    begun = time.perf_counter()
    found = chosen.load().run(data=root, seeds=tuple(seeds), full=full, progress=progress or silent)
    seconds = round(time.perf_counter() - begun, 1)
    command = f"affectkit papers run {chosen.key}"
    if full:
        command += " --full"
    if tuple(seeds) != (0, 1, 2):
        command += f" --seeds {','.join(map(str, seeds))}"
    return [
        finding.stamped(
            recipe=chosen.id,
            paper=chosen.paper,
            code=version,
            full=full,
            seconds=seconds,
            created=datetime.now(UTC).date().isoformat(),
            command=command,
        )
        for finding in found
    ]


def findings_folder() -> Path:
    """Return the folder of recorded findings: the repository's, else the package's own."""
    repository = PACKAGE.parents[1]
    if (repository / "pyproject.toml").is_file():
        return repository / "docs" / "findings"
    return PACKAGE / "recipes" / "findings"


def record(findings: Sequence[Finding], folder: Path | None = None) -> Path:
    """Write the findings of one recipe to ``<paper or id>.json`` and return the path.

    Raises
    ------
    AffectkitError
        If there are none, or they come from several recipes.
    """
    if len({f.recipe for f in findings}) != 1:
        raise AffectkitError("findings are recorded one recipe at a time")
    return write_findings(
        findings, (folder or findings_folder()) / f"{recipe(findings[0].recipe).key}.json"
    )


def describe(finding: Finding) -> str:
    """Return one finding in a few lines of plain text.

    Examples
    --------
    >>> print(describe(Finding("A beats B", "UAR", 0.5, 0.25, "majority", 0.2, 0.3, 40,
    ...                        (0, 1, 2), ("speech/emodb",), True)))
    holds     A beats B
              UAR 0.500 against 0.250 (majority); difference 0.250, 95 % interval 0.200 to 0.300
              n = 40, seeds 0 1 2, speech/emodb
    """
    head = "holds    " if finding.holds else "does not hold"
    number = f"{finding.metric} {short(finding.value)}"
    if finding.baseline is not None:
        number += f" against {short(finding.baseline)} ({finding.baseline_name})"
    if finding.interval_of == "difference" and finding.baseline is not None:
        number += f"; difference {short(finding.value - finding.baseline)}"
    number += f", 95 % interval {short(finding.low)} to {short(finding.high)}"
    seeds = " ".join(map(str, finding.seeds))
    lines = [
        f"{head} {finding.claim}",
        f"{'':9} {number}",
        f"{'':9} n = {finding.n}, seeds {seeds}, {', '.join(finding.data)}",
    ]
    if finding.notes:
        lines.append(f"{'':9} {finding.notes}")
    return "\n".join(lines)


def short(number: float) -> str:
    """Return a number as people read it, with three decimals unless it would vanish.

    Examples
    --------
    >>> short(0.25), short(2e-16)
    ('0.250', '2.0e-16')
    """
    return f"{number:.3f}" if number == 0 or abs(number) >= 0.0005 else f"{number:.1e}"


def main() -> None:
    """Run the recipe that is being run by ``python -m affectkit.recipes.<area>.<idea>``."""
    from affectkit.recipes.registry import recipes

    spec = sys.modules["__main__"].__spec__
    module = spec.name if spec is not None else ""
    chosen = next((r for r in recipes().values() if r.module == module), None)
    if chosen is None:
        raise AffectkitError(
            "this is no recipe", remedy="python -m affectkit.recipes.<area>.<idea>"
        )
    parser = argparse.ArgumentParser(prog=f"python -m {module}", description=chosen.title)
    parser.add_argument("--full", action="store_true", help="the large run")
    parser.add_argument("--data", help="folder with the data sets (else AFFECTKIT_DATA)")
    parser.add_argument("--seeds", default="0,1,2", help="seeds, with commas between")
    parser.add_argument("--record", action="store_true", help="keep the findings in docs/findings")
    given = parser.parse_args()
    try:
        found = run_recipe(
            chosen,
            data=given.data,
            seeds=[int(seed) for seed in given.seeds.split(",")],
            full=given.full,
        )
        print("\n".join(describe(finding) for finding in found))
        if given.record:
            print(f"recorded in {record(found)}")
    except AffectkitError as error:
        print(f"Error: {error}", file=sys.stderr)
        sys.exit(1)
