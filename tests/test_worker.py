"""A process that crashes, hangs or eats memory takes nobody with it."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from affectkit.errors import AffectkitError, MediaError, WorkError
from affectkit.media import examine, write_clip
from affectkit.worker import Worker, in_worker


def test_values_come_back() -> None:
    with Worker() as worker:
        for value in (None, 1.5, "ü\n😀", [1, {"a": [True]}], "x" * 300_000):
            assert worker.call("affectkit.worker:echo", {"value": value}) == value


def test_our_errors_come_back_as_themselves(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="no file") as caught:
        examine(tmp_path / "absent")
    assert caught.value.remedy == "check the path"


def test_other_errors_are_told_without_a_traceback() -> None:
    with pytest.raises(AffectkitError, match="TypeError"):
        in_worker("affectkit.worker:echo", wrong=1)


def test_code_in_the_working_folder_is_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "json.py").write_text("import os; os._exit(3)")
    monkeypatch.chdir(tmp_path)
    assert in_worker("affectkit.worker:echo", value=1) == 1


def test_a_crash_is_survived() -> None:
    with Worker() as worker:
        # Stopped first, so that it is certainly in the middle of the call when it dies.
        os.kill(worker.pid, signal.SIGSTOP)
        threading.Timer(0.3, os.kill, (worker.pid, signal.SIGKILL)).start()
        with pytest.raises(WorkError, match=r"crashed \(exit code -9\)"):
            worker.call("affectkit.worker:echo", {"value": 1})
        assert worker.call("affectkit.worker:echo", {"value": 1}) == 1


def test_a_hang_ends_in_time() -> None:
    with Worker(timeout_s=1.0) as worker:
        begun = time.monotonic()
        os.kill(worker.pid, signal.SIGSTOP)
        with pytest.raises(WorkError, match="nothing happened for 1 s"):
            worker.call("affectkit.worker:echo", {"value": 1})
        assert time.monotonic() - begun < 10
        assert worker.call("affectkit.worker:echo", {"value": 1}) == 1


def test_examine_decodes_everything(tmp_path: Path) -> None:
    sound = np.zeros(16_000, np.float32)
    frames = [np.zeros((64, 96, 3), np.uint8)] * 20
    file = write_clip(tmp_path / "a.mp4", frames, rate_hz=10, samples=sound)
    facts = examine(file, decode=True)
    assert (facts["kind"], facts["frames"], facts["frame_size"]) == ("video", 2, [96, 64])
    assert facts["sound_s"] == pytest.approx(1.0, abs=0.1)
    assert [n["reason"] for n in facts["notes"]] == ["the sound is silent throughout"]
