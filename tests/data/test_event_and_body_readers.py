"""Readers of events with appraisals and of sentences with parts of the body."""

from __future__ import annotations

import json

import pytest

from affectkit import data
from affectkit.data import cheer_ekman, enisear_appraisal
from affectkit.errors import DataError


@pytest.fixture
def root(shared_data):
    return lambda facts: shared_data(facts.folder).parents[1]


def test_appraisals_are_the_share_of_three_readers(root):
    where = root(enisear_appraisal.FACTS)
    found = data.read("enisear_appraisal", root=where)
    assert len(found.table) == 813
    assert found.table[list(found.labels)].sum(axis=1).eq(1).all()
    single = enisear_appraisal.single_ratings(where)
    means = single.groupby("id")[list(enisear_appraisal.APPRAISALS)].mean()
    told = found.table.set_index("id")[list(enisear_appraisal.APPRAISALS)]
    assert (means.loc[told.index] - told).abs().max().max() < 1e-9
    # Appraisal theory: only joy is pleasant, and shame and guilt are one's own doing.
    by_emotion = found.table.groupby("emotion")[["pleasant", "responsibility"]].mean()
    assert by_emotion["pleasant"].idxmax() == "joy"
    assert set(by_emotion["responsibility"].nlargest(3).index) >= {"guilt", "shame"}


def test_the_emotion_word_is_left_out(root):
    texts = data.read("enisear_appraisal", root=root(enisear_appraisal.FACTS)).table["text"]
    assert texts.str.contains(r"\.\.\.|…").mean() > 0.99


def test_parts_of_the_body_stand_where_they_are_said_to(root):
    found = data.read("cheer_ekman", root=root(cheer_ekman.FACTS)).table
    assert found["split"].value_counts().to_dict() == {"train": 578, "dev": 264}
    assert all(row.part in row.text for row in found.itertuples())
    # No sentence crosses the splits; the published counts put fear first and anger last.
    assert found.groupby("sentence")["split"].nunique().max() == 1
    held = found["emotion"].value_counts()
    assert held.idxmax() == "fear"
    assert held.idxmin() == "anger"


@pytest.mark.parametrize("name", ["enisear_appraisal", "cheer_ekman"])
def test_they_are_whole(root, name):
    where = root(data.facts(name))
    assert {c.state for c in data.check(name, root=where)} == {"whole"}


def test_a_broken_item_is_named(tmp_path):
    folder = tmp_path / cheer_ekman.FACTS.folder
    folder.mkdir(parents=True)
    good = {"sentence_id": "a", "tokens": ["His", "eyes", "are", "n't", "dry", "."], "label": "Joy"}
    good |= {"body_part_token_idx": 1, "preceding_context_tokens": [["Go", "."]]}
    (folder / "train.json").write_text(json.dumps([good]))
    row = cheer_ekman.read(tmp_path).table.iloc[0]
    assert (row["text"], row["before"], row["part"]) == ("His eyes aren't dry.", "Go.", "eyes")
    (folder / "train.json").write_text(json.dumps([good, {**good, "body_part_token_idx": 9}]))
    with pytest.raises(DataError, match="item 2"):
        cheer_ekman.read(tmp_path)
