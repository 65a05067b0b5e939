"""The package and its command line start without loading what they may not need."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = {
    "av",
    "faster_whisper",
    "matplotlib",
    "numpy",
    "onnxruntime",
    "pandas",
    "PIL",
    "pyarrow",
    "rdflib",
    "soxr",
    "torch",
}


def modules_after(code: str) -> set[str]:
    lines = f"import sys, json\n{code}\nprint(json.dumps(sorted(sys.modules)))"
    out = subprocess.run(
        [sys.executable, "-c", lines], capture_output=True, text=True, check=True
    ).stdout
    return set(json.loads(out.splitlines()[-1]))


def test_importing_the_package_loads_almost_nothing() -> None:
    extra = modules_after("import affectkit") - modules_after("")
    assert not HEAVY & extra
    assert len([m for m in extra if m.startswith("affectkit")]) == 1
    assert len(extra) < 30


@pytest.mark.parametrize("arguments", [["--help"], ["analyze", "--help"], ["papers", "--help"]])
def test_help_loads_no_numerical_library(arguments: list[str]) -> None:
    code = (
        "import contextlib, io\n"
        "from affectkit.cli import main\n"
        f"sys.argv = ['affectkit', *{arguments!r}]\n"
        "with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):\n"
        "    main()\n"
    )
    assert not HEAVY & modules_after(code)


def test_no_library_writes_or_sends_who_ran_it(tmp_path: Path) -> None:
    code = (
        "from affectkit import models\n"
        "from affectkit.models.sessions import OnnxSession\n"
        "import numpy as np\n"
        "one = np.ones((1, 5), np.int64)\n"
        "session = OnnxSession(models.shipped('text-default') / 'encoder.onnx')\n"
        "session.run({'input_ids': one})\n"
    )
    keep = ("PATH", "PYTHONPATH", "VIRTUAL_ENV", "LD_LIBRARY_PATH")
    environment = {name: os.environ[name] for name in keep if name in os.environ}
    environment |= {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment, cwd=tmp_path)
    assert [str(p) for p in tmp_path.rglob("*") if p.is_file()] == []
