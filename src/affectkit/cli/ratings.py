"""`affectkit ratings`: what several people said about the same items, as a page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from affectkit.pipeline.rating_files import RatedFile

EPILOG = (
    "Examples:  affectkit ratings votes/tabulatedVotes.csv.gz   ·   affectkit ratings said.csv "
    "--column item=clip --column rater=worker --column label=emotion --column attribute=age   ·   "
    "affectkit ratings counts.csv --column item=image --column vote=joy --column vote=fear"
)


def ratings(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV or TSV, plain or in gzip.")],
    out: Annotated[
        Path | None,
        typer.Option(help="HTML file to write; NAME.ratings.html in this folder if not given."),
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ROLE=NAME",
            help="Which column is what, where its name does not tell: item, rater, label, score, "
            "vote, view, cluster or attribute (of the rater). Give it once a column.",
        ),
    ] = None,
    soft: Annotated[
        Path | None, typer.Option(help="CSV file to write the soft label of each item to.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the intervals' draws.")] = 0,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print everything the page shows, as JSON.")
    ] = False,
) -> None:
    """Show how far raters agree, whom they confuse, what they dispute, and soft labels.

    Reads one row a rating (item, rater, and a label or scores), one row an item with counted
    votes, or CREMA-D's tabulated votes. Ends with 2 if the file cannot be read as such.
    """
    from affectkit.cli.show import Bars, show_error
    from affectkit.errors import AffectkitError
    from affectkit.pipeline.rating_files import read_rating_file
    from affectkit.pipeline.rating_summary import rating_summary
    from affectkit.report import ratings_lines, write_ratings_report

    try:
        chosen = _roles(column or [])
        with Bars(1, quiet=quiet or as_json) as bars:
            bars.stage(file.name, "reading", 0, 1)
            rated = read_rating_file(file, chosen)
            bars.stage(file.name, "reading", 1, 1)
            told = rating_summary(
                rated,
                seed=seed,
                progress=lambda stage, done, total: bars.stage(file.name, stage, done, total),
            )
        target = out or Path(f"{_stem(file)}.ratings.html")
        said = " ".join(["affectkit ratings", file.name, *(f"--column {c}" for c in column or [])])
        page = write_ratings_report(told, target, command=said)
        if soft is not None:
            _write_soft(rated, soft)
    except AffectkitError as error:
        show_error(error)
        raise typer.Exit(2) from None
    if as_json:
        typer.echo(json.dumps({**told, "page": str(page)}, ensure_ascii=False, allow_nan=False))
    elif not quiet:
        typer.echo("\n".join(ratings_lines(told)))
        typer.echo(f"\nWritten to {page}; open it in a browser.")


def _roles(given: list[str]) -> dict[str, list[str]]:
    from affectkit.errors import AffectkitError

    roles: dict[str, list[str]] = {}
    for pair in given:
        role, sign, name = pair.partition("=")
        if not sign or not name.strip():
            raise AffectkitError(
                f"--column {pair!r} is not ROLE=NAME", remedy="write it like --column item=clip"
            )
        roles.setdefault(role.strip(), []).append(name.strip())
    return roles


def _stem(file: Path) -> str:
    name = file.name.removesuffix(".gz")
    return Path(name).stem or "ratings"


def _write_soft(rated: RatedFile, path: Path) -> None:
    import os

    import pandas as pd

    from affectkit.errors import MediaError
    from affectkit.measure.votes import shares

    if not rated.views:
        raise MediaError(
            f"{rated.path.name} holds scores, not labels, so there are no soft labels",
            remedy="leave --soft out",
        )
    parts = []
    for view in rated.views:
        share = pd.DataFrame(shares(view.votes.to_numpy()), columns=view.votes.columns)
        share.insert(0, "item", view.votes.index.to_numpy())
        if view.name:
            share.insert(1, "view", view.name)
        share["votes"] = view.votes.to_numpy().sum(axis=1)
        parts.append(share)
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        pd.concat(parts).to_csv(beside, index=False, float_format="%.6g")
        os.replace(beside, path)
    except OSError as error:
        raise MediaError(
            f"{path} cannot be written ({error.strerror})", remedy="choose another folder"
        ) from error
    finally:
        beside.unlink(missing_ok=True)
