"""Scalers fitted by scikit-learn on known rows are told apart."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from affectkit.measure.normalisation import normalised_on

preprocessing = pytest.importorskip("sklearn.preprocessing")


def made(seed: int, n: int = 300) -> np.ndarray:
    return np.random.default_rng(seed).gamma(2, 3, size=(n, 1)) + 1


def sides(x, digits=None):
    x = x[:, 0] if digits is None else np.round(x[:, 0], digits)
    return x[:200], x[200:]


@given(st.integers(0, 500), st.sampled_from([4, 6, None]))
def test_a_standard_scaler_is_found_by_the_rows_it_saw(seed, digits):
    x = made(seed)
    whole = preprocessing.StandardScaler().fit_transform(x)
    ours = preprocessing.StandardScaler().fit(x[:200]).transform(x)
    apart = np.concatenate(
        [preprocessing.StandardScaler().fit_transform(part) for part in (x[:200], x[200:])]
    )
    assert normalised_on(*sides(whole, digits)).fitted in ("all", "either")
    assert normalised_on(*sides(ours, digits)).fitted in ("train", "either")
    assert normalised_on(*sides(apart, digits)).fitted == "each split"
    assert normalised_on(*sides(x, digits)).fitted == "not seen"


def test_rows_unlike_each_other_leave_no_doubt():
    x = made(0)
    x[200:] += 2
    assert normalised_on(*sides(preprocessing.scale(x))).fitted == "all"


@pytest.mark.parametrize("ends", [(0, 1), (-1, 1)])
def test_ends_are_found_where_held_out_rows_reach_further(ends):
    x = made(3)
    x[250] = x.max() + 5
    scaler = preprocessing.MinMaxScaler(ends)
    assert normalised_on(*sides(scaler.fit_transform(x))).fitted == "all"
    ours = scaler.fit(x[:200]).transform(x)
    assert normalised_on(*sides(ours)).fitted == "train"


def test_flags_and_constants_are_not_judged():
    flags = np.array([0.0, 1.0] * 20)
    assert normalised_on(np.zeros(20), flags).fitted == "not seen"
    assert normalised_on(np.ones(20), np.ones(20)).fitted == "not seen"


@pytest.mark.parametrize("disjoint", [True, False])
def test_normalised_speaker_by_speaker_is_not_taken_for_a_leak(disjoint):
    x, who = made(4)[:, 0], np.repeat(np.arange(10), 30)
    for k in range(10):
        x[who == k] = preprocessing.scale(x[who == k])
    order = np.arange(300) if disjoint else np.random.default_rng(0).permutation(300)
    x, who = x[order], who[order]
    assert normalised_on(x[:150], x[150:], who).fitted == "each group"


def test_faults_are_said():
    with pytest.raises(ValueError, match="groups"):
        normalised_on([1.0], [2.0], [1])
    with pytest.raises(ValueError, match="one number a row"):
        normalised_on([[1.0]], [2.0])
