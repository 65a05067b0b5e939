"""Probabilities of continuations: the chain rule, whatever the batch, the tree or the sharing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("torch")
pytest.importorskip("transformers")

import torch
import transformers

from affectkit.llm import continuations as module
from affectkit.llm.continuations import continuation_log_probabilities

WORDS = 13
tokens = st.lists(st.integers(0, WORDS - 1), min_size=1, max_size=5)


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    config = transformers.LlamaConfig(
        vocab_size=WORDS,
        hidden_size=16,
        intermediate_size=24,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        initializer_range=0.5,
    )
    return transformers.LlamaForCausalLM(config).eval()


def one_by_one(model, prompt, continuation):
    """The definition: log p(c_i | x, c_<i), added up."""
    with torch.no_grad():
        log_p = model(torch.tensor([prompt + continuation])).logits[0].log_softmax(-1)
    at = len(prompt) - 1
    return sum(float(log_p[at + i, token]) for i, token in enumerate(continuation))


@settings(max_examples=40, deadline=None)
@given(
    shared=st.lists(st.integers(0, WORDS - 1), max_size=4),
    ends=st.lists(tokens, min_size=1, max_size=5),
    continuations=st.lists(tokens, min_size=1, max_size=6),
    batch_size=st.integers(1, 4),
)
def test_it_is_the_chain_rule(model, shared, ends, continuations, batch_size):
    prompts = [shared + end for end in ends]
    found = continuation_log_probabilities(model, prompts, continuations, batch_size=batch_size)
    for row, prompt in zip(found, prompts, strict=True):
        for value, continuation in zip(row, continuations, strict=True):
            assert value == pytest.approx(one_by_one(model, prompt, continuation), abs=1e-4)


def test_a_tree_in_parts_is_the_same_tree(model, monkeypatch):
    rng = np.random.default_rng(0)
    continuations = [rng.integers(WORDS, size=4).tolist() for _ in range(20)]
    prompts = [[1, 2, 3], [1, 2]]
    whole = continuation_log_probabilities(model, prompts, continuations)
    monkeypatch.setattr(module, "_NODES", 7)
    parts = continuation_log_probabilities(model, prompts, continuations)
    np.testing.assert_allclose(parts, whole, atol=1e-5)


def test_all_next_tokens_add_up_to_one(model):
    found = continuation_log_probabilities(model, [[1, 5, 2]], [[t] for t in range(WORDS)])
    assert np.exp(found).sum() == pytest.approx(1.0, abs=1e-5)


def test_nothing_and_empty(model):
    assert continuation_log_probabilities(model, [], [[1]]).shape == (0, 1)
    with pytest.raises(ValueError, match="at least one token"):
        continuation_log_probabilities(model, [[]], [[1]])
