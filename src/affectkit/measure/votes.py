"""Counted votes: which rule leaves what of them, and what raters of one item say to each other."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from affectkit.measure.intervals import Interval, bootstrap

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


def shares(votes: ArrayLike) -> Floats:
    """Return the share of votes for each label [shape=(n_items, n_labels)].

    Parameters
    ----------
    votes
        How many votes each item has for each label [shape=(n_items, n_labels)].

    Raises
    ------
    ValueError
        If votes are no table of numbers from 0, or an item has none.

    Examples
    --------
    >>> shares([[2, 1, 1]]).tolist()
    [[0.5, 0.25, 0.25]]
    """
    counts = _checked(votes)
    whole = counts.sum(axis=1, keepdims=True)
    if (whole == 0).any():
        raise ValueError(f"item {int(np.argmin(whole))} has no vote: leave it out")
    return np.asarray(counts / whole)


def has_majority(votes: ArrayLike) -> Flags:
    """Return which items have a label with more than half of the votes [shape=(n_items,)].

    Examples
    --------
    >>> has_majority([[3, 2], [2, 2]]).tolist()
    [True, False]
    """
    return np.asarray(shares(votes).max(axis=1) > 0.5)


def has_plurality(votes: ArrayLike) -> Flags:
    """Return which items have one label with more votes than any other [shape=(n_items,)].

    Examples
    --------
    >>> has_plurality([[2, 1, 1], [2, 2, 1]]).tolist()
    [True, False]
    """
    counts = _checked(votes)
    return np.asarray((counts == counts.max(axis=1, keepdims=True)).sum(axis=1) == 1)


def above_uniform(share: ArrayLike) -> Flags:
    """Return which labels have a larger share than an even vote gives [shape=(n_items, n_labels)].

    The all-inclusive rule makes these the labels of an item: those with a share above 1/C, of C
    labels. A share of exactly 1/C is not above it.

    Parameters
    ----------
    share
        Of the votes, or of a model's probability [shape=(n_items, n_labels)]; rows sum to 1.

    References
    ----------
    Chou et al. (2024). Revisiting Modeling and Evaluation Approaches in Speech Emotion
    Recognition, the all-inclusive rule.

    Examples
    --------
    The paper's example, votes A, S, S, N, A over the labels N, A, S, H:

    >>> above_uniform([[0.2, 0.4, 0.4, 0.0]]).tolist()
    [[False, True, True, False]]
    """
    given = _checked(share)
    # A third of three votes must not pass for more than 1/3 by the last bit.
    return np.asarray(given * given.shape[1] > 1 + 1e-9)


def entropy_bits(votes: ArrayLike) -> Floats:
    """Return how evenly votes fall, in bits from 0 to log2(n_labels) [shape=(n_items,)].

    Examples
    --------
    >>> entropy_bits([[4, 0], [2, 2]]).tolist()
    [0.0, 1.0]
    """
    p = shares(votes)
    told = np.where(p > 0, p, 1.0)
    return np.asarray(-(told * np.log2(told)).sum(axis=1) + 0.0)


def rater_confusion(votes: ArrayLike) -> Floats:
    """Return what another rater of an item says when one says a label [shape=(n_labels,) * 2].

    Each rating is paired with the others of its item. Nobody is taken to be right: it is the
    confusion among raters, not with a truth.

    Parameters
    ----------
    votes
        How many raters gave each item each label [shape=(n_items, n_labels)]; items with one
        vote do not count.

    Returns
    -------
    numpy.ndarray
        Row: what one rater says; column: the probability that another says so. Rows sum to 1;
        NaN for labels that no rater of a pair gave.

    References
    ----------
    The matrix of observed coincidences of Krippendorff (2011), Computing Krippendorff's
    Alpha-Reliability, section C, by row.

    Examples
    --------
    >>> rater_confusion([[2, 1], [0, 2]]).round(2).tolist()
    [[0.5, 0.5], [0.33, 0.67]]
    """
    counts = _checked(votes)
    n = counts.sum(axis=1)
    counts, n = counts[n > 1], n[n > 1]
    each = counts / (n - 1)[:, None]
    pairs = each.T @ counts - np.diag(each.sum(axis=0))
    whole = pairs.sum(axis=1, keepdims=True)
    return np.asarray(np.divide(pairs, whole, out=np.full_like(pairs, np.nan), where=whole > 0))


def pairs_alike(votes: ArrayLike) -> float:
    """Return the probability that two raters of an item say the same, in [0, 1].

    Items with more raters count more, as in Krippendorff's alpha; NaN if no item has two.

    Examples
    --------
    >>> pairs_alike([[2, 0], [1, 1]])
    0.5
    """
    counts = _checked(votes)
    n = counts.sum(axis=1)
    counts, n = counts[n > 1], n[n > 1]
    if not len(n):
        return float("nan")
    return float((((counts**2).sum(axis=1) - n) / (n - 1)).sum() / n.sum())


def votes_agreement(
    votes: ArrayLike, *, clusters: ArrayLike | None = None, n: int = 1000, seed: int = 0
) -> Interval:
    """Return Krippendorff's nominal alpha of counted votes, with its interval.

    Alpha depends on sums over items alone, so that draws add up the sums of whole clusters and
    never look at an item again: thousands of items cost no more than there are clusters.

    Parameters
    ----------
    votes
        How many raters gave each item each label [shape=(n_items, n_labels)].
    clusters
        Which cluster each item belongs to [shape=(n_items,)]; clusters are drawn whole.
    n, seed
        As of `affectkit.measure.intervals.bootstrap`.

    References
    ----------
    Krippendorff (2011). Computing Krippendorff's Alpha-Reliability, section C.

    Examples
    --------
    >>> found = votes_agreement([[3, 0], [3, 0], [0, 3], [2, 1]] * 10, n=200)
    >>> round(found.value, 3), found.low < found.value < found.high, found.n
    (0.628, True, 40)
    """
    counts = _checked(votes)
    each = counts.sum(axis=1)
    kept = each > 1
    counts, each = counts[kept], each[kept]
    if not len(counts):
        return Interval(float("nan"), float("nan"), float("nan"), 0)
    alike = ((counts**2).sum(axis=1) - each) / (each - 1)
    sums = np.column_stack([alike, counts])
    return bootstrap(_alpha_of_sums, _by_cluster(sums, clusters, kept), n=n, seed=seed, level=0.95)


def share_of(
    flags: ArrayLike, *, clusters: ArrayLike | None = None, n: int = 1000, seed: int = 0
) -> Interval:
    """Return the share of items of which something is true, with its interval.

    Parameters
    ----------
    flags
        Whether it is true [shape=(n_items,)].
    clusters, n, seed
        As of `votes_agreement`.

    Examples
    --------
    >>> share_of([True, False, True, True], n=100).value
    0.75
    """
    given = np.asarray(flags, dtype=np.float64)
    sums = np.column_stack([given, np.ones(len(given))])
    return bootstrap(
        lambda s: float(s[:, 0].sum() / s[:, 1].sum()),
        _by_cluster(sums, clusters, np.ones(len(given), dtype=bool)),
        n=n,
        seed=seed,
    )


def jensen_shannon_bits(first: ArrayLike, second: ArrayLike) -> Floats:
    """Return how far two ways of voting on the same items lie apart, in [0, 1] [shape=(n_items,)].

    The Jensen-Shannon divergence of the shares, in bits: 0 where they are the same, 1 where no
    label has votes in both.

    Parameters
    ----------
    first, second
        Votes, or shares, for each label [shape=(n_items, n_labels)].

    References
    ----------
    Lin (1991). Divergence measures based on the Shannon entropy, equation 4.1.

    Examples
    --------
    >>> jensen_shannon_bits([[3, 0], [1, 1]], [[0, 3], [2, 2]]).tolist()
    [1.0, 0.0]
    """
    p, q = shares(first), shares(second)
    between = entropy_bits((p + q) / 2) - (entropy_bits(p) + entropy_bits(q)) / 2
    return np.asarray(np.clip(between, 0.0, 1.0))


def _checked(votes: ArrayLike) -> Floats:
    counts = np.asarray(votes, dtype=np.float64)
    if counts.ndim != 2 or not (counts >= 0).all():
        raise ValueError("votes are numbers from 0, a row an item and a column a label")
    return counts


def _alpha_of_sums(sums: Floats) -> float:
    total = sums.sum(axis=0)
    alike, label = total[0], total[1:]
    n = label.sum()
    chance = (label * (label - 1)).sum() / (n - 1)
    return float((alike - chance) / (n - chance)) if n - chance > 1e-9 else float("nan")


def _by_cluster(sums: Floats, clusters: ArrayLike | None, kept: Flags) -> Floats:
    if clusters is None:
        return sums
    names = np.asarray(clusters)
    if len(names) != len(kept):
        raise ValueError(f"{len(names)} clusters do not fit {len(kept)} items")
    codes = np.unique(names[kept], return_inverse=True)[1]
    out = np.zeros((int(codes.max()) + 1, sums.shape[1]))
    np.add.at(out, codes, sums)
    return out
