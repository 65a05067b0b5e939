"""All commands in one place."""

from __future__ import annotations

from typing import Annotated

import typer

import affectkit
from affectkit.cli import analyze, demo, models, papers, weights

app = typer.Typer(
    name="affectkit",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Reads, explains and audits emotion in video, voice, faces and text. Works offline.",
    epilog="Start with:  affectkit weights install  and  affectkit analyze interview.mp4",
)
app.command("analyze", epilog=analyze.EPILOG)(analyze.analyze)
app.command("demo", epilog=demo.EPILOG)(demo.demo)
app.add_typer(weights.app, name="weights")
app.add_typer(models.app, name="models")
app.add_typer(papers.app, name="papers")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"affectkit {affectkit.__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Reads, explains and audits emotion in video, voice, faces and text. Works offline."""
