"""An episode says what a theory misses and what a simpler format loses."""

from __future__ import annotations

import json
from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from affectkit.affect.episode import APPRAISALS, FORMS, MODES, THEORIES, Episode, Span
from affectkit.errors import LabelError

unit = st.floats(-1, 1)
spans = st.tuples(st.integers(0, 500), st.integers(0, 50)).map(lambda p: Span(p[0], p[0] + p[1]))
words = st.text(min_size=1, max_size=20)
episodes = st.builds(
    Episode,
    id=words,
    experiencer=st.none() | words,
    event=st.none() | words,
    cause=st.none() | spans,
    target=st.none() | words,
    appraisals=st.dictionaries(st.sampled_from(APPRAISALS), unit),
    bodily=st.none() | words,
    action_tendency=st.none() | words,
    expression=st.none() | spans,
    mode=st.none() | st.sampled_from(MODES),
    label_set=st.just("ekman7"),
    label=st.none() | st.sampled_from(["joy", "fear", "neutral"]),
    valence=st.none() | unit,
    arousal=st.none() | unit,
    intensity=st.none() | st.floats(0, 1),
    inference=st.none() | st.sampled_from(["decoded", "inferred"]),
    evidence=st.lists(spans, max_size=3).map(tuple),
    annotator=st.none() | words,
)


@given(episodes)
def test_json_is_lossless(episode: Episode) -> None:
    assert Episode.from_dict(json.loads(json.dumps(episode.to_dict()))) == episode


@given(episodes, st.sampled_from(sorted(FORMS)))
def test_a_simpler_form_says_all_that_it_loses(episode: Episode, form: str) -> None:
    record, lost = episode.export(form)
    told = set(episode.to_dict())
    assert set(lost) == told - set(record)
    assert set(record) == {"id", *FORMS[form]}
    back = Episode.from_dict({k: v for k, v in record.items() if v is not None})
    assert set(back.to_dict()) == told - set(lost)


@given(episodes)
def test_what_one_theory_asks_includes_what_its_part_asks(episode: Episode) -> None:
    assert set(episode.missing("dimensional")) <= set(episode.missing("constructionist"))
    assert set(episode.missing("appraisal")) <= set(episode.missing("component process"))
    for theory in THEORIES:
        assert not set(episode.missing(theory)) & set(episode.to_dict())


def test_theories_ask_only_for_parts_that_exist() -> None:
    names = {f.name for f in fields(Episode)}
    for asked in (*THEORIES.values(), *FORMS.values()):
        assert set(asked) <= names


@pytest.mark.parametrize(
    "wrong",
    [
        {"label": "joy"},
        {"label": "trust", "label_set": "ekman7"},
        {"appraisals": {"niceness": 1.0}},
        {"mode": "shouted"},
        {"inference": "guessed"},
    ],
)
def test_what_no_theory_knows_is_refused(wrong: dict) -> None:
    with pytest.raises(LabelError):
        Episode("1", **wrong)


def test_out_of_range_and_unknown_parts_are_refused() -> None:
    with pytest.raises(ValueError, match="valence"):
        Episode("1", valence=2.0)
    with pytest.raises(ValueError, match="stretch"):
        Span(5, 3)
    with pytest.raises(LabelError):
        Episode.from_dict({"id": "1", "mood": "good"})
    with pytest.raises(LabelError):
        Episode("1").missing("astrology")
