"""Heads: the same numbers as scikit-learn's networks, averaged exactly, saved without loss."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier, MLPRegressor

from affectkit.errors import WeightsError
from affectkit.learn.heads import Head


def planted(kind, n_layers, seed, n_in=5, n_out=3, **more):
    rng = np.random.default_rng(seed)
    sizes = [n_in, *([7] * (n_layers - 1)), n_out]
    weights = [rng.normal(size=(a, b)) for a, b in pairwise(sizes)]
    biases = [rng.normal(size=b) for b in sizes[1:]]
    scale = rng.uniform(0.5, 2, n_in)
    return Head(
        kind, tuple("abc"[:n_out]), weights, biases, mean=rng.normal(size=n_in), scale=scale, **more
    )


def test_it_says_what_scikit_learns_networks_say():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(80, 5))
    y = (x[:, 0] > 0).astype(int) + (x[:, 1] > 0.3)
    many = (x[:, :3] > 0).astype(int)
    deep = MLPClassifier((8,), max_iter=20).fit(x, y)
    head = Head("softmax", tuple("abc"), deep.coefs_, deep.intercepts_)
    np.testing.assert_allclose(head.predict_proba(x), deep.predict_proba(x), atol=1e-4)
    deep = MLPClassifier((8,), max_iter=20).fit(x, many)
    head = Head("sigmoid", tuple("abc"), deep.coefs_, deep.intercepts_)
    np.testing.assert_allclose(head.predict_proba(x), deep.predict_proba(x), atol=1e-4)
    np.testing.assert_array_equal(head.predict(x), deep.predict(x).astype(bool))
    deep = MLPRegressor(hidden_layer_sizes=(8,), max_iter=20).fit(x, x[:, :2])
    head = Head("regression", tuple("ab"), deep.coefs_, deep.intercepts_)
    np.testing.assert_allclose(head.predict(x), deep.predict(x), atol=1e-4)
    flat = LogisticRegression().fit(x, y)
    head = Head("softmax", tuple("abc"), [flat.coef_.T], [flat.intercept_])
    np.testing.assert_array_equal(head.predict(x), np.array(list("abc"))[flat.predict(x)])


@pytest.mark.parametrize("n_layers", [1, 2])
@pytest.mark.parametrize("kind", ["softmax", "sigmoid", "regression"])
def test_an_average_says_the_mean_of_what_its_members_say(kind, n_layers):
    members = [planted(kind, n_layers, seed) for seed in range(3)]
    x = np.random.default_rng(9).normal(size=(20, 5))
    expected = np.mean([m.scores(x) for m in members], axis=0)
    np.testing.assert_allclose(Head.average(members).scores(x), expected, rtol=1e-3, atol=1e-4)


@settings(max_examples=20, deadline=None)
@given(st.sampled_from(["softmax", "sigmoid", "regression"]), st.integers(1, 2), st.integers(0, 99))
def test_saving_loses_nothing(tmp_path_factory, kind, n_layers, seed):
    more = {"thresholds": np.array([0.1, 0.5, 0.9])} if kind == "sigmoid" else {}
    head = planted(kind, n_layers, seed, meta={"seed": seed, "é": [1.5, None]}, **more)
    path = tmp_path_factory.mktemp("heads") / "one.safetensors"
    back = Head.load(head.save(path))
    x = np.random.default_rng(seed).normal(size=(6, 5))
    np.testing.assert_array_equal(back.predict(x), head.predict(x))
    np.testing.assert_array_equal(back.scores(x), head.scores(x))
    assert (back.kind, back.outputs, back.meta) == (head.kind, head.outputs, head.meta)
    half = Head.load(head.save(path, half=True))
    np.testing.assert_allclose(half.scores(x), head.scores(x), atol=0.1)
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_thresholds_are_each_labels_own():
    head = Head("sigmoid", ("a", "b"), [np.zeros((1, 2))], [np.zeros(2)], thresholds=[0.4, 0.6])
    assert head.predict([[1.0]]).tolist() == [[True, False]]


def test_misfits_and_broken_files_are_refused(tmp_path):
    w = np.zeros((4, 2))
    for bad in (
        lambda: Head("guess", ("a", "b"), [w], [np.zeros(2)]),
        lambda: Head("softmax", ("a",), [w], [np.zeros(2)]),
        lambda: Head("softmax", ("a", "b"), [w], [np.zeros(3)]),
        lambda: Head("softmax", ("a", "b"), [w, w], [np.zeros(2), np.zeros(2)]),
        lambda: Head("softmax", ("a", "b"), [], []),
        lambda: Head("softmax", ("a", "b"), [w], [np.zeros(2)], mean=np.zeros(3)),
        lambda: Head("softmax", ("a", "b"), [w], [np.zeros(2)]).scores(np.zeros((1, 3))),
        lambda: Head("regression", ("a", "b"), [w], [np.zeros(2)]).predict_proba(np.zeros((1, 4))),
    ):
        with pytest.raises(ValueError, match=r"."):
            bad()
    path = tmp_path / "head.safetensors"
    with pytest.raises(WeightsError):
        Head.load(path)
    whole = planted("softmax", 2, 0).save(path).read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(WeightsError, match="install"):
        Head.load(path)
    from safetensors.numpy import save_file

    save_file({"weight.0": w}, path)
    with pytest.raises(WeightsError, match="head"):
        Head.load(path)
