"""Linear models asked only about groups that they never saw, fast enough to try many penalties.

A table of features is summed up once for each fold; every training set is then a sum of these,
so that choosing a penalty in inner folds costs a few small systems of equations.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Score = Callable[[Floats, Floats], float]
"""Of truth and told [shapes=(n,)], larger is better; NaN counts as worst."""

PENALTIES = (10.0, 100.0, 1000.0, 10000.0)


def group_folds(groups: ArrayLike, folds: int, *, seed: int) -> NDArray[np.intp]:
    """Return the fold of each row [shape=(n,)]; a group is never cut, folds are of like size.

    Groups are dealt from large to small, each to the fold that has fewest rows; those of like
    size in an order drawn by `seed`.

    Raises
    ------
    ValueError
        If there are fewer groups than folds.

    Examples
    --------
    >>> folds = group_folds(["a", "a", "b", "c", "c", "d"], 2, seed=0)
    >>> np.bincount(folds).tolist(), folds[0] == folds[1]
    ([3, 3], np.True_)
    """
    names, codes = np.unique(np.asarray(groups), return_inverse=True)
    if len(names) < folds:
        raise ValueError(f"{len(names)} groups cannot be dealt to {folds} folds")
    sizes = np.bincount(codes)
    rng = np.random.default_rng(seed)
    order = np.lexsort((rng.random(len(names)), -np.floor(np.log2(sizes))))
    fold_of, filled = np.zeros(len(names), dtype=np.intp), np.zeros(folds)
    for group in order:
        least = np.flatnonzero(filled == filled.min())
        fold_of[group] = rng.choice(least)
        filled[fold_of[group]] += sizes[group]
    return np.asarray(fold_of[codes])


def out_of_fold(
    x: Floats,
    y: ArrayLike,
    folds: NDArray[np.intp],
    score: Score,
    *,
    weight: ArrayLike | None = None,
    penalties: Sequence[float] = PENALTIES,
) -> Floats:
    """Return what ridge regression tells of each row, having seen no row of its fold.

    The penalty is chosen for each fold and column by `score` on inner folds: each other fold in
    turn is told by a model of the rest.

    Parameters
    ----------
    x
        Features [shape=(n, k)]; the intercept is added and not penalised.
    y
        Targets [shape=(n,) or (n, n_outputs)].
    folds
        Fold of each row, as of `group_folds`, three at least [shape=(n,)].
    score
        What is to be large in the inner folds.
    weight
        How much each row counts in learning [shape=(n,)].
    penalties
        Of which the best is taken.

    Returns
    -------
    numpy.ndarray
        Of the shape of `y`.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> x = rng.normal(size=(90, 3))
    >>> told = out_of_fold(x, x[:, 0], np.arange(90) % 3, lambda t, p: -np.mean((t - p) ** 2))
    >>> bool(np.corrcoef(told, x[:, 0])[0, 1] > 0.99)
    True
    """
    targets = np.asarray(y, dtype=float)
    columns = targets.reshape(len(targets), -1)
    names = np.unique(folds)
    if len(names) < 3:
        raise ValueError("three folds or more are needed: one asked, one to choose, one to learn")
    with_one = np.column_stack([x, np.ones(len(x))])
    w = np.ones(len(x)) if weight is None else np.asarray(weight, dtype=float)
    rows = {f: np.flatnonzero(folds == f) for f in names}
    squares = {f: (with_one[r].T * w[r]) @ with_one[r] for f, r in rows.items()}
    products = {f: (with_one[r].T * w[r]) @ columns[r] for f, r in rows.items()}
    square, product = sum(squares.values()), sum(products.values())
    told = np.zeros_like(columns)
    inner: dict[tuple[int, int], Floats] = {}
    for test in names:
        for held in names:
            if held == test:
                continue
            pair = (min(test, held), max(test, held))
            if pair not in inner:
                rest = square - squares[test] - squares[held]
                by = product - products[test] - products[held]
                inner[pair] = np.stack([_solved(rest, by, p) for p in penalties])
        left = np.concatenate([rows[f] for f in names if f != test])
        guesses = np.concatenate(
            [with_one[rows[f]] @ inner[min(test, f), max(test, f)] for f in names if f != test],
            axis=1,
        )  # [n_penalties, n_left, n_outputs]
        for j in range(columns.shape[1]):
            scores = np.array([score(columns[left, j], g) for g in guesses[:, :, j]])
            best = penalties[int(np.argmax(np.where(np.isnan(scores), -np.inf, scores)))]
            fitted = _solved(square - squares[test], product[:, [j]] - products[test][:, [j]], best)
            told[rows[test], j] = (with_one[rows[test]] @ fitted)[:, 0]
    return told.reshape(targets.shape)


def balanced_weight(truth: ArrayLike) -> Floats:
    """Return weights with which the yes and the no of 0 or 1 count alike in sum [shape=(n,)].

    Examples
    --------
    >>> balanced_weight([1, 0, 0, 0]).round(2).tolist()
    [2.0, 0.67, 0.67, 0.67]
    """
    yes = np.asarray(truth).astype(bool)
    share = max(float(yes.mean()), 1e-12), max(float((~yes).mean()), 1e-12)
    return np.where(yes, 0.5 / share[0], 0.5 / share[1])


def principal(features: ArrayLike, most: int) -> Floats:
    """Return features as their first principal components, largest first [shape=(n, k)].

    Columns are brought to one spread before; no target is looked at.

    Examples
    --------
    >>> principal(np.random.default_rng(0).normal(size=(50, 20)), 4).shape
    (50, 4)
    """
    x = np.asarray(features, dtype=float)
    scale = x.std(axis=0)
    x = (x - x.mean(axis=0)) / np.where(scale > 1e-9, scale, 1.0)
    _, axes = np.linalg.eigh(x.T @ x)
    return np.asarray(x @ axes[:, ::-1][:, :most])


def _solved(square: Floats, product: Floats, penalty: float) -> Floats:
    """Return the coefficients, the intercept last and free."""
    ridge = np.full(len(square), penalty)
    ridge[-1] = 1e-6
    return np.asarray(np.linalg.solve(square + np.diag(ridge), product))
