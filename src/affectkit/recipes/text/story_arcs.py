"""Story arcs (paper 041): sentences around a sentence tell its valence and arousal, and so do
pseudo-labels.

The tales' valence and arousal are public, their texts are not among them. So the curves are
told from text elsewhere: on the running texts of EmoBank, whose raters were given sentences
singly, and on the scenes of MELD, whose raters followed them. Ridge regression reads a sentence
encoder's features of the sentence and of w sentences on either side. Then a small
attention network over such windows learns with and without having first learned the
pseudo-labels of unlabelled messages. The tales themselves answer, without words, how far the
sentences around one go in telling it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affectkit.affect.circumplex import placement
from affectkit.data import emobank, empathic_reactions, meld, stories_va
from affectkit.data.emobank_documents import HEADLINES, places
from affectkit.learn.grouped_ridge import group_folds, out_of_fold, principal
from affectkit.learn.sentence_windows import WindowRegressor, neighbours, with_neighbours
from affectkit.measure.intervals import Interval
from affectkit.measure.metrics import ccc
from affectkit.optional import require
from affectkit.perceive.sentences import sentences
from affectkit.perceive.text_encoder import TextEncoder
from affectkit.progress import Progress, silent
from affectkit.recipes.finding import Finding, compared

ID = "text.story_arcs"
PAPER = 41
TITLE = "Valence and arousal along a text, from windows of sentences and pseudo-labels"
NEEDS = (
    "text-open/emobank",
    "text-open/empathic_reactions",
    "text-internal/meld",
    "text-internal/stories_va",
    "weights:text_encoder",
    "package:torch",
)

WINDOWS = (0, 1, 2, 4, 8)
SHUFFLED = "4 from elsewhere"
SPACE = ("valence", "arousal")
BOTH = "CCC, mean of valence and arousal"
SINGLY = (
    "{n} sentences of {documents} documents of EmoBank in reading order (about one in ten is "
    "missing between its neighbours), which its raters were given singly; essays, letters, news, "
    "blogs, guides and fiction stand in for tales"
)
FOLLOWED = (
    "{n} lines of {documents} scenes of a television series, whose raters followed the scenes; "
    "their seven categories are placed in valence and arousal by the kit's circumplex, as the "
    "tales' were by a lexicon"
)
PENALTIES = (1e2, 1e3, 1e4, 1e5)

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Running:
    """Sentences in reading order, with the document of each [shape=(n,)], and their ratings.

    Parameters
    ----------
    texts, documents
        [shape=(n,)].
    ratings
        Valence and arousal in [-1, 1], NaN where there are none [shape=(n, 2)].
    """

    texts: list[str]
    documents: NDArray[np.str_]
    ratings: Floats


@dataclass(frozen=True)
class Size:
    """How many columns of features, folds, epochs and messages there are.

    Parameters
    ----------
    own, beside
        Columns of a sentence and of a neighbour in ridge regression.
    folds
        Folds of ridge regression.
    network
        Columns of a sentence in the network.
    network_folds, epochs
        Of the network.
    messages
        Messages that give pseudo-labels, at most.
    """

    own: int
    beside: int
    folds: int
    network: int
    network_folds: int
    epochs: int
    messages: int


PLAIN = Size(96, 16, 3, network=48, network_folds=3, epochs=4, messages=200)
FULL = Size(192, 32, 5, network=64, network_folds=3, epochs=8, messages=500)


def run(
    *,
    data: Path,
    seeds: Sequence[int] = (0, 1, 2),
    full: bool = False,
    progress: Progress | None = None,
) -> list[Finding]:
    """Return what windows and pseudo-labels add, and what the course of tales tells.

    Parameters
    ----------
    data
        Folder with the public data sets.
    seeds
        Seeds of how documents are dealt to folds, and of the networks.
    full
        More features and messages, five folds instead of three, more draws.
    progress
        Told ``("arcs", done, total)``.
    """
    require("torch", extra="train")
    tell = progress or silent
    size = FULL if full else PLAIN
    total = 2 * len(seeds) + 1
    gold, messages = running(data), unlabelled(data, size.messages)
    tell("arcs", 0, total)
    encoder = TextEncoder()
    encoded = encoder.encode([*gold.texts, *messages.texts])
    x = principal(encoded, max(size.own, size.network))
    x, more = x[: len(gold.texts)], x[len(gold.texts) :]
    talk = scenes(data)
    x_talk = principal(encoder.encode(talk.texts), size.own)
    windows: dict[str, list[Floats]] = {}
    turns: dict[str, list[Floats]] = {}
    networks: dict[str, list[Floats]] = {}
    for k, seed in enumerate(seeds):
        tell("arcs", 2 * k + 1, total)
        for name, told in by_windows(x[:, : size.own], gold, size, seed).items():
            windows.setdefault(name, []).append(told)
        for name, told in by_windows(x_talk, talk, size, seed, (0, 1, 4)).items():
            turns.setdefault(name, []).append(told)
        tell("arcs", 2 * k + 2, total)
        part = slice(0, size.network)
        for name, told in by_pseudo_labels(
            x[:, part], gold, more[:, part], messages.documents, size, seed
        ).items():
            networks.setdefault(name, []).append(told)
    draws = 1000 if full else 300
    of_windows, of_turns, of_networks = (
        {name: np.stack(rows) for name, rows in told.items()} for told in (windows, turns, networks)
    )
    found = [
        *_of_windows(talk, of_turns, seeds, draws, meld.FACTS.folder, FOLLOWED),
        *_of_windows(gold, of_windows, seeds, draws, emobank.FACTS.folder, SINGLY),
        *_of_pseudo_labels(gold, of_networks, len(messages.texts), seeds, draws),
        *_of_tales(data, seeds, draws),
    ]
    tell("arcs", total, total)
    return found


def running(data: Path) -> Running:
    """Return EmoBank's sentences that stand in documents, in reading order."""
    table = places(data).merge(
        emobank.read(data, perspective="both").table, on="id", validate="one_to_one"
    )
    table = table[(table["category"] != HEADLINES) & ~table["again"]]
    return Running(
        table["text"].tolist(),
        table["document"].to_numpy(dtype=str),
        table[list(SPACE)].to_numpy(dtype=float),
    )


def scenes(data: Path) -> Running:
    """Return MELD's lines, in the order in which they are said, with the place of their emotion.

    As in the tales, what people named is a category, and the category has a place in valence
    and arousal.
    """
    table = meld.read(data).table.sort_values(["dialogue", "turn"], kind="stable")
    at = placement("ekman7")[list(SPACE)]
    return Running(
        table["text"].tolist(),
        table["dialogue"].to_numpy(dtype=str),
        at.loc[table["label"]].to_numpy(dtype=float),
    )


def unlabelled(data: Path, most: int) -> Running:
    """Return the sentences of messages whose valence and arousal nobody rated."""
    table = empathic_reactions.read(data).table.iloc[:most]
    each = [
        (str(name), s.text)
        for name, text in zip(table["id"], table["text"], strict=True)
        for s in sentences(text)
    ]
    texts = [text for _, text in each]
    return Running(texts, np.array([name for name, _ in each]), np.full((len(texts), 2), np.nan))


def by_windows(
    x: Floats, gold: Running, size: Size, seed: int, windows: Sequence[int] = WINDOWS
) -> dict[str, Floats]:
    """Return what each window tells of documents it never saw [shape=(n, 2)], by its name.

    The last is a control: as many sentences of the same document, but not those around.
    """
    folds = group_folds(gold.documents, size.folds, seed=seed)
    around = {str(w): neighbours(gold.documents, w) for w in windows}
    around[SHUFFLED] = elsewhere(gold.documents, 4, seed)
    return {
        name: out_of_fold(
            with_neighbours(x, rows, columns=size.beside),
            gold.ratings,
            folds,
            ccc,
            penalties=PENALTIES,
        )
        for name, rows in around.items()
    }


def elsewhere(documents: NDArray[np.str_], window: int, seed: int) -> NDArray[np.intp]:
    """Return windows as `neighbours`, but around another sentence of the same document.

    The sentence itself stays in the middle.

    Examples
    --------
    >>> rows = elsewhere(np.array(["a"] * 50), 1, seed=0)
    >>> rows.shape, bool((rows[:, 1] == np.arange(50)).all())
    ((50, 3), True)
    """
    around = neighbours(documents, window)
    rng = np.random.default_rng((seed, 41))
    drawn = np.empty(len(documents), dtype=np.intp)
    for name in np.unique(documents):
        rows = np.flatnonzero(documents == name)
        drawn[rows] = rng.permutation(rows)
    moved = around[drawn]
    moved[:, window] = np.arange(len(documents))
    return np.asarray(moved)


def by_pseudo_labels(
    x: Floats,
    gold: Running,
    more: Floats,
    messages: NDArray[np.str_],
    size: Size,
    seed: int,
) -> dict[str, Floats]:
    """Return what networks tell that learned gold ratings only, or pseudo-labels before.

    In each fold a network learns the gold ratings, and stops by those of another fold. What it
    says of the messages is learned by a second one, from nothing, and then the gold ratings
    again. A third learns the same in the same way, but with the pseudo-labels of other
    messages' sentences.

    Returns
    -------
    dict of str to numpy.ndarray
        ``"gold"``, ``"pseudo-labels first"`` and ``"mixed-up labels first"`` [shape=(n, 2)].
    """
    folds = group_folds(gold.documents, size.network_folds, seed=seed)
    told = {
        name: np.zeros_like(gold.ratings)
        for name in ("gold", "pseudo-labels first", "mixed-up labels first")
    }
    rng = np.random.default_rng((seed, 17))
    for fold in range(size.network_folds):
        asked, stop = folds == fold, folds == (fold + 1) % size.network_folds
        learn = ~(asked | stop)
        train, held = (
            (x[rows], gold.ratings[rows], gold.documents[rows]) for rows in (learn, stop)
        )

        def network(seed: int = seed) -> WindowRegressor:
            return WindowRegressor(window=4, epochs=size.epochs, seed=seed)

        teacher = network().fit(*train, held=held)
        told["gold"][asked] = teacher.predict(x[asked], gold.documents[asked])
        pseudo = teacher.predict(more, messages)
        for name, labels in (
            ("pseudo-labels first", pseudo),
            ("mixed-up labels first", pseudo[rng.permutation(len(pseudo))]),
        ):
            first = network().fit(more, labels, messages, held=held)
            onward = network().fit(*train, held=held, start=first)
            told[name][asked] = onward.predict(x[asked], gold.documents[asked])
    return told


def curve_agreement(truth: Floats, told: Floats) -> float:
    """Return the mean of the CCC of valence and that of arousal."""
    return float(np.mean([ccc(truth[:, j], told[:, j]) for j in range(truth.shape[1])]))


def gains(
    truth: Floats,
    ours: Floats,
    theirs: Floats,
    documents: NDArray[np.str_],
    *,
    draws: int,
    seed: int,
    more: tuple[Floats, Floats] | None = None,
) -> Interval:
    """Interval of the mean gain in agreement over runs, documents and runs drawn together.

    Parameters
    ----------
    truth
        [shape=(n, n_outputs)].
    ours, theirs
        Paired runs [shape=(n_runs, n, n_outputs)].
    documents
        Drawn whole [shape=(n,)].
    draws, seed
        Number and seed of the draws.
    more
        Another pair, whose gain is taken off.
    """
    codes = np.unique(documents, return_inverse=True)[1]
    members = np.split(np.argsort(codes, kind="stable"), np.cumsum(np.bincount(codes))[:-1])
    pairs = [(ours, theirs, 1.0)] + ([(*more, -1.0)] if more is not None else [])

    def gain(rows: NDArray[np.intp], runs: NDArray[np.intp]) -> float:
        t = truth[rows]
        return float(
            np.mean(
                [
                    sum(
                        sign * (curve_agreement(t, a[k][rows]) - curve_agreement(t, b[k][rows]))
                        for a, b, sign in pairs
                    )
                    for k in runs
                ]
            )
        )

    rng = np.random.default_rng(seed)
    found = [
        gain(
            np.concatenate([members[j] for j in rng.integers(len(members), size=len(members))]),
            rng.integers(len(ours), size=len(ours)),
        )
        for _ in range(draws)
    ]
    low, high = np.quantile(found, [0.025, 0.975])
    value = gain(np.arange(len(truth)), np.arange(len(ours)))
    return Interval(value, float(low), float(high), len(members))


def _mean(truth: Floats, runs: Floats) -> float:
    return float(np.mean([curve_agreement(truth, told) for told in runs]))


def _listed(truth: Floats, told: Mapping[str, Floats]) -> str:
    def of(rows: Floats, j: int) -> str:
        return f"{_mean(truth[:, [j]], rows[:, :, [j]]):.3f}"

    return ", ".join(f"{name} {of(rows, 0)} / {of(rows, 1)}" for name, rows in told.items())


def _of_windows(
    gold: Running,
    told: Mapping[str, Floats],
    seeds: Sequence[int],
    draws: int,
    data: str,
    about: str,
) -> list[Finding]:
    t, name_of = gold.ratings, data.split("/")[-1]
    about = about.format(n=len(gold.texts), documents=len(set(gold.documents.tolist())))
    notes = (
        f"valence / arousal by sentences on either side: {_listed(t, told)}; {about}; whole "
        "documents are held out and drawn; ridge regression on features of a frozen encoder "
        "stands in for fine-tuned DeBERTa; the paper has .719 / .619 without and .815 / .712 "
        "with four"
    )
    found: list[Finding] = []
    for j, name in enumerate(SPACE):
        truth, a, b = t[:, [j]], told["4"][:, :, [j]], told["0"][:, :, [j]]
        gap = gains(truth, a, b, gold.documents, draws=draws, seed=seeds[0])
        found.append(
            compared(
                f"four sentences on either side make the {name} of a sentence better told "
                f"({name_of})",
                "CCC",
                _mean(truth, a),
                _mean(truth, b),
                "the sentence alone",
                gap,
                seeds=seeds,
                data=data,
                notes=notes if not found else "",
            )
        )
    gap = gains(t, told["4"], told[SHUFFLED], gold.documents, draws=draws, seed=seeds[0])
    found.append(
        compared(
            f"the sentences around tell more than as many others of the same document ({name_of})",
            BOTH,
            _mean(t, told["4"]),
            _mean(t, told[SHUFFLED]),
            "four and four around another sentence of the document",
            gap,
            seeds=seeds,
            data=data,
        )
    )
    return found


def _of_pseudo_labels(
    gold: Running, told: Mapping[str, Floats], sentences: int, seeds: Sequence[int], draws: int
) -> list[Finding]:
    notes = (
        f"valence / arousal: {_listed(gold.ratings, told)}; a network of one layer of attention "
        f"over four sentences on either side, trained for CCC; {sentences} sentences of the "
        "messages of Empathic Reactions stand in for children's books; mixed-up labels are "
        "those of other sentences, to see what training longer does by itself"
    )
    found: list[Finding] = []
    for claim, name, margin in (
        ("learning pseudo-labels first makes the curves better told", "gold", 0.0),
        ("learning pseudo-labels first does no harm of more than 0.01", "gold", -0.01),
        (
            "pseudo-labels teach more than the same labels mixed up",
            "mixed-up labels first",
            0.0,
        ),
    ):
        ours, theirs = told["pseudo-labels first"], told[name]
        gap = gains(gold.ratings, ours, theirs, gold.documents, draws=draws, seed=seeds[0])
        finding = compared(
            claim,
            BOTH,
            _mean(gold.ratings, ours),
            _mean(gold.ratings, theirs),
            "gold ratings only" if name == "gold" else name,
            gap,
            seeds=seeds,
            data=emobank.FACTS.folder,
            margin=margin,
            notes=notes if not found else "",
        )
        found.append(finding.stamped(data=(emobank.FACTS.folder, empathic_reactions.FACTS.folder)))
    return found


def by_ratings_around(tales: Floats, stories: NDArray[np.str_], window: int, seed: int) -> Floats:
    """Return what the ratings around a sentence tell of its own [shape=(n, 2)].

    Parameters
    ----------
    tales
        Ratings, in the order in which sentences are told [shape=(n, 2)].
    stories
        Which tale each stands in [shape=(n,)].
    window
        Sentences looked at on either side; the one in the middle is not.
    seed
        Of how tales are dealt to folds.
    """
    around = neighbours(stories, window)
    there = (around >= 0).astype(float)
    known = np.where(there[:, :, None] > 0, (tales - tales.mean(axis=0))[around], 0.0)
    beside = np.arange(2 * window + 1) != window
    x = np.concatenate([known[:, beside].reshape(len(tales), -1), there[:, beside]], axis=1)
    folds = group_folds(stories, 5, seed=seed)
    return out_of_fold(x, tales, folds, ccc, penalties=(1.0, 10.0, 100.0))


def _of_tales(data: Path, seeds: Sequence[int], draws: int) -> list[Finding]:
    table = stories_va.read(data).table
    truth = table[list(SPACE)].to_numpy(dtype=float)
    stories = table["story"].to_numpy(dtype=str)
    told = {
        str(w): np.stack([by_ratings_around(truth, stories, w, seed) for seed in seeds])
        for w in WINDOWS[1:]
    }
    how: dict[str, Any] = {"draws": draws // 2, "seed": seeds[0]}
    further = gains(truth, told["4"], told["1"], stories, **how)
    flatter = gains(truth, told["2"], told["1"], stories, more=(told["8"], told["2"]), **how)
    rest: dict[str, Any] = {"seeds": seeds, "data": stories_va.FACTS.folder}
    one, two, eight = (_mean(truth, told[w]) for w in ("1", "2", "8"))
    return [
        compared(
            "in the tales, four rated sentences on either side tell a sentence better than the "
            "two next to it",
            BOTH,
            _mean(truth, told["4"]),
            one,
            "one on either side",
            further,
            notes="the ratings of the sentences around, without any text, in tales held out; "
            f"valence / arousal by sentences on either side: {_listed(truth, told)}; the "
            "published ratings are raters' fused by the evaluator weighted estimator, which "
            "affectkit.measure.rater_fusion computes",
            **rest,
        ),
        compared(
            "in the tales the gain flattens: the second sentence on either side brings more than "
            "the next six",
            f"gain in {BOTH}",
            two - one,
            eight - two,
            "gain from two to eight",
            flatter,
            **rest,
        ),
    ]


if __name__ == "__main__":
    from affectkit.recipes.run import main

    main()
