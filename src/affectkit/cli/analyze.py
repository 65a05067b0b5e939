"""`affectkit analyze`: from files to emotion timelines and reports."""

from __future__ import annotations

import json
import os
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from affectkit.cli.show import Bars
    from affectkit.pipeline.batch import Outcome

EPILOG = (
    "Examples:  affectkit analyze interview.mp4   ·   "
    "affectkit analyze recordings/ --jobs 2 --resume --out results   ·   "
    "affectkit analyze chat.txt --labels plutchik8 --format vtt,eaf"
)

_ROWS_NAMED = 10


class Media(StrEnum):
    """How the report shows the recording."""

    link = "link"
    embed = "embed"
    none = "none"


class Setting(StrEnum):
    """Where the people in the recording are."""

    work = "work"
    education = "education"
    other = "other"


def analyze(
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="PATH...",
            help="Video, sound, photo, text, subtitle, chat or table files, or folders.",
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(help="Folder for the results; beside each file if not given."),
    ] = None,
    labels: Annotated[
        str, typer.Option(help="Label set: ekman7, plutchik8, goemotions28, …")
    ] = "ekman7",
    lanes: Annotated[
        str, typer.Option(help="Lanes to run, of face,speech,text; all if not given.")
    ] = "",
    format: Annotated[
        str,
        typer.Option(help="Further exports: eaf,textgrid,vtt,srt,rttm,audformat,openface,pyfeat."),
    ] = "",
    column: Annotated[
        str | None,
        typer.Option(help="Column with the words: each row of the table is a text by itself."),
    ] = None,
    names: Annotated[
        Path | None, typer.Option(help="CSV with columns person,name, to name people.")
    ] = None,
    transcript: Annotated[
        Path | None, typer.Option(help="Transcript to use in place of speech recognition.")
    ] = None,
    purpose: Annotated[
        str | None, typer.Option(help="What the analysis is for, in a few words.")
    ] = None,
    setting: Annotated[
        Setting, typer.Option(help="Where the people are; work and education need a --purpose.")
    ] = Setting.other,
    allow_noncommercial: Annotated[
        bool,
        typer.Option("--allow-noncommercial", help="Let models run that forbid commercial use."),
    ] = False,
    media: Annotated[Media, typer.Option(help="How the report shows the recording.")] = Media.link,
    blur_faces: Annotated[
        bool, typer.Option("--blur-faces", help="Blur faces in pictures in the report.")
    ] = False,
    frames_per_s: Annotated[
        float, typer.Option(min=0.1, max=60, help="Video frames looked at per second.")
    ] = 5.0,
    jobs: Annotated[int, typer.Option(min=1, help="Files to work on at the same time.")] = 1,
    threads: Annotated[
        int, typer.Option(min=0, help="Processor threads per file; 0 shares the cores out.")
    ] = 0,
    ray: Annotated[
        str | None,
        typer.Option(help="Hand the files to a Ray cluster at this address, or 'local'."),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Keep results that stand from an earlier run.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object a file on standard output.")
    ] = False,
) -> None:
    """Say who felt what, when, how sure that is and on what evidence.

    Writes NAME.affect/ with report.html, timeline.parquet and timeline.csv. A table of texts
    (a column "text", or --column, and no speakers) gets rows.csv too, with its own columns.
    Ends with 1 if a file failed, with 2 if only rows of one did.
    """
    from affectkit.cli.show import Bars
    from affectkit.pipeline import batch
    from affectkit.pipeline.settings import Settings

    share = threads or max(1, (os.cpu_count() or 1) // jobs)
    chosen = Settings(
        labels=labels,
        lanes=_split(lanes),
        names=_checked(names),
        transcript=_checked(transcript),
        purpose=purpose,
        setting=setting.value,
        allow_noncommercial=allow_noncommercial,
        frames_per_s=frames_per_s,
    ).to_dict()
    # Threads do not change the result, so they must not undo --resume.
    del chosen["threads"]
    formats = _split(format)
    _check_choices(labels, formats)
    files = batch.find_files(paths)
    arguments = {
        "settings": chosen,
        "formats": list(formats),
        "media": media.value,
        "blur_faces": blur_faces,
        "column": column,
    }
    items = batch.plan(files, arguments, out=out)
    record = batch.Record(_record_path(paths, out)) if len(items) > 1 else None
    failed = 0
    outcomes = []
    with Bars(len(items), quiet=quiet or as_json) as bars:
        for outcome in batch.run(
            items,
            "affectkit.cli.result:write_result",
            record=record,
            jobs=jobs,
            threads=share,
            resume=resume,
            ray=ray,
            progress=lambda item: partial(bars.stage, item.path.name),
        ):
            bars.ended(outcome.item.path.name)
            outcomes.append(outcome)
            failed += outcome.state == "failed"
            _tell(outcome, bars, as_json=as_json, many=len(items) > 1)
    if len(items) > 1:
        _write_index(outcomes, out or _common_folder(paths), quiet=quiet or as_json)
    elif not (quiet or as_json):
        _show(outcomes[0])
    if failed:
        raise typer.Exit(1)
    if any(outcome.summary.get("failed_rows") for outcome in outcomes):
        raise typer.Exit(2)


def _split(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _checked(path: Path | None) -> str | None:
    from affectkit.errors import AffectkitError

    if path is None:
        return None
    if not path.is_file():
        raise AffectkitError(f"there is no file {path}", remedy="check the path")
    return str(path.resolve())


def _check_choices(labels: str, formats: tuple[str, ...]) -> None:
    """Refuse a mistyped choice before hours of work, not after."""
    from affectkit.affect import LabelSet
    from affectkit.errors import AffectkitError
    from affectkit.media import FORMATS

    LabelSet.load(labels)
    unknown = [name for name in formats if name not in FORMATS]
    if unknown:
        raise AffectkitError(
            f"there is no format {', '.join(unknown)}", remedy=f"use {', '.join(sorted(FORMATS))}"
        )


def _common_folder(paths: list[Path]) -> Path:
    folders = [p if p.is_dir() else p.parent for p in paths]
    return Path(os.path.commonpath([f.resolve() for f in folders]))


def _record_path(paths: list[Path], out: Path | None) -> Path:
    return (out or _common_folder(paths)) / "affectkit-batch.sqlite"


def _tell(outcome: Outcome, bars: Bars, *, as_json: bool, many: bool) -> None:
    item = outcome.item
    if as_json:
        line = {
            "path": str(item.path),
            "out": str(item.out),
            "state": outcome.state,
            "problem": outcome.problem,
            **outcome.summary,
        }
        typer.echo(json.dumps(line, ensure_ascii=False))
    elif many and outcome.state != "failed":
        bars.say(f"{outcome.state}: {item.path} -> {item.out}")
    if outcome.state == "failed":
        typer.echo(f"failed: {item.path}: {outcome.problem}", err=True)
    _tell_rows(outcome)


def _tell_rows(outcome: Outcome) -> None:
    """Name the rows that could not be read, with file and row."""
    failed = int(outcome.summary.get("failed_rows", 0))
    shown = outcome.summary.get("problems", ())[:_ROWS_NAMED]
    for p in shown:
        line = f" (line {p['line']})" if p.get("line") else ""
        typer.echo(f"{outcome.item.path}, row {p['row']}{line}: {p['problem']}", err=True)
    if failed > len(shown):
        more = f"{outcome.item.path}: {failed - len(shown)} more rows could not be read"
        typer.echo(more, err=True)


def _show(outcome: Outcome) -> None:
    if outcome.state == "failed":
        return
    for line in outcome.summary["summary"]:
        typer.echo(line)
    kept = " (kept from an earlier run)" if outcome.state == "kept" else ""
    typer.echo(f"\nWritten to {outcome.item.out}{kept}; open report.html there.")


def _write_index(outcomes: list[Outcome], folder: Path, *, quiet: bool) -> None:
    from affectkit.report import write_index

    entries = [
        {
            "file": str(o.item.path),
            "report": os.path.relpath(o.item.out / "report.html", folder),
            "state": o.state,
            "problem": o.problem,
            **o.summary,
        }
        for o in sorted(outcomes, key=lambda o: str(o.item.path))
    ]
    path = write_index(entries, folder / "index.html")
    if not quiet:
        states = [o.state for o in outcomes]
        typer.echo(
            f"{states.count('done')} done, {states.count('kept')} kept, "
            f"{states.count('failed')} failed. Overview: {path}"
        )
