"""What the report says adds up to what the timeline holds."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_timelines import essay, photo, talk

from affectkit.affect import Conversation, LabelSet, Note, Timeline, Utterance
from affectkit.report import summary
from affectkit.report.lanes import ribbon
from affectkit.report.palette import looks
from affectkit.report.portraits import portraits
from affectkit.report.untold import silences
from affectkit.report.words_said import lines, pieces

EKMAN = LabelSet.load("ekman7")


@st.composite
def timelines(draw: st.DrawFn) -> Timeline:
    """Draw timelines of one person, rows of a second or so, some untold."""
    rows = []
    at = 0.0
    for _ in range(draw(st.integers(1, 30))):
        length = draw(st.sampled_from([0.5, 1.0, 2.0]))
        row = {"start_s": at, "end_s": at + length, "person": "Ann", "modality": "face"}
        if draw(st.booleans()):
            p = np.zeros(7)
            p[draw(st.integers(0, 6))] = 0.7
            row |= dict(zip(EKMAN.labels, p + 0.3 / 7, strict=True))
            row |= {"valence": draw(st.floats(-1, 1)), "confidence": draw(st.floats(0, 1))}
        else:
            row["reason"] = draw(st.sampled_from(["dark", "turned 3 degrees", "turned 9 degrees"]))
        rows.append(row)
        at += length
    return Timeline(pd.DataFrame(rows), EKMAN)


@settings(max_examples=40, deadline=None)
@given(timelines())
def test_shares_and_silences_add_up_to_the_whole(t: Timeline) -> None:
    person = portraits(t)[0]
    assert person.told + person.untold == pytest.approx(t.duration_s)
    assert person.told == 0 or sum(share for _, share in person.shares) == pytest.approx(1)
    assert sum(amount for _, amount in person.reasons) == pytest.approx(person.untold)
    assert sum(s.amount for s in silences(t)) == pytest.approx(person.untold)


@settings(max_examples=40, deadline=None)
@given(timelines())
def test_stretches_hold_their_label_throughout(t: Timeline) -> None:
    leading = t.leading
    for stretch in portraits(t)[0].stretches:
        inside = t.table["start_s"].between(stretch.start_s, stretch.end_s - 1e-6)
        assert set(leading[inside].dropna()) == {stretch.label}
        assert stretch.label != "neutral"


@settings(max_examples=40, deadline=None)
@given(timelines(), st.integers(1, 12))
def test_averaged_cells_keep_the_mean_and_the_order(t: Timeline, room: int) -> None:
    drawn = ribbon(t, t.table, "face", room)
    assert drawn["s"] == sorted(drawn["s"])
    assert all(e > s for s, e in zip(drawn["s"], drawn["e"], strict=True))
    values = t.table["valence"].to_numpy(float)
    for v in drawn["v"]:
        assert v is None or np.nanmin(values) - 0.01 <= v / 100 <= np.nanmax(values) + 0.01
    for lead, reason in zip(drawn["l"], drawn["r"], strict=True):
        assert (lead < 0) == (reason >= 0)


def test_unaveraged_cells_are_the_rows() -> None:
    t = talk(60.0).where(person="Person 1", modality="fused")
    drawn = ribbon(t, t.table, "fused", 10_000)
    told = [EKMAN.labels[i] if i >= 0 else None for i in drawn["l"]]
    assert told == list(t.leading)
    assert drawn["step"] == 0


@given(
    st.text(max_size=60),
    st.lists(st.tuples(st.integers(-5, 70), st.integers(-5, 70), st.floats(-1, 1)), max_size=8),
)
def test_marking_words_loses_no_letter(text: str, marks: list[tuple[int, int, float]]) -> None:
    assert "".join(piece.text for piece in pieces(text, marks)) == text


def test_each_sentence_of_an_utterance_is_a_line_of_its_own() -> None:
    t = essay(3)
    whole = "I hate it. She left. What joy!"
    table = t.table.assign(utterance="s0", evidence=None)
    table["evidence"] = ['[{"start": 2, "end": 6, "weight": 1.0}]', None, None]
    t = Timeline(table, EKMAN, t.provenance, Conversation([Utterance("s0", "", whole)]))
    shown = lines(t, looks(EKMAN))
    assert ["".join(p.text for p in line.pieces) for line in shown] == [
        "I hate it.",
        "She left.",
        "What joy!",
    ]
    assert [line.start for line in shown] == [0.0, 1.0, 2.0]
    assert [p.text for p in shown[0].pieces if p.strength] == ["hate"]


def test_the_summary_speaks_of_readings_and_of_everyone() -> None:
    told = summary(talk())
    assert told[0].startswith("Person 1: read as")
    assert any(line.startswith("Person 2:") for line in told)
    assert any("truncated" in line for line in told)
    assert "14 pixels" in summary(photo())[2]
    assert summary(Timeline.empty(EKMAN))[0].startswith("Nothing could be told")


def test_a_person_never_told_has_no_numbers() -> None:
    person = next(p for p in portraits(photo()) if p.person == "Person 3")
    assert person.told == 0
    assert math.isnan(person.valence)
    assert all(math.isnan(p) for p in person.probabilities)


def test_a_note_that_counts_silent_rows_is_not_said_twice() -> None:
    t = essay()
    (reason,) = t.table["reason"].dropna().unique()
    notes = (Note("text", f"one sentence of 24: {reason}"), Note("text", "the file stops short"))
    told = silences(Timeline(t.table, t.label_set, t.provenance, notes=notes))
    assert [s.reason for s in told] == [reason, "the file stops short"]
