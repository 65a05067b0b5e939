"""Distributionally robust optimisation: the loss of the worst-off in place of the mean."""

from __future__ import annotations

from typing import Any

import numpy as np

from affectkit.learn.debias.head import DebiasedHead, Network, Task, Training, optimise, plain_draw
from affectkit.learn.debias.sampling import group_draw


class GroupRobust(DebiasedHead):
    """Group DRO: groups with more loss count ever more, by ``w_g <- w_g exp(rate * L_g)``.

    Parameters
    ----------
    rate
        How fast weights follow losses.
    training, seed
        As in `DebiasedHead`.

    Attributes
    ----------
    group_weights_
        What each group counted in the end [shape=(n_groups,)].

    References
    ----------
    Sagawa et al. (2020), Distributionally Robust Neural Networks, algorithm 1.
    """

    needs_groups = True

    def __init__(
        self, *, rate: float = 0.05, training: Training | None = None, seed: int = 0
    ) -> None:
        super().__init__(training=training, seed=seed)
        self.rate = rate

    def _learn(self, task: Task, training: Training, rng: np.random.Generator) -> Network:
        torch = task.torch
        network = Network(task, training)
        pools = [np.flatnonzero(task.groups == g) for g in range(task.n_groups)]
        weight = torch.full((task.n_groups,), 1 / task.n_groups)

        def loss(hidden: Any, logits: Any, rows: Any, done: float) -> Any:
            member = torch.nn.functional.one_hot(task.g[rows], task.n_groups).float()
            by_group = (member.T @ task.losses(logits, rows)) / member.sum(dim=0)
            with torch.no_grad():
                weight.mul_(torch.exp(self.rate * by_group))
                weight.div_(weight.sum())
            return weight @ by_group

        optimise(task, network, training, lambda: group_draw(pools, training.batch_size, rng), loss)
        self.group_weights_ = np.asarray(weight.numpy(), dtype=np.float64)
        return network


class WorstShare(DebiasedHead):
    """CVaR: the mean loss of the worst share of each batch; no groups are needed.

    Parameters
    ----------
    alpha
        Share of rows that count, in (0, 1]; 1 is plain training.
    training, seed
        As in `DebiasedHead`.

    References
    ----------
    Rockafellar and Uryasev (2000), equation 3; on batches Levy et al. (2020), section 3.
    """

    def __init__(
        self, *, alpha: float = 0.5, training: Training | None = None, seed: int = 0
    ) -> None:
        super().__init__(training=training, seed=seed)
        self.alpha = alpha

    def _learn(self, task: Task, training: Training, rng: np.random.Generator) -> Network:
        if not 0 < self.alpha <= 1:
            raise ValueError(f"alpha is a share above 0 and up to 1, not {self.alpha}")
        network = Network(task, training)

        def loss(hidden: Any, logits: Any, rows: Any, done: float) -> Any:
            losses = task.losses(logits, rows)
            return losses.topk(max(1, round(self.alpha * len(losses)))).values.mean()

        optimise(task, network, training, plain_draw(len(task), training.batch_size, rng), loss)
        return network
