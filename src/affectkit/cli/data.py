"""`affectkit data`: which data sets there are, fetch them, check them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    import pandas as pd

    from affectkit.data.integrity import Check

app = typer.Typer(
    no_args_is_help=True,
    help="List the public data sets that recipes use, fetch them from their makers, check them.",
    epilog="Example:  affectkit data get vader  (shows the licence, and asks)",
)

_CLASSES = {
    "open": "weights trained on it may be shipped",
    "share-alike": "weights trained on it may be shipped, under the same licence",
    "non-commercial": "weights trained on it are for your own, non-commercial use",
    "unclear": "nothing trained on it is shipped; ask its makers before you publish any",
}
_Name = Annotated[str, typer.Argument(metavar="NAME", help="A name from `data list`.")]
_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_Data = Annotated[
    Path | None, typer.Option(help="Folder with the data sets; AFFECTKIT_DATA if not given.")
]


@app.command("list", epilog="Example:  affectkit data list --json")
def list_data(data: _Data = None, as_json: _Json = False) -> None:
    """List the data sets: licence, size, which papers use them, whether they are here."""
    from affectkit.data import data_root, names

    root = data or data_root()
    rows = [_row(name, root) for name in sorted(names())]
    if as_json:
        _print({"folder": str(root), "data": rows})
        return
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, expand=True)
    table.add_column("name", no_wrap=True, min_width=19)
    table.add_column("what", ratio=1, min_width=10, no_wrap=True, overflow="ellipsis")
    table.add_column("licence", no_wrap=True, min_width=14)
    table.add_column("MB", justify="right", no_wrap=True)
    table.add_column("papers", width=13)
    table.add_column("here", no_wrap=True, min_width=4)
    for row in rows:
        table.add_row(
            Text(row["name"], style="bold"),
            re.split("[:;]", row["title"])[0],
            Text(row["licence_class"], style="green" if row["may_ship_weights"] else "yellow"),
            f"{row['bytes'] / 1e6:.1f}" if row["bytes"] else "?",
            " ".join(map(str, row["papers"])),
            Text("yes", style="green") if row["present"] else Text("no", style="dim"),
        )
    Console().print(table)
    typer.echo(f"Folder: {root}")


@app.command("show", epilog="Example:  affectkit data show goemotions")
def show_data(name: _Name, data: _Data = None, as_json: _Json = False) -> None:
    """Show one data set: makers, licence, splits, known traps, files with their digests."""
    from affectkit.data import data_root
    from affectkit.data.sources import sources

    root = data or data_root()
    row = _row(name, root)
    files: list[dict[str, Any]] = [
        {
            "path": file.path,
            "url": file.url,
            "bytes": file.bytes,
            "sha256": list(file.sha256),
            "optional": file.optional,
            "present": (root / file.path).is_file(),
        }
        for file in sources(name)
    ]
    if as_json:
        _print({**row, "files": files})
        return
    typer.echo(f"{name}  {row['title']}")
    typer.echo(f"  home      {row['home']}")
    typer.echo(f"  licence   {row['licence']} ({row['licence_class']}: {_meaning(row)})")
    typer.echo(f"  language  {row['language']}")
    typer.echo(f"  splits    {row['splits']}")
    if row["groups"]:
        typer.echo(f"  groups    {', '.join(row['groups'])}: keep each on one side of a split")
    for trap in row["traps"]:
        typer.echo(f"  trap      {trap}")
    if row["papers"]:
        typer.echo(f"  papers    {' '.join(map(str, row['papers']))}")
    for about in files:
        mark = "here" if about["present"] else "-" if about["optional"] else "absent"
        known = f"  sha256 {about['sha256'][0][:16]}…" if about["sha256"] else ""
        typer.echo(f"  {mark:<8}  {about['path']}{known}")
    if not row["present"]:
        typer.echo(f"To fetch it: affectkit data get {name}")


@app.command(
    epilog="Examples:  affectkit data get vader --to ~/data  ·  affectkit data get meld "
    "--accept-licence"
)
def get(
    name: _Name,
    to: Annotated[
        Path | None, typer.Option(help="Folder to put it under; AFFECTKIT_DATA if not given.")
    ] = None,
    accept_licence: Annotated[
        bool, typer.Option("--accept-licence", help="Accept its licence without being asked.")
    ] = False,
    accept_changed: Annotated[
        bool,
        typer.Option("--accept-changed", help="Keep files whose digest is not the known one."),
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")] = False,
    as_json: _Json = False,
) -> None:
    """Fetch a data set from its makers, once you accept its licence.

    What is there already is left alone; a download that was cut goes on where it was. Where there
    is no network, or the makers want a form filled in, it says which file to put where. Exit
    status 1 if anything is still missing.
    """
    from affectkit.cli.show import Bars
    from affectkit.data import data_root
    from affectkit.data.fetch import get as fetch
    from affectkit.data.fetch import instructions

    root = (to or data_root()).expanduser()
    row = _row(name, root)
    _agree(row, accept_licence, silent=as_json)
    with Bars(1, quiet=quiet or as_json) as bars:
        outcomes = fetch(
            name,
            root,
            accept_changed=accept_changed,
            progress=lambda stage, done, total: bars.stage(name, stage, done, total),
        )
    bad = [o for o in outcomes if o.state in ("failed", "by hand")]
    steps = instructions(name, root, outcomes)
    if as_json:
        told = [{"path": str(o.path), "state": o.state, "told": o.told} for o in outcomes]
        _print({"name": name, "folder": str(root), "files": told, "by_hand": steps})
    else:
        for outcome in outcomes:
            if outcome.state in ("new", "there"):
                typer.echo(f"{outcome.state:8}{outcome.path}")
        for problem in dict.fromkeys(o.told for o in bad if o.told):
            typer.secho(f"{problem}.", err=True, fg="red")
        if steps:
            typer.echo("Bring these files yourself, then run this again:", err=True)
            typer.echo("\n".join(steps), err=True)
        elif outcomes:
            typer.echo(f"{name} is there. To check it: affectkit data check {name}")
        if not bad and to is not None and to != data_root():
            typer.echo(f"For other commands: export AFFECTKIT_DATA={root}")
    if bad:
        raise typer.Exit(1)


@app.command(epilog="Example:  affectkit data check goemotions")
def check(
    name: Annotated[str, typer.Argument(help="A data set; all that are here if empty.")] = "",
    data: _Data = None,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Show also what is as it should be.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")] = False,
    as_json: _Json = False,
) -> None:
    """Check files, rows and ranges, and show what splits have in common.

    Exit status 1 if a data set is damaged. Leaks are shown, not counted as damage: the makers
    published them.
    """
    from affectkit.cli.show import Bars
    from affectkit.data import check as look
    from affectkit.data import data_root, leaks_of, names, present
    from affectkit.data.integrity import damaged
    from affectkit.errors import AffectkitError

    root = data or data_root()
    chosen = [name] if name else [n for n in sorted(names()) if present(n, root=root)]
    if not chosen:
        raise AffectkitError(
            f"there is no data set in {root}",
            remedy="affectkit data get NAME, or point AFFECTKIT_DATA at the folder that holds them",
        )
    told: list[dict[str, Any]] = []
    with Bars(1, quiet=quiet or as_json or len(chosen) < 2) as bars:
        for done, each in enumerate(chosen):
            bars.stage(each, "checking", done, len(chosen))
            found = look(each, root=root)
            bad = damaged(found)
            shared = None if bad else leaks_of(each, root=root)
            told.append(_told(each, found, shared, bad))
            if not as_json:
                _show(each, found, shared, bad, verbose)
    if as_json:
        _print(told)
    if any(t["damaged"] for t in told):
        raise typer.Exit(1)


def _show(
    name: str, found: list[Check], shared: pd.DataFrame | None, bad: bool, verbose: bool
) -> None:
    mark = typer.style("damaged", fg="red") if bad else typer.style("whole  ", fg="green")
    good = sum(c.state == "whole" for c in found)
    typer.echo(f"{mark}  {name}: {good} of {len(found)} checks as they should be")
    for c in found:
        if verbose or c.state != "whole":
            typer.echo(f"  {c.state:8}{c.what}: {c.found}, expected {c.expected}")
    if shared is None:
        return
    for leak in shared.to_dict("records"):
        longer = (
            f", {leak['longer']} of six words or more"
            if str(leak["what"]).endswith("text") and leak["longer"] < leak["rows"]
            else ""
        )
        typer.echo(
            f"  shared  {leak['left']} and {leak['right']}, {leak['what']}: {leak['rows']:,} of "
            f"{leak['of']:,} rows of {leak['right']} ({leak['share']:.1%}){longer}"
        )


def _told(name: str, found: list[Check], shared: pd.DataFrame | None, bad: bool) -> dict[str, Any]:
    from dataclasses import asdict

    leaks = [] if shared is None else shared.to_dict("records")
    return {"name": name, "damaged": bad, "checks": [asdict(c) for c in found], "leaks": leaks}


def _agree(row: dict[str, Any], accepted: bool, *, silent: bool) -> None:
    import sys

    from affectkit.errors import LicenceError

    if not silent:
        licence = f"{row['licence']} ({row['licence_class']}: {_meaning(row)})"
        typer.echo(f"{row['title']}\n  {row['home']}\n  Licence: {licence}", err=True)
    if accepted:
        return
    if silent or not sys.stdin.isatty():
        raise LicenceError(
            f"nobody accepted the licence of {row['name']}: {row['licence']}",
            remedy=f"read it at {row['home']} and add --accept-licence",
        )
    if not typer.confirm("Do you accept it?", err=True):
        raise typer.Exit(1)


def _row(name: str, root: Path) -> dict[str, Any]:
    from dataclasses import asdict

    from affectkit.data import facts, present
    from affectkit.data.sources import sources

    known = facts(name)
    return {
        **asdict(known),
        "may_ship_weights": known.may_ship_weights,
        "bytes": sum(file.bytes for file in sources(name)),
        "present": present(name, root=root),
        "path": str(root / known.folder),
    }


def _meaning(row: dict[str, Any]) -> str:
    return _CLASSES[row["licence_class"]]


def _print(what: Any) -> None:
    typer.echo(json.dumps(what, ensure_ascii=False, indent=1))
