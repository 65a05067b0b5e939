"""Agreement is that of the reference libraries, and planted agreement is found."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from affectkit.affect import LabelSet, Ratings
from affectkit.measure.agreement import (
    agreement,
    fleiss_kappa,
    icc,
    krippendorff_alpha,
    overall_ccc,
    packed_votes,
    pairwise_ccc,
    rating_table,
)
from affectkit.measure.metrics import ccc

holes = hnp.arrays(
    float,
    st.tuples(st.integers(2, 12), st.integers(2, 6)),
    elements=st.sampled_from([0.0, 1.0, 2.0, 3.0, np.nan]),
)
votes = hnp.arrays(np.int64, st.tuples(st.integers(2, 9), st.just(4)), elements=st.integers(0, 4))


@pytest.mark.parametrize("level", ["nominal", "ordinal", "interval"])
@settings(deadline=None, max_examples=60)
@given(x=holes)
def test_alpha_is_that_of_the_krippendorff_package(level, x):
    krippendorff = pytest.importorskip("krippendorff")
    ours = krippendorff_alpha(x, level)
    kept = x[(~np.isnan(x)).sum(axis=1) > 1]
    if len(np.unique(kept[~np.isnan(kept)])) < 2:
        assert np.isnan(ours)
        return
    theirs = krippendorff.alpha(kept.T, level_of_measurement=level)
    assert ours == pytest.approx(theirs, abs=1e-9)


@settings(deadline=None, max_examples=40)
@given(x=holes, shift=st.floats(-5, 5), seed=st.integers(0, 99))
def test_alpha_knows_neither_who_rated_nor_where_the_scale_begins(x, shift, seed):
    rng = np.random.default_rng(seed)
    moved = rng.permuted(x[rng.permutation(len(x))], axis=1)
    for level, changed in (
        ("nominal", moved * -3 + shift),
        ("ordinal", np.exp(moved)),
        ("interval", moved * 2.5 + shift),
    ):
        assert krippendorff_alpha(changed, level) == pytest.approx(
            krippendorff_alpha(x, level), abs=1e-9, nan_ok=True
        )


def test_there_is_no_agreement_where_nothing_varies_whatever_the_value():
    same = np.full((9, 3), 1.3557849017701855)  # its mean is rounded
    for level in ("nominal", "ordinal", "interval"):
        assert np.isnan(krippendorff_alpha(same, level))
    assert np.isnan(icc(same))
    assert np.isnan(overall_ccc(same))


@settings(deadline=None, max_examples=40)
@given(votes)
def test_packed_votes_are_the_votes(counts):
    packed = packed_votes(counts)
    back = np.array([[np.sum(row == k) for k in range(4)] for row in packed])
    np.testing.assert_array_equal(back, counts)


@settings(deadline=None, max_examples=40)
@given(x=hnp.arrays(np.int64, st.tuples(st.integers(2, 12), st.integers(2, 6)),
                    elements=st.integers(0, 3)))  # fmt: skip
def test_kappa_is_that_of_statsmodels_where_items_have_as_many_raters(x):
    inter_rater = pytest.importorskip("statsmodels.stats.inter_rater")
    counts = np.array([[np.sum(row == k) for k in range(4)] for row in x])
    ours = fleiss_kappa(counts)
    if len(np.unique(x)) < 2:
        assert np.isnan(ours)
        return
    assert ours == pytest.approx(inter_rater.fleiss_kappa(counts), abs=1e-9)


def test_kappa_of_many_items_is_alpha_up_to_the_small_sample():
    """Alpha corrects kappa's chance for the number of ratings: the two meet as 1 / n."""
    rng = np.random.default_rng(0)
    counts = rng.multinomial(5, [0.5, 0.3, 0.2], size=4000)
    n = counts.sum()
    kappa = fleiss_kappa(counts)
    alpha = krippendorff_alpha(packed_votes(counts))
    assert alpha == pytest.approx(1 - (1 - kappa) * (n - 1) / n, abs=1e-12)


@pytest.mark.parametrize("seed", range(4))
def test_intraclass_correlations_are_those_of_pingouin(seed):
    pingouin = pytest.importorskip("pingouin")
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(15, 1)) * 2 + rng.normal(size=4) + rng.normal(size=(15, 4))
    x[3, 1] = np.nan
    long = pd.DataFrame(x).rename_axis("item").reset_index().melt("item", var_name="rater")
    table = pingouin.intraclass_corr(long, "item", "rater", "value", nan_policy="omit")
    theirs = dict(zip(table["Type"], table["ICC"], strict=True))
    names = {"ICC(A,1)": "ICC(2,1)", "ICC(C,1)": "ICC(3,1)",
             "ICC(A,k)": "ICC(2,k)", "ICC(C,k)": "ICC(3,k)"}  # fmt: skip
    assert len(theirs) == 6
    for name, value in theirs.items():
        assert icc(x, names.get(name, name)) == pytest.approx(value, abs=1e-6)


def test_intraclass_correlation_finds_the_planted_share_of_variance():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(4000, 1)) * 2 + np.array([0.0, 1.0, -1.0]) + rng.normal(size=(4000, 3))
    assert icc(x, "ICC(3,1)") == pytest.approx(4 / 5, abs=0.02)
    assert icc(x, "ICC(2,1)") == pytest.approx(4 / 6, abs=0.02)  # raters' levels vary by 1
    assert icc(x, "ICC(3,k)") == pytest.approx(3 * 0.8 / (1 + 2 * 0.8), abs=0.02)  # Spearman-Brown


def test_concordance_of_two_is_that_of_metrics_and_of_more_weighs_the_pairs():
    rng = np.random.default_rng(2)
    x = rng.normal(size=(60, 1)) + rng.normal(size=(60, 3)) * [0.3, 0.6, 1.0] + [0, 0.5, 0]
    assert overall_ccc(x[:, :2]) == pytest.approx(ccc(x[:, 0], x[:, 1]), abs=1e-12)
    x[rng.random(x.shape) < 0.2] = np.nan
    pairs = pairwise_ccc(x)
    top = bottom = 0.0
    for i, j in ((0, 1), (0, 2), (1, 2)):
        a, b = x[~np.isnan(x[:, [i, j]]).any(axis=1)][:, [i, j]].T
        weight = a.var() + b.var() + (a.mean() - b.mean()) ** 2
        top, bottom = top + pairs[i, j] * weight, bottom + weight
    assert overall_ccc(x) == pytest.approx(top / bottom, abs=1e-12)


def test_concordance_far_from_zero_keeps_its_digits():
    x = np.random.default_rng(3).normal(size=(50, 3))
    assert overall_ccc(x + 1e6) == pytest.approx(overall_ccc(x), abs=1e-6)


@pytest.mark.parametrize("measure", ["nominal", "ordinal", "interval", "fleiss", "icc", "ccc"])
def test_intervals_hold_the_value_and_narrow_with_more_items(measure):
    rng = np.random.default_rng(4)

    def said(n):
        truth = rng.integers(0, 5, (n, 1))
        return np.where(rng.random((n, 4)) < 0.4, rng.integers(0, 5, (n, 4)), truth).astype(float)

    few, many = (agreement(said(n), measure, n=150) for n in (50, 800))
    assert few.low < few.value < few.high
    assert (few.n, many.n) == (50, 800)
    assert many.high - many.low < (few.high - few.low) / 2
    assert many.low < 0.36 < many.high or measure != "nominal"  # both keep the truth: .6 squared


def test_ratings_become_a_table_in_the_order_of_their_labels():
    labels = LabelSet.load("ekman7")
    rows = pd.DataFrame(
        {"item": ["a", "a", "b"], "rater": ["y", "x", "x"], "label": ["joy", "fear", "joy"]}
    )
    ratings = Ratings(rows, labels)
    table = rating_table(ratings)
    joy, fear = labels.labels.index("joy"), labels.labels.index("fear")
    np.testing.assert_array_equal(table, [[joy, fear], [np.nan, joy]])
    assert agreement(ratings, n=10).value == pytest.approx(ratings.agreement(), nan_ok=True)
    shown = Ratings(rows.assign(rater="x", condition=["voice", "face", "face"]), labels)
    np.testing.assert_array_equal(rating_table(shown), [[joy, fear], [np.nan, joy]])
    with pytest.raises(ValueError, match="nobody rated 'valence'"):
        rating_table(ratings, "valence")
    twice = Ratings(rows.assign(rater="x").iloc[:2], labels)
    with pytest.raises(ValueError, match="several labels"):
        rating_table(twice)


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="no level"):
        krippendorff_alpha([[1, 2]], "ratio")
    with pytest.raises(ValueError, match="row an item"):
        krippendorff_alpha([1, 2])
    with pytest.raises(ValueError, match="no form"):
        icc([[1, 2]], "ICC(4,1)")
    with pytest.raises(ValueError, match="no measure"):
        agreement([[1, 2]], "kappa")
    with pytest.raises(ValueError, match="whole numbers"):
        agreement([[0.5, 1]], "fleiss")
    with pytest.raises(ValueError, match="votes"):
        fleiss_kappa([[-1, 2]])
    with pytest.raises(ValueError, match="votes"):
        packed_votes([[0.5, 2]])
