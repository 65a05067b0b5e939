"""Log-odds with an informative prior: what they find, and what they are not fooled by."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from affectkit.measure.log_odds import expressions, log_odds, marking_expressions

counts = st.lists(st.integers(0, 200), min_size=3, max_size=3)


@given(counts, counts)
@settings(max_examples=60, deadline=None)
def test_exchanging_the_kinds_of_text_turns_the_sign(a, b):
    background = np.add(a, b) + 1
    ratio, z = log_odds(a, b, background)
    back, z_back = log_odds(b, a, background)
    np.testing.assert_allclose(ratio, -back, atol=1e-9)
    np.testing.assert_allclose(z, -z_back, atol=1e-9)


def test_the_z_score_is_that_of_equations_16_20_and_22():
    y, other, prior = np.array([8.0, 92.0]), np.array([2.0, 198.0]), np.array([1.0, 9.0])
    expected = np.log(9 / (110 - 9)) - np.log(3 / (210 - 3))
    variance = 1 / 9 + 1 / 3
    ratio, z = log_odds(y, other, prior)
    assert ratio[0] == pytest.approx(expected)
    assert z[0] == pytest.approx(expected / np.sqrt(variance))


def test_the_same_shares_are_no_mark_however_large_the_texts():
    ratio, z = log_odds([10, 90], [1000, 9000], [50, 450])
    np.testing.assert_allclose(ratio, 0, atol=1e-9)
    np.testing.assert_allclose(z, 0, atol=1e-9)


def test_a_stronger_prior_pulls_every_ratio_towards_zero():
    y, other = [12, 40, 3, 200], [2, 60, 9, 180]
    sizes = [np.abs(log_odds(y, other, strength=s)[0]).sum() for s in (1, 100, 10_000)]
    assert sizes[0] > sizes[1] > sizes[2]


def test_words_by_chance_are_marks_as_often_as_the_normal_law_says():
    rng = np.random.default_rng(0)
    share = rng.dirichlet(np.ones(2000))
    background = rng.multinomial(2_000_000, share) + 1
    y, other = rng.multinomial(60_000, share), rng.multinomial(60_000, share)
    _, z = log_odds(y, other, background, strength=2000)
    frequent = background > np.median(background)
    assert 0.02 < np.mean(np.abs(z[frequent]) > 1.96) < 0.08


def test_one_rare_word_does_not_beat_a_planted_one():
    texts = ["well then so be it"] * 60 + ["quite all right with me"] * 240
    for i in range(20):
        texts[i] += " fine"
    texts[200] += " fine"
    texts[30] += " zugzwang"
    marked = np.arange(300) < 60
    table = marking_expressions(texts, marked, longest=1, least=1).set_index("expression")
    assert table.loc["fine", "z"] > 2 * table.loc["zugzwang", "z"]
    assert table.loc["fine", ["marked", "rest"]].tolist() == [20, 1]


def test_words_are_cut_alike_whatever_the_apostrophe_and_the_case():
    assert list(expressions("I CAN\u2019T", 1)) == list(expressions("i can't", 1))


def test_counts_that_cannot_be_are_refused():
    with pytest.raises(ValueError, match="fewer than 0"):
        log_odds([-1, 2], [1, 1], [1, 1])
    with pytest.raises(ValueError, match="background"):
        log_odds([0, 2], [0, 1])
    with pytest.raises(ValueError, match="do not fit"):
        log_odds([1], [1, 1])
    with pytest.raises(ValueError, match="marks do not fit"):
        marking_expressions(["a"], [True, False])


def test_nothing_frequent_enough_gives_an_empty_table():
    assert len(marking_expressions(["a b", "c"], [True, False], least=5)) == 0
