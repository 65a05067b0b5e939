"""A process for work that may crash, hang or eat memory, so that only that process is lost.

Decoders are native code, and a hostile file can bring them down. Tasks and answers travel as
JSON lines rather than through multiprocessing, which would unpickle what the process sends.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Iterator, Mapping
from contextlib import suppress
from importlib import import_module
from inspect import signature
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import IO, Any, Self

from affectkit import errors
from affectkit.errors import AffectkitError, WorkError
from affectkit.progress import Progress, silent

_REPORT_EVERY_S = 0.1
_DAMAGED = "the file may be damaged; convert it to MP4 or WAV and try again"
_THREAD_LIMITS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class Worker:
    """A process that calls functions one after another, and is replaced when it dies.

    Parameters
    ----------
    threads
        Processor threads that numerical libraries in the process may use.
    timeout_s
        Seconds without a sign of progress after which a call is taken to hang and the
        process is killed.
    memory_bytes
        Address space that the process may take; no limit if None, or on systems without
        such limits.

    Examples
    --------
    >>> with Worker() as worker:
    ...     worker.call("affectkit.worker:echo", {"value": [1, "two"]})
    [1, 'two']
    """

    def __init__(
        self, *, threads: int = 1, timeout_s: float = 300.0, memory_bytes: int | None = None
    ) -> None:
        self.threads = threads
        self.timeout_s = timeout_s
        self.memory_bytes = memory_bytes
        self._process: subprocess.Popen[str] | None = None
        self._answers: SimpleQueue[str | None] = SimpleQueue()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def pid(self) -> int:
        """The id of the process, which is started if it does not run."""
        return self._alive().pid

    def call(self, function: str, arguments: Mapping[str, Any], progress: Progress = silent) -> Any:
        """Call ``module:function`` with named JSON arguments; return its JSON result.

        Parameters
        ----------
        function
            A function of a module that the process can import. If it takes ``progress``,
            what it reports is passed on.
        arguments
            Its arguments by name.
        progress
            Told what the function reports.

        Raises
        ------
        AffectkitError
            What the function raised, if that is one of ours; else a `WorkError` that says
            whether it failed, crashed, or hung.
        """
        process = self._alive()
        assert process.stdin is not None
        try:
            request = json.dumps({"function": function, "arguments": dict(arguments)})
            process.stdin.write(request + "\n")
            process.stdin.flush()
        except (BrokenPipeError, OSError):
            raise self._crashed() from None
        while True:
            try:
                line = self._answers.get(timeout=self.timeout_s)
            except Empty:
                self.close()
                raise WorkError(
                    f"nothing happened for {self.timeout_s:g} s, so the work was stopped",
                    remedy=_DAMAGED,
                ) from None
            if line is None:
                raise self._crashed()
            message = json.loads(line)
            if "stage" in message:
                progress(message["stage"], message["done"], message["total"])
            elif "result" in message:
                return message["result"]
            else:
                raise _error_named(message["kind"])(message["problem"], remedy=message["remedy"])

    def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:
                    continue
        process.wait()

    def _alive(self) -> subprocess.Popen[str]:
        if self._process is None or self._process.poll() is not None:
            self.close()
            environment = {**os.environ, **dict.fromkeys(_THREAD_LIMITS, str(self.threads))}
            environment["AFFECTKIT_WORKER_MEMORY"] = str(self.memory_bytes or 0)
            self._process = subprocess.Popen(
                # -P: a json.py that lies beside the recordings must not be run.
                [sys.executable, "-P", "-c", "from affectkit.worker import serve; serve()"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=None if os.environ.get("AFFECTKIT_DEBUG") else subprocess.DEVNULL,
                text=True,
                encoding="utf-8",
                env=environment,
            )
            self._answers = SimpleQueue()
            listening = (self._process.stdout, self._answers)
            threading.Thread(target=_listen, args=listening, daemon=True).start()
        return self._process

    def _crashed(self) -> WorkError:
        process = self._process
        code = process.wait() if process is not None else None
        self.close()
        return WorkError(
            f"the process that read this file crashed (exit code {code})", remedy=_DAMAGED
        )


def in_worker(
    function: str, *, timeout_s: float = 30.0, memory_bytes: int | None = None, **arguments: Any
) -> Any:
    """Call ``module:function`` with JSON arguments in a process of its own; return the result.

    Raises
    ------
    AffectkitError
        As `Worker.call`.

    Examples
    --------
    >>> in_worker("affectkit.worker:echo", value="safe")
    'safe'
    """
    with Worker(timeout_s=timeout_s, memory_bytes=memory_bytes) as worker:
        return worker.call(function, arguments)


def echo(value: Any) -> Any:
    """Return what it was given; for trying out a worker.

    Examples
    --------
    >>> echo(1)
    1
    """
    return value


def serve() -> None:
    """Answer calls from standard input until it ends; what the process runs."""
    # Libraries that print to descriptor 1 would break the protocol, so it gets its own.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    _limit_memory(int(os.environ.get("AFFECTKIT_WORKER_MEMORY", "0")))
    for line in _lines(sys.stdin):
        request = json.loads(line)
        try:
            answer = _answer(request, answers)
        except AffectkitError as error:
            answer = _told(type(error).__name__, error.problem, error.remedy)
        except MemoryError:
            answer = _told("WorkError", "there is not enough memory for this file", "")
        except Exception as error:
            if os.environ.get("AFFECTKIT_DEBUG"):
                traceback.print_exc()
            answer = _told(
                "WorkError",
                f"something in affectkit failed: {type(error).__name__}: {str(error)[:500]}",
                "run it again with AFFECTKIT_DEBUG=1 and report the trace",
            )
        _say(answers, answer)


def _answer(request: dict[str, Any], answers: IO[str]) -> str:
    module, _, name = request["function"].partition(":")
    function = getattr(import_module(module), name)
    arguments = request["arguments"]
    if "progress" in signature(function).parameters:
        arguments["progress"] = _Reporter(answers)
    return json.dumps({"result": function(**arguments)})


class _Reporter:
    """Passes progress on, not more often than anyone can see."""

    def __init__(self, answers: IO[str]) -> None:
        self._answers = answers
        self._last: dict[str, float] = {}

    def __call__(self, stage: str, done: float, total: float | None) -> None:
        now = time.monotonic()
        finished = total is not None and done >= total
        if finished or now - self._last.get(stage, -1.0) >= _REPORT_EVERY_S:
            self._last[stage] = now
            message = {"stage": stage, "done": float(done), "total": total and float(total)}
            _say(self._answers, json.dumps(message))


def _say(answers: IO[str], message: str) -> None:
    answers.write(message + "\n")
    answers.flush()


def _told(kind: str, problem: str, remedy: str) -> str:
    return json.dumps({"kind": kind, "problem": problem, "remedy": remedy})


def _lines(stream: IO[str]) -> Iterator[str]:
    """Yield lines; end this process at once if the caller dies while one is at work."""
    queue: SimpleQueue[str] = SimpleQueue()

    def read() -> None:
        for line in stream:
            queue.put(line)
        os._exit(0)

    threading.Thread(target=read, daemon=True).start()
    while True:
        yield queue.get()


def _listen(stream: IO[str], answers: SimpleQueue[str | None]) -> None:
    # The pipe may be closed while it is read.
    with suppress(OSError, ValueError):
        for line in stream:
            if line.endswith("\n"):
                answers.put(line)
    answers.put(None)


def _error_named(name: str) -> type[AffectkitError]:
    found = getattr(errors, name, None)
    return found if isinstance(found, type) and issubclass(found, AffectkitError) else WorkError


def _limit_memory(size: int) -> None:
    if not size:
        return
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (size, size))
    except (ImportError, ValueError, OSError):
        return
