"""The picture of a timeline: each person's valence and arousal, and what led when."""

from __future__ import annotations

import colorsys
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from affectkit.affect.circumplex import placement
from affectkit.affect.labels import LabelSet
from affectkit.affect.open_vocabulary import NOTHING_FELT, share
from affectkit.optional import require

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from affectkit.affect.timeline import Timeline

# Dark enough for thin lines on white, and apart for the colour-blind (Okabe and Ito 2008).
VALENCE, AROUSAL, INK, QUIET = "#0072B2", "#D55E00", "#222222", "#8A8A8A"
_LANES = ("fused", "face", "speech", "text")


def plot_timeline(timeline: Timeline, *, person: str | None = None) -> Figure:
    """Draw one panel a person: valence and arousal with their bands, over an emotion ribbon.

    The band is one standard deviation of the expected error to either side. The ribbon takes
    the colour of the leading emotion and fades with confidence; where nobody could tell it is
    hatched. Fused estimates are drawn where there are some, else the best covered modality.

    Parameters
    ----------
    timeline
        What to draw.
    person
        One person only; everyone and the group if None.

    Returns
    -------
    matplotlib.figure.Figure
        Not shown and not known to pyplot, so that nothing has to be closed.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed (extra ``plot``).
    ValueError
        If the timeline has no such person.
    """
    figure_module = require("matplotlib.figure", extra="plot")
    everyone = list(dict.fromkeys(timeline.table["person"].fillna("")))
    if person is not None and person not in everyone:
        known = ", ".join(map(repr, everyone)) or "nobody"
        raise ValueError(f"the timeline has no {person!r}; it has {known}")
    names = [person] if person is not None else everyone
    rows = max(len(names), 1)
    figure: Figure = figure_module.Figure(figsize=(11, 1.1 + 2.1 * rows), layout="constrained")
    panels = figure.subplots(2 * rows, 1, sharex=True, squeeze=False, height_ratios=[5, 1] * rows)[
        :, 0
    ]
    colours = emotion_colours(timeline.label_set)
    seen: set[str] = set()
    for index, name in enumerate(names):
        space, ribbon = panels[2 * index], panels[2 * index + 1]
        table, lane = _best_lane(timeline.table[timeline.table["person"].fillna("") == name])
        _draw_space(space, table)
        seen |= _draw_ribbon(ribbon, table, timeline.label_set, colours)
        space.set_title(f"{name or 'unknown person'} · {lane}", loc="left", size=10, color=INK)
    unit = "sentence" if timeline.provenance.get("time") == "sentences" else "seconds"
    panels[-1].set_xlabel(unit, color=INK)
    panels[-1].set_xlim(0, max(timeline.duration_s, 1e-6))
    _legend(figure, colours, [label for label in timeline.label_set.labels if label in seen])
    return figure


def emotion_colours(label_set: LabelSet) -> dict[str, tuple[float, float, float]]:
    """Return a colour for each label: that of its family, lighter or darker within it.

    A label that belongs to no family takes a hue by its angle on the circumplex, and one
    that stands for no emotion is grey.

    Returns
    -------
    dict
        Red, green and blue in [0, 1] for each label.

    Examples
    --------
    >>> colours = emotion_colours(LabelSet.load("plutchik8"))
    >>> colours["anger"][0] > colours["anger"][2]
    True
    """
    families = LabelSet("families", tuple(_FAMILIES))
    members: dict[str, list[str]] = {}
    for label in label_set.labels:
        if label in NOTHING_FELT or label == label_set.neutral:
            family = "neutral"
        else:
            family = next(iter(share(label, families)))
        members.setdefault(family, []).append(label)
    where = placement(label_set)[["valence", "arousal"]].fillna(0.0).to_numpy(dtype=float)
    out = {}
    for family, labels in members.items():
        shifts = np.linspace(-0.12, 0.16, len(labels)) if len(labels) > 1 else [0.0]
        for label, shift in zip(labels, shifts, strict=True):
            if family in _FAMILIES:
                hue, lightness, saturation = _FAMILIES[family]
            else:
                valence, arousal = where[label_set.index(label)]
                hue = (0.13 - math.atan2(arousal, valence) / math.tau) % 1.0
                lightness, saturation = 0.5, 0.3
            out[label] = colorsys.hls_to_rgb(hue, lightness + float(shift), saturation)
    return {label: out[label] for label in label_set.labels}


# Hue, lightness, saturation as people tend to pair them with emotions.
_FAMILIES = {
    "anger": (0.01, 0.47, 0.65),
    "disgust": (0.22, 0.38, 0.50),
    "fear": (0.76, 0.47, 0.40),
    "joy": (0.12, 0.52, 0.80),
    "sadness": (0.59, 0.47, 0.50),
    "surprise": (0.06, 0.55, 0.80),
    "love": (0.93, 0.60, 0.60),
    "trust": (0.41, 0.45, 0.40),
    "anticipation": (0.50, 0.45, 0.45),
    "boredom": (0.08, 0.45, 0.18),
    "neutral": (0.0, 0.62, 0.0),
}


def _best_lane(table: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    told = table.groupby("modality", dropna=False)["reason"].apply(lambda r: int(r.isna().sum()))
    if "fused" in told.index and told["fused"]:
        lane = "fused"
    elif len(told):
        lane = str(told.sort_values(ascending=False, kind="stable").index[0])
    else:
        return table, ""
    return table[table["modality"] == lane], lane


def _draw_space(axes: Any, table: pd.DataFrame) -> None:
    axes.axhline(0, color="#DDDDDD", lw=0.8, zorder=0)
    middle = ((table["start_s"] + table["end_s"]) / 2).to_numpy(dtype=float)
    for name, colour in (("arousal", AROUSAL), ("valence", VALENCE)):
        value = table[name].to_numpy(dtype=float)
        band = np.nan_to_num(table[f"{name}_sd"].to_numpy(dtype=float))
        # A gap in time is a gap in the line, not a bridge.
        step = np.diff(middle, prepend=middle[:1])
        usual = float(np.median(step[step > 0])) if (step > 0).any() else 0.0
        x, y, w = middle, value, band
        if usual:
            breaks = np.flatnonzero(step > 3 * usual)
            x, y, w = (
                np.insert(x, breaks, middle[breaks] - usual),
                np.insert(y, breaks, np.nan),
                np.insert(w, breaks, 0.0),
            )
        axes.fill_between(
            x, np.clip(y - w, -1, 1), np.clip(y + w, -1, 1), color=colour, alpha=0.15, lw=0
        )
        dots = "o" if np.isfinite(y).sum() < 40 else None
        axes.plot(x, y, color=colour, lw=1.6, marker=dots, ms=3, label=name)
    axes.set_ylim(-1.05, 1.05)
    axes.set_yticks([-1, 0, 1])
    axes.tick_params(colors=QUIET, labelsize=8, length=2)
    for side in ("top", "right", "bottom"):
        axes.spines[side].set_visible(False)
    axes.spines["left"].set_color("#DDDDDD")


def _draw_ribbon(
    axes: Any,
    table: pd.DataFrame,
    label_set: LabelSet,
    colours: dict[str, tuple[float, float, float]],
) -> set[str]:
    values = table[list(label_set.labels)].to_numpy(dtype=float)
    told = ~np.isnan(values).all(axis=1)
    best = np.where(told, np.nan_to_num(values, nan=-1).argmax(axis=1), -1)
    sure = table["confidence"].fillna(0.6).to_numpy(dtype=float).clip(0.15, 1.0)
    seen = set()
    bars: dict[tuple[Any, str], list[tuple[float, float]]] = {}
    starts = table["start_s"].to_numpy(dtype=float)
    widths = np.maximum(table["end_s"].to_numpy(dtype=float) - starts, 1e-3)
    for start, width, leading, alpha in zip(starts, widths, best, sure, strict=True):
        if leading < 0:
            bars.setdefault(("#F2F2F2", "////"), []).append((start, width))
            continue
        label = label_set.labels[leading]
        seen.add(label)
        shade = tuple(1 - alpha * (1 - c) for c in colours[label])
        bars.setdefault((tuple(round(c, 2) for c in shade), ""), []).append((start, width))
    for (colour, hatch), spans in bars.items():
        axes.broken_barh(spans, (0, 1), facecolor=colour, hatch=hatch, edgecolor="#BBBBBB", lw=0)
    axes.set_ylim(0, 1)
    axes.set_yticks([])
    axes.tick_params(colors=QUIET, labelsize=8, length=2)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color("#DDDDDD")
    return seen


def _legend(figure: Any, colours: dict[str, Any], labels: list[str]) -> None:
    lines = require("matplotlib.lines", extra="plot").Line2D
    patches = require("matplotlib.patches", extra="plot").Patch
    handles = [
        lines([], [], color=VALENCE, lw=2, label="valence"),
        lines([], [], color=AROUSAL, lw=2, label="arousal"),
        *(patches(color=colours[label], label=label) for label in labels[:16]),
    ]
    figure.legend(
        handles=handles,
        loc="outside upper right",
        ncols=min(len(handles), 9),
        frameon=False,
        fontsize=8,
    )
