"""Hidden feelings (paper 017): posts whose anger readers miss, and the expressions in them.

In EmoBank some raters said how the writer of a sentence felt, others how a reader would feel. A
sentence hides an emotion if two or more of those who took the writer's side put it where that
emotion lies in valence, arousal and dominance, and no reader did. A linear detector over the
sentence encoder is asked about documents that it never saw; beside it stand the sentence's
length and a model of the anger that readers do see. Then the sentences that it ranks highest
are searched for expressions, by log-odds with a prior from all of them, next to those of a
detector of anger that shows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from affectkit.data import emobank, vader
from affectkit.data.emobank_documents import places
from affectkit.learn.grouped_ridge import balanced_weight, group_folds, out_of_fold, principal
from affectkit.measure.intervals import Interval
from affectkit.measure.log_odds import expressions, log_odds
from affectkit.measure.metrics import pearson
from affectkit.measure.paired_runs import runs_difference
from affectkit.measure.ranking import roc_auc
from affectkit.optional import require
from affectkit.perceive.text_encoder import TextEncoder
from affectkit.progress import Progress, silent
from affectkit.recipes.finding import Finding, compared

ID = "text.hidden_feeling"
PAPER = 17
TITLE = "Posts whose anger readers miss, and the expressions that mark them"
NEEDS = ("text-open/emobank", "text-open/vader", "weights:text_encoder", "package:scipy")

REGIONS = {
    "anger": ("below", "above", "not below"),
    "fear": ("below", "above", "below"),
    "sadness": ("below", "below", "any"),
    "joy": ("above", "above", "any"),
}
"""Where an emotion lies: valence, arousal, dominance against the middle of the scale."""

LEAST = 2
"""Raters of the writer's side who make an emotion the writer's."""
TOP = 0.05
"""Share of the sentences, those that score highest, that are searched for expressions."""
SHOWN = 30
"""Expressions that are looked at."""

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Posts:
    """Sentences with the document of each [shape=(n,)], and who found what in them.

    Parameters
    ----------
    texts, documents
        [shape=(n,)].
    writer, reader
        How many raters of either side put the sentence into each of `REGIONS`, by emotion.
    readers
        How many readers there were [shape=(n,)].
    """

    texts: list[str]
    documents: NDArray[np.str_]
    writer: dict[str, NDArray[np.intp]]
    reader: dict[str, NDArray[np.intp]]
    readers: NDArray[np.intp]


def run(
    *,
    data: Path,
    seeds: Sequence[int] = (0, 1, 2),
    full: bool = False,
    progress: Progress | None = None,
) -> list[Finding]:
    """Return whether hidden anger can be found, against which controls, and by what words.

    Parameters
    ----------
    data
        Folder with the public data sets.
    seeds
        Seeds of how documents are dealt to folds.
    full
        Ten folds instead of five, and more draws.
    progress
        Told ``("folds", done, total)``.
    """
    require("scipy", extra="train")
    tell = progress or silent
    posts = read(data)
    tell("folds", 0, len(seeds) + 1)
    x = principal(TextEncoder().encode(posts.texts), 256)
    told: dict[str, list[Floats]] = {name: [] for name in (*REGIONS, "seen", "shown")}
    shown = (posts.writer["anger"] >= LEAST) & (posts.reader["anger"] > 0)
    for k, seed in enumerate(seeds):
        tell("folds", k + 1, len(seeds) + 1)
        folds = group_folds(posts.documents, 10 if full else 5, seed=seed)
        for emotion in REGIONS:
            hides = missed(posts.writer[emotion], posts.reader[emotion])
            told[emotion].append(detect(x, hides, folds))
        seen = posts.reader["anger"] / posts.readers
        told["seen"].append(out_of_fold(x, seen, folds, pearson))
        told["shown"].append(detect(x, shown, folds))
    tell("folds", len(seeds) + 1, len(seeds) + 1)
    runs = {name: np.stack(rows) for name, rows in told.items()}
    draws = 1000 if full else 300
    words = vader.lexicon(data)
    return [*_ranked(posts, runs, seeds, draws), _marked(posts, runs, seeds, draws, words)]


def read(data: Path) -> Posts:
    """Return EmoBank's sentences, each text once, with the raters of both sides."""
    table = emobank.read(data).table[["id", "text"]].merge(places(data), on="id")
    # A text that stands in two documents would be in learning and in judging alike.
    same = table["text"].str.lower().str.split().str.join(" ").duplicated()
    table = table[~same & ~table["again"]].reset_index(drop=True)
    counts: dict[str, dict[str, NDArray[np.intp]]] = {}
    raters = {}
    for side in ("writer", "reader"):
        ratings = emobank.single_ratings(data, perspective=side)
        by_id = ratings["id"]
        counts[side] = {
            emotion: _by_post(within(ratings, emotion).groupby(by_id).sum(), table["id"])
            for emotion in REGIONS
        }
        raters[side] = _by_post(by_id.groupby(by_id).size(), table["id"])
    return Posts(
        table["text"].tolist(),
        table["document"].to_numpy(dtype=str),
        counts["writer"],
        counts["reader"],
        raters["reader"],
    )


def _by_post(counted: pd.Series, ids: pd.Series) -> NDArray[np.intp]:
    return np.asarray(counted.reindex(ids).to_numpy(), dtype=np.intp)


def within(ratings: pd.DataFrame, emotion: str) -> pd.Series:
    """Return which ratings lie where an emotion does, by `REGIONS`.

    Parameters
    ----------
    ratings
        ``valence, arousal, dominance`` in [-1, 1].
    emotion
        One of `REGIONS`.

    Examples
    --------
    >>> one = pd.DataFrame({"valence": [-0.5], "arousal": [0.5], "dominance": [0.0]})
    >>> bool(within(one, "anger")[0]), bool(within(one, "fear")[0])
    (True, False)
    """
    inside = pd.Series(True, index=ratings.index)
    for name, side in zip(emobank.SPACE, REGIONS[emotion], strict=True):
        if side == "below":
            inside &= ratings[name] < 0
        elif side == "above":
            inside &= ratings[name] > 0
        elif side == "not below":
            inside &= ratings[name] >= 0
    return inside


def missed(writer: Sequence[int] | NDArray[np.intp], reader: NDArray[np.intp] | Sequence[int],
           least: int = LEAST) -> Flags:  # fmt: skip
    """Return which posts hide an emotion: the writer has it, and no reader sees it.

    Parameters
    ----------
    writer
        How many of the writer's side say so, or the writer's own intensity [shape=(n,)].
    reader
        How many readers say so, or the highest intensity that one gave [shape=(n,)].
    least
        From where on the writer has it.

    Examples
    --------
    >>> missed([2, 2, 1, 0], [0, 1, 0, 0]).tolist()
    [True, False, False, False]
    """
    return np.asarray((np.asarray(writer) >= least) & (np.asarray(reader) == 0))


def detect(x: Floats, hides: Flags, folds: NDArray[np.intp]) -> Floats:
    """Return a score for each post, of a detector that saw no post of its fold.

    Least squares with the few that hide and the many that do not counting alike in sum; the
    penalty is chosen in inner folds by the area under the curve.
    """
    return out_of_fold(x, hides.astype(float), folds, roc_auc, weight=balanced_weight(hides))


def telling(
    texts: Sequence[str],
    documents: NDArray[np.str_],
    lexicon: Mapping[str, float],
    *,
    least: int = 10,
    spread: int = 5,
) -> tuple[list[str], Any, Floats]:
    """Return expressions that are no matter of one topic, which texts have each, their valence.

    Parameters
    ----------
    texts, documents
        [shape=(n_texts,)].
    lexicon
        Valence by word.
    least
        Texts that an expression stands in at least.
    spread
        Documents that it stands in at least.

    Returns
    -------
    (list of str, scipy.sparse matrix, numpy.ndarray)
        The expressions; 1 where a text has one [shape=(n_texts, n_expressions)]; the mean
        valence of its words in `lexicon`, 0 for a word that is not there
        [shape=(n_expressions,)].
    """
    from scipy.sparse import csr_matrix

    each = [sorted(set(expressions(text))) for text in texts]
    names, code = np.unique(
        np.concatenate([np.array(e, dtype=object) for e in each]).astype(str), return_inverse=True
    )
    row = np.repeat(np.arange(len(texts)), [len(e) for e in each])
    where = np.unique(documents, return_inverse=True)[1][row]
    often = np.bincount(code)
    wide = np.bincount(np.unique(np.column_stack([code, where]), axis=0)[:, 0])
    kept = (often >= least) & (wide >= spread)
    column = np.cumsum(kept) - 1
    inside = kept[code]
    shape = (len(texts), int(kept.sum()))
    has = csr_matrix((np.ones(inside.sum()), (row[inside], column[code[inside]])), shape=shape)
    found = [str(name) for name in names[kept]]
    valence = [np.mean([lexicon.get(word, 0.0) for word in name.split()]) for name in found]
    return found, has, np.array(valence)


def _ranked(
    posts: Posts, runs: Mapping[str, Floats], seeds: Sequence[int], draws: int
) -> list[Finding]:
    """Return how well hidden anger is ranked above the rest, against each control."""
    hides = missed(posts.writer["anger"], posts.reader["anger"])
    angry = posts.writer["anger"] >= LEAST
    once = np.zeros_like(runs["anger"])
    length = np.tile([float(len(text.split())) for text in posts.texts], (len(seeds), 1))

    def gap(truth: Flags, ours: Floats, theirs: Floats, rows: Flags | None = None) -> Interval:
        kept = np.ones(len(truth), dtype=bool) if rows is None else rows
        return runs_difference(
            roc_auc, truth[kept].astype(np.intp), ours[:, kept], theirs[:, kept],
            clusters=posts.documents[kept], n=draws, seed=seeds[0],
        )  # fmt: skip

    def area(truth: Flags, told: Floats) -> float:
        return float(np.mean([roc_auc(truth, row) for row in told]))

    others = []
    for emotion in REGIONS:
        truth = missed(posts.writer[emotion], posts.reader[emotion])
        around = gap(truth, runs[emotion], once)
        others.append(
            f"{emotion} {around.value + 0.5:.3f} ({around.low + 0.5:.3f} to "
            f"{around.high + 0.5:.3f}, {truth.sum()} hidden)"
        )
    loose = missed(posts.writer["anger"], posts.reader["anger"], 1)
    notes = (
        f"{hides.sum()} of {len(hides)} sentences hide anger: of about five raters asked how the "
        f"writer felt {LEAST} or more chose valence below, arousal above and dominance not below "
        "the middle, of about five asked how a reader would feel none; raters who took the "
        "writer's side stand in for the writers, English sentences of seven genres for "
        "Japanese posts; whole documents are held out; AUC by emotion: "
        + ", ".join(others)
        + f"; one rater of the writer's side being enough ({loose.sum()} sentences), the same "
        f"scores reach {area(loose, runs['anger']):.3f}; the paper has 0.772"
    )
    shown = angry & (posts.reader["anger"] > 0)
    asked = [
        (
            "a linear detector finds posts whose anger readers miss, better than chance",
            once, "any one score", None, notes,
        ),
        (
            "it finds them better than the length of the post does",
            length, "number of words", None,
            "",
        ),
        (
            "it finds them better than the anger that readers are told to see",
            runs["seen"], "readers' anger as predicted from the same features", None,
            f"the detector has {hides.sum()} posts to learn from, that score what every reader "
            f"said; the {shown.sum()} posts whose anger both sides see that score finds with AUC "
            f"{area(shown, runs['seen']):.3f}, the detector of hidden anger with "
            f"{area(shown, runs['anger']):.3f}",
        ),
        (
            "among posts of angry writers it ranks those whose anger readers miss first",
            once, "any one score", angry,
            f"{hides.sum()} of {angry.sum()} such posts; the detector learned from all posts",
        ),
    ]  # fmt: skip
    found = []
    for claim, theirs, name, rows, note in asked:
        kept = np.ones(len(hides), dtype=bool) if rows is None else rows
        between = gap(hides, runs["anger"], theirs, rows)
        found.append(
            compared(
                claim,
                "area under the ROC curve",
                area(hides[kept], runs["anger"][:, kept]),
                area(hides[kept], theirs[:, kept]),
                name,
                between,
                seeds=seeds,
                data=emobank.FACTS.folder,
                notes=note,
            )
        )
    return found


def _marked(
    posts: Posts,
    runs: Mapping[str, Floats],
    seeds: Sequence[int],
    draws: int,
    lexicon: Mapping[str, float],
) -> Finding:
    """Return whether the expressions of hidden anger are less angry on their face."""
    names, has, valence = telling(posts.texts, posts.documents, lexicon)
    top = {name: highest(runs[name], TOP) for name in ("anger", "shown")}
    whole = np.asarray(has.sum(axis=0)).ravel()

    def first(mark: Flags, there: Flags) -> NDArray[np.intp]:
        y, other = (has.T @ (there & kept).astype(float) for kept in (mark, ~mark))
        return np.argsort(-log_odds(y, other, whole)[1], kind="stable")[:SHOWN]

    def milder(there: Flags) -> float:
        hidden, shown = (valence[first(top[name], there)].mean() for name in ("anger", "shown"))
        return float(hidden - shown)

    every = np.ones(len(posts.texts), dtype=bool)
    gap = half_samples(milder, posts.documents, draws // 2, seeds[0])
    chosen = {name: first(mark, every) for name, mark in top.items()}
    said = {name: ", ".join(names[k] for k in order[:15]) for name, order in chosen.items()}
    share = {name: float(np.mean(valence[order] < 0)) for name, order in chosen.items()}
    found = compared(
        "expressions that mark posts ranked as hidden anger are less negative by themselves than "
        "those that mark posts ranked as anger that shows",
        f"mean valence of the {SHOWN} most telling expressions in VADER's lexicon, -4 to 4",
        float(valence[chosen["anger"]].mean()),
        float(valence[chosen["shown"]].mean()),
        "expressions of anger that shows",
        gap,
        seeds=seeds,
        data=emobank.FACTS.folder,
        notes=f"the {TOP:.0%} of held-out posts that score highest against the rest, log-odds "
        "with all posts as the prior (Monroe et al. 2008), one or two words in ten posts and "
        f"five documents or more; hidden: {said['anger']}; shown: {said['shown']}; negative "
        f"expressions among the {SHOWN} {share['anger']:.2f} and {share['shown']:.2f}; "
        f"{int((top['anger'] & top['shown']).sum())} of {int(top['anger'].sum())} posts are in "
        "both; anger shows where the writer's side has it and a reader sees it: a detector of "
        "the same kind with about as few posts to learn from; the interval is by half-samples "
        "of documents",
    )
    return found.stamped(data=(emobank.FACTS.folder, vader.FACTS.folder))


def half_samples(
    statistic: Callable[[Flags], float], documents: NDArray[np.str_], draws: int, seed: int
) -> Interval:
    """Interval of what the highest of a list are like, from halves of the documents.

    Drawn with replacement, a document that comes twice would put its own words at the top of
    the list. Half of the documents, each once, scatter around their mean as much as the whole
    does around the truth.

    Parameters
    ----------
    statistic
        Of which posts are there [shape=(n,)].
    documents
        [shape=(n,)].
    draws, seed
        Number and seed of the halves.

    References
    ----------
    Politis, D., Romano, J. and Wolf, M. (1999). Subsampling, section 2.2 (the variance of
    half-samples; McCarthy 1969).

    Examples
    --------
    >>> x = np.random.default_rng(0).normal(size=400)
    >>> ids = np.arange(400).astype(str)
    >>> found = half_samples(lambda there: float(x[there].mean()), ids, 500, 0)
    >>> 0.08 < (found.high - found.low) / 2 < 0.12  # 1.96 / sqrt(400) = 0.098
    True
    """
    names, codes = np.unique(documents, return_inverse=True)
    rng = np.random.default_rng(seed)
    found = np.empty(draws)
    for i in range(draws):
        there = np.zeros(len(names), dtype=bool)
        there[rng.permutation(len(names))[: len(names) // 2]] = True
        found[i] = statistic(there[codes])
    value = statistic(np.ones(len(codes), dtype=bool))
    low, high = value + np.quantile(found, [0.025, 0.975]) - found.mean()
    return Interval(value, float(low), float(high), len(names))


def highest(runs: Floats, share: float) -> Flags:
    """Return which items rank highest in the mean of several runs [shape=(n,)].

    Examples
    --------
    >>> highest(np.array([[0.1, 0.9, 0.5, 0.2]]), 0.25).tolist()
    [False, True, False, False]
    """
    ranks = np.argsort(np.argsort(runs, axis=1, kind="stable"), axis=1).mean(axis=0)
    chosen = np.zeros(runs.shape[1], dtype=bool)
    chosen[np.argsort(-ranks, kind="stable")[: max(1, round(share * len(chosen)))]] = True
    return chosen


if __name__ == "__main__":
    from affectkit.recipes.run import main

    main()
