"""The loop that trains a network on texts: batches by length, curricula, early stopping."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from affectkit.optional import require
from affectkit.progress import Progress, silent

_SORTED_TOGETHER = 20  # batches that are cut from texts sorted by length
_WARM_UP = 0.06  # of all steps

Rows = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Lesson:
    """What one epoch consists of.

    Parameters
    ----------
    rows
        Items in the order in which they are taught; None: all, drawn anew.
    weight
        How much each of all items counts [shape=(n,)]; an item of weight 0 is left out.
    """

    rows: ArrayLike | None = None
    weight: ArrayLike | None = None


Curriculum = Callable[[int, int], Lesson]
"""Called as ``curriculum(epoch, n_epochs)`` before each epoch; rows count from the first text
that `fit` was given, and those of the held-back part are passed over."""


def easy_first(difficulty: ArrayLike, *, start: float = 0.3) -> Curriculum:
    """Return a curriculum that begins with the easiest items and ends with all of them.

    Parameters
    ----------
    difficulty
        Of each item, in any unit, such as its length or its raters' disagreement [shape=(n,)].
    start
        Share of the items in the first epoch, above 0 and at most 1.

    References
    ----------
    Platanios et al. (2019), Competence-based curriculum learning for neural machine
    translation, equation 7 (root competence).

    Examples
    --------
    >>> taught = easy_first([3, 1, 2, 4], start=0.5)
    >>> taught(0, 3).weight.tolist(), taught(2, 3).weight.tolist()
    ([0.0, 1.0, 1.0, 0.0], [1.0, 1.0, 1.0, 1.0])
    """
    if not 0 < start <= 1:
        raise ValueError("start must be above 0 and at most 1")
    rank = np.argsort(np.argsort(np.asarray(difficulty), kind="stable"), kind="stable")

    def lesson(epoch: int, n_epochs: int) -> Lesson:
        passed = epoch / max(n_epochs - 1, 1)
        share = min(1.0, (passed * (1 - start**2) + start**2) ** 0.5)
        return Lesson(weight=(rank < np.ceil(share * len(rank))).astype(np.float64))

    return lesson


@dataclass(frozen=True)
class Loop:
    """How to train: rates, sizes and when to stop."""

    epochs: int
    batch_size: int
    learning_rate: float
    head_rate: float
    weight_decay: float
    validation: float
    patience: int | None
    seed: int


def train(
    network: Any,
    inputs: Callable[[Rows], tuple[Any, ...]],
    lengths: NDArray[np.intp],
    loss: Callable[[Any, Rows, Any], Any],
    loop: Loop,
    *,
    curriculum: Curriculum | None = None,
    progress: Progress | None = None,
) -> list[dict[str, float]]:
    """Train a network in place and return the mean loss of each epoch.

    Parameters
    ----------
    network
        A torch module; parameters below ``head`` learn at `Loop.head_rate`.
    inputs
        What the network takes, for rows of the data.
    lengths
        Of the texts, so that batches hold texts alike in length [shape=(n,)].
    loss
        Of outputs, rows and weights of rows (or None).
    loop
        Rates, sizes, when to stop.
    curriculum
        What each epoch consists of.
    progress
        Told ``("training", step, steps)``.

    Returns
    -------
    list of dict
        ``train`` and, where a part is held back, ``held`` for each epoch.
    """
    torch = require("torch", extra="train")
    report = progress or silent
    order = np.random.default_rng((loop.seed, 17)).permutation(len(lengths))
    n_held = round(loop.validation * len(lengths))
    held, kept = np.sort(order[:n_held]), np.sort(order[n_held:])
    if not len(kept):
        raise ValueError("nothing is left to learn from: validation is too large")
    stepper = _stepper(torch, network, loop)
    per_epoch = -(-len(kept) // loop.batch_size)
    total = max(per_epoch * loop.epochs, 1)
    fall = torch.optim.lr_scheduler.LambdaLR(stepper, _warm_and_fall(total))
    history: list[dict[str, float]] = []
    best, best_state, since = float("inf"), None, 0
    for epoch in range(loop.epochs):
        network.train()
        lost = []
        lesson = Lesson() if curriculum is None else curriculum(epoch, loop.epochs)
        weight = None if lesson.weight is None else np.asarray(lesson.weight, dtype=np.float32)
        rng = np.random.default_rng((loop.seed, epoch))
        for i, rows in enumerate(_epoch(lesson, weight, kept, lengths, loop.batch_size, rng)):
            report("training", min(epoch * per_epoch + i, total), total)
            of_rows = None if weight is None else torch.from_numpy(weight[rows])
            value = loss(network(*inputs(rows)), rows, of_rows)
            stepper.zero_grad()
            value.backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            stepper.step()
            fall.step()
            lost.append(float(value.detach()))
        history.append({"train": float(np.mean(lost)) if lost else float("nan")})
        if len(held):
            history[-1]["held"] = _held_loss(torch, network, inputs, loss, held, lengths)
            since += 1
            if history[-1]["held"] < best:
                best, since = history[-1]["held"], 0
                best_state = _trained_state(network)
            elif loop.patience is not None and since >= loop.patience:
                break
    report("training", total, total)
    if best_state is not None:
        network.load_state_dict(best_state, strict=False)
    return history


def padded(pieces: Sequence[Sequence[int]], device: str) -> tuple[Any, Any]:
    """Return the pieces of texts as one tensor, and where they are [shapes=(n, longest)]."""
    torch = require("torch", extra="train")
    lengths = np.array([len(p) for p in pieces])
    ids = np.zeros((len(pieces), int(lengths.max())), dtype=np.int64)
    for i, p in enumerate(pieces):
        ids[i, : len(p)] = p
    mask = np.arange(ids.shape[1])[None, :] < lengths[:, None]
    return torch.from_numpy(ids).to(device), torch.from_numpy(mask).to(device)


def applied(
    network: Any,
    inputs: Callable[[Rows], tuple[Any, ...]],
    lengths: NDArray[np.intp],
    batch_size: int,
    progress: Progress | None = None,
) -> NDArray[np.float32]:
    """Return what the network says of every row, in the order of the rows."""
    torch = require("torch", extra="train")
    network.eval()
    found: list[NDArray[np.float32]] = []
    order = np.argsort(lengths, kind="stable")
    with torch.no_grad():
        for at in range(0, len(order), batch_size):
            (progress or silent)("reading", at, len(order))
            found.append(network(*inputs(order[at : at + batch_size])).float().cpu().numpy())
    out = np.concatenate(found)
    back = np.empty_like(out)
    back[order] = out
    return back


def _epoch(
    lesson: Lesson,
    weight: NDArray[np.float32] | None,
    kept: Rows,
    lengths: NDArray[np.intp],
    size: int,
    rng: np.random.Generator,
) -> Iterator[Rows]:
    rows = kept if lesson.rows is None else np.asarray(lesson.rows, dtype=np.intp)
    rows = rows[np.isin(rows, kept)]
    if weight is not None:
        rows = rows[weight[rows] > 0]
    if lesson.rows is not None:  # the order is the lesson's
        yield from (rows[at : at + size] for at in range(0, len(rows), size))
        return
    rows = rng.permutation(rows)
    found = []
    for at in range(0, len(rows), size * _SORTED_TOGETHER):
        part = rows[at : at + size * _SORTED_TOGETHER]
        part = part[np.argsort(lengths[part], kind="stable")]
        found += [part[i : i + size] for i in range(0, len(part), size)]
    for i in rng.permutation(len(found)):
        yield found[i]


def _stepper(torch: Any, network: Any, loop: Loop) -> Any:
    groups: dict[tuple[float, float], list[Any]] = {}
    for name, value in network.named_parameters():
        if value.requires_grad:
            rate = loop.head_rate if name.startswith("head.") else loop.learning_rate
            decay = loop.weight_decay if value.ndim > 1 else 0.0
            groups.setdefault((rate, decay), []).append(value)
    return torch.optim.AdamW(
        [{"params": p, "lr": r, "weight_decay": d} for (r, d), p in groups.items()]
    )


def _warm_and_fall(total: int) -> Callable[[int], float]:
    warm = max(_WARM_UP * total, 1)

    def share(step: int) -> float:
        return float(min((step + 1) / warm, max(0.0, (total - step) / (total - warm + 1))))

    return share


def _held_loss(
    torch: Any, network: Any, inputs: Any, loss: Any, held: Rows, lengths: NDArray[np.intp]
) -> float:
    """Return the loss over all held-back rows at once, as a concordance needs it."""
    network.eval()
    order = held[np.argsort(lengths[held], kind="stable")]
    with torch.no_grad():
        parts = [network(*inputs(order[at : at + 64])) for at in range(0, len(order), 64)]
        return float(loss(torch.cat(parts), order, None))


def _trained_state(network: Any) -> dict[str, Any]:
    """Return a copy of what training changes; the rest stays where it is."""
    changing = {name for name, p in network.named_parameters() if p.requires_grad}
    changing |= {name for name, _ in network.named_buffers()}
    state = network.state_dict()
    return {name: copy.deepcopy(state[name]) for name in changing if name in state}
