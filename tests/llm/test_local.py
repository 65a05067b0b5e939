"""The small local model: same answers each time, both engines alike, mistakes told plainly."""

from __future__ import annotations

import numpy as np
import pytest

from affectkit.errors import WeightsError, WorkError
from affectkit.llm.local import LocalModel

ASKED = [{"role": "user", "content": "Name three emotions."}]


@pytest.fixture(scope="module")
def model(weights):
    pytest.importorskip("xllamacpp")
    pytest.importorskip("transformers")
    pytest.importorskip("torch")
    weights("language_model", "language_model_trainable")
    with LocalModel() as model:
        yield model


def test_answers_repeat_and_carry_their_usage(model):
    one, two = model.generate_many([ASKED, ASKED], max_tokens=12)
    assert one == two
    assert one.text.strip()
    assert 1 <= one.output_tokens <= 12
    assert model.generate(ASKED, max_tokens=2).finish == "length"


def test_a_stop_text_ends_the_answer(model):
    assert "a" not in model.generate(ASKED, max_tokens=30, stop=["a"]).text


def test_both_engines_cut_the_prompt_alike(model):
    """llama.cpp and transformers see the same template and the same tokens."""
    for text in ("Name three emotions.", "I've got 1,234 péché 😀 cats\n\n  and 2 dogs!"):
        messages = [{"role": "user", "content": text}]
        _, tokenizer = model.transformer()
        ids = tokenizer(model.render(messages), add_special_tokens=False)["input_ids"]
        assert model.generate(messages, max_tokens=1).input_tokens == len(ids)


def test_what_it_says_is_what_it_finds_likely(model):
    """The greedy first word of one engine leads among words for the other."""
    prompt = "The capital of France is"
    said = model.generate(prompt, max_tokens=1).text
    options = [said, " London", " blue", " Berlin"]
    p = model.choose_many([prompt], options)[0]
    assert p.argmax() == 0
    assert p.sum() == pytest.approx(1.0)


def test_choosing_against_a_silent_prompt_cancels_it(model):
    options = [" happy", " sad"]
    p = model.choose_many(["I feel"], options, against="I feel")
    np.testing.assert_allclose(p, 0.5, atol=1e-4)


def test_mistakes_are_told_plainly(model, tmp_path):
    with pytest.raises(WorkError, match="took no prompt"):
        model.generate("word " * 5000)
    assert model.generate(ASKED, max_tokens=2).text  # and it goes on
    with pytest.raises(WeightsError, match="no model file"):
        LocalModel(tmp_path / "nothing.gguf").generate("x")
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF" + bytes(64))
    with LocalModel(broken) as wrong, pytest.raises(WorkError):
        wrong.generate("x")
    with pytest.raises(WeightsError, match="transformers"):
        LocalModel(broken).log_probabilities("a", ["b"])
