"""Sentence times follow word timings, or letters, and never leave the utterance."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from affectkit.affect import Utterance
from affectkit.perceive.sentences import sentences
from affectkit.perceive.text_timing import sentence_times

TEXT = "I was late. She waited for me! Why?"
WORDS = [
    {"text": w, "start_s": 5 + 0.5 * i, "end_s": 5.4 + 0.5 * i} for i, w in enumerate(TEXT.split())
]


def test_word_timings_place_sentences_through_pauses():
    for word in WORDS[7:]:  # a pause before the last word
        assert word["text"] == "Why?"
        word["start_s"], word["end_s"] = 20.0, 20.5
    u = Utterance("1", "Ann", TEXT, 5.0, 21.0, meta={"words": WORDS})
    assert sentence_times(u, sentences(TEXT)) == [(5.0, 6.4), (6.5, 8.4), (20.0, 20.5)]


@pytest.mark.parametrize(
    "words", [[], WORDS[:3], [{"text": "Nothing", "start_s": 1.0, "end_s": 2.0}], [{}]]
)
def test_without_timings_for_every_sentence_the_letters_share_the_time(words):
    u = Utterance("1", "Ann", TEXT, 10.0, 10.0 + len(TEXT), meta={"words": words})
    found = sentences(TEXT)
    assert sentence_times(u, found) == [(10.0 + s.start, 10.0 + s.end) for s in found]


@given(
    st.text("ab .!?", max_size=60),
    st.floats(0, 100),
    st.floats(0, 50),
    st.lists(st.tuples(st.sampled_from(["a", "b", "ab", ""]), st.floats(0, 200)), max_size=8),
)
def test_times_stay_in_order_and_inside(text, start, length, words):
    listed = [{"text": w, "start_s": t, "end_s": t - 1} for w, t in words]
    u = Utterance("1", "", text, start, start + length, meta={"words": listed})
    times = sentence_times(u, sentences(text))
    flat = [t for pair in times for t in pair]
    assert flat == sorted(flat)
    assert all(start - 1e-3 <= t <= start + length + 1e-3 for t in flat)
