"""A process of its own for work that may crash or hang, seen from the caller's side."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Any

from affectkit.errors import AffectkitError
from affectkit.progress import Progress, silent


class WorkFailedError(AffectkitError):
    """The work failed, crashed or hung; says why."""


class Worker:
    """One process that runs tasks one after another and is started anew when it dies.

    Parameters
    ----------
    threads
        Processor threads that numerical libraries in the process may use.
    patience_s
        Seconds without any sign of progress after which the process is taken to hang and
        is killed.

    Examples
    --------
    >>> with Worker() as worker:
    ...     worker.run("affectkit.pipeline.worker:echo", {"value": 3})
    3
    """

    def __init__(self, *, threads: int = 1, patience_s: float = 300.0) -> None:
        self.threads = threads
        self.patience_s = patience_s
        self._process: subprocess.Popen[str] | None = None
        self._answers: SimpleQueue[str | None] = SimpleQueue()

    def __enter__(self) -> Worker:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def run(self, function: str, arguments: Mapping[str, Any], progress: Progress = silent) -> Any:
        """Call ``module:function`` in the process with JSON arguments; return its JSON result.

        Raises
        ------
        WorkFailedError
            If the function raised, the process crashed, or it hung.
        """
        process = self._alive()
        assert process.stdin is not None
        try:
            process.stdin.write(json.dumps({"function": function, "arguments": arguments}) + "\n")
            process.stdin.flush()
        except BrokenPipeError:
            raise self._died() from None
        while True:
            try:
                line = self._answers.get(timeout=self.patience_s)
            except Empty:
                self.close(kill=True)
                raise WorkFailedError(
                    f"nothing happened for {self.patience_s:g} s, so the work was stopped",
                    remedy="the file may be damaged; convert it to MP4 or WAV and try again",
                ) from None
            if line is None:
                raise self._died()
            message = json.loads(line)
            if "result" in message:
                return message["result"]
            if "error" in message:
                raise WorkFailedError(message["error"], remedy=message["remedy"])
            progress(message["stage"], message["done"], message["total"])

    def close(self, *, kill: bool = False) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is None:
            return
        if kill:
            process.kill()
        if process.stdin is not None:
            process.stdin.close()
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _alive(self) -> subprocess.Popen[str]:
        if self._process is None or self._process.poll() is not None:
            count = str(self.threads)
            limits = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
            self._process = subprocess.Popen(
                [sys.executable, "-m", "affectkit.pipeline.work"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=None if os.environ.get("AFFECTKIT_DEBUG") else subprocess.DEVNULL,
                text=True,
                encoding="utf-8",
                env={**os.environ, **dict.fromkeys(limits, count)},
            )
            self._answers = SimpleQueue()
            threading.Thread(
                target=_listen, args=(self._process, self._answers), daemon=True
            ).start()
        return self._process

    def _died(self) -> WorkFailedError:
        process = self._process
        code = process.wait() if process is not None else None
        self.close()
        return WorkFailedError(
            f"the process that read this file crashed (exit code {code})",
            remedy="the file may be damaged; convert it to MP4 or WAV and try again",
        )


def _listen(process: subprocess.Popen[str], answers: SimpleQueue[str | None]) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        answers.put(line)
    answers.put(None)


def echo(*, value: Any, progress: Progress) -> Any:
    """Return what it was given; for trying out a worker."""
    return value
