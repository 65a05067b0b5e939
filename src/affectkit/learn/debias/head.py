"""What all debiasing methods share: a small head, its training loop, scikit-learn's contract."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from affectkit.learn.estimator import Estimator
from affectkit.optional import require

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]


@dataclass(frozen=True)
class Training:
    """How a head is trained.

    Parameters
    ----------
    hidden
        Units of the one hidden layer; 0 for a linear head.
    steps
        Steps of the optimiser (AdamW).
    batch_size
        Rows a step.
    learning_rate, weight_decay
        Of the optimiser; the rate falls to zero along a straight line.
    """

    hidden: int = 32
    steps: int = 300
    batch_size: int = 128
    learning_rate: float = 0.01
    weight_decay: float = 0.01


class Task:
    """Standardised features and coded answers, as tensors.

    Attributes
    ----------
    x, y, g
        Features [shape=(n, n_features)]; 0 or 1 for each label [shape=(n, n_labels)]; the code
        of the group [shape=(n,)].
    several
        Whether labels may hold together.
    labels, groups
        Codes as arrays: of the label, or of the set of labels, and of the group [shape=(n,)].
    """

    def __init__(self, x: Floats, y: Floats, groups: Rows, several: bool) -> None:
        self.torch: Any = require("torch", extra="train")
        self.x = self.torch.tensor(x, dtype=self.torch.float32)
        self.y = self.torch.tensor(y, dtype=self.torch.float32)
        self.g = self.torch.tensor(groups, dtype=self.torch.int64)
        self.several = several
        self.groups = groups
        self.labels: Rows = (
            np.unique(y, axis=0, return_inverse=True)[1].ravel() if several else y.argmax(axis=1)
        )
        self.n_groups = int(groups.max()) + 1

    def __len__(self) -> int:
        return len(self.groups)

    def losses(self, logits: Any, rows: Any) -> Any:
        """Return the loss of each row: cross entropy, or the mean binary one over labels."""
        nn = self.torch.nn.functional
        if self.several:
            each = nn.binary_cross_entropy_with_logits(logits, self.y[rows], reduction="none")
            return each.mean(dim=1)
        return nn.cross_entropy(logits, self.y[rows].argmax(dim=1), reduction="none")

    def told(self, logits: Any, rows: Any) -> Any:
        """Return the probability of what is true: of the label, or of each yes or no."""
        if self.several:
            p = self.torch.sigmoid(logits)
            return self.torch.where(self.y[rows] > 0, p, 1 - p)
        return (self.torch.softmax(logits, dim=1) * self.y[rows]).sum(dim=1, keepdim=True)


class Network:
    """A hidden layer, if any, and an output layer."""

    def __init__(self, task: Task, training: Training) -> None:
        nn = task.torch.nn
        width, out = task.x.shape[1], task.y.shape[1]
        self.first = nn.Linear(width, training.hidden) if training.hidden else None
        self.last = nn.Linear(training.hidden or width, out)
        self.relu = nn.functional.relu

    def represent(self, x: Any) -> Any:
        """Return what the output layer sees."""
        return self.relu(self.first(x)) if self.first is not None else x

    def parameters(self) -> list[Any]:
        """Return all that is learned."""
        first = list(self.first.parameters()) if self.first is not None else []
        return [*first, *self.last.parameters()]

    def arrays(self) -> list[tuple[Floats, Floats]]:
        """Return weights and biases layer by layer."""
        layers = [self.last] if self.first is None else [self.first, self.last]
        return [
            (
                np.asarray(layer.weight.detach().numpy().T, dtype=np.float64),
                np.asarray(layer.bias.detach().numpy(), dtype=np.float64),
            )
            for layer in layers
        ]


Draw = Callable[[], Rows]
Loss = Callable[[Any, Any, Any, float], Any]
"""Of representation, logits, rows, and how much of the training is done (0 to 1)."""


def plain_draw(n: int, batch_size: int, rng: np.random.Generator) -> Draw:
    """Return a function that deals batches of all rows, each once before any comes again."""
    left: list[Rows] = []

    def draw() -> Rows:
        if not left:
            left.extend(np.array_split(rng.permutation(n), max(1, round(n / batch_size))))
        return left.pop()

    return draw


def optimise(
    task: Task,
    network: Network,
    training: Training,
    draw: Draw,
    loss: Loss,
    *,
    more: list[Any] | None = None,
    steps: int | None = None,
) -> None:
    """Train a network, and what else is in `more`, on what `loss` returns."""
    torch, steps = task.torch, training.steps if steps is None else steps
    optimiser = torch.optim.AdamW(
        [*network.parameters(), *(more or [])],
        lr=training.learning_rate,
        weight_decay=training.weight_decay,
        fused=True,
    )
    for step in range(steps):
        for group in optimiser.param_groups:
            group["lr"] = training.learning_rate * (1 - step / steps)
        rows = torch.as_tensor(draw())
        hidden = network.represent(task.x[rows])
        value = loss(hidden, network.last(hidden), rows, step / steps)
        optimiser.zero_grad()
        value.backward()
        optimiser.step()


class DebiasedHead(Estimator):
    """Base of the methods; on its own it trains as usual, which is what they are held against.

    Parameters
    ----------
    training
        See `Training`; the defaults if None.
    seed
        Of the start and of the batches.

    Attributes
    ----------
    classes_
        The labels in the order of the columns of `predict_proba` [shape=(n_labels,)].
    groups_
        The groups that were seen [shape=(n_groups,)].
    layers_
        Weights and biases, so that predicting needs no torch.

    Examples
    --------
    >>> x = np.repeat([[0.0], [1.0]], 40, axis=0)
    >>> head = DebiasedHead().fit(x, ["calm"] * 40 + ["joy"] * 40)  # doctest: +SKIP
    >>> head.predict([[1.0]])  # doctest: +SKIP
    array(['joy'], dtype='<U4')
    """

    _estimator_type = "classifier"
    needs_groups: ClassVar[bool] = False
    needs_hidden: ClassVar[bool] = False

    def __init__(self, *, training: Training | None = None, seed: int = 0) -> None:
        self.training = training
        self.seed = seed

    def fit(self, X: ArrayLike, y: ArrayLike, groups: ArrayLike | None = None) -> Self:
        """Learn from features, labels and, where the method needs them, groups.

        Parameters
        ----------
        X
            Features [shape=(n, n_features)].
        y
            One label a row [shape=(n,)], or 0 and 1 for each label [shape=(n, n_labels)].
        groups
            Of each row [shape=(n,)]. They are needed for fitting only, never for predicting.

        Raises
        ------
        ValueError
            If shapes do not fit, a feature is not finite, or groups are missing.
        """
        x, truth = np.asarray(X, dtype=np.float64), np.asarray(y)
        if x.ndim != 2 or len(x) != len(truth) or not x.size:
            raise ValueError(f"features of shape {x.shape} do not fit labels of {truth.shape}")
        if not np.isfinite(x).all():
            raise ValueError("a feature is missing or not finite")
        several = truth.ndim == 2
        if several:
            self.classes_ = np.arange(truth.shape[1])
            coded = truth.astype(np.float64)
        else:
            self.classes_, codes = np.unique(truth, return_inverse=True)
            coded = np.eye(len(self.classes_))[codes]
        if groups is None and self.needs_groups:
            raise ValueError(f"{type(self).__name__} learns from groups: fit(X, y, groups=...)")
        told = np.zeros(len(x), dtype=int) if groups is None else np.asarray(groups)
        if told.shape != (len(x),):
            raise ValueError(f"groups of shape {told.shape} do not fit {len(x)} rows")
        training = self.training or Training()
        if self.needs_hidden and not training.hidden:
            raise ValueError(f"{type(self).__name__} changes a hidden layer, and there is none")
        self.groups_, g = np.unique(told, return_inverse=True)
        self.several_, self.n_features_in_ = several, x.shape[1]
        self.mean_, self.scale_ = x.mean(axis=0), x.std(axis=0) + 1e-6
        task = Task((x - self.mean_) / self.scale_, coded, g.astype(np.intp), several)
        with task.torch.random.fork_rng(devices=[]):
            task.torch.manual_seed(self.seed)
            network = self._learn(task, training, np.random.default_rng(self.seed))
        self.layers_ = network.arrays()
        return self

    def decision_function(self, X: ArrayLike) -> Floats:
        """Return scores before softmax or sigmoid [shape=(n, n_labels)]."""
        h = (np.asarray(X, dtype=np.float64) - self.mean_) / self.scale_
        for k, (weight, bias) in enumerate(self.layers_):
            h = (np.maximum(h, 0.0) if k else h) @ weight + bias
        return np.asarray(h)

    def predict_proba(self, X: ArrayLike) -> Floats:
        """Return the probability of each label [shape=(n, n_labels)]."""
        z = self.decision_function(X)
        if self.several_:
            return np.asarray(0.5 * (1 + np.tanh(z / 2)))
        z = np.exp(z - z.max(axis=1, keepdims=True))
        return np.asarray(z / z.sum(axis=1, keepdims=True))

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Return the likeliest label [shape=(n,)], or which labels hold [shape=(n, n_labels)]."""
        p = self.predict_proba(X)
        return (p >= 0.5).astype(int) if self.several_ else self.classes_[p.argmax(axis=1)]

    def _learn(self, task: Task, training: Training, rng: np.random.Generator) -> Network:
        network = Network(task, training)
        draw = plain_draw(len(task), training.batch_size, rng)
        optimise(
            task, network, training, draw, lambda h, z, rows, done: task.losses(z, rows).mean()
        )
        return network
