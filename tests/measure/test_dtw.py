"""Warping distance is dtaidistance's, and the least over every walk there is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from affectkit.measure.dtw import dtw_distance

NUMBERS = st.integers(-8, 8).map(lambda n: n / 4)
SERIES = st.lists(NUMBERS, min_size=1, max_size=12)
SHORT = st.lists(NUMBERS, min_size=1, max_size=5)


def _least(a, b, band, weight):
    """Walk every way."""

    def walk(i, j):
        if band is not None and abs(i - j) > band:
            return np.inf
        apart = abs(a[i] - b[j])
        if i == j == 0:
            return weight * apart
        ways = [np.inf]
        if i:
            ways.append(walk(i - 1, j) + apart)
        if j:
            ways.append(walk(i, j - 1) + apart)
        if i and j:
            ways.append(walk(i - 1, j - 1) + weight * apart)
        return min(ways)

    return walk(len(a) - 1, len(b) - 1)


@settings(max_examples=100, deadline=None)
@given(SERIES, SERIES)
def test_it_is_dtaidistances(a, b):
    dtw = pytest.importorskip("dtaidistance.dtw")
    theirs = dtw.distance(np.array(a), np.array(b), inner_dist="euclidean")
    assert dtw_distance(a, b) == pytest.approx(theirs)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=2, max_size=12), st.integers(0, 5))
def test_with_a_band_it_is_dtaidistances(pairs, band):
    dtw = pytest.importorskip("dtaidistance.dtw")
    a, b = np.array(pairs).T
    # Its window counts the diagonal too.
    theirs = dtw.distance(a, b, inner_dist="euclidean", window=band + 1)
    assert dtw_distance(a, b, band=band) == pytest.approx(theirs)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_of_several_values_a_sample_it_is_dtaidistances(seed):
    ndim = pytest.importorskip("dtaidistance.dtw_ndim")
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=(7, 3)), rng.normal(size=(10, 3))
    assert dtw_distance(a, b) == pytest.approx(ndim.distance(a, b, inner_dist="euclidean"))


@settings(max_examples=60, deadline=None)
@given(SHORT, SHORT, st.integers(0, 4), st.sampled_from([1, 2]))
def test_no_walk_within_the_band_is_shorter(a, b, more, weight):
    band = abs(len(a) - len(b)) + more
    wanted = _least(a, b, band, weight)
    assert dtw_distance(a, b, band=band, diagonal_weight=weight) == pytest.approx(wanted)


@settings(max_examples=100, deadline=None)
@given(SERIES, SERIES, st.integers(1, 4), st.integers(0, 8))
def test_it_is_symmetric_and_pace_costs_nothing(a, b, slower, band):
    assert dtw_distance(a, b) == pytest.approx(dtw_distance(b, a))
    assert dtw_distance(a, a) == 0
    assert dtw_distance(a, np.repeat(a, slower)) == 0
    assert dtw_distance(a, b) >= 0
    assert dtw_distance(a[::-1], b[::-1]) == pytest.approx(dtw_distance(a, b))
    # A narrower band leaves fewer walks; a straight one, no choice.
    width = abs(len(a) - len(b)) + band
    assert dtw_distance(a, b, band=width) >= dtw_distance(a, b) - 1e-12
    assert dtw_distance(a, b, band=width + 1) <= dtw_distance(a, b, band=width) + 1e-12
    n = min(len(a), len(b))
    straight = np.abs(np.subtract(a[:n], b[:n])).sum()
    assert dtw_distance(a[:n], b[:n], band=0) == pytest.approx(straight)


@given(st.integers(1, 30), st.integers(1, 30), NUMBERS, NUMBERS)
def test_two_constants_lie_apart_by_their_difference_at_each_step(n, m, x, y):
    d = dtw_distance([x] * n, [y] * m)
    assert d == pytest.approx(max(n, m) * abs(x - y))
    # Sakoe and Chiba's symmetric form counts each sample of either series once.
    twice = dtw_distance([x] * n, [y] * m, diagonal_weight=2)
    assert twice / (n + m) == pytest.approx(abs(x - y))


def test_the_way_over_a_third_series_may_be_shorter():
    direct = dtw_distance([0], [1, 1, 1])
    over = dtw_distance([0], [1]) + dtw_distance([1], [1, 1, 1])
    assert (direct, over) == (3, 1)


def test_what_cannot_be_walked_is_refused():
    with pytest.raises(ValueError, match="band of 1"):
        dtw_distance([0, 0, 0], [0], band=1)
    with pytest.raises(ValueError, match="empty"):
        dtw_distance([], [0])
    with pytest.raises(ValueError, match="sample 1 of the second"):
        dtw_distance([0], [0, np.nan])
    with pytest.raises(ValueError, match="do not fit"):
        dtw_distance([[0, 1]], [0])
    with pytest.raises(ValueError, match="diagonal_weight"):
        dtw_distance([0], [0], diagonal_weight=3)
