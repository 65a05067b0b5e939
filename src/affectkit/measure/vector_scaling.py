"""Calibrate every label by a slope and an offset of its own, where one temperature is too few."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from affectkit.measure.calibration import Temperature

Floats = NDArray[np.float64]


class VectorScaling:
    """A slope and an offset a label: softmax or sigmoid of (slope * logits + offset).

    It can mend a label that is said too often, which a temperature cannot; with few items of
    a label it follows their accidents. Slopes are therefore pulled a little towards those of
    the best temperature, which also keeps labels that separate perfectly finite.

    Parameters
    ----------
    multi_label
        Whether several labels may hold; each then has a logistic curve of its own.
    pull
        Half of `pull` times the squared distance from the temperature is added to the summed
        negative log likelihood; above 0.

    Attributes
    ----------
    slope_, offset_
        [shape=(n_labels,)].

    References
    ----------
    Guo et al. (2017). On Calibration of Modern Neural Networks, section 4.2, equation 8, with
    a diagonal matrix.

    Examples
    --------
    >>> logits = [[0.0, 0.0]] * 4  # undecided, where the second label is three times as common
    >>> scaling = VectorScaling(pull=1e-6).fit(logits, [0, 1, 1, 1])
    >>> scaling.transform([[0.0, 0.0]]).round(2)
    array([[0.25, 0.75]])
    """

    def __init__(self, *, multi_label: bool = False, pull: float = 1.0) -> None:
        if not pull > 0:
            raise ValueError(f"pull must be above 0, not {pull}")
        self.multi_label = multi_label
        self.pull = pull
        self.slope_: Floats = np.ones(1)
        self.offset_: Floats = np.zeros(1)

    def fit(self, logits: ArrayLike, truth: ArrayLike) -> Self:
        """Find slopes and offsets of least pulled negative log likelihood, by Newton steps.

        On these items the likelihood is never below that of the best temperature.

        Parameters
        ----------
        logits
            Scores before softmax or sigmoid, of items not trained on [shape=(n, n_labels)].
        truth
            Position of the right label [shape=(n,)], or its distribution, or 0/1 for each
            label [shape=(n, n_labels)].

        Raises
        ------
        ValueError
            If shapes do not fit, a logit is not finite, or a position names no column.
        """
        z, t = np.asarray(logits, dtype=np.float64), np.asarray(truth)
        if z.ndim != 2 or not z.size or t.shape not in (z.shape, z.shape[:1]):
            raise ValueError(f"truth of shape {t.shape} does not fit logits of shape {z.shape}")
        if not np.isfinite(z).all():
            raise ValueError(f"logits of row {np.argwhere(~np.isfinite(z))[0, 0]} are not finite")
        if t.ndim == 1:
            if not np.issubdtype(t.dtype, np.integer) or ((t < 0) | (t >= z.shape[1])).any():
                raise ValueError(f"truth must be whole numbers from 0 to {z.shape[1] - 1}")
            t = np.eye(z.shape[1])[t]
        t = t.astype(np.float64)
        start = 1 / Temperature(multi_label=self.multi_label).fit(z, t).temperature_
        anchor = np.concatenate([np.full(z.shape[1], start), np.zeros(z.shape[1])])
        at, loss = anchor, self._loss(anchor, anchor, z, t)
        for _ in range(200):
            gradient, curvature = self._steps(at, anchor, z, t)
            step = np.linalg.solve(curvature, gradient)
            size = 1.0
            while (new := self._loss(at - size * step, anchor, z, t)) > loss and size > 1e-10:
                size /= 2
            if new > loss:
                break
            at, gain, loss = at - size * step, loss - new, new
            if gain <= 1e-13 * len(z):
                break
        self.slope_, self.offset_ = np.split(at, 2)
        return self

    def transform(self, logits: ArrayLike) -> Floats:
        """Return calibrated probabilities [shape as logits].

        Raises
        ------
        ValueError
            If there are not as many columns as labels fitted.
        """
        z = np.asarray(logits, dtype=np.float64)
        if z.shape[-1:] != self.slope_.shape:
            raise ValueError(f"logits of shape {z.shape} do not fit {len(self.slope_)} labels")
        return np.exp(self._log(z * self.slope_ + self.offset_))

    def to_dict(self) -> dict[str, Any]:
        """Return plain values that `from_dict` reads back."""
        return {
            "kind": "vector",
            "slope": self.slope_.tolist(),
            "offset": self.offset_.tolist(),
            "multi_label": self.multi_label,
            "pull": self.pull,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Build from the values of `to_dict`.

        Raises
        ------
        ValueError
            If there are not as many slopes as offsets.
        """
        made = cls(multi_label=bool(values["multi_label"]), pull=float(values["pull"]))
        made.slope_ = np.asarray(values["slope"], dtype=np.float64)
        made.offset_ = np.asarray(values["offset"], dtype=np.float64)
        if made.slope_.ndim != 1 or made.slope_.shape != made.offset_.shape:
            raise ValueError(
                f"slopes of shape {made.slope_.shape}, offsets of {made.offset_.shape}"
            )
        return made

    def _log(self, v: Floats) -> Floats:
        if self.multi_label:
            return -np.logaddexp(0.0, -v)
        top = v.max(axis=-1, keepdims=True)
        return np.asarray(v - top - np.log(np.exp(v - top).sum(axis=-1, keepdims=True)))

    def _loss(self, at: Floats, anchor: Floats, z: Floats, t: Floats) -> float:
        slope, offset = np.split(at, 2)
        v = z * slope + offset
        likely = t * self._log(v)
        if self.multi_label:
            likely += (1 - t) * self._log(-v)
        return float(self.pull / 2 * np.sum((at - anchor) ** 2) - likely.sum())

    def _steps(self, at: Floats, anchor: Floats, z: Floats, t: Floats) -> tuple[Floats, Floats]:
        """Return the gradient and the matrix of second derivatives."""
        slope, offset = np.split(at, 2)
        p = np.exp(self._log(z * slope + offset))
        mass = np.ones((len(z), 1)) if self.multi_label else t.sum(axis=1, keepdims=True)
        off = mass * p - t
        gradient = np.concatenate([(off * z).sum(axis=0), off.sum(axis=0)])
        gradient += self.pull * (at - anchor)
        own = mass * p * (1 - p) if self.multi_label else mass * p
        curvature = np.block(
            [
                [np.diag((own * z * z).sum(axis=0)), np.diag((own * z).sum(axis=0))],
                [np.diag((own * z).sum(axis=0)), np.diag(own.sum(axis=0))],
            ]
        )
        if not self.multi_label:
            both = np.hstack([p * z, p])
            curvature -= (mass * both).T @ both
        return gradient, curvature + self.pull * np.eye(len(at))
