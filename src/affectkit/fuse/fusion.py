"""Many modalities of a person to one estimate a window."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from affectkit.affect import LabelSet, Timeline
from affectkit.affect.timeline import FUSED, SPACE, SPACE_SD, TRUST
from affectkit.fuse import pooling
from affectkit.fuse.windows import Windows, in_label_set, lanes, to_windows


def fuse(
    timelines: Sequence[Timeline],
    label_set: LabelSet | str,
    *,
    step_s: float = 1.0,
    method: Literal["linear", "log"] = "linear",
    weights: Literal["confidence", "equal"] = "confidence",
    threshold: float = 0.0,
) -> Timeline:
    """Return what all modalities together say of each person in each window.

    Labels are pooled by quality times squared confidence (`pooling.evidence_weights`,
    `pooling.pool`), valence, arousal and dominance by inverse variance
    (`pooling.inverse_variance_mean`), and confidence and spread are carried along
    (`pooling.joined_confidence`, `pooling.joined_spread`). A modality that is missing or
    cannot tell leaves its weight to the others; it never counts as zeros. Where all that are
    there cannot tell, the row says so, and why.

    Parameters
    ----------
    timelines
        Lanes to join. Rows already fused, and rows of the group, are left aside.
    label_set
        The label set of the result, or its name.
    step_s
        Length of a window in seconds.
    method
        Linear or logarithmic opinion pool.
    weights
        ``"equal"`` gives every modality that tells the same weight, as Emolysis does.
    threshold
        Below this confidence the row says "cannot tell".

    Returns
    -------
    Timeline
        Rows of modality ``"fused"``, one a person and window that any lane touches. The
        column ``evidence`` names the modalities and their share in the labels.

    Examples
    --------
    >>> from affectkit.affect import Estimate
    >>> ekman = LabelSet.load("ekman7")
    >>> face = Estimate(ekman, [0, 0, 0, 0.9, 0, 0, 0.1], confidence=0.9, quality=1.0)
    >>> voice = Estimate.cannot_tell(ekman, "silence")
    >>> t = Timeline.from_estimates(
    ...     [(0.0, 1.0, "Ann", "face", face), (0.0, 1.0, "Ann", "speech", voice)], ekman
    ... )
    >>> joined = fuse([t], ekman)
    >>> joined.leading[0], float(joined.table.loc[0, "confidence"])
    ('joy', 0.9)
    """
    target = LabelSet.load(label_set) if isinstance(label_set, str) else label_set
    together, maps = in_label_set(timelines, target)
    table = lanes(together)
    frames = []
    # A person at a time, which keeps memory flat in their number.
    for person, rows in table.groupby(table["person"].fillna(""), sort=False):
        windows = to_windows(rows, target, step_s=step_s, people=[str(person)])
        frames.append(
            fuse_windows(windows, target, method=method, weights=weights, threshold=threshold)
        )
    joined = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()
    if len(joined):
        # A window ends where the recording does, not where this person's rows do.
        joined["end_s"] = np.minimum(
            np.floor(joined["start_s"] / step_s + 0.5) * step_s + step_s, table["end_s"].max()
        )
    settings: dict[str, Any] = {"step_s": step_s, "pool": method, "weights": weights}
    return Timeline(joined, target, {"fusion": settings, "maps": maps})


def fuse_windows(
    windows: Windows,
    label_set: LabelSet,
    *,
    method: Literal["linear", "log"] = "linear",
    weights: Literal["confidence", "equal"] = "confidence",
    threshold: float = 0.0,
) -> pd.DataFrame:
    """Join the modalities of each person and window to rows of a timeline's table.

    Parameters
    ----------
    windows
        Estimates on a grid.
    label_set
        The label set they are over.
    method, weights, threshold
        As for `fuse`.
    """
    confidence, spread, quality = np.moveaxis(windows.trust, -1, 0)
    told = windows.told
    w = pooling.evidence_weights(confidence, quality, told)
    if weights == "equal":
        w = told.astype(float)
    p = pooling.pool(windows.labels, w, method=method, exclusive=label_set.exclusive)
    lead = np.nan_to_num(p, nan=-1.0).argmax(axis=-1)
    sure = pooling.joined_confidence(lead, windows.labels, confidence, w)

    out: dict[str, Any] = {}
    who, when = np.nonzero(windows.touched.any(axis=-1))
    out["start_s"] = windows.start_s[when]
    out["end_s"] = windows.stop_s[when]
    out["person"] = np.array(windows.people, dtype=object)[who]
    out["modality"] = FUSED
    out["source"] = f"fuse.{method}.{weights}"
    for i, (name, name_sd) in enumerate(zip(SPACE, SPACE_SD, strict=True)):
        value, sd = windows.space[..., i], windows.space_sd[..., i]
        if weights == "equal":
            mean = pooling.pool(
                value[..., None], (~np.isnan(value)).astype(float), exclusive=False
            )[..., 0]
            error = _sd_of_plain_mean(sd)
        else:
            mean, error = pooling.inverse_variance_mean(value, sd, quality)
        out[name] = np.clip(mean[who, when], -1, 1)
        out[name_sd] = error[who, when]
    out |= dict(zip(label_set.labels, np.clip(p[who, when], 0, 1).T, strict=True))
    out["confidence"] = sure[who, when]
    out["spread"] = pooling.joined_spread(lead, windows.labels, spread, w)[who, when]
    out["quality"] = _mean_quality(quality, w, windows.space)[who, when]
    out["evidence"] = _evidence(windows.modalities, pooling.normalised(w)[who, when])
    out["reason"] = _reasons(windows, who, when)
    table = pd.DataFrame(out)
    unsure = table["confidence"].to_numpy(float) < threshold
    if unsure.any():
        table.loc[unsure, [*SPACE, *SPACE_SD, *label_set.labels, *TRUST[:2]]] = np.nan
        table.loc[unsure, "evidence"] = None
        table.loc[unsure, "reason"] = [
            f"all lanes together are {c:.0%} sure, below the {threshold:.0%} that is asked for"
            for c in sure[who, when][unsure]
        ]
    return table


def _sd_of_plain_mean(sd: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the error of the plain mean of values whose errors correlate."""
    share = pooling.normalised((~np.isnan(sd)).astype(float))
    scaled = np.nan_to_num(share * np.nan_to_num(sd), nan=np.nan)
    r = pooling.ERROR_CORRELATION
    variance = (1 - r) * (scaled**2).sum(axis=-1) + r * scaled.sum(axis=-1) ** 2
    return np.asarray(np.sqrt(variance))


def _mean_quality(
    quality: NDArray[np.float64], weights: NDArray[np.float64], space: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the quality of the evidence that was used, weighted as it was used."""
    # Where no lane gives labels, those count that give a point in affect space, or any.
    has_point = (~np.isnan(space).all(axis=-1)).astype(float)
    fallback = np.where(has_point.any(axis=-1, keepdims=True), has_point, 1.0)
    used = np.where(weights.any(axis=-1, keepdims=True), weights, fallback)
    states = ~np.isnan(quality)
    share = pooling.normalised(np.where(states, used, 0.0))
    return np.asarray((share * np.where(states, quality, 0.0)).sum(axis=-1))


def _evidence(modalities: tuple[str, ...], shares: NDArray[np.float64]) -> NDArray[np.object_]:
    """Write the share of each modality as the JSON that a timeline's evidence is."""
    cells = np.rint(np.nan_to_num(shares) * 1000).astype(np.int64)
    unique, which = np.unique(cells, axis=0, return_inverse=True)
    texts = np.array(
        [
            "["
            + ", ".join(
                f'{{"what": "{name}", "weight": {share / 1000:g}}}'
                for name, share in zip(modalities, row, strict=True)
                if share
            )
            + "]"
            if row.any()
            else None
            for row in unique
        ],
        dtype=object,
    )
    return np.asarray(texts[which.ravel()])


def _reasons(
    windows: Windows, who: NDArray[np.intp], when: NDArray[np.intp]
) -> NDArray[np.object_]:
    out = np.full(len(who), None, dtype=object)
    says = windows.told | ~np.isnan(windows.space).all(axis=-1)
    silent = ~np.asarray(says.any(axis=-1))[who, when]
    for row in np.flatnonzero(silent):
        cell = windows.reason[who[row], when[row]]
        parts = [
            f"{name}: {why}"
            for name, why in zip(windows.modalities, cell, strict=True)
            if why is not None
        ]
        out[row] = "; ".join(parts) or "no lane tells anything here"
    return out
