"""Every rating kept (paper 007): all-inclusive targets against those that a majority leaves.

A majority rule throws away the items on which no label has more than half of the votes, and with
them every vote for another label. How much that is, is counted on CREMA-D and FER+, whose votes
are here without sound or picture. What it costs is measured where there are words: sentences of
EmoBank, whose readers' ratings are put into five regions of valence and arousal, and VADER's
tweets, whose twenty ratings are put into five degrees. On the same frozen features a softmax
regression learns from the majority's label or from all votes, and both answer every held-out
text: the labels with a share of votes above 1/C are to be found. In between stand the two halves
of the change (only keeping every text, only keeping all votes), so that it shows which one helps.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from affectkit.data import crema_d_votes, emobank
from affectkit.data.emobank_documents import places
from affectkit.learn.grouped_ridge import group_folds, principal
from affectkit.measure.intervals import Interval
from affectkit.measure.paired_runs import runs_difference
from affectkit.measure.votes import (
    above_uniform,
    has_majority,
    has_plurality,
    share_of,
    shares,
)
from affectkit.optional import require
from affectkit.perceive.text_encoder import TextEncoder
from affectkit.progress import Progress, silent
from affectkit.recipes.finding import Finding, compared
from affectkit.recipes.ratings.vader_raters import binned, rated_texts

ID = "ratings.all_inclusive"
PAPER = 7
TITLE = "Keeping every rating against keeping the majority's label, scored on every item"
NEEDS = (
    "av/speech/crema-d-votes", "av/face/ferplus", "text-open/emobank", "text-open/vader",
    "weights:text_encoder", "package:scipy",
)  # fmt: skip

RULES = ("majority", "majority, all votes", "plurality", "all-inclusive", "penalised")
"""What a model learns from; `penalised` is all-inclusive with the co-occurrence penalty."""
TRIVIAL = "mean shares for every text"
EVERY = "every label told of every text"
PENALTIES = (1e-3, 1e-2, 1e-1)
"""Of the squared weights; chosen on VADER's reviews, on which nothing is scored, by divergence."""
SIZES = {True: (1500, 900, 300), False: (400, 300, 200)}
"""Sentences of EmoBank, tweets and reviews, in the full and the plain run."""
FEATURES = 64

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Voted:
    """Texts with the votes on each.

    Parameters
    ----------
    texts
        [shape=(n,)].
    votes
        How many raters gave each label [shape=(n, n_labels)].
    groups
        What is kept on one side of a split [shape=(n,)].
    data
        The data set's folder.
    """

    texts: list[str]
    votes: NDArray[np.intp]
    groups: NDArray[np.str_]
    data: str


def run(
    *,
    data: Path,
    seeds: Sequence[int] = (0, 1, 2),
    full: bool = False,
    progress: Progress | None = None,
) -> list[Finding]:
    """Return what the majority rule discards, and what it costs to learn from what it leaves.

    Parameters
    ----------
    data
        Folder with the public data sets.
    seeds
        Seeds of how texts are dealt to folds.
    full
        More texts and draws.
    progress
        Told ``("models", done, total)``.
    """
    require("scipy", extra="train")
    tell = progress or silent
    draws = 1000 if full else 200
    bank, tweets, reviews = SIZES[full]
    sets = [emobank_votes(data, bank, seeds[0]), vader_votes(data, "tweets", tweets, seeds[0])]
    apart = vader_votes(data, "reviews", reviews, seeds[0])
    steps = 1 + len(sets) * len(seeds)
    encoder = TextEncoder()
    tell("models", 0, steps)
    chosen = chosen_penalties(principal(encoder.encode(apart.texts), FEATURES), apart, seeds[0])
    found = []
    for s, voted in enumerate(sets):
        x = principal(encoder.encode(voted.texts), FEATURES)
        told: dict[str, list[Floats]] = {rule: [] for rule in (*RULES, TRIVIAL)}
        for k, seed in enumerate(seeds):
            tell("models", 1 + s * len(seeds) + k, steps)
            folds = group_folds(voted.groups, 5, seed=seed)
            for rule in RULES:
                told[rule].append(out_of_fold(x, voted.votes, folds, rule, chosen[rule]))
            told[TRIVIAL].append(same_for_all(voted.votes, folds))
        runs = {rule: np.stack(rows) for rule, rows in told.items()}
        found.append(_learned(voted, runs, seeds, draws))
    tell("models", steps, steps)
    scores, floors, distances, penalties = zip(*found, strict=True)
    return [*scores, *floors, *distances, *penalties, *discarded(data, seeds, draws)]


def emobank_votes(data: Path, most: int, seed: int) -> Voted:
    """Return sentences of EmoBank, whole documents, with their readers' ratings as votes.

    The five labels: neutral valence; unpleasant or pleasant, with arousal above the middle or
    not. A reader's rating falls into one of them.
    """
    table = emobank.read(data).table[["id", "text"]].merge(places(data), on="id")
    same = table["text"].str.lower().str.split().str.join(" ").duplicated()
    table = table[~same & ~table["again"]].reset_index(drop=True)
    documents = table["document"].unique()
    order = np.random.default_rng(seed).permutation(documents)
    reached = table["document"].value_counts()[order].cumsum().to_numpy()
    kept = set(order[: int(np.searchsorted(reached, most)) + 1])
    table = table[table["document"].isin(kept)].reset_index(drop=True)
    single = emobank.single_ratings(data)
    label = region(single["valence"].to_numpy(), single["arousal"].to_numpy())
    votes = pd.crosstab(single["id"], label).reindex(columns=range(5), fill_value=0)
    return Voted(
        table["text"].tolist(),
        votes.reindex(table["id"]).to_numpy(dtype=np.intp),
        table["document"].to_numpy(dtype=str),
        emobank.FACTS.folder,
    )


def region(valence: Floats, arousal: Floats) -> NDArray[np.intp]:
    """Return which of five regions a rating falls into [shape=(n,)].

    Examples
    --------
    >>> region(np.array([0, -0.5, -0.5, 0.5, 0.5]), np.array([0.5, 0, 0.5, -0.5, 0.5])).tolist()
    [0, 1, 2, 3, 4]
    """
    side = np.where(valence < 0, 1, np.where(valence > 0, 3, 0))
    return np.asarray(np.where(side > 0, side + (arousal > 0), 0), dtype=np.intp)


def vader_votes(data: Path, part: str, most: int, seed: int) -> Voted:
    """Return texts of VADER with their ratings as votes for five degrees of valence."""
    texts, ratings = rated_texts(data, "tweets" if part == "tweets" else "reviews")
    kept = np.sort(np.random.default_rng(seed).permutation(len(texts))[:most])
    names = np.array([str(i) for i in kept])
    return Voted([texts[i] for i in kept], binned(ratings[kept]), names, "text-open/vader")


def targets(votes: NDArray[np.intp], rule: str) -> tuple[Floats, Flags]:
    """Return what a model learns by a rule, and of which items [shapes=(n, n_labels), (n,)].

    Examples
    --------
    >>> target, kept = targets(np.array([[3, 1, 0], [2, 2, 1]]), "majority")
    >>> target[0].tolist(), kept.tolist()
    ([1.0, 0.0, 0.0], [True, False])
    """
    share = shares(votes)
    first = np.eye(votes.shape[1])[share.argmax(axis=1)]
    every = np.ones(len(votes), dtype=bool)
    return {
        "majority": (first, has_majority(votes)),
        "majority, all votes": (share, has_majority(votes)),
        "plurality": (first, has_plurality(votes)),
        "all-inclusive": (share, every),
        "penalised": (share, every),
    }[rule]


def label_weights(share: Floats) -> Floats:
    """Return how much an error on each label counts by the co-occurrence penalty [shape=(C,)].

    ``P[j, z]`` is 1 less how often labels j and z stand together among those above 1/C, as a
    share of the most frequent pair; a label weighs the sum of its row, and weights have mean 1.

    Parameters
    ----------
    share
        Shares of votes of the items learned from [shape=(n, C)].

    References
    ----------
    The weighting of Chou et al. (2024) as the card of the paper gives it; how they normalise P
    is not stated there.

    Examples
    --------
    >>> label_weights(np.array([[0.5, 0.5, 0.0], [0.5, 0.5, 0.0], [0.0, 0.5, 0.5]])).round(2)
    array([1. , 0.5, 1.5])
    """
    above = above_uniform(share).astype(float)
    together = above.T @ above
    np.fill_diagonal(together, 0.0)
    penalty = 1.0 - together / max(float(together.max()), 1.0)
    np.fill_diagonal(penalty, 0.0)
    weight = penalty.sum(axis=1)
    mean = weight.mean()
    return np.asarray(weight / mean if mean > 0 else np.ones(len(weight)))


def fitted(x: Floats, target: Floats, weight: Floats, penalty: float) -> Callable[[Floats], Floats]:
    """Return softmax regression on soft targets: a function from features to probabilities.

    Minimises the mean over items of ``sum_j weight_j target_j (log target_j - log p_j)`` and
    `penalty` times the squared coefficients.
    """
    from scipy.optimize import minimize

    n, k = x.shape
    c = target.shape[1]
    weighted = target * weight
    whole = weighted.sum(axis=1, keepdims=True)

    def loss(flat: Floats) -> tuple[float, Floats]:
        w = flat.reshape(k + 1, c)
        z = x @ w[:k] + w[k]
        z -= z.max(axis=1, keepdims=True)
        log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
        error = whole * np.exp(log_p) - weighted
        slope = np.vstack([x.T @ error / n + 2 * penalty * w[:k], error.mean(axis=0)])
        value = -(weighted * log_p).sum() / n + penalty * (w[:k] ** 2).sum()
        return float(value), slope.ravel()

    found = minimize(
        loss, np.zeros((k + 1) * c), jac=True, method="L-BFGS-B", options={"maxiter": 40}
    )
    w = found.x.reshape(k + 1, c)

    def told(features: Floats) -> Floats:
        z = features @ w[:k] + w[k]
        p = np.exp(z - z.max(axis=1, keepdims=True))
        return np.asarray(p / p.sum(axis=1, keepdims=True))

    return told


def out_of_fold(
    x: Floats, votes: NDArray[np.intp], folds: NDArray[np.intp], rule: str, penalty: float
) -> Floats:
    """Return probabilities of every item by models that never saw its fold [shape=(n, C)]."""
    target, kept = targets(votes, rule)
    out = np.empty(target.shape)
    for fold in np.unique(folds):
        learn = (folds != fold) & kept
        # One scale for all: the first components keep their lead.
        scale = float(np.sqrt((x[learn] ** 2).mean())) + 1e-9
        even = np.ones(votes.shape[1])
        weight = label_weights(target[learn]) if rule == "penalised" else even
        model = fitted(x[learn] / scale, target[learn], weight, penalty)
        out[folds == fold] = model(x[folds == fold] / scale)
    return out


def same_for_all(votes: NDArray[np.intp], folds: NDArray[np.intp]) -> Floats:
    """Return for each item the mean shares of votes outside its fold [shape=(n, C)].

    Examples
    --------
    >>> same_for_all(np.array([[2, 0], [1, 1], [0, 2]]), np.array([0, 1, 1])).tolist()
    [[0.25, 0.75], [1.0, 0.0], [1.0, 0.0]]
    """
    share = shares(votes)
    return np.stack([share[folds != fold].mean(axis=0) for fold in folds])


def chosen_penalties(x: Floats, voted: Voted, seed: int) -> dict[str, float]:
    """Return for each rule the penalty that comes nearest to votes on texts kept for that."""
    folds = group_folds(voted.groups, 3, seed=seed)
    share = shares(voted.votes)
    out = {}
    for rule in RULES:
        far = [
            divergence(share, out_of_fold(x, voted.votes, folds, rule, penalty))
            for penalty in PENALTIES
        ]
        out[rule] = PENALTIES[int(np.argmin(far))]
    return out


def macro_f1_of_sets(truth: Flags, told: Floats) -> float:
    """Return the mean over labels of the F1 of which items have the label.

    Parameters
    ----------
    truth
        Which labels an item has [shape=(n, C)].
    told
        Probabilities; those above 1/C are taken for told labels [shape=(n, C)].

    Examples
    --------
    >>> macro_f1_of_sets(np.array([[True, False], [True, True]]), np.array([[0.9, 0.1]] * 2))
    0.5
    """
    said = above_uniform(told)
    hits = (truth & said).sum(axis=0)
    return float(np.mean(2 * hits / np.maximum(truth.sum(axis=0) + said.sum(axis=0), 1)))


def divergence(share: Floats, told: Floats) -> float:
    """Return the mean Kullback-Leibler divergence of told from people's shares, in nats."""
    safe = np.where(share > 0, share, 1.0)
    return float((share * (np.log(safe) - np.log(np.clip(told, 1e-12, 1)))).sum(axis=1).mean())


def discarded(data: Path, seeds: Sequence[int], draws: int) -> list[Finding]:
    """Return what majority and plurality rules discard of CREMA-D, with FER+ in the notes."""
    table = crema_d_votes.read(data).table
    votes = table[list(crema_d_votes.LABELS)].to_numpy()
    channel, actor = table["channel"].to_numpy(), table["actor"].to_numpy(dtype=str)
    said = []
    for name in crema_d_votes.CHANNELS:
        part = votes[channel == name]
        several = above_uniform(shares(part)).sum(axis=1) > 1
        said.append(
            f"{name}: no majority {np.mean(~has_majority(part)):.1%}, no plurality "
            f"{np.mean(~has_plurality(part)):.1%}, several labels above 1/6 {several.mean():.1%}, "
            f"votes lost to the majority rule {1 - kept_votes(part, has_majority(part)):.1%}, to "
            f"plurality {1 - kept_votes(part, has_plurality(part)):.1%}"
        )
    faces = pd.read_csv(data / "av/face/ferplus/fer2013new.csv.gz").iloc[:, 2:10].to_numpy()
    faces = faces[faces.sum(axis=1) > 1]
    said.append(
        f"FER+ ({len(faces)} faces, eight emotions): no majority "
        f"{np.mean(~has_majority(faces)):.1%}, no plurality {np.mean(~has_plurality(faces)):.1%}"
    )
    voice = votes[channel == "voice"]
    gone = [~rule(voice) for rule in (has_majority, has_plurality)]
    clusters = actor[channel == "voice"]
    gap = share_of_difference(gone[0], gone[1], clusters, draws, seeds[0])
    claim = "the majority rule discards more clips of CREMA-D by voice than the plurality rule"
    notes = (
        "; ".join(said) + "; the paper has up to 92.0 % of clips for the majority rule and 33.7 % "
        "for plurality, on secondary labels of other corpora: the order is the same, the size is "
        "not"
    )
    return [
        compared(
            claim, "share of clips discarded", float(gone[0].mean()), float(gone[1].mean()),
            "plurality rule", gap, seeds=seeds, data=crema_d_votes.FACTS.folder, notes=notes,
        )
    ]  # fmt: skip


def kept_votes(votes: NDArray[np.intp], kept: Flags) -> float:
    """Return the share of votes that are left: those for the first label of kept items.

    Examples
    --------
    >>> kept_votes(np.array([[3, 1], [2, 2]]), np.array([True, False]))
    0.375
    """
    return float(votes[kept].max(axis=1).sum() / votes.sum())


def share_of_difference(
    first: Flags, second: Flags, clusters: NDArray[np.str_], draws: int, seed: int
) -> Interval:
    """Return by how much one share is larger than another, of the same items, with interval."""
    # The majority discards whatever plurality does, so their difference is a share itself.
    assert not (second & ~first).any()
    return share_of(first & ~second, clusters=clusters, n=draws, seed=seed)


def _learned(
    voted: Voted, runs: dict[str, Floats], seeds: Sequence[int], draws: int
) -> tuple[Finding, Finding, Finding, Finding]:
    share = shares(voted.votes)
    truth = above_uniform(share)
    mean = {r: float(np.mean([macro_f1_of_sets(truth, p) for p in runs[r]])) for r in runs}
    far = {r: float(np.mean([divergence(share, p) for p in runs[r]])) for r in runs}
    runs = {**runs, EVERY: np.ones_like(runs[TRIVIAL])}
    always = macro_f1_of_sets(truth, runs[EVERY][0])
    told = {r: float(above_uniform(np.concatenate(p)).sum(axis=1).mean()) for r, p in runs.items()}
    sure = has_majority(voted.votes)
    flattered = float(np.mean([macro_f1_of_sets(truth[sure], p[sure]) for p in runs["majority"]]))

    def gap(
        statistic: Callable[..., float], target: NDArray[np.generic], ours: str, theirs: str
    ) -> Interval:
        return runs_difference(
            statistic, target, runs[ours], runs[theirs], clusters=voted.groups, n=draws,
            seed=seeds[0],
        )  # fmt: skip

    where = "EmoBank's sentences" if voted.data.endswith("emobank") else "VADER's tweets"
    parts = ", ".join(f"{rule} {value:.3f}" for rule, value in mean.items())
    score = compared(
        f"on {where}, learning from every vote finds the labels above 1/C better than learning "
        "from the majority's",
        "macro-F1 of the label sets of all held-out texts",
        mean["all-inclusive"], mean["majority"], "majority label, texts with a majority only",
        gap(macro_f1_of_sets, truth, "all-inclusive", "majority"),
        seeds=seeds, data=voted.data,
        notes=f"{len(truth)} texts, {voted.votes.sum(axis=1).mean():.1f} ratings each, five "
        f"labels; {np.mean(~sure):.1%} have no majority; by what was learned from: {parts}; "
        f"scored on texts with a majority only, the majority's model would seem to reach "
        f"{flattered:.3f}; labels a text: people {truth.sum(axis=1).mean():.1f}, majority "
        f"{told['majority']:.1f}, all-inclusive {told['all-inclusive']:.1f}; "
        "texts with features of the frozen encoder stand in for clips",
    )  # fmt: skip
    floor = compared(
        f"on {where}, learning from every vote finds the labels above 1/C better than telling "
        "every label of every text",
        "macro-F1 of the label sets of all held-out texts",
        mean["all-inclusive"], always, EVERY,
        gap(macro_f1_of_sets, truth, "all-inclusive", EVERY),
        seeds=seeds, data=voted.data,
        notes="this baseline shows how far the score alone rewards telling many labels, whatever "
        "the text says",
    )  # fmt: skip
    between = gap(divergence, share, "all-inclusive", "majority")
    distance = Finding(
        claim=f"on {where}, learning from every vote comes nearer to the distribution of votes "
        "than learning from the majority's",
        metric="Kullback-Leibler divergence of the model from the votes, nats (less is better)",
        value=far["all-inclusive"], baseline=far["majority"],
        baseline_name="majority label, texts with a majority only",
        low=between.low, high=between.high, n=between.n, seeds=tuple(seeds), data=(voted.data,),
        holds=between.high < 0,
        notes=", ".join(f"{rule} {value:.3f}" for rule, value in far.items()),
    )  # fmt: skip
    penalised = compared(
        f"on {where}, the co-occurrence penalty finds the labels above 1/C better than learning "
        "from every vote without it",
        "macro-F1 of the label sets of all held-out texts",
        mean["penalised"], mean["all-inclusive"], "all-inclusive without the penalty",
        gap(macro_f1_of_sets, truth, "penalised", "all-inclusive"),
        seeds=seeds, data=voted.data,
        notes="P is 1 less the share of co-occurrence of the most frequent pair; the sum over a "
        "row weighs the label in the divergence; how the paper normalises P is not stated in its "
        "card",
    )  # fmt: skip
    return score, floor, distance, penalised


if __name__ == "__main__":
    from affectkit.recipes.run import main

    main()
