"""The curve is the one ECE sums, the parts add up to Brier, and the band covers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss

from affectkit.measure.metrics import brier, ece
from affectkit.measure.reliability import brier_parts, classwise_ece, reliability_curve

SEEDS = st.integers(0, 2**32 - 1)


@given(SEEDS, st.integers(1, 80), st.sampled_from([None, 1, 4, 15]), st.booleans())
def test_the_parts_add_up_to_the_score(seed, n, bins, soft):
    rng = np.random.default_rng(seed)
    p = rng.choice(9, size=n) / 8 if bins is None else rng.random(n)
    y = rng.random(n) if soft and bins else rng.integers(2, size=n).astype(float)
    parts = brier_parts(y, p, bins=bins)
    assert parts.brier == pytest.approx(brier(y, p), abs=1e-12)
    if not (soft and bins):
        assert parts.brier == pytest.approx(brier_score_loss(y, p, labels=[0, 1]), abs=1e-12)
    assert min(parts.reliability, parts.resolution, parts.uncertainty) >= 0


def test_the_parts_are_murphys_where_they_can_be_worked_out_by_hand():
    # 10 items at 0.2 of which 3 come true, 10 at 0.6 of which 7
    y = [1] * 3 + [0] * 7 + [1] * 7 + [0] * 3
    parts = brier_parts(y, [0.2] * 10 + [0.6] * 10)
    assert parts.reliability == pytest.approx(0.01)
    assert parts.resolution == pytest.approx(0.04)
    assert parts.uncertainty == pytest.approx(0.25)
    assert parts.within == 0


@given(SEEDS, st.integers(1, 200), st.integers(1, 20), st.booleans())
def test_ece_is_the_curves_mean_distance_from_the_diagonal(seed, n, bins, ties):
    rng = np.random.default_rng(seed)
    p = rng.choice(6, size=n) / 5 if ties else rng.random(n)
    y = rng.integers(2, size=n)
    curve = reliability_curve(y, p, bins=bins, n=20)
    assert curve.count.sum() == n
    off = np.abs(curve.frequency - curve.confidence) @ curve.count / n
    assert off == pytest.approx(ece(y, p, bins=bins), abs=1e-12)


def test_the_curve_is_scikit_learns_by_quantile():
    rng = np.random.default_rng(1)
    p = rng.random(1000)
    y = (rng.random(1000) < p**2).astype(int)
    theirs = calibration_curve(y, p, n_bins=10, strategy="quantile")
    curve = reliability_curve(y, p, bins=10, n=20)
    np.testing.assert_allclose(curve.frequency, theirs[0])
    np.testing.assert_allclose(curve.confidence, theirs[1])


def test_ece_by_class_is_torchmetrics_where_both_cut_alike():
    torch = pytest.importorskip("torch")
    theirs = pytest.importorskip("torchmetrics.functional.classification")
    rng = np.random.default_rng(2)
    # each of ten values stands alone in its bin, of equal width as of equal mass
    p = np.repeat((np.arange(10) + 0.5) / 10, 30)
    y = (rng.random(300) < p**2).astype(int)
    both = np.column_stack([1 - p, p])
    expected = [
        theirs.binary_calibration_error(
            torch.tensor(both[:, k]), torch.tensor((y == k).astype(int)), n_bins=10, norm="l1"
        ).item()
        for k in range(2)
    ]
    assert classwise_ece(y, both, bins=10) == pytest.approx(np.mean(expected), abs=1e-6)


def test_a_wrong_runner_up_shows_by_class_and_not_at_the_top():
    # the winner is right as often as said; the two others never get what they were promised
    p = np.tile([0.6, 0.3, 0.1], (100, 1))
    y = np.array([0] * 60 + [2] * 40)
    assert ece(y == 0, p[:, 0]) == pytest.approx(0)
    assert classwise_ece(y, p) == pytest.approx((0 + 0.3 + 0.3) / 3)


def test_the_band_covers_the_true_frequency_and_widens_with_clusters():
    rng = np.random.default_rng(4)
    p = np.repeat([0.2, 0.5, 0.8], 100)
    held = []
    for seed in range(120):
        curve = reliability_curve(rng.random(300) < p, p, bins=3, n=200, seed=seed)
        held += list((curve.low <= [0.2, 0.5, 0.8]) & (curve.high >= [0.2, 0.5, 0.8]))
    # 360 intervals: a standard error of 0.012, and the percentiles of 100 items fall a bit short
    assert np.mean(held) == pytest.approx(0.94, abs=0.04)
    who = np.repeat(np.arange(30), 20)
    y = np.repeat(rng.integers(2, size=30), 20)
    one = reliability_curve(y, np.full(600, 0.5), n=300)
    whole = reliability_curve(y, np.full(600, 0.5), clusters=who, n=300)
    ratio = (whole.high - whole.low)[0] / (one.high - one.low)[0]
    # 20 items of one answer count as one: the square root of 20 wider
    assert ratio == pytest.approx(20**0.5, rel=0.25)


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match=r"\[0, 1\]"):
        reliability_curve([1], [1.2])
    with pytest.raises(ValueError, match="do not fit"):
        brier_parts([1, 0], [0.5])
    with pytest.raises(ValueError, match="at least 1"):
        brier_parts([1], [0.5], bins=0)
    with pytest.raises(ValueError, match="at least 20"):
        reliability_curve([1], [0.5], n=5)
    with pytest.raises(ValueError, match="whole numbers"):
        classwise_ece([2], [[0.5, 0.5]])
    with pytest.raises(ValueError, match="do not fit"):
        reliability_curve([1, 0], [0.5, 0.5], clusters=[1])
