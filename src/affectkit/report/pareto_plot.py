"""Utility against gap, a method a point, with what the seed alone does to each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from affectkit.measure.pareto import pareto_front
from affectkit.optional import require

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_COLOURS = ("#444444", "#4477AA", "#EE6677", "#228833", "#CCBB44", "#AA3377")
_COLUMNS = ("method", "family", "utility", "gap")


def plot_pareto(
    runs: pd.DataFrame, *, utility: str = "macro F1", gap: str = "RMS TPR gap"
) -> Figure:
    """Return a plot of methods by what they cost and what they bring.

    Parameters
    ----------
    runs
        A row for each run: ``method, family, utility, gap``. Bars are one standard deviation
        over the runs of a method; methods that no other beats in both means are joined.
    utility, gap
        Names of the axes.

    Returns
    -------
    matplotlib.figure.Figure
        Needs the extra ``plot``.

    Raises
    ------
    ValueError
        If a column is missing, there is no run, or a number is missing.

    Examples
    --------
    >>> runs = pd.DataFrame({
    ...     "method": ["none", "none", "re-weighting", "re-weighting"],
    ...     "family": ["none", "none", "pre-processing", "pre-processing"],
    ...     "utility": [0.60, 0.62, 0.59, 0.61], "gap": [0.30, 0.20, 0.15, 0.20],
    ... })
    >>> figure = plot_pareto(runs)  # doctest: +SKIP
    >>> figure.savefig("pareto.svg")  # doctest: +SKIP
    """
    if missing := [c for c in _COLUMNS if c not in runs]:
        raise ValueError(f"the table of runs lacks {', '.join(missing)}")
    if runs.empty or not np.isfinite(runs[["utility", "gap"]].to_numpy(dtype=float)).all():
        raise ValueError("there is no run, or a run lacks its utility or gap")
    by = runs.groupby("method", sort=False)
    mean = by[["utility", "gap"]].mean()
    spread = by[["utility", "gap"]].std(ddof=1).fillna(0.0)
    family = by["family"].first()
    figure: Figure = require("matplotlib.figure", extra="plot").Figure(
        figsize=(8, 5), layout="constrained"
    )
    axes = figure.subplots()
    for colour, name in zip(_cycle(family.nunique()), family.unique(), strict=True):
        mine = family == name
        axes.errorbar(
            mean.loc[mine, "gap"],
            mean.loc[mine, "utility"],
            xerr=spread.loc[mine, "gap"],
            yerr=spread.loc[mine, "utility"],
            fmt="o",
            color=colour,
            elinewidth=0.8,
            label=name,
        )
    for method, row in mean.iterrows():
        axes.annotate(
            str(method), (row["gap"], row["utility"]), (4, 4), textcoords="offset points",
            fontsize=8,
        )  # fmt: skip
    front = mean[pareto_front(mean["utility"], mean["gap"])].sort_values("gap")
    axes.plot(front["gap"], front["utility"], color="#888888", linewidth=1, zorder=0)
    axes.set(xlabel=f"{gap} (less is fairer)", ylabel=utility)
    axes.legend(fontsize=8, frameon=False)
    return figure


def _cycle(n: int) -> list[str]:
    return [_COLOURS[k % len(_COLOURS)] for k in range(n)]
