"""XED: the published sizes, labels that mean what they say, and a dev part that repeats nothing."""

from __future__ import annotations

import pytest

from affectkit import data
from affectkit.data import xed
from affectkit.data.leaks import normalised
from affectkit.errors import DataError

# The makers publish 17,530 emotional and 6,420 neutral unique lines; 80 % of the first and
# the neutral file are read here.


@pytest.fixture
def films(shared_data):
    return data.read("xed", root=shared_data("text-open/xed").parents[1])


def test_it_has_eight_emotions_and_lines_of_none(films):
    rows = films.table
    assert films.labels == xed.LABELS
    assert 0.75 < (~rows["neutral"]).sum() / 17_530 < 0.85
    assert (rows[list(xed.LABELS)].any(axis=1) == ~rows["neutral"]).all()
    assert rows["id"].is_unique
    assert rows["text"].str.len().min() > 0


def test_labels_go_with_words_that_name_them(films):
    rows = films.table
    for word, emotion in (("hate", "anger"), ("afraid", "fear"), ("love", "joy")):
        said = rows["text"].str.contains(rf"\b{word}\b", case=False)
        assert rows.loc[said, emotion].mean() > 2 * rows[emotion].mean()


def test_the_same_line_is_never_on_both_sides(films):
    train, dev = (set(map(normalised, films.split(s).table["text"])) for s in ("train", "dev"))
    assert not train & dev
    assert len(films.split("dev").table) / len(films.table) == pytest.approx(0.1, abs=0.01)


def test_neutral_lines_can_be_left_out(films, shared_data):
    without = data.read("xed", root=shared_data("text-open/xed").parents[1], neutral=False).table
    assert not without["neutral"].any()
    assert len(without) == (~films.table["neutral"]).sum()


def test_a_label_beyond_the_eight_is_an_error_with_its_row(tmp_path):
    folder = tmp_path / "text-open/xed"
    folder.mkdir(parents=True)
    (folder / "en-annotated.train.tsv").write_text("Look at that!\t7\nOh.\t12\n")
    (folder / "neu_en.train.txt").write_text("9\tI see.\n")
    with pytest.raises(DataError, match="row 2"):
        data.read("xed", root=tmp_path)
    (folder / "en-annotated.train.tsv").write_text("Look at that!\t7, 4\n")
    found = data.read("xed", root=tmp_path).table.set_index("text")
    assert found.loc["Look at that!", ["fear", "surprise", "neutral"]].tolist() == [
        True,
        True,
        False,
    ]
    assert found.loc["I see.", "neutral"]
