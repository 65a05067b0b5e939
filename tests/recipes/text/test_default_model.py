"""The default text model as it ships: small, what its card says, and taught as told."""

from __future__ import annotations

import numpy as np
import pytest

from affectkit import models
from affectkit.data import data_root
from affectkit.learn.joint_text import JointText, Task
from affectkit.perceive.text_model import MODEL
from affectkit.recipes.text import default_card, judging


def test_it_is_small_and_carries_the_licence_of_its_data():
    card = models.card(MODEL)
    assert card.size_bytes <= 30e6
    assert card.licence == "CC-BY-SA-4.0"
    assert any("CC BY-SA" in source for source in card.trained_on)


@pytest.mark.slow
def test_it_scores_what_its_card_says(shared_data):
    for folder in ("goemotions", "emobank", "xed"):
        shared_data(f"text-open/{folder}")
    on_card = {(s.data, s.metric): s for s in models.card(MODEL).scores}
    again = default_card.measure(data_root())
    assert {(s.data, s.metric) for s in again} == set(on_card)
    for score in again:
        assert on_card[score.data, score.metric].holds(score.value), score


def test_space_is_judged_by_the_range_of_other_folds():
    rng = np.random.default_rng(0)
    truth = rng.normal(size=(500, 2))
    told = 0.1 * truth + 5
    out = judging.space_across_folds(told, truth, seed=0)
    np.testing.assert_allclose(out, truth, atol=1e-6)


class Words:
    """Stands for an encoder: two features, the mean of the pieces and how many there are."""

    def __init__(self, scale=1.0):
        self.scale = scale

    def encode_pieces(self, pieces):
        found = [[np.mean(p), len(p)] for p in pieces]
        return np.array(found, dtype=np.float32) * self.scale


def test_teachers_speak_of_other_texts_and_soften_their_own():
    pytest.importorskip("sklearn")
    from affectkit.learn.heads import Head
    from affectkit.recipes.text.teachers import MEANING, taught

    rng = np.random.default_rng(1)

    def pieces(n):
        return [[2, *rng.integers(3, 60, size=5).tolist(), 1] for _ in range(n)]

    own, others = pieces(200), pieces(150)
    mean = np.array([[np.mean(p) / 60] for p in own], dtype=np.float32)
    noisy = mean + rng.normal(0, 0.2, mean.shape).astype(np.float32)
    tasks = [
        Task("labels", "labels", ("a",), others, np.zeros((150, 1), np.float32)),
        Task("rated", "ratings", ("v",), own, noisy),
    ]
    head = Head("regression", ("v",), [np.array([[1 / 60], [0.0]])], [np.zeros(1)])
    learned = JointText({}, {"rated": head}, {})
    first, rated, meaning = taught(
        tasks, learned, Words(), Words(2.0), {"rated": [0]}, width=1, seed=0
    )
    truth = np.array([np.mean(p) / 60 for p in others])
    assert np.corrcoef(first.taught["rated"][:, 0], truth)[0, 1] > 0.95
    assert "rated" not in rated.taught
    # Half of the new target comes from those who did not see the noise of this text.
    assert np.square(rated.target - mean).mean() < 0.5 * np.square(noisy - mean).mean()
    assert meaning.name == MEANING
    assert {MEANING} <= set(first.taught) & set(rated.taught)


def test_features_to_imitate_are_those_of_the_encoder():
    from affectkit.recipes.text.teachers import imitated

    texts = [[2, 3, 1], [2, 9, 9, 1]]
    (task,) = imitated(
        [Task("labels", "labels", ("a",), texts, np.zeros((2, 1), np.float32))], Words()
    )
    np.testing.assert_array_equal(task.features, Words().encode_pieces(texts))
