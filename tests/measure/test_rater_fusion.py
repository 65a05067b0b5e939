"""The evaluator weighted estimator: planted raters come out by how good they are."""

import numpy as np
import pytest

from affectkit.measure.metrics import ccc
from affectkit.measure.rater_fusion import evaluator_weighted, rater_weights


def raters(noises, items=400, seed=0):
    rng = np.random.default_rng(seed)
    truth = rng.normal(size=items)
    return truth, np.stack([truth + s * rng.normal(size=items) for s in noises])


def test_noisier_raters_weigh_less():
    _, given = raters([0.3, 0.8, 2.0, 6.0])
    weights = rater_weights(given)
    assert np.all(np.diff(weights) < 0)
    assert weights.sum() == pytest.approx(1)


def test_weighting_comes_nearer_to_the_truth_than_the_plain_mean():
    gains = []
    for seed in range(20):
        truth, given = raters([0.5, 0.5, 0.7, 4.0, 4.0], seed=seed)
        gains.append(ccc(truth, evaluator_weighted(given)) - ccc(truth, given.mean(axis=0)))
    assert np.min(gains) > 0


def test_a_rater_who_holds_the_scale_upside_down_is_not_heard():
    _, given = raters([0.3, 0.3, 0.3])
    fused = evaluator_weighted(np.vstack([given, -given[:1]]))
    np.testing.assert_allclose(fused, evaluator_weighted(given), atol=0.1)
    assert rater_weights(np.vstack([given, -given[:1]]))[-1] == 0


def test_raters_alike_give_the_mean():
    _, given = raters([1.0, 1.0])
    np.testing.assert_allclose(evaluator_weighted(given), given.mean(axis=0))


def test_missing_ratings_are_left_out_and_items_nobody_rated_stay_open():
    _, given = raters([0.3, 0.3, 0.3])
    given[0, ::2] = np.nan
    given[:, 7] = np.nan
    fused = evaluator_weighted(given)
    assert np.flatnonzero(np.isnan(fused)).tolist() == [7]
    weights = rater_weights(given)
    assert fused[0] == pytest.approx(np.average(given[1:, 0], weights=weights[1:]))


def test_raters_who_say_always_the_same_count_alike_if_nobody_says_more():
    np.testing.assert_allclose(rater_weights([[1.0, 1.0], [0.0, 0.0]]), [0.5, 0.5])


def test_too_few_raters_and_wrong_weights_are_refused():
    with pytest.raises(ValueError, match="two raters"):
        rater_weights([[1.0, 2.0]])
    with pytest.raises(ValueError, match="one weight a rater"):
        evaluator_weighted([[1.0], [2.0]], weights=[1.0])
