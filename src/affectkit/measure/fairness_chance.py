"""How large a gap between groups is where groups mean nothing."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray


def chance_gaps(
    gap: Callable[[NDArray[np.generic]], float],
    groups: ArrayLike,
    *,
    clusters: ArrayLike | None = None,
    n: int = 200,
    seed: int = 0,
) -> NDArray[np.float64]:
    """Return the gaps that shuffled groups show [shape=(n,)].

    A gap is a distance and so above zero even where groups are served alike; the fewer people
    there are, the larger it is by chance. The share of these gaps that reach the real one is
    the p-value of a permutation test (add one to both counts).

    Parameters
    ----------
    gap
        Function of the group of each row [shape=(n_rows,)], such as
        ``lambda g: group_scores(truth, predicted, g).gap("tpr").value``.
    groups
        The real groups [shape=(n_rows,)].
    clusters
        Such as the speaker of each row [shape=(n_rows,)]: all rows of one move to one group,
        since what is shuffled is who belongs where.
    n, seed
        Number and seed of the shuffles.

    Raises
    ------
    ValueError
        If a cluster has rows of two groups.

    References
    ----------
    Good (2005). Permutation, Parametric and Bootstrap Tests of Hypotheses, chapter 3.

    Examples
    --------
    >>> by_chance = chance_gaps(
    ...     lambda g: abs(float(np.mean(g == "f") - 0.5)), ["f", "m"] * 4, n=5
    ... )
    >>> by_chance.tolist()  # a shuffle leaves as many of each
    [0.0, 0.0, 0.0, 0.0, 0.0]
    """
    told = np.asarray(groups)
    unit = np.arange(len(told)) if clusters is None else np.asarray(clusters)
    _, first, codes = np.unique(unit, return_index=True, return_inverse=True)
    if len(unit) != len(told) or not (told[first][codes] == told).all():
        raise ValueError("each cluster is to belong to one group")
    rng = np.random.default_rng(seed)
    return np.array([gap(rng.permutation(told[first])[codes]) for _ in range(n)], dtype=float)
