"""Curves of feeling along a text: each sentence is told from itself and those around it."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from affectkit.learn.estimator import Estimator
from affectkit.learn.losses import concordance_loss, squared_error
from affectkit.measure.metrics import ccc
from affectkit.optional import require

Floats = NDArray[np.float64]


def neighbours(documents: ArrayLike, window: int) -> NDArray[np.intp]:
    """Return the rows of the sentences around each, -1 where the document has none.

    Parameters
    ----------
    documents
        Which document each sentence stands in; rows are in reading order [shape=(n,)].
    window
        How many sentences are looked at on either side.

    Returns
    -------
    numpy.ndarray
        Row numbers from `window` before to `window` after, the sentence itself in the middle
        [shape=(n, 2 window + 1)].

    Examples
    --------
    >>> neighbours(["a", "a", "b"], 1).tolist()
    [[-1, 0, 1], [0, 1, -1], [-1, 2, -1]]
    """
    if window < 0:
        raise ValueError("a window cannot be narrower than 0 sentences")
    names = np.asarray(documents)
    rows = np.arange(len(names))[:, None] + np.arange(-window, window + 1)[None, :]
    inside = (rows >= 0) & (rows < len(names))
    rows = np.where(inside, rows, 0)
    return np.where(inside & (names[rows] == names[:, None]), rows, -1)


def with_neighbours(x: Floats, around: NDArray[np.intp], *, columns: int | None = None) -> Floats:
    """Return the features of each sentence, and beside them those of the sentences around it.

    Features of a neighbour are divided by one more than how far away it stands, so that a
    penalised model leans on the near ones first; where there is none they are 0.

    Parameters
    ----------
    x
        Features, centred, the most telling columns first [shape=(n, k)].
    around
        As of `neighbours`; 0 columns beside the middle if the window is 0.
    columns
        How many columns of a neighbour are taken; all if None.

    Returns
    -------
    numpy.ndarray
        [shape=(n, k + 2 window columns)].

    Examples
    --------
    >>> with_neighbours(np.array([[1.0], [2.0]]), neighbours(["a", "a"], 1)).tolist()
    [[1.0, 0.0, 1.0], [2.0, 0.5, 0.0]]
    """
    window = around.shape[1] // 2
    part = x[:, :columns]
    blocks = [x]
    for offset in range(-window, window + 1):
        if offset:
            rows = around[:, window + offset]
            block = np.where((rows >= 0)[:, None], part[np.maximum(rows, 0)], 0.0)
            blocks.append(block / (1 + abs(offset)))
    return np.concatenate(blocks, axis=1)


class WindowRegressor(Estimator):
    """Rates each sentence from itself and the sentences around it, by attention over the window.

    Sentences come as features of a frozen encoder, in reading order. One layer: the sentence
    looks at its window, and both what it is and what it saw are read for the ratings.

    Parameters
    ----------
    window
        Sentences looked at on either side.
    width
        Units of the hidden layers.
    heads
        Of the attention; `width` is a multiple of it.
    loss
        ``"concordance"``: one minus CCC over a batch; ``"squared"``: mean squared error.
    epochs
        At most; with held-out sentences it stops after `patience` epochs without a better CCC
        there, and keeps the best.
    patience
        See `epochs`.
    batch
        Sentences a step.
    learning_rate
        Of AdamW.
    dropout
        Share of inputs and hidden units left out in learning.
    seed
        Of first weights, order and dropout.

    Attributes
    ----------
    scores_ : list of float
        Mean CCC on the held-out sentences after each epoch; empty without.

    Examples
    --------
    >>> WindowRegressor(window=2).fit(x, y, documents).predict(x, documents)  # doctest: +SKIP
    """

    _estimator_type = "regressor"

    def __init__(
        self,
        *,
        window: int = 4,
        width: int = 64,
        heads: int = 4,
        loss: Literal["concordance", "squared"] = "concordance",
        epochs: int = 15,
        patience: int = 2,
        batch: int = 256,
        learning_rate: float = 1e-3,
        dropout: float = 0.3,
        seed: int = 0,
    ) -> None:
        self.window = window
        self.width = width
        self.heads = heads
        self.loss = loss
        self.epochs = epochs
        self.patience = patience
        self.batch = batch
        self.learning_rate = learning_rate
        self.dropout = dropout
        self.seed = seed

    def fit(
        self,
        x: ArrayLike,
        y: ArrayLike,
        documents: ArrayLike,
        *,
        held: tuple[ArrayLike, ArrayLike, ArrayLike] | None = None,
        start: WindowRegressor | None = None,
    ) -> Self:
        """Learn ratings of sentences.

        Parameters
        ----------
        x
            Features, rows in reading order [shape=(n, k)].
        y
            Ratings, NaN where there is none [shape=(n, n_outputs)].
        documents
            Which document each sentence stands in [shape=(n,)].
        held
            The same three of documents that decide when to stop.
        start
            A fitted one of the same shape to go on from, such as one that learned the
            pseudo-labels of unlabelled texts; its scale of features is kept.
        """
        torch = require("torch", extra="train")
        features, target = np.asarray(x, dtype=np.float32), np.asarray(y, dtype=np.float32)
        if target.ndim != 2 or len(target) != len(features):
            raise ValueError(f"ratings of shape {target.shape} do not fit {len(features)} rows")
        if start is None:
            self.scale_ = float(features.std()) or 1.0
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(self.seed)
                self.network_ = _network(features.shape[1], target.shape[1], self)
        else:
            self.scale_, self.network_ = start.scale_, copy.deepcopy(start.network_)
        self.scores_: list[float] = []
        around = neighbours(documents, self.window)
        cost = concordance_loss if self.loss == "concordance" else squared_error
        steps = torch.optim.AdamW(
            self.network_.parameters(), lr=self.learning_rate, weight_decay=0.01
        )
        rng = np.random.default_rng(self.seed)
        best, waited = copy.deepcopy(self.network_.state_dict()), 0
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed + 1)
            for _ in range(self.epochs):
                self.network_.train()
                for rows in _batches(rng.permutation(len(features)), self.batch):
                    seen, there = self._window(features, around[rows])
                    loss = cost(self.network_(seen, there), torch.from_numpy(target[rows]))
                    steps.zero_grad()
                    loss.backward()
                    steps.step()
                if held is None:
                    continue
                score = self._score(*held)
                waited = 0 if score > max(self.scores_, default=-1.0) else waited + 1
                self.scores_.append(score)
                if not waited:
                    best = copy.deepcopy(self.network_.state_dict())
                elif waited >= self.patience:
                    break
        if held is not None:
            self.network_.load_state_dict(best)
        return self

    def predict(self, x: ArrayLike, documents: ArrayLike) -> Floats:
        """Return ratings [shape=(n, n_outputs)] of sentences in reading order."""
        torch = require("torch", extra="train")
        features = np.asarray(x, dtype=np.float32)
        around = neighbours(documents, self.window)
        self.network_.eval()
        with torch.inference_mode():
            told = [
                self.network_(*self._window(features, rows)).numpy()
                for rows in np.array_split(around, max(1, len(around) // 1024))
            ]
        return np.concatenate(told).astype(float)

    def _score(self, x: ArrayLike, y: ArrayLike, documents: ArrayLike) -> float:
        truth, told = np.asarray(y, dtype=float), self.predict(x, documents)
        return float(np.mean([ccc(truth[:, j], told[:, j]) for j in range(truth.shape[1])]))

    def _window(self, features: NDArray[np.float32], rows: NDArray[np.intp]) -> tuple[Any, Any]:
        torch = require("torch", extra="train")
        seen = features[np.maximum(rows, 0)] / np.float32(self.scale_)
        return torch.from_numpy(seen), torch.from_numpy(rows >= 0)


def _batches(order: NDArray[np.intp], size: int) -> Sequence[NDArray[np.intp]]:
    """Cut an order into batches of about one size: CCC needs many items to have moments."""
    return np.array_split(order, max(1, round(len(order) / size)))


def _network(inputs: int, outputs: int, settings: WindowRegressor) -> Any:
    torch = require("torch", extra="train")
    nn: Any = torch.nn
    width, window, dropout = settings.width, settings.window, settings.dropout

    class Window(nn.Module):  # type: ignore[misc]
        """The middle of a window attends to all of it."""

        def __init__(self) -> None:
            super().__init__()
            self.drop = nn.Dropout(dropout)
            self.read = nn.Linear(inputs, width)
            self.place = nn.Parameter(torch.zeros(2 * window + 1, width))
            self.norm = nn.LayerNorm(width)
            self.look = nn.MultiheadAttention(width, settings.heads, batch_first=True)
            self.tell = nn.Sequential(
                nn.Linear(2 * width, width),
                nn.GELU(),
                nn.Dropout(dropout),
                nn.Linear(width, outputs),
            )

        def forward(self, seen: Any, there: Any) -> Any:
            hidden = nn.functional.gelu(self.read(self.drop(seen)))
            keys = self.norm(hidden + self.place)
            own = hidden[:, window]
            saw, _ = self.look(
                keys[:, window : window + 1], keys, keys,
                key_padding_mask=~there, need_weights=False,
            )  # fmt: skip
            return self.tell(torch.cat([own, saw[:, 0]], dim=1))

    return Window()
