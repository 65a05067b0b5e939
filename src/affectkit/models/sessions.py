"""Run ONNX and LiteRT models with as many threads as were asked for, and flat memory."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from affectkit.errors import WeightsError

Array = npt.NDArray[Any]

_NEWS = b"XNNPACK delegate"
_news_told = False


class OnnxSession:
    """An ONNX model ready to run.

    Parameters
    ----------
    path
        The ``.onnx`` file.
    threads
        Processor threads for one run; never more are started.
    keep_memory
        Whether the memory of the largest input is kept for the next: faster, and only good for
        inputs of bounded size.
    rewrite
        Whether ONNX Runtime may replace groups of operators by fused ones.

    Raises
    ------
    WeightsError
        If the file is missing or is no model that this ONNX Runtime can read.

    Examples
    --------
    >>> session = OnnxSession(Path("encoder.onnx"))  # doctest: +SKIP
    >>> session.run({"mel": mel})[0].shape  # doctest: +SKIP
    (1, 1500, 384)
    """

    def __init__(
        self, path: Path, threads: int = 1, *, keep_memory: bool = False, rewrite: bool = True
    ) -> None:
        import onnxruntime

        onnxruntime.disable_telemetry_events()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = _at_least_one(threads)
        options.inter_op_num_threads = 1
        options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
        # The arena and the memory pattern keep the largest input's memory for ever; inputs
        # of many lengths would make a long recording grow.
        options.enable_cpu_mem_arena = keep_memory
        options.enable_mem_pattern = False
        if not rewrite:
            levels = onnxruntime.GraphOptimizationLevel
            options.graph_optimization_level = levels.ORT_ENABLE_BASIC
        # Threads that wait for work must not burn the cores of the other lanes.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.add_session_config_entry("session.inter_op.allow_spinning", "0")
        options.log_severity_level = 4
        try:
            self._session = onnxruntime.InferenceSession(
                str(path), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # ONNX Runtime's exceptions share no other root
            raise _unreadable(path, error) from error
        self.inputs: tuple[str, ...] = tuple(entry.name for entry in self._session.get_inputs())
        self.outputs: tuple[str, ...] = tuple(entry.name for entry in self._session.get_outputs())

    def run(self, inputs: Mapping[str, Array]) -> list[Array]:
        """Return the model's outputs, in their order.

        Parameters
        ----------
        inputs
            Arrays by input name, in the shapes and types of the model.
        """
        return list(self._session.run(None, dict(inputs)))


class LiteSession:
    """A LiteRT (TensorFlow Lite) model ready to run. Not for two threads at once.

    Parameters
    ----------
    path
        The ``.tflite`` file.
    threads
        Processor threads for one run.

    Raises
    ------
    WeightsError
        If the file is missing or is no model.

    Examples
    --------
    >>> session = LiteSession(Path("face_blendshapes.tflite"))  # doctest: +SKIP
    >>> session(points)[0].shape  # doctest: +SKIP
    (52,)
    """

    def __init__(self, path: Path, threads: int = 1) -> None:
        from ai_edge_litert.interpreter import Interpreter

        _at_least_one(threads)
        try:
            with _without_delegate_news():
                self._interpreter = Interpreter(model_path=str(path), num_threads=threads)
                self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError, OSError) as error:
            raise _unreadable(path, error) from error
        self._inputs = self._interpreter.get_input_details()
        self._outputs = self._interpreter.get_output_details()
        self._shapes = [tuple(int(n) for n in entry["shape"]) for entry in self._inputs]

    @property
    def inputs(self) -> list[tuple[str, tuple[int, ...]]]:
        """Name and shape of each input."""
        names = (str(entry["name"]) for entry in self._inputs)
        return list(zip(names, self._shapes, strict=True))

    @property
    def outputs(self) -> list[tuple[str, tuple[int, ...]]]:
        """Name and shape of each output."""
        return [(str(e["name"]), tuple(int(n) for n in e["shape"])) for e in self._outputs]

    def __call__(self, *arrays: Array) -> list[Array]:
        """Return copies of the model's outputs, in their order.

        Parameters
        ----------
        arrays
            One array an input, converted to the input's type; another shape than the
            model's (a batch) resizes it.
        """
        if len(arrays) != len(self._inputs):
            raise ValueError(f"the model takes {len(self._inputs)} arrays, not {len(arrays)}")
        shapes = [tuple(array.shape) for array in arrays]
        if shapes != self._shapes:
            for entry, shape in zip(self._inputs, shapes, strict=True):
                self._interpreter.resize_tensor_input(entry["index"], shape)
            self._interpreter.allocate_tensors()
            self._shapes = shapes
        for entry, array in zip(self._inputs, arrays, strict=True):
            converted = np.ascontiguousarray(array, dtype=entry["dtype"])
            self._interpreter.set_tensor(entry["index"], converted)
        self._interpreter.invoke()
        return [self._interpreter.get_tensor(entry["index"]) for entry in self._outputs]


@contextmanager
def _without_delegate_news() -> Iterator[None]:
    """Keep LiteRT's one line about its delegate off the terminal; it has no setting for it.

    Whatever else was written to standard error meanwhile is passed on.
    """
    global _news_told
    if _news_told:
        yield
        return
    _news_told = True
    try:
        terminal = os.dup(2)
    except OSError:  # no standard error: nobody would see the line
        yield
        return
    with tempfile.TemporaryFile() as caught, os.fdopen(terminal, "wb") as real:
        os.dup2(caught.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(real.fileno(), 2)
            caught.seek(0)
            real.writelines(line for line in caught if _NEWS not in line)


def _at_least_one(threads: int) -> int:
    if threads < 1:
        # Zero would mean "all cores" to both runtimes.
        raise ValueError(f"threads must be 1 or more, not {threads}")
    return threads


def _unreadable(path: Path, error: Exception) -> WeightsError:
    if not path.is_file():
        return WeightsError(f"{path} is missing", remedy="affectkit weights install")
    first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return WeightsError(
        f"{path} is no model that can be run ({first[:200]})",
        remedy="affectkit weights verify, then affectkit weights install",
    )
