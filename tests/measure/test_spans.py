"""Span scores agree with nltk and with what they are defined to be."""

from __future__ import annotations

import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from affectkit.measure.spans import bleu2, token_f1, token_precision, words_of

spans = st.text(alphabet="ab c.!", max_size=30)


@settings(deadline=None)
@given(spans, spans)
def test_bleu_is_that_of_nltk_in_both_units(truth, said):
    nltk = pytest.importorskip("nltk.translate.bleu_score")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for unit, cut in (("words", str.split), ("characters", list)):
            a, b = cut(truth), cut(said)
            theirs = nltk.sentence_bleu([a], b, weights=(0.5, 0.5)) if a and b else 0.0
            # nltk gives a tiny number where no pair matches.
            assert bleu2(truth, said, unit=unit) == pytest.approx(theirs, abs=1e-12)


@settings(deadline=None)
@given(spans, spans)
def test_f1_is_symmetric_and_one_only_for_the_same_words(truth, said):
    assert token_f1(truth, said) == pytest.approx(token_f1(said, truth))
    same = bool(words_of(truth)) and sorted(words_of(truth)) == sorted(words_of(said))
    assert (token_f1(truth, said) == 1.0) is same
    assert token_precision(truth, said) <= 1.0


def test_letters_match_where_no_word_does():
    truth, said = "the tests fail on every build", "nothing is ever as stable as that"
    assert bleu2(truth, said) == 0.0
    assert bleu2(truth, said, unit="characters") > 0.3
