"""Being written."""

import typer

app = typer.Typer()
