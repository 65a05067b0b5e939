"""Fusion by learned weights: what it can tell, what it looks at, and the published formula."""

from __future__ import annotations

import numpy as np
import pytest

from affectkit.learn.attention_fusion import AttentionFusion

torch = pytest.importorskip("torch")


def planted(n, *, seed=0):
    """Two modalities that each half-tell one of four classes, and noise in both."""
    rng = np.random.default_rng(seed)
    one, other = rng.integers(0, 2, n), rng.integers(0, 2, n)
    x = rng.normal(size=(n, 6)) * 0.4
    x[:, 0] += 2 * one
    x[:, 3] += 2 * other
    return x, 2 * one + other


def test_what_only_both_tell_together_is_learned():
    x, y = planted(600)
    new, truth = planted(400, seed=1)
    both = AttentionFusion(widths=(3, 3)).fit(x, y)
    first = AttentionFusion(widths=(3,)).fit(x[:, :3], y)
    assert both.score(new, truth) > 0.9
    # One modality tells two pairs apart and has to guess inside them.
    assert first.score(new[:, :3], truth) < 0.6
    assert np.allclose(both.predict_proba(new).sum(axis=1), 1)
    assert (both.predict(new) == both.classes_[both.predict_proba(new).argmax(axis=1)]).all()


def test_scores_follow_the_published_formula():
    x, y = planted(60)
    model = AttentionFusion(widths=(2, 4), hidden=5, epochs=2).fit(x, y)
    state = {k: v.numpy() for k, v in model.network_.state_dict().items()}

    def layer(name, z):
        return z @ state[f"{name}.weight"].T + state[f"{name}.bias"]

    z = (x - x.mean(axis=0)) / x.std(axis=0)
    h = [np.maximum(layer(f"modalities.{m}.0", part), 0)
         for m, part in enumerate((z[:, :2], z[:, 2:]))]  # fmt: skip
    a = layer("attention.1", np.maximum(layer("attention.0.0", np.hstack(h)), 0))
    scores = layer("head", a[:, :1] * h[0] + a[:, 1:] * h[1])
    e = np.exp(scores)
    assert np.allclose(model.modality_weights(x), a, atol=1e-4)
    assert np.allclose(model.predict_proba(x), e / e.sum(axis=1, keepdims=True), atol=1e-4)
    shares = AttentionFusion(widths=(2, 4), epochs=2, softmax=True).fit(x, y).modality_weights(x)
    assert np.allclose(shares.sum(axis=1), 1)


def test_a_seed_gives_one_model_and_leaves_other_draws_alone():
    x, y = planted(80)
    torch.manual_seed(3)
    before = torch.rand(1)
    torch.manual_seed(3)
    one, same, other = (
        AttentionFusion(widths=(3, 3), epochs=3, seed=s).fit(x, y) for s in (1, 1, 2)
    )
    assert torch.rand(1) == before
    assert np.array_equal(one.predict_proba(x), same.predict_proba(x))
    assert not np.array_equal(one.predict_proba(x), other.predict_proba(x))


def test_the_contract_of_scikit_learn_holds():
    base = pytest.importorskip("sklearn.base")
    x, y = planted(40)
    model = AttentionFusion(widths=(3, 3), epochs=1)
    copy = base.clone(model)
    assert copy.get_params() == model.get_params()
    assert base.is_classifier(copy)
    assert set(copy.fit(x, np.array(list("abcd"))[y]).predict(x)) <= set("abcd")


@pytest.mark.parametrize(
    ("x", "y", "fault"),
    [
        (np.zeros((4, 2)), [0, 1, 0, 1], "do not fit widths"),
        (np.full((4, 6), np.nan), [0, 1, 0, 1], "not finite"),
        (np.zeros((4, 6)), [0, 1], "do not fit 2 labels"),
        (np.zeros((4, 6)), [1, 1, 1, 1], "two labels"),
    ],
)
def test_what_cannot_be_learned_is_said(x, y, fault):
    with pytest.raises(ValueError, match=fault):
        AttentionFusion(widths=(3, 3)).fit(x, y)
