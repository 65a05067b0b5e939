"""How strongly some options are preferred to others, from who won against whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Preferences:
    """Bradley-Terry strengths, with how sure they are.

    Parameters
    ----------
    log_strengths
        Logits, of mean 0: the chance that i wins against j is
        ``1 / (1 + exp(log_strengths[j] - log_strengths[i]))`` [shape=(n,)].
    covariance
        Of their estimates, from the Fisher information [shape=(n, n)]; each row sums to 0.

    Examples
    --------
    >>> fitted = bradley_terry([[0, 30], [10, 0]])
    >>> fitted.strengths
    array([1.5, 0.5])
    >>> fitted.difference(0, 1)
    (1.098..., 0.365...)
    """

    log_strengths: Floats
    covariance: Floats

    @property
    def strengths(self) -> Floats:
        """Strengths of mean 1: i wins against j with chance s_i / (s_i + s_j) [shape=(n,)]."""
        s = np.exp(self.log_strengths - self.log_strengths.max())
        return np.asarray(s / s.mean())

    def intervals(self, level: float = 0.95) -> Floats:
        """Return Wald intervals of the log-strengths: how far from the mean of all [shape=(n, 2)].

        Parameters
        ----------
        level
            Coverage aimed at, where comparisons are independent. They are not if one dialogue or
            rater gave several; draw whole clusters with `affectkit.measure.intervals.bootstrap`
            then.

        Examples
        --------
        >>> bradley_terry([[0, 30], [10, 0]]).intervals().round(2)
        array([[ 0.19,  0.91],
               [-0.91, -0.19]])
        """
        if not 0 < level < 1:
            raise ValueError(f"level must lie between 0 and 1, not {level}")
        reach = NormalDist().inv_cdf((1 + level) / 2) * np.sqrt(np.diag(self.covariance))
        return np.stack([self.log_strengths - reach, self.log_strengths + reach], axis=1)

    def difference(self, i: int, j: int) -> tuple[float, float]:
        """Return the log odds that i wins against j, and their standard error."""
        c = self.covariance
        error = np.sqrt(max(c[i, i] + c[j, j] - 2 * c[i, j], 0.0))
        return float(self.log_strengths[i] - self.log_strengths[j]), float(error)


def bradley_terry(wins: ArrayLike, *, prior: float = 0.0) -> Preferences:
    """Fit the strengths under which the observed wins are most likely.

    Parameters
    ----------
    wins
        How often i won against j [shape=(n, n)]; counts or weights, the diagonal is not used.
        Half a win to either side is a tie.
    prior
        Wins added on both sides of every pair. 0 is maximum likelihood, which exists only if
        none can be split off that never lost to the others.

    Returns
    -------
    Preferences

    Raises
    ------
    ValueError
        If `wins` is not a square table of numbers of at least 0, or if no finite strengths are
        most likely.

    References
    ----------
    Bradley, R. A. and Terry, M. E. (1952). Rank analysis of incomplete block designs I; that
    strengths exist, Ford, L. R. (1957). Solved by Newton's method on the log-strengths, in which
    the likelihood is concave (Hunter 2004, MM algorithms for generalized Bradley-Terry models).

    Examples
    --------
    >>> bradley_terry([[0, 2, 3], [1, 0, 2], [1, 1, 0]]).strengths.round(3)
    array([1.616, 0.892, 0.492])
    """
    w = np.array(wins, dtype=np.float64)
    if w.ndim != 2 or w.shape[0] != w.shape[1] or len(w) < 2:
        raise ValueError(f"wins must be a square table of two or more, got shape {w.shape}")
    if not np.isfinite(w).all() or (w < 0).any() or prior < 0:
        raise ValueError("wins and prior must be finite and at least 0")
    w += prior
    np.fill_diagonal(w, 0)
    if not _connected(w > 0):
        raise ValueError(
            "no finite strengths are most likely, since some options never lost to the others "
            "or were never compared with them; give a prior, such as 0.5"
        )
    n, total = len(w), w + w.T
    x = np.zeros(n)
    for _ in range(200):
        chance = _chance(x)
        slope = (w - total * chance).sum(axis=1)
        if np.abs(slope).max() < 1e-10 * max(1.0, total.max()):
            break
        step = np.linalg.solve(_information(total, chance) + 1 / n, slope)
        # Far from the top a full step may overshoot: halve it until the likelihood rises.
        now = _likelihood(w, x)
        while _likelihood(w, x + step) < now and np.abs(step).max() > 1e-12:
            step = step / 2
        x = x + step
    x -= x.mean()
    # Adding the mean's direction makes it invertible; taking it off again leaves sums of 0.
    covariance = np.linalg.inv(_information(total, _chance(x)) + 1 / n) - 1 / n
    return Preferences(x, np.asarray(covariance, dtype=np.float64))


def preference_bias(
    truth: ArrayLike,
    predicted: ArrayLike,
    *,
    labels: Sequence[str | int] | None = None,
    prior: float = 0.0,
) -> float:
    """How lopsided the labels are that a system chooses; 0 if it prefers none.

    Where it says i and j was right, i has won against j. The bias is the standard deviation of
    the strengths of mean 1, and so at most ``sqrt(n_labels - 1)``: one label is chosen always.

    Parameters
    ----------
    truth, predicted
        Labels [shape=(n,)].
    labels
        All that could be chosen; those that occur if None.
    prior
        As in `bradley_terry`; above 0 where a label is never chosen by mistake, which else has
        no finite strength.

    Raises
    ------
    ValueError
        If shapes differ, a label is not among `labels`, or no finite strengths exist.

    References
    ----------
    Kang, D. et al. (2024). Can large language models be good emotional supporter? Mitigating
    preference bias on emotional support conversation (there without a prior).

    Examples
    --------
    >>> asked = ["ask", "ask", "soothe", "soothe"]
    >>> preference_bias(asked, ["ask", "soothe", "ask", "soothe"])
    0.0
    >>> preference_bias(asked * 30, ["ask"] * 120, prior=0.5)
    0.983...
    """
    t, p = np.asarray(truth), np.asarray(predicted)
    if t.shape != p.shape or t.ndim != 1 or not t.size:
        raise ValueError(f"truth of shape {t.shape} and predicted of {p.shape} cannot be compared")
    names = np.unique(np.concatenate([t, p]) if labels is None else np.asarray(labels))
    strange = set(t.tolist()) | set(p.tolist())
    if unknown := sorted(str(s) for s in strange - set(names.tolist())):
        raise ValueError(f"label {unknown[0]!r} is not among the {len(names)} labels")
    if len(names) < 2:
        raise ValueError("one label alone cannot be preferred; name all that could be chosen")
    wins = np.zeros((len(names), len(names)))
    np.add.at(wins, (np.searchsorted(names, p), np.searchsorted(names, t)), 1)
    return float(bradley_terry(wins, prior=prior).strengths.std())


def _chance(x: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(np.clip(x[None, :] - x[:, None], -700, 700))))


def _likelihood(w: Floats, x: Floats) -> float:
    return float(-(w * np.logaddexp(0, x[None, :] - x[:, None])).sum())


def _information(total: Floats, chance: Floats) -> Floats:
    pairs = total * chance * (1 - chance)
    return np.asarray(np.diag(pairs.sum(axis=1)) - pairs)


def _connected(beat: NDArray[np.bool_]) -> bool:
    """Whether each has beaten each, directly or through others."""
    for edges in (beat, beat.T):
        reached = np.zeros(len(beat), dtype=bool)
        reached[0] = True
        while True:
            further = reached | edges[reached].any(axis=0)
            if (further == reached).all():
                break
            reached = further
        if not reached.all():
            return False
    return True
