from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from affectkit.errors import WeightsError
from affectkit.models.sessions import LiteSession, OnnxSession

LINUX = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="counts threads in /proc")


@pytest.fixture
def squaring(tmp_path: Path) -> Path:
    """An ONNX model that multiplies a matrix of any height by its transpose."""
    made = helper.make_graph(
        [
            helper.make_node("Transpose", ["x"], ["t"], perm=[1, 0]),
            helper.make_node("MatMul", ["x", "t"], ["y"]),
        ],
        "squaring",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 64])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", "n"])],
    )
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, tmp_path / "squaring.onnx")
    return tmp_path / "squaring.onnx"


def some(rows: int) -> np.ndarray[Any, np.dtype[np.float32]]:
    return np.random.default_rng(rows).normal(size=(rows, 64)).astype(np.float32)


def test_onnx_computes(squaring: Path) -> None:
    session = OnnxSession(squaring)
    assert (session.inputs, session.outputs) == (("x",), ("y",))
    x = some(5)
    (y,) = session.run({"x": x})
    np.testing.assert_allclose(y, x @ x.T, rtol=1e-4, atol=1e-4)


@LINUX
@pytest.mark.parametrize("threads", [1, 2, 4])
def test_onnx_starts_no_more_threads_than_asked(squaring: Path, threads: int) -> None:
    before = len(os.listdir("/proc/self/task"))
    session = OnnxSession(squaring, threads=threads)
    session.run({"x": some(64)})
    # The calling thread is one of them.
    assert len(os.listdir("/proc/self/task")) - before <= threads - 1


@pytest.mark.parametrize("session", [OnnxSession, LiteSession])
def test_zero_threads_would_mean_all_cores_and_are_refused(squaring: Path, session: Any) -> None:
    with pytest.raises(ValueError, match="threads"):
        session(squaring, threads=0)


@LINUX
def test_onnx_gives_memory_of_a_large_input_back(squaring: Path) -> None:
    def resident_mb() -> float:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGESIZE") / 1e6

    session = OnnxSession(squaring)
    session.run({"x": some(10)})
    before = resident_mb()
    session.run({"x": some(5000)})  # the answer alone is 100 MB
    session.run({"x": some(10)})
    assert resident_mb() - before < 40


@pytest.mark.parametrize("session", [OnnxSession, LiteSession])
@pytest.mark.parametrize("content", [None, b"", b"not a model", bytes(5000)])
def test_what_is_no_model_is_named(tmp_path: Path, session: Any, content: bytes | None) -> None:
    path = tmp_path / "model.bin"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(WeightsError, match=r"model\.bin") as caught:
        session(path)
    assert "affectkit weights" in caught.value.remedy


def test_lite_answers_do_not_change_with_threads_and_are_copies(
    weights: Callable[..., None],
) -> None:
    from affectkit.models import weights as store

    weights("expression_coarse")
    path = store.path("expression_coarse")
    one, two = LiteSession(path), LiteSession(path, threads=2)
    assert one.inputs[0][1] == (1, 64, 64, 1)
    face = np.random.default_rng(0).random((1, 64, 64, 1))
    (first,) = one(face)
    kept = first.copy()
    (other,) = one(1 - face)
    # Seven classes that add up to one; a second run must not change the first answer.
    assert first.sum() == pytest.approx(1, abs=1e-3)
    assert np.array_equal(first, kept)
    assert not np.array_equal(first, other)
    np.testing.assert_allclose(two(face)[0], first, atol=1e-4)


def test_lite_wants_as_many_arrays_as_the_model(weights: Callable[..., None]) -> None:
    from affectkit.models import weights as store

    weights("expression_coarse")
    with pytest.raises(ValueError, match="1 arrays, not 2"):
        LiteSession(store.path("expression_coarse"))(np.zeros(1), np.zeros(1))


def test_lite_keeps_quiet_but_swallows_nothing_else(weights: Callable[..., None]) -> None:
    from affectkit.models import weights as store

    weights("expression_coarse")
    program = (
        "import sys, os, threading\n"
        "from pathlib import Path\n"
        "from affectkit.models import sessions\n"
        "with sessions._without_delegate_news():\n"
        "    os.write(2, b'something of others\\n')\n"
        "sessions._news_told = False\n"
        "sessions.LiteSession(Path(sys.argv[1]))\n"
        "sys.stderr.write('after\\n')\n"
    )
    command = [sys.executable, "-c", program, str(store.path("expression_coarse"))]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stderr.splitlines() == ["something of others", "after"]
