"""Whether a model serves groups of people alike: scores by group, gaps, and their intervals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from affectkit.measure.fairness_draws import Sums, distinct
from affectkit.measure.fairness_groups import group_codes
from affectkit.measure.fairness_scores import GroupScores

Floats = NDArray[np.float64]
LEAST = 10
"""Rows that a score needs at least before it counts in a gap."""
METRICS = ("tpr", "fpr", "precision", "f1", "predicted_rate")


class _Asked(NamedTuple):
    names: NDArray[np.str_]
    group: NDArray[np.intp]
    cluster: NDArray[np.intp] | None


def group_scores(
    truth: ArrayLike,
    predicted: ArrayLike,
    groups: ArrayLike,
    *,
    labels: Sequence[str] | None = None,
    clusters: ArrayLike | None = None,
    least: int = LEAST,
    draws: int = 0,
    seed: int = 0,
) -> GroupScores:
    """Return how well labels are told by group: ``tpr, fpr, precision, f1, predicted_rate``.

    Parameters
    ----------
    truth, predicted
        One label a row [shape=(n,)], or yes/no for each label [shape=(n, n_labels)].
    groups
        Of each row [shape=(n,)]; several attributes are crossed [shape=(n, n_attributes)].
    labels
        Names of the labels; those that occur if None (numbers for yes/no columns).
    clusters
        Such as the speaker of each row [shape=(n,)]: draws take clusters whole.
    least
        A score over fewer rows (of the group that have the label for ``tpr``; that have it not
        for ``fpr``; that were given it for ``precision``; that have it or were given it for
        ``f1``; all for ``predicted_rate``) is shown, is named in `GroupScores.too_small`, and
        counts in no gap.
    draws, seed
        Bootstrap resamples for intervals, and their seed.

    Raises
    ------
    ValueError
        If shapes do not fit, or a label of `truth` or `predicted` is not in `labels`.

    References
    ----------
    Hardt, Price and Srebro (2016), Equality of Opportunity (``tpr``); Calders and Verwer (2010),
    demographic parity (``predicted_rate``).

    Examples
    --------
    >>> found = group_scores(
    ...     ["joy", "joy", "fear", "joy", "joy", "fear"],
    ...     ["joy", "joy", "fear", "joy", "fear", "fear"],
    ...     ["f", "f", "f", "m", "m", "m"], least=1,
    ... )
    >>> found.table("tpr").round(2).to_dict()
    {'fear': {'f': 1.0, 'm': 1.0}, 'joy': {'f': 1.0, 'm': 0.5}}
    >>> found.gaps("tpr").tolist(), round(found.gap("tpr").value, 3)
    ([0.0, 0.5], 0.354)
    """
    t, p, names = _coded(truth, predicted, labels)
    asked = _asked(groups, clusters, len(t))
    exclusive = t.ndim == 1
    both = np.column_stack([t, p]) if exclusive else (2 * t + p)
    rows, times, cluster = distinct(np.column_stack([asked.group, both]), asked.cluster)
    if exclusive:
        each = np.arange(len(names))
        yes, told = rows[:, 1, None] == each, rows[:, 2, None] == each
    else:
        yes, told = rows[:, 1:] >= 2, rows[:, 1:] % 2 == 1
    parts = np.column_stack([yes & told, yes, told, np.ones(len(rows))]).astype(np.float64)
    sums = Sums(parts, rows[:, 0], times, cluster)
    shape = len(names)
    return _scored(sums, asked, names, lambda s: _rates(s, shape), least, draws, seed)


def group_agreement(
    truth: ArrayLike,
    predicted: ArrayLike,
    groups: ArrayLike,
    *,
    labels: Sequence[str] | None = None,
    clusters: ArrayLike | None = None,
    least: int = LEAST,
    draws: int = 0,
    seed: int = 0,
) -> GroupScores:
    """Return how well numbers are told in each group: ``ccc, mae, rmse, bias``.

    For valence, arousal and dominance, and for ordered levels written as 0, 1, 2...: there the
    concordance correlation coefficient is Cohen's kappa with quadratic weights.

    Parameters
    ----------
    truth, predicted
        Numbers [shape=(n,)] or [shape=(n, n_dimensions)].
    groups, clusters, least, draws, seed
        As in `group_scores`; a score over fewer than `least` rows counts in no gap.
    labels
        Names of the dimensions.

    Returns
    -------
    GroupScores
        ``bias`` is the mean of predicted less true: a gap in it says that one group is told
        more of a dimension than another, whatever both feel.

    Examples
    --------
    >>> found = group_agreement(
    ...     [0.0, 1.0, 0.0, 1.0], [0.0, 1.0, 0.5, 1.5], list("aabb"), labels=["valence"], least=1
    ... )
    >>> found.table("ccc").round(3)["valence"].to_dict()
    {'a': 1.0, 'b': 0.667}
    >>> found.gap("bias").value
    0.5
    """
    t, p = np.asarray(truth, dtype=np.float64), np.asarray(predicted, dtype=np.float64)
    if t.shape != p.shape or t.ndim not in (1, 2) or not t.size:
        raise ValueError(f"truth of shape {t.shape} does not fit predictions of shape {p.shape}")
    if not (np.isfinite(t).all() and np.isfinite(p).all()):
        raise ValueError("a true or predicted number is missing or not finite")
    t, p = t.reshape(len(t), -1), p.reshape(len(p), -1)
    asked = _asked(groups, clusters, len(t))
    names = _named(labels, t.shape[1])
    # Moments about one middle keep their digits where numbers lie far from zero.
    middle = t.mean(axis=0)
    x, y = t - middle, p - middle
    parts = np.column_stack([x, y, x * x, y * y, x * y, np.abs(x - y), np.ones(len(x))])
    sums = Sums(parts, asked.group, np.ones(len(x), dtype=np.int64), asked.cluster)
    shape = len(names)
    return _scored(sums, asked, names, lambda s: _moments(s, shape), least, draws, seed)


def group_calibration(
    truth: ArrayLike,
    probability: ArrayLike,
    groups: ArrayLike,
    *,
    labels: Sequence[str] | None = None,
    bins: int = 10,
    clusters: ArrayLike | None = None,
    least: int = LEAST,
    draws: int = 0,
    seed: int = 0,
) -> GroupScores:
    """Return whether probabilities mean the same in each group: ``ece, overconfidence``.

    Parameters
    ----------
    truth
        0 or 1, or the share of people who agreed [shape=(n,) or (n, n_labels)]; for one label
        a row, whose probabilities have a column each, its position [shape=(n,)].
    probability
        In [0, 1] [shape=(n,) or (n, n_labels)].
    groups, clusters, least, draws, seed
        As in `group_scores`; a score over fewer than `least` rows counts in no gap.
    labels
        Names of the labels.
    bins
        Bins of equal mass over all groups together: the same probabilities are compared in each.

    Returns
    -------
    GroupScores
        ``ece`` is the expected calibration error by label; ``overconfidence`` the mean
        probability less the share in which the label holds.

    References
    ----------
    Pleiss et al. (2017), On Fairness and Calibration, definition 2.

    Examples
    --------
    >>> found = group_calibration([1, 0, 1, 1], [0.5] * 4, list("aabb"), least=1)
    >>> found.table("overconfidence").iloc[:, 0].to_dict()
    {'a': 0.0, 'b': -0.5}
    """
    p = np.asarray(probability, dtype=np.float64)
    t = np.asarray(truth)
    if p.ndim == 2 and t.ndim == 1:
        if len(t) != len(p) or t.dtype.kind not in "iu" or t.min() < 0 or t.max() >= p.shape[1]:
            raise ValueError("truth is to be the position of each row's label")
        t = np.eye(p.shape[1])[t]
    t = t.astype(np.float64)
    if t.shape != p.shape or not p.size:
        raise ValueError(f"truth of shape {t.shape} does not fit probabilities of shape {p.shape}")
    if not ((p >= 0) & (p <= 1)).all():
        raise ValueError("a probability is outside [0, 1]")
    t, p = t.reshape(len(t), -1), p.reshape(len(p), -1)
    asked = _asked(groups, clusters, len(t))
    names = _named(labels, t.shape[1])
    columns, spans, first = [], [], 0
    for k in range(len(names)):
        edges = np.unique(np.quantile(p[:, k], np.linspace(0, 1, bins + 1)[1:-1]))
        inside = np.searchsorted(edges, p[:, k], side="left")
        block = np.zeros((len(p), len(edges) + 1))
        block[np.arange(len(p)), inside] = p[:, k] - t[:, k]
        columns.append(block)
        spans.append(slice(first, first + len(edges) + 1))
        first += len(edges) + 1
    parts = np.column_stack([*columns, np.ones(len(p))])
    sums = Sums(parts, asked.group, np.ones(len(p), dtype=np.int64), asked.cluster)
    return _scored(sums, asked, names, lambda s: _off(s, spans), least, draws, seed)


def _rates(sums: Floats, n_labels: int) -> tuple[dict[str, Floats], dict[str, Floats]]:
    """Return scores and what each rests on, from counts [shape=(..., n_groups, n_columns)]."""
    hits, yes, told = (sums[..., k * n_labels : (k + 1) * n_labels] for k in range(3))
    rows = np.broadcast_to(sums[..., -1:], hits.shape)
    under = {
        "tpr": yes,
        "fpr": rows - yes,
        "precision": told,
        "f1": yes + told - hits,
        "predicted_rate": rows,
    }
    over = {
        "tpr": hits,
        "fpr": told - hits,
        "precision": hits,
        "f1": 2 * hits,
        "predicted_rate": told,
    }
    scale = {**under, "f1": yes + told}
    return {m: _ratio(over[m], scale[m]) for m in METRICS}, under


def _moments(sums: Floats, n: int) -> tuple[dict[str, Floats], dict[str, Floats]]:
    rows = np.broadcast_to(sums[..., -1:], (*sums.shape[:-1], n))
    x, y, xx, yy, xy, off = (_ratio(sums[..., k * n : (k + 1) * n], rows) for k in range(6))
    apart = xx + yy - 2 * x * y
    scores = {
        # Lin (1989), equation 2: var x + var y + (mean x - mean y)^2 = E x^2 + E y^2 - 2 Ex Ey.
        "ccc": _ratio(2 * (xy - x * y), np.where(apart > 1e-15, apart, 0.0)),
        "mae": off,
        "rmse": np.sqrt(np.maximum(xx + yy - 2 * xy, 0.0)),
        "bias": y - x,
    }
    return scores, dict.fromkeys(scores, rows)


def _off(sums: Floats, spans: Sequence[slice]) -> tuple[dict[str, Floats], dict[str, Floats]]:
    rows = np.broadcast_to(sums[..., -1:], (*sums.shape[:-1], len(spans)))
    apart = np.stack([np.abs(sums[..., s]).sum(axis=-1) for s in spans], axis=-1)
    over = np.stack([sums[..., s].sum(axis=-1) for s in spans], axis=-1)
    scores = {"ece": _ratio(apart, rows), "overconfidence": _ratio(over, rows)}
    return scores, dict.fromkeys(scores, rows)


def _ratio(over: Floats, under: Floats) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(under > 0, over / under, np.nan)


def _scored(
    sums: Sums,
    asked: _Asked,
    names: tuple[str, ...],
    score: Callable[[Floats], tuple[dict[str, Floats], dict[str, Floats]]],
    least: int,
    draws: int,
    seed: int,
) -> GroupScores:
    if least < 1 or draws < 0:
        raise ValueError("least must be at least 1, and draws not below 0")
    n_groups = len(asked.names)
    values, under = score(sums.total(n_groups))
    drawn = score(sums.draws(n_groups, draws, np.random.default_rng(seed)))[0] if draws else {}
    units = len(asked.group) if asked.cluster is None else int(asked.cluster.max()) + 1
    return GroupScores(
        groups=tuple(asked.names.tolist()),
        labels=names,
        rows=np.bincount(asked.group, minlength=n_groups),
        scores=values,
        under=under,
        least=least,
        draws=drawn,
        units=units,
    )


def _asked(groups: ArrayLike, clusters: ArrayLike | None, n: int) -> _Asked:
    names, codes = group_codes(groups, n)
    cluster = None
    if clusters is not None:
        told = np.asarray(clusters)
        if told.shape != (n,):
            raise ValueError(f"clusters of shape {told.shape} do not fit {n} rows")
        cluster = np.unique(told, return_inverse=True)[1].astype(np.intp)
    return _Asked(names, codes, cluster)


def _named(labels: Sequence[str] | None, n: int) -> tuple[str, ...]:
    names = tuple(str(k) for k in range(n)) if labels is None else tuple(map(str, labels))
    if len(names) != n:
        raise ValueError(f"{len(names)} names do not fit {n} columns")
    return names


def _coded(
    truth: ArrayLike, predicted: ArrayLike, labels: Sequence[str] | None
) -> tuple[NDArray[np.int64], NDArray[np.int64], tuple[str, ...]]:
    t, p = np.asarray(truth), np.asarray(predicted)
    if t.shape != p.shape or t.ndim not in (1, 2) or not t.size:
        raise ValueError(f"truth of shape {t.shape} does not fit predictions of shape {p.shape}")
    if t.ndim == 2:
        if not (np.isin(t, (0, 1)).all() and np.isin(p, (0, 1)).all()):
            raise ValueError("labels in columns are to be 0 or 1")
        return t.astype(np.int64), p.astype(np.int64), _named(labels, t.shape[1])
    known = np.union1d(t, p) if labels is None else np.unique(np.asarray(labels))
    where = [np.searchsorted(known, x).clip(max=len(known) - 1) for x in (t, p)]
    for codes, side in zip(where, (t, p), strict=True):
        if (strange := side[known[codes] != side]).size:
            raise ValueError(f"{str(strange[0])!r} is not among the labels {known.tolist()}")
    return where[0], where[1], tuple(str(x) for x in known)
