"""Personality from what people feel and how they manage it, by their nearest solved examples.

Each sentence of a person is sorted into emotion (a short-lived feeling), regulation (a habit of
managing feelings) or neither, which is dropped. People are near who are alike in both. The
nearest vote, or are shown to a small language model as solved examples. The people are campers
who negotiated by chat and filled in a personality test; made-up people, whose sentences state
their traits, tell whether the retrieval works at all where the traits can be read.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from affectkit.data import casino
from affectkit.errors import DataError
from affectkit.learn.retrieval import ExampleRetriever, prompts_with_nearest, vote
from affectkit.llm.local import LocalModel
from affectkit.measure.intervals import Interval, bootstrap
from affectkit.measure.metrics import macro_f1
from affectkit.perceive.sentences import sentences
from affectkit.progress import Progress, silent
from affectkit.recipes.finding import Finding, compared
from affectkit.recipes.knowledge.meaning import Encoder, encoder
from affectkit.recipes.text.feeling_sentences import VIEWS, views_of

ID = "text.regulation_retrieval"
PAPER = 108
TITLE = "Examples near in emotion and its regulation, for telling personality from text"
STATEMENTS = "text-open/anthropic_evals"
NEEDS = ("text-open/casino", "text-open/anthropic_evals", "weights:text_encoder")

_FOLDS = 5
_NEIGHBOURS = (5, 15, 31)
_MIXES = (0.25, 0.5, 0.75)
"""Weights of regulation to choose from; that of emotion is what is left to 1."""
_TRAITS = ("extraversion", "agreeableness", "conscientiousness", "neuroticism", "openness")
_SHOWN_WORDS = 40
_INSTRUCTION = (
    "Personality shows in what people feel and in how they manage their feelings. You read what "
    "a person wrote and say whether the person is high or low in extraversion, agreeableness, "
    "conscientiousness, neuroticism and openness, in this order."
)
_ANSWERS = tuple(product((False, True), repeat=len(_TRAITS)))
_CHAT_STAND_IN = (
    "chats of campers who share out food stand in for essays, halves at the median of a "
    "ten-item test for the test of the essays, and a sentence encoder sorts the sentences "
    "instead of a language model"
)
_MADE_UP = (
    "made-up people, each ten sentences from statements that a language model wrote for or "
    "against a trait; nobody's personality, and close to stating the answer"
)

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class People:
    """People with what they wrote and which traits they are high in.

    Parameters
    ----------
    said
        The sentences of each person.
    high
        Whether they are high in each trait [shape=(n, 5)].
    apart
        Whether two people must not serve each other as examples [shape=(n, n)].
    views
        A vector of each person in each of `VIEWS` [shape=(n, k)]; zeros where there is none.
    """

    said: tuple[tuple[str, ...], ...]
    high: Bools
    apart: Bools
    views: Mapping[str, Floats]

    def among(self, rows: Ints) -> People:
        """Return some of them."""
        return People(
            tuple(self.said[i] for i in rows),
            self.high[rows],
            self.apart[np.ix_(rows, rows)],
            {name: view[rows] for name, view in self.views.items()},
        )


def run(
    *,
    data: Path,
    seeds: Sequence[int] = (0, 1, 2),
    full: bool = False,
    progress: Progress | None = None,
) -> list[Finding]:
    """Compare ways to find examples, by vote and, in the large run, before a language model.

    Parameters
    ----------
    data
        Folder with the public data sets.
    seeds
        Seeds of the folds, the made-up people and the random examples.
    full
        Use all campers, and ask the language model too.
    progress
        Told ``("people", done, total)``.
    """
    tell = progress or silent
    encode = encoder()
    tell("people", 0, 3)
    real = campers(data, encode, None if full else 200, seeds[0])
    found = by_vote(real, "campers", seeds, casino.FACTS.folder, _CHAT_STAND_IN)
    tell("people", 1, 3)
    made_up = made_up_people(data, encode, 400 if full else 200, seeds[0])
    found += by_vote(made_up, "made-up people", seeds, STATEMENTS, _MADE_UP)
    tell("people", 2, 3)
    if full:
        with LocalModel(batch_size=4) as model:
            # Only where the vote can read the traits at all; in the chats it cannot.
            found += by_model(made_up, "made-up people", model, seeds, STATEMENTS, asked=24)
    tell("people", 3, 3)
    return found


def campers(data: Path, encode: Encoder, most: int | None, seed: int) -> People:
    """Return the people of CaSiNo, all that each of them wrote; who met is kept apart.

    A person is high in a trait above the median of all, half of them at most.
    """
    table = casino.read(data).table
    grouped = table.groupby("person", sort=True)
    names = list(grouped.groups)
    if most is not None:
        picked = np.random.default_rng(seed).permutation(len(names))[:most]
        names = [names[i] for i in np.sort(picked)]
    said, met = [], []
    for name in names:
        rows = grouped.get_group(name)
        said.append(tuple(s.text for text in rows["text"] for s in sentences(text)))
        met.append(set(rows["dialogue"]))
    traits = grouped[list(casino.TRAITS)].first()
    high = (traits > traits.median()).loc[names].to_numpy(dtype=bool)
    apart = np.array([[bool(a & b) for b in met] for a in met])
    return People(tuple(said), high, apart, views_of(said, encode))


def made_up_people(data: Path, encode: Encoder, n: int, seed: int, *, each: int = 2) -> People:
    """Return people with traits drawn at random, who say statements that fit these.

    Half of the statements are for one half of the people and half for the other, who alone
    serve each other as examples: people of one half share statements.

    Parameters
    ----------
    data
        The data root.
    encode
        Texts to vectors.
    n
        How many people.
    seed
        Of traits and statements.
    each
        Statements a trait.
    """
    rng = np.random.default_rng(seed)
    pools = [statements(data, trait) for trait in _TRAITS]
    halves = [
        [[rng.permutation(some)[side::2] for some in pool] for pool in pools] for side in (0, 1)
    ]
    high = rng.random((n, len(_TRAITS))) < 0.5
    side = np.arange(n) % 2
    said = []
    for i in range(n):
        words = [
            str(s)
            for trait, yes in enumerate(high[i])
            for s in rng.choice(halves[side[i]][trait][int(yes)], each, replace=False)
        ]
        said.append(tuple(words[k] for k in rng.permutation(len(words))))
    return People(tuple(said), high, side[:, None] == side[None, :], views_of(said, encode))


def statements(data: Path, trait: str) -> tuple[list[str], list[str]]:
    """Return statements that people low in a trait would make, and those of people high in it.

    Raises
    ------
    DataError
        If the file is missing or damaged.
    """
    path = data / STATEMENTS / "persona" / f"{trait}.jsonl"
    found: tuple[list[str], list[str]] = ([], [])
    try:
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            found[row["answer_matching_behavior"].strip() == "Yes"].append(row["statement"])
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise DataError(
            f"{path} cannot be read: {error!r}",
            remedy="get it from https://github.com/anthropics/evals or set AFFECTKIT_DATA",
        ) from error
    # A statement that was written twice must not be on both sides of a split.
    return list(dict.fromkeys(found[0])), list(dict.fromkeys(found[1]))


def by_vote(
    people: People, who: str, seeds: Sequence[int], folder: str, notes: str
) -> list[Finding]:
    """Return the findings of votes by the nearest, out of fold, for each way to be near."""
    ways: dict[str, Sequence[Mapping[str, float]]] = {
        "both": [{"regulation": w, "emotion": 1 - w} for w in _MIXES],
        "emotion": [{"emotion": 1.0}],
        "regulation": [{"regulation": 1.0}],
        "whole": [{"whole": 1.0}],
    }
    told = {
        name: np.stack([voted(people, weights, seed) for seed in seeds], axis=1)
        for name, weights in ways.items()
    }
    told["random"] = np.stack([drawn_votes(people, seed) for seed in seeds], axis=1)
    has = [float(np.any(people.views[v] != 0, axis=1).mean()) for v in VIEWS[:2]]
    level = {name: trait_f1(people.high, t) for name, t in told.items()}
    listed = ", ".join(f"{name} {f:.3f}" for name, f in level.items())
    notes = (
        f"{notes}; {has[0]:.0%} of the people have emotion sentences, {has[1]:.0%} regulation; "
        f"{listed}; number of neighbours and weight chosen inside the folds"
    )
    claims = (
        ("whole", "whole-text similarity", f"{who} near in emotion and regulation tell a "
         "person's traits better than people near in the whole text"),
        ("random", "random people vote", f"{who} near in emotion and regulation tell a person's "
         "traits better than random people"),
        ("emotion", "emotion alone", f"regulation adds to emotion in finding {who} who are alike"),
    )  # fmt: skip
    return [
        compared(
            claim,
            "macro-F1 over both sides of five traits",
            level["both"],
            level[against],
            name,
            gap(people.high, told["both"], told[against], seeds[0]),
            seeds=seeds,
            data=folder,
            notes=notes if against == "whole" else "",
        )
        for against, name, claim in claims
    ]


def voted(people: People, weights: Sequence[Mapping[str, float]], seed: int) -> Bools:
    """Return who is voted high in each trait, out of fold [shape=(n, 5)].

    Which weights and how many neighbours is chosen in the rest, each person by all others of it.
    """
    said = np.zeros(people.high.shape, dtype=bool)
    fold = np.random.default_rng(seed).permutation(len(said)) % _FOLDS
    for k in range(_FOLDS):
        rest, asked = np.flatnonzero(fold != k), np.flatnonzero(fold == k)
        known = people.among(rest)
        barred = people.apart[np.ix_(asked, rest)]
        best = -1.0
        for weight in weights:
            finder = ExampleRetriever(weight).fit(known.views)
            alone = known.apart | np.eye(len(rest), dtype=bool)
            near = finder.nearest(known.views, k=max(_NEIGHBOURS), barred=alone)
            for n in _NEIGHBOURS:
                reached = trait_f1(known.high, shares(known.high, near[:, :n])[:, None])
                if reached > best:
                    best = reached
                    there = finder.nearest(
                        {name: view[asked] for name, view in people.views.items()},
                        k=n,
                        barred=barred,
                    )
                    said[asked] = shares(known.high, there)
    return said


def shares(high: Bools, near: Ints) -> Bools:
    """Return in which traits the nearest are high more often than all are [shape=(n, 5)]."""
    return np.asarray(vote(high, near) > high.mean(axis=0))


def drawn_votes(people: People, seed: int) -> Bools:
    """Return what random neighbours vote, out of fold, as `voted`."""
    rng = np.random.default_rng(seed)
    size = len(people.high)
    blind = {"whole": rng.normal(size=(size, 8))}
    return voted(replace(people, views=blind), [{"whole": 1.0}], seed)


def by_model(
    people: People,
    who: str,
    model: LocalModel,
    seeds: Sequence[int],
    folder: str,
    *,
    asked: int,
) -> list[Finding]:
    """Return the findings of a language model that is shown two solved examples.

    Parameters
    ----------
    people
        Some are asked about, the others shown.
    who
        What to call them.
    model
        The language model.
    seeds, folder
        As run.
    asked
        How many are asked about.
    """
    rows = np.random.default_rng(seeds[0]).permutation(len(people.high))
    target, library = np.sort(rows[:asked]), np.sort(rows[asked:])
    barred = people.apart[np.ix_(target, library)]
    chosen: dict[str, list[Ints]] = {}
    weights = {"both": {"regulation": 0.5, "emotion": 0.5}, "whole": {"whole": 1.0}}
    for name, weight in weights.items():
        finder = ExampleRetriever(weight).fit(people.among(library).views)
        chosen[name] = [finder.nearest(people.among(target).views, k=2, barred=barred)]
    chosen["random"] = [drawn_examples(barred, 2, seed) for seed in seeds]
    chosen["none"] = [np.zeros((asked, 0), dtype=np.intp)]
    texts = [shown(people.said[i]) for i in target]
    solved = [(shown(people.said[i]), answer(people.high[i])) for i in library]
    high = people.high[target]
    told = {
        name: np.stack(
            [
                chosen_traits(model, prompts_with_nearest(_INSTRUCTION, texts, solved, n))
                for n in near
            ],
            axis=1,
        )
        for name, near in chosen.items()
    }
    names = {
        "both": "two near in emotion and regulation",
        "whole": "two near in the whole text",
        "random": "two random examples",
        "none": "no examples",
    }
    order = list(names)
    return [
        compared(
            f"a small language model tells traits of {who} better from {names[a]} than from "
            f"{names[b]}",
            "macro-F1 over both sides of five traits",
            trait_f1(high, told[a]),
            trait_f1(high, told[b]),
            names[b],
            gap(high, told[a], told[b], seeds[0]),
            seeds=seeds,
            data=folder,
            notes="SmolLM2 with 135 million weights stands in for the paper's large model and "
            "its chain of thought: it chooses among the 32 possible answers; half of the people "
            f"are called high, by rank; {len(target)} people, {_SHOWN_WORDS} words each, "
            "regulation and emotion weighted alike",
        )
        for a, b in pairwise(order)
    ]


def shown(said: Sequence[str]) -> str:
    """Return the first words of a person's sentences, as many as a small model can take."""
    return " ".join(" ".join(said).split()[:_SHOWN_WORDS])


def answer(high: Sequence[bool] | Bools) -> str:
    """Return traits as a language model is to write them.

    Examples
    --------
    >>> answer([True, False, False, True, True])
    'high low low high high'
    """
    return " ".join("high" if yes else "low" for yes in high)


def drawn_examples(barred: Bools, k: int, seed: int) -> Ints:
    """Return k allowed examples for each item, at random [shape=(n, k)]."""
    rng = np.random.default_rng(seed)
    return np.stack([rng.choice(np.flatnonzero(~row), k, replace=False) for row in barred])


def chosen_traits(model: LocalModel, prompts: Sequence[list[dict[str, str]]]) -> Bools:
    """Return which traits the model finds more likely high than for half of the people."""
    p = model.choose_many(prompts, [answer(a) for a in _ANSWERS])
    likely = p @ np.array(_ANSWERS, dtype=np.float64)
    return np.asarray(likely > np.median(likely, axis=0))


def trait_f1(high: Bools, told: Bools) -> float:
    """Return macro-F1 over being high and being low in each trait, mean over runs.

    Parameters
    ----------
    high
        The truth [shape=(n, 5)].
    told
        What was said, in each run [shape=(n, n_runs, 5)].
    """
    truth = np.hstack([high, ~high])
    runs = [told[:, r] for r in range(told.shape[1])]
    return float(np.mean([macro_f1(truth, np.hstack([run, ~run])) for run in runs]))


def gap(high: Bools, ours: Bools, theirs: Bools, seed: int) -> Interval:
    """Return the interval of the difference in `trait_f1`; people are drawn."""
    return bootstrap(lambda t, a, b: trait_f1(t, a) - trait_f1(t, b), high, ours, theirs, seed=seed)


if __name__ == "__main__":
    from affectkit.recipes.run import main

    main()
