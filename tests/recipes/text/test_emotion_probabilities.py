"""The recipe of paper 103: components, draws and judgement on planted words, one real run."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from affectkit.data import emobank
from affectkit.llm.emotion_vector import TAILS, emotion_words, log_ratios, log_shares
from affectkit.recipes.text import emotion_probabilities as recipe


def planted(n=120, words=20, signal=1.0, seed=0):
    """Return sentences whose words follow valence as far as `signal` says, after every tail."""
    rng = np.random.default_rng(seed)
    valence = rng.uniform(-1, 1, size=n)
    loading = np.linspace(-2, 2, words)
    read = recipe.Read(
        [
            signal * valence[:, None] * loading + 0.5 * rng.normal(size=(n, words)) - 8
            for _ in TAILS
        ],
        [[rng.normal(size=(n, words)) - 8 for _ in range(3)] for _ in TAILS],
    )
    texts = [" ".join(rng.choice(["it", "was", "so", "there", "then"], 5)) for _ in range(n)]
    ids = [f"doc{i // 3}_{i}_{i + 1}" for i in range(n)]
    return read, pd.DataFrame({"id": ids, "text": texts, "valence": valence})


@pytest.mark.parametrize("how", list(recipe._CENTRED))
def test_a_component_ignores_what_all_words_or_all_texts_share(how):
    read, _ = planted()
    log_p = read.words[0]
    moved = log_p + np.linspace(0, 3, log_p.shape[0])[:, None] + np.arange(log_p.shape[1])
    a, b = recipe.component(log_p, "log ratios"), recipe.component(moved, "log ratios")
    assert abs(np.corrcoef(a, b)[0, 1]) == pytest.approx(1.0)
    assert recipe.component(log_p, how).std() > 0


def test_shares_add_up_and_do_not_change_with_the_unit():
    rng = np.random.default_rng(0)
    log_p = rng.normal(size=(4, 6)) * 5
    np.testing.assert_allclose(np.exp(log_shares(log_p)).sum(axis=1), 1.0)
    np.testing.assert_allclose(log_shares(log_p + 7), log_shares(log_p))
    np.testing.assert_allclose(log_ratios(log_p).sum(axis=1), 0.0, atol=1e-12)
    np.testing.assert_allclose(np.exp(log_shares(log_p, against=log_p[0]))[0], 1 / 6)


def test_planted_valence_is_found_and_none_where_there_is_none():
    read, table = planted()
    tail, how = recipe.choose(read, table["valence"].to_numpy())
    found = recipe.judge(read, table, tail, how, ["word"] * 20, (0, 1, 2))
    assert found[0].holds
    assert found[1].holds
    assert found[2].holds
    assert found[4].holds
    assert found[0].value > 0.8
    read, table = planted(signal=0.0)
    none = recipe.judge(read, table, tail, how, ["word"] * 20, (0, 1, 2))
    assert not none[0].holds
    assert not none[4].holds
    assert found[0].n == 40  # documents, not sentences


def test_longer_words_that_only_repeat_add_nothing():
    read, table = planted()
    one = read.words[0]
    assert not recipe.judge_longer(one, one, table, 0, "log ratios", (0,)).holds


def test_out_of_fold_keeps_documents_whole():
    """A vector that only names the document is worth nothing on documents not seen."""
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(30), 4)
    truth = rng.normal(size=30)[groups]
    told = recipe.out_of_fold(np.eye(30)[groups] * 5, truth, [str(g) for g in groups], (0, 1))
    # The mean of the other documents is all there is to tell, and it leans the other way.
    assert np.corrcoef(told, truth)[0, 1] < 0.2
    leaky = recipe.out_of_fold(
        np.eye(30)[groups] * 5, truth, [str(i) for i in range(len(truth))], (0, 1)
    )
    assert np.corrcoef(leaky, truth)[0, 1] > 0.5


class Pieces:
    """A tokenizer of whole words with a space before, as byte-level ones write them."""

    def __init__(self):
        self.words = "Ġjoy Ġtable Ġwindow Ġhouse Ġa table ĠParis Ġx9z2 Ġfear".split()

    def __len__(self):
        return len(self.words)

    def convert_ids_to_tokens(self, ids):
        return [self.words[i] for i in ids]

    def __call__(self, texts, add_special_tokens):
        known = {w.replace("Ġ", " ") for w in self.words}
        return {"input_ids": [[0] if t in known else [0, 1] for t in texts]}


class Model:
    def transformer(self):
        return None, Pieces()


def test_words_of_one_token_and_words_at_random():
    assert recipe.single_tokens(Model(), ["joy", "elation", "fear"]) == ["joy", "fear"]
    drawn = recipe.random_words(Model(), 3, {"joy", "fear"}, seed=0)
    assert drawn == ["house", "table", "window"]


def test_the_words_are_those_of_our_label_sets():
    words = emotion_words()
    assert len(words) == len(set(words)) > 200
    assert {"joy", "grief", "afraid"} <= set(words)


@pytest.mark.slow
def test_a_real_model_reads_real_sentences(shared_data, weights, monkeypatch):
    for package in ("torch", "transformers", "sklearn"):
        pytest.importorskip(package)
    weights("language_model_trainable")
    root = shared_data(emobank.FACTS.folder).parents[1]
    monkeypatch.setattr(recipe, "_PLAIN", (6, 20))
    found = recipe.run(data=root, seeds=(0,))
    assert len(found) == 5
    assert all(0 <= f.value <= 1 for f in found[:4])
