"""Labels from a crowd in which some answer without looking: the model MACE."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from affectkit.measure.crowd_triples import Triples, triples

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class SpammerLabels:
    """What a crowd's labels say of items, and of how often each rater looked.

    Parameters
    ----------
    probabilities
        Of each label for each item [shape=(n_items, n_labels)].
    competence
        How often each rater gives the true label rather than one of their habit, in [0, 1]
        [shape=(n_raters,)].
    habit
        What each rater says without looking [shape=(n_raters, n_labels)].
    log_likelihood
        Of the ratings, under the weights of the last iteration.
    iterations
        How often both sides were estimated from each other.
    converged
        Whether the last iteration changed next to nothing.
    """

    probabilities: Floats
    competence: Floats
    habit: Floats
    log_likelihood: float
    iterations: int
    converged: bool


def mace(
    item: ArrayLike,
    rater: ArrayLike,
    label: ArrayLike,
    *,
    n_items: int | None = None,
    n_raters: int | None = None,
    n_labels: int | None = None,
    iterations: int = 200,
    tolerance: float = 1e-6,
    restarts: int = 5,
    noise: float = 0.5,
    looking: tuple[float, float] = (0.5, 0.5),
    habit: float = 10.0,
    seed: int = 0,
) -> SpammerLabels:
    """Return the probability of each label for each item, trusting raters by how often they look.

    A rater gives either the true label, or, without looking, one by a habit of their own.
    Estimated by variational Bayes from several starts; the likeliest counts.

    Parameters
    ----------
    item, rater, label
        A rating each: which item, by whom, called what; integers from 0 [shape=(n_ratings,)].
    n_items, n_raters, n_labels
        How many there are, if more than occur.
    iterations
        No more than these from each start.
    tolerance
        A start ends where the mean log-likelihood of an item rises by less.
    restarts
        Number of starts.
    noise
        How far starts lie from even chances: weights are drawn from [1, 1 + noise].
    looking
        Prior counts of not looking and of looking, of the beta distribution.
    habit
        Prior count of each label in a rater's habit, of the Dirichlet distribution.
    seed
        Seed of the starts.

    Raises
    ------
    ValueError
        If there are no ratings, their parts differ in length, or an item has none.

    References
    ----------
    Hovy, Berg-Kirkpatrick, Vaswani and Hovy (2013). Learning Whom to Trust with MACE, sections
    2.1 and 2.3 (the paper's habit prior is the one of its released code).

    Examples
    --------
    Two who look, and one who always says 1:

    >>> item = np.repeat(np.arange(8), 3)
    >>> label = [0, 0, 1, 0, 0, 1, 1, 1, 1, 0, 0, 1] * 2
    >>> found = mace(item, [0, 1, 2] * 8, label)
    >>> found.probabilities.argmax(axis=1).tolist()
    [0, 0, 1, 0, 0, 0, 1, 0]
    >>> bool(found.competence[2] < 0.5 < found.competence[0])
    True
    """
    given = triples(item, rater, label, n_items, n_raters, n_labels)
    rng = np.random.default_rng(seed)
    best: SpammerLabels | None = None
    for _ in range(max(restarts, 1)):
        # Both are probabilities of: not looking, looking; and of each label of a habit.
        weights = rng.uniform(1, 1 + noise, (given.n_raters, 2))
        habits = rng.uniform(1, 1 + noise, (given.n_raters, given.n_labels))
        weights /= weights.sum(axis=1, keepdims=True)
        habits /= habits.sum(axis=1, keepdims=True)
        before, converged, turn = -np.inf, False, 0
        posterior, now, counts = _look(given, weights, habits)
        while turn < iterations:
            turn += 1
            weights = _expected(counts[0] + np.asarray(looking))
            habits = _expected(counts[1] + habit)
            posterior, now, counts = _look(given, weights, habits)
            if abs(now - before) < tolerance * given.n_items:
                converged = True
                break
            before = now
        if best is None or now > best.log_likelihood:
            competence = weights[:, 1] / weights.sum(axis=1)
            means = habits / habits.sum(axis=1, keepdims=True)
            best = SpammerLabels(posterior, competence, means, now, turn, converged)
    assert best is not None  # there was a start
    return best


def _look(
    given: Triples, weights: Floats, habits: Floats
) -> tuple[Floats, float, tuple[Floats, Floats]]:
    """Return the labels' posterior, the log-likelihood, and the expected counts of raters."""
    items, raters, labels = given.item, given.rater, given.label
    n, m, k = given.n_items, given.n_raters, given.n_labels
    blind = weights[raters, 0] * habits[raters, labels]
    sees = weights[raters, 1]
    # All ratings of an item blind, and for each label what those who gave it add.
    base = np.bincount(items, np.log(blind), minlength=n)
    gain = np.bincount(items * k + labels, np.log1p(sees / blind), minlength=n * k).reshape(n, k)
    scores = base[:, None] + gain
    top = scores.max(axis=1, keepdims=True)
    share = np.exp(scores - top)
    whole = share.sum(axis=1, keepdims=True)
    likelihood = float((np.log(whole) + top).sum()) - n * float(np.log(k))
    posterior = share / whole
    looked = posterior[items, labels] * sees / (sees + blind)
    blindly = np.bincount(raters * k + labels, 1 - looked, minlength=m * k)
    habitual = np.asarray(blindly.reshape(m, k), dtype=np.float64)
    seen = np.bincount(raters, looked, minlength=m)
    return posterior, likelihood, (np.column_stack([habitual.sum(axis=1), seen]), habitual)


def _expected(counts: Floats) -> Floats:
    """Return the exponential of the expected log of Dirichlet weights, a row a distribution."""
    return np.asarray(np.exp(digamma(counts) - digamma(counts.sum(axis=1, keepdims=True))))


def digamma(x: ArrayLike) -> Floats:
    """Return the derivative of the log of the gamma function, for positive numbers.

    References
    ----------
    Bernardo (1976). Algorithm AS 103: Psi (digamma) function. By the recurrence up to 6, from
    where on the asymptotic series has ten digits.

    Examples
    --------
    >>> digamma([1.0, 2.0]).round(6)  # minus Euler's constant, and one more
    array([-0.577216,  0.422784])
    """
    z = np.array(x, dtype=np.float64)
    out = np.zeros_like(z)
    while (small := z < 6).any():
        out[small] -= 1 / z[small]
        z[small] += 1
    y = 1 / z**2
    series = y * (1 / 12 - y * (1 / 120 - y * (1 / 252 - y * (1 / 240 - y / 132))))
    return np.asarray(out + np.log(z) - 0.5 / z - series)
