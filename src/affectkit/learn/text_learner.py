"""What learns from text: any encoder, any way of training it, scikit-learn's contract.

Three ways to use an encoder: its features stay as they are and a head learns (``"frozen"``), all
of it is tuned (``"full"``), or small low-rank matrices beside its weights are (``"lora"``). A task
learned before can hand its encoder to the next one (`TextLearner.transfer_to`).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, Self, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from affectkit.learn.estimator import Estimator
from affectkit.learn.text_encoders import DEFAULT, RecurrentEncoder, TextBackbone, backbone
from affectkit.learn.text_networks import build, encoder_state, feature_matrix, put_head
from affectkit.learn.text_targets import Loss, Targets, Weights
from affectkit.learn.text_training import Curriculum, Loop, applied, padded, train
from affectkit.optional import require
from affectkit.progress import Progress

Way = Literal["frozen", "full", "lora"]
Other = TypeVar("Other", bound="TextLearner")


class TextLearner(Estimator):
    """What classifiers and regressors of text share.

    Parameters
    ----------
    encoder
        A role of affectkit's weights, a folder in Hugging Face layout, the id of a model on
        this machine, a `RecurrentEncoder`, or the folder of a learner that was saved: its
        encoder is gone on with, under a fresh head (sequential transfer that `clone` keeps).
    way
        ``"frozen"``, ``"full"`` or ``"lora"`` (Hu et al. 2022; needs a transformer).
    loss
        A classifier's: ``"cross_entropy"`` or ``"binary"``; a regressor's: ``"mixed"``,
        ``"squared"``, ``"concordance"`` or ``"gaussian"``, which also learns the spread of
        ratings. ``"auto"`` takes the first that fits the targets.
    class_weight
        Of classes or labels: None, ``"balanced"``, or a number for each.
    outputs
        Names of the targets' columns.
    layers
        How many layers of a transformer are kept, from the first; all if None.
    frozen_layers
        In full tuning: how many of the lowest layers, and with them the word embeddings, stay.
    rank, lora_targets
        Of the low-rank matrices, and which of the encoder's matrices get them; None: those
        that peft knows for this kind of encoder.
    hidden
        Units of a hidden layer in the head; 0 for a linear head.
    dropout
        Share of features left out at random in training.
    learning_rate, head_rate, weight_decay
        Of the optimiser (AdamW); rates rise over the first steps and then fall in a line.
    batch_size, epochs, max_length
        Texts in a step, times through the data, word pieces kept of a text.
    validation, patience
        Share of the texts held back, on which the best epoch is chosen; and how many epochs
        without a gain end the training. With 0 held back the last epoch is kept.
    curriculum
        What each epoch consists of; see `affectkit.learn.text_training.Lesson`.
    cache
        Folder in which features of a frozen encoder are kept from one call to the next.
    device
        ``"cpu"``, ``"cuda"``, or ``"auto"``. The same seed gives the same numbers on a CPU.
    threads
        Processor threads.
    seed
        Of everything random.
    download
        Whether an encoder that is not on this machine may be fetched.
    progress
        Told ``("training" | "reading", done, total)``.

    Attributes
    ----------
    history_ : list of dict
        Loss of each epoch, of the texts learned from and of those held back.
    n_weights_, n_trained_ : int
        Weights of encoder and head, and how many of them were trained.
    """

    start_: Mapping[str, Any]

    def __init__(
        self,
        encoder: str | os.PathLike[str] | RecurrentEncoder = DEFAULT,
        *,
        way: Way = "full",
        loss: Loss = "auto",
        class_weight: Weights = None,
        outputs: Sequence[str] | None = None,
        layers: int | None = None,
        frozen_layers: int = 0,
        rank: int = 8,
        lora_targets: Sequence[str] | None = None,
        hidden: int = 0,
        dropout: float = 0.1,
        learning_rate: float = 1e-4,
        head_rate: float = 1e-3,
        weight_decay: float = 0.01,
        batch_size: int = 32,
        epochs: int = 3,
        max_length: int = 128,
        validation: float = 0.0,
        patience: int | None = None,
        curriculum: Curriculum | None = None,
        cache: str | os.PathLike[str] | None = None,
        device: str = "cpu",
        threads: int = 1,
        seed: int = 0,
        download: bool = False,
        progress: Progress | None = None,
    ) -> None:
        self.encoder = encoder
        self.way = way
        self.loss = loss
        self.class_weight = class_weight
        self.outputs = outputs
        self.layers = layers
        self.frozen_layers = frozen_layers
        self.rank = rank
        self.lora_targets = lora_targets
        self.hidden = hidden
        self.dropout = dropout
        self.learning_rate = learning_rate
        self.head_rate = head_rate
        self.weight_decay = weight_decay
        self.batch_size = batch_size
        self.epochs = epochs
        self.max_length = max_length
        self.validation = validation
        self.patience = patience
        self.curriculum = curriculum
        self.cache = cache
        self.device = device
        self.threads = threads
        self.seed = seed
        self.download = download
        self.progress = progress

    def transfer_to(self, other: Other) -> Other:
        """Give the encoder as it is now to another learner, and return that learner.

        Its `fit` starts from these weights, with a fresh head; its other parameters are its
        own. The gift is used up by no fit, and `sklearn.base.clone` leaves it out: where
        learners are cloned, save this one and give its folder as the other's `encoder`.

        Raises
        ------
        ValueError
            If this one has not learned, or the other wants another encoder.
        """
        self._check_fitted()
        mine, wanted = (self.encoder, self.layers), (other.encoder, other.layers)
        if mine != wanted:
            raise ValueError(f"the encoder {mine} cannot be handed to a learner of {wanted}")
        other.start_ = encoder_state(self.network_)
        return other

    def features(self, texts: ArrayLike) -> NDArray[np.float32]:
        """Return what the encoder, as trained, makes of texts [shape=(n, width)]."""
        self._check_fitted()
        pieces = self._pieces(self.backbone_, texts)
        return feature_matrix(
            self.network_.body, pieces, self._device(), self.batch_size, self.cache, self.progress
        )

    def _learn(self, texts: ArrayLike, targets: Targets) -> Self:
        torch = require("torch", extra="train")
        torch.set_num_threads(self.threads)
        found = backbone(self.encoder, layers=self.layers, download=self.download)
        pieces = self._pieces(found, texts)
        if len(pieces) != len(targets.values) or not pieces:
            raise ValueError(f"{len(pieces)} texts do not fit {len(targets.values)} targets")
        device = self._device()
        with torch.random.fork_rng():
            torch.manual_seed(self.seed)
            network = build(
                found,
                targets.n_scores,
                way=self.way,
                start=getattr(self, "start_", None),
                frozen_layers=self.frozen_layers,
                rank=self.rank,
                lora_targets=self.lora_targets,
                hidden=self.hidden,
                dropout=self.dropout,
            ).to(device)
            lengths = np.array([len(p) for p in pieces])
            learner = network
            inputs: Callable[[NDArray[np.intp]], tuple[Any, ...]] = lambda rows: padded(  # noqa: E731
                [pieces[i] for i in rows], device
            )
            if self.way == "frozen":
                seen = feature_matrix(
                    network.body, pieces, device, self.batch_size, self.cache, self.progress
                )
                put_head(network.head, seen)
                table = torch.from_numpy(seen).to(device)
                learner = torch.nn.ModuleDict({"head": network.head})
                learner.forward = network.head.forward
                inputs = lambda rows: (table[torch.from_numpy(rows).to(device)],)  # noqa: E731
            self.n_weights_ = sum(p.numel() for p in network.parameters())
            self.n_trained_ = sum(p.numel() for p in network.parameters() if p.requires_grad)
            self.history_ = train(
                learner,
                inputs,
                lengths,
                targets.compared(device),
                Loop(
                    self.epochs,
                    self.batch_size,
                    self.learning_rate,
                    self.head_rate,
                    self.weight_decay,
                    self.validation,
                    self.patience,
                    self.seed,
                ),
                curriculum=self.curriculum,
                progress=self.progress,
            )
        self.backbone_, self.network_ = found, network.eval()
        self.loss_, self.names_, self.n_scores_ = targets.loss, targets.names, targets.n_scores
        return self

    def scores(self, texts: ArrayLike) -> NDArray[np.float32]:
        """Return what the head says, before softmax or sigmoid [shape=(n, n_scores)]."""
        self._check_fitted()
        torch = require("torch", extra="train")
        torch.set_num_threads(self.threads)
        pieces = self._pieces(self.backbone_, texts)
        if not pieces:
            return np.zeros((0, self.n_scores_), dtype=np.float32)
        if self.way == "frozen":
            seen = feature_matrix(
                self.network_.body,
                pieces,
                self._device(),
                self.batch_size,
                self.cache,
                self.progress,
            )
            with torch.no_grad():
                told = self.network_.head(torch.from_numpy(seen).to(self._device()))
            return np.asarray(told.cpu().numpy())
        device = self._device()
        lengths = np.array([len(p) for p in pieces])
        return applied(
            self.network_,
            lambda rows: padded([pieces[i] for i in rows], device),
            lengths,
            self.batch_size,
            self.progress,
        )

    def _pieces(self, found: TextBackbone, texts: ArrayLike) -> list[list[int]]:
        if isinstance(texts, str):
            raise ValueError("give a list of texts, not one text")
        rows = list(np.asarray(texts, dtype=object).ravel())
        wrong = next((i for i, t in enumerate(rows) if not isinstance(t, str)), None)
        if wrong is not None:
            raise ValueError(f"row {wrong} is {type(rows[wrong]).__name__}, not a text")
        return found.pieces(rows, self.max_length) if rows else []

    def _device(self) -> str:
        if self.device != "auto":
            return self.device
        return "cuda" if require("torch", extra="train").cuda.is_available() else "cpu"

    def _check_fitted(self) -> None:
        if not hasattr(self, "network_"):
            raise ValueError(f"this {type(self).__name__} has not learned yet: call fit first")


def saved_values(learner: TextLearner) -> Mapping[str, Any]:
    """Return a learner's parameters as plain JSON values; callables are left out."""
    values = learner.get_params()
    values.update(curriculum=None, progress=None, cache=None, encoder=None, download=False)
    for name in ("outputs", "lora_targets"):
        values[name] = None if values[name] is None else list(values[name])
    if isinstance(values["class_weight"], Mapping):
        values["class_weight"] = None  # only needed to learn; labels may be no JSON keys
    return values
