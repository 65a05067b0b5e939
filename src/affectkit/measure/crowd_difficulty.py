"""Labels from a crowd of unlike skill about items of unlike difficulty: the model GLAD."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from affectkit.measure.crowd_triples import Triples, triples

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class DifficultyLabels:
    """What a crowd's labels say of items, of raters' skill and of how easy items are.

    Parameters
    ----------
    probabilities
        Of each label for each item [shape=(n_items, n_labels)].
    skill
        Of each rater: 0 tells nothing, below 0 is against the truth (the paper's alpha)
        [shape=(n_raters,)].
    ease
        Log of how much an item multiplies skill; low is difficult (the log of the paper's
        beta) [shape=(n_items,)].
    iterations
        How often both sides were estimated from each other.
    converged
        Whether the last iteration changed next to nothing.
    """

    probabilities: Floats
    skill: Floats
    ease: Floats
    iterations: int
    converged: bool


def glad(
    item: ArrayLike,
    rater: ArrayLike,
    label: ArrayLike,
    *,
    n_items: int | None = None,
    n_raters: int | None = None,
    n_labels: int | None = None,
    iterations: int = 300,
    tolerance: float = 1e-4,
) -> DifficultyLabels:
    """Return the probability of each label for each item, by raters' skill and items' ease.

    A rater is right with the logistic of skill times ease, and takes any wrong label alike.
    Labels are equally common beforehand; skill and log ease are normal around 1 with deviation
    1. Each iteration is one of expectation maximisation in which skills rise first, then ease
    (a step that never lowers the posterior).

    Parameters
    ----------
    item, rater, label
        A rating each: which item, by whom, called what; integers from 0 [shape=(n_ratings,)].
    n_items, n_raters, n_labels
        How many there are, if more than occur.
    iterations
        No more than these.
    tolerance
        Ends where no skill and no ease moves by more.

    Raises
    ------
    ValueError
        If there are no ratings, their parts differ in length, an item has none, or there is
        only one label.

    References
    ----------
    Whitehill, Ruvolo, Wu, Bergsma and Movellan (2009). Whose Vote Should Count More, equation 1,
    section 3.1 and the appendix; priors as in its section 3.2 and released code; for more labels
    than two, its section 3.3.

    Examples
    --------
    >>> item = np.repeat(np.arange(6), 4)
    >>> label = [0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 1, 0, 0, 1, 1]
    >>> found = glad(item, [0, 1, 2, 3] * 6, label)
    >>> found.probabilities.argmax(axis=1).tolist(), int(found.skill.argmin())
    ([0, 1, 0, 1, 0, 0], 3)
    >>> int(found.ease.argmin())  # the item that two say 0 of, and two 1
    5
    """
    given = triples(item, rater, label, n_items, n_raters, n_labels)
    if given.n_labels < 2:
        raise ValueError("there is only one label: say how many there could be, n_labels=2")
    skill, ease = np.ones(given.n_raters), np.ones(given.n_items)
    posterior, right = _labels(given, skill, ease)
    turn, converged = 0, False
    while turn < iterations:
        turn += 1
        before = skill, ease
        skill = _skills(given, right, skill, ease)
        ease = _eases(given, right, skill, ease)
        posterior, right = _labels(given, skill, ease)
        moved = max(np.abs(skill - before[0]).max(), np.abs(ease - before[1]).max())
        if moved < tolerance:
            converged = True
            break
    return DifficultyLabels(posterior, skill, ease, turn, converged)


def _labels(given: Triples, skill: Floats, ease: Floats) -> tuple[Floats, Floats]:
    """Return the posterior of labels, and how likely each rating is to be right."""
    n, k = given.n_items, given.n_labels
    odds = skill[given.rater] * np.exp(ease[given.item])
    # Log of right against wrong, one of the k - 1 wrong ones; the rest is common to all labels.
    gain = odds + np.log(k - 1)
    scores = np.bincount(given.item * k + given.label, gain, minlength=n * k).reshape(n, k)
    share = np.exp(scores - scores.max(axis=1, keepdims=True))
    posterior = share / share.sum(axis=1, keepdims=True)
    return posterior, posterior[given.item, given.label]


def _skills(given: Triples, right: Floats, skill: Floats, ease: Floats) -> Floats:
    """Return skills that fit better, by one step of Newton's for each."""
    power = np.exp(ease)[given.item]
    odds = power * skill[given.rater]
    chance = _logistic(odds)
    m = given.n_raters
    slope = np.bincount(given.rater, power * (right - chance), minlength=m) - (skill - 1)
    bend = np.bincount(given.rater, power**2 * chance * (1 - chance), minlength=m) + 1

    def fit(values: Floats) -> Floats:
        of_rating = _fit(right, power * values[given.rater])
        return np.bincount(given.rater, of_rating, minlength=m) - (values - 1) ** 2 / 2

    return _climb(fit, skill, slope / bend)


def _eases(given: Triples, right: Floats, skill: Floats, ease: Floats) -> Floats:
    """Return eases that fit better, by one step of Fisher's scoring for each."""
    odds = skill[given.rater] * np.exp(ease)[given.item]
    chance = _logistic(odds)
    n = given.n_items
    slope = np.bincount(given.item, odds * (right - chance), minlength=n) - (ease - 1)
    bend = np.bincount(given.item, odds**2 * chance * (1 - chance), minlength=n) + 1

    def fit(values: Floats) -> Floats:
        of_rating = _fit(right, skill[given.rater] * np.exp(values)[given.item])
        return np.bincount(given.item, of_rating, minlength=n) - (values - 1) ** 2 / 2

    return _climb(fit, ease, slope / bend)


def _climb(fit: Callable[[Floats], Floats], start: Floats, step: Floats) -> Floats:
    """Return what is reached by a step for each, halved where it would lead down."""
    height = fit(start)
    for _ in range(30):
        down = fit(start + step) < height - 1e-12
        if not down.any():
            return start + step
        step = np.where(down, step / 2, step)
    return np.where(fit(start + step) < height, start, start + step)


def _fit(right: Floats, odds: Floats) -> Floats:
    """Return the expected log-likelihood of ratings, up to what no skill and no ease changes."""
    return right * odds - np.logaddexp(0, odds)


def _logistic(x: Floats) -> Floats:
    return np.exp(-np.logaddexp(0, -x))
