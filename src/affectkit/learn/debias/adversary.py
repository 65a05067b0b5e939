"""While training: an opponent that reads the group off the hidden layer, and is to fail."""

from __future__ import annotations

from typing import Any

import numpy as np

from affectkit.learn.debias.head import DebiasedHead, Network, Task, Training, optimise, plain_draw


def reversed_gradient(torch: Any, x: Any, strength: float) -> Any:
    """Return `x` as it is, whose gradient comes back times ``-strength``.

    References
    ----------
    Ganin et al. (2016), Domain-Adversarial Training of Neural Networks, equation 18.
    """
    # (1 + s) x.detach() - s x has the value of x and the gradient -s.
    return (1 + strength) * x.detach() - strength * x


class GradientReversal(DebiasedHead):
    """Trains the hidden layer so that an opponent cannot tell the group from it.

    What this opponent cannot tell, one that is trained afterwards often still can (Elazar and
    Goldberg 2018, section 4): the layer is no proof that nothing of the group is left.

    Parameters
    ----------
    strength
        How much the opponent's loss counts, reached along the curve of Ganin et al.
    training, seed
        As in `DebiasedHead`.

    References
    ----------
    Ganin et al. (2016), equations 14 and 18.
    """

    needs_groups = True
    needs_hidden = True

    def __init__(
        self, *, strength: float = 1.0, training: Training | None = None, seed: int = 0
    ) -> None:
        super().__init__(training=training, seed=seed)
        self.strength = strength

    def _seen(self, task: Task, hidden: Any, rows: Any) -> Any:
        return hidden

    def _width(self, task: Task, training: Training) -> int:
        return training.hidden

    def _learn(self, task: Task, training: Training, rng: np.random.Generator) -> Network:
        torch = task.torch
        nn = torch.nn
        network = Network(task, training)
        opponent = nn.Sequential(
            nn.Linear(self._width(task, training), 32), nn.ReLU(), nn.Linear(32, task.n_groups)
        )
        # A small group counts as much as a large one: else saying the larger is good enough.
        count = np.bincount(task.groups, minlength=task.n_groups)
        weight = torch.tensor(len(task) / (task.n_groups * count), dtype=torch.float32)

        def loss(hidden: Any, logits: Any, rows: Any, done: float) -> Any:
            strength = self.strength * (2 / (1 + np.exp(-10 * done)) - 1)
            seen = self._seen(task, reversed_gradient(torch, hidden, float(strength)), rows)
            guess = nn.functional.cross_entropy(opponent(seen), task.g[rows], weight=weight)
            return task.losses(logits, rows).mean() + guess

        optimise(
            task, network, training, plain_draw(len(task), training.batch_size, rng), loss,
            more=list(opponent.parameters()),
        )  # fmt: skip
        return network


class ConditionalReversal(GradientReversal):
    """Like `GradientReversal`, with an opponent that knows the label.

    What of the group follows from the label alone need not be unlearned, so groups may differ
    in how often they show an emotion.

    Parameters
    ----------
    strength, training, seed
        As in `GradientReversal`.

    References
    ----------
    Zhao et al. (2020), Conditional Learning of Fair Representations; the outer product of
    representation and label is that of Long et al. (2018), equation 4.
    """

    def _seen(self, task: Task, hidden: Any, rows: Any) -> Any:
        return (hidden[:, :, None] * task.y[rows][:, None, :]).flatten(1)

    def _width(self, task: Task, training: Training) -> int:
        return training.hidden * int(task.y.shape[1])
