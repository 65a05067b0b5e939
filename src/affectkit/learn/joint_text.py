"""Fine-tune one sentence encoder on several data sets at once, each with its own head.

Batches hold texts of one task and of like length; every task has a linear head on the mean and
the maximum of the words after the last layer kept. A task's labels can also be told by a table
of n-grams, trained beside the encoder, so that rare words need no place in it.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from affectkit.learn.heads import Head, Kind
from affectkit.learn.losses import binary_cross_entropy, concordance_loss, squared_error
from affectkit.learn.ngrams import NgramTable, ngrams
from affectkit.optional import require
from affectkit.progress import Progress, silent

_SORTED_TOGETHER = 20  # batches that are cut from texts sorted by length
_WARM_UP = 0.06  # of all steps

Pieces = Sequence[Sequence[int]]


@dataclass(frozen=True, eq=False)
class Task:
    """A data set to learn from.

    Parameters
    ----------
    name
        Its name.
    kind
        ``"labels"``: several may hold, targets are 0, 1, a share, or NaN where nobody was
        asked; ``"ratings"``: targets are numbers, or NaN.
    outputs
        Names of the targets.
    pieces
        Word pieces of its texts, with the marks at both ends.
    target
        [shape=(n, n_outputs)].
    weight
        How much its loss counts.
    repeats
        How often it is gone through in an epoch.
    concordance
        Of ratings: how much one minus the concordance counts beside the squared error.
    concordance_of
        The outputs that it is taken of; all if None.
    scale
        Of ratings: how much the squared error of each output counts [shape=(n_outputs,)].
    table
        Whether n-grams have a say.
    taught
        What a teacher says of the same texts in the outputs of other tasks, by their names; NaN
        where it says nothing [shape=(n, n_outputs of that task)].
    features
        What a teacher's encoder gives of the same texts, to be imitated
        [shape=(n, 2 * width)]; see `Settings.imitation`.
    """

    name: str
    kind: Literal["labels", "ratings"]
    outputs: tuple[str, ...]
    pieces: Pieces
    target: NDArray[np.float32]
    weight: float = 1.0
    repeats: int = 1
    concordance: float = 0.0
    concordance_of: tuple[str, ...] | None = None
    scale: tuple[float, ...] | None = None
    table: bool = False
    taught: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)
    features: NDArray[np.float32] | None = None

    def __post_init__(self) -> None:
        if self.target.shape != (len(self.pieces), len(self.outputs)):
            raise ValueError(
                f"targets of shape {self.target.shape} do not fit {len(self.pieces)} texts "
                f"and {len(self.outputs)} outputs of {self.name}"
            )


@dataclass(frozen=True)
class Settings:
    """How to train.

    Parameters
    ----------
    layers
        Layers of the encoder that are kept, from the first.
    epochs
        Times that the data are gone through.
    batch_size
        Texts in a step.
    learning_rate, head_rate, table_rate
        Highest rates of the encoder, the heads and the table of n-grams; they rise over the
        first steps and then fall to zero in a line.
    weight_decay
        Of matrices, embeddings left out.
    dropout, table_dropout
        Of pooled features, and of n-grams.
    n_pairs
        Rows of the table for pairs of pieces.
    activation
        Between the two matrices of each layer. A rectifier in the place of the encoder's own
        function is made up for in training, and runs faster in integers.
    seed
        Of everything random.
    feed_forward
        Values between the two matrices of each layer; as many as the encoder has if None. Of
        fewer, `train` needs a start that was thinned out (`affectkit.learn.thinning`).
    imitation
        How much the squared error of features counts that are to be imitated, in units of
        their variance.
    """

    layers: int = 3
    epochs: int = 3
    batch_size: int = 64
    learning_rate: float = 2e-4
    head_rate: float = 1e-3
    table_rate: float = 1e-2
    weight_decay: float = 0.01
    dropout: float = 0.2
    table_dropout: float = 0.3
    n_pairs: int = 32_768
    activation: Literal["gelu", "relu"] = "relu"
    seed: int = 0
    # Not part of the name under which a state is kept, if they ask for nothing.
    feed_forward: int | None = field(default=None, repr=False)
    imitation: float = field(default=0.0, repr=False)


@dataclass(frozen=True, eq=False)
class JointText:
    """What was learned: the encoder's tensors under BERT's names, a head and table for tasks."""

    tensors: Mapping[str, NDArray[np.float32]]
    heads: Mapping[str, Head]
    tables: Mapping[str, NgramTable]
    history: Sequence[Mapping[str, float]] = field(default_factory=tuple)


def train(
    folder: Path,
    tasks: Sequence[Task],
    settings: Settings | None = None,
    *,
    start: JointText | None = None,
    threads: int = 2,
    keep: Path | None = None,
    progress: Progress | None = None,
) -> JointText:
    """Fine-tune the encoder in `folder` on all tasks, and return it with its heads.

    Parameters
    ----------
    folder
        The encoder as ``transformers`` reads it from disk: ``config.json``,
        ``model.safetensors``.
    tasks
        What to learn from.
    settings
        How.
    start
        What was learned before, from some of the tasks and with as many layers, to go on from.
    threads
        Processor threads. A GPU is used if torch finds one.
    keep
        Folder in which the state is kept after each epoch, so that training that was cut off
        goes on there; another state than these tasks' and settings' is not touched.
    progress
        Told ``("training", done, total)`` in steps.
    """
    torch = require("torch", extra="train")
    torch.set_num_threads(threads)
    settings = settings or Settings()
    if settings.feed_forward is not None and start is None:
        raise ValueError("an encoder with narrower layers needs a start to take them from")
    device = "cuda" if torch.cuda.is_available() else "cpu"
    with torch.random.fork_rng():
        torch.manual_seed(settings.seed)
        network = _network(torch, folder, tasks, settings).to(device)
        if start is not None:
            # A task that is new has its head as it was drawn.
            network.load_state_dict({**network.state_dict(), **_as_state(torch, start)})
        stepper, fall, per_epoch = _stepper(torch, network, tasks, settings)
        state = None if keep is None else _State(keep, _fingerprint(folder, tasks, settings, start))
        history = [] if state is None else state.load(torch, network, stepper, fall)
        report = progress or silent
        total = per_epoch * settings.epochs
        for epoch in range(len(history), settings.epochs):
            torch.manual_seed(settings.seed * 1_000 + epoch)
            lost: dict[str, list[float]] = {t.name: [] for t in tasks}
            network.train()
            for i, (task, rows) in enumerate(_batches(tasks, settings, epoch)):
                report("training", epoch * per_epoch + i, total)
                rng = np.random.default_rng((settings.seed, epoch, i))
                loss = _loss(torch, network, tasks, task, rows, settings, device, rng)
                stepper.zero_grad()
                loss.backward()
                torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
                stepper.step()
                fall.step()
                lost[task.name].append(float(loss.detach()))
            history.append({name: float(np.mean(v)) for name, v in lost.items()})
            if state is not None:
                state.save(torch, network, stepper, fall, history)
        report("training", total, total)
    return _learned(network, tasks, settings, history)


def outputs(
    model: JointText, task: str, features: ArrayLike, pieces: Pieces
) -> NDArray[np.float32]:
    """Return what head and table of a task say together [shape=(n, n_outputs)].

    Parameters
    ----------
    model
        What `train` returned.
    task
        Name of the task.
    features
        Mean and maximum over the words, as the encoder's file gives them out.
    pieces
        Word pieces of the texts.
    """
    told = model.heads[task].scores(features)
    return told + model.tables[task].scores(pieces) if task in model.tables else told


def _network(torch: Any, folder: Path, tasks: Sequence[Task], settings: Settings) -> Any:
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    transformers = require("transformers", extra="train")
    transformers.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    config = transformers.BertConfig.from_pretrained(str(folder), local_files_only=True)
    config.hidden_act = settings.activation
    # Few epochs need little of it, and without it torch takes its quick way through attention.
    config.attention_probs_dropout_prob = 0.0
    if settings.feed_forward is None:
        encoder = transformers.BertModel.from_pretrained(
            str(folder), config=config, local_files_only=True, add_pooling_layer=False
        )
    else:  # every weight comes from the start
        config.intermediate_size = settings.feed_forward
        encoder = transformers.BertModel(config, add_pooling_layer=False)
    encoder.encoder.layer = encoder.encoder.layer[: settings.layers]
    width = encoder.config.hidden_size
    n_rows = encoder.config.vocab_size + settings.n_pairs
    heads, tables = torch.nn.ModuleDict(), torch.nn.ModuleDict()
    for task in tasks:
        head = torch.nn.Linear(2 * width, len(task.outputs))
        torch.nn.init.normal_(head.weight, std=0.02)
        asked = np.isfinite(task.target)
        mean = torch.from_numpy(
            np.nansum(task.target, axis=0) / np.maximum(asked.sum(axis=0), 1, dtype=np.float32)
        )
        start = torch.logit(mean.clamp(1e-4, 1 - 1e-4)) if task.kind == "labels" else mean
        with torch.no_grad():
            head.bias.copy_(start)
        heads[task.name] = head
        if task.table:
            table = torch.nn.EmbeddingBag(n_rows, len(task.outputs), mode="sum")
            torch.nn.init.zeros_(table.weight)
            tables[task.name] = table
    return torch.nn.ModuleDict({"encoder": encoder, "heads": heads, "tables": tables})


def _stepper(
    torch: Any, network: Any, tasks: Sequence[Task], settings: Settings
) -> tuple[Any, Any, int]:
    groups: dict[tuple[float, float], list[Any]] = {}
    for name, value in network.named_parameters():
        rate, decay = settings.learning_rate, settings.weight_decay
        if name.startswith("heads."):
            rate = settings.head_rate
        elif name.startswith("tables."):
            rate, decay = settings.table_rate, 0.0
        elif value.ndim < 2 or "embeddings" in name:
            decay = 0.0
        groups.setdefault((rate, decay), []).append(value)
    stepper = torch.optim.AdamW(
        [{"params": p, "lr": r, "weight_decay": d} for (r, d), p in groups.items()], fused=True
    )
    per_epoch = sum(t.repeats * -(-len(t.pieces) // settings.batch_size) for t in tasks)
    total = per_epoch * settings.epochs
    warm = max(_WARM_UP * total, 1)

    def share(step: int) -> float:
        return float(min((step + 1) / warm, max(0.0, (total - step) / (total - warm + 1))))

    return stepper, torch.optim.lr_scheduler.LambdaLR(stepper, share), per_epoch


def _batches(
    tasks: Sequence[Task], settings: Settings, epoch: int
) -> Iterator[tuple[Task, NDArray[np.intp]]]:
    rng = np.random.default_rng((settings.seed, epoch))
    found: list[tuple[Task, NDArray[np.intp]]] = []
    size = settings.batch_size
    for task in tasks:
        lengths = np.array([len(p) for p in task.pieces])
        for _ in range(task.repeats):
            order = rng.permutation(len(lengths))
            for at in range(0, len(order), size * _SORTED_TOGETHER):
                part = order[at : at + size * _SORTED_TOGETHER]
                part = part[np.argsort(lengths[part], kind="stable")]
                found += [(task, part[i : i + size]) for i in range(0, len(part), size)]
    for i in rng.permutation(len(found)):
        yield found[i]


def _loss(
    torch: Any,
    network: Any,
    tasks: Sequence[Task],
    task: Task,
    rows: NDArray[np.intp],
    settings: Settings,
    device: str,
    rng: np.random.Generator,
) -> Any:
    pieces = [task.pieces[i] for i in rows]
    ids = np.zeros((len(rows), max(map(len, pieces))), dtype=np.int64)
    for i, p in enumerate(pieces):
        ids[i, : len(p)] = p
    lengths = np.array([len(p) for p in pieces])
    seen = torch.from_numpy(np.arange(ids.shape[1])[None, :] < lengths[:, None]).to(device)
    words = network["encoder"](
        input_ids=torch.from_numpy(ids).to(device), attention_mask=seen.long()
    ).last_hidden_state
    given_out = pooled(torch, words, seen)
    loss = 0.0
    if task.features is not None:
        scale = torch.from_numpy(1 / (task.features.std(axis=0) + 1e-6)).to(device)
        shown = torch.from_numpy(task.features[rows]).to(device)
        loss = settings.imitation * squared_error(given_out * scale, shown * scale)
    features = torch.nn.functional.dropout(given_out, settings.dropout, training=True)
    for other in tasks:
        if other is task:
            given = task.target
        elif other.name in task.taught:
            given = task.taught[other.name]
        else:
            continue
        told = network["heads"][other.name](features)
        if other.table:
            told = told + _by_table(torch, network, other, pieces, settings, rng, device)
        target = torch.from_numpy(given[rows]).to(device)
        loss = loss + other.weight * _loss_of(torch, other, told, target, own=other is task)
    return loss


def _loss_of(torch: Any, task: Task, told: Any, target: Any, *, own: bool) -> Any:
    """Return the loss of what a task's head tells, of its own texts or of another's."""
    if task.kind == "labels":
        # A sum over labels, not a mean: every label is a question of its own.
        return len(task.outputs) * binary_cross_entropy(told, target)
    scale = torch.tensor(task.scale or (1.0,) * len(task.outputs), device=told.device).sqrt()
    loss = squared_error(told * scale, target * scale)
    if task.concordance and own:
        of = [task.outputs.index(name) for name in task.concordance_of or task.outputs]
        loss = loss + task.concordance * concordance_loss(told[:, of], target[:, of])
    return loss


def pooled(torch: Any, words: Any, seen: Any) -> Any:
    """Return mean and maximum over the words [shape=(n, 2 * width)], padding left out."""
    present = seen[:, :, None].to(words.dtype)
    mean = (words * present).sum(dim=1) / present.sum(dim=1)
    return torch.cat([mean, (words + (present - 1) * 1e4).max(dim=1).values], dim=1)


def _by_table(
    torch: Any,
    network: Any,
    task: Task,
    pieces: Pieces,
    settings: Settings,
    rng: np.random.Generator,
    device: str,
) -> Any:
    table = network["tables"][task.name]
    n_pieces = table.num_embeddings - settings.n_pairs
    rows = [ngrams(p, n_pieces, settings.n_pairs) for p in pieces]
    lengths = np.array([len(r) for r in rows])
    index = np.concatenate(rows)
    kept = (rng.random(len(index)) >= settings.table_dropout) / (1 - settings.table_dropout)
    said = table(
        torch.from_numpy(index).to(device),
        torch.from_numpy(np.concatenate([[0], np.cumsum(lengths)[:-1]])).to(device),
        per_sample_weights=torch.from_numpy(kept.astype(np.float32)).to(device),
    )
    norm = 1 / np.sqrt(np.maximum(lengths, 1))
    return said * torch.from_numpy(norm.astype(np.float32)).to(device)[:, None]


def _learned(
    network: Any, tasks: Sequence[Task], settings: Settings, history: Sequence[Any]
) -> JointText:
    tensors = {k: v.detach().cpu().numpy() for k, v in network["encoder"].state_dict().items()}
    kinds: dict[str, Kind] = {"labels": "sigmoid", "ratings": "regression"}
    heads, tables = {}, {}
    for task in tasks:
        head = network["heads"][task.name]
        heads[task.name] = Head(
            kinds[task.kind],
            task.outputs,
            [head.weight.detach().cpu().numpy().T.copy()],
            [head.bias.detach().cpu().numpy().copy()],
        )
        if task.table:
            weights = network["tables"][task.name].weight.detach().cpu().numpy()
            tables[task.name] = NgramTable(weights, len(weights) - settings.n_pairs)
    return JointText(tensors, heads, tables, tuple(history))


def _as_state(torch: Any, learned: JointText) -> dict[str, Any]:
    """Return what was learned under the names that the network has for it."""
    state = {f"encoder.{name}": value for name, value in learned.tensors.items()}
    for name, head in learned.heads.items():
        state[f"heads.{name}.weight"] = np.ascontiguousarray(head.weights[0].T)
        state[f"heads.{name}.bias"] = head.biases[0]
    for name, table in learned.tables.items():
        state[f"tables.{name}.weight"] = table.weights
    return {name: torch.from_numpy(np.array(value)) for name, value in state.items()}


def _fingerprint(
    folder: Path, tasks: Sequence[Task], settings: Settings, start: JointText | None
) -> str:
    digest = hashlib.sha256(repr(settings).encode())
    if settings.feed_forward is not None or settings.imitation:
        digest.update(repr((settings.feed_forward, settings.imitation)).encode())
    with (folder / "model.safetensors").open("rb") as file:
        digest.update(hashlib.file_digest(file, "sha256").digest())
    for task in tasks:
        about = (task.name, task.kind, task.outputs, task.weight, task.repeats)
        more = (task.concordance, task.concordance_of, task.scale, task.table)
        digest.update(repr((about, more)).encode())
        digest.update(np.concatenate([np.asarray(p, np.int64) for p in task.pieces]).tobytes())
        digest.update(task.target.tobytes())
        for name, target in task.taught.items():
            digest.update(name.encode() + target.tobytes())
        if task.features is not None:
            digest.update(np.ascontiguousarray(task.features).tobytes())
    for name, value in sorted(start.tensors.items()) if start is not None else ():
        digest.update(name.encode() + np.ascontiguousarray(value).tobytes())
    return digest.hexdigest()


class _State:
    """Network, moments and rates after an epoch, in one file that is whole or not there."""

    def __init__(self, folder: Path, fingerprint: str) -> None:
        self.path = folder / f"joint-text-{fingerprint[:16]}.safetensors"

    def save(self, torch: Any, network: Any, stepper: Any, fall: Any, history: Any) -> None:
        from safetensors.torch import save_file

        moments = stepper.state_dict()["state"]
        tensors = {f"network.{k}": v.contiguous() for k, v in network.state_dict().items()}
        for number, values in moments.items():
            tensors |= {f"moment.{number}.{k}": v for k, v in values.items()}
        about = {"history": json.dumps(history), "step": str(fall.last_epoch)}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        beside = self.path.with_suffix(f".{os.getpid()}.part")
        try:
            save_file(tensors, beside, about)
            os.replace(beside, self.path)
        finally:
            beside.unlink(missing_ok=True)

    def load(self, torch: Any, network: Any, stepper: Any, fall: Any) -> list[dict[str, float]]:
        """Bring back what was kept, and return the history; nothing if nothing was kept."""
        from safetensors import safe_open

        if not self.path.exists():
            return []
        with safe_open(self.path, framework="pt") as file:
            about = file.metadata()
            tensors = {k: file.get_tensor(k) for k in file.keys()}  # noqa: SIM118
        network.load_state_dict(
            {k.removeprefix("network."): v for k, v in tensors.items() if k.startswith("network.")}
        )
        plan = stepper.state_dict()
        plan["state"] = {}
        for name, value in tensors.items():
            if name.startswith("moment."):
                _, number, kind = name.split(".")
                plan["state"].setdefault(int(number), {})[kind] = value
        stepper.load_state_dict(plan)
        fall.last_epoch = int(about["step"])
        for group, rate in zip(stepper.param_groups, fall.base_lrs, strict=True):
            group["lr"] = rate * fall.lr_lambdas[0](fall.last_epoch)
        history: list[dict[str, float]] = json.loads(about["history"])
        return history
