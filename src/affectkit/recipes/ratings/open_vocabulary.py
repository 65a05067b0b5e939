"""Open-vocabulary recognition (paper 072): a score for free words that does not ask a model.

People agreed on a few emotion words for each of 332 film clips; a system gave others. The score
must be 1 for the same words, rise as words count as one on coarser rings of five emotion wheels,
and put the people's words in synonyms before the system's words, and these before the system's
words dealt to other clips. It is then set beside the one official number for this pair of
files, which a language model's grouping gave.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from affectkit.affect.emotion_wheels import WordTables, plain, read_wheels, read_word_tables
from affectkit.data import ov_mer
from affectkit.measure.intervals import Interval, bootstrap
from affectkit.measure.open_vocabulary import (
    Grouping,
    as_written,
    clip_scores,
    f1_of_clips,
    form_grouping,
    label_set_grouping,
    mean_of_clips,
    synonym_grouping,
    wheel_groupings,
)
from affectkit.progress import Progress, silent
from affectkit.recipes.finding import Finding, compared, measured

ID = "ratings.open_vocabulary"
PAPER = 72
TITLE = "Free emotion words scored over five emotion wheels, against one official score"
NEEDS = ("papers/072",)

OFFICIAL = {"precision": 0.5818, "recall": 0.4978, "mean": 0.5398}
"""Of this pair of files, grouped by a language model (Lian et al. 2024, MER 2024)."""
EXACT, INNER, OUTER = "as written", "inner ring", "outer ring"
STAND_INS = ("parrott-primary", "parrott-secondary")
"""Label sets of the kit that group words for those without the wheels."""

Floats = NDArray[np.float64]
Words = Sequence[Sequence[str]]


@dataclass(frozen=True, eq=False)
class Sample:
    """The clips' words, and the ways in which words are grouped.

    Parameters
    ----------
    truth, told
        What people agreed on and what the system said, by clip [length n_clips].
    tables
        Word forms and synonyms.
    groupings
        By name, from strict to lenient; a ring has one for each wheel.
    """

    truth: Words
    told: Words
    tables: WordTables
    groupings: Mapping[str, Sequence[Grouping]]


def run(
    *,
    data: Path,
    seeds: Sequence[int] = (0, 1, 2),
    full: bool = False,
    progress: Progress | None = None,
) -> list[Finding]:
    """Return whether the score orders rings and answers as it should, and meets the official one.

    Parameters
    ----------
    data
        Folder with the public data sets.
    seeds
        Seeds of the synonyms chosen and of how answers are dealt to other clips.
    full
        More draws of clips.
    progress
        Told ``("answers", done, total)``.
    """
    tell = progress or silent
    draws = 2000 if full else 300
    sample = read(data)
    steps = len(seeds)
    swapped, shuffled = [], []
    for k, seed in enumerate(seeds):
        tell("answers", k, steps)
        rng = np.random.default_rng(seed)
        swapped.append(in_synonyms(sample.truth, sample.tables, rng))
        shuffled.append([sample.told[i] for i in rng.permutation(len(sample.told))])
    tell("answers", steps, steps)
    answers: dict[str, Sequence[Words]] = {
        "synonyms": swapped,
        "told": [sample.told],
        "shuffled": shuffled,
    }
    scores = {
        name: {way: by_clip(sample, runs, way) for way in sample.groupings}
        for name, runs in answers.items()
    }
    return [
        *_rings(scores, seeds, draws),
        *_order(scores, seeds, draws),
        _official(scores["told"], seeds, draws),
        _identical(sample, seeds, draws),
    ]


def read(data: Path) -> Sample:
    """Return the clips' words with all groupings that are compared."""
    folder = data / ov_mer.FACTS.folder
    table = ov_mer.read(data).table
    wheels, tables = read_wheels(folder), read_word_tables(folder)
    groupings: dict[str, Sequence[Grouping]] = {
        EXACT: [as_written],
        "forms": [form_grouping(tables)],
        "synonyms": [synonym_grouping(tables)],
        OUTER: wheel_groupings(wheels, tables, 2),
        INNER: wheel_groupings(wheels, tables, 1),
    }
    groupings |= {name: [label_set_grouping(name)] for name in STAND_INS}
    return Sample(list(table["truth"]), list(table["told"]), tables, groupings)


def listed(tables: WordTables) -> dict[str, tuple[str, ...]]:
    """Return the words that are listed as synonyms of each word of a wheel, without itself.

    Examples
    --------
    >>> listed(WordTables({}, {"bliss": ("happy", "joyful"), "happy": ("happy",)}))
    {'happy': ('bliss',), 'joyful': ('bliss',)}
    """
    found: dict[str, list[str]] = {}
    for synonym, words in tables.meant.items():
        for word in words:
            if word != synonym:
                found.setdefault(word, []).append(synonym)
    return {word: tuple(sorted(found[word])) for word in sorted(found)}


def in_synonyms(words: Words, tables: WordTables, rng: np.random.Generator) -> list[list[str]]:
    """Return each clip's words replaced by others that the table lists as their synonyms.

    A word stands for the first word of the wheels that it means; one of those listed for that
    is drawn, other than the word itself. A word without any stays.

    Examples
    --------
    >>> tables = WordTables({}, {"bliss": ("joy",), "joy": ("joy",)})
    >>> in_synonyms([["joy"], ["sofa"]], tables, np.random.default_rng(0))
    [['bliss'], ['sofa']]
    """
    others, mean = listed(tables), synonym_grouping(tables)

    def other(word: str) -> str:
        found = [s for s in others.get(mean(word) or "", ()) if s != plain(word)]
        return found[rng.integers(len(found))] if found else word

    return [[other(word) for word in each] for each in words]


def by_clip(sample: Sample, runs: Sequence[Words], way: str) -> Floats:
    """Return precision and recall by clip and run [shape=(n_clips, n_runs, n_groupings, 2)]."""
    ways = sample.groupings[way]
    return np.stack([clip_scores(sample.truth, told, ways) for told in runs], axis=1)


def over_runs(scores: Floats, score: Callable[[NDArray[np.float64]], float] = f1_of_clips) -> float:
    """Return a score as its mean over runs [shape=(n_clips, n_runs, n_groupings, 2)]."""
    return float(np.mean([score(scores[:, k]) for k in range(scores.shape[1])]))


def gap(ours: Floats, theirs: Floats, draws: int, seed: int) -> Interval:
    """Return the interval of the difference of two scores, clips drawn together."""
    return bootstrap(lambda a, b: over_runs(a) - over_runs(b), ours, theirs, n=draws, seed=seed)


def told_by_way(scores: Mapping[str, Floats]) -> str:
    """Return the score under each grouping, as words."""
    return ", ".join(f"{way} {over_runs(found):.3f}" for way, found in scores.items())


def _rings(
    scores: Mapping[str, Mapping[str, Floats]], seeds: Sequence[int], draws: int
) -> list[Finding]:
    told = scores["told"]
    floor = {way: over_runs(found) for way, found in scores["shuffled"].items()}
    above = {way: over_runs(found) - floor[way] for way, found in told.items()}
    notes = (
        f"by grouping, from strict to lenient, then by two label sets of the kit in place of the "
        f"wheels: {told_by_way(told)}; a coarser ring lifts answers dealt to other clips too: "
        f"{told_by_way(scores['shuffled'])}; above these the answers are by "
        f"{above[EXACT]:.3f} as written, {above[OUTER]:.3f} on the outer and {above[INNER]:.3f} on "
        "the inner ring, so most of what the inner ring adds to the outer is its coarseness; "
        "speakers are not named, so clips are drawn one by one"
    )
    pairs = (
        (INNER, OUTER, "answers agree more with people on the inner ring than on the outer", notes),
        (OUTER, EXACT, "and more on the outer ring than as written", ""),
    )
    return [
        compared(
            claim,
            "F of mean precision and recall, mean of five wheels",
            over_runs(told[more]),
            over_runs(told[less]),
            less,
            gap(told[more], told[less], draws, seeds[0]),
            seeds=seeds,
            data=ov_mer.FACTS.folder,
            notes=note,
        )
        for more, less, claim, note in pairs
    ]


def _order(
    scores: Mapping[str, Mapping[str, Floats]], seeds: Sequence[int], draws: int
) -> list[Finding]:
    kinds = (
        ("synonyms", "told", "people's words in listed synonyms come before a system's answers"),
        ("told", "shuffled", "a system's answers come before the same dealt to other clips"),
    )
    found = []
    for way in (INNER, OUTER):
        for better, worse, claim in kinds:
            ours, theirs = scores[better][way], scores[worse][way]
            runs = [f1_of_clips((ours if better == "synonyms" else theirs)[:, k])
                    for k in range(len(seeds))]  # fmt: skip
            found.append(
                compared(
                    f"{claim}, {way}",
                    "F of mean precision and recall, mean of five wheels",
                    over_runs(ours),
                    over_runs(theirs),
                    {"told": "the system's answers", "shuffled": "answers of other clips"}[worse],
                    gap(ours, theirs, draws, seeds[0]),
                    seeds=seeds,
                    data=ov_mer.FACTS.folder,
                    notes=f"over seeds {min(runs):.3f} to {max(runs):.3f}; words as written: "
                    f"{over_runs(scores[better][EXACT]):.3f} against "
                    f"{over_runs(scores[worse][EXACT]):.3f}",
                )
            )
    return found


def _official(told: Mapping[str, Floats], seeds: Sequence[int], draws: int) -> Finding:
    score = bootstrap(mean_of_clips, told[INNER][:, 0], n=draws, seed=seeds[0])
    precision, recall = np.nanmean(told[INNER][:, 0], axis=0).mean(axis=0)
    others = ", ".join(
        f"{way} {over_runs(found, mean_of_clips):.3f}" for way, found in told.items()
    )
    return measured(
        "the inner ring of five wheels meets the official score of a language model's grouping",
        "mean of precision and recall, mean of five wheels",
        score,
        seeds=seeds,
        data=ov_mer.FACTS.folder,
        holds=score.low <= OFFICIAL["mean"] <= score.high,
        baseline=OFFICIAL["mean"],
        baseline_name="official, grouped by a language model",
        notes=f"precision {precision:.4f} and recall {recall:.4f}, official "
        f"{OFFICIAL['precision']} and {OFFICIAL['recall']}; it holds if the interval has the "
        f"official mean in it; by other groupings: {others}; one pair of files: that the two "
        "scores rank systems alike cannot be seen here",
    )


def _identical(sample: Sample, seeds: Sequence[int], draws: int) -> Finding:
    every = {way: by_clip(sample, [sample.truth], way) for way in sample.groupings}
    lowest = min(every, key=lambda way: over_runs(every[way]))
    skipped = {
        way: int(np.isnan(found[..., 0]).any(axis=(1, 2)).sum()) for way, found in every.items()
    }
    score = bootstrap(over_runs, every[lowest], n=min(draws, 300), seed=seeds[0])
    return measured(
        "the same words score 1 under every grouping",
        "lowest F of all groupings",
        score,
        seeds=seeds,
        data=ov_mer.FACTS.folder,
        holds=score.low == score.high == 1.0,
        notes="clips whose true words some grouping does not know are not counted: "
        + ", ".join(f"{way} {count}" for way, count in skipped.items()),
    )


if __name__ == "__main__":
    from affectkit.recipes.run import main

    main()
