"""Make stated probabilities match how often they come true, on data held back from training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray


class Temperature:
    """One number that flattens or sharpens a distribution; the order of labels stays.

    Probabilities are softmax(logits / temperature) for exclusive labels, or
    sigmoid(logits / temperature) for labels that may hold together.

    Parameters
    ----------
    multi_label
        Whether several labels may hold.

    Attributes
    ----------
    temperature_
        Above 1: the model was too sure of itself; below 1: not sure enough.

    References
    ----------
    Guo et al. (2017). On Calibration of Modern Neural Networks, equation 9.

    Examples
    --------
    >>> logits = [[4.0, 0.0], [4.0, 0.0], [0.0, 4.0], [0.0, 4.0]]
    >>> t = Temperature().fit(logits, [0, 1, 1, 1])  # right three times of four
    >>> t.transform(logits)[0].round(2)
    array([0.75, 0.25])
    """

    def __init__(self, *, multi_label: bool = False) -> None:
        self.multi_label = multi_label
        self.temperature_ = 1.0

    def fit(self, logits: ArrayLike, truth: ArrayLike) -> Self:
        """Find the temperature of least negative log likelihood.

        Parameters
        ----------
        logits
            Scores before softmax or sigmoid [shape=(n, n_labels)].
        truth
            Position of the right label [shape=(n,)], or its distribution, or 0/1 for each
            label [shape=(n, n_labels)].
        """
        z = np.asarray(logits, dtype=np.float64)
        t = np.asarray(truth)
        if t.ndim == 1 and z.ndim == 2:
            t = np.eye(z.shape[1])[t.astype(int)]
        if t.shape != z.shape or not z.size:
            raise ValueError(f"truth of shape {t.shape} does not fit logits of shape {z.shape}")
        t = t.astype(np.float64)
        # In b = log(1 / temperature) the loss has one minimum; golden section needs no gradient.
        b = _golden(lambda b: self._loss(z * np.exp(b), t), -5.0, 5.0)
        self.temperature_ = float(np.exp(-b))
        return self

    def transform(self, logits: ArrayLike) -> NDArray[np.float64]:
        """Return calibrated probabilities [shape as logits]."""
        z = np.asarray(logits, dtype=np.float64) / self.temperature_
        return _sigmoid(z) if self.multi_label else np.exp(z - _log_sum_exp(z))

    def _loss(self, z: NDArray[np.float64], t: NDArray[np.float64]) -> float:
        if self.multi_label:
            return float(np.mean(np.logaddexp(0.0, z) - t * z))
        return float(-np.mean(np.sum(t * (z - _log_sum_exp(z)), axis=-1)))

    def to_dict(self) -> dict[str, Any]:
        """Return plain values that `from_dict` reads back."""
        return {
            "kind": "temperature",
            "temperature": self.temperature_,
            "multi_label": self.multi_label,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Build from the values of `to_dict`."""
        made = cls(multi_label=bool(values["multi_label"]))
        made.temperature_ = float(values["temperature"])
        return made


class Platt:
    """A logistic curve from a score to a probability: sigmoid(slope * score + offset).

    Targets are smoothed by one pseudo-count on each side, so that a score that separates
    the classes perfectly still gets a finite slope.

    Attributes
    ----------
    slope_, offset_
        The curve.

    References
    ----------
    Platt, J. (1999). Probabilistic outputs for support vector machines, section 2.2;
    Lin, Lin and Weng (2007) for the Newton steps.

    Examples
    --------
    >>> p = Platt().fit([-2, -1, 1, 2], [0, 0, 1, 1])
    >>> p.transform([-2.0, 2.0]).round(1)
    array([0.2, 0.8])
    """

    def __init__(self) -> None:
        self.slope_ = 1.0
        self.offset_ = 0.0

    def fit(self, score: ArrayLike, truth: ArrayLike) -> Self:
        """Fit on scores [shape=(n,)] and whether each came true, 0 or 1 [shape=(n,)]."""
        x, y = _scores(score, truth)
        positive = float(y.sum())
        negative = len(y) - positive
        # Platt 1999: a positive counts (n+ + 1) / (n+ + 2), a negative 1 / (n- + 2).
        high, low = (positive + 1) / (positive + 2), 1 / (negative + 2)
        t = low + (high - low) * y
        # Scores are centred and scaled for the steps, then the curve is moved back.
        middle, width = x.mean(), x.std() or 1.0
        features = np.stack([(x - middle) / width, np.ones_like(x)], axis=1)
        w = np.array([0.0, np.log((positive + 1) / (negative + 1))])
        loss = _logistic_loss(features @ w, t)
        for _ in range(100):
            p = _sigmoid(features @ w)
            gradient = features.T @ (p - t)
            curvature = (features * (p * (1 - p))[:, None]).T @ features + 1e-10 * np.eye(2)
            step = np.linalg.solve(curvature, gradient)
            size = 1.0
            while (new := _logistic_loss(features @ (w - size * step), t)) > loss and size > 1e-8:
                size /= 2
            done = loss - new < 1e-12
            w, loss = w - size * step, new
            if done:
                break
        self.slope_ = float(w[0] / width)
        self.offset_ = float(w[1] - w[0] * middle / width)
        return self

    def transform(self, score: ArrayLike) -> NDArray[np.float64]:
        """Return probabilities [shape as score]."""
        return _sigmoid(self.slope_ * np.asarray(score, dtype=np.float64) + self.offset_)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values that `from_dict` reads back."""
        return {"kind": "platt", "slope": self.slope_, "offset": self.offset_}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Build from the values of `to_dict`."""
        made = cls()
        made.slope_, made.offset_ = float(values["slope"]), float(values["offset"])
        return made


class Isotonic:
    """A rising step curve from a score to a probability, straight between the steps.

    Makes no assumption on the shape of the curve, so it needs some hundred items. Scores
    beyond those seen get the nearest value. Fitted by pooling adjacent violators.

    Attributes
    ----------
    score_, value_
        Corners of the curve [shape=(n_corners,)].

    References
    ----------
    Zadrozny and Elkan (2002). Transforming classifier scores into accurate multiclass
    probability estimates.

    Examples
    --------
    >>> Isotonic().fit([1, 2, 3, 4], [0, 1, 0, 1]).transform([1, 2.5, 4])
    array([0. , 0.5, 1. ])
    """

    def __init__(self) -> None:
        self.score_: NDArray[np.float64] = np.array([0.0, 1.0])
        self.value_: NDArray[np.float64] = np.array([0.0, 1.0])

    def fit(self, score: ArrayLike, truth: ArrayLike) -> Self:
        """Fit on scores [shape=(n,)] and what came true, in [0, 1] [shape=(n,)]."""
        x, y = _scores(score, truth)
        at, codes, count = np.unique(x, return_inverse=True, return_counts=True)
        fitted = pool_adjacent_violators(np.bincount(codes, weights=y) / count, count)
        # Only corners are kept: inside a flat stretch a point carries nothing.
        inner = (fitted[1:-1] == fitted[:-2]) & (fitted[1:-1] == fitted[2:])
        keep = np.concatenate([[True], ~inner, [True]])[: len(at)]
        self.score_, self.value_ = at[keep], fitted[keep]
        return self

    def transform(self, score: ArrayLike) -> NDArray[np.float64]:
        """Return probabilities [shape as score]."""
        return np.asarray(np.interp(np.asarray(score, float), self.score_, self.value_))

    def to_dict(self) -> dict[str, Any]:
        """Return plain values that `from_dict` reads back."""
        return {
            "kind": "isotonic",
            "score": self.score_.tolist(),
            "value": self.value_.tolist(),
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Build from the values of `to_dict`."""
        made = cls()
        made.score_ = np.asarray(values["score"], dtype=np.float64)
        made.value_ = np.asarray(values["value"], dtype=np.float64)
        return made


Calibration = Temperature | Platt | Isotonic


def calibration_from_dict(values: Mapping[str, Any]) -> Calibration:
    """Build whichever calibration `values` describes, by its ``"kind"``.

    Examples
    --------
    >>> calibration_from_dict(Platt().to_dict()).transform([0.0])
    array([0.5])
    """
    kinds: dict[str, type[Temperature] | type[Platt] | type[Isotonic]] = {
        "temperature": Temperature,
        "platt": Platt,
        "isotonic": Isotonic,
    }
    if values.get("kind") not in kinds:
        raise ValueError(f"there is no calibration {values.get('kind')!r}")
    return kinds[values["kind"]].from_dict(values)


def pool_adjacent_violators(
    values: ArrayLike, weights: ArrayLike | None = None
) -> NDArray[np.float64]:
    """Return the never-falling sequence nearest to `values` by weighted squares.

    Parameters
    ----------
    values
        Numbers in order [shape=(n,)].
    weights
        How much each counts [shape=(n,)]; all alike if None.

    References
    ----------
    Barlow et al. (1972). Statistical Inference under Order Restrictions.

    Examples
    --------
    >>> pool_adjacent_violators([1, 3, 2, 4])
    array([1. , 2.5, 2.5, 4. ])
    """
    y = np.asarray(values, dtype=np.float64)
    w = np.ones_like(y) if weights is None else np.asarray(weights, dtype=np.float64)
    means: list[float] = []
    mass: list[float] = []
    length: list[int] = []
    for value, weight in zip(y.tolist(), w.tolist(), strict=True):
        means.append(value)
        mass.append(weight)
        length.append(1)
        while len(means) > 1 and means[-2] >= means[-1]:
            together = mass[-2] + mass[-1]
            means[-2] = (means[-2] * mass[-2] + means[-1] * mass[-1]) / together
            mass[-2] = together
            length[-2] += length[-1]
            del means[-1], mass[-1], length[-1]
    return np.repeat(np.asarray(means, dtype=np.float64), length)


def _scores(score: ArrayLike, truth: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    x, y = np.asarray(score, dtype=np.float64), np.asarray(truth, dtype=np.float64)
    if x.ndim != 1 or x.shape != y.shape or not len(x):
        raise ValueError(f"scores of shape {x.shape} and truth of shape {y.shape} do not fit")
    return x, y


def _sigmoid(z: NDArray[np.float64]) -> NDArray[np.float64]:
    # tanh does not overflow for any z.
    return np.asarray(0.5 * (1 + np.tanh(0.5 * z)))


def _log_sum_exp(z: NDArray[np.float64]) -> NDArray[np.float64]:
    top = z.max(axis=-1, keepdims=True)
    return np.asarray(top + np.log(np.exp(z - top).sum(axis=-1, keepdims=True)))


def _logistic_loss(z: NDArray[np.float64], t: NDArray[np.float64]) -> float:
    return float(np.sum(np.logaddexp(0.0, z) - t * z))


def _golden(loss: Any, low: float, high: float) -> float:
    """Return where a loss with one minimum is least."""
    ratio = (5**0.5 - 1) / 2
    a, b = high - ratio * (high - low), low + ratio * (high - low)
    at_a, at_b = loss(a), loss(b)
    while high - low > 1e-6:
        if at_a < at_b:
            high, b, at_b = b, a, at_a
            a = high - ratio * (high - low)
            at_a = loss(a)
        else:
            low, a, at_a = a, b, at_b
            b = low + ratio * (high - low)
            at_b = loss(b)
    return (low + high) / 2
