"""The mood of several people together, and how far they are apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from affectkit.affect import LabelSet, Timeline
from affectkit.affect.timeline import FUSED, GROUP, SPACE, SPACE_SD
from affectkit.errors import AffectkitError
from affectkit.fuse import pooling
from affectkit.fuse.fusion import fuse
from affectkit.fuse.windows import Windows, lanes, to_windows

Array = NDArray[np.float64]


def group(
    timeline: Timeline,
    *,
    people: Sequence[str] | None = None,
    modalities: Sequence[str] | None = None,
    weights: Literal["confidence", "equal"] = "confidence",
    step_s: float | None = None,
) -> Timeline:
    """Return the mood of the chosen people together, window by window.

    With ``"confidence"`` the modalities of each person are fused (`fuse`) and the people then
    averaged: labels by quality times squared confidence; valence, arousal and dominance by
    1 / (sd^2 + tau^2), where tau^2 is the variance between people beyond their errors
    (random effects, DerSimonian and Laird 1986), so that a person who is read well does not
    drown the others where people truly differ.

    With ``"equal"`` the result is the plain mean of Emolysis: over the chosen people within
    each modality, then over the chosen modalities, of whoever is there in the window.

    Parameters
    ----------
    timeline
        Lanes of people; fused rows are used only if there are no others.
    people
        Whom to take in; everybody if None. One name gives that person's curve.
    modalities
        Which modalities to take in; all if None.
    weights
        ``"confidence"`` or ``"equal"``.
    step_s
        Length of a window in seconds; if None, that with which the timeline was fused, else 1.

    Returns
    -------
    Timeline
        Rows of person ``"group"``. ``spread`` is the share of the people (as weighted) whose
        own leading label is another than the group's, ``valence_sd`` … the error of the
        group's mean. The table ``"group"`` has one row a window: ``start_s, end_s, people``
        (how many tell), ``valence_between_sd, arousal_between_sd, dominance_between_sd``
        (how far people are apart) and ``unmapped`` (mass that no label could take).

    Raises
    ------
    AffectkitError
        If a person or modality is not in the timeline.

    Examples
    --------
    >>> from affectkit.affect import Estimate
    >>> ekman = LabelSet.load("ekman7")
    >>> glad = Estimate(ekman, [0, 0, 0, 1, 0, 0, 0], valence=0.8)
    >>> calm = Estimate(ekman, [0, 0, 0, 0, 0, 0, 1], valence=0.0)
    >>> t = Timeline.from_estimates(
    ...     [(0, 1, "Ann", "face", glad), (0, 1, "Ben", "face", calm)], ekman
    ... )
    >>> float(group(t, weights="equal").table.loc[0, "valence"])
    0.4
    >>> float(group(t, people=["Ann"], weights="equal").table.loc[0, "valence"])
    0.8
    """
    labels = timeline.label_set
    if step_s is None:
        step_s = float(timeline.provenance.get("fusion", {}).get("step_s", 1.0))
    singles = lanes(timeline.table)
    if not len(singles):
        singles = timeline.table[timeline.table["person"] != GROUP]
    for kind, chosen in (("person", people), ("modality", modalities)):
        there = singles[kind].fillna("")
        known = set(there)
        strangers = sorted(set(chosen or ()) - known)
        if strangers:
            raise AffectkitError(
                f"the timeline has no {kind} {', '.join(strangers)}",
                remedy=f"choose among {', '.join(sorted(filter(None, known)))}",
            )
        if chosen is not None:
            singles = singles[there.isin(list(chosen))]
    if not len(singles):
        return Timeline.empty(labels)
    if weights == "equal":
        windows = to_windows(singles, labels, step_s=step_s)
        rows, between = _plain_mean(windows, labels)
    else:
        own = Timeline(singles, labels)
        if (singles["modality"] != FUSED).any():
            own = fuse([own], labels, step_s=step_s)
        windows = to_windows(own.table, labels, step_s=step_s)
        rows, between = _weighted_mean(windows, labels)
    rows = rows.assign(person=GROUP, modality=FUSED, source=f"group.{weights}")
    settings: dict[str, Any] = {
        "people": list(people) if people is not None else "all",
        "modalities": list(modalities) if modalities is not None else "all",
        "weights": weights,
        "step_s": step_s,
    }
    return Timeline(rows, labels, {"group": settings}, tables={"group": between})


def unmapped(timeline: Timeline) -> pd.Series[float]:
    """Return the mass of each row that no label of the set could take, in [0, 1].

    0 for every row of a multi-label set, NaN where the source cannot tell.

    Examples
    --------
    >>> from affectkit.affect import Estimate
    >>> ekman = LabelSet.load("ekman7")
    >>> part = Estimate(ekman, [0, 0, 0, 0.75, 0, 0, 0])
    >>> unmapped(Timeline.from_estimates([(0, 1, "Ann", "face", part)], ekman)).tolist()
    [0.25]
    """
    values = timeline.labels.to_numpy(float)
    if timeline.label_set.exclusive:
        missing = np.clip(1 - values.sum(axis=1), 0.0, 1.0)
    else:
        missing = np.where(np.isnan(values).any(axis=1), np.nan, 0.0)
    return pd.Series(missing, index=timeline.table.index, name="unmapped")


def _plain_mean(windows: Windows, labels: LabelSet) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Average over people, then over modalities, each with the same weight (Emolysis)."""
    p = _mean(_mean(windows.labels, axis=0), axis=1)
    space = _mean(_mean(windows.space, axis=0), axis=1)
    trust = _mean(_mean(windows.trust, axis=0), axis=1)
    # The error of a mean of means, taking the errors of all cells as independent.
    per_lane = np.sqrt(_mean(windows.space_sd**2, axis=0) / _count(windows.space_sd, axis=0))
    sd = np.sqrt(_mean(per_lane**2, axis=1) / _count(per_lane, axis=1))
    own = _mean(np.moveaxis(windows.labels, 2, 0), axis=0)
    shares = (~np.isnan(own).any(axis=-1)).astype(float)
    between = _between(_mean(np.moveaxis(windows.space, 2, 0), axis=0))
    return _rows(windows, labels, p, space, sd, trust, own, shares, between)


def _weighted_mean(windows: Windows, labels: LabelSet) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Average people by how well each is read; one modality (fused) is on the grid."""
    own = windows.labels[:, :, 0]
    confidence, _, quality = np.moveaxis(windows.trust[:, :, 0], -1, 0)
    told = np.asarray(~np.isnan(own).any(axis=-1))
    shares = pooling.evidence_weights(confidence, quality, told)
    people_last = np.moveaxis(own, 0, 1)
    p = pooling.pool(people_last, shares.T, exclusive=labels.exclusive)
    values, sds = windows.space[:, :, 0], windows.space_sd[:, :, 0]
    mean = np.full(values.shape[1:], np.nan)
    error = np.full(values.shape[1:], np.nan)
    for i in range(3):
        mean[:, i], error[:, i] = _random_effects(values[..., i].T, sds[..., i].T, quality.T)
    weighted = pooling.normalised(shares.T)[..., None]
    trust = windows.trust[:, :, 0].transpose(1, 0, 2)
    known = ~np.isnan(trust)
    weight = np.where(known, np.nan_to_num(weighted), 0.0)
    with np.errstate(invalid="ignore"):
        mean_trust = (weight * np.nan_to_num(trust)).sum(axis=1) / weight.sum(axis=1)
    return _rows(windows, labels, p, mean, error, mean_trust, own, shares, _between(values))


def _random_effects(x: Array, sd: Array, quality: Array) -> tuple[Array, Array]:
    """Return the mean over the last axis and its error (DerSimonian and Laird 1986, eq. 8)."""
    told = ~np.isnan(x)
    values = np.where(told, x, 0.0)
    q = np.maximum(np.where(np.isnan(quality), 1.0, quality), pooling.LEAST_QUALITY)
    own = np.where(np.isnan(sd), pooling.SD_IF_UNKNOWN, np.maximum(sd, 1e-3)) ** 2 / q
    w = np.where(told, 1 / own, 0.0)
    total = w.sum(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        fixed = (w * values).sum(axis=-1) / total
        heterogeneity = (w * (values - fixed[..., None]) ** 2).sum(axis=-1)
        scale = total - (w**2).sum(axis=-1) / total
        tau = np.where(scale > 1e-12, (heterogeneity - told.sum(axis=-1) + 1) / scale, 0.0)
    weight = np.where(told, 1 / (own + np.maximum(np.nan_to_num(tau), 0.0)[..., None]), 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = (weight * values).sum(axis=-1) / weight.sum(axis=-1)
        error = np.sqrt(1 / weight.sum(axis=-1))
    stated = (told & ~np.isnan(sd)).any(axis=-1)
    return mean, np.where(stated & told.any(axis=-1), error, np.nan)


def _rows(
    windows: Windows,
    labels: LabelSet,
    p: Array,
    space: Array,
    sd: Array,
    trust: Array,
    own: Array,
    shares: Array,
    between: Array,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Lay the group's numbers out as rows of a timeline and as the table ``"group"``."""
    here = windows.touched.any(axis=(0, 2))
    lead = np.nan_to_num(p, nan=-1.0).argmax(axis=-1)
    others = np.nan_to_num(own, nan=-1.0).argmax(axis=-1) != lead
    with np.errstate(invalid="ignore"):
        apart = (shares * others).sum(axis=0) / shares.sum(axis=0)
    start, stop = windows.start_s[here], windows.stop_s[here]
    out: dict[str, Any] = {"start_s": start, "end_s": stop}
    out |= dict(zip(SPACE, np.clip(space[here], -1, 1).T, strict=True))
    out |= dict(zip(SPACE_SD, sd[here].T, strict=True))
    out |= dict(zip(labels.labels, np.clip(p[here], 0, 1).T, strict=True))
    out["confidence"], out["quality"] = trust[here, 0], trust[here, 2]
    out["spread"] = apart[here]
    says = np.asarray(~np.isnan(p).any(axis=-1) | ~np.isnan(space).all(axis=-1))
    silent = "nobody's feeling can be told here"
    out["reason"] = [None if said else silent for said in says[here]]
    table: dict[str, Any] = {
        "start_s": start,
        "end_s": stop,
        "people": (shares > 0).sum(axis=0)[here],
    }
    for i, name in enumerate(SPACE):
        table[f"{name}_between_sd"] = between[here, i]
    mass = 1 - p[here].sum(axis=-1) if labels.exclusive else 0.0 * p[here].sum(axis=-1)
    table["unmapped"] = np.clip(mass, 0.0, 1.0)
    return pd.DataFrame(out), pd.DataFrame(table)


def _between(values: Array) -> Array:
    """Return the standard deviation across people (along the first axis); NaN for fewer than 2."""
    count = _count(values, axis=0)
    squared = np.where(np.isnan(values), 0.0, (values - _mean(values, axis=0)) ** 2).sum(axis=0)
    return np.where(count > 1, np.sqrt(squared / np.maximum(count - 1, 1)), np.nan)


def _count(values: Array, *, axis: int) -> Array:
    count = (~np.isnan(values)).sum(axis=axis).astype(float)
    return np.where(count > 0, count, np.nan)


def _mean(values: Array, *, axis: int) -> Array:
    """Return the mean along an axis of what is not NaN, and NaN where there is nothing."""
    return np.asarray(np.nan_to_num(values).sum(axis=axis) / _count(values, axis=axis))
