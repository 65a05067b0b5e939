"""Work for the batch tests: counts how often it finished each file."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

from affectkit.errors import AffectkitError
from affectkit.progress import Progress


def copy_upper(
    *, path: str, folder: str, threads: int, progress: Progress, pause_s: float = 0.0
) -> dict[str, Any]:
    """Write the file's text in capitals, slowly."""
    text = Path(path).read_text(encoding="utf-8")
    if text == "crash":
        os._exit(139)
    if text == "hang":
        time.sleep(3600)
    if text == "refuse":
        raise AffectkitError("this text is refused", remedy="write another")
    time.sleep(pause_s)
    (Path(folder) / "upper.txt").write_text(text.upper(), encoding="utf-8")
    progress("writing", 1.0, 1.0)
    return {"length": len(text)}


def run_batch(folder: str, out: str, pause_s: float) -> None:
    """Run the batch that the kill test kills."""
    from affectkit.pipeline import batch

    files = batch.find_files([Path(folder)])
    items = batch.plan(files, {"pause_s": pause_s}, out=Path(out))
    record = batch.Record(Path(out) / "record.sqlite")
    for outcome in batch.run(
        items, "counting_work:copy_upper", record=record, jobs=2, threads=1, resume=True
    ):
        with open(Path(out) / "log.txt", "a", encoding="utf-8") as log:
            log.write(f"{outcome.state} {outcome.item.path.name}\n")
