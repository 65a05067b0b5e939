"""Documents of EmoBank and curves of tales: order, size and what their makers say of them."""

import numpy as np
import pytest

from affectkit import data
from affectkit.data import emobank, stories_va
from affectkit.data.emobank_documents import HEADLINES, places
from affectkit.errors import DataError


def test_tales_are_as_many_as_published_whole_and_in_order(shared_data):
    root = shared_data(stories_va.FACTS.folder).parents[1]
    found = stories_va.read(root)
    table = found.table
    assert table.groupby("split")["story"].nunique().to_dict() == {"train": 118, "val": 25}
    assert table[["valence", "arousal"]].abs().to_numpy().max() <= 1
    assert {c.state for c in stories_va.check(root)} == {"whole"}
    assert (table.groupby("story")["place"].diff().dropna() == 1).all()
    assert not set(found.split("train").table["story"]) & set(found.split("val").table["story"])


def test_neighbours_in_a_tale_feel_alike_and_sentences_of_other_tales_do_not(shared_data):
    root = shared_data(stories_va.FACTS.folder).parents[1]
    table = stories_va.read(root).table
    after = table.groupby("story")["valence"].shift(-1)
    known = after.notna()
    near = np.corrcoef(table["valence"][known], after[known])[0, 1]
    drawn = np.random.default_rng(0).permutation(table["valence"].to_numpy())
    assert near > 0.4 > abs(np.corrcoef(table["valence"], drawn)[0, 1])


def test_a_missing_tale_file_says_where_to_get_it(tmp_path):
    with pytest.raises(DataError, match="emotional_trajectories_stories"):
        stories_va.read(tmp_path)


def test_each_sentence_of_emobank_has_one_place(shared_data):
    root = shared_data(emobank.FACTS.folder).parents[1]
    found = places(root)
    texts = data.read("emobank", root=root, perspective="both").table
    assert set(found["id"]) == set(texts["id"])
    assert found["id"].is_unique
    running = found[found["category"] != HEADLINES]
    assert (running.groupby("document")["start"].diff().dropna() >= 0).all()
    # Some sentences were cut twice; without those, none stands inside the one before.
    once = running[~running["again"]]
    assert 0.9 < len(once) / len(running) < 1
    assert (once.groupby("document")["end"].diff().dropna() > 0).all()
    assert (once.groupby("document")["start"].diff().dropna() > 0).all()
