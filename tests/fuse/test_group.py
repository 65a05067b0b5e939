"""The mood of a group: the mean rule, selection, and people who are apart."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from affectkit.affect import Estimate, LabelSet, Timeline
from affectkit.errors import AffectkitError
from affectkit.fuse import fuse, group, unmapped
from affectkit.fuse.group_mood import _random_effects

EKMAN = LabelSet.load("ekman7")
PEOPLE = ("Ann", "Ben", "Cem", "Dee")
MODALITIES = ("face", "speech", "text")


@st.composite
def meetings(draw: st.DrawFn) -> Timeline:
    """A meeting in which some cells are missing and some cannot be told."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    windows = draw(st.integers(1, 4))
    rows = []
    for person in PEOPLE:
        for modality in MODALITIES:
            for i in range(windows):
                kind = rng.choice(["told", "told", "told", "missing", "silent"])
                if kind == "told":
                    e = Estimate(
                        EKMAN,
                        rng.dirichlet(np.ones(7)) * rng.uniform(0.5, 1),
                        valence=rng.uniform(-1, 1),
                        arousal=rng.uniform(-1, 1),
                        valence_sd=rng.uniform(0.1, 0.5),
                        arousal_sd=rng.uniform(0.1, 0.5),
                        confidence=rng.uniform(0.1, 0.9),
                        spread=rng.uniform(),
                        quality=rng.uniform(),
                    )
                    rows.append((i, i + 1, person, modality, e))
                elif kind == "silent":
                    e = Estimate.cannot_tell(EKMAN, "no evidence")
                    rows.append((i, i + 1, person, modality, e))
    e = Estimate(EKMAN, np.ones(7) / 7, valence=0.0, arousal=0.0)
    rows += [(0, 1, who, lane, e) for who in PEOPLE for lane in MODALITIES[:1]]
    return Timeline.from_estimates(rows, EKMAN)


def by_the_rule(t: Timeline, people: list[str], modalities: list[str]) -> pd.DataFrame:
    """Emolysis in plain pandas: a mean over people, then a mean over modalities."""
    columns = ["valence", "arousal", *EKMAN.labels]
    table = t.table[t.table["person"].isin(people) & t.table["modality"].isin(modalities)]
    cell = table.groupby(["start_s", "modality", "person"])[columns].mean()
    return cell.groupby(["start_s", "modality"]).mean().groupby("start_s").mean()


chosen_people = st.lists(st.sampled_from(PEOPLE), min_size=1, unique=True)


@settings(max_examples=15, deadline=None)
@given(meetings(), chosen_people, st.booleans())
def test_deselecting_follows_the_mean_rule(t: Timeline, people: list[str], one: bool) -> None:
    there = sorted(set(t.where(person=people).table["modality"]))
    modalities = there[:1] if one else there
    told = group(t, people=people, modalities=modalities, weights="equal").table
    expected = by_the_rule(t, people, modalities)
    told = told.set_index("start_s")[list(expected.columns)]
    assert list(told.index) == list(expected.index)
    assert np.allclose(told, expected, equal_nan=True, atol=1e-12)


@settings(max_examples=10, deadline=None)
@given(meetings(), st.permutations(PEOPLE), st.sampled_from(["confidence", "equal"]))
def test_names_and_their_order_change_nothing(t: Timeline, order: list[str], how: str) -> None:
    renamed = t.with_table(
        t.table.assign(person=t.table["person"].map(dict(zip(PEOPLE, order, strict=True))))
    )
    a, b = group(t, weights=how).table, group(renamed, weights=how).table
    columns = ["valence", "arousal", "valence_sd", *EKMAN.labels, "confidence", "spread"]
    assert np.allclose(a[columns], b[columns], equal_nan=True)


@settings(max_examples=10, deadline=None)
@given(meetings(), st.sampled_from(PEOPLE))
def test_a_group_of_one_is_that_person(t: Timeline, who: str) -> None:
    own = fuse([t.where(person=who)], EKMAN).table
    alone = group(t, people=[who]).table
    columns = ["valence", "arousal", *EKMAN.labels, "confidence", "quality"]
    assert np.allclose(own[columns], alone[columns], equal_nan=True)


@settings(max_examples=10, deadline=None)
@given(meetings(), st.sampled_from(["confidence", "equal"]))
def test_bounds_and_mass(t: Timeline, how: str) -> None:
    mood = group(t, weights=how)
    p = mood.labels.to_numpy(float)
    told = ~np.isnan(p).any(axis=1)
    assert ((p[told] >= 0) & (p[told].sum(axis=1, keepdims=True) <= 1 + 1e-9)).all()
    gone = unmapped(mood).to_numpy()[told]
    assert np.allclose(p[told].sum(axis=1) + gone, 1)
    assert np.allclose(mood.tables["group"]["unmapped"].to_numpy()[told], gone)
    spread = mood.table["spread"].to_numpy(float)[told]
    assert ((spread >= -1e-12) & (spread <= 1)).all()


@settings(max_examples=10, deadline=None)
@given(meetings())
def test_fused_rows_do_not_count_twice(t: Timeline) -> None:
    whole = Timeline.concat([t, fuse([t], EKMAN), group(t)])
    a, b = group(t).table, group(whole).table
    columns = ["valence", *EKMAN.labels, "confidence"]
    assert np.allclose(a[columns], b[columns], equal_nan=True)


def person(name: str, valence: float, sd: float, label: str) -> tuple:
    e = Estimate(EKMAN, np.eye(7)[EKMAN.index(label)], valence=valence, valence_sd=sd)
    return (0, 1, name, "face", e)


def test_spread_counts_those_who_feel_otherwise() -> None:
    rows = [person(n, 0.5, 0.1, "joy") for n in "ABC"] + [person("D", -0.5, 0.1, "fear")]
    mood = group(Timeline.from_estimates(rows, EKMAN))
    assert mood.table.loc[0, "spread"] == pytest.approx(0.25)
    assert mood.tables["group"].loc[0, "people"] == 4
    assert mood.tables["group"].loc[0, "valence_between_sd"] == pytest.approx(0.5)


def test_who_is_read_well_counts_more_only_where_people_agree() -> None:
    agree = [person("A", 0.2, 0.1, "joy"), person("B", 0.3, 0.4, "joy")]
    differ = [person("A", -0.9, 0.1, "joy"), person("B", 0.9, 0.4, "joy")]
    near = group(Timeline.from_estimates(agree, EKMAN)).table.loc[0, "valence"]
    far = group(Timeline.from_estimates(differ, EKMAN)).table.loc[0, "valence"]
    assert near == pytest.approx((0.2 / 0.01 + 0.3 / 0.16) / (1 / 0.01 + 1 / 0.16))
    assert far == pytest.approx(0.0, abs=0.1)


def test_random_effects_against_the_textbook() -> None:
    """DerSimonian and Laird worked by hand for three studies of known answer."""
    x, sd = np.array([[0.1, 0.5, 0.9]]), np.array([[0.1, 0.1, 0.1]])
    mean, error = _random_effects(x, sd, np.ones((1, 3)))
    # Equal variances: tau^2 is the sample variance less the error variance.
    tau = x.var(ddof=1) - 0.01
    assert mean[0] == pytest.approx(0.5)
    assert error[0] == pytest.approx(np.sqrt((tau + 0.01) / 3))


def test_strangers_are_refused_with_the_names_there_are() -> None:
    t = Timeline.from_estimates([person("Ann", 0, 0.1, "joy")], EKMAN)
    with pytest.raises(AffectkitError, match="Ann"):
        group(t, people=["Zoe"])
    with pytest.raises(AffectkitError, match="face"):
        group(t, modalities=["smell"])


def test_a_silent_room_says_so() -> None:
    silent = Estimate.cannot_tell(EKMAN, "silence")
    mood = group(Timeline.from_estimates([(0, 1, "Ann", "speech", silent)], EKMAN))
    assert mood.table.loc[0, "reason"] == "nobody's feeling can be told here"
    assert len(group(Timeline.empty(EKMAN))) == 0
