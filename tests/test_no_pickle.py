"""No file of ours can make Python run what a stranger wrote into it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

SOURCES = sorted((Path(__file__).resolve().parents[1] / "src").rglob("*.py"))
# pickletools is not among them: it disassembles and executes nothing.
FORBIDDEN = {"pickle", "_pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
FORBIDDEN_CALLS = {"eval", "exec"}
PANDAS_PICKLE = {"read_pickle", "to_pickle"}


def offences(text: str) -> list[str]:
    """Name every use of pickle, or of what hides it, in a source text."""
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names = {alias.name.split(".")[0] for alias in node.names}
            found += [f"{node.lineno}: imports {name}" for name in sorted(names & FORBIDDEN)]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            if (node.module or "").split(".")[0] in FORBIDDEN:
                found.append(f"{node.lineno}: imports from {node.module}")
        elif isinstance(node, ast.Call):
            found += _call(node)
    return found


def _call(node: ast.Call) -> list[str]:
    keywords = {word.arg: word.value for word in node.keywords}

    def says(name: str, value: object) -> bool:
        given = keywords.get(name)
        return isinstance(given, ast.Constant) and given.value is value

    called = ast.unparse(node.func)
    last = called.rpartition(".")[2]
    where = f"{node.lineno}: {called}"
    if called in FORBIDDEN_CALLS or last in PANDAS_PICKLE:
        return [where]
    if called in ("torch.load", "torch.jit.load") and not says("weights_only", True):
        return [f"{where} without weights_only=True"]
    if "allow_pickle" in keywords and not says("allow_pickle", False):
        return [f"{where} with allow_pickle"]
    if last == "import_module" or called == "__import__":
        first = node.args[0] if node.args else None
        named = str(first.value).split(".")[0] if isinstance(first, ast.Constant) else ""
        return [f"{where} of {named}"] if named in FORBIDDEN else []
    if called == "yaml.load":
        loader = keywords.get("Loader")
        return [] if loader is not None and ast.unparse(loader) == "yaml.SafeLoader" else [where]
    if called in ("yaml.unsafe_load", "yaml.full_load"):
        return [where]
    return []


def test_there_are_sources_to_look_at() -> None:
    assert len(SOURCES) > 20


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
def test_no_source_can_run_what_a_file_says(source: Path) -> None:
    assert offences(source.read_text("utf-8")) == []


@pytest.mark.parametrize(
    "text",
    [
        "import pickle",
        "import os, joblib as j",
        "from pickle import loads",
        "from joblib.numpy_pickle import load",
        "import torch\ntorch.load('x.pt')",
        "import torch\ntorch.load('x.pt', weights_only=False)",
        "import torch\ntorch.load('x.pt', weights_only=maybe)",
        "import numpy as np\nnp.load('x.npy', allow_pickle=True)",
        "import pandas as pd\npd.read_pickle('x')",
        "frame.to_pickle('x')",
        "eval('1')",
        "importlib.import_module('pickle')",
        "__import__('dill')",
        "yaml.load(text)",
        "yaml.load(text, Loader=yaml.Loader)",
        "yaml.unsafe_load(text)",
    ],
)
def test_the_check_sees(text: str) -> None:
    assert offences(text)


@pytest.mark.parametrize(
    "text",
    [
        "import pickletools",
        "torch.load('x.pt', weights_only=True)",
        "np.load('x.npy', allow_pickle=False)",
        "json.load(stream)",
        "yaml.load(text, Loader=yaml.SafeLoader)",
        "model.eval()",
    ],
)
def test_the_check_lets_pass(text: str) -> None:
    assert not offences(text)
