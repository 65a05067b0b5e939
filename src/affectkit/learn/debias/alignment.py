"""While training: a penalty on how differently groups are represented or served."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np

from affectkit.learn.debias.head import (
    DebiasedHead,
    Network,
    Task,
    Training,
    optimise,
)
from affectkit.learn.debias.sampling import group_draw


def mean_discrepancy(torch: Any, a: Any, b: Any) -> Any:
    """Return the squared maximum mean discrepancy of two samples [shape=(n, d), (m, d)].

    A Gaussian kernel summed over three widths about the median distance; 0 for equal samples.

    References
    ----------
    Gretton et al. (2012), A Kernel Two-Sample Test, equation 5.
    """
    both = torch.cat([a, b])
    # torch.cdist has no gradient at distance zero; the squares have.
    norm = (both**2).sum(dim=1)
    squared = (norm[:, None] + norm[None] - 2 * both @ both.T).clamp_min(0.0)
    middle = squared.detach().median().clamp_min(1e-6)
    kernel = sum(torch.exp(-squared / (width * middle)) for width in (0.5, 1.0, 2.0)) / 3
    n = len(a)
    return kernel[:n, :n].mean() + kernel[n:, n:].mean() - 2 * kernel[:n, n:].mean()


def covariance_distance(torch: Any, a: Any, b: Any) -> Any:
    """Return how far means and covariances of two samples are apart.

    References
    ----------
    Sun and Saenko (2016), Deep CORAL, equation 1 (without the factor 1/4), and the squared
    distance of the means, which it leaves to centring.
    """

    def covariance(x: Any) -> Any:
        centred = x - x.mean(dim=0)
        return centred.T @ centred / max(len(x) - 1, 1)

    width = a.shape[1]
    apart = ((covariance(a) - covariance(b)) ** 2).sum() / width**2
    return apart + ((a.mean(dim=0) - b.mean(dim=0)) ** 2).mean()


class _Penalised(DebiasedHead):
    needs_groups = True

    def __init__(
        self, *, strength: float = 1.0, training: Training | None = None, seed: int = 0
    ) -> None:
        super().__init__(training=training, seed=seed)
        self.strength = strength

    def _penalty(self, task: Task, hidden: Any, logits: Any, rows: Any) -> Any:
        raise NotImplementedError

    def _learn(self, task: Task, training: Training, rng: np.random.Generator) -> Network:
        network = Network(task, training)
        pools = [np.flatnonzero(task.groups == g) for g in range(task.n_groups)]

        def loss(hidden: Any, logits: Any, rows: Any, done: float) -> Any:
            off = task.losses(logits, rows).mean()
            return off + self.strength * self._penalty(task, hidden, logits, rows)

        # Every batch needs rows of each group, or there is nothing to compare.
        optimise(task, network, training, lambda: group_draw(pools, training.batch_size, rng), loss)
        return network


class MeanDiscrepancy(_Penalised):
    """Draws the hidden layer's distributions of groups together (`mean_discrepancy`).

    Parameters
    ----------
    strength
        How much the penalty counts.
    training, seed
        As in `DebiasedHead`.
    """

    needs_hidden = True

    def _penalty(self, task: Task, hidden: Any, logits: Any, rows: Any) -> Any:
        return _between_groups(task, hidden, rows, mean_discrepancy)


class CovarianceAlignment(_Penalised):
    """Draws means and covariances of the hidden layer together (`covariance_distance`).

    Parameters
    ----------
    strength
        How much the penalty counts.
    training, seed
        As in `DebiasedHead`.
    """

    needs_hidden = True

    def _penalty(self, task: Task, hidden: Any, logits: Any, rows: Any) -> Any:
        return _between_groups(task, hidden, rows, covariance_distance)


class GapPenalty(_Penalised):
    """Penalises the gap itself: between groups' mean probability of labels that hold.

    The squared difference of what groups are given where a label is true, summed over labels:
    the TPR gap with probabilities for decisions, which is the covariance of group and
    probability among rows that have the label.

    Parameters
    ----------
    strength
        How much the penalty counts.
    training, seed
        As in `DebiasedHead`.

    References
    ----------
    Zafar et al. (2017), Fairness Beyond Disparate Treatment, section 4 (covariance in place of
    rates).
    """

    def _penalty(self, task: Task, hidden: Any, logits: Any, rows: Any) -> Any:
        torch, y, g = task.torch, task.y[rows], task.g[rows]
        p = torch.sigmoid(logits) if task.several else torch.softmax(logits, dim=1)
        member = torch.nn.functional.one_hot(g, task.n_groups).to(p.dtype)
        count = member.T @ y
        rate = (member.T @ (y * p)) / count.clamp_min(1.0)
        total = logits.sum() * 0.0
        for a, b in combinations(range(task.n_groups), 2):
            there = (count[a] > 0) & (count[b] > 0)
            total = total + ((rate[a] - rate[b]) ** 2 * there).sum()
        return total


def _between_groups(task: Task, hidden: Any, rows: Any, distance: Any) -> Any:
    g = task.g[rows]
    samples = [hidden[g == k] for k in range(task.n_groups)]
    total = hidden.sum() * 0.0
    for a, b in combinations(samples, 2):
        total = total + distance(task.torch, a, b)
    return total
