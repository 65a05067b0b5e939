"""The process that does the work: reads tasks as JSON lines, answers with progress and results.

Decoders are native code that a hostile file can crash or hang. They run here, so that
such a file costs one process and not the batch. JSON lines rather than multiprocessing keep
pickle out of it.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import threading
import time
import traceback
from typing import Any, TextIO

from affectkit.errors import AffectkitError

_REPORT_EVERY_S = 0.1


def main() -> None:
    """Serve tasks until the caller closes the pipe."""
    # Native libraries print to descriptor 1; the protocol keeps a descriptor of its own.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(2, 1)
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    tasks = _tasks(sys.stdin)
    for task in tasks:
        _serve(task, answers)


def _tasks(stream: TextIO) -> Any:
    """Yield tasks; end this process at once if the caller dies while one is at work."""
    from queue import SimpleQueue

    queue: SimpleQueue[str] = SimpleQueue()

    def read() -> None:
        for line in stream:
            queue.put(line)
        os._exit(0)

    threading.Thread(target=read, daemon=True).start()
    while True:
        yield json.loads(queue.get())


def _serve(task: dict[str, Any], answers: TextIO) -> None:
    last: dict[str, float] = {}

    def progress(stage: str, done: float, total: float | None) -> None:
        now = time.monotonic()
        finished = total is not None and done >= total
        if finished or now - last.get(stage, -1.0) >= _REPORT_EVERY_S:
            last[stage] = now
            _say(answers, {"stage": stage, "done": done, "total": total})

    module, _, name = task["function"].partition(":")
    try:
        function = getattr(importlib.import_module(module), name)
        _say(answers, {"result": function(**task["arguments"], progress=progress)})
    except AffectkitError as error:
        _say(answers, {"error": error.problem, "remedy": error.remedy})
    except MemoryError:
        _say(answers, {"error": "there is not enough memory for this file", "remedy": ""})
    except Exception as error:
        _say(
            answers,
            {
                "error": f"something in affectkit failed: {type(error).__name__}: {error}",
                "remedy": "report it with the trace that AFFECTKIT_DEBUG=1 prints",
            },
        )
        if os.environ.get("AFFECTKIT_DEBUG"):
            traceback.print_exc()


def _say(answers: TextIO, message: dict[str, Any]) -> None:
    answers.write(json.dumps(message) + "\n")
    answers.flush()


if __name__ == "__main__":
    main()
