"""The emotion arc of a long text: how pleasant and how stirred it is, from end to end."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from affectkit.affect import Timeline

FEWEST = 8
"""Sentences under which a text has no arc."""
_POINTS = 300
_CELLS = 1200
_SHARES = (0.02, 0.03, 0.05, 0.08, 0.12, 0.2, 0.35)
_NARROWEST = 1.5
_NEAR = 1.5
_MOST_KEYS = 8

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Arc:
    """A smoothed course with its band.

    Parameters
    ----------
    at
        Places, in sentences from the start [shape=(m,)].
    mean
        The course at these places, in [-1, 1] [shape=(m,)].
    sd
        Standard deviation of the error to expect of it [shape=(m,)].
    width
        Standard deviation of the window of context, in sentences.
    """

    at: Array
    mean: Array
    sd: Array
    width: float


def arc(
    places: ArrayLike,
    values: ArrayLike,
    sds: ArrayLike,
    *,
    width: float | None = None,
    at: ArrayLike | None = None,
) -> Arc:
    """Return the course through noisy values, by straight lines fitted in a moving window.

    Each value counts by its precision, 1 / sd², and by a Gaussian window around the place in
    question (local linear regression). The band comes from the larger of what the values were
    said to be off by and what they scatter by around the course, so it is wide where there are
    few sentences, where they are doubtful, and where they disagree.

    Parameters
    ----------
    places
        Where the values stand, in sentences [shape=(n,)].
    values
        In [-1, 1]; missing ones are left out [shape=(n,)].
    sds
        Standard deviation of the error of each [shape=(n,)].
    width
        Standard deviation of the window in sentences; the one that predicts left-out sentences
        best if None.
    at
        Where to give the course; 300 places over all sentences if None.

    Raises
    ------
    ValueError
        If fewer than two values are known.

    References
    ----------
    Fan and Gijbels (1996). Local Polynomial Modelling and Its Applications, equations 3.4 and
    3.6; windows of sentences as in Reagan et al. (2016), The emotional arcs of stories are
    dominated by six basic shapes.

    Examples
    --------
    >>> flat = arc(range(20), [0.3] * 20, [0.2] * 20)
    >>> bool(np.allclose(flat.mean, 0.3))
    True
    """
    x, y, s = (np.asarray(a, dtype=np.float64) for a in (places, values, sds))
    known = np.isfinite(x) & np.isfinite(y)
    x, y, s = x[known], y[known], s[known]
    if len(x) < 2:
        raise ValueError("an arc needs at least two sentences that could be told")
    s = np.maximum(np.where(np.isfinite(s), s, np.nanmax(s, initial=0.5)), 1e-3)
    if at is None:
        points = np.linspace(x.min(), x.max(), _POINTS)
    else:
        points = np.asarray(at, dtype=np.float64)
    x, y, s, scatter = _in_cells(x, y, s)
    chosen = width or _best_width(x, y, s)
    if len(x) > 2:
        fitted = _weights(x, x, s, chosen) @ y
        near = np.exp(-0.5 * ((points[:, None] - x[None, :]) / (2 * chosen)) ** 2) / s**2
        square = (y - fitted) ** 2 + scatter
        spread = (near @ square) / np.maximum(near.sum(axis=1), 1e-300)
    else:
        spread = np.zeros(len(points))
    pull = _weights(points, x, s, chosen)
    variance = (pull**2 * np.maximum(s[None, :] ** 2, spread[:, None])).sum(axis=1)
    return Arc(points, np.clip(pull @ y, -1, 1), np.minimum(np.sqrt(variance), 1.0), chosen)


def text_arc(timeline: Timeline) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the arc of a text that was read sentence by sentence, and its key sentences.

    Parameters
    ----------
    timeline
        With rows of the modality ``text`` whose time counts sentences.

    Returns
    -------
    arc : DataFrame
        Columns ``at`` (sentences from the start), ``valence, valence_sd, arousal, arousal_sd``
        and ``window`` (standard deviation of the window, in sentences); without rows if fewer
        than 8 sentences could be told.
    keys : DataFrame
        Columns ``sentence`` (index from 0), ``utterance``, ``valence``, ``arousal`` and
        ``why``: at each turn of the course of valence, the sentence that stands for it.
    """
    rows = timeline.table[timeline.table["modality"] == "text"]
    rows = rows[rows["valence"].notna()]
    if len(rows) < FEWEST:
        return pd.DataFrame(), pd.DataFrame()
    x = rows["start_s"].to_numpy(dtype=float)
    drawn = {
        name: arc(x, rows[name].to_numpy(float), rows[f"{name}_sd"].to_numpy(float))
        for name in ("valence", "arousal")
    }
    course = drawn["valence"]
    table = pd.DataFrame({"at": course.at})
    for name, found in drawn.items():
        table[name], table[f"{name}_sd"] = found.mean, found.sd
    table["window"] = course.width
    keys = [
        (_key_sentence(rows, place, course.width, sign), why) for place, sign, why in _turns(course)
    ]
    found_at: dict[int, str] = {}
    for i, why in keys:
        found_at.setdefault(i, why)
    out = rows.iloc[sorted(found_at)]
    return table, pd.DataFrame(
        {
            "sentence": out["start_s"].astype(int).to_numpy(),
            "utterance": out["utterance"].to_numpy(),
            "valence": out["valence"].to_numpy(float),
            "arousal": out["arousal"].to_numpy(float),
            "why": [found_at[i] for i in sorted(found_at)],
        }
    )


def _turns(course: Arc) -> list[tuple[float, int, str]]:
    """Return place, sign and name of the heights and depths that stand out of the band."""
    y = course.mean
    turns = [0, *(np.flatnonzero(np.diff(np.sign(np.diff(y))) != 0) + 1).tolist(), len(y) - 1]
    kept: list[int] = []
    for i in turns:
        if not kept:
            kept.append(i)
            continue
        moved = y[i] - y[kept[-1]]
        clear = abs(moved) > course.sd[i] + course.sd[kept[-1]]
        if len(kept) > 1 and moved * (y[kept[-1]] - y[kept[-2]]) > 0:
            kept[-1] = i  # further the same way
        elif clear:
            kept.append(i)
    if len(kept) < 2:
        return []
    highest, deepest = max(kept, key=lambda i: y[i]), min(kept, key=lambda i: y[i])
    out = []
    for n, i in enumerate(kept):
        other = kept[n + 1] if n + 1 < len(kept) else kept[n - 1]
        sign = 1 if y[i] > y[other] else -1
        if i == highest:
            why = "most pleasant stretch"
        elif i == deepest:
            why = "least pleasant stretch"
        else:
            why = "pleasant stretch" if sign > 0 else "unpleasant stretch"
        out.append((float(course.at[i]), sign, why, abs(y[i] - y[other])))
    most = sorted(out, key=lambda turn: -turn[3])[:_MOST_KEYS]
    return [turn[:3] for turn in sorted(most, key=lambda turn: turn[0])]


def _key_sentence(rows: pd.DataFrame, place: float, width: float, sign: int) -> int:
    """Return which sentence near a place says most clearly what the course says there."""
    near = np.abs(rows["start_s"].to_numpy(float) - place) <= _NEAR * width
    if not near.any():
        near = np.abs(rows["start_s"].to_numpy(float) - place) <= 1.0
    clear = sign * rows["valence"].to_numpy(float) / rows["valence_sd"].to_numpy(float)
    return int(np.where(near, clear, -np.inf).argmax())


def _weights(points: Array, x: Array, s: Array, width: float) -> Array:
    """Return what each value counts for at each point; the rows add up to 1."""
    apart = x[None, :] - points[:, None]
    # Far from all values the window is empty; the nearest then stand for it.
    exponent = -0.5 * (apart / width) ** 2
    w = np.exp(exponent - exponent.max(axis=1, keepdims=True)) / s[None, :] ** 2
    s0, s1, s2 = w.sum(axis=1), (w * apart).sum(axis=1), (w * apart**2).sum(axis=1)
    # A little towards the mean, so that two sentences far off cannot swing the line.
    steady = s2 + 0.1 * width**2 * s0
    top = w * (steady[:, None] - s1[:, None] * apart)
    return np.asarray(top / top.sum(axis=1, keepdims=True))


def _best_width(x: Array, y: Array, s: Array) -> float:
    """Return the window that predicts each sentence best from the others."""
    length = float(x.max() - x.min()) + 1.0
    widths = sorted({max(_NARROWEST, share * length) for share in _SHARES})
    losses = []
    for width in widths:
        pull = _weights(x, x, s, width)
        own = np.minimum(np.diag(pull), 0.99)
        left_out = (y - pull @ y) / (1 - own)
        losses.append(float(np.mean((left_out / s) ** 2)))
    # The widest within a hair of the best: of two that predict alike, the plainer course.
    best = min(losses)
    return max(w for w, loss in zip(widths, losses, strict=True) if loss <= best * 1.005 + 1e-12)


def _in_cells(x: Array, y: Array, s: Array) -> tuple[Array, Array, Array, Array]:
    """Join neighbours of very long texts, by their precision; with their scatter."""
    order = np.argsort(x, kind="stable")
    x, y, s = x[order], y[order], s[order]
    if len(x) <= _CELLS:
        return x, y, s, np.zeros(len(x))
    cell = np.arange(len(x)) * _CELLS // len(x)
    precision = np.bincount(cell, weights=s**-2)
    px = np.bincount(cell, weights=x * s**-2) / precision
    py = np.bincount(cell, weights=y * s**-2) / precision
    inside: Array = np.bincount(cell, weights=(y - py[cell]) ** 2 * s**-2) / precision
    count = np.bincount(cell)
    spread: Array = 1 / np.sqrt(precision)
    return px, py, spread, inside / np.maximum(count, 1)
