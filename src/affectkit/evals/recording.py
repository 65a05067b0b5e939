"""Keep the answers of an Inspect run, so that it can be judged again without the model."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from affectkit.errors import DataError
from affectkit.evals.providers import plain
from affectkit.llm.replay import prompt_digest, write_recorded

if TYPE_CHECKING:
    from inspect_ai.log import EvalLog


def recorded_answers(log: EvalLog) -> list[dict[str, Any]]:
    """Return the last answer to each sample as `affectkit.llm.replay.RecordedAnswers` reads it.

    Prompts are kept as digests, so that the texts of a data set do not travel along.

    Parameters
    ----------
    log
        Of a run, with its samples; those without an answer are left out.
    """
    rows = []
    for sample in log.samples or []:
        output = sample.output
        if not output.choices:
            continue
        # The model's own answer stands last; what was asked is all before it.
        asked = sample.messages[:-1]
        usage = output.usage
        rows.append(
            {
                "id": str(sample.id),
                "prompt_sha256": prompt_digest(plain(asked)),
                "answer": output.completion,
                "input_tokens": usage.input_tokens if usage else None,
                "output_tokens": usage.output_tokens if usage else None,
                "finish": "length" if output.stop_reason == "max_tokens" else "stop",
                "model": log.eval.model,
            }
        )
    return rows


def record(log_file: str | os.PathLike[str], target: str | os.PathLike[str]) -> Path:
    """Write the answers of an Inspect log file as JSON lines, whole or not at all.

    ``inspect eval TASK --model affectkit/replay -M file=TARGET`` then repeats the run.

    Raises
    ------
    DataError
        If the log cannot be read, or holds no answers.
    """
    from inspect_ai.log import read_eval_log

    try:
        log = read_eval_log(str(log_file))
    except (OSError, ValueError) as error:
        raise DataError(
            f"{log_file} cannot be read as an Inspect log: {error}", remedy="name an .eval file"
        ) from error
    rows = recorded_answers(log)
    if not rows:
        raise DataError(f"{log_file} holds no answers", remedy="run the task first")
    return write_recorded(rows, target)
