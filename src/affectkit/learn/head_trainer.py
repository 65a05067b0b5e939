"""Train a `Head` on features: the estimator behind every small model that is shipped."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from affectkit.learn import losses
from affectkit.learn.estimator import Estimator
from affectkit.learn.heads import Head, Kind
from affectkit.optional import require

Loss = Literal["auto", "cross_entropy", "binary", "squared", "concordance", "mixed"]


class HeadTrainer(Estimator):
    """Fits a linear or one-hidden-layer head with torch, and predicts with numpy alone.

    Parameters
    ----------
    kind
        ``"softmax"``, ``"sigmoid"`` or ``"regression"``, as in `Head`.
    hidden
        Units of the hidden layer; 0 for a linear head.
    dropout
        Share of features and of hidden units left out at random in training.
    learning_rate, weight_decay, batch_size, epochs
        Of the optimiser (AdamW, with the rate falling to zero along a cosine).
    loss
        ``"auto"`` takes cross entropy, binary cross entropy or ``"mixed"`` by kind;
        ``"mixed"`` is the squared error plus `concordance_loss`.
    balance
        How far rare labels are made to count more: a yes (or an item of a class) counts
        ``(share of no / share of yes) ** balance``. 0 leaves the data as they are.
    validation
        Share of items held back to choose the epoch; 0 keeps the last.
    members
        How many heads, from different seeds, are averaged.
    outputs
        Names of the outputs; found in the targets if None.
    seed
        Of the start, of the batches and of the items held back.
    threads
        Processor threads.

    Attributes
    ----------
    head_ : Head
        What was learned.
    classes_ : numpy.ndarray
        Names of the outputs.

    Examples
    --------
    >>> x = np.repeat([[0.0], [1.0]], 40, axis=0)
    >>> trainer = HeadTrainer(hidden=0, epochs=60, learning_rate=0.1)  # doctest: +SKIP
    >>> trainer.fit(x, ["calm"] * 40 + ["joy"] * 40).predict([[1.0]])  # doctest: +SKIP
    array(['joy'], dtype='<U4')
    """

    def __init__(
        self,
        *,
        kind: Kind = "softmax",
        hidden: int = 0,
        dropout: float = 0.0,
        learning_rate: float = 1e-3,
        weight_decay: float = 1e-2,
        batch_size: int = 256,
        epochs: int = 20,
        loss: Loss = "auto",
        balance: float = 0.0,
        validation: float = 0.0,
        members: int = 1,
        outputs: tuple[str, ...] | None = None,
        seed: int = 0,
        threads: int = 1,
    ) -> None:
        self.kind = kind
        self.hidden = hidden
        self.dropout = dropout
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.batch_size = batch_size
        self.epochs = epochs
        self.loss = loss
        self.balance = balance
        self.validation = validation
        self.members = members
        self.outputs = outputs
        self.seed = seed
        self.threads = threads

    @property
    def _estimator_type(self) -> str:
        return "regressor" if self.kind == "regression" else "classifier"

    def fit(
        self, features: ArrayLike, target: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> Self:
        """Learn from features and targets.

        Parameters
        ----------
        features
            [shape=(n, n_features)].
        target
            Softmax: labels [shape=(n,)] or distributions [shape=(n, n_labels)]. Sigmoid: 0, 1
            or shares [shape=(n, n_labels)]. Regression: numbers [shape=(n,)] or
            [shape=(n, n_outputs)]. NaN marks what was not annotated.
        sample_weight
            How much each item counts [shape=(n,)].
        """
        torch = require("torch", extra="train")
        torch.set_num_threads(self.threads)
        x = np.asarray(features, dtype=np.float32)
        y, names = self.targets(target)
        if len(x) != len(y) or not len(x):
            raise ValueError(f"{len(x)} rows of features do not fit {len(y)} targets")
        weight = None if sample_weight is None else np.asarray(sample_weight, dtype=np.float32)
        mean, scale = x.mean(axis=0), x.std(axis=0)
        scale[scale < 1e-6] = 1.0
        x = (x - mean) / scale
        heads = [self._fit_one(torch, x, y, weight, self.seed + i) for i in range(self.members)]
        made = [
            Head(self.kind, names, weights, biases, mean=mean, scale=scale)
            for weights, biases in heads
        ]
        self.head_ = made[0] if len(made) == 1 else Head.average(made)
        self.classes_ = np.asarray(names)
        self.n_features_in_ = x.shape[1]
        return self

    def predict_proba(self, features: ArrayLike) -> NDArray[np.float64]:
        """Return probabilities [shape=(n, n_labels)]."""
        return self.head_.predict_proba(features)

    def predict(self, features: ArrayLike) -> NDArray[Any]:
        """Return the answers, as `Head.predict` does; one regression output comes flat."""
        answers = self.head_.predict(features)
        return answers[:, 0] if self._flat else answers

    def score(self, features: ArrayLike, target: ArrayLike) -> float:
        """Return UAR for softmax, macro-F1 for sigmoid, mean CCC for regression."""
        from affectkit.measure import metrics

        answers = self.predict(features)
        t = np.asarray(target)
        if self.kind == "sigmoid":
            return metrics.macro_f1(t, answers)
        if self.kind == "softmax":
            return metrics.uar(t if t.ndim == 1 else self.classes_[t.argmax(axis=1)], answers)
        t, answers = t.reshape(len(t), -1), answers.reshape(len(t), -1)
        return float(np.mean([metrics.ccc(a, b) for a, b in zip(t.T, answers.T, strict=True)]))

    def targets(self, target: ArrayLike) -> tuple[NDArray[np.float32], tuple[str, ...]]:
        """Return targets as a matrix [shape=(n, n_outputs)], and the names of its columns."""
        t = np.asarray(target)
        self._flat = self.kind == "regression" and t.ndim == 1
        if self.kind == "softmax" and t.ndim == 1:
            names = self.outputs or tuple(str(n) for n in np.unique(t))
            strangers = set(map(str, np.unique(t))) - set(names)
            if strangers:
                raise ValueError(f"targets {sorted(strangers)} are not among the outputs")
            where = {name: i for i, name in enumerate(names)}
            return np.eye(len(names), dtype=np.float32)[[where[str(v)] for v in t]], names
        y = t.astype(np.float32)
        y = y[:, None] if y.ndim == 1 else y
        names = self.outputs or tuple(str(i) for i in range(y.shape[1]))
        if len(names) != y.shape[1]:
            raise ValueError(f"{y.shape[1]} columns of targets do not fit {len(names)} outputs")
        return y, names

    def _fit_one(
        self,
        torch: Any,
        x: NDArray[np.float32],
        y: NDArray[np.float32],
        weight: NDArray[np.float32] | None,
        seed: int,
    ) -> tuple[list[NDArray[np.float32]], list[NDArray[np.float32]]]:
        rng = np.random.default_rng(seed)
        order = rng.permutation(len(x))
        n_held = round(self.validation * len(x))
        held, kept = order[:n_held], order[n_held:]
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            network = self.network(torch, x.shape[1], y.shape[1], np.nanmean(y[kept], axis=0))
            loss = self.loss_function(torch, y[kept])
            optimiser = torch.optim.AdamW(
                network.parameters(), lr=self.learning_rate, weight_decay=self.weight_decay
            )
            steps = self.epochs * -(-len(kept) // self.batch_size)
            falling = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, max(steps, 1))
            tx, ty = torch.from_numpy(x), torch.from_numpy(y)
            tw = None if weight is None else torch.from_numpy(weight)
            best, state = np.inf, None
            for _ in range(self.epochs):
                network.train()
                shuffled = torch.from_numpy(rng.permutation(kept))
                for rows in shuffled.split(self.batch_size):
                    optimiser.zero_grad()
                    w = None if tw is None else tw[rows]
                    loss(network(tx[rows]), ty[rows], w).backward()
                    optimiser.step()
                    falling.step()
                if n_held:
                    network.eval()
                    with torch.no_grad():
                        now = float(loss(network(tx[held]), ty[held], None))
                    if now < best:
                        best = now
                        state = {k: v.clone() for k, v in network.state_dict().items()}
            if state is not None:
                network.load_state_dict(state)
        layers = [part for part in network if isinstance(part, torch.nn.Linear)]
        return (
            [part.weight.detach().numpy().T.copy() for part in layers],
            [part.bias.detach().numpy().copy() for part in layers],
        )

    def network(self, torch: Any, n_in: int, n_out: int, prior: NDArray[np.float32]) -> Any:
        """Return the untrained network, starting at the base rates."""
        nn = torch.nn
        sizes = [n_in, self.hidden, n_out] if self.hidden else [n_in, n_out]
        parts = []
        for i, (a, b) in enumerate(pairwise(sizes)):
            parts += [nn.ReLU()] if i else []
            parts += [nn.Dropout(self.dropout), nn.Linear(a, b)]
        # Starting at the base rates spares rare labels the first epochs of unlearning.
        p = np.clip(np.nan_to_num(prior), 1e-4, 1 - 1e-4)
        start = {
            "softmax": np.log(p),
            "sigmoid": np.log(p / (1 - p)),
            "regression": np.nan_to_num(prior),
        }[self.kind]
        with torch.no_grad():
            parts[-1].weight.mul_(0.1)
            parts[-1].bias.copy_(torch.from_numpy(start.astype(np.float32)))
        return nn.Sequential(*parts)

    def loss_function(self, torch: Any, y: NDArray[np.float32]) -> Any:
        """Return the loss as a function of scores, target and weight of the items."""
        name = self.loss
        if name == "auto":
            defaults: dict[Kind, Loss] = {
                "softmax": "cross_entropy",
                "sigmoid": "binary",
                "regression": "mixed",
            }
            name = defaults[self.kind]
        share = np.clip(np.nanmean(y, axis=0), 1e-4, 1 - 1e-4)
        if name == "cross_entropy":
            rarity = torch.from_numpy(((1 / share / len(share)) ** self.balance).astype("float32"))

            def cross_entropy(z: Any, t: Any, w: Any) -> Any:
                count = torch.nan_to_num(t) @ rarity
                return losses.soft_cross_entropy(z, t, count if w is None else count * w)

            return cross_entropy
        if name == "binary":
            positive = torch.from_numpy((((1 - share) / share) ** self.balance).astype("float32"))
            return lambda z, t, w: losses.binary_cross_entropy(z, t, w, positive)
        if name == "squared":
            return losses.squared_error
        if name == "concordance":
            return losses.concordance_loss
        spread = torch.from_numpy(np.maximum(np.nanvar(y, axis=0), 1e-6).astype("float32")).sqrt()
        return lambda z, t, w: (
            losses.squared_error(z / spread, t / spread, w) + losses.concordance_loss(z, t)
        )
