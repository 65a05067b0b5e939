"""`affectkit papers`: what the kit is built from, and the runs that show it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from affectkit.recipes.catalogue import Entry
    from affectkit.recipes.finding import Finding

app = typer.Typer(
    no_args_is_help=True,
    help="List the systems the kit is built from, and run what demonstrates them.",
)


@app.command("list")
def list_papers(
    area: Annotated[str, typer.Option(help="Only areas that contain this.")] = "",
    status: Annotated[str, typer.Option(help="Only planned, runs or shown.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List all papers and recipes, with how far each is."""
    from affectkit.errors import AffectkitError
    from affectkit.recipes.catalogue import STATUSES, entries

    if status and status not in STATUSES:
        raise AffectkitError(f"there is no status {status}", remedy=f"use {', '.join(STATUSES)}")
    every = entries()
    chosen = [e for e in every if area in e.area and status in ("", e.status)]
    if area and not any(area in e.area for e in every):
        known = sorted({e.area for e in every})
        raise AffectkitError(f"there is no area {area}", remedy=f"use {', '.join(known)}")
    if as_json:
        typer.echo(json.dumps([_plain(e) for e in chosen], ensure_ascii=False, indent=1))
        return
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("no.", no_wrap=True)
    for column in ("title", "area", "status", "found"):
        table.add_column(column, ratio=3 if column == "title" else None)
    colours = {"planned": "dim", "runs": "yellow", "shown": "green"}
    for e in chosen:
        status_text = Text(e.status, style=colours[e.status])
        table.add_row(Text(e.key), Text(e.title), Text(e.area), status_text, Text(_short(e)))
    Console().print(table)
    counts = ", ".join(f"{sum(e.status == s for e in chosen)} {s}" for s in STATUSES)
    typer.echo(f"{len(chosen)} entries: {counts}")


@app.command("show")
def show_paper(
    name: Annotated[str, typer.Argument(help="Number of a paper, or id of a recipe.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show one paper: its parts in the kit, its recipe and what that found."""
    from affectkit.recipes.catalogue import entry
    from affectkit.recipes.run import describe

    e = entry(name)
    if as_json:
        typer.echo(json.dumps(_plain(e), ensure_ascii=False, indent=1))
        return
    typer.echo(f"{e.key}  {e.title}")
    if e.paper is not None:
        typer.echo(f"     {e.paper.kind}, {e.paper.area}; parts: {', '.join(e.paper.parts)}")
    if e.recipe is None:
        typer.echo("     planned: there is no recipe yet")
        return
    typer.echo(f"     {e.status}: {e.recipe.title}")
    typer.echo(f"     recipe {e.recipe.id} needs {', '.join(e.recipe.needs) or 'nothing'}")
    if not e.findings:
        typer.echo(f"     no recorded run yet: affectkit papers run {e.key} --full --record")
        return
    first = e.findings[0]
    age = "" if e.current else "; the code has changed since, so run it again"
    typer.echo(f"     {first.command} on {first.created} took {first.seconds:.0f} s{age}\n")
    typer.echo("\n\n".join(describe(f) for f in e.findings))


@app.command("run")
def run_paper(
    name: Annotated[str, typer.Argument(help="Number of a paper, or id of a recipe.")],
    full: Annotated[
        bool, typer.Option("--full", help="The large run, whose findings are recorded.")
    ] = False,
    data: Annotated[
        Path | None, typer.Option(help="Folder with the data sets; AFFECTKIT_DATA if not given.")
    ] = None,
    seeds: Annotated[str, typer.Option(help="Seeds, with commas between.")] = "0,1,2",
    keep: Annotated[
        bool, typer.Option("--record", help="Keep the findings in docs/findings.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")] = False,
) -> None:
    """Run the recipe of a paper on real data and say whether its claims hold.

    A plain run ends within five minutes on two cores.
    """
    from functools import partial

    from affectkit.cli.show import Bars
    from affectkit.errors import AffectkitError
    from affectkit.recipes.catalogue import entry
    from affectkit.recipes.run import BUDGET_S, record, run_recipe

    e = entry(name)
    if e.recipe is None:
        raise AffectkitError(
            f"{e.key} {e.title} has no recipe yet",
            remedy="see what has: affectkit papers list --status runs",
        )
    try:
        numbers = tuple(int(seed) for seed in seeds.split(","))
    except ValueError as error:
        raise AffectkitError(
            f"{seeds!r} are no seeds", remedy="write whole numbers, such as 0,1,2"
        ) from error
    talk = not (as_json or quiet)
    if talk:
        size = "the large run" if full else f"at most {BUDGET_S / 60:.0f} minutes on two cores"
        typer.echo(f"{e.key}  {e.recipe.title} ({size})", err=True)
    with Bars(1, quiet=not talk) as bars:
        found = run_recipe(
            e.recipe, data=data, seeds=numbers, full=full, progress=partial(bars.stage, e.key)
        )
    kept = record(found) if keep else None
    if as_json:
        typer.echo(json.dumps([f.to_dict() for f in found], ensure_ascii=False, indent=1))
    else:
        _show(found)
    if kept is not None:
        typer.echo(f"Recorded in {kept}", err=True)
        if not full:
            typer.echo("A plain run does not count as shown; --full does.", err=True)
    if not full and found and found[0].seconds > BUDGET_S:
        typer.echo(
            f"This took {found[0].seconds:.0f} s, more than the {BUDGET_S:.0f} s of a plain run.",
            err=True,
        )


def _show(found: Sequence[Finding]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from affectkit.recipes.run import describe, short

    if Console().width < 110:
        # Seven columns do not fit: lines read better than words broken in two.
        typer.echo("\n\n".join(describe(f) for f in found))
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_lines=True)
    for column in ("claim", "holds", "metric", "value", "baseline", "95 % interval", "n"):
        table.add_column(column, ratio=3 if column == "claim" else None)
    for f in found:
        baseline = "–" if f.baseline is None else f"{short(f.baseline)}\n{f.baseline_name}"
        table.add_row(
            Text(f.claim),
            Text("yes", style="green") if f.holds else Text("no", style="red"),
            Text(f.metric),
            short(f.value),
            Text(baseline),
            f"{short(f.low)} to {short(f.high)}\nof the {f.interval_of}",
            str(f.n),
        )
    Console().print(table)
    for f in found:
        if f.notes:
            typer.echo(f"- {f.notes}")
    if found:
        seeds = " ".join(map(str, found[0].seeds))
        typer.echo(f"seeds {seeds}; {found[0].seconds:.0f} s; {found[0].command}")


def _short(e: Entry) -> str:
    if not e.findings:
        return ""
    first = e.findings[0]
    held = f"{sum(f.holds for f in e.findings)} of {len(e.findings)} claims hold"
    beside = "" if first.baseline is None else f" against {first.baseline:.2f}"
    return f"{first.value:.2f}{beside}; {held}{'' if e.current else ' (outdated)'}"


def _plain(e: Entry) -> dict[str, Any]:
    return {
        "key": e.key,
        "title": e.title,
        "kind": e.paper.kind if e.paper else None,
        "area": e.area,
        "parts": list(e.paper.parts) if e.paper else [],
        "status": e.status,
        "recipe": e.recipe.id if e.recipe else None,
        "needs": list(e.recipe.needs) if e.recipe else [],
        "current": e.current,
        "findings": [f.to_dict() for f in e.findings],
    }
