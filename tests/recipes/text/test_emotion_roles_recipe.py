"""The recipe of emotion roles: causes by rules stand in the text, and few words are said."""

from __future__ import annotations

import pytest

from affectkit.measure.spans import token_precision
from affectkit.perceive.emotion_roles import EmotionRoles, installed_pipeline
from affectkit.recipes.text import emotion_roles as recipe

needs_parse = pytest.mark.skipif(
    installed_pipeline("en") is None, reason="no spaCy pipeline for English is installed"
)

PLAIN = {
    "I was so angry because the bus was late again.": "the bus was late again",
    "She is afraid of spiders.": "spiders",
}


@needs_parse
@pytest.mark.parametrize("text", PLAIN)
def test_what_grammar_gives_as_the_cause_holds_the_cause(text):
    said = recipe.by_rules(text, EmotionRoles("en", parser=True))
    assert said is not None
    assert said in text
    assert token_precision(PLAIN[text], said) > token_precision(PLAIN[text], text)


def test_without_a_cue_the_whole_text_is_the_sentence():
    assert recipe.cue_sentence("It rained. We left.") == "It rained. We left."


def test_turns_that_hold_their_own_cause_hold_its_words(shared_data):
    shared_data("text-internal/reccon")
    from affectkit.data import data_root

    marked = recipe.talk(data_root())
    assert len(marked.texts) > 2_000
    assert all(marked.causes)
    for text, cause in zip(marked.texts, marked.causes, strict=True):
        assert all(letters in text for letters in cause.split())
