"""The recipe of variants: nothing of held-out comments is learnt, strategies keep their rules."""

from __future__ import annotations

import numpy as np
import pytest

from affectkit.affect.ontology import Ontology
from affectkit.data.se_emotion import EMOTIONS
from affectkit.learn.augment import WordContext
from affectkit.measure.metrics import micro_f1
from affectkit.recipes.text import augmentation as recipe

pytest.importorskip("sklearn")

POSITIVE, NEGATIVE = {"great", "nice"}, {"awful", "broken"}
OTHERS = ["the build is great now", "the build is awful now", "a nice fix for the broken build"] * 4


def planted(n: int = 60) -> tuple[list[str], np.ndarray]:
    """Return comments whose emotion one word tells, and their emotions."""
    rng = np.random.default_rng(0)
    filler = "the build of this page loads code from some branch today".split()
    kinds = rng.integers(len(EMOTIONS), size=n)
    texts = [f"{' '.join(rng.permutation(filler)[:5])} word{'abcdef'[k]}" for k in kinds]
    return texts, np.eye(len(EMOTIONS), dtype=bool)[kinds]


def test_held_out_comments_teach_nothing_by_their_variants():
    texts, truth = planted()
    train, test = np.arange(40), np.arange(40, 60)
    # Variants that would tell all about the held-out comments, if they were learnt from.
    spoiler = [(int(i), f"{texts[i]} spoiler{i}") for i in test]
    asked = [*texts[:40], *(f"spoiler{i}" for i in test)]
    alone = recipe.predict(asked, truth, train, [], test, seed=0)
    assert np.array_equal(alone, recipe.predict(asked, truth, train, spoiler, test, seed=0))


def test_variants_of_training_comments_teach():
    texts, truth = planted(240)
    train, test = np.arange(160), np.arange(160, 240)
    # The held-out comments use other words than all the originals, which only variants hold.
    other = [t.replace("word", "term") if i >= 160 else t for i, t in enumerate(texts)]
    more = [(i, texts[i].replace("word", "term")) for i in range(160) for _ in range(2)]

    def f1(variants: list[tuple[int, str]]) -> float:
        return micro_f1(truth[test], recipe.predict(other, truth, train, variants, test, seed=0))

    assert f1(more) > 0.8
    assert f1([]) < 0.4


def test_strategies_keep_their_rules():
    texts = ["the build is fine now", "a fix for the build"]
    truth = np.zeros((2, len(EMOTIONS)), dtype=bool)
    truth[0, EMOTIONS.index("joy")] = truth[1, EMOTIONS.index("anger")] = True
    made = recipe.variants_by_strategy(
        texts, truth, WordContext(least=1).fit(OTHERS), lambda t: np.ones((len(t), 2)),
        (POSITIVE, NEGATIVE), variants=5, seed=0,
    )  # fmt: skip
    assert tuple(made) == recipe.STRATEGIES
    assert made["polarity"]
    assert made["unconstrained"]
    for row, text in made["polarity"]:
        assert set(text.split()) & (POSITIVE, NEGATIVE)[row]
    assert made["copies"] == [(row, texts[row]) for row, _ in made["polarity"]]


def test_words_of_other_emotions_give_way_to_the_comments_own():
    tone = Ontology.load()
    swap = recipe.own_words([["anger"], []])
    rng = np.random.default_rng(0)
    for _ in range(10):
        new = swap(0, "it works", "it works joy now", rng).split()
        assert [*new[:2], new[-1]] == ["it", "works", "now"]
        assert tone.roll_up(tone.find(new[2]), 1).name == "anger"
    # Words that were there before, and comments without emotion, are left alone.
    assert swap(0, "joy it works", "joy it works", rng) == "joy it works"
    assert swap(1, "it works", "it works joy", rng) == "it works joy"


def test_polarity_words_are_words_and_have_one_side(shared_data):
    shared_data("text-open/vader")
    from affectkit.data import data_root

    up, down = recipe.polarity_words(data_root())
    assert not up & down
    assert {"great", "love"} <= up
    assert {"awful", "hate"} <= down
    assert all(word.isalpha() for word in up | down)
