"""A layer that says some things twice is thinned out without loss; training wins the rest back."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from affectkit.learn import joint_text
from affectkit.learn.joint_text import Settings, Task
from affectkit.learn.thinning import least_missed, thinned

PIECES, WIDTH, INNER = 60, 16, 32


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    at = tmp_path_factory.mktemp("encoder")
    torch.manual_seed(0)
    config = transformers.BertConfig(
        vocab_size=PIECES,
        hidden_size=WIDTH,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=INNER,
        max_position_embeddings=16,
        hidden_act="relu",
    )
    transformers.BertModel(config, add_pooling_layer=False).save_pretrained(at)
    return at


def texts(n, seed=0):
    rng = np.random.default_rng(seed)
    return [[0, *rng.integers(1, PIECES, size=rng.integers(2, 9)).tolist(), 0] for _ in range(n)]


def task(n=120):
    pieces = texts(n)
    held = np.array([[10 in p or 11 in p] for p in pieces], np.float32)
    return Task("held", "labels", ("a",), pieces, held)


def features(folder, learned, pieces, tmp_path):
    from affectkit.models.convert.text_encoder import write_encoder
    from affectkit.models.sessions import OnnxSession

    write_encoder(
        learned.tensors, tmp_path / "e.onnx", heads=2, layers=2, means=(2,), maxima=(2,),
        activation="relu", quantised=False, padded=False,
    )  # fmt: skip
    session = OnnxSession(tmp_path / "e.onnx")
    return np.array([session.run({"input_ids": np.array([p], np.int64)})[0][0] for p in pieces])


@given(st.integers(2, 6), st.integers(1, 4), st.integers(1, 4), st.integers(0, 2**32 - 1))
def test_what_is_kept_is_as_good_as_least_squares_on_it(n, spare, outputs, seed):
    rng = np.random.default_rng(seed)
    base = rng.normal(1.0, 1.0, size=(400, n))
    seen = np.column_stack([base, base @ rng.normal(size=(n, spare))])
    matrix, bias = rng.normal(size=(outputs, n + spare)), rng.normal(size=outputs)
    kept, fewer, moved = least_missed(seen, matrix, bias, n)
    assert len(kept) == n
    wanted = seen @ matrix.T + bias
    # As many as there are to know are kept, so hardly anything is missed.
    left = np.square(seen[:, kept] @ fewer.T + moved - wanted).mean()
    assert left < 0.05 * wanted.var()


def test_more_than_there_are_cannot_be_kept():
    with pytest.raises(ValueError, match="ask for 1 to 3"):
        least_missed(np.ones((4, 3)), np.ones((1, 3)), [0.0], 4)


def test_values_that_others_repeat_are_taken_out_first(folder, tmp_path):
    settings = Settings(layers=2, epochs=1, batch_size=32)
    learned = joint_text.train(folder, [task()], settings, threads=1)
    tensors = dict(learned.tensors)
    half = INNER // 2
    for layer in range(2):
        for part in ("weight", "bias"):
            name = f"encoder.layer.{layer}.intermediate.dense.{part}"
            tensors[name] = np.concatenate([tensors[name][:half]] * 2)
    twice = replace(learned, tensors=tensors)
    less = thinned(folder, twice, texts(60, seed=3), half)
    assert less.tensors["encoder.layer.1.output.dense.weight"].shape == (WIDTH, half)
    fresh = texts(40, seed=4)
    a, b = (features(folder, model, fresh, tmp_path) for model in (twice, less))
    assert np.square(a - b).mean() < 0.01 * a.var()


def test_a_narrower_encoder_learns_to_give_what_the_whole_one_gave(folder, tmp_path):
    settings = Settings(layers=2, epochs=1, batch_size=32)
    learned = joint_text.train(folder, [task()], settings, threads=1)
    shown = task()
    told = features(folder, learned, shown.pieces, tmp_path).astype(np.float32)
    shown = replace(shown, features=told)
    less = thinned(folder, learned, shown.pieces[:60], 4)
    rng = np.random.default_rng(5)
    less = replace(
        less,
        tensors={
            name: v + rng.normal(0, 0.2, v.shape).astype(np.float32)
            if "dense.weight" in name
            else v
            for name, v in less.tensors.items()
        },
    )
    again = replace(
        settings, epochs=8, feed_forward=4, imitation=5.0, learning_rate=2e-3, dropout=0.0
    )
    made_good = joint_text.train(folder, [shown], again, start=less, threads=1)
    fresh = texts(60, seed=7)
    wanted, before, after = (
        features(folder, model, fresh, tmp_path) for model in (learned, less, made_good)
    )
    assert np.square(after - wanted).mean() < 0.5 * np.square(before - wanted).mean()
    with pytest.raises(ValueError, match="needs a start"):
        joint_text.train(folder, [shown], again, threads=1)
