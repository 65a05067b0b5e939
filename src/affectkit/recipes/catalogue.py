"""The systems that the kit is built from, and how far each is shown to work in it."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Literal

from affectkit.errors import AffectkitError
from affectkit.recipes.finding import Finding, read_findings
from affectkit.recipes.registry import Recipe, recipes
from affectkit.recipes.run import findings_folder, short

Status = Literal["planned", "runs", "shown"]
STATUSES: tuple[Status, ...] = ("planned", "runs", "shown")


@dataclass(frozen=True)
class Paper:
    """One published system.

    Parameters
    ----------
    number
        Its number in the catalogue, from 1.
    title
        The title of the publication.
    kind
        ``"method"``, ``"dataset"``, ``"benchmark"``, ``"study"``, ``"survey"`` or
        ``"taxonomy"``.
    area
        The field it belongs to.
    parts
        The parts of the kit that embody it, as dotted names below ``affectkit``.
    """

    number: int
    title: str
    kind: str
    area: str
    parts: tuple[str, ...]


@dataclass(frozen=True)
class Entry:
    """A paper, or a recipe without one, with what is known of how well it works here.

    Parameters
    ----------
    key
        ``"081"`` for a paper, else the recipe's id.
    paper
        The paper, if there is one.
    recipe
        The recipe that demonstrates it, if there is one yet.
    findings
        What the last recorded run found.
    current
        Whether that run was made by the code as it stands.
    """

    key: str
    paper: Paper | None
    recipe: Recipe | None
    findings: tuple[Finding, ...] = ()
    current: bool = False

    @property
    def title(self) -> str:
        """The title of the paper, else of the recipe."""
        if self.paper is not None:
            return self.paper.title
        return self.recipe.title if self.recipe is not None else self.key

    @property
    def area(self) -> str:
        """The area of the paper, else the folder of the recipe."""
        if self.paper is not None:
            return self.paper.area
        return self.key.partition(".")[0]

    @property
    def status(self) -> Status:
        """How far it is.

        ``"runs"`` if there is a recipe; ``"shown"`` if its first claim held in a recorded
        large run, made by the code as it stands; else ``"planned"``.
        """
        if self.recipe is None:
            return "planned"
        held = bool(self.findings) and self.findings[0].holds and self.findings[0].full
        return "shown" if held and self.current else "runs"


@cache
def papers() -> tuple[Paper, ...]:
    """Return all papers of the catalogue, in order of their numbers.

    Examples
    --------
    >>> len(papers()), papers()[80].title.split(":")[0]
    (133, 'Emolysis')
    """
    path = files("affectkit.recipes").joinpath("catalogue.json")
    rows = json.loads(path.read_text(encoding="utf-8"))
    return tuple(Paper(**{**row, "parts": tuple(row["parts"])}) for row in rows)


def entries(folder: Path | None = None) -> list[Entry]:
    """Return every paper, then every recipe that belongs to none.

    Parameters
    ----------
    folder
        Where the recorded findings are; the kit's own if None.

    Examples
    --------
    >>> all_of_them = entries()
    >>> [e.key for e in all_of_them][:2], len(all_of_them) >= 133
    (['001', '002'], True)
    """
    by_paper = {r.paper: r for r in recipes().values() if r.paper is not None}
    listed = [_entry(paper, by_paper.get(paper.number), folder) for paper in papers()]
    rest = sorted((r for r in recipes().values() if r.paper is None), key=lambda r: r.id)
    return listed + [_entry(None, r, folder) for r in rest]


def entry(name: str | int, folder: Path | None = None) -> Entry:
    """Return the entry with this paper number or recipe id.

    Raises
    ------
    AffectkitError
        If there is none.

    Examples
    --------
    >>> entry("81").key == entry("081").key == "081"
    True
    """
    text = str(name)
    key = f"{int(text):03d}" if text.isdigit() else text
    for candidate in entries(folder):
        if key == candidate.key or (candidate.recipe and key == candidate.recipe.id):
            return candidate
    raise AffectkitError(
        f"there is no paper or recipe {name}", remedy="see `affectkit papers list`"
    )


def page(listed: Sequence[Entry] | None = None) -> str:
    """Return the documentation page of all papers, in Markdown."""
    listed = entries() if listed is None else listed
    own = [e for e in listed if e.paper is not None]
    counts = ", ".join(f"{sum(e.status == s for e in own)} {s}" for s in STATUSES)
    lines = [
        "# Papers",
        "",
        "<!-- Generated: python -m affectkit.recipes.catalogue --write docs/papers.md -->",
        "",
        f"The kit is built from {len(own)} published systems: {counts}.",
        "",
        "*planned*: it has no recipe yet. *runs*: a recipe demonstrates it on real data. "
        "*shown*: its first claim held in a recorded large run, made by the code as it stands. "
        "Run one with `affectkit papers run NUMBER`.",
        "",
    ]
    for area in dict.fromkeys(e.area for e in sorted(own, key=lambda e: e.area)):
        lines += [f"## {area}", "", "| no. | title | kind | parts | status |", "|--|--|--|--|--|"]
        for e in own:
            if e.paper is not None and e.area == area:
                parts = ", ".join(f"`{part}`" for part in e.paper.parts)
                number = f"[{e.key}](#finding-{e.key})" if e.findings else e.key
                cells = (number, _cell(e.title), e.paper.kind, parts, e.status)
                lines.append("| " + " | ".join(cells) + " |")
        lines.append("")
    others = [e for e in listed if e.paper is None]
    if others:
        lines += ["## Recipes without a paper", "", "| id | shows | status |", "|--|--|--|"]
        lines += [f"| `{e.key}` | {_cell(e.title)} | {e.status} |" for e in others]
        lines.append("")
    with_findings = [e for e in listed if e.findings]
    if with_findings:
        lines += ["## Findings", ""]
    for e in with_findings:
        lines += _finding_section(e)
    return "\n".join(lines).rstrip() + "\n"


def _finding_section(e: Entry) -> list[str]:
    first = e.findings[0]
    stale = "" if e.current else " The code has changed since: run it again."
    lines = [
        f'### <a id="finding-{e.key}"></a>{e.key} · {e.title}',
        "",
        f"`{first.command}`, {first.created}, {first.seconds:.0f} s.{stale}",
        "",
        "| claim | holds | metric | value | baseline | 95 % interval | n | seeds |",
        "|--|--|--|--|--|--|--|--|",
    ]
    for f in e.findings:
        baseline = f"{short(f.baseline)} ({f.baseline_name})" if f.baseline is not None else "–"
        cells = (
            f.claim,
            "yes" if f.holds else "no",
            f.metric,
            short(f.value),
            baseline,
            f"{short(f.low)} to {short(f.high)} of the {f.interval_of}",
            str(f.n),
            " ".join(map(str, f.seeds)),
        )
        lines.append("| " + " | ".join(_cell(cell) for cell in cells) + " |")
    lines += ["", *(f"- {f.notes}" for f in e.findings if f.notes), ""]
    lines += [f"Data: {', '.join(sorted({d for f in e.findings for d in f.data}))}.", ""]
    return lines


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _entry(paper: Paper | None, made_by: Recipe | None, folder: Path | None) -> Entry:
    key = f"{paper.number:03d}" if paper is not None else (made_by.key if made_by else "")
    path = (folder or findings_folder()) / f"{key}.json"
    if made_by is None or not path.is_file():
        return Entry(key, paper, made_by)
    found = tuple(read_findings(path))
    version = made_by.version
    return Entry(key, paper, made_by, found, bool(found) and all(f.code == version for f in found))


def main() -> None:
    """Write the page of all papers: ``python -m affectkit.recipes.catalogue --write PATH``."""
    parser = argparse.ArgumentParser(description="The page of all papers.")
    parser.add_argument("--write", type=Path, help="file to write; standard output if not given")
    target = parser.parse_args().write
    if target is None:
        print(page(), end="")
        return
    beside = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        beside.write_text(page(), encoding="utf-8")
        os.replace(beside, target)
    finally:
        beside.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
