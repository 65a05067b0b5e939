"""What a group foretells and which windows overlap, against counting one by one."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from affectkit.measure.leakage import foretold, overlapping

few = st.lists(
    st.tuples(st.sampled_from("abc"), st.sampled_from(["joy", "fear", "anger", "calm"])),
    min_size=2,
    max_size=40,
)


def one_by_one(labels, groups):
    whole = Counter(labels)
    names = sorted(whole)
    right = 0
    for i, (label, group) in enumerate(zip(labels, groups, strict=True)):
        others = Counter(
            one for j, (one, g) in enumerate(zip(labels, groups, strict=True)) if g == group != j
            and j != i
        )  # fmt: skip
        said = max(names, key=lambda name: (others[name], whole[name], -names.index(name)))
        right += said == label
    return right / len(labels)


@given(few)
def test_accuracy_is_that_of_asking_the_other_items_of_the_group(rows):
    groups, labels = zip(*rows, strict=True)
    assert foretold(labels, groups, draws=1).value == pytest.approx(one_by_one(labels, groups))


def test_explained_share_is_that_of_scikit_learn_left_one_out():
    model_selection = pytest.importorskip("sklearn.model_selection")
    linear_model = pytest.importorskip("sklearn.linear_model")
    rng = np.random.default_rng(0)
    groups = rng.integers(0, 4, size=60)
    y = groups + rng.normal(size=60)
    x = np.eye(4)[groups]
    told = model_selection.cross_val_predict(
        linear_model.LinearRegression(fit_intercept=False), x, y, cv=model_selection.LeaveOneOut()
    )
    rest = (y.sum() - y) / (len(y) - 1)
    expected = 1 - np.sum((y - told) ** 2) / np.sum((y - rest) ** 2)
    assert foretold(y, groups, draws=1).value == pytest.approx(expected)


def test_labels_dealt_at_random_follow_no_speaker_as_often_as_the_level_says():
    rng = np.random.default_rng(1)
    hits = 0
    for seed in range(200):
        labels, groups = rng.integers(0, 3, size=120), rng.integers(0, 6, size=120)
        hits += foretold(labels, groups, draws=99, seed=seed).follows
    # A level of 2.5 %: more than 13 of 200 has a chance of about 1 in 1,000.
    assert hits <= 13


def test_a_planted_leaning_is_found():
    rng = np.random.default_rng(2)
    groups = rng.integers(0, 10, size=300)
    labels = np.where(rng.random(300) < 0.5, groups % 4, rng.integers(0, 4, size=300))
    found = foretold(labels, groups)
    assert found.follows
    # Half follow, a quarter of the rest does by chance.
    assert found.value == pytest.approx(0.5 + 0.5 / 4, abs=0.08)
    assert found.chance < 0.35


def test_faults_are_said():
    with pytest.raises(ValueError, match="one a row"):
        foretold(["a"], ["x", "y"])
    with pytest.raises(ValueError, match="not finite"):
        foretold([1.0, np.nan], ["x", "y"])
    with pytest.raises(ValueError, match="draws"):
        foretold(["a", "b"], ["x", "y"], draws=0)


windows = st.lists(
    st.tuples(st.sampled_from("ab"), st.integers(0, 12), st.integers(0, 4)), max_size=12
).map(lambda rows: tuple(np.array(list(zip(*rows, strict=True)) or [[], [], []])))


@given(windows, windows)
def test_overlap_is_found_just_where_two_windows_share_time(left, right):
    sides = [(name, s := start.astype(float), s + length.astype(float))
             for name, start, length in (left, right)]  # fmt: skip
    where, shared = overlapping(*sides)
    for j, (name, start, end) in enumerate(zip(*sides[1], strict=True)):
        with_it = [
            min(e, end) - max(s, start)
            for n, s, e in zip(*sides[0], strict=True)
            if n == name
        ]  # fmt: skip
        assert (where[j] >= 0) == (max(with_it, default=0) > 0)
        if where[j] >= 0:
            assert shared[j] in with_it


def test_a_window_that_ends_before_it_starts_is_refused():
    with pytest.raises(ValueError, match="not before"):
        overlapping((["a"], [2.0], [1.0]), ([], [], []))
