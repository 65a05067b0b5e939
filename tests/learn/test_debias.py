"""Debiasing methods: one contract, and what each is to change in planted data."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

torch = pytest.importorskip("torch")

from affectkit.learn.debias.adversary import reversed_gradient  # noqa: E402
from affectkit.learn.debias.alignment import (  # noqa: E402
    CovarianceAlignment,
    MeanDiscrepancy,
    covariance_distance,
    mean_discrepancy,
)
from affectkit.learn.debias.biased import EasyFirst  # noqa: E402
from affectkit.learn.debias.head import DebiasedHead, Training  # noqa: E402
from affectkit.learn.debias.methods import METHODS  # noqa: E402
from affectkit.learn.debias.robust import GroupRobust, WorstShare  # noqa: E402
from affectkit.learn.debias.sampling import balanced_rows, cell_weights  # noqa: E402

BRIEF = Training(hidden=8, steps=50, batch_size=64, learning_rate=0.02)
SHORT = Training(steps=120, learning_rate=0.02)


def planted(n=800, minority=0.1, seed=0):
    """Labels that the larger group shows in feature 0, the smaller one in feature 1 only."""
    rng = np.random.default_rng(seed)
    groups = np.where(rng.random(n) < minority, "few", "many")
    y = rng.integers(2, size=n)
    x = rng.normal(size=(n, 6))
    shown = np.where(groups == "many", 0, 1)
    x[np.arange(n), shown] += 5.0 * (y - 0.5)
    return x, np.array(["calm", "joy"])[y], groups


def gap(head):
    x, y, groups = planted(2000, minority=0.5, seed=99)
    right = head.predict(x) == y
    return np.mean(
        [
            right[(groups == "many") & (y == k)].mean() - right[(groups == "few") & (y == k)].mean()
            for k in np.unique(y)
        ]
    )


def test_the_table_has_thirteen_methods_in_five_families():
    assert len(METHODS) == 13
    assert len({m.family for m in METHODS.values()}) == 5
    assert len({m.estimator for m in METHODS.values()}) == 13


@pytest.mark.parametrize("name", [*METHODS, None])
def test_every_method_keeps_the_contract(name):
    base = pytest.importorskip("sklearn.base")
    kind = METHODS[name].estimator if name else DebiasedHead
    x, y, groups = planted(300)
    head = base.clone(kind(training=BRIEF, seed=3)).fit(x, y, groups=groups)
    assert head.classes_.tolist() == ["calm", "joy"]
    p = head.predict_proba(x)
    np.testing.assert_allclose(p.sum(axis=1), 1)
    np.testing.assert_array_equal(head.predict(x), head.classes_[p.argmax(axis=1)])
    again = kind(training=BRIEF, seed=3).fit(x, y, groups=groups)
    np.testing.assert_array_equal(again.predict_proba(x), p)
    assert np.mean(head.predict(x) == y) > 0.6
    several = np.column_stack([y == "joy", y == "calm", groups == "few"]).astype(int)
    q = kind(training=BRIEF).fit(x, several, groups=groups).predict_proba(x)
    assert q.shape == (300, 3)
    assert ((q > 0) & (q < 1)).all()
    if kind.needs_groups:
        with pytest.raises(ValueError, match="groups"):
            kind().fit(x, y)


@pytest.mark.parametrize(
    "name",
    ["down-sampling", "re-weighting", "balanced batches", "gap penalty", "group DRO",
     "conditional adversary"],
)  # fmt: skip
def test_a_planted_gap_shrinks(name):
    x, y, groups = planted()
    plain = gap(DebiasedHead(training=SHORT).fit(x, y))
    fair = gap(METHODS[name].estimator(training=SHORT).fit(x, y, groups=groups))
    assert plain > 0.08
    assert fair < plain - 0.03


@pytest.mark.parametrize("name", ["just train twice", "learning from failure", "error-amplified"])
def test_rows_against_a_shortcut_are_told_better_without_groups(name):
    rng = np.random.default_rng(0)
    y = rng.integers(2, size=1500)
    contrary = rng.random(1500) < 0.05
    x = rng.normal(size=(1500, 2))
    x[:, 0] = 3.0 * ((y != contrary) - 0.5) + 0.3 * x[:, 0]
    x[:, 1] += 4.0 * (y - 0.5)
    learn, judge = slice(0, 800), np.flatnonzero(contrary & (np.arange(1500) >= 800))

    def right(kind):
        return np.mean(kind(training=SHORT).fit(x[learn], y[learn]).predict(x[judge]) == y[judge])

    assert right(METHODS[name].estimator) > right(DebiasedHead)


def shifted(n=800, seed=0):
    """Groups that lie apart in the features, whatever the label."""
    x, y, _ = planted(n, minority=0.0, seed=seed)
    groups = np.random.default_rng(seed + 1).choice(["f", "m"], size=n)
    x[:, 2:] += 1.5 * (groups == "f")[:, None]
    return x, y, groups


def hidden(head, x):
    weight, bias = head.layers_[0]
    return np.maximum((x - head.mean_) / head.scale_ @ weight + bias, 0.0)


@pytest.mark.parametrize("kind", [MeanDiscrepancy, CovarianceAlignment])
def test_the_hidden_layer_tells_less_of_the_group(kind):
    linear = pytest.importorskip("sklearn.linear_model")
    x, y, groups = shifted()
    new, truth, theirs = shifted(seed=7)

    def told(head):
        probe = linear.LogisticRegression(max_iter=2000)
        probe.fit(hidden(head, x), groups)
        return probe.score(hidden(head, new), theirs)

    plain = DebiasedHead(training=SHORT).fit(x, y)
    fair = kind(strength=5.0, training=Training(steps=300, learning_rate=0.02)).fit(
        x, y, groups=groups
    )
    assert told(plain) > 0.8
    assert told(fair) < told(plain) - 0.05
    assert np.mean(fair.predict(new) == truth) > 0.8


def test_all_rows_counting_is_plain_training():
    x, y, _ = planted(300)
    plain, same = (k.fit(x, y) for k in (DebiasedHead(training=BRIEF),
                                         WorstShare(alpha=1.0, training=BRIEF)))  # fmt: skip
    np.testing.assert_allclose(same.predict_proba(x), plain.predict_proba(x), atol=1e-4)
    with pytest.raises(ValueError, match="share"):
        WorstShare(alpha=0.0).fit(x, y)


def test_the_group_that_is_told_worse_counts_more():
    x, y, groups = planted()
    rng = np.random.default_rng(0)
    y = np.where(groups == "few", rng.permutation(y), y)
    head = GroupRobust(training=SHORT).fit(x, y, groups=groups)
    assert head.groups_[head.group_weights_.argmax()] == "few"
    assert head.group_weights_.sum() == pytest.approx(1, abs=1e-5)


def test_what_goes_against_the_grain_is_told_least_by_the_easy_model():
    x, y, groups = planted()
    p = EasyFirst(share=0.4, training=SHORT).fit(x, y).predict_proba(x)
    sure = p[np.arange(len(y)), (y == "joy").astype(int)]
    assert sure[groups == "few"].mean() < sure[groups == "many"].mean() - 0.1


def test_distances_of_equal_samples_are_zero_and_grow_with_a_shift():
    x = torch.tensor(np.random.default_rng(0).normal(size=(60, 3)), dtype=torch.float32)
    for distance in (mean_discrepancy, covariance_distance):
        near, far = (float(distance(torch, x, x + shift)) for shift in (0.5, 1.0))
        assert float(distance(torch, x, x)) == pytest.approx(0, abs=1e-5)
        assert 0 < near < far
    # Means apart by a constant and covariances equal: the closed form is the square.
    assert float(covariance_distance(torch, x, x + 0.5)) == pytest.approx(0.25, abs=1e-4)


def test_a_gradient_comes_back_reversed():
    x = torch.tensor([2.0, 3.0], requires_grad=True)
    y = reversed_gradient(torch, x, 0.5)
    (y * torch.tensor([1.0, 10.0])).sum().backward()
    assert torch.allclose(y, x)
    assert x.grad.tolist() == pytest.approx([-0.5, -5.0])


codes = hnp.arrays(int, 50, elements=st.integers(0, 3))


@given(codes, codes)
def test_weights_give_each_group_of_a_label_as_much_and_rows_as_many(y, g):
    weights = cell_weights(y, g)
    kept = balanced_rows(y, g, np.random.default_rng(0))
    for label in np.unique(y):
        names = np.unique(g[y == label])
        sums = [weights[(y == label) & (g == name)].sum() for name in names]
        np.testing.assert_allclose(sums, np.sum(y == label) / len(names))
        counts = [np.sum((y[kept] == label) & (g[kept] == name)) for name in names]
        assert set(counts) == {min(np.sum((y == label) & (g == name)) for name in names)}


def test_bad_input_is_refused_with_its_reason():
    with pytest.raises(ValueError, match="do not fit"):
        DebiasedHead().fit([[0.0]], ["a", "b"])
    with pytest.raises(ValueError, match="not finite"):
        DebiasedHead().fit([[np.nan], [0.0]], ["a", "b"])
    with pytest.raises(ValueError, match="hidden layer"):
        MeanDiscrepancy(training=Training(hidden=0)).fit([[0.0], [1.0]], ["a", "b"], ["f", "m"])
