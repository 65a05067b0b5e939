"""The plot shows each curve where it is, and the wished risk."""

import numpy as np
import pytest

from affectkit.measure.abstention import risk_coverage
from affectkit.report.abstention_plot import plot_risk_coverage

pytest.importorskip("matplotlib")


def test_curves_are_drawn_where_they_are_and_named_with_their_area():
    rng = np.random.default_rng(0)
    sure = rng.random(200)
    wrong = rng.random(200) > sure
    curves = {"sure": risk_coverage(wrong, sure), "blind": risk_coverage(wrong, rng.random(200))}
    axes = plot_risk_coverage(curves, wished=0.1).axes[0]
    names = [t.get_text() for t in axes.get_legend().get_texts()]
    assert names == [f"{name} (area {c.aurc:.3f})" for name, c in curves.items()] + ["wished"]
    for line, curve in zip(axes.lines, curves.values(), strict=False):
        np.testing.assert_allclose(line.get_xdata(), curve.coverage)
        np.testing.assert_allclose(line.get_ydata(), curve.risk)
    assert set(axes.lines[2].get_ydata()) == {0.1}


def test_nothing_to_plot_is_said():
    with pytest.raises(ValueError, match="no curve"):
        plot_risk_coverage({})
