"""The plot shows each curve where it is, with its band, and how many items it rests on."""

import numpy as np
import pytest

from affectkit.measure.reliability import reliability_curve
from affectkit.report.reliability_plot import plot_reliability

pytest.importorskip("matplotlib")


def test_curves_bands_and_counts_are_drawn_where_they_are():
    rng = np.random.default_rng(0)
    p = rng.random(400)
    curves = {
        name: reliability_curve(rng.random(400) < p**power, p, bins=5, n=50)
        for name, power in (("before", 2), ("after", 1))
    }
    upper, lower = plot_reliability(curves).axes
    assert [t.get_text() for t in upper.get_legend().get_texts()] == ["calibrated", *curves]
    for k, curve in enumerate(curves.values()):
        np.testing.assert_allclose(upper.lines[k + 1].get_ydata(), curve.frequency)
        np.testing.assert_allclose(lower.lines[k].get_ydata(), curve.count)
        corners = upper.collections[k].get_paths()[0].vertices
        assert {*curve.low, *curve.high} <= set(corners[:, 1])


def test_nothing_to_plot_is_said():
    with pytest.raises(ValueError, match="no curve"):
        plot_reliability({})
