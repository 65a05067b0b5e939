"""What one analysed file leaves behind: the folder that `affectkit analyze` writes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from affectkit.errors import MediaError
from affectkit.pipeline.settings import Settings
from affectkit.progress import Progress

if TYPE_CHECKING:
    from affectkit.affect import Conversation
    from affectkit.media.text_rows import TextRows


def write_result(
    *,
    path: str,
    folder: str,
    threads: int,
    settings: dict[str, Any],
    formats: list[str],
    media: Literal["link", "embed", "none"],
    blur_faces: bool,
    column: str | None = None,
    progress: Progress,
) -> dict[str, Any]:
    """Analyse a file, fill a folder with the results, and return a JSON summary.

    Parameters
    ----------
    path
        The file.
    folder
        An empty folder, to be filled with ``timeline.parquet``, ``timeline.csv``,
        ``report.html``, ``faces.parquet`` if faces were looked for, and further formats.
    threads
        Processor threads to use.
    settings
        `Settings` as plain values, without threads.
    formats
        Names of further formats to write; see `affectkit.media.FORMATS`.
    media
        How the report shows the file: ``"link"``, ``"embed"`` or ``"none"``.
    blur_faces
        Whether the report blurs faces in the pictures it holds.
    column
        The column that holds the words, which makes the file a table of texts.
    progress
        Told how far the work is.
    """
    from affectkit.media import write
    from affectkit.media.text_rows import text_rows
    from affectkit.pipeline import analyze
    from affectkit.report import summary, write_report
    from affectkit.report.arc import arc_summary

    out = Path(folder)
    chosen = Settings.from_dict({**settings, "threads": threads})
    rows = text_rows(path, column)
    if rows is not None:
        return _write_table(rows, out, chosen, formats, progress)
    timeline = analyze(path, chosen, progress=progress)
    progress("report", 0.0, 1.0)
    timeline.to_parquet(out / "timeline.parquet")
    timeline.to_csv(out / "timeline.csv")
    for name, table in timeline.tables.items():
        table.to_parquet(out / f"{name}.parquet", index=False)
    write(timeline, out, formats)
    write_report(
        timeline,
        out / "report.html",
        media=None if media == "none" else Path(path),
        media_mode=media,
        blur_faces=blur_faces,
    )
    progress("report", 1.0, 1.0)
    return {
        "file": Path(path).name,
        "kind": timeline.provenance["file"]["kind"],
        "duration_s": timeline.provenance["file"]["duration_s"],
        "people": list(timeline.people),
        "rows": len(timeline),
        "summary": [*summary(timeline), *arc_summary(timeline)],
        "notes": [note.reason for note in timeline.notes],
        **_failed_rows(timeline.transcript),
    }


def _failed_rows(talk: Conversation | None) -> dict[str, Any]:
    """Return which rows of a chat could not be read; nothing if all could."""
    failed = list(talk.meta.get("failed_rows", ())) if talk is not None else []
    return {"failed_rows": len(failed), "problems": failed[:50]} if failed else {}


def _write_table(
    rows: TextRows, out: Path, chosen: Settings, formats: list[str], progress: Progress
) -> dict[str, Any]:
    """Fill a folder with what a table of texts says, and return a JSON summary."""
    from affectkit.pipeline.text_table import read_text_table
    from affectkit.report import table_summary, write_table_report

    if formats:
        raise MediaError(
            f"a table of texts has no times, so it cannot be written as {', '.join(formats)}",
            remedy="leave --format out; rows.csv and timeline.csv are always written",
        )
    if chosen.lanes and "text" not in chosen.lanes:
        raise MediaError(
            f"{rows.path.name} is a table of texts; none of the lanes {', '.join(chosen.lanes)} "
            "can read it",
            remedy="use --lanes text",
        )
    told, timeline = read_text_table(rows, out, chosen, progress=progress)
    write_table_report(told, timeline, out / "report.html")
    return {
        "file": rows.path.name,
        "kind": "table",
        "duration_s": 0.0,
        "people": [],
        "rows": told["rows"],
        "summary": table_summary(told, timeline.label_set),
        "notes": [note.reason for note in timeline.notes],
        "labels": told["labels"],
        "failed_rows": told["failed"],
        "problems": told["problems"],
    }
