"""How many voices there are and what each is like, from many fingerprints."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

MOST_AT_ONCE = 800
"""Fingerprints that are compared each with each; more are condensed in portions first."""


def voices_of(
    fingerprints: Array, seconds: NDArray[np.float64], *, same: float, least_s: float
) -> Array:
    """Return the mean fingerprint of each voice, scaled to length 1 [shape=(n_voices, 256)].

    Agglomerates by mean cosine (average linkage) until no two groups are as alike as
    `same`. Voices heard for less than `least_s` seconds are dropped, but never all.

    Parameters
    ----------
    fingerprints
        Unit vectors [shape=(n, 256)].
    seconds
        For how much speech each stands [shape=(n,)].
    same
        Least mean cosine between the windows of one voice.
    least_s
        Least speech of a voice, in seconds.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> ann, ben = np.eye(256)[0], np.eye(256)[1]
    >>> heard = np.stack([ann, ann, ben, ann]).astype(np.float32)
    >>> len(voices_of(heard, np.ones(4), same=0.6, least_s=0.5))
    2
    """
    means, weights = np.zeros((0, fingerprints.shape[1]), np.float32), np.zeros(0)
    for first in range(0, len(fingerprints), MOST_AT_ONCE):
        part = slice(first, first + MOST_AT_ONCE)
        means = np.concatenate([means, fingerprints[part]])
        weights = np.concatenate([weights, seconds[part]])
        if first + MOST_AT_ONCE < len(fingerprints):
            # Halfway between "the same voice" and "the same moment": nothing is joined here
            # that the last round would keep apart.
            means, weights = agglomerate(means, weights, (1 + same) / 2, most=MOST_AT_ONCE // 2)
    means, weights = agglomerate(means, weights, same)
    keep = weights >= min(least_s, weights.max(initial=0.0))
    means = means[keep]
    return np.asarray(means / np.linalg.norm(means, axis=1, keepdims=True), dtype=np.float32)


def centred(fingerprints: NDArray[np.floating[Any]], share: float) -> Array:
    """Return fingerprints without a share of what all of a recording have in common.

    Room and microphone make different voices alike; taking out part of the mean undoes some
    of that. Taking out all of it would leave a lone speaker with nothing but differences.

    Parameters
    ----------
    fingerprints
        Unit vectors [shape=(n, n_features)].
    share
        From 0 (leave as they are) to 1 (centre wholly).

    Examples
    --------
    >>> centred(np.eye(2, dtype=np.float32), 0.0).tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    made = fingerprints.astype(np.float32)
    made = made - np.float32(share) * made.mean(axis=0)
    length = np.maximum(np.linalg.norm(made, axis=1, keepdims=True), np.float32(1e-9))
    return np.asarray(made / length, dtype=np.float32)


def agglomerate(
    means: Array, weights: NDArray[np.float64], same: float, *, most: int | None = None
) -> tuple[Array, NDArray[np.float64]]:
    """Join groups whose members are alike; return the groups' means and weights.

    The dot product of two means of unit vectors is the mean cosine between their members,
    so average linkage needs the means alone.

    Parameters
    ----------
    means
        Mean of each group's unit vectors [shape=(n, n_features)].
    weights
        Of each group [shape=(n,)].
    same
        Stop when no two groups are as alike as this.
    most
        Go on until no more than this many are left, however unlike they are.
    """
    means, weights = means.copy(), weights.astype(np.float64).copy()
    alive = np.ones(len(means), dtype=bool)
    alike = (means @ means.T).astype(np.float64)
    np.fill_diagonal(alike, -np.inf)
    nearest = alike.argmax(axis=1) if len(means) else np.zeros(0, dtype=int)
    best = alike[np.arange(len(means)), nearest] if len(means) else np.zeros(0)
    left = len(means)
    while left > 1:
        a = int(best.argmax())
        if best[a] < same and (most is None or left <= most):
            break
        b = int(nearest[a])
        share = weights[a] / (weights[a] + weights[b])
        means[a] = share * means[a] + (1 - share) * means[b]
        weights[a] += weights[b]
        alive[b] = False
        row = means @ means[a]
        row[~alive] = -np.inf
        row[a] = -np.inf
        alike[a, :], alike[:, a] = row, row
        alike[b, :], alike[:, b], best[b] = -np.inf, -np.inf, -np.inf
        # Only rows whose nearest was one of the two, or is now the new group, change.
        stale = alive & ((nearest == a) | (nearest == b))
        stale[a] = True
        for k in np.flatnonzero(stale):
            nearest[k] = alike[k].argmax()
            best[k] = alike[k, nearest[k]]
        closer = alive & (row > best)
        nearest[closer], best[closer] = a, row[closer]
        left -= 1
    return means[alive], weights[alive]
