"""Overlap of texts agrees with nltk and rouge-score, and with closed forms."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from affectkit.errors import MissingExtraError
from affectkit.measure import text_overlap
from affectkit.measure.scored import scored
from affectkit.measure.spans import bleu2
from affectkit.measure.text_overlap import bleu, distinct_n, rouge

WORDS = st.sampled_from("a bad day i am so sorry to hear that".split())
TEXT = st.lists(WORDS, min_size=1, max_size=9).map(" ".join)
LONG = st.lists(WORDS, min_size=4, max_size=9).map(" ".join)
PAIRS = st.lists(st.tuples(LONG, LONG), min_size=1, max_size=4)


@settings(max_examples=50, deadline=None)
@given(PAIRS)
def test_bleu_of_a_corpus_is_nltks_where_nothing_is_smoothed(pairs):
    pytest.importorskip("sacrebleu")
    corpus = pytest.importorskip("nltk.translate.bleu_score").corpus_bleu
    truth, said = map(list, zip(*pairs, strict=True))
    said[0] = truth[0]  # n-grams of every length match
    for unit, cut in (("words", str.split), ("characters", lambda t: list(t.replace(" ", "")))):
        theirs = corpus([[cut(t)] for t in truth], [cut(s) for s in said])
        assert bleu(truth, said, unit=unit) == pytest.approx(theirs)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.lists(LONG, min_size=1, max_size=3), LONG), min_size=1, max_size=4))
def test_of_several_references_any_may_match_and_the_closest_length_counts(items):
    pytest.importorskip("sacrebleu")
    corpus = pytest.importorskip("nltk.translate.bleu_score").corpus_bleu
    truth, said = map(list, zip(*items, strict=True))
    said[0] = truth[0][0]
    theirs = corpus([[t.split() for t in texts] for texts in truth], [s.split() for s in said])
    assert bleu(truth, said) == pytest.approx(theirs)


@settings(max_examples=50, deadline=None)
@given(LONG, TEXT)
def test_pairs_of_one_text_are_those_of_the_span_score(truth, more):
    pytest.importorskip("sacrebleu")
    said = f"{' '.join(truth.split()[:2])} {more}"
    assert bleu([truth], [said], order=2) == pytest.approx(bleu2(truth, said))
    # White space is a character there, and none here.
    letters = truth.replace(" ", ""), said.replace(" ", "")
    wanted = bleu2(*letters, unit="characters")
    assert bleu([truth], [said], order=2, unit="characters") == pytest.approx(wanted)


@settings(max_examples=50, deadline=None)
@given(PAIRS)
def test_a_corpus_has_no_order_and_its_own_words_score_one(pairs):
    pytest.importorskip("sacrebleu")
    truth, said = map(list, zip(*pairs, strict=True))
    assert bleu(truth, truth) == pytest.approx(1)
    assert 0 <= bleu(truth, said) <= 1
    assert bleu(truth, said) == pytest.approx(bleu(truth[::-1], said[::-1]))


def test_bleu_by_hand_with_its_brevity_penalty_and_case():
    pytest.importorskip("sacrebleu")
    # 6/6, 4/5, 2/4 and 1/3 of the n-grams match; six words stand for seven.
    wanted = math.exp(1 - 7 / 6) * (1 * 4 / 5 * 2 / 4 * 1 / 3) ** (1 / 4)
    truth = ["I am so sorry to hear that"]
    assert bleu(truth, ["I am sorry to hear that"]) == pytest.approx(wanted)
    assert bleu(truth, ["i am SORRY to hear that"], lower_case=True) == pytest.approx(wanted)
    assert bleu(truth, ["i am SORRY to hear that"]) < wanted
    assert bleu(truth, [""]) == 0


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=4), st.sampled_from("12L"))
def test_rouge_is_the_packages_and_swaps_precision_with_recall(pairs, variant):
    scorer = pytest.importorskip("rouge_score.rouge_scorer").RougeScorer([f"rouge{variant}"])
    truth, said = map(list, zip(*pairs, strict=True))
    theirs = [scorer.score(t, s)[f"rouge{variant}"] for t, s in pairs]
    for part, at in (("precision", 0), ("recall", 1), ("f1", 2)):
        mine = rouge(truth, said, variant=variant, part=part)
        assert mine == pytest.approx(sum(t[at] for t in theirs) / len(theirs))
    swapped = rouge(said, truth, variant=variant, part="recall")
    assert rouge(truth, said, variant=variant, part="precision") == pytest.approx(swapped)
    same = variant == "2" and any(len(t.split()) < 2 for t in truth)
    assert same or rouge(truth, truth, variant=variant) == 1


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.lists(TEXT, min_size=1, max_size=3), TEXT), min_size=1, max_size=3))
def test_of_several_references_rouge_takes_the_closest(items):
    pytest.importorskip("rouge_score")
    truth, said = map(list, zip(*items, strict=True))
    best = [max(rouge([t], [s]) for t in texts) for texts, s in items]
    assert rouge(truth, said) == pytest.approx(sum(best) / len(best))


def test_rouge_reads_other_scripts_which_the_package_drops():
    scorer = pytest.importorskip("rouge_score.rouge_scorer").RougeScorer(["rouge1"])
    assert scorer.score("Мне грустно", "Мне грустно")["rouge1"].fmeasure == 0
    assert rouge(["Мне очень грустно"], ["мне грустно!"], variant="1", part="recall") == 2 / 3
    assert rouge(["मैं खुश हूँ"], ["मैं दुखी हूँ"], variant="1") == pytest.approx(2 / 3)
    assert rouge(["我很难过"], ["我难过"], part="recall", unit="characters") == 3 / 4


@settings(max_examples=100, deadline=None)
@given(st.lists(TEXT, min_size=1, max_size=6), st.integers(1, 3))
def test_distinct_n_counts_what_nltk_finds(said, n):
    ngrams = pytest.importorskip("nltk.util").ngrams
    different = set().union(*(ngrams(one.split(), n) for one in said))
    words = sum(len(one.split()) for one in said)
    assert distinct_n(said, n) == pytest.approx(len(different) / words)
    assert 0 <= distinct_n(said, n) <= 1
    # Said twice, each counts half.
    assert distinct_n(said * 2, n) == pytest.approx(distinct_n(said, n) / 2)


def test_distinct_n_of_nothing_and_of_characters():
    assert math.isnan(distinct_n(["!", ""]))
    assert distinct_n(["我难过", "我很好"], unit="characters") == 5 / 6
    assert distinct_n(["So so"]) == 1 / 2


def test_an_overlap_comes_with_an_interval_and_beside_the_commonest_text():
    pytest.importorskip("rouge_score")
    truth = ["I am sorry", "How sad", "I am sorry", "What a day", "So glad for you"] * 4
    said = ["I am so sorry", "Sad", "I am sorry", "A bad day", "I am glad"] * 4
    s = scored(rouge, truth, said, n=50)
    assert s.baseline_name == "majority class"
    assert s.baseline == pytest.approx(rouge(truth, ["I am sorry"] * 20))
    assert s.beats_baseline


def test_what_cannot_be_scored_is_told_by_row():
    with pytest.raises(ValueError, match="2 texts cannot be scored against 1"):
        bleu(["a"], ["a", "b"])
    with pytest.raises(ValueError, match="cannot be scored"):
        rouge([], [])
    with pytest.raises(ValueError, match="item 1 has no text"):
        rouge(["a", " "], ["a", "b"])
    with pytest.raises(ValueError, match="order"):
        bleu(["a"], ["a"], order=0)
    with pytest.raises(ValueError, match="unit"):
        distinct_n(["a"], unit="word")
    with pytest.raises(ValueError, match="at least 1"):
        distinct_n(["a"], 0)
    with pytest.raises(ValueError, match="ROUGE-3"):
        rouge(["a"], ["a"], variant="3")


def test_a_package_that_is_missing_is_named_with_its_extra(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "sacrebleu.metrics", None)
    with pytest.raises(MissingExtraError, match="sacrebleu"):
        text_overlap.bleu(["a"], ["a"])
