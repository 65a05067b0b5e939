"""What of a split can be seen in numbers: labels that a group foretells, windows that overlap."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Foretold:
    """How much of the labels is known to one who only knows the group, such as the speaker.

    Parameters
    ----------
    metric
        ``"accuracy"`` for labels, ``"R²"`` for numbers.
    value
        Of the answer that the group's other items give.
    chance
        The mean of the same with labels dealt out anew.
    low, high
        Between which 95 % of these lie.
    p
        Share in (0, 1] of the deals that reach `value`.
    groups
        How many groups have two items or more.
    n
        How many items.

    Examples
    --------
    >>> Foretold("accuracy", 0.5, 0.2, 0.1, 0.3, 0.01, 5, 50).follows
    True
    """

    metric: str
    value: float
    chance: float
    low: float
    high: float
    p: float
    groups: int
    n: int

    @property
    def follows(self) -> bool:
        """Whether labels follow the group more than chance explains."""
        return self.value > self.high and self.p < 0.05


def foretold(labels: ArrayLike, groups: ArrayLike, *, draws: int = 199, seed: int = 0) -> Foretold:
    """Return how well the group alone foretells an item's label, and how well by chance.

    Each item is answered from the other items of its group: labels with the most frequent (of
    equally frequent ones, that which is more frequent in all), numbers with the mean. The item
    itself is left out, so that a group of one knows nothing. Answers are then compared with those
    after the labels were dealt out anew among all items, which breaks the tie and keeps how many
    items a group and a label have.

    Parameters
    ----------
    labels
        Strings or whole codes for labels, floats for numbers [shape=(n,)].
    groups
        Whose item each is, such as the speaker [shape=(n,)].
    draws
        How often labels are dealt out anew.
    seed
        Seed of the deals.

    Returns
    -------
    Foretold
        Accuracy in [0, 1], or R², which is 1 if a group's numbers are all alike and may be below
        0. A high value is no leak by itself: it becomes one where a group is on both sides of a
        split.

    Raises
    ------
    ValueError
        If lengths differ, fewer than two items are there, or a number is not finite.

    References
    ----------
    Deals and their p: Phipson, B. and Smyth, G. (2010). Permutation p-values should never be
    zero, equation 2. Leaving out: Allen, D. (1974). PRESS, Technometrics 16, 125-127.

    Examples
    --------
    >>> who = np.repeat(["ann", "bob"], 20)
    >>> foretold(np.where(who == "ann", "joy", "fear"), who).value
    1.0
    """
    y, g = np.asarray(labels), np.unique(np.asarray(groups), return_inverse=True)[1]
    if y.ndim != 1 or y.shape != g.shape or len(y) < 2:
        raise ValueError(f"labels {y.shape} and groups {g.shape}: give one a row, of two or more")
    if draws < 1:
        raise ValueError(f"draws must be at least 1, not {draws}")
    numbers = y.dtype.kind == "f"
    if numbers and not np.isfinite(y).all():
        raise ValueError("a number is not finite")
    coded = y if numbers else np.unique(y, return_inverse=True)[1]
    score = _explained if numbers else _right
    value = score(coded, g)
    rng = np.random.default_rng(seed)
    dealt = np.array([score(rng.permutation(coded), g) for _ in range(draws)])
    low, high = np.quantile(dealt, [0.025, 0.975])
    return Foretold(
        "R²" if numbers else "accuracy",
        value,
        float(dealt.mean()),
        float(low),
        float(high),
        float((1 + np.sum(dealt >= value - 1e-12)) / (1 + draws)),
        int(np.sum(np.bincount(g) > 1)),
        len(y),
    )


def _right(codes: NDArray[Any], groups: NDArray[np.intp]) -> float:
    """Share of items whose label is the most frequent among the others of their group."""
    kinds = int(codes.max()) + 1
    whole = np.bincount(codes, minlength=kinds)
    # The rank of a label in all, as a fraction, settles ties and answers for groups of one.
    rank = np.argsort(np.argsort(-whole, kind="stable"), kind="stable")
    cells, counts = np.unique(groups * kinds + codes, return_counts=True)
    group, label = cells // kinds, cells % kinds
    weight = counts - rank[label] / kinds
    first, second, of_first = _two_highest(group, label, weight, rank, kinds)
    mine = weight - 1
    rival = np.where(of_first[group] == label, second[group], first[group])
    # Labels that the group lacks stand at 0, the most frequent of them first.
    absent = _best_absent(group, label, rank, kinds, len(first))
    return float(counts[mine > np.maximum(rival, absent[group])].sum() / len(codes))


def _two_highest(
    group: NDArray[np.intp],
    label: NDArray[np.intp],
    weight: Floats,
    rank: NDArray[np.intp],
    kinds: int,
) -> tuple[Floats, Floats, NDArray[np.intp]]:
    """Return the two highest weights of each group, and the label of the highest."""
    n = int(group.max()) + 1
    order = np.lexsort((-weight, group))
    starts = np.searchsorted(group[order], np.arange(n))
    first = weight[order][starts]
    of_first = label[order][starts]
    second = np.full(n, -np.inf)
    after = starts + 1
    inside = after < np.append(starts[1:], len(order))
    second[inside] = weight[order][after[inside]]
    return first, second, of_first


def _best_absent(
    group: NDArray[np.intp],
    label: NDArray[np.intp],
    rank: NDArray[np.intp],
    kinds: int,
    n: int,
) -> Floats:
    """Return the weight of the best label that a group lacks; -inf if it has all."""
    ranks = np.sort(group * kinds + rank[label])
    own, place = ranks // kinds, ranks % kinds
    starts = np.searchsorted(own, np.arange(n))
    # The first gap in the sorted ranks of a group is its most frequent absent label.
    nth = np.arange(len(ranks)) - starts[own]
    gap = np.bincount(own, weights=place == nth, minlength=n).astype(int)
    return np.where(gap < kinds, -gap / kinds, -np.inf)


def _explained(y: NDArray[Any], groups: NDArray[np.intp]) -> float:
    """R² of the mean of a group's other items, against the mean of all others."""
    n, size = len(y), np.bincount(groups)[groups]
    whole = (y.sum() - y) / (n - 1)
    others = np.bincount(groups, y)[groups] - y
    told = np.where(size > 1, others / np.maximum(size - 1, 1), whole)
    around = float(np.sum((y - whole) ** 2))
    return 1 - float(np.sum((y - told) ** 2)) / around if around else 0.0


def overlapping(
    left: tuple[ArrayLike, ArrayLike, ArrayLike],
    right: tuple[ArrayLike, ArrayLike, ArrayLike],
) -> tuple[NDArray[np.intp], Floats]:
    """Return, for each window on the right, one on the left that shares time with it.

    Parameters
    ----------
    left, right
        ``(recording, start, end)`` of each window [shape=(n,)], times in seconds. Windows of
        different recordings share no time, nor do windows that only touch.

    Returns
    -------
    (ndarray, ndarray)
        Position of a window on the left, -1 where none shares time; the seconds shared with it
        [shape=(n_right,)]. Of several it is the one that ends last.

    Raises
    ------
    ValueError
        If lengths differ, a time is not finite, or a window ends before it starts.

    Examples
    --------
    >>> left = (["a", "a"], [0.0, 10.0], [4.0, 12.0])
    >>> where, shared = overlapping(left, (["a", "a", "b"], [3.0, 4.0, 0.0], [6.0, 9.0, 9.0]))
    >>> where.tolist(), shared.tolist()
    ([0, -1, -1], [1.0, 0.0, 0.0])
    """
    ours, theirs = _windows(left), _windows(right)
    where = np.full(len(theirs[0]), -1, dtype=np.intp)
    shared = np.zeros(len(where))
    names, code = np.unique(np.concatenate([ours[0], theirs[0]]), return_inverse=True)
    mine, yours = code[: len(ours[0])], code[len(ours[0]) :]
    order = np.lexsort((ours[1], mine))
    # A window without length shares no time, and may end later than one that does.
    order = order[(ours[2] > ours[1])[order]]
    edges = np.searchsorted(mine[order], np.arange(len(names) + 1))
    for j in np.argsort(yours, kind="stable"):
        low, high = edges[yours[j]], edges[yours[j] + 1]
        rows = order[low:high]
        before = int(np.searchsorted(ours[1][rows], theirs[2][j], side="left"))
        if not before:
            continue
        last = rows[int(np.argmax(ours[2][rows[:before]]))]
        time = min(ours[2][last], theirs[2][j]) - max(ours[1][last], theirs[1][j])
        if time > 0:
            where[j], shared[j] = last, time
    return where, shared


def _windows(
    given: tuple[ArrayLike, ArrayLike, ArrayLike],
) -> tuple[NDArray[np.str_], Floats, Floats]:
    name = np.asarray(given[0], dtype=str)
    start, end = (np.asarray(x, dtype=np.float64) for x in given[1:])
    if not name.shape == start.shape == end.shape or name.ndim != 1:
        raise ValueError("recording, start and end are of one length each")
    if not (np.isfinite(start).all() and np.isfinite(end).all()) or (end < start).any():
        raise ValueError("each window has a finite start, and an end that is not before it")
    return name, start, end
