"""What earlier readers say of all training texts, for the default model to learn from.

EmoBank and XED are small, and a tuned encoder learns them by heart. A kernel machine on the
features of the whole encoder, which was never tuned, errs elsewhere; the mean of both is better
than either, and taught over the texts of all sets it leaves the small sets less to be learned by
heart (Hinton et al. 2015, Distilling the Knowledge in a Neural Network). The model also learns
to say what the last layer of the whole encoder would have said, of which it keeps half the layers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from affectkit.learn.heads import probabilities
from affectkit.learn.joint_text import JointText, Task, outputs
from affectkit.optional import require
from affectkit.perceive.text_encoder import TextEncoder
from affectkit.progress import Progress, silent
from affectkit.recipes.text.calibrating import folds, same_range

_AT_ONCE = 2048
_FOLDS = 4
_THREADS = 2
_FEW = 640
MEANING = "meaning"
"""The task of saying what the whole encoder says."""

Floats = NDArray[np.float64]
Features = NDArray[np.float32]


def taught(
    tasks: Sequence[Task],
    learned: JointText,
    tuned: TextEncoder,
    frozen: TextEncoder,
    subjects: Mapping[str, Sequence[int]],
    *,
    width: int,
    seed: int,
    progress: Progress | None = None,
) -> list[Task]:
    """Return the tasks with what the teachers say of their texts, and the task of meaning.

    Of the texts that a subject was learned from, the target becomes the mean of the truth and of
    what a kernel machine says that learned from the other three quarters; of all other texts,
    what the tuned model and the kernel machine say on average.

    Parameters
    ----------
    tasks
        What the model learned from.
    learned, tuned
        The model, and its encoder as it will ship.
    frozen
        An encoder that was not tuned.
    subjects
        Which outputs to teach, by the name of their task.
    width
        How many of the frozen encoder's features, from the end, are the meaning of a text.
    seed
        Of the quarters.
    progress
        Told ``("teachers", done, total)``.
    """
    report = progress or silent
    total = 2 * len(tasks) + len(subjects)
    known: dict[str, Features] = {}
    seen: dict[str, Features] = {}
    for i, task in enumerate(tasks):
        report("teachers", 2 * i, total)
        known[task.name] = _features(frozen, task.pieces)
        report("teachers", 2 * i + 1, total)
        seen[task.name] = _features(tuned, task.pieces)
    out = {task.name: task for task in tasks}
    for i, (name, which) in enumerate(subjects.items()):
        report("teachers", 2 * len(tasks) + i, total)
        subject = next(task for task in tasks if task.name == name)
        columns = list(which)
        truth = subject.target[:, columns].astype(np.float64)
        apart = np.zeros(truth.shape)
        for fitted, judged in folds(len(truth), _FOLDS, seed):
            machine = _Kernel(known[name][fitted], truth[fitted])
            apart[judged] = machine.predict(known[name][judged])
        target = subject.target.copy()
        target[:, columns] = (truth + _alike(apart, truth, subject.kind)) / 2
        out[name] = replace(out[name], target=target)
        machine = _Kernel(known[name], truth)
        for task in tasks:
            if task.name == name:
                continue
            ours = outputs(learned, name, seen[task.name], task.pieces)[:, columns]
            said = np.full((len(ours), len(subject.outputs)), np.nan, dtype=np.float32)
            said[:, columns] = _together(ours, machine.predict(known[task.name]), subject.kind)
            out[task.name] = replace(out[task.name], taught={**out[task.name].taught, name: said})
    every = np.concatenate([known[task.name][:, -width:] for task in tasks])
    mean, scale = every.mean(axis=0), every.std(axis=0) + 1e-6
    meaning = {name: (told[:, -width:] - mean) / scale for name, told in known.items()}
    for task in tasks:
        now = out[task.name]
        out[task.name] = replace(now, taught={**now.taught, MEANING: meaning[task.name]})
    report("teachers", total, total)
    own = tasks[0]
    few = Task(
        MEANING,
        "ratings",
        tuple(f"meaning {i + 1}" for i in range(width)),
        own.pieces[:_FEW],
        meaning[own.name][:_FEW],
        weight=2.0,
    )
    return [*(out[task.name] for task in tasks), few]


def imitated(
    tasks: Sequence[Task], encoder: TextEncoder, *, progress: Progress | None = None
) -> list[Task]:
    """Return the tasks with the features of an encoder, for a narrower one to imitate.

    Parameters
    ----------
    tasks
        What there is to learn from.
    encoder
        Whose features they are.
    progress
        Told ``("teachers", done, total)``.
    """
    report = progress or silent
    out = []
    for i, task in enumerate(tasks):
        report("teachers", i, len(tasks))
        out.append(replace(task, features=_features(encoder, task.pieces)))
    report("teachers", len(tasks), len(tasks))
    return out


class _Kernel:
    """Ridge regression in the space of a Gaussian kernel, as wide as features are many."""

    def __init__(self, features: Features, truth: Floats) -> None:
        require("sklearn", extra="train")
        from sklearn.kernel_ridge import KernelRidge
        from threadpoolctl import threadpool_limits

        self._mean, self._scale = features.mean(axis=0), features.std(axis=0) + 1e-6
        self._offset = truth.mean(axis=0)
        self._fitted = KernelRidge(kernel="precomputed", alpha=1.0)
        self._seen = self._standard(features)
        with threadpool_limits(_THREADS):  # as many each time: the sums come out the same
            kernel = _gaussian(self._seen, self._seen)
            self._fitted.fit(kernel, (truth - self._offset).astype(np.float32))

    def predict(self, features: Features) -> Floats:
        """Return what it says [shape=(n, n_outputs)]."""
        from threadpoolctl import threadpool_limits

        with threadpool_limits(_THREADS):
            parts = [
                self._fitted.predict(
                    _gaussian(self._standard(features[at : at + _AT_ONCE]), self._seen)
                )
                for at in range(0, len(features), _AT_ONCE)
            ]
        return np.asarray(np.concatenate(parts) + self._offset, dtype=np.float64)

    def _standard(self, features: Features) -> Features:
        return np.asarray((features - self._mean) / self._scale, dtype=np.float32)


def _gaussian(a: Features, b: Features) -> Features:
    """Return the kernel between rows of standardised features, in 32 bits [shape=(n, m)]."""
    squared = (a * a).sum(axis=1)[:, None] + (b * b).sum(axis=1)[None, :] - 2 * (a @ b.T)
    return np.asarray(np.exp(np.maximum(squared, 0) / -a.shape[1]), dtype=np.float32)


def _features(encoder: TextEncoder, pieces: Sequence[Sequence[int]]) -> Features:
    parts = [
        encoder.encode_pieces([list(p) for p in pieces[at : at + _AT_ONCE]])
        for at in range(0, len(pieces), _AT_ONCE)
    ]
    return np.concatenate(parts).astype(np.float32)


def _alike(told: Floats, truth: Floats, kind: str) -> Floats:
    """Return what a machine tells, as probabilities or in the range of the truth."""
    if kind == "labels":
        return np.clip(told, 0, 1)
    factor, offset = same_range(told, truth)
    return told * factor + offset


def _together(ours: NDArray[np.float32], machine: Floats, kind: str) -> Floats:
    if kind == "labels":
        return (probabilities("sigmoid", ours) + np.clip(machine, 0, 1)) / 2
    # A ridge holds back; brought to the range of the tuned model it counts as much.
    factor, offset = same_range(machine, ours.astype(np.float64))
    return (ours + machine * factor + offset) / 2
