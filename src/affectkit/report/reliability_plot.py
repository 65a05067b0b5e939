"""The reliability curve with its band, above how many items each part of it rests on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from affectkit.measure.reliability import ReliabilityCurve
from affectkit.optional import require

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_COLOURS = ("#4477AA", "#EE6677", "#228833", "#CCBB44", "#AA3377", "#444444")


def plot_reliability(curves: Mapping[str, ReliabilityCurve]) -> Figure:
    """Return a plot of how often predictions came true against how probable they were said.

    Below the diagonal a model is too sure of itself, above it not sure enough.

    Parameters
    ----------
    curves
        Curve by name, such as before and after calibration.

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
    >>> from affectkit.measure.reliability import reliability_curve
    >>> curve = reliability_curve([0, 1, 1, 1], [0.4, 0.4, 0.9, 0.9], bins=2)
    >>> figure = plot_reliability({"as trained": curve})  # doctest: +SKIP
    >>> figure.savefig("reliability.svg")  # doctest: +SKIP
    """
    if not curves:
        raise ValueError("there is no curve to plot")
    figure: Figure = require("matplotlib.figure", extra="plot").Figure(
        figsize=(5, 6), layout="constrained"
    )
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[4, 1])
    upper.plot([0, 1], [0, 1], color="#888888", linewidth=1, label="calibrated")
    for k, (name, curve) in enumerate(curves.items()):
        colour = _COLOURS[k % len(_COLOURS)]
        upper.fill_between(curve.confidence, curve.low, curve.high, color=colour, alpha=0.2)
        upper.plot(curve.confidence, curve.frequency, marker="o", color=colour, label=name)
        lower.plot(curve.confidence, curve.count, marker=".", color=colour)
    upper.set(ylabel="how often it came true", xlim=(0, 1), ylim=(0, 1))
    upper.legend(fontsize=8, frameon=False)
    lower.set(xlabel="probability given", ylabel="items")
    lower.set_ylim(0, 1.15 * max(int(curve.count.max()) for curve in curves.values()))
    return figure
