"""Whether one way of learning beats another: over seeds and over items at once."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from affectkit.measure.intervals import Interval


def runs_difference(
    statistic: Callable[[NDArray[np.intp], NDArray[np.intp]], float],
    truth: ArrayLike,
    ours: ArrayLike,
    theirs: ArrayLike,
    *,
    clusters: ArrayLike | None = None,
    n: int = 1000,
    seed: int = 0,
) -> Interval:
    """Interval of the mean gain over runs, drawing runs and items (or clusters) together.

    The two ways are paired: run k of both had the same seed and the same training texts, and
    all runs answer the same items. An interval over items alone would credit the luck of the
    seeds that were run; one over seeds alone that of the items.

    Parameters
    ----------
    statistic
        Of true and told codes, such as `macro_f1_of_codes`.
    truth
        Codes from 0 [shape=(n_items,)].
    ours, theirs
        What each run told [shape=(n_runs, n_items)].
    clusters
        Which cluster each item belongs to [shape=(n_items,)].
    n, seed
        Number and seed of the draws.

    Examples
    --------
    >>> truth = np.tile([0, 1], 50)
    >>> gain = runs_difference(macro_f1_of_codes, truth, [truth] * 3, [1 - truth] * 3, n=50)
    >>> gain.value, gain.low, gain.high
    (1.0, 1.0, 1.0)
    """
    t, a, b = np.asarray(truth), np.atleast_2d(ours), np.atleast_2d(theirs)
    if a.shape != b.shape or a.shape[1:] != t.shape:
        raise ValueError(f"runs of shapes {a.shape} and {b.shape} do not fit truth {t.shape}")
    if clusters is None:
        members = [np.array([i]) for i in range(len(t))]
    else:
        codes = np.unique(np.asarray(clusters), return_inverse=True)[1]
        order = np.argsort(codes, kind="stable")
        members = np.split(order, np.flatnonzero(np.diff(codes[order])) + 1)

    def gain(rows: NDArray[np.intp], runs: NDArray[np.intp]) -> float:
        return float(
            np.mean([statistic(t[rows], a[k, rows]) - statistic(t[rows], b[k, rows]) for k in runs])
        )

    rng = np.random.default_rng(seed)
    draws = np.empty(n)
    for i in range(n):
        picked = rng.integers(len(members), size=len(members))
        rows = picked if clusters is None else np.concatenate([members[j] for j in picked])
        draws[i] = gain(rows, rng.integers(len(a), size=len(a)))
    low, high = np.quantile(draws, [0.025, 0.975])
    value = gain(np.arange(len(t)), np.arange(len(a)))
    return Interval(value, float(low), float(high), len(members))


def macro_f1_of_codes(truth: NDArray[np.intp], told: NDArray[np.intp]) -> float:
    """Return the mean F1 of the classes that occur in `truth`, fast enough to draw often.

    Examples
    --------
    >>> macro_f1_of_codes(np.array([0, 0, 1, 1]), np.array([0, 1, 1, 1]))
    0.733...
    """
    k = int(max(truth.max(), told.max())) + 1
    table = np.bincount(truth * k + told, minlength=k * k).reshape(k, k)
    there = table.sum(axis=1) > 0
    f1 = 2 * np.diag(table) / np.maximum(table.sum(axis=0) + table.sum(axis=1), 1)
    return float(f1[there].mean())


def f1_of_code(code: int) -> Callable[[NDArray[np.intp], NDArray[np.intp]], float]:
    """Return a function that gives the F1 of one class.

    Examples
    --------
    >>> f1_of_code(1)(np.array([0, 0, 1, 1]), np.array([0, 1, 1, 1]))
    0.8
    """

    def f1(truth: NDArray[np.intp], told: NDArray[np.intp]) -> float:
        hits = np.sum((truth == code) & (told == code))
        return float(2 * hits / max(np.sum(truth == code) + np.sum(told == code), 1))

    return f1
