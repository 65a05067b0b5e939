"""How far raters agree beyond chance, with intervals over items."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from affectkit.affect.krippendorff_alpha import krippendorff_alpha as krippendorff_alpha
from affectkit.affect.krippendorff_alpha import packed_votes as packed_votes
from affectkit.affect.ratings import EMOTION, Ratings
from affectkit.measure.intervals import Interval, bootstrap
from affectkit.measure.metrics import ccc

Floats = NDArray[np.float64]
Form = Literal["ICC(1,1)", "ICC(2,1)", "ICC(3,1)", "ICC(1,k)", "ICC(2,k)", "ICC(3,k)"]
Measure = Literal["nominal", "ordinal", "interval", "fleiss", "icc", "ccc"]


def fleiss_kappa(votes: ArrayLike) -> float:
    """Return Fleiss' kappa: 1 for agreement, 0 for chance.

    Each item's pairs of raters count by the number of its raters; where all items have as many,
    this is Fleiss' kappa as he gave it. Items with fewer than two raters do not count.

    Parameters
    ----------
    votes
        How many raters gave each item each label [shape=(n_items, n_labels)].

    Returns
    -------
    float
        NaN if no item has two raters, or all ratings are the same.

    Raises
    ------
    ValueError
        If votes are no table of numbers from 0.

    References
    ----------
    Fleiss (1971). Measuring nominal scale agreement among many raters, equations 1 to 7; with
    unlike numbers of raters as in Fleiss, Levin and Paik (2003), section 18.3.

    Examples
    --------
    >>> fleiss_kappa([[3, 0], [3, 0], [0, 3], [0, 3]])
    1.0
    >>> round(fleiss_kappa([[2, 1], [1, 2], [3, 0], [0, 3]]), 3)
    0.333
    """
    counts = np.asarray(votes, dtype=np.float64)
    if counts.ndim != 2 or not (counts >= 0).all():
        raise ValueError("votes are numbers from 0, a row an item and a column a label")
    n = counts.sum(axis=1)
    counts, n = counts[n > 1], n[n > 1]
    if not len(n):
        return float("nan")
    same = ((counts**2).sum(axis=1) - n) / (n - 1)
    observed = same.sum() / n.sum()
    share = counts.sum(axis=0) / n.sum()
    chance = float((share**2).sum())
    return float((observed - chance) / (1 - chance)) if chance < 1 else float("nan")


def icc(ratings: ArrayLike, form: Form = "ICC(2,1)") -> float:
    """Return an intraclass correlation: the share of variance that lies between items.

    Parameters
    ----------
    ratings
        Numbers [shape=(n_items, n_raters)]; items with a NaN are left out.
    form
        ``"ICC(1,1)"``: each item has raters of its own; ``"ICC(2,1)"``: the same raters,
        drawn from many, whose levels should agree; ``"ICC(3,1)"``: these raters, whose levels
        may differ. With ``k``, of the mean of as many raters as there are.

    Returns
    -------
    float
        At most 1; NaN if fewer than two items are complete, or nothing varies.

    Raises
    ------
    ValueError
        If there is no such form, or there are fewer than two raters.

    References
    ----------
    Shrout and Fleiss (1979). Intraclass correlations: uses in assessing rater reliability,
    table 4 and pages 421 to 426.

    Examples
    --------
    Two raters who agree up to one point of their level:

    >>> two = [[1, 2], [2, 3], [3, 4], [4, 5]]
    >>> round(icc(two, "ICC(2,1)"), 3), icc(two, "ICC(3,1)")
    (0.769, 1.0)
    """
    if form not in get_args(Form):
        raise ValueError(f"there is no form {form!r}: use {', '.join(get_args(Form))}")
    x = _table(ratings)
    x = x[~np.isnan(x).any(axis=1)]
    n, k = x.shape
    if n < 2 or x.min() == x.max():
        return float("nan")
    rows, columns = x.mean(axis=1), x.mean(axis=0)
    between = k * ((rows - x.mean()) ** 2).sum() / (n - 1)
    within = ((x - rows[:, None]) ** 2).sum() / (n * (k - 1))
    raters = n * ((columns - x.mean()) ** 2).sum() / (k - 1)
    left = (within * n * (k - 1) - raters * (k - 1)) / ((n - 1) * (k - 1))
    left = max(left, 0.0)
    kind, whole = form[4], form.endswith("k)")
    if kind == "1":
        top, below = between - within, between if whole else between + (k - 1) * within
    elif kind == "2":
        levels = (raters - left) / n
        top = between - left
        below = between + levels if whole else between + (k - 1) * left + k * levels
    else:
        top, below = between - left, between if whole else between + (k - 1) * left
    return float(top / below) if below > 0 else float("nan")


def pairwise_ccc(ratings: ArrayLike) -> Floats:
    """Return the concordance correlation of each two raters [shape=(n_raters, n_raters)].

    Parameters
    ----------
    ratings
        Numbers; NaN where there is no rating [shape=(n_items, n_raters)].

    Returns
    -------
    numpy.ndarray
        Symmetric, 1 along the diagonal; NaN for two raters with fewer than two items in common.

    References
    ----------
    Lin (1989). A concordance correlation coefficient to evaluate reproducibility, equation 1.

    Examples
    --------
    >>> pairwise_ccc([[0, 0], [1, 1], [2, 2]]).tolist()
    [[1.0, 1.0], [1.0, 1.0]]
    """
    x = _table(ratings)
    there = ~np.isnan(x)
    out = np.full((x.shape[1], x.shape[1]), np.nan)
    np.fill_diagonal(out, 1.0)
    for i in range(x.shape[1]):
        for j in range(i):
            both = there[:, i] & there[:, j]
            if both.sum() > 1:
                out[i, j] = out[j, i] = ccc(x[both, i], x[both, j])
    return out


def overall_ccc(ratings: ArrayLike) -> float:
    """Return the concordance correlation among all raters, pairs that differ more counting more.

    Twice the sum of all covariances over the sum of what would stand there if raters did not
    go together. Two raters' is `affectkit.measure.metrics.ccc`.

    Parameters
    ----------
    ratings
        Numbers; NaN where there is no rating [shape=(n_items, n_raters)]. Each pair of raters
        is compared on the items that both rated.

    Returns
    -------
    float
        In [-1, 1]; NaN if no two raters share two items, or nothing varies.

    References
    ----------
    Barnhart, Haber and Song (2002). Overall concordance correlation coefficient for evaluating
    agreement among multiple observers, equation 4.

    Examples
    --------
    >>> round(overall_ccc([[0, 0, 1], [1, 1, 2], [2, 2, 3]]), 3)
    0.667
    """
    x = _table(ratings)
    there = (~np.isnan(x)).astype(np.float64)
    if not there.any() or np.nanmin(x) == np.nanmax(x):
        return float("nan")
    # Sums over the items that two raters share, for all pairs at once; centred first, so that
    # squares do not drown the differences.
    filled = np.where(there > 0, x - np.nanmean(x), 0.0)
    n = there.T @ there
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = filled.T @ there / n
        square = (filled**2).T @ there / n - mean**2
        together = filled.T @ filled / n - mean * mean.T
        bottom = square + square.T + (mean - mean.T) ** 2
    pairs = np.triu(n > 1, k=1)
    total = float(bottom[pairs].sum())
    return float(2 * together[pairs].sum() / total) if total > 0 else float("nan")


def rating_table(ratings: Ratings, aspect: str = EMOTION) -> Floats:
    """Return ratings as a table of numbers [shape=(n_items, n_raters)].

    Labels are numbered in the order of their set; missing ratings are NaN. Items stand in order
    of first appearance, raters as in ``ratings.known_raters``; under several conditions, each
    rater under each condition is a column, in order of first appearance.

    Raises
    ------
    ValueError
        If nobody rated the aspect, or a rater gave an item several labels.

    Examples
    --------
    >>> import pandas as pd
    >>> said = {"item": ["a", "a", "b"], "rater": ["x", "y", "y"], "score": [1.0, 2.0, 3.0]}
    >>> rating_table(Ratings(pd.DataFrame(said).assign(aspect="valence")), "valence")
    array([[ 1.,  2.],
           [nan,  3.]])
    """
    given = ratings.given(aspect)
    if not len(given):
        raise ValueError(
            f"nobody rated {aspect!r}: it is one of {', '.join(ratings.aspects) or 'none'}"
        )
    if given.duplicated(["item", "rater"]).any():
        raise ValueError(
            f"raters gave items several labels on {aspect!r}: ask one label at a time, "
            "ratings.on(label)"
        )
    items = {name: i for i, name in enumerate(dict.fromkeys(given["item"]))}
    several = len(ratings.conditions) > 1
    known = dict.fromkeys(given["rater"]) if several else ratings.known_raters.index
    raters = {name: i for i, name in enumerate(known)}
    out = np.full((len(items), len(raters)), np.nan)
    at = given["item"].map(items).to_numpy(), given["rater"].map(raters).to_numpy()
    if ratings.label_set is not None and given["label"].notna().any():
        number = {name: i for i, name in enumerate(ratings.label_set.labels)}
        out[at] = given["label"].map(number).to_numpy(dtype=np.float64)
    else:
        out[at] = given["score"].to_numpy(dtype=np.float64)
    return out


def agreement(
    ratings: ArrayLike | Ratings,
    measure: Measure = "nominal",
    *,
    aspect: str = EMOTION,
    n: int = 1000,
    seed: int = 0,
    level: float = 0.95,
    clusters: ArrayLike | None = None,
) -> Interval:
    """Return how far raters agree, with the interval that drawing items anew gives.

    Parameters
    ----------
    ratings
        `Ratings`, or numbers with NaN where there is none [shape=(n_items, n_raters)]; counted
        votes come in by `packed_votes`.
    measure
        ``"nominal"``, ``"ordinal"``, ``"interval"``: `krippendorff_alpha`; ``"fleiss"``:
        `fleiss_kappa` of whole numbers from 0; ``"icc"``: `icc` ``"ICC(2,1)"``; ``"ccc"``:
        `overall_ccc`.
    aspect
        What was rated, if `ratings` are `Ratings`.
    n, seed, level, clusters
        As of `affectkit.measure.intervals.bootstrap`; clusters are of items.

    Raises
    ------
    ValueError
        If there is no such measure, or the ratings do not fit it.

    Examples
    --------
    >>> found = agreement(packed_votes([[3, 0], [3, 0], [0, 3], [2, 1]] * 10), "nominal", n=200)
    >>> round(found.value, 3), found.low < found.value < found.high, found.n
    (0.628, True, 40)
    """
    table = rating_table(ratings, aspect) if isinstance(ratings, Ratings) else _table(ratings)
    statistics: dict[str, Callable[[Floats], float]] = {
        "nominal": lambda x: krippendorff_alpha(x, "nominal"),
        "ordinal": lambda x: krippendorff_alpha(x, "ordinal"),
        "interval": lambda x: krippendorff_alpha(x, "interval"),
        "fleiss": fleiss_kappa,
        "icc": icc,
        "ccc": overall_ccc,
    }
    if measure not in statistics:
        raise ValueError(f"there is no measure {measure!r}: use {', '.join(statistics)}")
    if measure == "fleiss":
        table = _counted(table)
    elif measure in ("nominal", "ordinal", "interval"):
        table = _packed(table)
    return bootstrap(statistics[measure], table, clusters=clusters, n=n, seed=seed, level=level)


def _table(ratings: ArrayLike) -> Floats:
    x = np.asarray(ratings, dtype=np.float64)
    if x.ndim != 2 or x.shape[1] < 2:
        raise ValueError("ratings are a row an item and a column a rater, of two raters or more")
    return x


def _packed(table: Floats) -> Floats:
    """Return ratings moved to the left: who gave them does not matter, and draws get faster."""
    order = np.argsort(np.isnan(table), axis=1, kind="stable")
    most = int((~np.isnan(table)).sum(axis=1).max(initial=0))
    return np.asarray(np.take_along_axis(table, order, axis=1)[:, : max(most, 2)])


def _counted(table: Floats) -> Floats:
    given = table[~np.isnan(table)]
    if not len(given) or (given < 0).any() or (given != np.floor(given)).any():
        raise ValueError("Fleiss' kappa is of labels: give their codes, whole numbers from 0")
    item, code = np.nonzero(~np.isnan(table))[0], given.astype(np.intp)
    k = int(code.max()) + 1
    return np.bincount(item * k + code, minlength=len(table) * k).reshape(-1, k).astype(float)
