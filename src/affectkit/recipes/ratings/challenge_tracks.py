"""The tracks of a challenge (paper 102): free words over wheels, and modalities fused by attention.

The score of the fine-grained track is put to the test on the words that people agreed on for 332
clips: replaced by synonyms that its own tables list, by other forms of the same word, and by
random words. The baseline of the first track, which weighs modalities clip by clip, is set beside
the best of them alone. No set with both sound and words that differ from clip to clip lies here.
So it is asked twice: of acted voices, each with a line of a television series that carries the
same label (real parts, pairs made up), and of clips that some people heard, others saw, and others
both heard and saw (real pairs; people's votes for features, and no text).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from affectkit.affect.emotion_wheels import WordTables, plain
from affectkit.data import ov_mer
from affectkit.measure.intervals import bootstrap
from affectkit.optional import require
from affectkit.progress import Progress, silent
from affectkit.recipes.finding import Finding, compared, measured
from affectkit.recipes.ratings.fused_pairs import made_up_pairs, real_pairs
from affectkit.recipes.ratings.open_vocabulary import (
    EXACT,
    INNER,
    OUTER,
    Sample,
    Words,
    by_clip,
    gap,
    in_synonyms,
    over_runs,
    read,
)

ID = "ratings.challenge_tracks"
PAPER = 102
TITLE = "A challenge's score for free words put to the test, and modalities fused by attention"
NEEDS = (
    "papers/072", "av/MANIFEST.csv", "av/speech/emodb", "av/speech/ravdess",
    "av/speech/crema-d-votes", "text-internal/meld", "weights:speech_encoder",
    "weights:voice_activity", "weights:text_encoder", "package:torch",
)  # fmt: skip


@dataclass(frozen=True)
class Track:
    """A track of the challenge: what is asked, how it is scored, and what of it stands here."""

    name: str
    asked: str
    score: str
    here: str


TRACKS = (
    Track(
        "SEMI",
        "one of neutral, angry, happy, sad, worried, surprise; 7,369 clips with labels, 124,802 "
        "without; 2,026 are scored inside a list of 20,000",
        "weighted F1",
        "affectkit.measure.classification.weighted_f1; affectkit.learn.attention_fusion",
    ),
    Track(
        "FG",
        "any number of emotion words; 1,200 clips",
        "F of mean precision and recall on mapped sets, mean of five wheels, on two rings",
        "affectkit.measure.open_vocabulary",
    ),
    Track("DES", "a description of the emotion with its cues", "by people or a model", "nothing"),
    Track("PR", "personality scores, with emotion as one more input", "regression", "nothing"),
)
"""Of MER 2025 (Lian et al. 2025)."""

NEAR = 0.9
"""From where on an F counts as near 1."""


def run(
    *,
    data: Path,
    seeds: Sequence[int] = (0, 1, 2, 3, 4),
    full: bool = False,
    progress: Progress | None = None,
) -> list[Finding]:
    """Return what the score for free words forgives, and what fusion by attention gains.

    Parameters
    ----------
    data
        Folder with the public data sets.
    seeds
        Seeds of the words drawn, of the pairs, folds and networks.
    full
        More lines, actors and draws.
    progress
        Told ``(stage, done, total)``.
    """
    require("torch", extra="train")
    tell = progress or silent
    draws = 1000 if full else 200
    return [
        *_words(read(data), seeds, draws),
        made_up_pairs(data, seeds, draws, full, tell),
        real_pairs(data, seeds, draws, full, tell),
    ]


def in_other_forms(words: Words, tables: WordTables, rng: np.random.Generator) -> list[list[str]]:
    """Return each clip's words in other forms of the same word; a word of one form stays.

    Examples
    --------
    >>> tables = WordTables({"joy": ("joy",), "joys": ("joy",)}, {})
    >>> in_other_forms([["joy", "awe"]], tables, np.random.default_rng(0))
    [['joys', 'awe']]
    """
    forms: dict[str, list[str]] = {}
    for form, bases in tables.bases.items():
        for base in bases:
            forms.setdefault(base, []).append(form)

    def other(word: str) -> str:
        found = [f for f in forms.get(tables.base(word), ()) if f != plain(word)]
        return found[rng.integers(len(found))] if found else word

    return [[other(word) for word in each] for each in words]


def random_words(words: Words, rng: np.random.Generator) -> list[list[str]]:
    """Return as many different words for each clip, drawn from those of all clips.

    Examples
    --------
    >>> random_words([["joy"], ["joy"]], np.random.default_rng(0))
    [['joy'], ['joy']]
    """
    every = sorted({word for each in words for word in each})
    drawn = (rng.choice(every, size=len(set(each)), replace=False) for each in words)
    return [[str(word) for word in each] for each in drawn]


def _words(sample: Sample, seeds: Sequence[int], draws: int) -> list[Finding]:
    made: Mapping[str, Callable[[np.random.Generator], Words]] = {
        "synonyms": lambda rng: in_synonyms(sample.truth, sample.tables, rng),
        "forms": lambda rng: in_other_forms(sample.truth, sample.tables, rng),
        "random": lambda rng: random_words(sample.truth, rng),
    }
    runs: dict[str, Sequence[Words]] = {
        name: [make(np.random.default_rng(seed)) for seed in seeds] for name, make in made.items()
    }
    runs["told"] = [sample.told]
    scores = {
        name: {way: by_clip(sample, told, way) for way in (EXACT, OUTER, INNER)}
        for name, told in runs.items()
    }

    def each(name: str) -> str:
        return ", ".join(f"{over_runs(found):.3f} {way}" for way, found in scores[name].items())

    several = sum(len(words) > 1 for words in sample.tables.meant.values())
    metric = "F of mean precision and recall, mean of five wheels"
    synonyms, drawn, told = (scores[name] for name in ("synonyms", "random", "told"))
    found = [
        compared(
            "the wheels forgive synonyms that words as written do not",
            metric,
            over_runs(synonyms[INNER]),
            over_runs(synonyms[EXACT]),
            "words as written",
            gap(synonyms[INNER], synonyms[EXACT], draws, seeds[0]),
            seeds=seeds,
            data=ov_mer.FACTS.folder,
            notes=f"people's words, each replaced by one that the tables list: {each('synonyms')}",
        )
    ]
    for name, what, way, note in (
        (
            "synonyms", "listed synonyms", INNER,
            f"{several} of {len(sample.tables.meant)} words stand for more than one word of the "
            "wheels, and the first in the alphabet is taken, often of another group",
        ),
        ("synonyms", "listed synonyms", OUTER, ""),
        ("forms", "other forms of the same words", INNER, f"by grouping: {each('forms')}"),
    ):  # fmt: skip
        score = bootstrap(over_runs, scores[name][way], n=draws, seed=seeds[0])
        found.append(
            measured(
                f"with people's words replaced by {what}, F stays near 1 on the {way}",
                metric,
                score,
                seeds=seeds,
                data=ov_mer.FACTS.folder,
                holds=score.low >= NEAR,
                baseline=over_runs(scores[name][EXACT]),
                baseline_name="words as written",
                notes="; ".join(filter(None, (f"near 1: the interval lies above {NEAR}", note))),
            )
        )
    both = [
        np.concatenate([each_way[OUTER], each_way[INNER]], axis=2) for each_way in (drawn, told)
    ]
    less = bootstrap(lambda a, b: over_runs(b) / 2 - over_runs(a), *both, n=draws, seed=seeds[0])
    found.append(
        measured(
            "random words score less than half of what a system's answers do",
            f"{metric} and both rings",
            bootstrap(over_runs, both[0], n=draws, seed=seeds[0]),
            seeds=seeds,
            data=ov_mer.FACTS.folder,
            holds=less.low > 0,
            baseline=over_runs(both[1]),
            baseline_name="the system's answers",
            notes=f"random words: {each('random')}; the system's answers: {each('told')}; as many "
            "words as people gave, out of all that they gave; on the inner ring alone the floor "
            "is not low",
        )
    )
    return found


if __name__ == "__main__":
    from affectkit.recipes.run import main

    main()
