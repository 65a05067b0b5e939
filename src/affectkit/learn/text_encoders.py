"""Encoders of text to train on: folders in Hugging Face layout, and small recurrent networks.

Both give one row of features for each text, so that every head and every way of training in
`affectkit.learn.text_learner` works on either.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from affectkit.errors import WeightsError
from affectkit.models import manifest
from affectkit.models import weights as weight_store
from affectkit.optional import require

DEFAULT = "text_encoder_trainable"
"""The role of the encoder that affectkit carries (MiniLM, six layers)."""

LEARNER = "learner.json"
"""The file by which the folder of a trained learner is told from that of a bare encoder."""

_WANTED = ["*.json", "*.txt", "*.safetensors", "*.model"]


class TextBackbone(Protocol):
    """Turns texts into pieces, and builds the network that turns pieces into features."""

    def pieces(self, texts: Sequence[str], max_length: int) -> list[list[int]]:
        """Return the numbers of each text's pieces, at least one, at most `max_length`."""
        ...

    def network(self, *, weights: bool = True) -> Any:
        """Return a torch module: ``module(ids, mask)`` is [shape=(n, module.width)].

        Without `weights` it has the right shape only, to load saved weights into.
        """
        ...

    def save(self, folder: Path) -> dict[str, Any]:
        """Write what is needed to build it again, and return the values to keep with it."""
        ...


def backbone(
    encoder: str | os.PathLike[str] | RecurrentEncoder,
    *,
    layers: int | None = None,
    download: bool = False,
) -> TextBackbone:
    """Return the encoder that is meant.

    Parameters
    ----------
    encoder
        A role of `affectkit.models.weights`, a folder, a model id whose files are already on
        this machine, or a `RecurrentEncoder`. The folder of a trained learner, as
        `affectkit.learn.text_saving.save` writes it, means the encoder as that learner left it.
    layers
        How many layers are kept, from the first; all if None.
    download
        Whether an id that is not on this machine may be fetched. Off unless asked for.

    Raises
    ------
    WeightsError
        If it is not here.
    """
    if isinstance(encoder, RecurrentEncoder):
        return _Recurrent(encoder)
    folder = encoder_folder(encoder, download=download)
    if (folder / LEARNER).is_file():
        return _Learned(folder, layers)
    return _Pretrained(folder, layers)


def encoder_folder(encoder: str | os.PathLike[str], *, download: bool = False) -> Path:
    """Return the folder of an encoder: of a role, of an id, or the folder itself.

    Raises
    ------
    WeightsError
        If it is not here, or has no safetensors weights.
    """
    name = os.fspath(encoder)
    if Path(name).is_dir():
        return _complete(Path(name))
    if name in manifest.roles():
        return _complete(weight_store.path(name))
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    hub = require("huggingface_hub", extra="train")
    try:
        found = hub.snapshot_download(name, local_files_only=not download, allow_patterns=_WANTED)
    except (OSError, ValueError) as error:
        raise WeightsError(
            f"the encoder {name!r} is no folder and not on this machine",
            remedy="give a folder with config.json, model.safetensors and tokenizer.json, or "
            "allow the download with download=True",
        ) from error
    return _complete(Path(found))


def _complete(folder: Path) -> Path:
    if not (folder / "config.json").is_file() or not list(folder.glob("*.safetensors*")):
        raise WeightsError(
            f"{folder} holds no encoder: config.json or *.safetensors is missing",
            remedy="save it with save_pretrained(folder), which writes both",
        )
    return folder


class _Pretrained:
    """A transformer encoder on disk, pooled by the mean over its words."""

    def __init__(self, folder: Path, layers: int | None = None) -> None:
        self.folder = folder
        self.layers = layers
        self._tokenizer = _tokenizer(folder)

    def pieces(self, texts: Sequence[str], max_length: int) -> list[list[int]]:
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(max_length)
        # A text without any word still has a piece, so that its mean exists.
        return [e.ids or [0] for e in self._tokenizer.encode_batch(list(texts))]

    def network(self, *, weights: bool = True) -> Any:
        transformers = _transformers()
        config = transformers.AutoConfig.from_pretrained(str(self.folder), local_files_only=True)
        if weights:
            model = transformers.AutoModel.from_pretrained(
                str(self.folder), config=config, local_files_only=True, use_safetensors=True
            )
        else:
            model = transformers.AutoModel.from_config(config)
        model = model.float()
        if getattr(model, "pooler", None) is not None:
            model.pooler = None
        if self.layers is not None:
            _keep_layers(model, self.layers)
        return _pooled_module()(model)

    def save(self, folder: Path) -> dict[str, Any]:
        config = _transformers().AutoConfig.from_pretrained(str(self.folder), local_files_only=True)
        config.save_pretrained(folder)
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self._tokenizer.save(str(folder / "tokenizer.json"))
        return {"kind": "pretrained", "layers": self.layers}


@dataclass(frozen=True)
class RecurrentEncoder:
    """A recurrent network over word pieces: the last states of an LSTM, in one direction or two.

    Parameters
    ----------
    pieces_of
        The encoder (role, folder or id) whose word pieces it reads.
    width
        Units in each direction.
    bidirectional
        Whether it also reads from the end.
    words
        ``"pretrained"``: the piece embeddings of `pieces_of`; ``"random"``: drawn anew.
    word_width
        Width of random embeddings.
    tune_words
        Whether the embeddings are trained along.
    dropout
        Share of the embeddings' columns left out, the same all along a text, and of the
        recurrent weights (Gal and Ghahramani 2016; Merity et al. 2018).

    Examples
    --------
    >>> RecurrentEncoder(width=32).bidirectional
    True
    """

    pieces_of: str = DEFAULT
    width: int = 64
    bidirectional: bool = True
    words: str = "pretrained"
    word_width: int = 100
    tune_words: bool = False
    dropout: float = 0.2

    def __post_init__(self) -> None:
        if self.words not in ("pretrained", "random"):
            raise ValueError(f"words must be 'pretrained' or 'random', not {self.words!r}")


class _Recurrent:
    """Builds the network of a `RecurrentEncoder`."""

    def __init__(self, settings: RecurrentEncoder, folder: Path | None = None) -> None:
        self.settings = settings
        self.folder = folder or encoder_folder(settings.pieces_of)
        self._tokenizer = _tokenizer(self.folder)

    def pieces(self, texts: Sequence[str], max_length: int) -> list[list[int]]:
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(max_length)
        found = self._tokenizer.encode_batch(list(texts), add_special_tokens=False)
        return [e.ids or [0] for e in found]

    def network(self, *, weights: bool = True) -> Any:
        from affectkit.learn.recurrent_text import recurrent_module

        table, random = None, self.settings.words == "random"
        if weights and not random:
            table = _word_table(self.folder)
        elif not random:
            config = json.loads((self.folder / "config.json").read_text("utf-8"))
            table = np.zeros((config["vocab_size"], config["hidden_size"]), dtype=np.float32)
        return recurrent_module(self.settings, table, self._tokenizer.get_vocab_size())

    def save(self, folder: Path) -> dict[str, Any]:
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self._tokenizer.save(str(folder / "tokenizer.json"))
        shutil.copyfile(self.folder / "config.json", folder / "config.json")
        return {"kind": "recurrent", "settings": asdict(self.settings)}


class _Learned:
    """The encoder of a learner on disk, with what it learned; low-rank changes merged in."""

    def __init__(self, folder: Path, layers: int | None = None) -> None:
        values = json.loads((folder / LEARNER).read_text("utf-8"))["encoder"]
        self.folder = folder
        self.layers = layers
        self._shape = saved_backbone(folder, values)
        if layers is not None and values["kind"] == "recurrent":
            raise ValueError("a recurrent network has no layers to keep; use layers=None")

    def pieces(self, texts: Sequence[str], max_length: int) -> list[list[int]]:
        return self._shape.pieces(texts, max_length)

    def network(self, *, weights: bool = True) -> Any:
        body = self._shape.network(weights=False)
        if weights:
            from affectkit.learn.text_networks import encoder_state
            from affectkit.learn.text_saving import load

            body.load_state_dict(encoder_state(load(self.folder).network_))
        if self.layers is not None:
            _keep_layers(body.model, self.layers)
        return body

    def save(self, folder: Path) -> dict[str, Any]:
        values = self._shape.save(folder)
        return values if self.layers is None else {**values, "layers": self.layers}


def saved_backbone(folder: Path, values: Mapping[str, Any]) -> TextBackbone:
    """Return the encoder that `TextBackbone.save` wrote into `folder`, without its weights."""
    if values["kind"] == "recurrent":
        return _Recurrent(RecurrentEncoder(**values["settings"]), folder)
    return _Pretrained(folder, values["layers"])


def transformer_layers(model: Any) -> Any:
    """Return the list of a transformer's layers, from the first.

    Raises
    ------
    WeightsError
        If they are not where BERT, RoBERTa, DistilBERT, MPNet and ModernBERT have them.
    """
    for path in ("encoder.layer", "transformer.layer", "layers", "encoder.layers"):
        found = model
        for name in path.split("."):
            found = getattr(found, name, None)
        if found is not None:
            return found
    raise WeightsError(
        f"the layers of {type(model).__name__} are not where they were looked for",
        remedy="use it with layers=None and frozen_layers=0",
    )


def _keep_layers(model: Any, count: int) -> None:
    layers = transformer_layers(model)
    if not 1 <= count <= len(layers):
        raise ValueError(f"the encoder has {len(layers)} layers; {count} cannot be kept")
    del layers[count:]


def _word_table(folder: Path) -> np.ndarray[Any, Any]:
    from safetensors import safe_open

    for file in sorted(folder.glob("*.safetensors")):
        with safe_open(file, framework="numpy") as tensors:
            for name in tensors.keys():  # noqa: SIM118
                if name.endswith(("word_embeddings.weight", "embed_tokens.weight")):
                    return np.asarray(tensors.get_tensor(name), dtype=np.float32)
    raise WeightsError(f"{folder} has no word embeddings", remedy="use words='random'")


def _tokenizer(folder: Path) -> Any:
    tokenizers = require("tokenizers", extra="train")
    if (folder / "tokenizer.json").is_file():
        return tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
    slow = _transformers().AutoTokenizer.from_pretrained(str(folder), local_files_only=True)
    return slow.backend_tokenizer


def _pooled_module() -> Any:
    torch = require("torch", extra="train")

    class Pooled(torch.nn.Module):  # type: ignore[misc,name-defined]
        """Features are the mean of the last layer over a text's pieces."""

        def __init__(self, model: Any) -> None:
            super().__init__()
            self.model = model
            self.width = int(model.config.hidden_size)

        def forward(self, ids: Any, mask: Any) -> Any:
            words = self.model(input_ids=ids, attention_mask=mask.long()).last_hidden_state
            present = mask[:, :, None].to(words.dtype)
            return (words * present).sum(dim=1) / present.sum(dim=1)

    return Pooled


def _transformers() -> Any:
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    transformers = require("transformers", extra="train")
    transformers.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    return transformers
