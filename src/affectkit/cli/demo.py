"""`affectkit demo`: the whole way on a clip that it makes itself."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

EPILOG = "Example:  affectkit demo --out /tmp/affectkit-demo"


def demo(
    out: Annotated[Path, typer.Option(help="Folder for the clip and its analysis.")] = Path(
        "affectkit-demo"
    ),
    labels: Annotated[
        str, typer.Option(help="Label set: ekman7, plutchik8, goemotions28, …")
    ] = "ekman7",
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
) -> None:
    """Make a short clip of two drawn people, analyse it, and write its report. Offline."""
    from affectkit.cli.analyze import analyze
    from affectkit.cli.demo_clip import write_clip_and_words
    from affectkit.cli.show import Bars

    out.mkdir(parents=True, exist_ok=True)
    if not quiet:
        typer.echo("Drawing a conversation of 22 seconds between two people who do not exist …")
    with Bars(1, quiet=quiet) as bars:
        clip, words = write_clip_and_words(out, partial(bars.stage, "demo.mp4"))
    analyze([clip], labels=labels, transcript=words, quiet=quiet)
