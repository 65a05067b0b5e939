"""A Llama-like language model from GGUF to safetensors, as transformers reads it.

Its matrices are written as half-precision numbers, which keep what 4-bit weights say; the
tokenizer and the chat template come out of the same file.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from affectkit.errors import WeightsError

Array = npt.NDArray[Any]

_NAMES = {
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
    "attn_norm": "input_layernorm",
    "ffn_norm": "post_attention_layernorm",
}
_OUTSIDE = {
    "token_embd.weight": "model.embed_tokens.weight",
    "output_norm.weight": "model.norm.weight",
    "output.weight": "lm_head.weight",
}
_CONTROL = 3  # GGUF's type of tokens that no text becomes


def convert(source: Path, target: Path) -> None:
    """Write ``model.safetensors``, ``config.json`` and the tokenizer into the folder `target`.

    Parameters
    ----------
    source
        GGUF file of a Llama-like model with a byte-level tokenizer.
    target
        Folder to make.

    Raises
    ------
    WeightsError
        If the file is no such model.
    """
    import gguf
    from safetensors.numpy import save_file

    try:
        reader = gguf.GGUFReader(source)
        facts = {name: field.contents() for name, field in reader.fields.items()}
        if facts["general.architecture"] != "llama" or facts["tokenizer.ggml.model"] != "gpt2":
            raise ValueError("another architecture")
        tensors = dict(_renamed(tensor, facts) for tensor in reader.tensors)
        config = _config(facts, tensors)
        tokenizer, about = _tokenizer(facts), _about_tokens(facts)
    except (OSError, ValueError, KeyError, IndexError) as error:
        raise WeightsError(
            f"{source.name} is no Llama-like model in GGUF: {error}",
            remedy="choose another model",
        ) from error
    target.mkdir(parents=True, exist_ok=True)
    save_file(tensors, target / "model.safetensors", metadata={"format": "pt"})
    for name, value in (
        ("config.json", config),
        ("tokenizer.json", tokenizer),
        ("tokenizer_config.json", about),
    ):
        text = json.dumps(value, ensure_ascii=False, indent=None if "ken" in name else 1)
        (target / name).write_text(text + "\n", encoding="utf-8")


def _renamed(tensor: Any, facts: dict[str, Any]) -> tuple[str, Array]:
    import gguf

    values = gguf.quants.dequantize(tensor.data, tensor.tensor_type)
    half = np.ascontiguousarray(values, dtype=np.float16)
    if tensor.name in _OUTSIDE:
        return _OUTSIDE[tensor.name], half
    match = re.fullmatch(r"blk\.(\d+)\.(\w+)\.weight", tensor.name)
    if match is None or match[2] not in _NAMES:
        raise ValueError(f"unknown tensor {tensor.name}")
    if match[2] in ("attn_q", "attn_k"):
        # llama.cpp turns neighbouring pairs of numbers by position, transformers turns halves.
        heads = facts[f"llama.attention.head_count{'' if match[2] == 'attn_q' else '_kv'}"]
        rows, columns = half.shape
        pairs = half.reshape(heads, rows // heads // 2, 2, columns)
        half = np.ascontiguousarray(pairs.swapaxes(1, 2)).reshape(rows, columns)
    return f"model.layers.{match[1]}.{_NAMES[match[2]]}.weight", half


def _config(facts: dict[str, Any], tensors: dict[str, Array]) -> dict[str, Any]:
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "vocab_size": len(tensors["model.embed_tokens.weight"]),
        "hidden_size": facts["llama.embedding_length"],
        "intermediate_size": facts["llama.feed_forward_length"],
        "num_hidden_layers": facts["llama.block_count"],
        "num_attention_heads": facts["llama.attention.head_count"],
        "num_key_value_heads": facts["llama.attention.head_count_kv"],
        "rms_norm_eps": facts["llama.attention.layer_norm_rms_epsilon"],
        "rope_theta": facts["llama.rope.freq_base"],
        "rope_parameters": {
            "rope_type": "default",
            "rope_theta": facts["llama.rope.freq_base"],
        },
        "max_position_embeddings": facts["llama.context_length"],
        "tie_word_embeddings": "lm_head.weight" not in tensors,
        "bos_token_id": facts.get("tokenizer.ggml.bos_token_id"),
        "eos_token_id": facts.get("tokenizer.ggml.eos_token_id"),
        "pad_token_id": facts.get("tokenizer.ggml.padding_token_id"),
        "torch_dtype": "float16",
    }


def _tokenizer(facts: dict[str, Any]) -> dict[str, Any]:
    """Return ``tokenizer.json``: byte-level pairs, digits one by one where the model wants so."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

    words = facts["tokenizer.ggml.tokens"]
    merges = [tuple(pair.split(" ", 1)) for pair in facts["tokenizer.ggml.merges"]]
    made = Tokenizer(models.BPE(vocab={w: i for i, w in enumerate(words)}, merges=merges))
    steps: list[Any] = [pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)]
    if facts.get("tokenizer.ggml.pre") == "smollm":
        steps.insert(0, pre_tokenizers.Digits(individual_digits=True))
    made.pre_tokenizer = pre_tokenizers.Sequence(steps)
    made.decoder = decoders.ByteLevel()
    made.add_special_tokens(
        [AddedToken(w, special=True, normalized=False) for w in _control(facts)]
    )
    told: dict[str, Any] = json.loads(made.to_str())
    return told


def _about_tokens(facts: dict[str, Any]) -> dict[str, Any]:
    words = facts["tokenizer.ggml.tokens"]

    def named(kind: str) -> str | None:
        number = facts.get(f"tokenizer.ggml.{kind}_token_id")
        return None if number is None else words[number]

    return {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": named("bos"),
        "eos_token": named("eos"),
        "pad_token": named("padding"),
        "unk_token": named("unknown"),
        "chat_template": facts.get("tokenizer.chat_template"),
        "model_max_length": facts["llama.context_length"],
        "clean_up_tokenization_spaces": False,
    }


def _control(facts: dict[str, Any]) -> list[str]:
    kinds = facts["tokenizer.ggml.token_type"]
    return [w for w, k in zip(facts["tokenizer.ggml.tokens"], kinds, strict=True) if k == _CONTROL]
