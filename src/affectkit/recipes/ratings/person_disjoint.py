"""Traits leak where people are on both sides of a split (paper 099).

The paper's interviews need an agreement, so its protocol is tried on open sets with traits. Its
released loader holds out some answers of every person, so that a model that is told a person's
traits can know the person by them. Here each person's negotiations (CaSiNo: five personality
scores, how satisfied one was in the end) and each actor's clips (CREMA-D: age, sex and descent,
how many listeners heard the emotion that was meant) are dealt to folds in two ways: within
people, so that each is also learned from, and by person. Beside the model with traits stand the
one without, and one in which each person has, throughout, the traits of somebody else.
Nothing here tells a lie from a truth, and nothing should be shown about real people by such means.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from affectkit.data import casino, crema_d_votes
from affectkit.learn.grouped_ridge import group_folds
from affectkit.measure.metrics import pearson
from affectkit.measure.paired_runs import runs_difference
from affectkit.measure.permutation import approximate_randomisation
from affectkit.optional import require
from affectkit.progress import Progress, silent
from affectkit.recipes.finding import Finding, compared

ID = "ratings.person_disjoint"
PAPER = 99
TITLE = "Traits leak: splits within people against splits by person, with exchanged traits"
NEEDS = ("text-open/casino", "av/speech/crema-d-votes", "package:sklearn")

FOLDS = 5
TREES = (40, 80)
"""Trees of a forest, in the plain and the large run; fixed beforehand, as all settings are."""
SATISFIED = (
    "Extremely dissatisfied", "Slightly dissatisfied", "Undecided", "Slightly satisfied",
    "Extremely satisfied",
)  # fmt: skip

Floats = NDArray[np.float64]
Seen = Callable[[NDArray[np.intp]], Floats]


@dataclass(frozen=True)
class Items:
    """What is to be told of items, whose they are, and from what.

    Parameters
    ----------
    truth
        [shape=(n,)].
    person
        Whose each item is; everybody has two or more [shape=(n,)].
    traits
        Of the item's person [shape=(n, n_traits)].
    seen
        From the rows that are learned from to what the item itself shows, fitted on these rows
        alone [shape=(n, n_features)].
    """

    truth: Floats
    person: NDArray[np.str_]
    traits: Floats
    seen: Seen


def run(
    *,
    data: Path,
    seeds: Sequence[int] = (0, 1, 2),
    full: bool = False,
    progress: Progress | None = None,
) -> list[Finding]:
    """Return how much a split within people flatters, and what traits are worth on either.

    Parameters
    ----------
    data
        Folder with the public data sets.
    seeds
        Seeds of the folds, the forests, and of who gets whose traits.
    full
        Larger forests and more draws.
    progress
        Told ``("folds", done, total)``.
    """
    require("sklearn", extra="train")
    tell = progress or silent
    trees, draws = TREES[full], 1000 if full else 300
    talks, clips = negotiations(data), acted(data)
    total = len(seeds) * 2
    told: list[dict[str, Floats]] = []
    for k, items in enumerate((talks, clips)):
        runs: dict[str, list[Floats]] = {}
        for j, seed in enumerate(seeds):
            tell("folds", k * len(seeds) + j, total)
            for name, row in answers(items, seed, trees).items():
                runs.setdefault(name, []).append(row)
        told.append({name: np.stack(rows) for name, rows in runs.items()})
    tell("folds", total, total)
    return [
        *_talks(talks, told[0], seeds, draws),
        *_clips(clips, told[1], seeds, draws),
        _released(data, seeds, trees, draws),
    ]


def negotiations(data: Path, *, several: bool = True) -> Items:
    """Return people's negotiations, of those who took part in two or more, or of everybody."""
    table = casino.read(data).table
    if several:
        kept = _several(table["person"].to_numpy(dtype=str))
        table = table[kept].reset_index(drop=True)
    truth = table["satisfaction"].map({name: i for i, name in enumerate(SATISFIED)})
    return Items(
        np.asarray(truth, dtype=np.float64),
        table["person"].to_numpy(dtype=str),
        table[list(casino.TRAITS)].to_numpy(dtype=float),
        _words(table["text"].tolist(), table["points"].to_numpy(dtype=float)),
    )


def acted(data: Path) -> Items:
    """Return actors' clips with the share of listeners who heard what was meant."""
    table = crema_d_votes.read(data, channel="voice").table
    votes = table[list(crema_d_votes.LABELS)]
    column = votes.columns.get_indexer(pd.Index(table["intended"]))
    meant = votes.to_numpy()[np.arange(len(votes)), column]
    shown = pd.get_dummies(table[["intended", "level", "sentence"]]).to_numpy(dtype=float)
    who = pd.get_dummies(table[["sex", "race", "ethnicity"]]).to_numpy(dtype=float)
    return Items(
        np.asarray(meant / table["raters"].to_numpy(), dtype=float),
        table["actor"].to_numpy(dtype=str),
        np.column_stack([table["age"].to_numpy(dtype=float), who]),
        lambda known: shown,
    )


def within_people(person: NDArray[np.str_], folds: int, *, seed: int) -> NDArray[np.intp]:
    """Return the fold of each item, so that all who have two items are in two folds or more.

    Examples
    --------
    >>> folds = within_people(np.array(["ann"] * 5 + ["bob"] * 2), 5, seed=0)
    >>> sorted(folds[:5].tolist()), bool(folds[5] != folds[6])
    ([0, 1, 2, 3, 4], True)
    """
    rng = np.random.default_rng(seed)
    fold = np.zeros(len(person), dtype=np.intp)
    for name in np.unique(person):
        rows = rng.permutation(np.flatnonzero(person == name))
        fold[rows] = (np.arange(len(rows)) + rng.integers(folds)) % folds
    return fold


def exchanged(traits: Floats, person: NDArray[np.str_], *, seed: int) -> Floats:
    """Return traits with each person's given to somebody else, the same in all items of one.

    They tell who it is as well as the real ones do, and nothing of what the person is like.

    Examples
    --------
    >>> exchanged(np.array([[1.0], [1.0], [2.0]]), np.array(["a", "a", "b"]), seed=0).ravel()
    array([2., 2., 1.])
    """
    first, codes = np.unique(person, return_index=True, return_inverse=True)[1:]
    rng = np.random.default_rng(seed)
    # A cycle in random order, so that nobody keeps their own.
    order = rng.permutation(len(first))
    giver = np.empty(len(first), dtype=np.intp)
    giver[order] = np.roll(order, 1)
    return np.asarray(traits[first[giver]][codes])


def answers(items: Items, seed: int, trees: int) -> dict[str, Floats]:
    """Return what each model tells of items that it did not see, for either way of folding.

    Returns
    -------
    dict
        ``"within"`` and ``"by person"``, with each of ``"traits"``, ``"plain"``, ``"with
        traits"``, ``"with exchanged"``, joined by a comma [shape=(n,) each].
    """
    ways = {
        "within": within_people(items.person, FOLDS, seed=seed),
        "by person": group_folds(items.person, FOLDS, seed=seed),
    }
    other = exchanged(items.traits, items.person, seed=seed)
    told: dict[str, Floats] = {}
    for way, folds in ways.items():
        for fold in range(FOLDS):
            known, held = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
            seen = items.seen(known)
            columns: Mapping[str, Floats] = {
                "traits": items.traits,
                "plain": seen,
                "with traits": np.column_stack([seen, items.traits]),
                "with exchanged": np.column_stack([seen, other]),
            }
            for name, x in columns.items():
                row = told.setdefault(f"{way}, {name}", np.zeros(len(items.truth)))
                row[held] = _forest(trees, seed).fit(x[known], items.truth[known]).predict(x[held])
    return told


def as_released(
    items: Items, judged: NDArray[np.bool_], seed: int, trees: int
) -> tuple[Floats, Floats]:
    """Return what is told of judged items with, and without, their people among those learned.

    Both models learn from as many items: as many of other people's as there are of the judged
    people are left out of the first, drawn at random.

    Parameters
    ----------
    items
        Of everybody.
    judged
        Which items are told, all of people with others [shape=(n,)].
    seed, trees
        Of the forests.

    Returns
    -------
    (ndarray, ndarray)
        [shape=(n_judged,) each].
    """
    rest, held = np.flatnonzero(~judged), np.flatnonzero(judged)
    theirs = np.isin(items.person[rest], np.unique(items.person[held]))
    others = rest[~theirs]
    size = len(others) - int(theirs.sum())
    if size < 1:
        raise ValueError("more than half of what is learned from is of the judged people")
    drawn = np.random.default_rng(seed).permutation(others)
    told = []
    # Without them, the same number in all: other people's items stand in for theirs.
    for known in (np.sort(np.r_[rest[theirs], drawn[:size]]), np.sort(drawn)):
        x = np.column_stack([items.seen(known), items.traits])
        told.append(_forest(trees, seed).fit(x[known], items.truth[known]).predict(x[held]))
    return told[0], told[1]


def _forest(trees: int, seed: int) -> Any:
    from sklearn.ensemble import ExtraTreesRegressor

    return ExtraTreesRegressor(trees, min_samples_leaf=3, max_features=0.5, random_state=seed)


def _several(person: NDArray[np.str_]) -> NDArray[np.bool_]:
    names, counts = np.unique(person, return_counts=True)
    return np.isin(person, names[counts > 1])


def _words(texts: list[str], points: Floats) -> Seen:
    def seen(known: NDArray[np.intp]) -> Floats:
        from sklearn.decomposition import TruncatedSVD
        from sklearn.feature_extraction.text import TfidfVectorizer

        words = TfidfVectorizer(min_df=3, sublinear_tf=True)
        words.fit([texts[i] for i in known])
        table = words.transform(texts)
        axes = TruncatedSVD(30, random_state=0).fit(table[known])
        return np.column_stack([axes.transform(table), points])

    return seen


def _talks(
    items: Items, runs: Mapping[str, Floats], seeds: Sequence[int], draws: int
) -> list[Finding]:
    people = len(np.unique(items.person))
    about = (
        f"{len(items.truth)} negotiations of {people} people with two or more; how satisfied they "
        "were, from 0 to 4; the two ways have folds of like size and the same model (random "
        "trees over 30 components of the words, the points won and five personality scores)"
    )
    return _found(
        items, runs, seeds, draws, casino.FACTS.folder,
        [
            ("personality scores alone tell how satisfied people are better where the same people "
             "are on both sides than where they are not", "within, traits", "by person, traits",
             f"{about}; this is what knowing the person by the scores is worth"),
            ("a split within people flatters the model of words, points and scores",
             "within, with traits", "by person, with traits", ""),
            ("where people are on both sides, adding personality scores helps",
             "within, with traits", "within, plain", ""),
            ("for people never seen, adding personality scores helps",
             "by person, with traits", "by person, plain", ""),
            ("where people are on both sides, their own scores help more than somebody else's",
             "within, with traits", "within, with exchanged",
             "exchanged scores tell who it is as well and nothing of what the person is like: "
             "what they add to the model is identity alone"),
        ],
    )  # fmt: skip


def _clips(
    items: Items, runs: Mapping[str, Floats], seeds: Sequence[int], draws: int
) -> list[Finding]:
    about = (
        f"{len(items.truth)} clips of {len(np.unique(items.person))} actors by voice alone; the "
        "share of listeners who heard the emotion that was meant, told from emotion, intensity "
        "and sentence, with age, sex and descent as traits"
    )
    return _found(
        items, runs, seeds, draws, crema_d_votes.FACTS.folder,
        [
            ("a split within actors flatters a model that is told the actor's age, sex and "
             "descent", "within, with traits", "by person, with traits", about),
            ("where actors are on both sides, adding age, sex and descent helps",
             "within, with traits", "within, plain", ""),
            ("for actors never seen, adding age, sex and descent helps",
             "by person, with traits", "by person, plain", ""),
            ("where actors are on both sides, their own age, sex and descent help more than "
             "another actor's", "within, with traits", "within, with exchanged", ""),
        ],
    )  # fmt: skip


def _released(data: Path, seeds: Sequence[int], trees: int, draws: int) -> Finding:
    """Return whether the makers' own split flatters, on those it has on both sides."""
    items = negotiations(data, several=False)
    split = casino.read(data).table["split"].to_numpy(dtype=str)
    valid = split == "valid"
    both = valid & np.isin(items.person, np.unique(items.person[~valid]))
    kept = ~valid | both
    known = items.seen
    rows = np.flatnonzero(kept)
    part = Items(
        items.truth[kept],
        items.person[kept],
        items.traits[kept],
        lambda learned: known(rows[learned])[rows],
    )
    judged = both[kept]
    ours, theirs = map(
        np.stack, zip(*(as_released(part, judged, s, trees) for s in seeds), strict=True)
    )
    return _found(
        Items(part.truth[judged], part.person[judged], part.traits[judged], part.seen),
        {"released": ours, "without the judged people": theirs},
        seeds, draws, casino.FACTS.folder,
        [
            ("the makers' split flatters the model on people whom it has on both sides",
             "released", "without the judged people",
             f"{int(judged.sum())} of the {int(valid.sum())} held-out items here are of people "
             "who are also learned from; both models learn from as many items; so few items "
             "leave a wide interval"),
        ],
    )[0]  # fmt: skip


def _found(
    items: Items,
    runs: Mapping[str, Floats],
    seeds: Sequence[int],
    draws: int,
    folder: str,
    claims: Sequence[tuple[str, str, str, str]],
) -> list[Finding]:
    """Return each claim that one model's answers lie nearer to the truth than another's."""

    def mean(name: str) -> float:
        return float(np.mean([pearson(items.truth, row) for row in runs[name]]))

    out = []
    for claim, ours, theirs, note in claims:
        gap = runs_difference(
            pearson, items.truth, runs[ours], runs[theirs], clusters=items.person, n=draws,
            seed=seeds[0],
        )  # fmt: skip
        test = approximate_randomisation(
            pearson, items.truth, runs[ours].mean(axis=0), runs[theirs].mean(axis=0),
            clusters=items.person, n=draws, seed=seeds[0],
        )  # fmt: skip
        each = ", ".join(f"{name} {mean(name):.3f}" for name in sorted(runs))
        notes = [note] if note else []
        notes.append(f"paired test of the mean answers, people exchanged whole: p = {test.p:.4f}")
        if claim == claims[0][0]:
            notes.append(f"Pearson's r of all models: {each}")
        out.append(
            compared(
                claim, "Pearson correlation", mean(ours), mean(theirs), theirs, gap,
                seeds=seeds, data=folder, notes="; ".join(notes),
            )
        )  # fmt: skip
    return out


if __name__ == "__main__":
    from affectkit.recipes.run import main

    main()
