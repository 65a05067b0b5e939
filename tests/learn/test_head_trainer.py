"""The trainer keeps scikit-learn's contract, learns what is there, and ignores what is masked."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch", reason="training needs the extra 'train'")

from scipy import stats
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from affectkit.learn import losses
from affectkit.learn.head_trainer import HeadTrainer
from affectkit.measure.metrics import ccc


def blobs(seed=0, n=400):
    rng = np.random.default_rng(seed)
    y = rng.integers(3, size=n)
    return rng.normal(size=(n, 4)) + 2 * np.eye(3, 4)[y], np.array(["anger", "joy", "sad"])[y]


def test_a_linear_softmax_head_reaches_scikit_learns_likelihood():
    x, y = blobs()
    ours = HeadTrainer(epochs=150, learning_rate=0.02, weight_decay=0.0).fit(x, y)
    theirs = LogisticRegression(C=np.inf).fit(x, y)
    assert log_loss(y, ours.predict_proba(x)) == pytest.approx(
        log_loss(y, theirs.predict_proba(x)), abs=5e-3
    )
    assert ours.classes_.tolist() == theirs.classes_.tolist()


def test_it_clones_searches_and_stands_in_pipelines():
    x, y = blobs()
    trainer = HeadTrainer(epochs=15, learning_rate=0.02, seed=3)
    assert clone(trainer).get_params() == trainer.get_params()
    with pytest.raises(ValueError, match="no parameter"):
        trainer.set_params(depth=3)
    scores = cross_val_score(make_pipeline(StandardScaler(), trainer), x, y, cv=3)
    assert scores.mean() > 0.7


def test_the_seed_fixes_the_head_and_leaves_the_callers_randomness_alone():
    import torch

    x, y = blobs()
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    make = lambda seed: HeadTrainer(hidden=6, dropout=0.2, epochs=3, seed=seed).fit(x, y)  # noqa: E731
    first, again, other = make(5), make(5), make(6)
    assert torch.equal(torch.rand(3), expected)
    np.testing.assert_array_equal(first.predict_proba(x), again.predict_proba(x))
    assert not np.array_equal(first.predict_proba(x), other.predict_proba(x))


def test_a_hidden_layer_learns_what_a_line_cannot():
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, size=(800, 2))
    y = np.where(x[:, 0] * x[:, 1] > 0, "same", "other")
    flat = HeadTrainer(epochs=40, learning_rate=0.02).fit(x, y).score(x, y)
    deep = HeadTrainer(hidden=24, epochs=80, learning_rate=0.02, members=2).fit(x, y).score(x, y)
    assert flat < 0.65 < 0.9 < deep


def test_what_nobody_annotated_teaches_nothing():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(600, 3))
    y = (x[:, :2] > 0).astype(float)
    y[300:, 0] = np.nan  # label 0 was asked of the first half only
    lies = y.copy()
    head = HeadTrainer(kind="sigmoid", outputs=("a", "b"), epochs=40, learning_rate=0.02)
    seen = head.fit(x, y).predict_proba(x)
    assert ((seen[:, 0] > 0.5) == (x[:, 0] > 0)).mean() > 0.93
    lies[300:, 0] = 1 - (x[300:, 0] > 0)
    fooled = clone(head).fit(x, lies).predict_proba(x)
    assert ((fooled[:, 0] > 0.5) == (x[:, 0] > 0)).mean() < 0.7


def test_soft_labels_are_matched_in_the_mean():
    x = np.ones((300, 2))
    shares = np.tile([0.2, 0.5, 0.3], (300, 1))
    told = HeadTrainer(outputs=("a", "b", "c"), epochs=60, learning_rate=0.02).fit(x, shares)
    np.testing.assert_allclose(told.predict_proba(x[:1]), shares[:1], atol=0.02)


def test_balance_lifts_a_rare_label():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(1000, 2))
    y = (x[:, :1] + rng.normal(size=(1000, 1)) > 2.2).astype(float)
    head = HeadTrainer(kind="sigmoid", epochs=60, learning_rate=0.02)
    plain = clone(head).fit(x, y).predict_proba(x).mean()
    lifted = clone(head).set_params(balance=0.5).fit(x, y).predict_proba(x).mean()
    assert plain == pytest.approx(y.mean(), abs=0.02)
    assert lifted > 1.5 * plain


def test_the_concordance_loss_is_one_minus_ccc_and_keeps_the_spread_of_the_target():
    import torch

    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 50, 2)).astype(np.float32)
    expected = 1 - np.mean([ccc(a[:, i], b[:, i]) for i in range(2)])
    loss = losses.concordance_loss(torch.from_numpy(a), torch.from_numpy(b))
    assert float(loss) == pytest.approx(expected, abs=1e-5)
    x = rng.normal(size=(500, 3))
    y = x[:, 0] + 1.5 * rng.normal(size=500)
    squared = HeadTrainer(kind="regression", loss="squared", epochs=120, learning_rate=0.05)
    even = clone(squared).set_params(loss="concordance").fit(x, y)
    mixed = clone(squared).set_params(loss="mixed").fit(x, y)
    squared.fit(x, y)
    # Least squares shrinks towards the mean by r; concordance is best at the target's own spread.
    assert squared.predict(x).std() < mixed.predict(x).std() < even.predict(x).std()
    assert even.predict(x).std() == pytest.approx(y.std(), rel=0.1)
    assert squared.score(x, y) < mixed.score(x, y) < even.score(x, y)
    assert stats.pearsonr(mixed.predict(x), y).statistic > 0.4


def test_items_held_back_stop_it_from_learning_noise():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(120, 60)), rng.choice(["a", "b"], size=120)
    long = HeadTrainer(hidden=32, epochs=60, learning_rate=0.01, weight_decay=0.0)
    sure = long.fit(x, y).predict_proba(x).max(axis=1).mean()
    held = clone(long).set_params(validation=0.3).fit(x, y).predict_proba(x).max(axis=1).mean()
    assert held < sure - 0.1


def test_targets_that_do_not_fit_are_refused():
    x = np.zeros((4, 2))
    with pytest.raises(ValueError, match="fit"):
        HeadTrainer().fit(x, ["a"])
    with pytest.raises(ValueError, match="not among"):
        HeadTrainer(outputs=("a",)).fit(x, ["a", "b", "a", "b"])
    with pytest.raises(ValueError, match="outputs"):
        HeadTrainer(kind="sigmoid", outputs=("a",)).fit(x, np.zeros((4, 2)))
