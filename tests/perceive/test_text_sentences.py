"""Sentence splitting: nothing is lost, offsets hold, and the hard cases come out right."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from affectkit.perceive.sentences import LONGEST, sentences

TEXT = st.text(st.sampled_from("abc AB.!?…\n\t :)(\"'1،。😀é"), max_size=200) | st.text(max_size=80)


@given(TEXT)
def test_nothing_but_white_space_is_lost_and_offsets_hold(text):
    found = sentences(text)
    assert all(text[s.start : s.end] == s.text for s in found)
    assert all(s.text == s.text.strip() and s.text for s in found)
    ends = [0, *[x for s in found for x in (s.start, s.end)], len(text)]
    assert ends == sorted(ends)
    between = "".join(text[a:b] for a, b in zip(ends[0::2], ends[1::2], strict=True))
    assert not between.strip()


@given(TEXT)
def test_no_sentence_is_too_long_and_splitting_again_changes_little(text):
    assert all(len(s.text) <= LONGEST for s in sentences(text * 5))


@pytest.mark.parametrize(
    "parts",
    [
        ["Dr. Smith met Mrs. Jones at 5 p.m. on Monday.", "They argued."],
        ["I saw J. K. Rowling in the U.S. last year.", "It rained."],
        ["Prices rose 3.5 percent, e.g. for milk.", "Why?"],
        ["She works for Acme Inc. in Ohio.", "He does not."],
        ["He moved to the U.S. in May.", "So did I.", "We met."],
        ["It was sold by Acme Inc.", "The buyer cried."],
        ["See https://example.org/a.b?c=d.", "It is great!"],
        ["Mail me at a.b@c.org.", "Thanks!"],
        ["Version 2.0.1 is out.", "Hooray!!!", "At last..."],
        ["Wait... what?", "No way!"],
        ["I love it!! 😍😍", "Best day ever 🎉"],
        ["great :)", "You?"],
        ["great :) you?"],
        ["so cute 😍😍", "Where is it?"],
        ["so funny. xD", "I can't."],
        ['"Why did you go?" she asked.', '"Because."'],
        ["(I was there.)", "Nobody came."],
        ["Did you win?", "No.", "We lost."],
        ["See No. 5 on the list.", "Good."],
        ["今日は嬉しい。", "とても。"],
        ["i was sad.", "then he called.", "we talked."],
    ],
)
def test_hard_cases(parts):
    assert [s.text for s in sentences(" ".join(parts))] == parts


def test_chat_lines_are_sentences_and_wrapped_prose_is_not():
    chat = "hey\nu there?\nomg yes\n\nok"
    assert [s.text for s in sentences(chat)] == ["hey", "u there?", "omg yes", "ok"]
    prose = "It was a bright cold day in the middle of the month and\nthe clocks were late."
    assert len(sentences(prose)) == 1
    assert len(sentences("1. Open the door.\n2. Leave.")) == 2


@pytest.mark.parametrize("text", ["", "   \n\t ", "😀", "...", "?!", "-----\n-----", "\x00\x01"])
def test_texts_that_are_hardly_texts_do_not_fail(text):
    assert len(sentences(text)) <= 1


@pytest.mark.parametrize("text", ["." * 300_000, "a." * 150_000, "a b " * 75_000, "(\n" * 100_000])
def test_hostile_texts_take_linear_time(text):
    started = time.perf_counter()
    sentences(text)
    assert time.perf_counter() - started < 10
