"""Encoder and head as one torch network, for each way of training; its features and its state."""

from __future__ import annotations

import copy
import hashlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affectkit.learn.text_encoders import TextBackbone, transformer_layers
from affectkit.learn.text_training import applied, padded
from affectkit.optional import require
from affectkit.progress import Progress


def build(
    found: TextBackbone,
    n_scores: int,
    *,
    way: str,
    weights: bool = True,
    start: Mapping[str, Any] | None = None,
    frozen_layers: int = 0,
    rank: int = 8,
    lora_targets: Sequence[str] | None = None,
    hidden: int = 0,
    dropout: float = 0.1,
) -> Any:
    """Return a network of a ``body`` that reads pieces and a ``head`` that gives scores.

    Parameters
    ----------
    found
        The encoder.
    n_scores
        Outputs of the head.
    way
        What of it learns: ``"frozen"``, ``"full"`` or ``"lora"``.
    weights
        Whether the encoder's weights are read; else only its shape.
    start
        Weights that the body starts from in the place of the encoder's own.
    frozen_layers, rank, lora_targets, hidden, dropout
        As in `affectkit.learn.text_learner.TextLearner`.
    """
    torch = require("torch", extra="train")
    nn = torch.nn
    body = found.network(weights=weights)
    if start is not None:
        body.load_state_dict(dict(start))
    if way == "lora":
        _add_low_rank(body, rank, lora_targets)
    elif way == "frozen":
        body.requires_grad_(False)
    elif way == "full":
        _freeze_lowest(body, frozen_layers)
    else:
        raise ValueError(f"way is 'frozen', 'full' or 'lora', not {way!r}")

    class Head(nn.Module):  # type: ignore[misc,name-defined]
        def __init__(self, width: int) -> None:
            super().__init__()
            self.register_buffer("mean", torch.zeros(width))
            self.register_buffer("scale", torch.ones(width))
            layers = [nn.Dropout(dropout)]
            if hidden:
                layers += [nn.Linear(width, hidden), nn.ReLU(), nn.Dropout(dropout)]
            self.layers = nn.Sequential(*layers, nn.Linear(hidden or width, n_scores))

        def forward(self, features: Any) -> Any:
            return self.layers((features - self.mean) / self.scale)

    class Network(nn.Module):  # type: ignore[misc,name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.body, self.head = body, Head(body.width)

        def forward(self, ids: Any, mask: Any) -> Any:
            return self.head(self.body(ids, mask))

    return Network()


def put_head(head: Any, features: NDArray[np.float32]) -> None:
    """Let a head take features minus their mean, over their standard deviation."""
    torch = require("torch", extra="train")
    scale = features.std(axis=0)
    scale[scale < 1e-6] = 1.0
    head.mean.copy_(torch.from_numpy(features.mean(axis=0)))
    head.scale.copy_(torch.from_numpy(scale))


def encoder_state(network: Any) -> dict[str, Any]:
    """Return a copy of the weights of a network's body; low-rank changes are merged in."""
    body = network.body
    if hasattr(getattr(body, "model", None), "merge_and_unload"):
        body = copy.deepcopy(body)
        body.model = body.model.merge_and_unload()
    return {name: value.detach().cpu().clone() for name, value in body.state_dict().items()}


def feature_matrix(
    body: Any,
    pieces: Sequence[Sequence[int]],
    device: str,
    batch_size: int,
    cache: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
) -> NDArray[np.float32]:
    """Return the features of texts [shape=(n, width)], from the cache if they are there."""
    if not pieces:
        return np.zeros((0, body.width), dtype=np.float32)
    file = None if cache is None else Path(cache) / f"{_digest(body, pieces)}.safetensors"
    if file is not None and file.is_file():
        from safetensors.numpy import load_file

        return np.asarray(load_file(file)["features"])
    lengths = np.array([len(p) for p in pieces])
    seen = applied(
        body, lambda rows: padded([pieces[i] for i in rows], device), lengths, batch_size, progress
    )
    if file is not None:
        from safetensors.numpy import save_file

        file.parent.mkdir(parents=True, exist_ok=True)
        beside = file.with_name(f".{file.name}.{os.getpid()}.part")
        save_file({"features": seen}, beside)
        os.replace(beside, file)
    return seen


def _add_low_rank(body: Any, rank: int, targets: Sequence[str] | None) -> None:
    peft = require("peft", extra="train")
    if not hasattr(body, "model"):
        raise ValueError("low-rank matrices need a transformer; use way='full'")
    config = peft.LoraConfig(
        r=rank,
        lora_alpha=2 * rank,
        lora_dropout=0.0,
        bias="none",
        target_modules=None if targets is None else list(targets),
    )
    body.model = peft.get_peft_model(body.model, config)


def _freeze_lowest(body: Any, count: int) -> None:
    if not count:
        return
    if not hasattr(body, "model"):
        raise ValueError("frozen_layers needs a transformer")
    layers = transformer_layers(body.model)
    if count > len(layers):
        raise ValueError(f"the encoder has {len(layers)} layers; {count} cannot stay as they are")
    body.model.get_input_embeddings().requires_grad_(False)
    if getattr(body.model, "embeddings", None) is not None:
        body.model.embeddings.requires_grad_(False)
    for layer in layers[:count]:
        layer.requires_grad_(False)


def _digest(body: Any, pieces: Sequence[Sequence[int]]) -> str:
    found = hashlib.sha256()
    for name, value in sorted(body.state_dict().items()):
        found.update(name.encode())
        found.update(value.detach().cpu().numpy().tobytes())
    for p in pieces:
        found.update(np.asarray([len(p), *p], dtype=np.int64).tobytes())
    return found.hexdigest()
