"""What two splits share is found: planted, by brute force, and in the known data sets."""

from __future__ import annotations

import json
import time
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from affectkit import data
from affectkit.data import DataFacts, DataSet, leaks

FACTS = DataFacts("x", "X", "https://x.org", "x", "MIT", "open", "en", "made here")
_SENTENCES = st.lists(
    st.lists(st.sampled_from("a b c d e f".split()), min_size=0, max_size=9).map(" ".join),
    max_size=8,
)


def _brute(left: list[str], right: list[str], near: float) -> set[tuple[int, int]]:
    found = set()
    for i, one in enumerate(map(leaks.normalised, left)):
        for j, other in enumerate(map(leaks.normalised, right)):
            if one == other:
                found |= {(i, j)} if one else set()
                continue
            a, b = (set(pairwise(t.split())) for t in (one, other))
            long = min(len(one.split()), len(other.split())) >= leaks.LEAST_WORDS
            if long and len(a & b) / len(a | b) >= near:
                found.add((i, j))
    return found


@settings(max_examples=150, deadline=None)
@given(_SENTENCES, _SENTENCES, st.sampled_from([0.3, 0.5, 0.6, 0.8, 1.0]))
def test_no_pair_is_missed_and_none_invented(left, right, near):
    pairs = leaks.between(left, right, near=near)
    assert set(zip(pairs["left"], pairs["right"], strict=True)) == _brute(left, right, near)
    assert len(pairs.drop_duplicates(["left", "right"])) == len(pairs)


@given(st.text(max_size=30))
def test_case_space_and_punctuation_make_no_difference(text):
    once = leaks.normalised(text)
    assert leaks.normalised(once) == once
    assert leaks.normalised(f"  {text} ") == once


def test_planted_leaks_of_each_kind_are_reported():
    train = pd.DataFrame(
        {
            "id": ["1", "2", "3", "4"],
            "text": ["I never said that to you yesterday evening", "Oh.", "", "Quite another one"],
            "speaker": ["Ann", "Ben", "", "Ben"],
        }
    ).assign(split="train")
    dev = pd.DataFrame(
        {
            "id": ["5", "6", "2"],
            "text": ["I never said that to you yesterday morning", "oh!", ""],
            "speaker": ["Cem", "Ann", ""],
        }
    ).assign(split="dev")
    both = DataSet(pd.concat([train, dev]), FACTS)
    found = leaks.report(both, groups=["speaker"]).set_index("what")
    assert found["examples"].to_dict() == {
        "same text": "6",
        "near text": "5",
        "same id": "2",
        "same speaker": "6",
    }
    # Empty texts and empty speakers are gaps, not leaks.
    assert found["rows"].eq(1).all()
    assert found["of"].eq(3).all()
    assert found.loc["same text", "longer"] == 0
    assert leaks.report(DataSet(train, FACTS)).empty
    assert not found.astype(str).apply(lambda c: c.str.contains("yesterday")).any().any()


@pytest.mark.slow
def test_fifty_thousand_against_five_thousand_take_seconds():
    rng = np.random.default_rng(0)
    often = 1 / np.arange(1, 30_001)
    words = rng.choice(30_000, size=(55_000, 18), p=often / often.sum())
    texts = [" ".join(f"w{w}" for w in row) for row in words]
    texts[50_000] = texts[7] + " indeed"
    before = time.process_time()
    pairs = leaks.between(texts[:50_000], texts[50_000:])
    assert time.process_time() - before < 20
    assert (7, 0) in set(zip(pairs["left"], pairs["right"], strict=True))


# The traps that the makers or their readers reported, in the data sets themselves.


def _root(shared_data, *folders):
    found = [shared_data(folder) for folder in folders]
    return found[0].parents[1]


def test_goemotions_dev_repeats_train(shared_data):
    found = data.leaks_of("goemotions", root=_root(shared_data, "text-open/goemotions"))
    rows = found.set_index("what")["rows"]
    assert rows["same text"] > 43
    assert rows["near text"] > 0
    assert "same id" not in rows


def test_meld_and_emorynlp_share_their_longer_lines(shared_data):
    root = _root(shared_data, "text-internal/meld", "text-internal/emorynlp")
    one, other = (data.read(n, root=root).table for n in ("meld", "emorynlp"))
    (same,) = leaks.across(one, other, near=None).to_dict("records")
    assert same["longer"] >= 183


def test_emobank_perspectives_are_of_the_same_items(shared_data):
    root = _root(shared_data, "text-open/emobank")
    reader, writer = (
        data.read("emobank", root=root, perspective=p).table for p in ("reader", "writer")
    )
    found = leaks.across(reader, writer, ties=["id"], near=None).set_index("what")
    assert found.loc["same id", "share"] == 1


def test_emobench_languages_share_ids(shared_data):
    lines = (shared_data("text-open/emobench") / "EA.jsonl").read_text("utf-8").splitlines()
    items = pd.DataFrame([json.loads(line) for line in lines]).rename(columns={"qid": "id"})
    parts = [items[items["language"] == code] for code in ("en", "zh")]
    (found,) = leaks.across(*parts, ties=["id"]).to_dict("records")
    assert (found["what"], found["share"]) == ("same id", 1.0)


def test_developers_causes_are_of_comments_in_the_github_part(shared_data):
    root = _root(shared_data, "text-internal/se_emotion")
    comments, causes = (
        data.read("se_emotion", root=root, part=p).table for p in ("github", "causes")
    )
    found = leaks.across(comments, causes, near=None).set_index("what")
    assert found.loc["same text", "share"] > 0.99
