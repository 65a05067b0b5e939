"""Whether new items come from elsewhere than those a model was made and calibrated with."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


class ShiftWarning(UserWarning):
    """New items differ from the reference, so that confidences need not hold for them."""


@dataclass(frozen=True)
class TwoSampleTest:
    """How far two samples differ, and how often chance alone puts them so far apart.

    Parameters
    ----------
    test
        ``"mmd"`` or ``"classifier"``.
    value
        The squared discrepancy (0 for alike on average, may fall below), or the accuracy with
        which samples are told apart (a half for alike).
    p
        In (0, 1].
    n_reference, n_new
        Items used of each.

    Examples
    --------
    >>> str(TwoSampleTest("classifier", 0.81, 0.002, 40, 38))
    'classifier: 0.810, p = 0.002 (40 reference items, 38 new)'
    """

    test: Literal["mmd", "classifier"]
    value: float
    p: float
    n_reference: int
    n_new: int

    def __str__(self) -> str:
        items = f"({self.n_reference} reference items, {self.n_new} new)"
        return f"{self.test}: {self.value:.3f}, p = {self.p:.3g} {items}"


class Classifier(Protocol):
    """Whatever tells 0 from 1, such as an estimator of scikit-learn."""

    def fit(self, features: Floats, labels: NDArray[np.int_], /) -> object:
        """Learn from features [shape=(n, n_features)] and labels 0 or 1 [shape=(n,)]."""
        ...

    def predict(self, features: Floats, /) -> ArrayLike:
        """Return labels 0 or 1 [shape=(n,)]."""
        ...


def warn_of_shift(
    reference: ArrayLike,
    new: ArrayLike,
    *,
    test: Literal["mmd", "classifier"] = "mmd",
    classifier: Classifier | None = None,
    clusters: tuple[ArrayLike, ArrayLike] | None = None,
    level: float = 0.05,
    seed: int = 0,
) -> TwoSampleTest:
    """Test whether new items come from elsewhere, and raise a `ShiftWarning` if so.

    Parameters
    ----------
    reference
        Features of the items a model was calibrated on, such as what it saw or said
        [shape=(n, n_features)] or [shape=(n,)].
    new
        The same of items it meets now [shape=(m, n_features)] or [shape=(m,)].
    test
        Which test: `mmd_test` or `classifier_test`.
    classifier
        For the latter, as there.
    clusters
        For the former, as there.
    level
        How often one may be warned of nothing, a call, above 0 and below 1.
    seed
        Seed of the test.

    Warns
    -----
    ShiftWarning
        If p is at most `level`.

    Raises
    ------
    ValueError
        As the tests, if there is no such test, it takes no clusters, or `level` is out of range.

    References
    ----------
    Rabanser, Günnemann and Lipton (2019). Failing loudly: an empirical study of methods for
    detecting dataset shift.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> old = rng.normal(size=(200, 3))
    >>> with warnings.catch_warnings(record=True) as told:
    ...     warnings.simplefilter("always")
    ...     _ = warn_of_shift(old, rng.normal(1, size=(100, 3)))
    >>> told[0].category.__name__
    'ShiftWarning'
    """
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, not {level}")
    if test == "mmd":
        found = mmd_test(reference, new, clusters=clusters, seed=seed)
    elif test == "classifier":
        if clusters is not None:
            raise ValueError("the classifier test takes no clusters: choose 'mmd'")
        found = classifier_test(reference, new, classifier=classifier, seed=seed)
    else:
        raise ValueError(f"there is no test {test!r}: choose 'mmd' or 'classifier'")
    if found.p <= level:
        warnings.warn(
            f"new items differ from the reference ({found}): confidences and intervals may not "
            "hold; calibrate on some of the new items, or withhold",
            ShiftWarning,
            stacklevel=2,
        )
    return found


def mmd_test(
    reference: ArrayLike,
    new: ArrayLike,
    *,
    clusters: tuple[ArrayLike, ArrayLike] | None = None,
    bandwidth: float | None = None,
    permutations: int = 999,
    most: int = 1000,
    seed: int = 0,
) -> TwoSampleTest:
    """Test two samples by their maximum mean discrepancy under a Gaussian kernel.

    It sees a difference of any kind, given items enough. Features are brought to one spread
    over both samples first. Items must be independent, or in clusters that are: where several
    clips are of one speaker, any two sets of speakers seem to differ if clips are taken for
    independent.

    Parameters
    ----------
    reference, new
        Features [shape=(n, n_features)] and [shape=(m, n_features)], or [shape=(n,)] and
        [shape=(m,)]; at least 2 items each.
    clusters
        Which cluster each item belongs to, such as the speaker, of the reference [shape=(n,)]
        and of the new items [shape=(m,)]; at least 2 each. These swap sides whole.
    bandwidth
        Of the kernel, in spreads; if None, the median distance between items.
    permutations
        How often items, or clusters, swap sides at random.
    most
        Items used at most of each side, drawn at random: time and memory grow by the square.
    seed
        Seed of the draws.

    Raises
    ------
    ValueError
        If shapes do not fit, there are too few items, a feature is not finite, or a number is
        out of range.

    References
    ----------
    Gretton, A. et al. (2012). A kernel two-sample test. JMLR 13, 723-773, equation 3 for the
    value, section 8 for the bandwidth.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> mmd_test(rng.normal(size=80), rng.normal(2, size=80)).p
    0.001
    """
    if permutations < 1 or most < 2 or (bandwidth is not None and not bandwidth > 0):
        raise ValueError("permutations must be at least 1, most at least 2, bandwidth above 0")
    rng = np.random.default_rng(seed)
    x, taken = _pooled(reference, new, least=2, most=(most, most), rng=rng)
    n = len(taken[0])
    unit, first = (
        (np.arange(len(x)), n) if clusters is None else _units(clusters, reference, new, taken)
    )
    squared = _squared_distances(x, x)
    if bandwidth is None:
        apart = squared[np.triu_indices(len(x), 1)]
        width = float(np.median(apart)) or float(apart.mean()) or 1.0
    else:
        width = bandwidth**2
    kernel = np.exp(-squared / (2 * width))
    np.fill_diagonal(kernel, 0)
    units = int(unit.max()) + 1
    sides = np.zeros((units, permutations + 1))
    sides[:first, 0] = 1
    for i in range(permutations):
        sides[rng.permutation(units)[:first], i + 1] = 1
    sides = sides[unit]
    over = kernel @ sides
    within = (sides * over).sum(axis=0)
    across = over.sum(axis=0) - within
    rest = kernel.sum() - within - 2 * across
    ours = sides.sum(axis=0)
    others = len(x) - ours
    values = within / (ours * (ours - 1)) + rest / (others * (others - 1))
    values -= 2 * across / (ours * others)
    # Assignments that are the same on paper differ by rounding: they count as equal.
    p = float(np.mean(values >= values[0] - 1e-12))
    return TwoSampleTest("mmd", float(values[0]), p, n, len(x) - n)


def classifier_test(
    reference: ArrayLike,
    new: ArrayLike,
    *,
    classifier: Classifier | None = None,
    most: int = 2000,
    seed: int = 0,
) -> TwoSampleTest:
    """Test two samples by whether a classifier tells one from the other better than chance.

    It learns on one half of the items and is tested on the other. Its accuracy is easily read,
    and the classifier can be one that suits the features. p is exact, by Fisher's test of the
    labels given against those that hold. As many items are used of one side as of the other.
    Items must be independent: of several clips a speaker, give the mean, or use `mmd_test`.

    Parameters
    ----------
    reference, new
        Features [shape=(n, n_features)] and [shape=(m, n_features)], or [shape=(n,)] and
        [shape=(m,)]; at least 4 items each.
    classifier
        Learns to tell reference (0) from new (1); if None, a vote of the nearest neighbours, as
        many as the square root of the items learnt from. With many features these see little,
        and a linear classifier more.
    most
        Items used at most of each side, drawn at random.
    seed
        Seed of the draws.

    Raises
    ------
    ValueError
        If shapes do not fit, there are too few items, a feature is not finite, or `most` is
        below 4.

    References
    ----------
    Lopez-Paz and Oquab (2017). Revisiting classifier two-sample tests, sections 3 and 4 (C2ST,
    C2ST-KNN); there with an approximate p.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> found = classifier_test(rng.normal(size=80), rng.normal(3, size=80))
    >>> found.value > 0.9, found.p < 0.001
    (True, True)
    """
    if most < 4:
        raise ValueError(f"most must be at least 4, not {most}")
    rng = np.random.default_rng(seed)
    fewer = min(len(np.atleast_1d(np.asarray(v))) for v in (reference, new))
    x, taken = _pooled(reference, new, least=4, most=(min(fewer, most),) * 2, rng=rng)
    n = len(taken[0])
    y = np.repeat([0, 1], n)
    learn = np.zeros(2 * n, dtype=bool)
    for side in (0, n):
        learn[side + rng.permutation(n)[: n // 2]] = True
    if classifier is None:
        said = _nearest(x[learn], y[learn], x[~learn])
    else:
        classifier.fit(x[learn], y[learn])
        said = np.asarray(classifier.predict(x[~learn])).astype(int)
    held = y[~learn]
    accuracy = float(np.mean(said == held))
    return TwoSampleTest("classifier", accuracy, _fisher(said, held), n, n)


def _pooled(
    reference: ArrayLike,
    new: ArrayLike,
    *,
    least: int,
    most: tuple[int, int],
    rng: np.random.Generator,
) -> tuple[Floats, list[NDArray[np.intp]]]:
    """Return items of both sides, brought to one spread, and which of each side were taken."""
    drawn, taken = [], []
    for name, values, limit in zip(("reference", "new"), (reference, new), most, strict=True):
        v = np.asarray(values, dtype=float)
        v = v[:, None] if v.ndim == 1 else v
        if v.ndim != 2 or not v.size or len(v) < least:
            raise ValueError(f"{name}: at least {least} items are needed, got shape {v.shape}")
        if not np.isfinite(v).all():
            row = np.argwhere(~np.isfinite(v))[0, 0]
            raise ValueError(f"{name}: row {row} is not finite; leave such items out")
        taken.append(
            np.arange(len(v)) if len(v) <= limit else np.sort(rng.permutation(len(v))[:limit])
        )
        drawn.append(v[taken[-1]])
    if drawn[0].shape[1] != drawn[1].shape[1]:
        raise ValueError(
            f"reference has {drawn[0].shape[1]} features, and new has {drawn[1].shape[1]}"
        )
    x = np.concatenate(drawn)
    spread = x.std(axis=0)
    return (x - x.mean(axis=0)) / np.where(spread > 0, spread, 1), taken


def _units(
    clusters: tuple[ArrayLike, ArrayLike],
    reference: ArrayLike,
    new: ArrayLike,
    taken: list[NDArray[np.intp]],
) -> tuple[NDArray[np.intp], int]:
    """Return which cluster each item taken is of, from 0, and how many are of the reference."""
    codes: list[NDArray[np.intp]] = []
    for name, given, values, which in zip(
        ("reference", "new"), clusters, (reference, new), taken, strict=True
    ):
        names = np.asarray(given)
        if names.shape != (len(np.asarray(values)),):
            raise ValueError(f"{name}: clusters of shape {names.shape} do not fit the items")
        codes.append(np.unique(names[which], return_inverse=True)[1])
        if codes[-1].max() < 1:
            raise ValueError(f"{name}: at least 2 clusters are needed")
    first = int(codes[0].max()) + 1
    return np.concatenate([codes[0], codes[1] + first]), first


def _squared_distances(a: Floats, b: Floats) -> Floats:
    squared = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1) - 2 * a @ b.T
    return np.asarray(np.maximum(squared, 0))


def _nearest(x: Floats, y: NDArray[np.int_], new: Floats) -> NDArray[np.int_]:
    k = int(np.sqrt(len(x)))
    k -= 1 - k % 2  # odd, so that no vote is even
    near = np.argpartition(_squared_distances(new, x), k - 1, axis=1)[:, :k]
    return np.asarray(2 * y[near].sum(axis=1) > k, dtype=int)


def _fisher(said: NDArray[np.int_], held: NDArray[np.int_]) -> float:
    """Return the chance of as many hits or more, had labels nothing to do with what is said."""
    n, yes, new = len(held), int(said.sum()), int(held.sum())
    hits = int((said & held).sum())
    factorial = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, n + 1)))])
    k = np.arange(hits, min(yes, new) + 1)
    chosen = factorial[new] - factorial[k] - factorial[new - k]
    rest = factorial[n - new] - factorial[yes - k] - factorial[n - new - yes + k]
    every = factorial[n] - factorial[yes] - factorial[n - yes]
    return float(min(1.0, np.exp(chosen + rest - every).sum()))
