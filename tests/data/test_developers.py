"""The developers' comments are those their makers describe, and the leak is as stated."""

from __future__ import annotations

import pytest

from affectkit import data
from affectkit.data import se_emotion
from affectkit.errors import DataError


def test_github_and_stack_overflow_have_the_published_sizes(shared_data):
    root = shared_data("text-internal/se_emotion").parents[1]
    github = data.read("se_emotion", root=root)
    assert github.labels == se_emotion.EMOTIONS
    assert len(github.table) == 1600
    assert github.table["id"].is_unique
    # Joy is the most frequent of the six there, love of Stack Overflow's.
    assert github.table[list(github.labels)].sum().idxmax() == "joy"
    other = data.read("se_emotion", root=root, part="stackoverflow").table
    assert len(other) == 3840
    assert other[list(github.labels)].sum().idxmax() == "love"
    assert not github.facts.may_ship_weights


def test_causes_are_of_github_comments_and_mostly_quotations(shared_data):
    root = shared_data("text-internal/se_emotion").parents[1]
    causes = data.read("se_emotion", root=root, part="causes").table
    github = data.read("se_emotion", root=root).table.set_index("id")
    assert len(causes) == 290
    assert causes["id"].isin(github.index).all()
    assert (~causes["verbatim"]).sum() == 39
    assert (causes["cause"] == "").sum() == 1
    # Each comment with a cause has exactly one emotion.
    assert (github.loc[causes["id"], list(se_emotion.EMOTIONS)].sum(axis=1) == 1).all()


def test_labels_other_than_yes_and_no_are_refused(tmp_path):
    folder = tmp_path / se_emotion.FACTS.folder
    folder.mkdir(parents=True)
    head = "id,Text,Anger,Love,Fear,Joy,Sadness,Surprise\n"
    (folder / "github-train.csv").write_text(head + "1,it broke,2,0,0,0,0,0\n")
    with pytest.raises(DataError, match="0 and 1"):
        se_emotion.read(tmp_path)
