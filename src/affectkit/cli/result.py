"""What one analysed file leaves behind: the folder that `affectkit analyze` writes."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from affectkit.pipeline.settings import Settings
from affectkit.progress import Progress


def write_result(
    *,
    path: str,
    folder: str,
    threads: int,
    settings: dict[str, Any],
    formats: list[str],
    media: Literal["link", "embed", "none"],
    blur_faces: bool,
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
    progress
        Told how far the work is.
    """
    from affectkit.media import write
    from affectkit.pipeline import analyze
    from affectkit.report import summary, write_report

    timeline = analyze(
        path, Settings.from_dict({**settings, "threads": threads}), progress=progress
    )
    progress("report", 0.0, 1.0)
    out = Path(folder)
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
        "summary": list(summary(timeline)),
        "notes": [note.reason for note in timeline.notes],
    }
