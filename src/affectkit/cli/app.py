"""All commands in one place."""

from __future__ import annotations

from typing import Annotated

import typer

import affectkit
from affectkit.cli import analyze, check, data, demo, models, papers, ratings, weights

app = typer.Typer(
    name="affectkit",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    # Plain help: the panels of rich would double the time to start.
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Reads, explains and audits emotion in video, voice, faces and text. Works offline.",
    epilog="Start with:  affectkit weights install  and  affectkit analyze interview.mp4",
)
app.command(
    "analyze", epilog=analyze.EPILOG, short_help="Say who felt what, when, and how sure that is."
)(analyze.analyze)
app.command("demo", epilog=demo.EPILOG, short_help="Analyse a clip that it draws itself.")(
    demo.demo
)
app.command(
    "ratings", epilog=ratings.EPILOG, short_help="Show where raters agree and what they dispute."
)(ratings.ratings)
app.command(
    "check", epilog=check.EPILOG, short_help="Find what leaks between the splits of a data set."
)(check.check)
app.add_typer(weights.app, name="weights", short_help="List, install and verify model weights.")
app.add_typer(models.app, name="models", short_help="Show model cards and measure them again.")
app.add_typer(data.app, name="data", short_help="List, fetch and check public data sets.")
app.add_typer(papers.app, name="papers", short_help="List, show and run the published systems.")


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
