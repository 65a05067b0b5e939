"""On which rows features were normalised, as far as their statistics give it away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Fitted = Literal["train", "all", "each split", "each group", "either", "not seen"]

NEAR = 1e-4
"""A mean so near 0 and a deviation so near 1 are no chance, even in numbers cut to 4 decimals."""
_CLEAR = 10.0
_LEAST = 8
"""Rows that a side needs: the statistics of fewer say little."""


@dataclass(frozen=True)
class Normalised:
    """On which rows one feature was normalised.

    Parameters
    ----------
    fitted
        ``"train"``: by the training rows alone, as it should be; ``"all"``: by training and
        held-out rows together; ``"each split"``: the held-out rows by themselves; ``"each
        group"``: each group, such as a speaker, by itself; ``"either"``: normalised, and train
        and all rows are too alike to tell; ``"not seen"``: no trace of these.
    how
        ``"mean 0, deviation 1"``, ``"least to most"`` or empty.
    train, whole
        How far the statistics of the training rows, and of all rows, are from those
        that normalising gives (0: exactly these).

    Examples
    --------
    >>> Normalised("all", "mean 0, deviation 1", 0.2, 0.0).leaks
    True
    """

    fitted: Fitted
    how: str
    train: float
    whole: float

    @property
    def leaks(self) -> bool:
        """Whether held-out rows had a say in how features were scaled."""
        return self.fitted in ("all", "each split")


def normalised_on(
    train: ArrayLike, held_out: ArrayLike, groups: ArrayLike | None = None
) -> Normalised:
    """Return by which rows one feature was normalised.

    A scaler leaves its mark on the rows that it was fitted on: their mean is 0 and their standard
    deviation 1 (or their ends are exactly 0 and 1, or -1 and 1) up to rounding, which no other
    rows meet by chance.

    Parameters
    ----------
    train, held_out
        The feature in the rows of either side [shape=(n,)]; NaN is left out.
    groups
        Whose each row is, those of `train` first [shape=(n_train + n_held_out,)].

    Returns
    -------
    Normalised
        Cannot be seen, and so is never found: scaling by the median and quartiles; a component
        analysis, a choice of features, an imputation or a vocabulary fitted on all rows; anything
        that was rescaled or rounded coarsely afterwards.

    Notes
    -----
    Ends of 0 and 1 are a weaker sign than mean and deviation: a share that naturally reaches
    both ends on the held-out side only looks the same. A feature of three values or fewer, such
    as a flag, is not judged by its ends.

    Raises
    ------
    ValueError
        If a side is no list of numbers, or groups do not fit.

    References
    ----------
    The fault: Kaufman, S., Rosset, S., Perlich, C. and Stitelman, O. (2012). Leakage in data
    mining: formulation, detection, and avoidance, section 3.

    Examples
    --------
    >>> x = np.random.default_rng(0).normal(3, 2, size=100)
    >>> scaled = (x - x.mean()) / x.std()
    >>> normalised_on(scaled[:70], scaled[70:]).fitted
    'all'
    >>> scaled = (x - x[:70].mean()) / x[:70].std()
    >>> normalised_on(scaled[:70], scaled[70:]).fitted
    'train'
    """
    a, b = (np.asarray(side, dtype=np.float64) for side in (train, held_out))
    if a.ndim != 1 or b.ndim != 1:
        raise ValueError(f"give one number a row, not shapes {a.shape} and {b.shape}")
    both = np.concatenate([a, b])
    names = None if groups is None else np.asarray(groups)
    if names is not None and names.shape != both.shape:
        raise ValueError(f"groups of shape {names.shape} do not fit {len(both)} rows")
    known = np.isfinite(both)
    names = names[known] if names is not None else None
    a, b = a[np.isfinite(a)], b[np.isfinite(b)]
    both = np.concatenate([a, b])
    if len(a) < _LEAST or len(b) < _LEAST or np.ptp(both) == 0:
        return Normalised("not seen", "", np.inf, np.inf)
    found = _judged("mean 0, deviation 1", *(_standard(x) for x in (a, b, both)))
    # First, as groups with mean 0 and deviation 1 make any whole that has the same.
    if names is not None and _by_group(both, names):
        return Normalised("each group", "mean 0, deviation 1", found.train, found.whole)
    if found.fitted == "not seen" and len(np.unique(both)) > 3:
        ends = _judged("least to most", *(_ends(x) for x in (a, b, both)))
        # Held-out rows that reach both ends by themselves are no proof for a bounded feature.
        if ends.fitted in ("train", "all", "either"):
            return ends
    return found


def _judged(how: str, train: float, held_out: float, whole: float) -> Normalised:
    def clear(good: float, other: float) -> bool:
        return good < NEAR and other > _CLEAR * max(good, NEAR)

    fitted: Fitted = "not seen"
    if train < NEAR and held_out < NEAR:
        fitted = "each split"
    elif clear(whole, train):
        fitted = "all"
    elif clear(train, whole):
        fitted = "train"
    elif whole < NEAR or train < NEAR:
        fitted = "either"
    return Normalised(fitted, how if fitted != "not seen" else "", train, whole)


def _standard(x: Floats) -> float:
    """How far mean and deviation are from 0 and 1; the deviation by n or by n - 1."""
    return max(abs(float(x.mean())), min(abs(float(x.std(ddof=d)) - 1) for d in (0, 1)))


def _ends(x: Floats) -> float:
    low, high = float(x.min()), float(x.max())
    return min(max(abs(low - at), abs(high - 1)) for at in (0.0, -1.0))


def _by_group(x: Floats, names: NDArray[np.generic]) -> bool:
    codes = np.unique(names, return_inverse=True)[1]
    order = np.argsort(codes, kind="stable")
    parts = np.split(x[order], np.flatnonzero(np.diff(codes[order])) + 1)
    judged = [_standard(part) for part in parts if len(part) >= 3 and np.ptp(part) > 0]
    return len(judged) > 1 and max(judged) < NEAR
