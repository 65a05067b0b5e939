"""`affectkit models`: the cards of models, and their scores measured again."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

if TYPE_CHECKING:
    from affectkit.models import ModelCard

app = typer.Typer(
    no_args_is_help=True,
    help="What each model is, what it learned from, how good it is, and whether that holds here.",
    epilog="Example:  affectkit models list",
)

_Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
_Id = Annotated[str, typer.Argument(metavar="ID", help="Name of a model from `models list`.")]
NOTHING_MEASURED = 3
"""Exit status of `models check` when there was nothing to compare."""


@app.command("list", epilog="Example:  affectkit models list --json")
def list_models(as_json: _Json = False) -> None:
    """List the models that come with affectkit and those that packages carry."""
    from affectkit import models

    found = models.cards()
    if as_json:
        typer.echo(json.dumps([card.model_dump(mode="json") for card in found.values()], indent=1))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    for source, title in (("shipped", "Trained by us, shipped"), ("package", "Out of packages")):
        table = Table(title=title, title_justify="left", box=None, pad_edge=False)
        for heading in ("model", "task", "size", "licence", "scores"):
            side: Literal["left", "right"] = "right" if heading == "size" else "left"
            table.add_column(heading, justify=side, no_wrap=heading == "model")
        for card in found.values():
            if card.source == source:
                table.add_row(
                    Text(card.id, style="bold"),
                    Text(card.task),
                    _size(card),
                    Text(_licence(card)),
                    Text("\n".join(_score(score) for score in card.scores) or "–"),
                )
        if table.row_count:
            console.print(table)
            console.print()


@app.command(epilog="Example:  affectkit models card voice_activity")
def card(id: _Id, as_json: _Json = False) -> None:
    """Show all that is known of a model: data, licence, scores with intervals, limits."""
    from affectkit import models

    found = models.card(id)
    if as_json:
        typer.echo(found.model_dump_json(indent=1))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    facts = Table(show_header=False, box=None, pad_edge=False)
    facts.add_column(style="dim", no_wrap=True)
    facts.add_column()
    for name, text in (
        ("model", found.id),
        ("task", found.task),
        ("labels", ", ".join(found.labels)),
        ("label set", found.label_set or ""),
        ("trained on", "; ".join(found.trained_on)),
        ("licence", _licence(found)),
        ("rights", found.rights),
        ("stands on", ", ".join(found.stands_on)),
        ("size", _size(found)),
        ("speed", found.speed),
        ("limits", "\n".join(f"– {limit}" for limit in found.limits)),
        ("tried", "\n".join(f"– {attempt}" for attempt in found.tried)),
        ("home", found.home),
        ("sha256", "\n".join(f"{digest}  {name}" for name, digest in found.sha256.items())),
    ):
        if text:
            facts.add_row(name, Text(text))
    console.print(facts)
    if found.scores:
        console.print()
        table = Table(box=None, pad_edge=False)
        for heading in ("data", "split", "metric", "value", "95 % interval", "trivial", "n"):
            table.add_column(heading)
        for score in found.scores:
            table.add_row(
                Text(score.data + (" (other corpus)" if score.cross_corpus else "")),
                Text(score.split),
                Text(score.metric),
                f"{score.value:.3f}",
                f"{score.low:.3f} to {score.high:.3f}",
                "–" if score.baseline is None else f"{score.baseline:.3f}",
                str(score.n),
            )
        console.print(table)
        for command in dict.fromkeys(score.command for score in found.scores):
            console.print(Text(f"measured by: {command}", style="dim"), soft_wrap=True)


@app.command(
    epilog="Example:  affectkit models check text --data ../shared/data   "
    "(exit status 0: all within; 1: something is not; 3: nothing could be measured)"
)
def check(
    id: _Id,
    data: Annotated[
        Path | None, typer.Option(help="Folder with data sets; AFFECTKIT_DATA if not given.")
    ] = None,
    as_json: _Json = False,
) -> None:
    """Check a model's files by digest and measure its scores again on data that is present."""
    from affectkit import models
    from affectkit.errors import DataError
    from affectkit.models import weights

    found = models.card(id)
    if found.source == "shipped":
        models.shipped(id)
    for role in found.stands_on:
        weights.path(role)
    rows: list[dict[str, Any]] = []
    problem = ""
    if not found.scores:
        problem = "the card has no scores of ours to measure again"
    else:
        from rich.console import Console

        try:
            with Console(stderr=True, quiet=as_json).status("Measuring again, some minutes …"):
                again = _measure(found, data)
            rows = [_compared(score, again) for score in found.scores]
        except DataError as error:
            problem = str(error)
    compared = [row for row in rows if row["again"] is not None]
    wrong = [row for row in compared if not row["holds"]]
    if as_json:
        typer.echo(json.dumps({"id": id, "files": "whole", "problem": problem, "scores": rows}))
    else:
        _show_check(rows, problem)
    if wrong:
        raise typer.Exit(1)
    if not compared:
        raise typer.Exit(NOTHING_MEASURED)


def _measure(card: ModelCard, data: Path | None) -> dict[tuple[str, str, str], float]:
    """Measure the scores on a card again; cards name recipes, which stand on a higher floor."""
    from importlib import import_module

    from affectkit.errors import DataError, WeightsError
    from affectkit.recipes.run import data_root

    root = data_root(data)
    if card.measure is None:
        return _by_recipe(card, root)
    module, _, function = card.measure.partition(":")
    if not module.startswith("affectkit."):
        raise WeightsError(f"the card of {card.id!r} names {module}, which is not affectkit's")
    try:
        measure = getattr(import_module(module), function)
    except (ModuleNotFoundError, AttributeError) as error:
        raise DataError(
            f"the scores of {card.id!r} cannot be measured from here: {error}",
            remedy=f"run {card.scores[0].command}",
        ) from error
    return {(s.data, s.split, s.metric): float(s.value) for s in measure(root)}


def _by_recipe(card: ModelCard, root: Path) -> dict[tuple[str, str, str], float]:
    """Run the recipe that made the card, and find its scores among the findings."""
    from affectkit.recipes.run import run_recipe

    found: dict[tuple[str, str], float] = {}
    for finding in run_recipe(_recipe_of(card), data=root):
        # What is better when smaller is reported with a minus sign, and on cards without.
        metric, minus, _ = finding.metric.partition(", with a minus sign")
        found[(finding.data[0], metric)] = -finding.value if minus else finding.value
    keys = [(score.data, score.metric) for score in card.scores]
    return {
        (score.data, score.split, score.metric): found[key]
        for score, key in zip(card.scores, keys, strict=True)
        # Two splits of one data set under one name could be taken for each other.
        if key in found and keys.count(key) == 1
    }


def _recipe_of(card: ModelCard) -> str:
    """Return the id of the recipe that the command of a score runs."""
    from affectkit.errors import DataError

    for score in card.scores:
        named = re.search(r"(?:-m affectkit\.recipes\.|papers run )([\w.-]+)", score.command)
        if named:
            return named[1]
    raise DataError(
        f"the card of {card.id!r} names no recipe that measures its scores",
        remedy=f"run {card.scores[0].command}",
    )


def _compared(score: Any, again: dict[tuple[str, str, str], float]) -> dict[str, Any]:
    value = again.get((score.data, score.split, score.metric))
    return {
        **score.model_dump(mode="json"),
        "again": value,
        "holds": None if value is None else score.holds(value),
    }


def _show_check(rows: list[dict[str, Any]], problem: str) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    console.print(Text("files: whole"))
    if problem:
        console.print(Text(f"scores: {problem}"), soft_wrap=True)
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("data", "split", "metric", "card", "95 % interval", "again", ""):
        table.add_column(heading)
    for row in rows:
        verdict = {True: "holds", False: "does not hold", None: "not measured"}[row["holds"]]
        table.add_row(
            Text(row["data"]),
            Text(row["split"]),
            Text(row["metric"]),
            f"{row['value']:.3f}",
            f"{row['low']:.3f} to {row['high']:.3f}",
            "–" if row["again"] is None else f"{row['again']:.3f}",
            Text(verdict, style="green" if row["holds"] else "yellow"),
        )
    console.print(table)


def _size(card: ModelCard) -> str:
    kilobytes = card.size_bytes / 1e3
    if not kilobytes:
        return ""
    return f"{kilobytes:.0f} kB" if kilobytes < 1000 else f"{kilobytes / 1e3:.0f} MB"


def _licence(card: ModelCard) -> str:
    if card.research_only:
        return f"{card.licence} (research only)"
    return card.licence + ("" if card.commercial else " (non-commercial)")


def _score(score: Any) -> str:
    where = f"{score.data} {score.split}".strip()
    return f"{score.metric} {score.value:.2f} [{score.low:.2f}, {score.high:.2f}] {where}"
