"""Ridge regression over groups: the same as scikit-learn's, and blind to the fold it is asked."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from affectkit.learn.grouped_ridge import balanced_weight, group_folds, out_of_fold, principal


def fit(truth, told):
    return -float(np.mean((truth - told) ** 2))


@given(
    st.lists(st.integers(0, 15), min_size=40, max_size=120).filter(lambda g: len(set(g)) >= 4),
    st.integers(0, 99),
)
@settings(max_examples=40, deadline=None)
def test_no_group_is_cut_and_no_fold_is_empty(groups, seed):
    folds = group_folds(groups, 4, seed=seed)
    assert set(folds) == {0, 1, 2, 3}
    for group in set(groups):
        assert len(set(folds[np.array(groups) == group])) == 1


def test_folds_are_of_like_size_and_another_seed_deals_otherwise():
    groups = np.repeat(np.arange(60), np.random.default_rng(0).integers(1, 30, 60))
    sizes = np.bincount(group_folds(groups, 5, seed=0))
    assert sizes.max() < 1.2 * sizes.min()
    assert (group_folds(groups, 5, seed=0) != group_folds(groups, 5, seed=1)).any()


def test_it_tells_what_scikit_learn_tells_with_the_same_penalty_and_weights():
    linear = pytest.importorskip("sklearn.linear_model")
    rng = np.random.default_rng(1)
    x, folds = rng.normal(size=(120, 6)), np.arange(120) % 4
    y = x @ rng.normal(size=(6, 2)) + 3 + rng.normal(size=(120, 2))
    weight = rng.random(120) + 0.5
    told = out_of_fold(x, y, folds, fit, weight=weight, penalties=[7.0])
    for fold in range(4):
        train = folds != fold
        ridge = linear.Ridge(7.0).fit(x[train], y[train], sample_weight=weight[train])
        np.testing.assert_allclose(told[~train], ridge.predict(x[~train]), atol=1e-5)


def test_the_targets_of_a_fold_do_not_change_what_is_told_of_it():
    rng = np.random.default_rng(2)
    x, folds = rng.normal(size=(80, 5)), np.arange(80) % 4
    y = x[:, 0] + rng.normal(size=80)
    other = y.copy()
    other[folds == 2] = 99.0
    a, b = (out_of_fold(x, t, folds, fit)[folds == 2] for t in (y, other))
    np.testing.assert_allclose(a, b)


def test_noise_takes_the_strongest_penalty():
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(100, 60)), rng.normal(size=100)
    told = out_of_fold(x, y, np.arange(100) % 5, fit, penalties=[0.01, 1e6])
    assert told.std() < 0.1 * y.std()


def test_two_folds_are_too_few():
    with pytest.raises(ValueError, match="three folds"):
        out_of_fold(np.eye(4), np.ones(4), np.array([0, 0, 1, 1]), fit)
    with pytest.raises(ValueError, match="2 groups"):
        group_folds(["a", "b"], 3, seed=0)


def test_balanced_weights_make_yes_and_no_alike_in_sum():
    truth = np.arange(50) < 7
    weight = balanced_weight(truth)
    assert weight[truth].sum() == pytest.approx(weight[~truth].sum())
    assert weight.mean() == pytest.approx(1)


def test_principal_components_are_uncorrelated_and_fall_in_size():
    x = np.random.default_rng(4).normal(size=(200, 8)) @ np.diag(np.arange(1, 9))
    x[:, 1] += x[:, 0]
    spread = np.cov(principal(x, 5).T)
    assert np.all(np.diff(np.diag(spread)) < 0)
    np.testing.assert_allclose(spread, np.diag(np.diag(spread)), atol=1e-9)
