"""Which recipes there are, read from their source without importing them."""

from __future__ import annotations

import ast
import hashlib
import importlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType

from affectkit.errors import AffectkitError

PACKAGE = Path(__file__).resolve().parents[1]
"""The folder of the package ``affectkit``."""


@dataclass(frozen=True)
class Recipe:
    """What a recipe module says about itself.

    A recipe is a module ``affectkit/recipes/<area>/<idea>.py`` with the constants

    ``ID``
        ``"<area>.<idea>"``, the name it is run by.
    ``PAPER``
        The number of the paper it demonstrates, or None.
    ``TITLE``
        What it shows, in a line.
    ``NEEDS``
        What must be there: data set folders under the data root (``"av/music/vgmidi"``),
        weights (``"weights:speech_encoder"``) and packages (``"package:torch"``).

    and the function ``run(*, data: Path, seeds: Sequence[int] = (0, 1, 2),
    full: bool = False, progress: Progress | None = None) -> list[Finding]``. It ends with::

        if __name__ == "__main__":
            from affectkit.recipes.run import main

            main()
    """

    id: str
    paper: int | None
    title: str
    needs: tuple[str, ...]
    module: str
    path: Path

    @property
    def key(self) -> str:
        """The name of its findings file: the paper's number, else its id.

        Examples
        --------
        >>> Recipe("fusion.group_mood", 81, "", (), "", Path()).key
        '081'
        """
        return self.id if self.paper is None else f"{self.paper:03d}"

    def load(self) -> ModuleType:
        """Import the recipe's module."""
        return importlib.import_module(self.module)

    @property
    def version(self) -> str:
        """The present `code_version` of the recipe."""
        return code_version(self.module)


@cache
def recipes() -> Mapping[str, Recipe]:
    """Return all recipes by id, without importing any of them.

    Raises
    ------
    AffectkitError
        If two recipes share an id or a paper, or a constant is not a plain value.

    Examples
    --------
    >>> recipes()["fusion.group_mood"].paper
    81
    """
    found: dict[str, Recipe] = {}
    for path in sorted((PACKAGE / "recipes").glob("*/*.py")):
        recipe = _read(path)
        if recipe is None:
            continue
        for other in found.values():
            if recipe.key == other.key or recipe.id == other.id:
                raise AffectkitError(f"{recipe.path} and {other.path} share an id or a paper")
        found[recipe.id] = recipe
    return found


def recipe(name: str | int) -> Recipe:
    """Return the recipe with this id, or for this paper number.

    Raises
    ------
    AffectkitError
        If there is none.

    Examples
    --------
    >>> recipe("081") == recipe("fusion.group_mood") == recipe(81)
    True
    """
    known = recipes()
    if str(name) in known:
        return known[str(name)]
    if str(name).isdigit():
        for candidate in known.values():
            if candidate.paper == int(name):
                return candidate
    raise AffectkitError(
        f"there is no recipe for {name}",
        remedy=f"run one of {', '.join(sorted(known))}, or see `affectkit papers list`",
    )


def code_version(module: str) -> str:
    """Return the sha256 of the code that a recipe's numbers depend on directly.

    It covers the module, the affectkit modules that it imports (where a package only passes
    a name on, also the module which defines it) and, of other recipe modules, what these
    import in turn. Modules that only word errors, report progress or keep findings do not
    count, nor do comments, docstrings and blank lines: a better explanation does not outdate
    a number.

    Parameters
    ----------
    module
        Dotted name, such as ``"affectkit.recipes.fusion.group_mood"``.

    Examples
    --------
    >>> len(code_version("affectkit.recipes.finding"))
    64
    """
    digest = hashlib.sha256()
    for name in sorted(dependencies(module)):
        digest.update(f"{name}\n{_what_runs(_path(name))}\n".encode())
    return digest.hexdigest()


def dependencies(module: str) -> set[str]:
    """Return the dotted names of the affectkit modules that `code_version` covers.

    Examples
    --------
    >>> sorted(dependencies("affectkit.recipes.finding"))
    ['affectkit.measure.intervals', 'affectkit.recipes.finding']
    """
    seen: set[str] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name in seen or _path(name) is None:
            continue
        seen.add(name)
        if name == module or name.startswith("affectkit.recipes."):
            waiting.extend(_imports(name))
    return {n for n in seen if n == module or not (n in _NO_NUMBERS or _only_passes_on(n))}


_NO_NUMBERS = {
    f"affectkit.{name}"
    for name in (
        "errors",
        "optional",
        "progress",
        "recipes.finding",
        "recipes.registry",
        "recipes.run",
    )
}
"""Modules that no number depends on: how things are worded, reported and kept."""


def _only_passes_on(module: str) -> bool:
    """Whether a package's own file holds nothing but imports and the list of its names."""
    path = _path(module)
    return (
        path is not None
        and path.name == "__init__.py"
        and all(
            isinstance(node, ast.Import | ast.ImportFrom | ast.Expr)
            or (isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__")
            for node in _tree(module).body
        )
    )


def _imports(module: str) -> Iterator[str]:
    for node in ast.walk(_tree(module)):
        if isinstance(node, ast.Import):
            yield from (a.name for a in node.names if a.name.split(".")[0] == "affectkit")
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "affectkit":
            for alias in node.names:
                yield from _origin(str(node.module), alias.name)


def _origin(module: str, name: str, depth: int = 4) -> Iterator[str]:
    """Follow a name through packages that only pass it on, to the module defining it."""
    yield module
    if _path(f"{module}.{name}") is not None:
        yield f"{module}.{name}"
        return
    if depth and _path(module) is not None:
        for node in ast.walk(_tree(module)):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("affectkit"):
                for alias in node.names:
                    if (alias.asname or alias.name) == name:
                        yield from _origin(str(node.module), alias.name, depth - 1)


def _path(module: str) -> Path | None:
    parts = module.split(".")[1:]
    for candidate in (
        PACKAGE.joinpath(*parts).with_suffix(".py") if parts else PACKAGE / "__init__.py",
        PACKAGE.joinpath(*parts, "__init__.py"),
    ):
        if candidate.is_file():
            return candidate
    return None


@cache
def _tree(module: str) -> ast.Module:
    path = _path(module)
    assert path is not None
    return ast.parse(path.read_text(encoding="utf-8"))


def _what_runs(path: Path | None) -> str:
    """Return the source without docstrings, comment lines and blank lines.

    Lines are compared rather than syntax trees, because trees differ between Pythons.
    """
    assert path is not None
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()
    for node in ast.walk(ast.parse(text)):
        body = getattr(node, "body", None)
        if not isinstance(body, list):
            continue
        for part in body:
            if (
                isinstance(part, ast.Expr)
                and isinstance(part.value, ast.Constant)
                and isinstance(part.value.value, str)
            ):
                for number in range(part.lineno - 1, part.end_lineno or part.lineno):
                    lines[number] = ""
    kept = (line.rstrip() for line in lines)
    return "\n".join(line for line in kept if line and not line.lstrip().startswith("#"))


def _read(path: Path) -> Recipe | None:
    if path.name.startswith("_"):
        return None
    constants: dict[str, ast.expr] = {}
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            target: ast.expr = node.targets[0]
        elif isinstance(node, ast.AnnAssign):
            target = node.target
        else:
            continue
        if isinstance(target, ast.Name) and node.value is not None:
            constants[target.id] = node.value
    if "ID" not in constants:
        return None
    values: dict[str, object] = {}
    for name in {"ID", "PAPER", "TITLE", "NEEDS"} & set(constants):
        try:
            values[name] = ast.literal_eval(constants[name])
        except ValueError as error:
            raise AffectkitError(f"{path}: {name} is not a plain value") from error
    missing = {"PAPER", "TITLE", "NEEDS"} - set(values)
    if missing:
        raise AffectkitError(f"the recipe {path} does not say its {', '.join(sorted(missing))}")
    paper = values["PAPER"]
    needs = values["NEEDS"]
    assert isinstance(needs, list | tuple)
    return Recipe(
        id=str(values["ID"]),
        paper=paper if isinstance(paper, int) else None,
        title=str(values["TITLE"]),
        needs=tuple(str(need) for need in needs),
        module=f"affectkit.recipes.{path.parent.name}.{path.stem}",
        path=path,
    )
