"""Human and machine texts are matched; the arms differ only in what came before."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from affectkit.recipes.text import human_and_machine as texts
from affectkit.recipes.text import synthetic_text as recipe


@given(st.text(max_size=80))
def test_plain_is_plain_after_one_pass(text):
    once = texts.plain(text)
    assert texts.plain(once) == once
    assert once == once.strip()


def test_typing_habits_are_gone():
    assert texts.plain("I’m  FINE…  Really!") == texts.plain("i'm fine…  really.")


def made_up(n=400, seed=0):
    rng = np.random.default_rng(seed)
    rows = []
    for i in range(n):
        machine = bool(rng.random() < 0.3)
        words = rng.integers(8, 24) if machine else rng.integers(8, 58)
        rows.append(
            (" ".join(rng.choice(list("abcdefgh"), words)), machine, f"g{i % 40}", "ab"[i % 2])
        )
    return pd.DataFrame(rows, columns=["text", "machine", "group", "role"])


def test_matched_sides_are_alike_in_number_length_and_role():
    kept = texts.matched(made_up(), 0)
    lengths = kept["text"].str.split().str.len() // 4
    table = kept.groupby([lengths, "role", "machine"]).size().unstack(fill_value=0)
    assert (table[True] == table[False]).all()
    assert kept["text"].is_unique
    pd.testing.assert_frame_equal(kept, texts.matched(made_up(), 0))


def test_no_dialogue_is_on_both_sides():
    learned, judged = recipe.split(made_up())
    assert len(learned) + len(judged) == 400
    assert not set(learned["group"]) & set(judged["group"])


def test_topics_follow_words_and_not_the_words_left_out():
    rng = np.random.default_rng(0)
    about = rng.integers(2, size=120)
    said = [
        f"{'football goal match' if a else 'kitchen oven bread'} {rng.choice(['awful', 'lovely'])}"
        for a in about
    ]
    found = recipe.topics_of(said, 2, ["awful", "lovely"], 0)
    assert len({(a, t) for a, t in zip(about, found, strict=True)}) == 2


@pytest.fixture(scope="module")
def encoder(tmp_path_factory):
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    from tokenizers import Tokenizer, models, pre_tokenizers

    at = tmp_path_factory.mktemp("encoder")
    torch.manual_seed(0)
    config = transformers.BertConfig(
        vocab_size=40, hidden_size=16, num_hidden_layers=1, num_attention_heads=1,
        intermediate_size=16, max_position_embeddings=64,
    )  # fmt: skip
    transformers.BertModel(config).save_pretrained(at)
    vocabulary = {"[UNK]": 0, **{f"w{i}": i + 1 for i in range(39)}}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.save(str(at / "tokenizer.json"))
    return at


def test_arms_differ_only_in_what_came_before(encoder):
    rng = np.random.default_rng(0)
    said = [" ".join(f"w{i}" for i in rng.integers(39, size=6)) for _ in range(60)]
    machine = np.array(["w3" in s.split() or "w4" in s.split() for s in said], dtype=int)
    size = recipe.Size(0, 60, 0, epochs=1, layers=1)

    def told(first=None):
        return recipe.detector(said, machine, size, 0, first, encoder=encoder).scores(said)

    def task(epochs):
        return recipe.learner(epochs, size, 0, encoder=encoder).fit(said, np.arange(60) % 3)

    at_once = told()
    np.testing.assert_array_equal(at_once, told())
    assert np.abs(told(task(1)) - at_once).max() > 1e-4
    # A step before that changes nothing leaves the detector that was trained at once.
    np.testing.assert_array_equal(told(task(0)), at_once)


def test_real_texts_are_matched(shared_data):
    data = shared_data("text-internal/escot").parents[1]
    for needed in (*texts.SUPPORT, *texts.EVENTS):
        shared_data(needed)
    for read in (texts.support_talk, texts.events):
        kept = read(data, 0)
        assert kept["machine"].mean() == 0.5
        words = kept["text"].str.split().str.len()
        apart = words[kept["machine"]].mean() - words[~kept["machine"]].mean()
        assert abs(apart) < 1
        assert not set(kept[kept["machine"]]["group"]) & set(kept[~kept["machine"]]["group"])
        assert len(kept) > 300


@pytest.mark.slow
def test_the_recipe_runs_on_real_data(shared_data, weights, monkeypatch):
    data = shared_data("text-internal/escot").parents[1]
    for needed in (*texts.SUPPORT, *texts.EVENTS, "text-open/goemotions", "text-open/vader"):
        shared_data(needed)
    weights("text_encoder_trainable")
    small = recipe.Size(first=64, texts=32, judged=30, epochs=1, layers=2, frozen=1)
    monkeypatch.setattr(recipe, "PLAIN", small)
    found = recipe.run(data=data, seeds=(0, 1))
    assert len(found) == 4
    for f in found:
        assert f.low <= f.high
        assert f.holds == (f.low > 0)
