"""Variants keep to the rules: neighbours, polarity, meaning, and never a row of another."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from affectkit.learn.augment import WordContext, augment, polarity_keeps, variant

TEXTS = ["we like the new parser", "we love the old parser", "they hate the slow build"] * 3
CONTEXT = WordContext(least=1).fit(TEXTS)
POSITIVE, NEGATIVE = {"like", "love"}, {"hate", "slow"}


def bag(texts):
    """Return counts of words, as vectors."""
    words = sorted({w for t in [*TEXTS, *texts] for w in t.lower().split()})
    return np.array([[t.lower().split().count(w) for w in words] for t in texts], dtype=float)


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 10_000), st.sampled_from(TEXTS))
def test_edits_use_words_that_stood_between_such_neighbours(seed, text):
    known = {w for t in TEXTS for w in t.split()}
    new = variant(text, CONTEXT, np.random.default_rng(seed))
    assert set(new.lower().split()) <= known
    assert len(new.split()) >= len(text.split())


def test_code_and_marks_stay():
    text = "We like `x = 1;` (issue #42)!"
    for seed in range(20):
        new = variant(text, CONTEXT, np.random.default_rng(seed))
        assert [c for c in new if not c.isalpha() and c != " "] == [
            c for c in text if not c.isalpha() and c != " "
        ]


def test_variants_satisfy_their_rule_and_are_of_their_row():
    rule = polarity_keeps(["joy"], POSITIVE, NEGATIVE, rising={"joy": 1})
    texts = TEXTS[:3]
    made = augment(texts, CONTEXT, bag, keeps=[rule] * 3, variants=5, least_similarity=0.6, seed=1)
    assert made
    for row, new in made:
        assert rule(texts[row], new)
        a, b = bag([texts[row], new])
        assert a @ b / np.linalg.norm(a) / np.linalg.norm(b) >= 0.6
    assert len(set(made)) == len(made)


def test_the_same_seed_makes_the_same_variants():
    one, two = (augment(TEXTS[:2], CONTEXT, bag, seed=3, least_similarity=0.5) for _ in "ab")
    assert one == two
