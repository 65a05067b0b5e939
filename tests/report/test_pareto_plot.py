"""The plot of utility against gap shows each method's mean and spread, and joins the front."""

import numpy as np
import pandas as pd
import pytest

from affectkit.report.pareto_plot import plot_pareto

pytest.importorskip("matplotlib")


def runs():
    rng = np.random.default_rng(0)
    places = {"none": (0.6, 0.3), "good": (0.6, 0.1), "poor": (0.5, 0.4), "fair": (0.5, 0.05)}
    return pd.DataFrame(
        [
            {"method": m, "family": m[0], "utility": u + rng.normal(0, 0.01), "gap": g}
            for m, (u, g) in places.items()
            for _ in range(5)
        ]
    )


def test_every_method_is_named_and_the_front_joins_those_not_beaten():
    table = runs()
    figure = plot_pareto(table)
    axes = figure.axes[0]
    assert {t.get_text() for t in axes.texts} == set(table["method"])
    joined = axes.lines[-1].get_xydata()
    mean = table.groupby("method")[["gap", "utility"]].mean()
    expected = mean.loc[["fair", "good"]]
    if mean.loc["none", "utility"] > mean.loc["good", "utility"]:
        expected = mean.loc[["fair", "good", "none"]]
    np.testing.assert_allclose(joined, expected)


def test_a_table_that_lacks_something_is_refused():
    with pytest.raises(ValueError, match="lacks gap"):
        plot_pareto(runs().drop(columns="gap"))
    with pytest.raises(ValueError, match="no run"):
        plot_pareto(runs().iloc[:0])
