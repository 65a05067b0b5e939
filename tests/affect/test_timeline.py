"""A timeline keeps its estimates through files, label sets and grids."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from affectkit.affect import (
    Conversation,
    Estimate,
    LabelMap,
    LabelSet,
    Note,
    Timeline,
    Utterance,
    label_set_names,
)
from affectkit.errors import LabelError, MediaError

EKMAN = LabelSet.load("ekman7")


def made(n: int, seed: int = 0, label_set: LabelSet = EKMAN) -> Timeline:
    """Return a timeline in which a tenth of the rows cannot tell."""
    rng = np.random.default_rng(seed)
    p = rng.dirichlet(np.ones(len(label_set)), n)
    silent = rng.random(n) < 0.1
    p[silent] = np.nan
    starts = np.sort(rng.uniform(0, n / 5, n))
    table = pd.DataFrame(p, columns=list(label_set.labels)).assign(
        start_s=starts,
        end_s=starts + rng.uniform(0, 3, n),
        person=rng.choice(["Ann", "Ben", "group"], n),
        modality=rng.choice(["face", "text"], n),
        source="model",
        valence=np.where(silent, np.nan, rng.uniform(-1, 1, n)),
        confidence=rng.uniform(0, 1, n),
        reason=np.where(silent, "too dark", None),
        evidence=rng.choice(['[{"what": "smile", "weight": 0.5}]', None], n),
    )
    return Timeline(table, label_set)


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 60), st.integers(0, 1000), st.sampled_from(label_set_names()), st.text())
def test_parquet_is_lossless(tmp_path_factory, n: int, seed: int, name: str, word: str) -> None:
    talk = Conversation([Utterance("u", word, word, 0.5, None, meta={"words": [word]})])
    t = made(n, seed, LabelSet.load(name))
    t = Timeline(t.table, t.label_set, {"file": {"name": word}}, talk, [Note("face", word, 1.0)])
    back = Timeline.from_parquet(t.to_parquet(tmp_path_factory.mktemp("t") / "t.parquet"))
    pd.testing.assert_frame_equal(back.table, t.table, check_exact=True)
    assert back.label_set == t.label_set
    assert back.provenance == t.provenance
    assert back.transcript == t.transcript
    assert back.notes == t.notes


def test_a_file_that_is_no_timeline_is_refused_and_none_is_left_half_written(tmp_path) -> None:
    path = tmp_path / "t.parquet"
    path.write_bytes(b"PAR1 but not really")
    with pytest.raises(MediaError):
        Timeline.from_parquet(path)
    pd.DataFrame({"a": [1]}).to_parquet(path)
    with pytest.raises(MediaError):
        Timeline.from_parquet(path)
    with pytest.raises(MediaError):
        made(3).to_parquet(tmp_path / "no" / "folder.parquet")
    assert [p.name for p in tmp_path.iterdir()] == ["t.parquet"]


@settings(deadline=None, max_examples=20)
@given(st.integers(1, 30), st.integers(0, 1000), st.sampled_from([0.5, 1.0, 2.5, 100.0]))
def test_resampling_keeps_the_mean_over_time(n: int, seed: int, step_s: float) -> None:
    """Cell means weighted by told seconds give each lane's mean weighted by its rows' length."""
    t = made(n, seed)
    grid = t.resample(step_s).table
    keys = ["person", "modality"]
    assert not grid.duplicated([*keys, "start_s"]).any()
    assert ((grid["start_s"] / step_s - (grid["start_s"] / step_s).round()).abs() < 1e-6).all()
    for key, rows in t.table.groupby(keys):
        cells = grid[(grid["person"] == key[0]) & (grid["modality"] == key[1])]
        seconds = np.zeros(len(cells))
        total = 0.0
        told = rows[rows["valence"].notna()]
        for row in told.itertuples():
            for i, cell in enumerate(cells.itertuples()):
                overlap = min(row.end_s, cell.end_s) - max(row.start_s, cell.start_s)
                seconds[i] += max(overlap, 0.0)
            total += row.valence * (row.end_s - row.start_s)
        assert np.nansum(cells["valence"].fillna(0.0) * seconds) == pytest.approx(total, abs=1e-6)
        assert seconds.sum() == pytest.approx((told["end_s"] - told["start_s"]).sum(), abs=1e-6)


def test_a_cell_keeps_the_reason_only_if_nobody_told() -> None:
    dark = Estimate.cannot_tell(EKMAN, "too dark")
    sure = Estimate(EKMAN, np.eye(7)[3], confidence=0.9)
    rows = [(0, 1, "A", "face", dark), (0.5, 1, "A", "face", sure), (2, 3, "A", "face", dark)]
    grid = Timeline.from_estimates(rows, EKMAN).resample(1.0).table
    assert grid["start_s"].tolist() == [0, 2]
    assert pd.isna(grid["reason"][0])
    assert grid["joy"][0] == 1
    assert grid["reason"][1] == "too dark"
    assert np.isnan(grid["joy"][1])


def test_a_moment_without_length_counts_where_nothing_else_does() -> None:
    sure = Estimate(EKMAN, np.eye(7)[3], valence=1.0)
    alone = Timeline.from_estimates([(2.0, 2.0, "A", "face", sure)], EKMAN).resample(1.0, until_s=5)
    assert alone.table["valence"].tolist() == [1.0]
    low = Estimate(EKMAN, np.eye(7)[4], valence=-1.0)
    rows = [(2.0, 2.0, "A", "face", sure), (2.0, 3.0, "A", "face", low)]
    both = Timeline.from_estimates(rows, EKMAN).resample(1.0)
    assert both.table["valence"][0] == pytest.approx(-1, abs=1e-6)


def test_ten_thousand_rows_are_resampled_at_once() -> None:
    t = made(10_000)
    began = time.process_time()
    assert len(t.resample(1.0)) > 1000
    assert time.process_time() - began < 2.0


def test_another_label_set_keeps_what_it_can_and_lowers_confidence_by_the_rest() -> None:
    emodb = LabelSet.load("emodb7")
    p = np.zeros(7)
    p[emodb.index("boredom")], p[emodb.index("sadness")] = 0.25, 0.75
    t = Timeline.from_estimates([(0, 1, "A", "speech", Estimate(emodb, p, confidence=0.8))], emodb)
    moved = t.to("ekman7")
    assert moved.table.loc[0, "sadness"] == pytest.approx(0.75)
    assert moved.table.loc[0, "confidence"] == pytest.approx(0.6)
    # Going on takes nothing more off: what was lost is lost once.
    again = moved.to("ravdess8").table
    assert again.loc[0, "confidence"] == pytest.approx(0.6)
    assert [m["to"] for m in moved.provenance["maps"]] == ["ekman7"]
    assert moved.to("ekman7") is moved


@settings(deadline=None, max_examples=8)
@given(st.integers(1, 40), st.integers(0, 99))
def test_rows_that_cannot_tell_cannot_tell_in_any_set(n: int, seed: int) -> None:
    t = made(n, seed)
    for name in ("plutchik8", "goemotions28", "sentiment3"):
        moved = t.to(name)
        silent = t.table["reason"].notna().to_numpy()
        assert moved.labels.isna().all(axis=1).to_numpy().tolist() == silent.tolist()
        told = moved.labels[~silent].to_numpy()
        way = LabelMap.between(EKMAN, moved.label_set)
        assert np.allclose(told, way.apply(t.labels[~silent].to_numpy()))
        assert moved.leading[silent].isna().all()


def test_an_unreachable_set_is_said_in_words() -> None:
    with pytest.raises(LabelError, match="compound7"):
        made(3).to("compound7")


def test_putting_together_keeps_rows_and_further_tables() -> None:
    one, other = made(20, 1), made(30, 2)
    faces = pd.DataFrame({"time_s": [1.0]})
    one = Timeline(one.table, EKMAN, {"models": [1], "people": {"A": 1}}, tables={"faces": faces})
    other = Timeline(
        other.table, EKMAN, {"models": [2], "people": {"B": 2}}, tables={"faces": faces}
    )
    both = Timeline.concat([one, other])
    assert len(both) == 50
    assert both.table["start_s"].is_monotonic_increasing
    assert both.provenance == {"models": [1, 2], "people": {"A": 1, "B": 2}}
    assert len(both.tables["faces"]) == 2
    assert len(Timeline.concat([one, other.to("affectnet8")])) == 50


def test_between_where_and_people() -> None:
    t = made(200)
    assert set(t.people) == {"Ann", "Ben"}
    part = t.between(5, 6)
    assert (part.table["end_s"] > 5).all()
    assert (part.table["start_s"] < 6).all()
    assert t.where(person="Ann", modality=["face", "text"]).people == ("Ann",)


@pytest.mark.parametrize(
    "row",
    [
        {"start_s": 2.0, "end_s": 1.0},
        {"start_s": np.nan, "end_s": 1.0},
        {"start_s": 0.0, "end_s": np.nan},
        {"start_s": 0.0, "end_s": 1.0, "colour": "red"},
    ],
)
def test_rows_without_a_place_in_time_are_refused(row: dict) -> None:
    with pytest.raises(ValueError, match="timeline"):
        Timeline(pd.DataFrame([row]), EKMAN)


def test_an_estimate_leaves_the_callers_array_alone() -> None:
    p = np.eye(7)[0].copy()
    Estimate(EKMAN, p)
    p[0] = 0.5  # would raise if the estimate had frozen it


def test_the_picture_has_a_lane_for_everyone(tmp_path) -> None:
    pytest.importorskip("matplotlib")
    t = made(100)
    figure = t.plot()
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert sum(bool(title) for title in titles) == 3
    figure.savefig(tmp_path / "t.png", dpi=40)
    assert (tmp_path / "t.png").stat().st_size > 5000
    assert len(t.plot(person="Ann").axes) == 2
    with pytest.raises(ValueError, match="Zoe"):
        t.plot(person="Zoe")
    Timeline.empty(EKMAN).plot()
