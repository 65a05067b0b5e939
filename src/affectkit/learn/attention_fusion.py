"""Several kinds of features at once: a weight for each kind, learned and given item by item."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from affectkit.learn.estimator import Estimator
from affectkit.optional import require


class AttentionFusion(Estimator):
    """Classifier that sums what each modality says, with weights that it learned.

    Each modality's features go through a hidden layer of one width, h_m. Another network reads
    all h_m and gives a weight a_m for each; the fused vector is the sum of a_m h_m, and a linear
    layer reads the class off it. With one modality it is a network of that modality alone, so
    that the two compare.

    Parameters
    ----------
    widths
        How many columns of the features belong to each modality, in order.
    hidden
        Units of every hidden layer.
    dropout
        Share of hidden units left out at random in training.
    learning_rate, weight_decay, batch_size, epochs
        Of the optimiser (AdamW, with the rate falling to zero along a cosine).
    softmax
        Whether weights are made to sum to 1. The published code does not.
    seed
        Of the start, the batches and the units left out.
    threads
        Processor threads.

    Attributes
    ----------
    classes_ : numpy.ndarray
        The labels, in order.
    network_ : torch.nn.Module
        What was learned.

    References
    ----------
    Lian, Z. et al. (2024). MERBench: A unified evaluation benchmark for multimodal emotion
    recognition. Section 4 (attention); the baseline of MER 2025, track 1.

    Examples
    --------
    >>> x = np.random.default_rng(0).normal(size=(80, 4))
    >>> model = AttentionFusion(widths=(2, 2), epochs=60)  # doctest: +SKIP
    >>> model.fit(x, x[:, 0] + x[:, 2] > 0).modality_weights(x).shape  # doctest: +SKIP
    (80, 2)
    """

    _estimator_type = "classifier"

    def __init__(
        self,
        *,
        widths: Sequence[int] = (1,),
        hidden: int = 32,
        dropout: float = 0.3,
        learning_rate: float = 3e-3,
        weight_decay: float = 1e-2,
        batch_size: int = 64,
        epochs: int = 30,
        softmax: bool = False,
        seed: int = 0,
        threads: int = 1,
    ) -> None:
        self.widths = widths
        self.hidden = hidden
        self.dropout = dropout
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.batch_size = batch_size
        self.epochs = epochs
        self.softmax = softmax
        self.seed = seed
        self.threads = threads

    def fit(self, features: ArrayLike, target: ArrayLike) -> Self:
        """Learn from features and labels.

        Parameters
        ----------
        features
            Modalities side by side [shape=(n, sum of widths)]; they are brought to one spread.
        target
            Labels [shape=(n,)].

        Raises
        ------
        ValueError
            If the columns are not those of `widths`, a number is not finite, the lengths differ,
            or there is one label only.
        """
        torch = require("torch", extra="train")
        torch.set_num_threads(self.threads)
        x = self._checked(features)
        self.classes_, codes = np.unique(np.asarray(target), return_inverse=True)
        if len(codes) != len(x):
            raise ValueError(f"{len(x)} rows of features do not fit {len(codes)} labels")
        if len(self.classes_) < 2:
            raise ValueError("there must be two labels at least")
        self._mean, self._scale = x.mean(axis=0), x.std(axis=0)
        self._scale[self._scale < 1e-6] = 1.0
        self.n_features_in_ = x.shape[1]
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            self.network_ = _network(torch, self, len(self.classes_))
            self._train(torch, torch.from_numpy(self._scaled(x)), torch.from_numpy(codes))
        return self

    def predict_proba(self, features: ArrayLike) -> NDArray[np.float64]:
        """Return probabilities [shape=(n, n_labels)]."""
        scores = self._told(features)[0]
        e = np.exp(scores - scores.max(axis=1, keepdims=True))
        return np.asarray(e / e.sum(axis=1, keepdims=True))

    def predict(self, features: ArrayLike) -> NDArray[Any]:
        """Return the likeliest label of each item [shape=(n,)]."""
        return np.asarray(self.classes_[self._told(features)[0].argmax(axis=1)])

    def modality_weights(self, features: ArrayLike) -> NDArray[np.float64]:
        """Return the weight that each modality was given [shape=(n, n_modalities)]."""
        return self._told(features)[1]

    def score(self, features: ArrayLike, target: ArrayLike) -> float:
        """Return the weighted F1."""
        from affectkit.measure.classification import weighted_f1

        return weighted_f1(target, self.predict(features))

    def _checked(self, features: ArrayLike) -> NDArray[np.float32]:
        x = np.asarray(features, dtype=np.float32)
        if x.ndim != 2 or x.shape[1] != sum(self.widths) or not len(x):
            raise ValueError(f"features of shape {x.shape} do not fit widths {tuple(self.widths)}")
        if not np.isfinite(x).all():
            raise ValueError("features hold numbers that are not finite")
        return x

    def _scaled(self, x: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.asarray((x - self._mean) / self._scale, dtype=np.float32)

    def _told(self, features: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        torch = require("torch", extra="train")
        x = torch.from_numpy(self._scaled(self._checked(features)))
        self.network_.eval()
        with torch.no_grad():
            scores, weights = self.network_(x)
        return scores.numpy().astype(np.float64), weights.numpy().astype(np.float64)

    def _train(self, torch: Any, x: Any, codes: Any) -> None:
        network = self.network_
        optimiser = torch.optim.AdamW(
            network.parameters(), lr=self.learning_rate, weight_decay=self.weight_decay
        )
        steps = self.epochs * -(-len(x) // self.batch_size)
        falling = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, max(steps, 1))
        network.train()
        for _ in range(self.epochs):
            for rows in torch.randperm(len(x)).split(self.batch_size):
                optimiser.zero_grad()
                torch.nn.functional.cross_entropy(network(x[rows])[0], codes[rows]).backward()
                optimiser.step()
                falling.step()


def _network(torch: Any, settings: AttentionFusion, n_labels: int) -> Any:
    """Return the untrained network: features to scores and weights."""
    nn = torch.nn
    widths, hidden = tuple(settings.widths), settings.hidden

    def layer(n_in: int) -> Any:
        return nn.Sequential(nn.Linear(n_in, hidden), nn.ReLU(), nn.Dropout(settings.dropout))

    class Network(nn.Module):  # type: ignore[name-defined,misc]
        def __init__(self) -> None:
            super().__init__()
            self.modalities = nn.ModuleList([layer(width) for width in widths])
            self.attention = nn.Sequential(
                layer(hidden * len(widths)), nn.Linear(hidden, len(widths))
            )
            self.head = nn.Linear(hidden, n_labels)

        def forward(self, x: Any) -> tuple[Any, Any]:
            parts = zip(self.modalities, x.split(widths, dim=1), strict=True)
            each = torch.stack([read(part) for read, part in parts], dim=2)
            weights = self.attention(each.transpose(1, 2).flatten(1))
            if settings.softmax:
                weights = weights.softmax(dim=1)
            return self.head((each * weights[:, None]).sum(dim=2)), weights

    return Network()
