"""Tables of n-grams: sums by hand, saved in eight bits, and learned beside a head."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from affectkit.errors import WeightsError
from affectkit.learn.head_trainer import HeadTrainer
from affectkit.learn.ngrams import NgramTable, ngrams

TEXTS = st.lists(st.lists(st.integers(0, 29), max_size=12), max_size=6)


@settings(max_examples=50, deadline=None)
@given(TEXTS)
def test_scores_are_the_sum_over_different_ngrams_by_hand(texts):
    table = NgramTable(np.random.default_rng(0).normal(size=(30 + 11, 3)), n_pieces=30)
    told = table.scores(texts)
    for text, row in zip(texts, told, strict=True):
        rows = ngrams(text, 30, 11)
        assert set(rows[rows < 30]) == set(text[1:-1])
        assert len(rows[rows >= 30]) <= max(len(text) - 1, 0)
        expected = table.weights[rows].sum(axis=0) / np.sqrt(max(len(rows), 1))
        np.testing.assert_allclose(row, expected, rtol=1e-4, atol=1e-5)


def test_it_is_saved_in_eight_bits(tmp_path):
    table = NgramTable(np.random.default_rng(0).normal(size=(4000, 5)), n_pieces=3000)
    path = table.save(tmp_path / "table.safetensors")
    assert path.stat().st_size < 4000 * 5 + 1000
    back = NgramTable.load(path)
    assert np.abs(back.weights - table.weights).max() <= np.abs(table.weights).max() / 254 * 1.01
    assert back.n_pieces == 3000
    path.write_bytes(b"?")
    with pytest.raises(WeightsError):
        NgramTable.load(path)


def test_averages_and_factors_act_on_scores():
    a, b = (NgramTable(np.random.default_rng(s).normal(size=(9, 2)), n_pieces=6) for s in (0, 1))
    text = [[0, 3, 4, 1]]
    np.testing.assert_allclose(
        NgramTable.average([a, b]).scores(text), (a.scores(text) + b.scores(text)) / 2, rtol=1e-5
    )
    np.testing.assert_allclose(a.scaled([2, 0]).scores(text), a.scores(text) * [2, 0], rtol=1e-5)


def test_a_table_learns_the_words_that_the_features_do_not_show():
    pytest.importorskip("torch")
    from affectkit.learn.ngram_trainer import NgramTrainer

    rng = np.random.default_rng(0)
    x = rng.normal(size=(600, 3))
    texts = [[1, *rng.integers(5, 40, size=6), 2] for _ in range(600)]
    word = np.array([7 in t for t in texts])
    y = np.stack([x[:, 0] > 0, word], axis=1).astype(float)
    head = HeadTrainer(kind="sigmoid", epochs=25, batch_size=64, learning_rate=0.02)
    more = {"n_pieces": 40, "n_pairs": 50, "learning_rate": 0.1, "dropout": 0.0}
    both = NgramTrainer(head, **more).fit(x, y, texts)
    right = (both.predict_proba(x, texts) > 0.5) == y
    assert right.mean(axis=0).min() > 0.95
    alone = head.fit(x, y).predict(x)
    assert (alone[:, 1] == word)[word].mean() < 0.5
    again = NgramTrainer(head, **more).fit(x, y, texts)
    np.testing.assert_array_equal(both.scores(x, texts), again.scores(x, texts))
    with pytest.raises(ValueError, match="differ"):
        both.fit(x, y, texts[:5])
