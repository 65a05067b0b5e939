"""The score interval of a share, against statsmodels."""

from __future__ import annotations

import pytest
from statsmodels.stats.proportion import proportion_confint

from affectkit.measure.proportions import wilson


@pytest.mark.parametrize(("k", "n"), [(0, 7), (3, 7), (7, 7), (150, 1000)])
@pytest.mark.parametrize("level", [0.9, 0.95])
def test_it_is_that_of_statsmodels(k, n, level):
    low, high = proportion_confint(k, n, alpha=1 - level, method="wilson")
    found = wilson(k / n, n, level=level)
    assert (found.low, found.high) == (pytest.approx(low, abs=1e-9), pytest.approx(high, abs=1e-9))
    assert (found.value, found.n) == (k / n, n)


@pytest.mark.parametrize(("share", "n"), [(1.2, 10), (-0.1, 10), (0.5, 0)])
def test_what_is_no_share_is_said(share, n):
    with pytest.raises(ValueError, match="no share"):
        wilson(share, n)
