"""The risk-coverage curve: what is left of the errors when unsure items go unanswered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from affectkit.measure.abstention import RiskCoverage
from affectkit.optional import require

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_COLOURS = ("#4477AA", "#EE6677", "#228833", "#CCBB44", "#AA3377", "#444444")


def plot_risk_coverage(
    curves: Mapping[str, RiskCoverage], *, wished: float | None = None
) -> Figure:
    """Return a plot of the risk among answers against the share of items answered.

    A curve that does not fall to the left belongs to a confidence that knows nothing of its
    errors.

    Parameters
    ----------
    curves
        Curve by name, such as of two ways to be sure.
    wished
        Risk to mark by a line, such as that given to `affectkit.measure.abstention.answer_from`.

    Returns
    -------
    matplotlib.figure.Figure
        Needs the extra ``plot``.

    Raises
    ------
    ValueError
        If there is no curve.

    Examples
    --------
    >>> from affectkit.measure.abstention import risk_coverage
    >>> curve = risk_coverage([0, 0, 1], [0.9, 0.8, 0.4])
    >>> figure = plot_risk_coverage({"top probability": curve})  # doctest: +SKIP
    >>> figure.savefig("risk.svg")  # doctest: +SKIP
    """
    if not curves:
        raise ValueError("there is no curve to plot")
    figure: Figure = require("matplotlib.figure", extra="plot").Figure(
        figsize=(5, 4), layout="constrained"
    )
    axes = figure.subplots()
    for k, (name, curve) in enumerate(curves.items()):
        label = f"{name} (area {curve.aurc:.3f})"
        axes.plot(curve.coverage, curve.risk, color=_COLOURS[k % len(_COLOURS)], label=label)
    if wished is not None:
        axes.axhline(wished, color="#888888", linewidth=1, label="wished")
    axes.set(xlabel="share of items answered", ylabel="risk among answers", xlim=(0, 1))
    axes.set_ylim(bottom=0)
    axes.legend(fontsize=8, frameon=False)
    return figure
