"""How far one distribution over labels lies from another."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def soft_cross_entropy(truth: ArrayLike, predicted: ArrayLike) -> float:
    """Mean cross-entropy in nats of predicted against true distributions, 0 or more.

    Infinite where a label that raters gave was held impossible.

    Parameters
    ----------
    truth, predicted
        Distributions, each row summing to 1 [shape=(n, n_labels)].

    Raises
    ------
    ValueError
        If shapes differ, or a row is no distribution (it is named).

    References
    ----------
    Peterson, J. et al. (2019). Human uncertainty makes classification more robust. ICCV.

    Examples
    --------
    >>> round(soft_cross_entropy([[0.5, 0.5]], [[0.5, 0.5]]), 4)
    0.6931
    """
    t, p = _both(truth, predicted)
    return float(-_times_log(t, p).sum(axis=1).mean())


def kl_divergence(truth: ArrayLike, predicted: ArrayLike) -> float:
    """Mean Kullback-Leibler divergence in nats of `predicted` from `truth`, 0 or more.

    Parameters and errors as in `soft_cross_entropy`; it lacks the entropy of the truth, so
    that a perfect prediction gives 0.

    References
    ----------
    Kullback, S. and Leibler, R. (1951). On information and sufficiency. Annals of
    Mathematical Statistics 22, 79-86, equation 2.4.

    Examples
    --------
    >>> kl_divergence([[1.0, 0.0]], [[1.0, 0.0]])
    0.0
    """
    t, p = _both(truth, predicted)
    return float(_divergence(t, p).mean())


def js_divergence(truth: ArrayLike, predicted: ArrayLike) -> float:
    """Mean Jensen-Shannon divergence in bits, in [0, 1]: 1 if no label is shared.

    The same both ways, and finite, as Kullback and Leibler's is not. Parameters and errors
    as in `soft_cross_entropy`.

    References
    ----------
    Lin, J. (1991). Divergence measures based on the Shannon entropy. IEEE Transactions on
    Information Theory 37, 145-151, equation 4.1.

    Examples
    --------
    >>> js_divergence([[1.0, 0.0]], [[0.0, 1.0]])
    1.0
    """
    t, p = _both(truth, predicted)
    middle = (t + p) / 2
    return float((_divergence(t, middle) + _divergence(p, middle)).mean() / (2 * np.log(2)))


def earth_movers(truth: ArrayLike, predicted: ArrayLike) -> float:
    """Mean earth mover's distance between distributions over ordered labels, in steps.

    Between 0 and ``n_labels - 1``: how many labels further the probability has to be carried.
    Parameters and errors as in `soft_cross_entropy`; the columns must be in order.

    References
    ----------
    Rubner, Y. et al. (2000). The earth mover's distance as a metric for image retrieval.
    International Journal of Computer Vision 40, 99-121; on a line it is the area between the
    cumulative distributions (Vallender 1974).

    Examples
    --------
    >>> earth_movers([[1.0, 0.0, 0.0]], [[0.0, 0.0, 1.0]])
    2.0
    """
    t, p = _both(truth, predicted)
    return float(np.abs(np.cumsum(t - p, axis=1)[:, :-1]).sum(axis=1).mean())


def _divergence(t: Floats, p: Floats) -> Floats:
    each: Floats = np.maximum((_times_log(t, t) - _times_log(t, p)).sum(axis=1), 0.0)
    return each


def _times_log(t: Floats, p: Floats) -> Floats:
    with np.errstate(divide="ignore"):
        log = np.log(p)
    product: Floats = np.multiply(t, log, out=np.zeros_like(t), where=t > 0)
    return product


def _both(truth: ArrayLike, predicted: ArrayLike) -> tuple[Floats, Floats]:
    t, p = np.asarray(truth, dtype=float), np.asarray(predicted, dtype=float)
    if t.shape != p.shape or t.ndim != 2 or not t.size:
        raise ValueError(f"expected two tables (n, n_labels) alike, got {t.shape} and {p.shape}")
    for name, table in (("truth", t), ("predicted", p)):
        wrong = ~((table >= 0).all(axis=1) & np.isclose(table.sum(axis=1), 1, atol=1e-6))
        if wrong.any():
            row = int(np.argmax(wrong))
            raise ValueError(f"row {row} of {name} is no distribution: divide it by its sum")
    return t, p
