"""Evidence: leaving words out finds the ones that a known judge looks at."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from affectkit.perceive.text_evidence import MOST_WORDS, carrying, word_weights


def judge(texts):
    """Return 0.2 plus 0.3 for each of two words, whatever stands around them."""
    words = [{w.strip("\"',.!?;:") for w in t.lower().split()} for t in texts]
    return np.array([[0.2 + 0.3 * ("glad" in w) + 0.3 * ("proud" in w)] for w in words])


def test_it_finds_the_words_that_the_judge_looks_at_and_where_they_stand():
    text = 'She was "glad", and so very proud!'
    found = carrying(word_weights([text], [0], judge)[0])
    assert {w.what for w in found} == {"glad", "proud!"}
    assert all(text[w.start : w.end] == w.what for w in found)
    np.testing.assert_allclose([w.weight for w in found], 0.3)


@given(st.lists(st.text(st.sampled_from("ab .,!'\"\n😀é"), max_size=60), max_size=4))
def test_offsets_hold_for_any_text(texts):
    found = word_weights(texts, [0] * len(texts), judge)
    assert len(found) == len(texts)
    for text, words in zip(texts, found, strict=True):
        assert all(text[w.start : w.end] == w.what and w.what for w in words)
        assert len(words) != 1  # of a single word nothing would be left


def test_a_word_too_many_is_left_out_together_with_its_neighbours():
    text = " ".join(["so"] * 500 + ["glad"])
    words = word_weights([text], [0], judge)[0]
    assert len(words) <= MOST_WORDS
    assert words[-1].weight > 0.29
    assert words[-1].what.endswith("glad")


def test_words_that_lower_the_label_carry_nothing():
    assert carrying(word_weights(["not here at all"], [0], lambda t: np.ones((len(t), 1)))[0]) == []
