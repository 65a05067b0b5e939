"""The converted encoder says what a reference network says, whatever stands beside a text."""

from __future__ import annotations

import json

import numpy as np
import pytest

from affectkit.errors import WeightsError
from affectkit.models.convert import text_encoder as converter
from affectkit.models.sessions import OnnxSession

WIDTH, HEADS, LAYERS, WORDS = 24, 4, 3, 50


def planted(seed=0):
    """Return the weights of a small encoder, under the names that BERT has."""
    rng = np.random.default_rng(seed)
    t = {
        "embeddings.word_embeddings.weight": rng.normal(size=(WORDS, WIDTH)),
        "embeddings.position_embeddings.weight": rng.normal(size=(40, WIDTH)),
        "embeddings.token_type_embeddings.weight": rng.normal(size=(2, WIDTH)),
    }
    dense = {
        "attention.self.query": (WIDTH, WIDTH),
        "attention.self.key": (WIDTH, WIDTH),
        "attention.self.value": (WIDTH, WIDTH),
        "attention.output.dense": (WIDTH, WIDTH),
        "intermediate.dense": (4 * WIDTH, WIDTH),
        "output.dense": (WIDTH, 4 * WIDTH),
    }
    for layer in range(LAYERS):
        for name, shape in dense.items():
            t[f"encoder.layer.{layer}.{name}.weight"] = 0.3 * rng.normal(size=shape)
            t[f"encoder.layer.{layer}.{name}.bias"] = 0.1 * rng.normal(size=shape[0])
    norms = ["embeddings.LayerNorm"]
    for layer in range(LAYERS):
        norms += [f"encoder.layer.{layer}.{p}.LayerNorm" for p in ("attention.output", "output")]
    for name in norms:
        t[f"{name}.weight"] = rng.uniform(0.5, 1.5, WIDTH)
        t[f"{name}.bias"] = 0.1 * rng.normal(size=WIDTH)
    return {name: value.astype(np.float32) for name, value in t.items()}


def reference(t, ids, activation="gelu"):
    """Return the words after each layer, by torch's own encoder layer."""
    torch = pytest.importorskip("torch")
    x = (
        t["embeddings.word_embeddings.weight"][ids]
        + t["embeddings.position_embeddings.weight"][: len(ids)]
        + t["embeddings.token_type_embeddings.weight"][0]
    )

    def put(linear, name):
        linear.weight.copy_(torch.from_numpy(t[f"{name}.weight"]))
        linear.bias.copy_(torch.from_numpy(t[f"{name}.bias"]))

    with torch.no_grad():
        norm = torch.nn.LayerNorm(WIDTH, eps=1e-12)
        put(norm, "embeddings.LayerNorm")
        x = norm(torch.from_numpy(x))[None]
        out = [x[0].numpy()]
        for i in range(LAYERS):
            p = f"encoder.layer.{i}."
            layer = torch.nn.TransformerEncoderLayer(
                WIDTH, HEADS, 4 * WIDTH, 0.0, activation, layer_norm_eps=1e-12, batch_first=True
            ).eval()
            joint = [f"{p}attention.self.{n}" for n in ("query", "key", "value")]
            attention = layer.self_attn
            for kind in ("weight", "bias"):
                value = np.concatenate([t[f"{n}.{kind}"] for n in joint])
                getattr(attention, f"in_proj_{kind}").copy_(torch.from_numpy(value))
            put(attention.out_proj, f"{p}attention.output.dense")
            put(layer.norm1, f"{p}attention.output.LayerNorm")
            put(layer.linear1, f"{p}intermediate.dense")
            put(layer.linear2, f"{p}output.dense")
            put(layer.norm2, f"{p}output.LayerNorm")
            x = layer(x)
            out.append(x[0].numpy())
    return out


def batch(*texts):
    ids = np.zeros((len(texts), max(map(len, texts))), dtype=np.int64)
    seen = np.zeros_like(ids)
    for i, text in enumerate(texts):
        ids[i, : len(text)], seen[i, : len(text)] = text, 1
    return {"input_ids": ids, "attention_mask": seen}


def write(path, **how):
    settings = {"heads": HEADS, "layers": LAYERS, "means": (0, 2, 3), "maxima": (1, 3)}
    converter.write_encoder(planted(), path, **(settings | how))
    return OnnxSession(path)


@pytest.mark.parametrize("activation", ["gelu", "relu"])
def test_it_is_the_network_that_torch_computes(tmp_path, activation):
    session = write(tmp_path / "e.onnx", quantised=False, activation=activation)
    texts = [[3, 9, 1, 30], [7, 2], [5, 5, 5, 40, 41, 42, 43]]
    told = session.run(batch(*texts))[0]
    for row, ids in zip(told, texts, strict=True):
        words = reference(planted(), ids, activation)
        means = [words[i].mean(axis=0) for i in (0, 2, 3)]
        expected = np.concatenate([*means, words[1].max(axis=0), words[3].max(axis=0)])
        np.testing.assert_allclose(row, expected, atol=2e-4)


@pytest.mark.parametrize("activation", ["gelu", "relu"])
def test_integers_change_little(tmp_path, activation):
    whole = write(tmp_path / "f.onnx", quantised=False, activation=activation)
    small = write(tmp_path / "q.onnx", activation=activation)
    rng = np.random.default_rng(1)
    texts = [rng.integers(1, WORDS, size=9).tolist() for _ in range(20)]
    a, b = whole.run(batch(*texts))[0], small.run(batch(*texts))[0]
    cosine = (a * b).sum(axis=1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)
    assert cosine.min() > 0.99
    with pytest.raises(WeightsError):
        OnnxSession(tmp_path / "none.onnx")


def test_a_folder_that_holds_no_encoder_is_refused(tmp_path):
    with pytest.raises(WeightsError, match="no sentence encoder"):
        converter.convert(tmp_path, tmp_path / "out")
    (tmp_path / "config.json").write_text(json.dumps({"num_attention_heads": 2}))
    (tmp_path / "model.safetensors").write_bytes(b"nothing")
    with pytest.raises(WeightsError, match="no sentence encoder"):
        converter.convert(tmp_path, tmp_path / "out")


def test_a_text_gets_the_same_features_whatever_stands_beside_it(tmp_path):
    session = write(tmp_path / "q.onnx")
    rng = np.random.default_rng(2)
    texts = [rng.integers(1, WORDS, size=n).tolist() for n in (1, 3, 8, 8, 20)]
    together = session.run(batch(*texts))[0]
    for row, text in zip(together, texts, strict=True):
        np.testing.assert_allclose(session.run(batch(text))[0][0], row, atol=1e-5)


@pytest.mark.parametrize("quantised", [False, True])
def test_a_file_without_padding_gives_the_same_features(tmp_path, quantised):
    with_, without = (
        write(tmp_path / f"{padded}.onnx", padded=padded, quantised=quantised)
        for padded in (True, False)
    )
    assert without.inputs == ("input_ids",)
    rng = np.random.default_rng(3)
    texts = [rng.integers(1, WORDS, size=6).tolist() for _ in range(5)]
    expected = with_.run(batch(*texts))[0]
    told = without.run({"input_ids": np.array(texts, np.int64)})[0]
    np.testing.assert_allclose(told, expected, atol=1e-2 if quantised else 1e-5)


def test_batches_hold_one_length_where_there_is_no_padding():
    from affectkit.perceive.text_encoder import _BATCH_TOKENS, _batches

    lengths = np.random.default_rng(4).integers(2, 129, size=3_000)
    for mixed in (False, True):
        batches = list(_batches(lengths, mixed=mixed))
        assert sorted(np.concatenate(batches)) == list(range(len(lengths)))
        assert all(len(b) * lengths[b].max() <= _BATCH_TOKENS for b in batches)
        assert mixed or all(len(set(lengths[b])) == 1 for b in batches)


def test_batches_by_length_answer_in_the_order_asked(weights):
    weights("text_encoder")
    from affectkit.perceive.text_encoder import TextEncoder

    texts = ["I am glad.", "No", "It was a long and winding road that led us here " * 4, "", "No"]
    encoder = TextEncoder(threads=2)
    together = encoder.encode(texts * 20)
    assert together.shape[0] == 100
    for i, text in enumerate(texts):
        np.testing.assert_allclose(encoder.encode([text])[0], together[i], atol=1e-4)
    np.testing.assert_allclose(together[1], together[4], atol=1e-4)
    assert encoder.encode([]).shape[0] == 0
