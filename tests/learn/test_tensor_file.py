"""Files of arrays and facts: the same bytes each time, the first files read as ever."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from affectkit.errors import WeightsError
from affectkit.learn.heads import Head
from affectkit.learn.ngrams import NgramTable
from affectkit.learn.tensor_file import read_tensors, write_tensors
from affectkit.models import shipped

SAVE = """
import sys, hashlib
from pathlib import Path
import numpy as np
from affectkit.learn.heads import Head
from affectkit.learn.ngrams import NgramTable
folder = Path(sys.argv[1])
w = np.arange(6.0).reshape(3, 2)
for i in range(4):
    head = Head("sigmoid", ("a", "b"), [w, w[:2]], [w[0], w[1]], thresholds=[.2, .3],
                meta={name: len(name) for name in {"gamma", "temperature", "prior", "far"}})
    table = NgramTable(w, n_pieces=2)
    files = [head.save(folder / "a.safetensors", half=i % 2 == 1),
             table.save(folder / "b.safetensors")]
    print(*(hashlib.sha256(f.read_bytes()).hexdigest() for f in files))
"""


def test_every_process_writes_the_same_bytes(tmp_path: Path) -> None:
    said = set()
    for seed in ("0", "1", "2"):
        env = {**os.environ, "PYTHONHASHSEED": seed}
        run = subprocess.run(
            [sys.executable, "-c", SAVE, str(tmp_path)],
            capture_output=True,
            text=True,
            check=True,
            env=env,
        )
        first, second, third, fourth = run.stdout.splitlines()
        assert (first, second) == (third, fourth)
        said.add(run.stdout)
    assert len(said) == 1


facts = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@settings(deadline=None, max_examples=30)
@given(st.dictionaries(st.text(max_size=6), facts, max_size=4))
def test_arrays_and_facts_come_back_as_they_were(
    tmp_path_factory: pytest.TempPathFactory, about: dict
) -> None:
    path = tmp_path_factory.mktemp("tensors") / "a.safetensors"
    tensors = {
        "w": np.random.default_rng(0).normal(size=(3, 4)).astype(np.float32).T,
        "i": np.arange(3, dtype=np.int8),
        "h": np.ones(2, dtype=np.float16),
    }
    about = {**about, "format": "test"}
    write_tensors(path, tensors, about)
    back, told = read_tensors(path, "test")
    assert told == about
    assert set(back) == set(tensors)
    for name, values in tensors.items():
        np.testing.assert_array_equal(back[name], values)
        assert back[name].dtype == values.dtype
    with pytest.raises(WeightsError, match="other"):
        read_tensors(path, "other")
    assert [f.name for f in path.parent.iterdir()] == [path.name]


def test_files_with_a_key_for_each_fact_are_still_read(tmp_path: Path) -> None:
    from safetensors.numpy import save_file

    w = np.ones((2, 2), dtype=np.float32)
    head = {"weight.0": w, "bias.0": w[0], "mean": w[0], "scale": w[0]}
    about = {
        "format": "affectkit-head",
        "kind": "softmax",
        "outputs": json.dumps(["calm", "1"]),
        "meta": json.dumps({"temperature": 0.5}),
    }
    save_file(head, tmp_path / "head.safetensors", metadata=about)
    back = Head.load(tmp_path / "head.safetensors")
    assert (back.kind, back.outputs, back.meta) == ("softmax", ("calm", "1"), {"temperature": 0.5})
    table = {"weights": w.astype(np.int8), "scale": w[0]}
    about = {"format": "affectkit-ngrams", "n_pieces": "1"}
    save_file(table, tmp_path / "table.safetensors", metadata=about)
    assert NgramTable.load(tmp_path / "table.safetensors").n_pieces == 1


@pytest.mark.parametrize(
    ("model", "name"), [("speech-emotion-1", "emotion"), ("speech-emotion-1", "domain")]
)
def test_a_shipped_head_survives_being_saved_again(tmp_path: Path, model: str, name: str) -> None:
    head = Head.load(shipped(model) / f"{name}.safetensors")
    back = Head.load(head.save(tmp_path / "again.safetensors"))
    features = np.random.default_rng(0).normal(size=(20, head.n_features))
    np.testing.assert_array_equal(back.scores(features), head.scores(features))
    assert (back.kind, back.outputs, dict(back.meta)) == (head.kind, head.outputs, dict(head.meta))
