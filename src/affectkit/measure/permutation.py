"""Whether two systems that answered the same items differ, by swapping who answered what."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Side = Literal["two-sided", "greater", "less"]
_SLACK = 1e-12
"""Sums that are equal on paper differ by rounding: they count as equal."""


@dataclass(frozen=True)
class PairedTest:
    """How much one system is ahead of another, and how often chance alone puts it so far.

    Parameters
    ----------
    difference
        Ours less theirs.
    p
        Share in (0, 1] of swaps after which the difference is at least as far out.
    n
        How many units could be swapped: items, or clusters where there are any.
    swaps
        How many assignments `p` rests on.
    exact
        Whether these are all there are.

    Examples
    --------
    >>> str(PairedTest(0.1, 0.03125, n=6, swaps=64, exact=True))
    'difference 0.100, p = 0.0312 (exact, 64 swaps of 6)'
    """

    difference: float
    p: float
    n: int
    swaps: int
    exact: bool

    def __str__(self) -> str:
        how = "exact" if self.exact else "drawn"
        return (
            f"difference {self.difference:.3f}, p = {self.p:.4f} "
            f"({how}, {self.swaps} swaps of {self.n})"
        )


def sign_flip(
    differences: ArrayLike,
    *,
    clusters: ArrayLike | None = None,
    alternative: Side = "two-sided",
    n: int = 10_000,
    seed: int = 0,
) -> PairedTest:
    """Test whether paired differences have mean 0, by flipping their signs at random.

    For scores that are a mean over items, such as accuracy or absolute error: were the systems
    alike, each difference could as well have had the other sign.

    Parameters
    ----------
    differences
        Ours less theirs, an item each [shape=(n_items,)].
    clusters
        Which cluster each item belongs to [shape=(n_items,)], such as the speaker or dialogue:
        items of one are not independent, so that all flip together.
    alternative
        ``"greater"`` asks whether ours is ahead.
    n
        Number of draws; all assignments are tried instead where there are no more than these.
    seed
        Seed of the draws.

    Returns
    -------
    PairedTest
        If drawn, the observed assignment counts as one, so that `p` is never 0.

    Raises
    ------
    ValueError
        If there are no differences, one is not finite, or clusters do not fit.

    References
    ----------
    Fisher, R. A. (1935). The Design of Experiments, section 21; drawn p after Phipson, B. and
    Smyth, G. (2010). Permutation p-values should never be zero, equation 2.

    Examples
    --------
    >>> sign_flip([0.2, 0.1, 0.4, 0.3, 0.1, 0.2])
    PairedTest(difference=0.216..., p=0.03125, n=6, swaps=64, exact=True)
    """
    d = np.asarray(differences, dtype=np.float64)
    if d.ndim != 1 or not len(d) or not np.isfinite(d).all():
        raise ValueError("differences must be one finite number an item, and at least one")
    _positive(n)
    codes, units = _units(clusters, len(d))
    sums = np.bincount(codes, d, minlength=units) / len(d)
    exact = _all_fit(units, n)
    rng = np.random.default_rng(seed)
    found = []
    # In blocks, so that many draws of many items need little memory.
    for start in range(0, 2**units if exact else n, block := max(1, 2_000_000 // units)):
        stop = min(start + block, 2**units if exact else n)
        signs = _all_signs(start, stop, units) if exact else _drawn(rng, stop - start, units)
        found.append(signs @ sums)
    return _test(float(d.mean()), np.concatenate(found), units, exact, alternative)


def approximate_randomisation(
    statistic: Callable[..., float],
    truth: ArrayLike,
    ours: ArrayLike,
    theirs: ArrayLike,
    *,
    clusters: ArrayLike | None = None,
    alternative: Side = "two-sided",
    n: int = 1000,
    seed: int = 0,
) -> PairedTest:
    """Test whether two systems score alike, by exchanging their answers at random.

    For any score, such as macro F1 or CCC, which need not be a mean over items.

    Parameters
    ----------
    statistic
        Function of truth and answers, such as `affectkit.measure.metrics.ccc`.
    truth
        [shape=(n_items, …)].
    ours, theirs
        Answers of the two systems to the same items [shape=(n_items, …)].
    clusters
        Which cluster each item belongs to [shape=(n_items,)]; answers to all its items are
        exchanged together.
    alternative
        ``"greater"`` asks whether ours scores higher.
    n
        Number of draws; all assignments are tried instead where there are no more than these.
    seed
        Seed of the draws.

    Returns
    -------
    PairedTest
        Draws on which the statistic is NaN count against a difference.

    Raises
    ------
    ValueError
        If lengths differ, there is nothing to compare, or the statistic is NaN as observed.

    References
    ----------
    Noreen, E. W. (1989). Computer-Intensive Methods for Testing Hypotheses, section 2.1; for
    F scores, Yeh, A. (2000). More accurate tests for the statistical significance of result
    differences.

    Examples
    --------
    >>> from affectkit.measure.metrics import macro_f1
    >>> truth = ["joy", "fear"] * 30
    >>> approximate_randomisation(macro_f1, truth, truth, ["joy"] * 60, n=200).p
    0.004...
    """
    t, a, b = np.asarray(truth), np.asarray(ours), np.asarray(theirs)
    if not t.ndim or not len(t) or len(t) != len(a) or a.shape != b.shape:
        raise ValueError(f"shapes {t.shape}, {a.shape} and {b.shape} cannot be compared")
    _positive(n)
    codes, units = _units(clusters, len(t))

    def gain(first: NDArray[np.generic], second: NDArray[np.generic]) -> float:
        return float(statistic(t, first)) - float(statistic(t, second))

    observed = gain(a, b)
    if np.isnan(observed):
        raise ValueError("the score of these answers is NaN, so that there is nothing to test")
    exact = _all_fit(units, n)
    rng = np.random.default_rng(seed)
    found = np.empty(2**units if exact else n)
    for i in range(len(found)):
        signs = _all_signs(i, i + 1, units)[0] if exact else _drawn(rng, 1, units)[0]
        kept = (signs > 0)[codes].reshape(-1, *[1] * (a.ndim - 1))
        found[i] = gain(np.where(kept, a, b), np.where(kept, b, a))
    return _test(observed, found, units, exact, alternative)


def _test(
    observed: float, found: NDArray[np.float64], units: int, exact: bool, alternative: Side
) -> PairedTest:
    if alternative == "two-sided":
        far, at = np.abs(found), abs(observed)
    elif alternative in ("greater", "less"):
        sign = 1 if alternative == "greater" else -1
        far, at = sign * found, sign * observed
    else:
        raise ValueError(f"alternative is two-sided, greater or less, not {alternative!r}")
    # Written so that NaN counts as far out.
    hits = int(np.sum(~(far < at - _SLACK * max(1.0, abs(at)))))
    if exact:
        return PairedTest(observed, hits / len(found), units, len(found), True)
    return PairedTest(observed, (1 + hits) / (1 + len(found)), units, len(found), False)


def _units(clusters: ArrayLike | None, length: int) -> tuple[NDArray[np.intp], int]:
    if clusters is None:
        return np.arange(length), length
    names = np.asarray(clusters)
    if names.shape != (length,):
        raise ValueError(f"clusters of shape {names.shape} do not fit {length} items")
    distinct, codes = np.unique(names, return_inverse=True)
    return codes, len(distinct)


def _all_fit(units: int, n: int) -> bool:
    return units < 60 and 2**units <= n


def _all_signs(start: int, stop: int, units: int) -> NDArray[np.float64]:
    bits = np.arange(start, stop)[:, None] >> np.arange(units) & 1
    return np.asarray(1.0 - 2.0 * bits)


def _drawn(rng: np.random.Generator, draws: int, units: int) -> NDArray[np.float64]:
    return np.asarray(1.0 - 2.0 * rng.integers(0, 2, size=(draws, units), dtype=np.int8))


def _positive(n: int) -> None:
    if n < 1:
        raise ValueError(f"n must be at least 1, not {n}")
