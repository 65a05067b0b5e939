"""Planted leaks are found with their rows; those that the makers and readers know, in the sets."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from affectkit.data.leak_check import SplitTable, both_sides, shared
from affectkit.data.shared_set_check import beside, shared_set
from affectkit.errors import DataError


def by_what(found):
    return {(s.what, s.right): s for s in found}


@given(
    st.lists(st.tuples(st.sampled_from(["train", "test"]), st.sampled_from("abcd ")), max_size=30)
)
def test_a_tie_is_reported_for_just_the_rows_whose_value_both_sides_have(rows):
    if not rows:
        return
    split, who = (np.array([str(v).strip() for v in column]) for column in zip(*rows, strict=True))
    table = SplitTable("x", np.arange(len(rows)).astype(str), split, ties={"speaker": who})
    both = set(who[split == "train"]) & set(who[split == "test"]) - {""}
    expected = int(np.isin(who[split == "test"], sorted(both)).sum()) if both else 0
    assert sum(s.rows for s in both_sides(table)) == expected


def test_texts_and_windows_name_both_rows():
    long = "I have never been so glad to see the rain"
    split = np.array(["train", "train", "test", "test", "test"])
    table = SplitTable(
        "x",
        np.array(["t1", "t2", "h1", "h2", "h3"]),
        split,
        text=np.array([long, "No", long + "!", "no.", "I have never been so glad to see the sun"]),
        windows=(
            np.array(["a", "a", "a", "a", "b"]),
            np.array([0.0, 5.0, 5.0, 6.5, 0.0]),
            np.array([2.0, 7.0, 6.0, 9.0, 9.0]),
        ),
    )
    found = by_what(both_sides(table))
    same = found["same text", "test"]
    assert (same.rows, same.state) == (2, "leak")
    assert ("h1", "t1") in same.examples
    assert found["near-duplicate text", "test"].examples == (("h3", "t1"),)
    assert set(found["overlapping window", "test"].examples) == {("h1", "t2"), ("h2", "t2")}


def test_short_texts_and_row_numbers_are_notes():
    one, other = (
        SplitTable("x", np.array(["1"]), np.array([s]), np.array(["Yes!"]),
                   ties={"id": np.array(["1"])}, doubtful=("id",))
        for s in ("train", "test")
    )  # fmt: skip
    assert [s.state for s in shared(one, other, names=("train", "test"))] == ["note", "note"]


# What the list of data sets names as known traps.


@pytest.fixture
def found_in(shared_data):
    def found(name: str, *folders: str):
        roots = [shared_data(folder).parents[1] for folder in folders]
        root = roots[0]
        return by_what([*both_sides(shared_set(name, root=root)), *beside(name, root=root)])

    return found


def test_meld_and_emorynlp_share_longer_lines(found_in):
    found = found_in("meld", "text-internal/meld", "text-internal/emorynlp")
    leak = found["same text", "emorynlp"]
    assert leak.state == "leak"
    assert int(leak.told.split()[0].replace(",", "")) >= 183
    assert found["same speaker", "dev"].share > 0.9
    # Times of the makers by which two lines of one episode, in two dialogues, overlap.
    assert found["overlapping window", "dev"].rows >= 1


def test_goemotions_dev_repeats_train(found_in):
    found = found_in("goemotions", "text-open/goemotions")
    assert found["same text", "dev"].rows >= 25
    assert found["same text", "dev"].state == "leak"


def test_emobench_languages_share_ids(shared_data):
    lines = (shared_data("text-open/emobench") / "EA.jsonl").read_text("utf-8").splitlines()
    items = pd.DataFrame([json.loads(line) for line in lines])
    qid = items["qid"].to_numpy(dtype=str)
    split = items["language"].to_numpy(dtype=str)
    (leak,) = both_sides(SplitTable("EA", qid, split, ties={"qid": qid}))
    assert (leak.what, leak.share) == ("same qid", 1.0)


def test_comments_with_a_cause_are_in_the_github_part(found_in):
    leak = found_in("se_emotion", "text-internal/se_emotion")["same id", "se_emotion causes"]
    assert (leak.state, leak.share) == ("leak", 1.0)


def test_emobank_perspectives_repeat_the_items(found_in):
    found = found_in("emobank", "text-open/emobank")
    assert found["same id", "emobank writer"].share == 1
    assert found["same text", "dev"].state == "leak"


def test_casino_has_the_same_people_on_both_sides(found_in):
    assert found_in("casino", "text-open/casino")["same person", "valid"].share > 0.5


def test_xed_holds_one_language_here_whose_lines_are_near_each_other(found_in):
    # The projections into other languages, which translate the same lines, are not there.
    found = found_in("xed", "text-open/xed")
    assert set(found) == {("near-duplicate text", "dev")}


def test_a_set_that_is_not_there_says_how_to_get_it(tmp_path):
    with pytest.raises(DataError, match="affectkit data get goemotions"):
        shared_set("goemotions", root=tmp_path)
