"""Any table is read, or refused in words a user can act on; bad rows keep their numbers."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from affectkit.errors import AffectkitError
from affectkit.pipeline.check_files import read_check_files
from affectkit.pipeline.check_summary import check_summary

cells = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 5), st.floats(allow_nan=False), st.text(max_size=8),
    st.lists(st.integers(0, 3), max_size=2),
)  # fmt: skip
names = st.sampled_from(
    ["text", "label", "speaker", "split", "start", "end_s", "file", "id", "valence", "x", " y "]
)
objects = st.lists(st.dictionaries(names, cells, max_size=6), min_size=1, max_size=8)


@given(objects)
def test_any_json_lines_are_checked_or_refused(rows):
    file = Path(tempfile.mkdtemp()) / "items.jsonl"
    file.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    try:
        found = read_check_files([file])
    except AffectkitError:
        return
    told = check_summary(found.table, bad=found.bad, draws=5)
    assert told["rows"] + len(told["bad"]) == len(rows)
    json.dumps(told, allow_nan=False)


@given(st.text(max_size=80))
def test_any_text_is_checked_or_refused(text):
    file = Path(tempfile.mkdtemp()) / "items.csv"
    file.write_text(text, encoding="utf-8")
    try:
        found = read_check_files([file])
    except AffectkitError:
        return
    json.dumps(check_summary(found.table, draws=5), allow_nan=False)


@pytest.mark.parametrize(
    ("files", "splits"),
    [
        (["my_train.csv", "my_test.csv"], ("train", "test")),
        (["set.dev.csv", "set.train.csv"], ("train", "dev")),
        (["train_a.csv", "train_b.csv"], ("train_a", "train_b")),
        (["a.csv", "b.csv"], ("a", "b")),
        (["train/items.csv", "test/items.csv"], ("train", "test")),
    ],
)
def test_files_are_splits_by_their_names(tmp_path, files, splits):
    for name in files:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(f"text\none of {name}\n")
    found = read_check_files([tmp_path / name for name in files])
    assert found.table.splits == splits


def test_several_label_columns_are_sets_and_numbers_with_many_kinds_are_scores(tmp_path):
    rng = np.random.default_rng(0)
    rows = ["text,joy,fear,valence"]
    rows += [f"t{i},{i % 2},{(i // 2) % 2},{rng.normal():.4f}" for i in range(30)]
    (tmp_path / "items.csv").write_text("\n".join(rows))
    found = read_check_files([tmp_path / "items.csv"], {"label": ["joy", "fear"]})
    assert found.table.sets is not None
    assert found.table.sets["joy"].sum() == 15
    scored = read_check_files([tmp_path / "items.csv"]).table.scores
    assert scored is not None
    assert list(scored) == ["valence"]
    with pytest.raises(AffectkitError, match="not 0 or 1"):
        read_check_files([tmp_path / "items.csv"], {"label": ["joy", "valence"]})


def test_ids_that_are_row_numbers_are_doubted_unless_named(tmp_path):
    for name in ("train", "test"):
        (tmp_path / f"{name}.csv").write_text(f"id,text\n1,one of {name}\n2,two of {name}\n")
    paths = [tmp_path / "train.csv", tmp_path / "test.csv"]
    assert [s["state"] for s in check_summary(read_check_files(paths).table)["seen"]] == ["note"]
    named = read_check_files(paths, {"id": ["id"]})
    assert [s["state"] for s in check_summary(named.table)["seen"]] == ["leak"]
