"""`affectkit check`: whether a split can be trusted, and what one scores without looking."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from affectkit.progress import Progress

EPILOG = (
    "Examples:  affectkit check goemotions   ·   affectkit check items.csv --out check.html   ·   "
    "affectkit check train.csv test.csv --column speaker=worker --column label=mood"
)


def check(
    what: Annotated[
        list[str],
        typer.Argument(
            metavar="DATASET",
            help="A name from `affectkit data list`; or a table with a split column; or one file "
            "a split. CSV, TSV (plain or in gzip), JSON lines or Parquet.",
        ),
    ],
    column: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ROLE=NAME",
            help="Which column is what, where its name does not tell: split, text, file, label, "
            "score, speaker, session, start, end (seconds), id, feature, or tie (whatever else "
            "must not be on both sides). Give it once a column.",
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="HTML file to write.")] = None,
    near: Annotated[
        float,
        typer.Option(
            min=0.2,
            max=1.0,
            help="From which share of common word pairs on two texts are near-duplicates.",
        ),
    ] = 0.6,
    data: Annotated[
        Path | None, typer.Option(help="Folder with the data sets; AFFECTKIT_DATA if not given.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of permutations and intervals.")] = 0,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
) -> None:
    """Find what leaks between the splits of a data set, and print its trivial baselines.

    Looks for the same speaker, session, file, text, near-duplicate text or overlapping window on
    both sides; labels that follow the speaker; features scaled on held-out rows. Ends with 0 if
    nothing leaks, 2 if something does or rows are bad, 1 if it cannot be read. Whether files of a
    public set are whole is asked with `affectkit data check`.
    """
    from affectkit.cli.show import Bars
    from affectkit.report.check_page import check_lines, check_rows, write_check_report

    title = what[0] if len(what) == 1 else f"{len(what)} files"
    with Bars(1, quiet=quiet or as_json) as bars:
        told = _look(
            what,
            column or [],
            near,
            data,
            seed,
            lambda stage, done, total: bars.stage(title, stage, done, total),
        )
    said = " ".join(
        ["affectkit check", *(Path(w).name for w in what), *(f"--column {c}" for c in column or [])]
    )
    page = write_check_report(told, out, command=said) if out is not None else None
    if as_json:
        told = {**told, "page": str(page) if page else None}
        typer.echo(json.dumps(told, ensure_ascii=False, allow_nan=False))
    elif not quiet:
        typer.echo(check_lines(told)[0])
        typer.echo("\n".join(check_rows(told)))
        if page:
            typer.echo(f"\nWritten to {page}; open it in a browser.")
    if told["verdict"] == "leak" or told["bad"]:
        raise typer.Exit(2)


def _look(
    what: list[str],
    column: list[str],
    near: float,
    data: Path | None,
    seed: int,
    progress: Progress,
) -> dict[str, Any]:
    from affectkit.data import names
    from affectkit.data.shared_set_check import beside, shared_set
    from affectkit.errors import AffectkitError
    from affectkit.pipeline.check_files import read_check_files
    from affectkit.pipeline.check_summary import check_summary

    known = [w for w in what if w in names() and not Path(w).is_file()]
    progress("reading", 0, 1)
    if known:
        if len(what) > 1:
            raise AffectkitError(
                f"{known[0]} is a data set, and it is checked alone",
                remedy=f"affectkit check {known[0]}; related sets are compared by themselves",
            )
        if column:
            raise AffectkitError(
                "--column is for files of your own", remedy=f"affectkit check {known[0]}"
            )
        table = shared_set(known[0], root=data)
        seen = beside(known[0], root=data)
        progress("reading", 1, 1)
        return check_summary(table, beside=seen, seed=seed, near=near, progress=progress)
    if len(what) == 1 and not Path(what[0]).exists() and not Path(what[0]).suffix:
        raise AffectkitError(
            f"there is neither a file nor a data set {what[0]!r}",
            remedy=f"give a file, or one of {', '.join(sorted(names()))}",
        )
    found = read_check_files(what, _roles(column))
    progress("reading", 1, 1)
    return check_summary(
        found.table,
        bad=found.bad,
        columns=found.columns,
        seed=seed,
        near=near,
        progress=progress,
    )


def _roles(given: list[str]) -> dict[str, list[str]]:
    from affectkit.errors import AffectkitError

    roles: dict[str, list[str]] = {}
    for pair in given:
        role, sign, name = pair.partition("=")
        if not sign or not name.strip():
            raise AffectkitError(
                f"--column {pair!r} is not ROLE=NAME",
                remedy="write it like --column speaker=worker",
            )
        roles.setdefault(role.strip(), []).append(name.strip())
    return roles
