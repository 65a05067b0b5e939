"""Before training: which rows are learned from, how often, and how much each counts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from affectkit.learn.debias.head import (
    DebiasedHead,
    Network,
    Rows,
    Task,
    Training,
    optimise,
    plain_draw,
)


def balanced_rows(labels: ArrayLike, groups: ArrayLike, rng: np.random.Generator) -> Rows:
    """Return rows of which each label has as many from every group that has it at all.

    Parameters
    ----------
    labels, groups
        Codes [shape=(n,)].
    rng
        Chooses which rows go.

    Examples
    --------
    >>> kept = balanced_rows([0, 0, 0, 1, 1], list("ffmfm"), np.random.default_rng(0))
    >>> len(kept)  # one of each sex for label 0, and for label 1
    4
    """
    y, g = np.asarray(labels), np.asarray(groups)
    kept: list[NDArray[np.intp]] = []
    for label in np.unique(y):
        cells = [np.flatnonzero((y == label) & (g == name)) for name in np.unique(g[y == label])]
        least = min(len(cell) for cell in cells)
        kept += [rng.permutation(cell)[:least] for cell in cells]
    return np.sort(np.concatenate(kept))


def cell_weights(labels: ArrayLike, groups: ArrayLike) -> NDArray[np.float64]:
    """Return weights by which every group counts alike within each label [shape=(n,)].

    Their mean is 1 for each label. Where group and label are independent and groups equally
    frequent, all are 1.

    References
    ----------
    Kamiran and Calders (2012), Data preprocessing techniques for classification without
    discrimination, section 5.3, with equal shares of groups in place of those found.

    Examples
    --------
    >>> cell_weights([0, 0, 0, 0], list("fffm")).round(2).tolist()
    [0.67, 0.67, 0.67, 2.0]
    """
    y, g = np.asarray(labels), np.asarray(groups)
    weights = np.ones(len(y))
    for label in np.unique(y):
        mine = y == label
        names = np.unique(g[mine])
        for name in names:
            cell = mine & (g == name)
            weights[cell] = mine.sum() / (len(names) * cell.sum())
    return weights


def group_draw(pools: Sequence[Rows], batch_size: int, rng: np.random.Generator) -> Rows:
    """Return a batch with as many rows from every pool, drawn with replacement."""
    each = max(1, batch_size // len(pools))
    return np.concatenate([rng.choice(pool, size=each) for pool in pools])


class DownSampled(DebiasedHead):
    """Leaves out rows of the larger groups until each label has as many from every group.

    References
    ----------
    Kubat and Matwin (1997), one-sided selection; here at random.
    """

    needs_groups = True

    def _learn(self, task: Task, training: Training, rng: np.random.Generator) -> Network:
        kept = balanced_rows(task.labels, task.groups, rng)
        network = Network(task, training)
        deal = plain_draw(len(kept), training.batch_size, rng)
        optimise(
            task, network, training, lambda: kept[deal()],
            lambda h, z, rows, done: task.losses(z, rows).mean(),
        )  # fmt: skip
        return network


class Reweighted(DebiasedHead):
    """Lets every group count alike within each label, by the weights of `cell_weights`."""

    needs_groups = True

    def _learn(self, task: Task, training: Training, rng: np.random.Generator) -> Network:
        weights = task.torch.tensor(
            cell_weights(task.labels, task.groups), dtype=task.torch.float32
        )
        network = Network(task, training)
        optimise(
            task, network, training, plain_draw(len(task), training.batch_size, rng),
            lambda h, z, rows, done: (weights[rows] * task.losses(z, rows)).mean(),
        )  # fmt: skip
        return network


class GroupBalanced(DebiasedHead):
    """Draws as many rows from every group into each batch, whatever their labels.

    References
    ----------
    Idrissi et al. (2022), Simple data balancing achieves competitive worst-group-accuracy.
    """

    needs_groups = True

    def _learn(self, task: Task, training: Training, rng: np.random.Generator) -> Network:
        pools = [np.flatnonzero(task.groups == g) for g in range(task.n_groups)]
        network = Network(task, training)
        optimise(
            task, network, training, lambda: group_draw(pools, training.batch_size, rng),
            lambda h, z, rows, done: task.losses(z, rows).mean(),
        )  # fmt: skip
        return network
