"""A tiny encoder is tuned on made-up tasks; the file that runs agrees with what was trained."""

import json

import numpy as np
import pytest

from affectkit.learn import joint_text
from affectkit.learn.joint_text import Settings, Task

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

PIECES, WIDTH = 60, 16


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    at = tmp_path_factory.mktemp("encoder")
    torch.manual_seed(0)
    config = transformers.BertConfig(
        vocab_size=PIECES,
        hidden_size=WIDTH,
        num_hidden_layers=3,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=16,
    )
    transformers.BertModel(config, add_pooling_layer=False).save_pretrained(at)
    return at


def texts(n, seed):
    rng = np.random.default_rng(seed)
    return [[0, *rng.integers(1, PIECES, size=rng.integers(1, 9)), 0] for _ in range(n)]


def labels(n=400, seed=1, table=False):
    pieces = texts(n, seed)
    held = [[10 in p or 11 in p or 12 in p, max(p) < 40] for p in pieces]
    return Task("held", "labels", ("a", "b"), pieces, np.array(held, np.float32), table=table)


def ratings(n=200, seed=2):
    pieces = texts(n, seed)
    mean = np.array([[np.mean(p) / PIECES, np.nan] for p in pieces], np.float32)
    return Task("rated", "ratings", ("v", "never"), pieces, mean, concordance=0.5)


def features_of(model, folder, pieces, tmp_path, layers=2):
    from affectkit.models.convert.text_encoder import write_encoder
    from affectkit.models.sessions import OnnxSession

    heads = json.loads((folder / "config.json").read_text())["num_attention_heads"]
    write_encoder(
        model.tensors, tmp_path / "e.onnx", heads=heads, layers=layers, means=(layers,),
        maxima=(layers,),
        activation="relu", quantised=False,
    )  # fmt: skip
    session = OnnxSession(tmp_path / "e.onnx")
    rows = []
    for p in pieces:
        ids = np.array([p], dtype=np.int64)
        rows.append(session.run({"input_ids": ids, "attention_mask": np.ones_like(ids)})[0][0])
    return np.array(rows)


@pytest.mark.slow
def test_it_learns_several_tasks_at_once_and_the_file_tells_the_same(folder, tmp_path):
    settings = Settings(layers=2, epochs=12, batch_size=32, learning_rate=3e-3, head_rate=1e-2)
    model = joint_text.train(folder, [labels(table=True), ratings()], settings, threads=1)
    fresh = labels(200, seed=9)
    features = features_of(model, folder, fresh.pieces, tmp_path)
    told = joint_text.outputs(model, "held", features, fresh.pieces) > 0
    assert (told == fresh.target.astype(bool)).mean() > 0.9
    rated = ratings(200, seed=8)
    v = joint_text.outputs(
        model, "rated", features_of(model, folder, rated.pieces, tmp_path), rated.pieces
    )[:, 0]
    assert np.corrcoef(v, rated.target[:, 0])[0, 1] > 0.8
    losses = [h["held"] for h in model.history]
    assert losses[-1] < losses[0]


def test_training_that_was_cut_off_goes_on_to_the_same_end(folder, tmp_path, monkeypatch):
    tasks = [labels(60), ratings(40)]
    settings = Settings(layers=1, epochs=3, batch_size=16)
    whole = joint_text.train(folder, tasks, settings, threads=1)

    saved = joint_text._State.save
    count = []

    def cut(self, *how):
        saved(self, *how)
        count.append(1)
        if len(count) == 2:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(joint_text._State, "save", cut)
        with pytest.raises(KeyboardInterrupt):
            joint_text.train(folder, tasks, settings, threads=1, keep=tmp_path)
    steps = []
    again = joint_text.train(
        folder, tasks, settings, threads=1, keep=tmp_path, progress=lambda *a: steps.append(a)
    )
    assert len(steps) < 0.5 * 3 * 7
    for name, value in whole.tensors.items():
        np.testing.assert_allclose(again.tensors[name], value, atol=1e-6)


def test_what_nobody_was_asked_teaches_nothing(folder):
    task = ratings(40)
    model = joint_text.train(folder, [task], Settings(layers=1, epochs=1), threads=1)
    assert np.isfinite(model.heads["rated"].weights[0]).all()


def test_a_teacher_of_other_texts_is_learned_from(folder, tmp_path):
    """Nobody rated the texts with ratings here; what a teacher says of others is all there is."""
    own, rated = labels(300), ratings(40)
    silent = Task("rated", "ratings", ("v", "never"), rated.pieces, np.full((40, 2), np.nan, "f"))
    said = np.array([[np.mean(p) / PIECES, np.nan] for p in own.pieces], np.float32)
    able = Task("held", "labels", own.outputs, own.pieces, own.target, taught={"rated": said})
    settings = Settings(layers=1, epochs=6, batch_size=32, learning_rate=3e-3, head_rate=1e-2)
    told = {}
    for name, task in (("with", able), ("without", own)):
        model = joint_text.train(folder, [task, silent], settings, threads=1)
        words = features_of(model, folder, rated.pieces, tmp_path, layers=1)
        told[name] = model.heads["rated"].scores(words)[:, 0]
    truth = rated.target[:, 0]
    assert np.corrcoef(told["with"], truth)[0, 1] > 0.6
    assert np.square(told["with"] - truth).mean() < np.square(told["without"] - truth).mean() / 2


def test_going_on_begins_with_what_was_learned(folder):
    tasks = [labels(60, table=True), ratings(40)]
    first = joint_text.train(folder, tasks, Settings(layers=1, epochs=1), threads=1)
    still = Settings(layers=1, epochs=1, learning_rate=0, head_rate=0, table_rate=0)
    again = joint_text.train(folder, tasks, still, start=first, threads=1)
    for name, value in first.tensors.items():
        np.testing.assert_array_equal(again.tensors[name], value)
    for name, head in first.heads.items():
        np.testing.assert_array_equal(again.heads[name].weights[0], head.weights[0])
    np.testing.assert_array_equal(again.tables["held"].weights, first.tables["held"].weights)


def test_targets_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="do not fit"):
        Task("t", "labels", ("a",), [[0, 1, 0]], np.zeros((2, 1), np.float32))
