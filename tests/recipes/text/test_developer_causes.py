"""The sentence that carries an emotion is found; lists of words roll up to the six."""

from __future__ import annotations

import numpy as np

from affectkit.affect import LabelSet
from affectkit.data.se_emotion import EMOTIONS
from affectkit.recipes.text.developer_causes import (
    causes,
    emotional_sentences,
    nearness,
    question,
    word_lists,
)


def test_the_sentence_with_the_given_emotion_is_chosen():
    labels = LabelSet.load("goemotions28").labels

    def model(texts):
        p = np.zeros((len(texts), len(labels)))
        for i, text in enumerate(texts):
            for label in ("anger", "joy", "fear"):
                p[i, labels.index(label)] = label in text
        return p

    cut = [["so much joy", "and then anger"], ["plain"], ["fear", "anger", "joy"]]
    weights = np.zeros((3, 6))
    weights[0, EMOTIONS.index("anger")] = weights[2, EMOTIONS.index("joy")] = 1.0
    weights[1, 0] = 1.0
    assert emotional_sentences(cut, weights, model) == ["and then anger", "plain", "joy"]


def test_finer_lists_hold_the_coarser_ones_and_count_for_one_of_the_six():
    lists = word_lists()
    assert set(lists["six"]) <= set(lists["two tiers"]) <= set(lists["all three tiers"])
    assert all(set(words.values()) == set(EMOTIONS) for words in lists.values())
    assert len(lists["all three tiers"]) > 100


def test_nearness_takes_the_nearest_word_of_an_emotion():
    words = {emotion: emotion for emotion in EMOTIONS} | {"rage": "anger"}
    axes = dict(zip(words, np.eye(7), strict=True))
    encode = lambda texts: np.array([axes[t] for t in texts])  # noqa: E731
    near = nearness(axes["rage"][None, :], words, "{}", words, encode)
    assert near.shape == (1, 6)
    assert near[0].argmax() == EMOTIONS.index("anger")


def test_the_question_names_role_emotion_and_comment():
    asked = " ".join(m["content"] for m in question("fear", "it broke again"))
    assert "developer" in asked
    assert "fear" in asked
    assert "it broke again" in asked


def test_on_the_marked_causes_it_beats_the_first_sentence(shared_data, weights):
    root = shared_data("text-internal/se_emotion").parents[1]
    weights("text_encoder")
    found = causes(root, (0,), lambda *a: None, asked=0)
    by_baseline = {f.baseline_name: f for f in found}
    assert by_baseline["first sentence"].low > 0
    assert by_baseline["random sentence"].low > 0
    # The same spans score higher when characters are counted.
    assert by_baseline["BLEU-2 of words"].low > 0
