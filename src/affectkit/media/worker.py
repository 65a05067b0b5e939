"""Work on files that may crash or hang a decoder, in a process that may be lost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from importlib import import_module
from types import TracebackType
from typing import Any, Self

from affectkit.errors import AffectkitError, MediaError

_CRASHED = "the file may be damaged; convert it to MP4 or WAV and try again"


class Worker:
    """A process that calls functions one after another, and is replaced when it dies.

    What goes in and comes out is JSON, so nothing that the process sends can run code.

    Parameters
    ----------
    timeout_s
        Seconds after which a call is taken to hang and the process is killed.
    memory_bytes
        Address space that the process may take; no limit if None, or on systems without
        such limits.

    Examples
    --------
    >>> with Worker() as worker:
    ...     worker.call("affectkit.media.worker:echo", {"value": [1, "two"]})
    [1, 'two']
    """

    def __init__(self, *, timeout_s: float = 30.0, memory_bytes: int | None = None) -> None:
        self.timeout_s = timeout_s
        self.memory_bytes = memory_bytes
        self._process: subprocess.Popen[bytes] | None = None

    def call(self, function: str, arguments: Mapping[str, Any]) -> Any:
        """Call ``module:function`` with named JSON arguments; return its JSON result.

        Raises
        ------
        AffectkitError
            What the function raised, if that is one of ours; else a MediaError that says
            whether it failed, crashed, or hung.
        """
        process = self._alive()
        assert process.stdin is not None
        assert process.stdout is not None
        overdue = threading.Event()

        def stop() -> None:
            overdue.set()
            process.kill()

        watch = threading.Timer(self.timeout_s, stop)
        watch.start()
        try:
            request = json.dumps({"function": function, "arguments": dict(arguments)})
            process.stdin.write(request.encode() + b"\n")
            process.stdin.flush()
            answer = process.stdout.readline()
        except (BrokenPipeError, OSError):
            answer = b""
        finally:
            watch.cancel()
        if not answer.endswith(b"\n"):
            code = process.wait()
            self.close()
            if overdue.is_set():
                raise MediaError(
                    f"reading took longer than {self.timeout_s:g} s and was stopped",
                    remedy=_CRASHED,
                )
            raise MediaError(f"the decoder crashed (exit code {code})", remedy=_CRASHED)
        message = json.loads(answer)
        if "result" in message:
            return message["result"]
        if message["ours"]:
            raise _error_named(message["kind"])(message["problem"], remedy=message["remedy"])
        raise MediaError(f"reading failed ({message['kind']}: {message['problem']})")

    @property
    def pid(self) -> int:
        """The number of the process, which is started if there is none."""
        return self._alive().pid

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

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _alive(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self.close()
            limits = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
            environment = {**os.environ, **dict.fromkeys(limits, "1")}
            environment["AFFECTKIT_WORKER_MEMORY"] = str(self.memory_bytes or 0)
            self._process = subprocess.Popen(
                [sys.executable, "-c", "from affectkit.media.worker import serve; serve()"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=None if os.environ.get("AFFECTKIT_DEBUG") else subprocess.DEVNULL,
                env=environment,
            )
        return self._process


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
    >>> in_worker("affectkit.media.worker:echo", value="safe")
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
    """Answer calls from standard input until it ends; what a worker process runs."""
    answers = os.fdopen(os.dup(1), "wb")
    # Libraries that print would break the protocol.
    os.dup2(2, 1)
    _limit_memory(int(os.environ.get("AFFECTKIT_WORKER_MEMORY", "0")))
    for line in sys.stdin.buffer:
        message: dict[str, Any]
        try:
            request = json.loads(line)
            module, _, name = request["function"].partition(":")
            if module.split(".")[0] != "affectkit":
                raise ValueError(f"{module} is not part of affectkit")
            result = getattr(import_module(module), name)(**request["arguments"])
            message = {"result": result}
            data = json.dumps(message)
        except AffectkitError as error:
            data = json.dumps(_told(error, error.problem, error.remedy, ours=True))
        except Exception as error:
            data = json.dumps(_told(error, str(error)[:500], "", ours=False))
        answers.write(data.encode() + b"\n")
        answers.flush()


def _told(error: Exception, problem: str, remedy: str, *, ours: bool) -> dict[str, Any]:
    return {"kind": type(error).__name__, "problem": problem, "remedy": remedy, "ours": ours}


def _error_named(name: str) -> type[AffectkitError]:
    from affectkit import errors

    found = getattr(errors, name, None)
    if isinstance(found, type) and issubclass(found, AffectkitError):
        return found
    return MediaError


def _limit_memory(size: int) -> None:
    if not size:
        return
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (size, size))
    except (ImportError, ValueError, OSError):
        return
