"""Biased learners: a first model shows which rows go against the grain; no groups are needed."""

from __future__ import annotations

from typing import Any

import numpy as np

from affectkit.learn.debias.head import (
    DebiasedHead,
    Floats,
    Network,
    Task,
    Training,
    optimise,
    plain_draw,
)


def generalised_cross_entropy(told: Any, q: float) -> Any:
    """Return ``(1 - p^q) / q`` averaged over the last axis: cross entropy for q to 0.

    Parameters
    ----------
    told
        Probability of what is true [shape=(n, k)], a tensor or an array.
    q
        In (0, 1]; 1 is the mean absolute error. The larger, the less hard rows count.

    References
    ----------
    Zhang and Sabuncu (2018), Generalized Cross Entropy Loss, equation 6.

    Examples
    --------
    >>> generalised_cross_entropy(np.array([[0.25]]), 0.5).tolist()
    [1.0]
    >>> bool(abs(generalised_cross_entropy(np.array([[0.3]]), 1e-6)[0] + np.log(0.3)) < 1e-4)
    True
    """
    return ((1 - told**q) / q).mean(-1)


class EasyFirst(DebiasedHead):
    """Learns what is easy and stops early: it follows the grain of the data, biases included.

    No debiasing method but the first step of several.

    Parameters
    ----------
    q
        Of the `generalised_cross_entropy`.
    share
        Of the steps of `training` that are done before it stops.
    training, seed
        As in `DebiasedHead`.
    """

    def __init__(
        self,
        *,
        q: float = 0.7,
        share: float = 0.2,
        training: Training | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__(training=training, seed=seed)
        self.q = q
        self.share = share

    def _learn(self, task: Task, training: Training, rng: np.random.Generator) -> Network:
        network = Network(task, training)
        optimise(
            task, network, training, plain_draw(len(task), training.batch_size, rng),
            lambda h, z, rows, done: generalised_cross_entropy(task.told(z, rows), self.q).mean(),
            steps=max(1, round(self.share * training.steps)),
        )  # fmt: skip
        return network


class JustTrainTwice(DebiasedHead):
    """Trains briefly, and then again with the rows that were wrong counting more.

    Parameters
    ----------
    factor
        How much a row counts that the first model gets wrong.
    share
        Of the steps that the first model is trained for.
    training, seed
        As in `DebiasedHead`.

    References
    ----------
    Liu et al. (2021), Just Train Twice, equation 2.
    """

    def __init__(
        self,
        *,
        factor: float = 5.0,
        share: float = 0.3,
        training: Training | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__(training=training, seed=seed)
        self.factor = factor
        self.share = share

    def _learn(self, task: Task, training: Training, rng: np.random.Generator) -> Network:
        steps = max(1, round(self.share * training.steps))
        first = _weighted(task, training, rng, np.ones(len(task)), steps)
        # With several labels, a row is wrong where its mean yes or no is less than even.
        wrong = _told(task, first) < 0.5 if task.several else ~_right(task, first)
        return _weighted(task, training, rng, np.where(wrong, self.factor, 1.0))


class LearningFromFailure(DebiasedHead):
    """Trains a biased model beside the real one, to which rows count that only the first fails.

    Parameters
    ----------
    q
        Of the biased model's `generalised_cross_entropy`.
    memory
        Share of a row's earlier loss in its running mean.
    training, seed
        As in `DebiasedHead`.

    References
    ----------
    Nam et al. (2020), Learning from Failure, equation 2 and algorithm 1: the weight is the
    biased loss over the sum of both, each relative to the largest of its label.
    """

    def __init__(
        self,
        *,
        q: float = 0.7,
        memory: float = 0.7,
        training: Training | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__(training=training, seed=seed)
        self.q = q
        self.memory = memory

    def _learn(self, task: Task, training: Training, rng: np.random.Generator) -> Network:
        torch = task.torch
        network, biased = Network(task, training), Network(task, training)
        label = torch.tensor(task.labels)
        n_labels = int(task.labels.max()) + 1
        kept = torch.zeros((2, len(task)))

        def relative(which: int, losses: Any, rows: Any) -> Any:
            before = kept[which, rows]
            mean = torch.where(
                before > 0, self.memory * before + (1 - self.memory) * losses, losses
            )
            kept[which, rows] = mean
            most = torch.zeros(n_labels).scatter_reduce(0, label, kept[which], "amax")
            return mean / most[label[rows]].clamp_min(1e-8)

        def loss(hidden: Any, logits: Any, rows: Any, done: float) -> Any:
            their = biased.last(biased.represent(task.x[rows]))
            ours = task.losses(logits, rows)
            with torch.no_grad():
                a = relative(0, task.losses(their, rows), rows)
                b = relative(1, ours, rows)
                weight = a / (a + b).clamp_min(1e-8)
            easy = generalised_cross_entropy(task.told(their, rows), self.q).mean()
            return (weight * ours).mean() + easy

        optimise(
            task, network, training, plain_draw(len(task), training.batch_size, rng), loss,
            more=biased.parameters(),
        )  # fmt: skip
        return network


class ErrorAmplified(DebiasedHead):
    """Lets rows count by ``exp(strength * error)`` of a brief first model, in rounds.

    The error is 1 less the probability of what is true; weights of rounds multiply, as in
    boosting, and the last model alone is kept.

    Parameters
    ----------
    strength
        How sharply errors count.
    rounds
        How often a brief model is trained and asked.
    share
        Of the steps that a brief model is trained for.
    training, seed
        As in `DebiasedHead`.

    References
    ----------
    After Freund and Schapire (1997), figure 2: weights exponential in the loss.
    """

    def __init__(
        self,
        *,
        strength: float = 1.0,
        rounds: int = 2,
        share: float = 0.2,
        training: Training | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__(training=training, seed=seed)
        self.strength = strength
        self.rounds = rounds
        self.share = share

    def _learn(self, task: Task, training: Training, rng: np.random.Generator) -> Network:
        log_weight = np.zeros(len(task))
        steps = max(1, round(self.share * training.steps))
        for _ in range(self.rounds):
            brief = _weighted(task, training, rng, np.exp(log_weight), steps)
            log_weight += self.strength * (1 - _told(task, brief))
        return _weighted(task, training, rng, np.exp(log_weight))


def _weighted(
    task: Task, training: Training, rng: np.random.Generator, weights: Floats,
    steps: int | None = None,
) -> Network:  # fmt: skip
    w = task.torch.tensor(weights / weights.mean(), dtype=task.torch.float32)
    network = Network(task, training)
    optimise(
        task, network, training, plain_draw(len(task), training.batch_size, rng),
        lambda h, z, rows, done: (w[rows] * task.losses(z, rows)).mean(), steps=steps,
    )  # fmt: skip
    return network


def _logits(task: Task, network: Network) -> Any:
    with task.torch.no_grad():
        return network.last(network.represent(task.x))


def _told(task: Task, network: Network) -> Floats:
    every = task.torch.arange(len(task))
    told = task.told(_logits(task, network), every).mean(dim=1)
    return np.asarray(told.numpy(), dtype=np.float64)


def _right(task: Task, network: Network) -> np.ndarray[Any, np.dtype[np.bool_]]:
    return np.asarray(_logits(task, network).numpy().argmax(axis=1) == task.labels)
