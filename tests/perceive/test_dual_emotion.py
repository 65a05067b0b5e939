"""The emotion of a post, of its replies and the gap: what has to hold whatever the model says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from affectkit.perceive.dual_emotion import AUXILIARY, EmotionVector, auxiliary, dual, lexical

LEXICON = {"good": 2.0, "bad": -2.5, "hate": -2.7}
vectors = st.lists(st.floats(-1, 1), min_size=4, max_size=4).map(np.array)


@given(vectors, st.lists(vectors, max_size=6))
def test_the_gap_is_the_publisher_less_the_replies(publisher, replies):
    told = dual(publisher, np.array(replies).reshape(-1, 4))
    own, mean, most, to_mean, to_most = np.split(told, 5)
    np.testing.assert_allclose(own, publisher)
    np.testing.assert_allclose(to_mean, publisher - mean)
    np.testing.assert_allclose(to_most, publisher - most)
    assert (most >= mean - 1e-12).all()


@given(st.text(max_size=80))
def test_shares_lie_between_nought_and_one(text):
    shares = auxiliary(text, LEXICON)
    assert shares.shape == (len(AUXILIARY),)
    assert ((shares >= 0) & (shares <= 1)).all()
    assert -1 <= lexical(text, LEXICON)[2] <= 1


def test_negations_turn_and_degrees_scale():
    plain, turned, more = (lexical(t, LEXICON)[2] for t in ("good", "not good", "very good"))
    assert turned < 0 < plain < more
    assert lexical("bad", LEXICON)[2] < 0


def test_links_and_names_are_not_read():
    seen = []

    def feel(texts):
        seen.extend(texts)
        return np.zeros((len(texts), 1))

    vector = EmotionVector(LEXICON, feel=feel, names_felt=("calm",))
    (told,) = vector(["@someone good news https://example.org/bad"])
    assert seen == ["good news"]
    assert dict(zip(vector.names, told, strict=True))["positive words"] == pytest.approx(0.5)
    assert vector([]).shape == (0, len(vector.names))
