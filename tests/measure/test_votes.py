"""Counted votes: rules nest, confusion is Krippendorff's, divergence is scipy's."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from affectkit.measure import votes as measure
from affectkit.measure.agreement import agreement, krippendorff_alpha, packed_votes
from affectkit.measure.intervals import bootstrap

TABLES = st.tuples(st.integers(1, 12), st.integers(2, 6)).flatmap(
    lambda shape: arrays(np.int64, shape, elements=st.integers(0, 9))
)


@given(TABLES)
def test_a_majority_is_a_plurality_and_every_item_keeps_a_label_or_is_even(votes):
    votes[:, 0] += 1
    share = measure.shares(votes)
    assert share.sum(axis=1) == pytest.approx(1)
    assert not (measure.has_majority(votes) & ~measure.has_plurality(votes)).any()
    even = np.ptp(votes, axis=1) == 0
    assert (measure.above_uniform(share).any(axis=1) != even).all()
    assert (measure.entropy_bits(votes) <= np.log2(votes.shape[1]) + 1e-9).all()


@pytest.mark.parametrize("labels", [3, 6, 7, 11])
def test_a_share_of_exactly_one_in_c_is_not_above_it(labels):
    assert not measure.above_uniform(measure.shares(np.full((1, labels), 7))).any()
    assert not measure.above_uniform(np.full((1, labels), 0.1 * 10 / labels)).any()


@given(TABLES)
def test_confusion_pairs_ratings_one_by_one(votes):
    confusion = measure.rater_confusion(votes)
    pairs = np.zeros((votes.shape[1],) * 2)
    for row in votes:
        said = np.repeat(np.arange(len(row)), row)
        for i, one in enumerate(said):
            for j, other in enumerate(said):
                if i != j:
                    pairs[one, other] += 1 / (len(said) - 1)
    for row, told in zip(pairs, confusion, strict=True):
        if row.sum():
            assert told == pytest.approx(row / row.sum())
        else:
            assert np.isnan(told).all()


@given(TABLES)
def test_alpha_follows_from_the_pairs_that_are_alike(votes):
    alpha = krippendorff_alpha(packed_votes(votes))
    counted = votes[votes.sum(axis=1) > 1]
    alike = measure.pairs_alike(votes)
    assert measure.votes_agreement(votes, n=2).value == pytest.approx(alpha, nan_ok=True)
    if not len(counted):
        assert np.isnan(alike)
    elif not np.isnan(alpha):
        total, n = counted.sum(axis=0), counted.sum()
        chance = (total * (total - 1)).sum() / (n * (n - 1))
        assert (alike - chance) / (1 - chance) == pytest.approx(alpha)


@given(TABLES, st.randoms(use_true_random=False))
def test_divergence_is_scipys(votes, random):
    distance = pytest.importorskip("scipy.spatial.distance")
    votes[:, 0] += 1
    other = votes[:, ::-1] + random.randint(0, 3)
    ours = measure.jensen_shannon_bits(votes, other)
    theirs = distance.jensenshannon(votes, other, base=2, axis=1) ** 2
    assert ours == pytest.approx(np.nan_to_num(theirs), abs=1e-7)


def test_draws_of_sums_are_draws_of_clusters():
    rng = np.random.default_rng(0)
    votes, who = rng.multinomial(6, [0.5, 0.3, 0.2], size=60), rng.integers(8, size=60)
    ours = measure.votes_agreement(votes, clusters=who, n=40, seed=3)
    theirs = agreement(packed_votes(votes), "nominal", clusters=who, n=40, seed=3)
    assert (ours.low, ours.high, ours.n) == pytest.approx((theirs.low, theirs.high, theirs.n))
    flags = votes[:, 0] > 2
    ours = measure.share_of(flags, clusters=who, n=40, seed=3)
    theirs = bootstrap(np.mean, flags, clusters=who, n=40, seed=3)
    assert (ours.low, ours.high, ours.n) == pytest.approx((theirs.low, theirs.high, theirs.n))
    with pytest.raises(ValueError, match="do not fit"):
        measure.share_of(flags, clusters=who[:5])


def test_items_without_votes_and_tables_that_are_none_are_refused():
    with pytest.raises(ValueError, match="item 1 has no vote"):
        measure.shares([[1, 0], [0, 0]])
    with pytest.raises(ValueError, match="numbers from 0"):
        measure.entropy_bits([[-1, 2]])
