"""Raters stay apart, soft labels follow their rule, alpha agrees with the reference library."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from affectkit.affect import LabelSet, Ratings
from affectkit.errors import LabelError, MediaError

EKMAN = LabelSet.load("ekman7")
singles = st.dictionaries(
    st.tuples(st.sampled_from("abcdefgh"), st.sampled_from("wxyz")),
    st.sampled_from(EKMAN.labels[:4]),
    min_size=2,
)
several = st.dictionaries(
    st.tuples(st.sampled_from("abcd"), st.sampled_from("wxyz")),
    st.sets(st.sampled_from(EKMAN.labels), min_size=1, max_size=3),
    min_size=1,
)


def ratings(said: dict) -> Ratings:
    rows = [
        {"item": item, "rater": rater, "label": label}
        for (item, rater), labels in said.items()
        for label in ([labels] if isinstance(labels, str) else sorted(labels))
    ]
    return Ratings(pd.DataFrame(rows), EKMAN)


@settings(deadline=None, max_examples=30)
@given(singles)
def test_nominal_alpha_is_that_of_the_krippendorff_package(said: dict) -> None:
    krippendorff = pytest.importorskip("krippendorff")
    r = ratings(said)
    wide = r.table.pivot(index="rater", columns="item", values="label")
    codes = wide.apply(lambda c: c.map({n: i for i, n in enumerate(EKMAN.labels)}))
    ours = r.agreement()
    compared = codes.loc[:, codes.notna().sum() > 1]
    if compared.size == 0 or compared.stack().nunique() < 2:
        assert np.isnan(ours)
        return
    theirs = krippendorff.alpha(compared.to_numpy(dtype=float), level_of_measurement="nominal")
    assert ours == pytest.approx(theirs, abs=1e-9)


@settings(deadline=None, max_examples=30)
@given(
    st.dictionaries(
        st.tuples(st.sampled_from("abcdef"), st.sampled_from("xyz")),
        st.integers(-4, 4).map(float),
        min_size=2,
    )
)
def test_interval_alpha_is_that_of_the_krippendorff_package(said: dict) -> None:
    krippendorff = pytest.importorskip("krippendorff")
    table = pd.DataFrame([{"item": i, "rater": r, "score": v} for (i, r), v in said.items()])
    ours = Ratings(table.assign(aspect="valence")).agreement("valence")
    wide = table.pivot(index="rater", columns="item", values="score")
    wide = wide.loc[:, wide.notna().sum() > 1]
    if wide.size == 0 or wide.stack().nunique() < 2:
        assert np.isnan(ours)
        return
    theirs = krippendorff.alpha(wide.to_numpy(), level_of_measurement="interval")
    assert ours == pytest.approx(theirs, abs=1e-9)


@settings(deadline=None, max_examples=20)
@given(several)
def test_soft_labels_keep_their_rules(said: dict) -> None:
    r = ratings(said)
    whole, most, half, any_ = (
        r.soft(rule) for rule in ("distribution", "plurality", "majority", "all-inclusive")
    )
    assert np.allclose(whole.sum(axis=1), 1)
    assert np.allclose(most.sum(axis=1), 1)
    told = half.notna().all(axis=1)
    assert np.allclose(half[told].sum(axis=1), 1)
    for item in whole.index:
        by_rater = [labels for (i, _), labels in said.items() if i == item]
        union = set().union(*by_rater)
        assert {c for c in any_ if any_.loc[item, c] == 1} == union
        assert {c for c in whole if whole.loc[item, c] > 0} == union
        for label in EKMAN.labels:
            share = sum(label in labels for labels in by_rater) / len(by_rater)
            if half.notna().loc[item, label]:
                assert (half.loc[item, label] > 0) == (share > 0.5)
            expected = sum((label in x) / len(x) for x in by_rater) / len(by_rater)
            assert whole.loc[item, label] == pytest.approx(expected)
    assert r.spread().between(0, 1).all()


@settings(deadline=None, max_examples=25)
@given(several)
def test_csv_is_lossless(tmp_path_factory, said: dict) -> None:
    r = ratings(said)
    path = r.to_csv(tmp_path_factory.mktemp("ratings") / "r.csv")
    pd.testing.assert_frame_equal(Ratings.from_csv(path, EKMAN).table, r.table)


def test_attributes_travel_with_the_raters(tmp_path) -> None:
    table = pd.DataFrame(
        {"item": ["1", "1", "NA"], "rater": ["x", "y", "x"], "label": ["joy", "fear", "joy"]}
    )
    people = pd.DataFrame({"gender": ["f", "m"], "age": [20, 60]}, index=["x", "y"])
    r = Ratings(table, EKMAN, people)
    assert r.where(gender="m").table["label"].tolist() == ["fear"]
    assert r.of_rater("x").items == ("1", "NA")
    back = Ratings.from_csv(r.to_csv(tmp_path / "r.csv"), "ekman7")
    pd.testing.assert_frame_equal(back.table, r.table)
    assert back.where(age=60).items == ("1",)
    with pytest.raises(LabelError, match="gender"):
        r.where(shoe_size=40)


def test_audformat_comes_back(tmp_path) -> None:
    pytest.importorskip("audformat")
    table = pd.DataFrame(
        {
            "item": ["a.wav", "a.wav", "b.wav", "a.wav"],
            "rater": ["x", "y", "x", "x"],
            "aspect": ["emotion", "emotion", "emotion", "valence"],
            "label": ["joy", "fear", "joy", None],
            "score": [None, None, None, 0.5],
        }
    )
    people = pd.DataFrame({"gender": ["f", "m"]}, index=["x", "y"])
    r = Ratings(table, EKMAN, people)
    back = Ratings.from_audformat(r.to_audformat(tmp_path / "db"), EKMAN)
    order = ["aspect", "item", "rater"]
    pd.testing.assert_frame_equal(
        back.table.sort_values(order, ignore_index=True),
        r.table.sort_values(order, ignore_index=True),
    )
    assert back.where(gender="f").items == r.where(gender="f").items


def test_planted_agreement_is_found_and_chance_is_none() -> None:
    rng = np.random.default_rng(3)
    truth = rng.integers(0, 4, 400)
    rows = []
    for rater in "xyz":
        lost = rng.random(400) < 0.3
        said = np.where(lost, rng.integers(0, 4, 400), truth)
        rows += [(str(i), rater, EKMAN.labels[s]) for i, s in enumerate(said)]
    table = pd.DataFrame(rows, columns=["item", "rater", "label"])
    # Two raters agree beyond chance exactly where neither lost the item: .7 squared.
    assert Ratings(table, EKMAN).agreement() == pytest.approx(0.49, abs=0.06)
    shuffled = table.assign(label=rng.permutation(table["label"]))
    assert abs(Ratings(shuffled, EKMAN).agreement()) < 0.06


def test_real_raters_of_valence_agree_beyond_chance(shared_data) -> None:
    """VADER: ten raters a word; interval alpha over ten anonymous columns."""
    path = shared_data("text-open/vader") / "vader_lexicon.txt"
    rows = []
    for line in path.read_text(encoding="utf-8").splitlines()[:600]:
        word, _, _, scores = line.split("\t")
        rows += [(word, str(i), float(s)) for i, s in enumerate(json.loads(scores))]
    table = pd.DataFrame(rows, columns=["item", "rater", "score"]).assign(aspect="valence")
    table = table.drop_duplicates(["item", "rater"])
    r = Ratings(table)
    assert 0.5 < r.agreement("valence") < 1
    assert (r.scores("valence")["n"] == 10).all()


@pytest.mark.parametrize(
    "rows",
    [
        {"item": ["a"], "rater": ["x"], "label": ["trust"]},
        {"item": ["a"], "rater": ["x"]},
        {"item": ["a"], "rater": ["x"], "label": ["joy"], "score": [1.0]},
        {"item": ["a", "a"], "rater": ["x", "x"], "label": ["joy", "joy"]},
        {"item": [None], "rater": ["x"], "label": ["joy"]},
        {"item": ["a"], "rater": ["x"], "label": ["joy"], "colour": ["red"]},
    ],
)
def test_what_does_not_make_sense_is_refused(rows: dict) -> None:
    with pytest.raises(LabelError):
        Ratings(pd.DataFrame(rows), EKMAN)


def test_a_file_that_is_no_table_of_ratings_is_refused(tmp_path) -> None:
    path = tmp_path / "r.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(MediaError):
        Ratings.from_csv(path)
    with pytest.raises(MediaError):
        Ratings.from_csv(tmp_path / "none.csv")


@settings(deadline=None, max_examples=20)
@given(several)
def test_what_is_above_chance_is_what_has_more_than_its_share(said: dict) -> None:
    r = ratings(said)
    share, told = r.soft("distribution"), r.soft("above-chance")
    chance = 1 / len(EKMAN.labels)
    assert (told.to_numpy() == (share.to_numpy() > chance + 1e-9)).all()
    assert (told.to_numpy() <= r.soft("all-inclusive").to_numpy()).all()


def test_the_worked_example_of_the_all_inclusive_rule() -> None:
    """Chou et al.: of four classes, votes A, S, S, N, A are (.2, .4, .4, 0), and so {A, S}."""
    four = LabelSet("four", ("neutral", "anger", "sadness", "joy"))
    votes = pd.DataFrame([[1, 2, 2, 0]], columns=list(four.labels), index=["clip"])
    told = Ratings.from_votes(votes, four).soft("above-chance").loc["clip"]
    assert told[told == 1].index.tolist() == ["anger", "sadness"]
    even = Ratings.from_votes(votes * 0 + 1, four).soft("above-chance")
    assert even.to_numpy().sum() == 0


def test_votes_come_back_and_agree_as_their_raters_would() -> None:
    rng = np.random.default_rng(0)
    counts = rng.multinomial(6, [0.4, 0.3, 0.1, 0.1, 0.05, 0.03, 0.02], size=40)
    votes = pd.DataFrame(counts, columns=list(EKMAN.labels), index=[f"c{i}" for i in range(40)])
    back = Ratings.from_votes(votes, EKMAN)
    pd.testing.assert_frame_equal(back.votes(), votes.rename_axis(index="item"))
    with pytest.raises(LabelError, match="no votes"):
        Ratings.from_votes(votes * 0.5, EKMAN)
    shown = pd.concat([votes, votes])
    both = Ratings.from_votes(shown, EKMAN, conditions=["voice"] * 40 + ["face"] * 40)
    assert both.conditions == ("voice", "face")
    pd.testing.assert_frame_equal(both.under("face").votes(), back.votes())
    pd.testing.assert_frame_equal(both.votes(), 2 * back.votes())
    pd.testing.assert_frame_equal(both.soft(), back.soft())
    with pytest.raises(LabelError, match="voice, face"):
        both.under("smell")


@settings(deadline=None, max_examples=20)
@given(singles, singles)
def test_ratings_that_come_later_count_as_if_they_had_been_there(one: dict, two: dict) -> None:
    new = {key: label for key, label in two.items() if key not in one}
    if not new:
        return
    joined = ratings(one).updated(ratings(new))
    whole = ratings(one | new)
    pd.testing.assert_frame_equal(joined.votes().sort_index(), whole.votes().sort_index())
    assert joined.agreement() == pytest.approx(whole.agreement(), nan_ok=True)
    changed = ratings(one).updated(ratings(two), replacing=True)
    pd.testing.assert_frame_equal(
        changed.votes().sort_index(), ratings(one | two).votes().sort_index()
    )


def test_later_ratings_bring_their_raters_and_never_say_a_thing_twice() -> None:
    first = pd.DataFrame({"item": ["a"], "rater": ["x"], "label": ["joy"]})
    second = pd.DataFrame({"item": ["a", "a"], "rater": ["x", "y"], "label": ["fear", "joy"]})
    one = Ratings(first, EKMAN, pd.DataFrame({"age": [20]}, index=["x"]))
    two = Ratings(second, EKMAN, pd.DataFrame({"age": [21, 60]}, index=["x", "y"]))
    joined = one.updated(two, replacing=True)
    assert joined.known_raters["age"].tolist() == [21, 60]
    assert joined.table["label"].tolist() == ["fear", "joy"]
    with pytest.raises(LabelError, match="twice"):
        two.updated(two)
    with pytest.raises(LabelError, match="label set"):
        one.updated(Ratings(first, LabelSet.load("plutchik8")))


def test_conditions_are_kept_in_csv(tmp_path) -> None:
    rows = {"item": ["a", "a"], "rater": ["x", "x"], "condition": ["voice", "face"]}
    r = Ratings(pd.DataFrame(rows).assign(label=["joy", "fear"]), EKMAN)
    back = Ratings.from_csv(r.to_csv(tmp_path / "r.csv"), EKMAN)
    pd.testing.assert_frame_equal(back.table, r.table)
    assert r.on("joy").under("voice").scores("joy").loc["a", "mean"] == 1
    assert r.spread()["a"] == 0.5
