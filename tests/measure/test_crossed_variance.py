"""Variance by rater and item: as a mixed model has it, and as it was planted."""

import warnings

import numpy as np
import pandas as pd
import pytest

from affectkit.measure.crossed_variance import crossed_variance


def planted(rng, n, k, rater, item, rest):
    x = rng.normal(scale=rater, size=(n, 1)) + rng.normal(scale=item, size=(1, k))
    return x + rng.normal(scale=rest, size=(n, k))


def test_it_is_restricted_maximum_likelihood():
    formula = pytest.importorskip("statsmodels.formula.api")
    x = planted(np.random.default_rng(3), 9, 7, 1.0, 0.7, 0.5)
    rater, item = np.indices(x.shape)
    table = pd.DataFrame({"y": x.ravel(), "rater": rater.ravel(), "item": item.ravel()})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = formula.mixedlm(
            "y ~ 1", table, groups=np.ones(len(table)),
            vc_formula={"rater": "0 + C(rater)", "item": "0 + C(item)"},
        ).fit(reml=True)  # fmt: skip
    theirs = dict(zip(model.model.exog_vc.names, model.vcomp, strict=True))
    ours = crossed_variance(x)
    assert ours.rater == pytest.approx(theirs["rater"], rel=0.01)
    assert ours.item == pytest.approx(theirs["item"], rel=0.01)
    assert ours.rest == pytest.approx(model.scale, rel=0.01)


def test_planted_variances_come_back_whatever_is_added():
    rng = np.random.default_rng(0)
    found = [crossed_variance(planted(rng, 40, 30, 1.0, 2.0, 1.5) + 7) for _ in range(60)]
    assert np.mean([f.rater for f in found]) == pytest.approx(1.0, rel=0.1)
    assert np.mean([f.item for f in found]) == pytest.approx(4.0, rel=0.15)
    assert np.mean([f.rest for f in found]) == pytest.approx(2.25, rel=0.05)


def test_raters_and_items_change_places_with_the_table():
    x = np.random.default_rng(1).normal(size=(5, 8))
    one, other = crossed_variance(x), crossed_variance(x.T)
    assert (one.rater, one.item) == pytest.approx((other.item, other.rater))
    with pytest.raises(ValueError, match="full table"):
        crossed_variance([[1.0, np.nan], [2.0, 1.0]])
