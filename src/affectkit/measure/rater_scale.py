"""Scores from raters who each lean to one side, stretch the scale, and err: one common factor."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class RaterScales:
    """What items score, and how each rater uses the scale.

    A rater says of an item that scores s about ``centre + bias + stretch * (s - centre)``.

    Parameters
    ----------
    scores
        Weighted mean of an item's ratings, each brought back to the common scale; NaN where
        nobody of any weight rated [shape=(n_items,)].
    bias
        How much higher than all together each rater rates the middle item [shape=(n_raters,)].
    stretch
        How far each rater moves when items move by one; 1 on average [shape=(n_raters,)].
    noise
        Standard deviation of a rater around this [shape=(n_raters,)].
    centre
        Where raters together put the middle item.
    iterations
        How often both sides were estimated from each other.
    converged
        Whether the last iteration changed next to nothing.
    """

    scores: Floats
    bias: Floats
    stretch: Floats
    noise: Floats
    centre: float
    iterations: int
    converged: bool


def rater_scales(
    ratings: ArrayLike, *, iterations: int = 2000, tolerance: float = 1e-6, floor: float = 0.05
) -> RaterScales:
    """Return items' scores and each rater's bias, stretch and noise, by maximum likelihood.

    Parameters
    ----------
    ratings
        NaN where a rater did not rate an item [shape=(n_raters, n_items)], as in
        `affectkit.measure.rater_fusion`.
    iterations
        No more than these.
    tolerance
        Ends where no bias, stretch or noise moves by more, as a share of the spread of all
        ratings.
    floor
        Least noise of a rater, as a share of the spread of all ratings: with few raters one of
        them would else be taken for the truth.

    Raises
    ------
    ValueError
        If there are fewer than three raters (two cannot tell which of them errs), a rater has
        fewer than two ratings, or nothing varies.

    References
    ----------
    Jöreskog (1971). Statistical analysis of sets of congeneric tests, equation 1; estimated as
    in Rubin and Thayer (1982), EM algorithms for ML factor analysis, with missing ratings left
    out. Scores are Bartlett's (1937), which do not shrink.

    Examples
    --------
    The second rates one higher, the third stretches:

    >>> truth = np.array([1.0, 2.0, 3.0, 4.0, 5.0])
    >>> said = np.stack([truth, truth + 1, 1.5 * truth - 1.5])
    >>> found = rater_scales(said + np.resize([0.1, -0.1, 0.0, -0.1, 0.1, 0.0, 0.0], (3, 5)))
    >>> found.bias.round(1) + 0.0, found.stretch.round(1)
    (array([-0.3,  0.7, -0.3]), array([0.9, 0.8, 1.3]))
    """
    given = np.asarray(ratings, dtype=np.float64)
    if given.ndim != 2 or len(given) < 3:
        raise ValueError("ratings are a row a rater, of three raters or more")
    there = ~np.isnan(given)
    few = np.flatnonzero(there.sum(axis=1) < 2)
    if len(few):
        raise ValueError(f"rater {few[0]} has fewer than two ratings: leave them out")
    middle, spread = float(given[there].mean()), float(given[there].std())
    if spread == 0:
        raise ValueError("all ratings are the same: nothing tells raters apart")
    x = np.where(there, (given - middle) / spread, 0.0)
    n = there.sum(axis=1)
    level, load, error = x.sum(axis=1) / n, np.full(len(x), 0.7), np.full(len(x), 0.5)
    turn, converged = 0, False
    while turn < iterations:
        turn += 1
        before = np.concatenate([level, load, error])
        # What items score, given raters (Rubin and Thayer, the E step).
        weight = there * (load**2 / error)[:, None]
        precision = 1 + weight.sum(axis=0)
        pull = there * (load / error)[:, None] * (x - level[:, None])
        mean, variance = pull.sum(axis=0) / precision, 1 / precision
        # Each rater's ratings on what items score.
        first, second = there @ mean, there @ (mean**2 + variance)
        total, product = x.sum(axis=1), x @ mean
        bottom = n * second - first**2
        load = (n * product - first * total) / bottom
        level = (total - load * first) / n
        off = there * (x - level[:, None] - load[:, None] * mean)
        error = ((off**2).sum(axis=1) + load**2 * (there @ variance)) / n
        error = np.maximum(error, floor**2)
        if np.abs(np.concatenate([level, load, error]) - before).max() < tolerance:
            converged = True
            break
    if load.sum() < 0:
        load = -load
    stretch, centre = load / load.mean(), level.mean()
    weight = there * (stretch**2 / error)[:, None]
    back = there * (stretch / error)[:, None] * (x - level[:, None])
    whole = weight.sum(axis=0)
    score = np.full(x.shape[1], np.nan)
    np.divide(back.sum(axis=0), whole, out=score, where=whole > 1e-12)
    return RaterScales(
        middle + spread * (centre + score),
        spread * (level - centre),
        stretch,
        spread * np.sqrt(error),
        float(middle + spread * centre),
        turn,
        converged,
    )
