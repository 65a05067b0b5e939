"""Labels from a crowd whose members err each in their own way: Dawid and Skene's model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
_LEAST = 1e-10


@dataclass(frozen=True, eq=False)
class CrowdLabels:
    """What a crowd's labels say of items, of raters and of how common labels are.

    Parameters
    ----------
    probabilities
        Of each label for each item [shape=(n_items, n_labels)].
    confusion
        Probability that a rater (first) calls what is truly a label (second) by a label (third)
        [shape=(n_raters, n_labels, n_labels)]; zeros for labels that a rater never gave.
    prior
        How common each label is [shape=(n_labels,)].
    iterations
        How often both sides were estimated from each other.
    converged
        Whether the last iteration changed next to nothing.
    """

    probabilities: Floats
    confusion: Floats
    prior: Floats
    iterations: int
    converged: bool


def dawid_skene(
    item: ArrayLike,
    rater: ArrayLike,
    label: ArrayLike,
    *,
    n_items: int | None = None,
    n_raters: int | None = None,
    n_labels: int | None = None,
    iterations: int = 100,
    tolerance: float = 1e-5,
) -> CrowdLabels:
    """Return the probability of each label for each item, weighing raters by how they err.

    Starts from the share of raters who gave each label and alternates between raters' confusions
    and items' labels (expectation maximisation).

    Parameters
    ----------
    item, rater, label
        A rating each: which item, by whom, called what; integers from 0 [shape=(n_ratings,)].
    n_items, n_raters, n_labels
        How many there are, if more than occur.
    iterations
        No more than these.
    tolerance
        Ends where the bound on the log-likelihood rises by less, as a mean over ratings.

    Raises
    ------
    ValueError
        If there are no ratings, their parts differ in length, or an item has none.

    References
    ----------
    Dawid and Skene (1979). Maximum Likelihood Estimation of Observer Error-Rates Using the EM
    Algorithm, equations 2.3 to 2.5.

    Examples
    --------
    Two careful raters, and one who always says 1:

    >>> item = [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]
    >>> rater = [0, 1, 2] * 4
    >>> label = [0, 0, 1, 0, 0, 1, 1, 1, 1, 0, 0, 1]
    >>> found = dawid_skene(item, rater, label)
    >>> found.probabilities.argmax(axis=1).tolist()
    [0, 0, 1, 0]
    >>> found.confusion[2].round(2).tolist()
    [[0.0, 1.0], [0.0, 1.0]]
    """
    items, raters, labels = (np.asarray(a, dtype=np.intp).ravel() for a in (item, rater, label))
    if not len(items) or not len(items) == len(raters) == len(labels):
        raise ValueError(
            f"{len(items)} items, {len(raters)} raters and {len(labels)} labels are no ratings: "
            "each rating needs one of each"
        )
    n = n_items or int(items.max()) + 1
    m = n_raters or int(raters.max()) + 1
    k = n_labels or int(labels.max()) + 1
    given = np.bincount(items * k + labels, minlength=n * k).reshape(n, k).astype(np.float64)
    if (given.sum(axis=1) == 0).any():
        missing = int(np.flatnonzero(given.sum(axis=1) == 0)[0])
        raise ValueError(f"item {missing} has no rating: leave it out")
    cell = raters * k + labels  # a rater's saying of a label
    said = np.bincount(cell, minlength=m * k) > 0
    # Labels lead: each is counted over all ratings, which then lie side by side.
    probabilities = np.ascontiguousarray((given / given.sum(axis=1, keepdims=True)).T)
    bound, converged, turns = -np.inf, False, 0
    confusion, prior = _raters(probabilities, items, cell, said, (m, k))
    while turns < iterations and not converged:
        turns += 1
        with np.errstate(divide="ignore"):
            told, common = np.log(confusion), np.log(prior)
        # What a rater's saying of a label tells of each truth [shape=(k, m * k)].
        evidence = np.ascontiguousarray(told.transpose(1, 0, 2)).reshape(k, m * k)
        scores = np.empty((k, n))
        for true in range(k):
            scores[true] = np.bincount(items, evidence[true][cell], minlength=n) + common[true]
        top = scores.max(axis=0)
        share = np.exp(scores - top)
        whole = share.sum(axis=0)
        probabilities = share / whole
        now = float((np.log(whole) + top).sum()) / len(items)
        confusion, prior = _raters(probabilities, items, cell, said, (m, k))
        converged, bound = now - bound < tolerance, now
    return CrowdLabels(probabilities.T, confusion, prior, turns, converged)


def _raters(
    probabilities: Floats,
    items: NDArray[np.intp],
    cell: NDArray[np.intp],
    said: NDArray[np.bool_],
    shape: tuple[int, int],
) -> tuple[Floats, Floats]:
    """Return the confusion of each rater and the share of each label."""
    m, k = shape
    counts = np.empty((k, m * k))
    for true in range(k):
        counts[true] = np.bincount(cell, probabilities[true][items], minlength=m * k)
    counts[:, said] = np.maximum(counts[:, said], _LEAST)
    confusion = counts.reshape(k, m, k).transpose(1, 0, 2)  # rater, true, given
    whole = confusion.sum(axis=2, keepdims=True)
    return confusion / np.where(whole > 0, whole, 1.0), probabilities.mean(axis=1)
