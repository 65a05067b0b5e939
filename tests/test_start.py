"""The package and its command line start without loading what they may not need."""

from __future__ import annotations

import json
import subprocess
import sys

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
