"""Dual emotion and rumours (paper 086): does what repliers feel tell whether a rumour is true?

A linear model reads the post by a sentence encoder, and beside it nothing, the emotions of the
post (publisher), or those of the post, of its replies and the gap between them (dual). It is
trained on all events but one and asked about that one. Regularisation is chosen in the training
events by the same rule. The emotion vector holds 28 probabilities and valence, arousal and
dominance of the shipped text model where the paper has a hosted classifier and NRC's lexicons;
VADER's words and the sixteen auxiliary counts are as in the paper. Columns of the emotion vectors
are scaled by their spread over all posts, those asked about too; no label is looked at for that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from affectkit.data import rumoureval2017, vader
from affectkit.measure.intervals import bootstrap
from affectkit.measure.metrics import macro_f1
from affectkit.optional import require
from affectkit.perceive.dual_emotion import EmotionVector, dual
from affectkit.perceive.text_encoder import TextEncoder
from affectkit.progress import Progress, silent
from affectkit.recipes.finding import Finding

ID = "text.dual_emotion"
PAPER = 86
TITLE = "Emotions of a post, of its replies and the gap between them, to judge a rumour"
NEEDS = (
    "text-internal/rumoureval2017",
    "text-open/vader",
    "weights:text_encoder",
    "package:sklearn",
)

COSTS = (0.01, 0.1, 1.0)
SMALL = 20
"""Events with fewer threads are held out together."""

Floats = NDArray[np.float64]
Blocks = Sequence[Floats]


def run(
    *,
    data: Path,
    seeds: Sequence[int] = (0, 1, 2),
    full: bool = False,
    progress: Progress | None = None,
) -> list[Finding]:
    """Return what publisher and dual emotion add to the text, event by event."""
    require("sklearn", extra="train")
    tell = progress or silent
    threads = rumoureval2017.read(data).table
    most = 100 if full else 6
    replies = [list(r[:most]) for r in threads["replies"]]
    vector = EmotionVector(vader.lexicon(data))
    tell("emotions", 0, 2)
    own = vector(list(threads["text"]))
    every = vector([text for some in replies for text in some])
    ends = np.cumsum([len(some) for some in replies])[:-1]
    both = np.stack([dual(p, r) for p, r in zip(own, np.split(every, ends), strict=True)])
    # Emotions come in units of many kinds, the encoder's features in one.
    own, both = even(own), even(both)
    text = compact(TextEncoder().encode(list(threads["text"])).astype(np.float64))
    tell("emotions", 2, 2)
    truth = threads[list(rumoureval2017.VERACITY)].to_numpy().argmax(axis=1)
    sizes = threads["event"].value_counts()
    events = np.array([e if sizes[e] >= SMALL else "small events" for e in threads["event"]])
    k = own.shape[1]
    inputs: Mapping[str, Blocks] = {
        "text": [text],
        "text and publisher emotion": [text, own],
        "text and dual emotion": [text, both],
        "publisher emotion": [own],
        "dual emotion": [both],
        "text and social emotion": [text, both[:, k : 3 * k]],
    }
    said = {}
    for number, (name, blocks) in enumerate(inputs.items()):
        said[name] = by_event(blocks, truth, events)
        tell("events held out", number + 1, len(inputs))
    common = np.bincount(truth).argmax()
    by_group = {
        e: "/".join(f"{macro_f1(truth[events == e], y[events == e]):.2f}" for y in
                    (said["text"], said["text and dual emotion"]))
        for e in dict.fromkeys(events)
    }  # fmt: skip
    notes = (
        "macro-F1: "
        + ", ".join(f"{name} {macro_f1(truth, yes):.3f}" for name, yes in said.items())
        + f", always the commonest {macro_f1(truth, np.full(len(truth), common)):.3f}; by held-out "
        f"event, text / with dual: {', '.join(f'{e} {v}' for e, v in by_group.items())}; "
        f"{len(by_group)} groups of events are drawn whole for the interval, at most {most} "
        "replies a thread"
    )
    found: list[Finding] = []
    for ours, theirs in (
        ("text and dual emotion", "text"),
        ("text and dual emotion", "text and publisher emotion"),
        ("text and publisher emotion", "text"),
        ("dual emotion", "publisher emotion"),
    ):

        def gain(t: Floats, a: Floats, b: Floats) -> float:
            return macro_f1(t, a) - macro_f1(t, b)

        gap = bootstrap(
            gain, truth, said[ours], said[theirs], clusters=events, n=2000, seed=seeds[0]
        )
        threads_only = bootstrap(gain, truth, said[ours], said[theirs], n=1000, seed=seeds[0])
        found.append(
            Finding(
                claim=f"{ours} judge rumours of unseen events better than {theirs} alone",
                metric="macro-F1 over true, false, unverified",
                value=macro_f1(truth, said[ours]),
                baseline=macro_f1(truth, said[theirs]),
                baseline_name=theirs,
                low=gap.low,
                high=gap.high,
                n=gap.n,
                seeds=tuple(seeds[:1]),
                data=("text-internal/rumoureval2017", "text-open/vader"),
                holds=gap.low > 0,
                notes=f"with threads drawn one by one {threads_only.low:.3f} to "
                f"{threads_only.high:.3f} (n = {threads_only.n})"
                + (f"; {notes}" if not found else ""),
            )
        )
    return found


def by_event(blocks: Blocks, truth: NDArray[np.intp], events: NDArray[np.str_]) -> NDArray[np.intp]:
    """Return the class of each row as told by a model that saw no row of its event.

    Parameters
    ----------
    blocks
        Kinds of features, each [shape=(n, k)]; each kind counts for as much as the others.
    truth
        Class numbers [shape=(n,)].
    events
        Which event each row belongs to [shape=(n,)]; two at least besides the one held out.
    """
    said = np.zeros_like(truth)
    for event in np.unique(events):
        test, train = np.flatnonzero(events == event), np.flatnonzero(events != event)
        inner = np.zeros((len(COSTS), len(truth)), dtype=truth.dtype)
        for other in np.unique(events[train]):
            out = train[events[train] == other]
            inner[:, out] = _tell(blocks, truth, train[events[train] != other], out, COSTS)
        scores = [macro_f1(truth[train], row[train]) for row in inner]
        best = COSTS[int(np.argmax(scores))]
        said[test] = _tell(blocks, truth, train, test, [best])[0]
    return said


def even(features: Floats) -> Floats:
    """Return columns of one spread each, cut off at five times that.

    No label is looked at. A count that hardly ever differs from zero would be a giant where it
    does.
    """
    scale = features.std(axis=0)
    centred = (features - features.mean(axis=0)) / np.where(scale > 1e-9, scale, 1.0)
    return np.asarray(np.clip(centred, -5, 5))


def compact(features: Floats) -> Floats:
    """Return features turned so that they need no more columns than rows, with equal distances.

    Examples
    --------
    >>> wide = np.eye(2, 50)
    >>> compact(wide).shape
    (2, 2)
    """
    _, _, axes = np.linalg.svd(features, full_matrices=False)
    return np.asarray(features @ axes.T)


def _tell(
    blocks: Blocks,
    truth: NDArray[np.intp],
    train: NDArray[np.intp],
    test: NDArray[np.intp],
    costs: Sequence[float],
) -> NDArray[np.intp]:
    """Return classes of the test rows for each cost [shape=(n_costs, n_test)]."""
    from sklearn.linear_model import LogisticRegression

    parts = []
    for block in blocks:
        centred = block - block[train].mean(axis=0)
        size = float(np.sqrt((centred[train] ** 2).sum(axis=1).mean()))
        parts.append(centred / max(size, 1e-9))
    x = np.concatenate(parts, axis=1) * 10
    said = []
    for cost in costs:
        model = LogisticRegression(C=cost, class_weight="balanced", max_iter=200)
        said.append(model.fit(x[train], truth[train]).predict(x[test]))
    return np.asarray(said)


if __name__ == "__main__":
    from affectkit.recipes.run import main

    main()
