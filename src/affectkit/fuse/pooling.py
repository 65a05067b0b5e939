"""The formulas by which several opinions of known trust become one."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

CONFIDENCE_IF_UNKNOWN = 0.5
"""Taken where a source does not say how confident it is."""
SD_IF_UNKNOWN = 0.5
"""Taken where a source does not say its error; a blind guess in [-1, 1] has 0.577."""
LEAST_QUALITY = 0.02
"""Below this, evidence is taken as this good, so that a variance stays finite."""
ERROR_CORRELATION = 0.25
"""How strongly the errors of two modalities about one person go together.

With 0.25 the joined confidence of face-only and voice-only crowds is calibrated against
what crowds see in both together (recipe ``fusion.group_mood``, CREMA-D votes).
"""


def evidence_weights(confidence: Array, quality: Array, told: NDArray[np.bool_]) -> Array:
    """Return how much each modality counts: quality times confidence squared.

    Confidence is squared since on CREMA-D votes this brings the pool of face and voice
    closer to what people see in both than confidence does, and both closer than equal
    weights (recipe ``fusion.group_mood``).

    Parameters
    ----------
    confidence, quality
        In [0, 1], NaN where unknown [shape=(..., n_modalities)].
    told
        Whether the modality says anything; the others weigh 0 [shape as `confidence`].

    Returns
    -------
    numpy.ndarray
        Weights of at least 0, not normalised [shape=(..., n_modalities)].

    Examples
    --------
    >>> evidence_weights(np.array([0.5, 0.5]), np.array([1.0, np.nan]), np.array([True, False]))
    array([0.25, 0.  ])
    """
    c = np.where(np.isnan(confidence), CONFIDENCE_IF_UNKNOWN, confidence)
    q = np.where(np.isnan(quality), 1.0, quality)
    return np.where(told, np.maximum(q, LEAST_QUALITY) * np.maximum(c, 1e-3) ** 2, 0.0)


def pool(
    probabilities: Array,
    weights: Array,
    *,
    method: Literal["linear", "log"] = "linear",
    exclusive: bool = True,
) -> Array:
    """Combine distributions by their weights into one.

    The linear pool is the weighted mean, sum of w p; the logarithmic pool is proportional to
    the product of p to the power w (weights normalised; Genest and Zidek 1986, equations 1
    and 5). Mass that no label could take is kept as one more outcome. For a multi-label set
    each label is pooled on its own: as probability, or as log-odds.

    Parameters
    ----------
    probabilities
        NaN where a modality does not tell [shape=(..., n_modalities, n_labels)].
    weights
        At least 0; 0 where it does not tell [shape=(..., n_modalities)].
    method
        ``"linear"`` or ``"log"``.
    exclusive
        Whether exactly one label holds.

    Returns
    -------
    numpy.ndarray
        NaN where all weights are 0 [shape=(..., n_labels)].

    Examples
    --------
    >>> pool(np.array([[0.8, 0.2], [0.2, 0.8]]), np.array([3.0, 1.0])).round(3)
    array([0.65, 0.35])
    """
    share = normalised(weights)[..., None]
    p = np.where(share > 0, probabilities, 0.0)
    if method == "linear":
        return np.where(np.isnan(share[..., 0, :]), np.nan, (share * p).sum(axis=-2))
    floor = 1e-6
    if not exclusive:
        p = np.clip(p, floor, 1 - floor)
        return np.asarray(1 / (1 + np.exp(-(share * np.log(p / (1 - p))).sum(axis=-2))))
    rest = 1 - p.sum(axis=-1, keepdims=True)
    # What is left by rounding is not mass.
    p = np.concatenate([p, np.where(rest > 1e-9, rest, 0.0)], axis=-1)
    product = np.exp((share * np.log(np.maximum(p, floor))).sum(axis=-2))
    # An outcome that nobody gives any mass stays without.
    product = np.where((p * share > 0).any(axis=-2), product, 0.0)
    total = product.sum(axis=-1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((product / total)[..., :-1] + 0.0 * share[..., 0, :])


def normalised(weights: Array) -> Array:
    """Return weights that sum to 1 along the last axis; NaN where all are 0."""
    total = weights.sum(axis=-1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(total > 0, weights / total, np.nan))


def inverse_variance_mean(
    values: Array, sd: Array, quality: Array, *, correlation: float = ERROR_CORRELATION
) -> tuple[Array, Array]:
    """Return the precision-weighted mean of values, and the sd of its error.

    Each value counts by w = q / sd^2. With normalised w and errors that correlate by r the
    variance of the mean is sum (w s)^2 + 2 r sum over pairs of w s w' s', s^2 = sd^2 / q.
    Where the values lie further apart than their errors explain, it is widened by the Birge
    ratio, sum ((x - m) / s)^2 / (k - 1) if above 1 (Birge 1932).

    Parameters
    ----------
    values
        NaN where not told [shape=(..., n_modalities)].
    sd
        Standard deviation of the error; NaN where unknown [shape as `values`].
    quality
        In [0, 1]; NaN where unknown [shape as `values`].
    correlation
        Between the errors of any two modalities, in [0, 1).

    Returns
    -------
    mean, sd
        NaN where no value is told; `sd` also where no modality told its own [shape=(...)].

    Examples
    --------
    >>> mean, sd = inverse_variance_mean(
    ...     np.array([0.4, 0.4]), np.array([0.2, 0.2]), np.array([1.0, 1.0]), correlation=0.0
    ... )
    >>> float(mean.round(3)), float(sd.round(4))
    (0.4, 0.1414)
    """
    told = ~np.isnan(values)
    q = np.maximum(np.where(np.isnan(quality), 1.0, quality), LEAST_QUALITY)
    error = np.where(np.isnan(sd), SD_IF_UNKNOWN, np.maximum(sd, 1e-3)) / np.sqrt(q)
    precision = np.where(told, error**-2.0, 0.0)
    share = normalised(precision)
    x = np.where(told, values, 0.0)
    mean = (share * x).sum(axis=-1)
    scaled = share * error
    alone = (scaled**2).sum(axis=-1)
    variance = (1 - correlation) * alone + correlation * scaled.sum(axis=-1) ** 2
    count = told.sum(axis=-1)
    apart = (precision * (x - mean[..., None]) ** 2).sum(axis=-1) / np.maximum(count - 1, 1)
    out = np.sqrt(variance * np.maximum(apart, 1.0))
    states_error = (told & ~np.isnan(sd)).any(axis=-1)
    return mean, np.where(states_error, out, np.nan)


def belief_in(label: NDArray[np.int64], probabilities: Array, trust: Array) -> Array:
    """Return how far each modality believes in a label that may not be its own first.

    Where the label is the modality's leading one, its trust (the calibrated probability that
    the leading label is right); else the rest, 1 - trust, shared out as its distribution
    shares it among the labels that do not lead.

    Parameters
    ----------
    label
        Index of the label [shape=(...)].
    probabilities
        [shape=(..., n_modalities, n_labels)].
    trust
        Trust of each modality in its own leading label [shape=(..., n_modalities)].
    """
    p = np.nan_to_num(probabilities)
    leads = p.argmax(axis=-1)
    wanted = np.broadcast_to(label[..., None], leads.shape)
    its = np.take_along_axis(p, wanted[..., None], axis=-1)[..., 0]
    rest = np.maximum(p.sum(axis=-1) - p.max(axis=-1), 1e-9)
    other = (1 - trust) * np.minimum(its / rest, 1.0)
    return np.where(leads == wanted, trust, other)


def joined_confidence(
    label: NDArray[np.int64],
    probabilities: Array,
    confidence: Array,
    weights: Array,
    *,
    correlation: float = ERROR_CORRELATION,
) -> Array:
    """Return the probability that the joined leading label is right.

    Each modality's belief b in the label moves the log-odds away from those of a blind guess
    among K labels, g = 1/K; modalities that err together count for less than one each:
    logit c = logit g + sum r (logit b - logit g) / (1 + (sum r - 1) correlation), with
    r = w / max w. One modality alone keeps its confidence.

    Parameters
    ----------
    label
        Index of the joined leading label [shape=(...)].
    probabilities, confidence, weights
        Of each modality [shape=(..., n_modalities, n_labels) and (..., n_modalities)].
    correlation
        In [0, 1]: 0 for modalities that err independently.

    Returns
    -------
    numpy.ndarray
        In (0, 1); NaN where no modality that counts states a confidence [shape=(...)].

    Examples
    --------
    >>> p = np.array([[0.7, 0.2, 0.1], [0.7, 0.2, 0.1]])
    >>> one = joined_confidence(np.array(0), p, np.array([0.7, 0.7]), np.array([1.0, 0.0]))
    >>> two = joined_confidence(np.array(0), p, np.array([0.7, 0.7]), np.array([1.0, 1.0]))
    >>> float(one.round(3)), bool(two > one)
    (0.7, True)
    """
    states = (weights > 0) & ~np.isnan(confidence)
    w = np.where(states, weights, 0.0)
    top = w.max(axis=-1, keepdims=True)
    r = w / np.where(top > 0, top, 1.0)
    trust = np.where(states, confidence, CONFIDENCE_IF_UNKNOWN)
    belief = belief_in(label, probabilities, trust)
    b = np.clip(belief, 1e-3, 1 - 1e-3)
    guess = np.log(1 / max(probabilities.shape[-1] - 1, 1))
    moved = (r * (np.log(b / (1 - b)) - guess)).sum(axis=-1)
    logit = guess + moved / (1 + np.maximum(r.sum(axis=-1) - 1, 0.0) * correlation)
    joined = 1 / (1 + np.exp(-logit))
    # A lone modality keeps exactly what it said, also beyond the bounds used above.
    lone = states.sum(axis=-1) == 1
    joined = np.where(lone, np.where(states, belief, 0.0).sum(axis=-1), joined)
    return np.where(states.any(axis=-1), joined, np.nan)


def joined_spread(
    label: NDArray[np.int64], probabilities: Array, spread: Array, weights: Array
) -> Array:
    """Return the share of people who would be expected to give another label.

    The weighted mean, over the modalities that state a spread, of 1 - (the share of people
    that the modality expects to give `label`).

    Parameters
    ----------
    label, probabilities, weights
        As for `joined_confidence`.
    spread
        Of each modality, NaN where unknown [shape=(..., n_modalities)].
    """
    states = (weights > 0) & ~np.isnan(spread)
    share = normalised(np.where(states, weights, 0.0))
    agree = belief_in(label, probabilities, 1 - np.where(states, spread, 0.0))
    return np.asarray(1 - (share * agree).sum(axis=-1))
