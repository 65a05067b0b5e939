"""Run an Inspect task here and now: no listener, no display, logs where the caller says."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from affectkit.errors import WorkError
from affectkit.optional import require

if TYPE_CHECKING:
    from inspect_ai import Task
    from inspect_ai.log import EvalLog


def evaluate(
    tasks: Sequence[Task],
    model: str,
    *,
    folder: str | os.PathLike[str],
    model_args: dict[str, Any] | None = None,
) -> list[EvalLog]:
    """Run tasks one after another with one model; return their logs, with every sample.

    Parameters
    ----------
    tasks
        Inspect tasks.
    model
        Such as ``"affectkit/local"``.
    folder
        Where the logs go.
    model_args
        What the model takes.

    Raises
    ------
    WorkError
        If a task did not come to its end; the message has Inspect's reason, and completed
        samples stay in the folder.
    """
    require("inspect_ai", extra="evals")
    import inspect_ai
    from inspect_ai.log import read_eval_log
    from inspect_ai.model import get_model

    import affectkit.evals.registry  # noqa: F401  # so that it works also where not installed

    # Inspect keeps models by their arguments; a file of answers may be another by the next time.
    chosen = get_model(model, memoize=False, **(model_args or {}))
    try:
        logs = inspect_ai.eval(
            list(tasks),
            model=chosen,
            log_dir=str(Path(folder)),
            display="none",
            max_tasks=1,
            ctl_server=False,
            acp_server=False,
            log_realtime=False,
            score_display=False,
        )
    finally:
        if model.startswith("affectkit/"):  # other clients close by their own rules
            chosen.api.close()
    found = []
    for log in logs:
        if log.status != "success":
            reason = log.error.message if log.error is not None else log.status
            raise WorkError(
                f"{log.eval.task} with {model} did not end: {reason}",
                remedy=f"completed samples are in {log.location}; run it again",
            )
        found.append(log if log.samples else read_eval_log(log.location))
    return found
