"""Readers give what the data sets' makers say is in them, and own up to the known traps."""

from __future__ import annotations

import numpy as np
import pytest

from affectkit import data
from affectkit.affect import LabelSet
from affectkit.data import emobank
from affectkit.errors import DataError


@pytest.fixture
def root(shared_data):
    def find(folder):
        path = shared_data(folder)
        return path.parents[len(folder.split("/")) - 1]

    return find


def test_goemotions_has_the_published_sizes_labels_and_leak(root):
    found = data.read("goemotions", root=root("text-open/goemotions"))
    assert found.labels == LabelSet.load("goemotions28").labels
    train, dev = found.split("train").table, found.split("dev").table
    assert (len(train), len(dev)) == (43_410, 5_426)
    held = found.table[list(found.labels)].to_numpy()
    assert held.sum(axis=1).min() == 1
    # The paper says 83 % of the examples have one label.
    assert (held.sum(axis=1) == 1).mean() == pytest.approx(0.83, abs=0.01)
    assert dev["text"].isin(set(train["text"])).sum() == 43
    assert not set(train["id"]) & set(dev["id"])
    with pytest.raises(DataError, match="no split"):
        found.split("test")


@pytest.mark.parametrize("labels", ["ekman", "group"])
def test_goemotions_coarser_labels_are_of_the_same_texts(root, labels):
    where = root("text-open/goemotions")
    fine, coarse = data.read("goemotions", root=where), None
    coarse = data.read("goemotions", root=where, labels=labels)
    assert (coarse.table["text"] == fine.table["text"]).all()
    assert (coarse.table["neutral"] == fine.table["neutral"]).mean() > 0.999


def test_emobank_means_are_those_of_the_single_ratings(root):
    where = root("text-open/emobank")
    found = data.read("emobank", root=where).table
    assert found["id"].is_unique
    assert set(found["split"]) == {"train", "dev"}
    single = emobank.single_ratings(where).groupby("id")
    for name in emobank.SPACE:
        assert found[name].between(-1, 1).all()
        mean = single[name].mean().reindex(found["id"]).to_numpy()
        # The makers left single raters out of the means whom they did not trust.
        assert np.nanmedian(np.abs(mean - found[name])) < 0.01
        assert found[f"{name}_sd"].between(0, 1).all()
    both = data.read("emobank", root=where, perspective="both").table
    writer = data.read("emobank", root=where, perspective="writer").table.set_index("id")
    halfway = (found.set_index("id")["valence"] + writer["valence"]) / 2
    assert np.corrcoef(halfway.reindex(both["id"]), both["valence"])[0, 1] > 0.95


@pytest.mark.parametrize("part", ["tweets", "reviews"])
def test_vader_joins_only_ratings_that_agree_with_the_text(root, part):
    found = data.read("vader", root=root("text-open/vader"), part=part).table
    assert found["valence"].between(-1, 1).all()
    assert found["text"].str.len().min() > 0
    assert (found["raters"] > 0).mean() > 0.9
    assert found["valence_sd"].isna().equals(found["raters"] == 0)


def test_emodb_lists_files_that_are_there_under_our_labels(root):
    where = root("av/MANIFEST.csv")
    found = data.read("emodb", root=where)
    assert set(found.labels) == set(LabelSet.load("emodb7").labels)
    assert len(found.table) == 304
    assert all((where / "av" / f).is_file() for f in found.table["file"][:20])


def test_absent_and_malformed_data_says_where_to_get_it(tmp_path):
    for name in data.names():
        with pytest.raises(DataError, match=r"http"):
            data.read(name, root=tmp_path)
    with pytest.raises(DataError, match="no reader"):
        data.read("nothing")
    folder = tmp_path / "text-open/goemotions/original"
    folder.mkdir(parents=True)
    (folder / "labels.txt").write_text("joy\nfear\n")
    (folder / "train.tsv").write_text("I am glad\t7\tx1\n")
    with pytest.raises(DataError, match="row 1"):
        data.read("goemotions", root=tmp_path)


def test_facts_say_whether_weights_may_be_shipped(root):
    facts = data.read("emobank", root=root("text-open/emobank")).facts
    assert facts.licence_class == "share-alike"
    assert facts.may_ship_weights
