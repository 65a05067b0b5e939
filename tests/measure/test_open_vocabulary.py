"""Free emotion words: scored as sets, under groupings that only ever join words."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from affectkit.affect.emotion_wheels import Wheel, WordTables, read_wheels, read_word_tables
from affectkit.affect.labels import LabelSet
from affectkit.data import ov_mer
from affectkit.errors import DataError, LabelError
from affectkit.measure.intervals import bootstrap
from affectkit.measure.open_vocabulary import (
    as_written,
    clip_scores,
    f1_of_clips,
    form_grouping,
    label_set_grouping,
    mean_of_clips,
    synonym_grouping,
    wheel_grouping,
    wheel_groupings,
)

WORDS = ("serene", "calm", "brave", "proud", "low", "sofa")
WHEEL = Wheel("mine", (("glad", "calm", "serene"), ("glad", "proud", "brave")))
TABLES = WordTables(
    {"serenely": ("serene",), "bolder": ("bold",)},
    {w: (w,) for w in WHEEL.words} | {"bold": ("angry", "brave"), "still": ("calm", "serene")},
)
clips = st.lists(
    st.tuples(st.lists(st.sampled_from(WORDS), min_size=1), st.lists(st.sampled_from(WORDS))),
    min_size=1,
    max_size=12,
)


@given(clips)
def test_words_as_written_score_as_multi_label_samples_do(rows) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    binarise = pytest.importorskip("sklearn.preprocessing").MultiLabelBinarizer(classes=WORDS)
    truth, told = zip(*rows, strict=True)
    y, p = binarise.fit_transform(truth), binarise.transform(told)
    found = clip_scores(truth, told, [as_written])
    precision = metrics.precision_score(y, p, average="samples", zero_division=0)
    recall = metrics.recall_score(y, p, average="samples", zero_division=0)
    assert found.mean(axis=(0, 1)) == pytest.approx([precision, recall])
    both = precision + recall
    assert f1_of_clips(found) == pytest.approx(2 * precision * recall / both if both else 0)
    assert mean_of_clips(found) == pytest.approx(both / 2)


@given(clips, st.randoms())
def test_a_set_has_no_order_and_equals_itself(rows, random) -> None:
    truth, told = zip(*rows, strict=True)
    ways = [as_written, *(wheel_grouping(WHEEL, TABLES, level) for level in (1, 2, 3))]
    mixed = [random.sample(list(words) * 2, 2 * len(words)) for words in told]
    assert np.array_equal(
        clip_scores(truth, told, ways), clip_scores(truth, mixed, ways), equal_nan=True
    )
    same = clip_scores(truth, truth, ways)
    assert (same[~np.isnan(same)] == 1).all()


@given(clips)
def test_precision_and_recall_change_places_with_the_two_sides(rows) -> None:
    truth, told = zip(*[(a, b) for a, b in rows if b] or [(("calm",), ("low",))], strict=True)
    one, other = clip_scores(truth, told, [as_written]), clip_scores(told, truth, [as_written])
    assert np.array_equal(one, other[..., ::-1])


def test_words_go_through_forms_and_synonyms_to_a_ring() -> None:
    inner, middle, outer = (wheel_grouping(WHEEL, TABLES, level) for level in (1, 2, 3))
    assert [inner("Serenely"), middle("serenely"), outer("serenely")] == ["glad", "calm", "serene"]
    # "angry" comes first in the alphabet, but is not on this wheel.
    assert [inner("bolder"), outer("bolder")] == ["glad", "brave"]
    assert outer("still") == synonym_grouping(TABLES)("still") == "calm"
    assert form_grouping(TABLES)("bolder") == "bold"
    assert inner("sofa") is synonym_grouping(TABLES)("sofa") is None
    with pytest.raises(LabelError, match="no ring 4"):
        wheel_grouping(WHEEL, TABLES, 4)


def test_unknown_words_fall_away_nothing_told_is_wrong_and_nothing_true_is_skipped() -> None:
    way = [wheel_grouping(WHEEL, TABLES, 2)]
    scores = clip_scores(
        [["calm", "sofa"], ["proud"], ["proud"], ["sofa"]],
        [["still", "xyz"], ["sofa"], [], ["calm"]],
        way,
    )
    assert scores[:3, 0].tolist() == [[1, 1], [0, 0], [0, 0]]
    assert np.isnan(scores[3]).all()
    assert f1_of_clips(scores) == pytest.approx(1 / 3)
    assert np.isnan(f1_of_clips(scores[3:]))


def test_f_is_of_the_means_and_then_averaged_over_wheels() -> None:
    scores = np.array([[[1, 0.5], [1, 1]], [[0, 0.5], [0, 0]]])  # two clips, two wheels
    assert f1_of_clips(scores) == pytest.approx((2 * 0.5 * 0.5 / 1 + 0.5) / 2)
    assert f1_of_clips([[[1, 0.2]], [[0.5, 0.4]]]) == pytest.approx(2 * 0.75 * 0.3 / 1.05)


def test_what_cannot_be_scored_is_said() -> None:
    with pytest.raises(ValueError, match="1 clips with true words, 2"):
        clip_scores([["joy"]], [["joy"], ["joy"]], [as_written])
    with pytest.raises(ValueError, match="clip 0 holds a string"):
        clip_scores(["joy"], [["joy"]], [as_written])
    with pytest.raises(ValueError, match="at least one"):
        clip_scores([["joy"]], [["joy"]], [])
    with pytest.raises(ValueError, match="shape"):
        f1_of_clips([[1.0, 0.5]])


def test_a_built_in_label_set_stands_in_for_a_wheel() -> None:
    inner, outer = label_set_grouping("parrott-primary"), label_set_grouping("parrott-secondary")
    assert {inner(w) for w in ("bliss", "cheerful", "delight")} == {"joy"}
    assert inner("Fury") == "anger"
    assert outer("carburettor") is inner("") is None
    mine = label_set_grouping(LabelSet("mine", ("rage", "bliss")))
    assert mine("Rage") == "rage"
    primary = LabelSet.load("parrott-primary")
    assert all(inner(label) == label for label in primary.labels)


def test_real_words_agree_more_the_coarser_the_ring(shared_data) -> None:
    folder = shared_data(ov_mer.FACTS.folder)
    table = ov_mer.read(folder.parents[1]).table
    # The paper: 332 clips, 248 different words, 3.38 a clip.
    assert len(table) == 332
    assert len({word for words in table["truth"] for word in words}) == 248
    assert np.mean([len(words) for words in table["truth"]]) == pytest.approx(3.38, abs=0.005)
    wheels, tables = read_wheels(folder), read_word_tables(folder)
    rings = {k: wheel_groupings(wheels, tables, k) for k in (1, 2)}
    scores = {k: clip_scores(table["truth"], table["told"], ways) for k, ways in rings.items()}
    plain = clip_scores(table["truth"], table["told"], [as_written])
    inner, outer, exact = (f1_of_clips(s) for s in (scores[1], scores[2], plain))
    assert inner > outer > exact > 0
    assert np.isnan(scores[1][:, :, 0]).mean() < 0.05
    apart = bootstrap(
        lambda a, b: f1_of_clips(a) - f1_of_clips(b), scores[1], scores[2], n=50, seed=0
    )
    assert apart.low > 0


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        ("clip1,joy", "row 2: no list"),
        ("clip1,\"['joy', 3]\"", "row 2: no list"),
        ("clip2,['joy']", "only one"),
    ],
)
def test_a_damaged_list_of_words_is_named_with_its_row(tmp_path, rows: str, fault: str) -> None:
    folder = tmp_path / ov_mer.FACTS.folder
    folder.mkdir(parents=True)
    (folder / "check-openset.csv").write_text(f"name,openset\n{rows}\n")
    (folder / "predict-openset.csv").write_text("name,openset\nclip1,['joy']\n")
    with pytest.raises(DataError, match=fault):
        ov_mer.read(tmp_path)


def test_lists_of_words_are_read_without_running_them(tmp_path) -> None:
    folder = tmp_path / ov_mer.FACTS.folder
    folder.mkdir(parents=True)
    for name in ("check-openset.csv", "predict-openset.csv"):
        (folder / name).write_text("name,openset\nclip1,\"[__import__('os').getcwd()]\"\n")
    with pytest.raises(DataError, match="row 2"):
        ov_mer.read(tmp_path)
