"""RumourEval as published: threads, events, and replies in the order they came."""

from __future__ import annotations

import pytest

from affectkit.data import data_root, read
from affectkit.errors import DataError


def test_threads_and_events_are_those_of_the_task(shared_data):
    shared_data("text-internal/rumoureval2017")
    table = read("rumoureval2017", root=data_root()).table
    assert table.groupby("split").size().to_dict() == {"dev": 25, "train": 272}
    events = table.groupby("split")["event"].agg(set)
    assert len(events["train"]) == 7
    assert not events["train"] & events["dev"]
    assert (table[["true", "false", "unverified"]].sum(axis=1) == 1).all()
    assert (table["replies"].map(len) == table["stances"].map(len)).all()


def test_a_broken_line_is_named(tmp_path):
    folder = tmp_path / "text-internal" / "rumoureval2017"
    folder.mkdir(parents=True)
    (folder / "train.jsonl").write_text('{"id": 1}\n', encoding="utf-8")
    with pytest.raises(DataError, match=r"train\.jsonl, line 1"):
        read("rumoureval2017", root=tmp_path)
