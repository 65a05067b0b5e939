"""Train a head on features and a table of n-grams together, so that they share the work."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from affectkit.learn.estimator import Estimator
from affectkit.learn.head_trainer import HeadTrainer
from affectkit.learn.heads import Head, probabilities
from affectkit.learn.ngrams import NgramTable, ngrams
from affectkit.optional import require


class NgramTrainer(Estimator):
    """Fits a head and a table whose scores are added, with torch.

    Parameters
    ----------
    head
        How the head is trained; its loss, batches, epochs and members hold for both.
    n_pieces, n_pairs
        Rows of the table for word pieces and for pairs.
    learning_rate
        Of the table: far higher than the head's, since each row is seen rarely.
    dropout
        Share of n-grams left out at random in training.

    Attributes
    ----------
    head_ : Head
    table_ : NgramTable
    """

    def __init__(
        self,
        head: HeadTrainer,
        *,
        n_pieces: int,
        n_pairs: int = 32_768,
        learning_rate: float = 2e-2,
        dropout: float = 0.3,
    ) -> None:
        self.head = head
        self.n_pieces = n_pieces
        self.n_pairs = n_pairs
        self.learning_rate = learning_rate
        self.dropout = dropout

    def fit(self, features: ArrayLike, target: ArrayLike, pieces: Sequence[Sequence[int]]) -> Self:
        """Learn from features, targets (as in `HeadTrainer.fit`) and word pieces."""
        torch = require("torch", extra="train")
        torch.set_num_threads(self.head.threads)
        x = np.asarray(features, dtype=np.float32)
        y, names = self.head.targets(target)
        if not len(x) == len(y) == len(pieces):
            raise ValueError(f"{len(x)} features, {len(y)} targets, {len(pieces)} texts differ")
        mean, scale = x.mean(axis=0), x.std(axis=0)
        scale[scale < 1e-6] = 1.0
        x = (x - mean) / scale
        rows = [ngrams(p, self.n_pieces, self.n_pairs) for p in pieces]
        made = [
            self._fit_one(torch, x, y, rows, self.head.seed + i) for i in range(self.head.members)
        ]
        heads = [Head(self.head.kind, names, w, b, mean=mean, scale=scale) for w, b, _ in made]
        self.head_ = heads[0] if len(heads) == 1 else Head.average(heads)
        self.table_ = NgramTable.average([NgramTable(t, self.n_pieces) for *_, t in made])
        return self

    def scores(self, features: ArrayLike, pieces: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        """Return the sum of what head and table say [shape=(n, n_outputs)]."""
        return self.head_.scores(features) + self.table_.scores(pieces)

    def predict_proba(
        self, features: ArrayLike, pieces: Sequence[Sequence[int]]
    ) -> NDArray[np.float64]:
        """Return probabilities [shape=(n, n_labels)]."""
        return probabilities(self.head.kind, self.scores(features, pieces))

    def _fit_one(
        self,
        torch: Any,
        x: NDArray[np.float32],
        y: NDArray[np.float32],
        rows: list[NDArray[np.int64]],
        seed: int,
    ) -> tuple[list[NDArray[Any]], list[NDArray[Any]], NDArray[Any]]:
        h = self.head
        rng = np.random.default_rng(seed)
        lengths = np.array([len(r) for r in rows])
        starts = np.concatenate([[0], np.cumsum(lengths)])
        flat = np.concatenate(rows)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            network = h.network(torch, x.shape[1], y.shape[1], np.nanmean(y, axis=0))
            table = torch.nn.EmbeddingBag(
                self.n_pieces + self.n_pairs, y.shape[1], mode="sum", sparse=True
            )
            torch.nn.init.zeros_(table.weight)
            loss = h.loss_function(torch, y)
            steppers = [
                torch.optim.AdamW(
                    network.parameters(), lr=h.learning_rate, weight_decay=h.weight_decay
                ),
                torch.optim.SparseAdam(list(table.parameters()), lr=self.learning_rate),
            ]
            total = h.epochs * -(-len(x) // h.batch_size)
            falling = [torch.optim.lr_scheduler.CosineAnnealingLR(s, total) for s in steppers]
            network.train()
            for _ in range(h.epochs):
                order = rng.permutation(len(x))
                for at in range(0, len(order), h.batch_size):
                    part = order[at : at + h.batch_size]
                    index = np.concatenate([flat[starts[i] : starts[i + 1]] for i in part])
                    offsets = np.concatenate([[0], np.cumsum(lengths[part])[:-1]])
                    # A text without a word has no n-gram to divide by.
                    norm = 1 / np.sqrt(np.maximum(lengths[part], 1))
                    kept = (rng.random(len(index)) >= self.dropout) / (1 - self.dropout)
                    said = table(
                        torch.from_numpy(index),
                        torch.from_numpy(offsets),
                        per_sample_weights=torch.from_numpy(kept.astype(np.float32)),
                    )
                    z = network(torch.from_numpy(x[part]))
                    z = z + torch.from_numpy(norm.astype(np.float32))[:, None] * said
                    for stepper in steppers:
                        stepper.zero_grad()
                    loss(z, torch.from_numpy(y[part]), None).backward()
                    for stepper, fall in zip(steppers, falling, strict=True):
                        stepper.step()
                        fall.step()
        layers = [part for part in network if isinstance(part, torch.nn.Linear)]
        return (
            [part.weight.detach().numpy().T.copy() for part in layers],
            [part.bias.detach().numpy().copy() for part in layers],
            table.weight.detach().numpy().copy(),
        )
