"""Emotion told from the parts of an experience: what happened, felt, thought and was at stake.

The component process model asks somebody for four answers: what happened (behaviour), how it
felt, what was thought of it, and which need was touched and by whom (territory). Here the text of
an event is the first part, and three readers' judgements of seven appraisals, put into the other
three before anything was scored, stand for the rest. Every subset of the parts goes through one
linear model, on a frozen encoder and on words alone. Controls: the same answers taken from
another event, and appraisals that a model had to guess from the text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from affectkit.data import enisear_appraisal
from affectkit.data.leaks import normalised
from affectkit.learn.grouped_ridge import group_folds, out_of_fold, principal
from affectkit.measure.intervals import Interval, bootstrap
from affectkit.measure.metrics import pearson
from affectkit.measure.paired_runs import macro_f1_of_codes, runs_difference
from affectkit.optional import require
from affectkit.perceive.text_encoder import TextEncoder
from affectkit.progress import Progress, silent
from affectkit.recipes.finding import Finding, compared

ID = "text.appraisal_parts"
PAPER = 42
TITLE = "Emotion from the parts of an experience, each of which adds"
NEEDS = ("text-internal/enisear_appraisal", "weights:text_encoder", "package:sklearn")

PARTS: Mapping[str, tuple[str, ...]] = {
    "behaviour": (),
    "feeling": ("pleasant", "effort"),
    "thinking": ("attention", "certainty"),
    "territory": ("responsibility", "control", "circumstance"),
}
"""The four parts, and the appraisals that stand for each; behaviour is the text of the event."""

_FOLDS = 5
_PENALTIES = (0.3, 1.0, 3.0, 10.0, 30.0)
_COMPONENTS = 128
_STAND_IN = (
    "the text of an English event stands in for the answer on behaviour, and the votes of three "
    "readers on seven appraisals for the narrator's own answers on feeling, thinking and "
    "territory, which the paper has in French and in words; they are proxies"
)

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Told = Mapping[tuple[str, ...], Ints]
"""Codes of the emotion told from each subset of the parts [shape=(n_seeds, n)]."""


def run(
    *,
    data: Path,
    seeds: Sequence[int] = (0, 1, 2),
    full: bool = False,
    progress: Progress | None = None,
) -> list[Finding]:
    """Tell the emotion from every subset of the parts, and compare.

    Parameters
    ----------
    data
        Folder with the public data sets.
    seeds
        Seeds of the divisions into folds.
    full
        Also a model of words alone, and more draws for the intervals.
    progress
        Told ``("subsets", done, total)``.
    """
    report = progress or silent
    rows = enisear_appraisal.read(data).table
    _, truth = np.unique(rows["emotion"].to_numpy(str), return_inverse=True)
    groups = [normalised(text) for text in rows["text"]]
    divisions = [group_folds(groups, _FOLDS, seed=s) for s in seeds]
    encoder = TextEncoder(threads=1)
    encoded = principal(encoder.encode(list(rows["text"])), _COMPONENTS)
    parts = blocks(rows, encoded)
    told = every_subset(parts, truth, divisions, report)
    how: dict[str, Any] = {"clusters": groups, "seed": seeds[0], "n": 500 if full else 200}
    found = [all_against_best(told, truth, seeds, how)]
    found += each_adds(told, truth, seeds, how)
    found.append(smallest_step(told, truth, seeds, how))
    found.append(against_other_events(parts, told, truth, divisions, seeds, how))
    found.append(with_guesses(rows, encoded, told, truth, divisions, seeds, how))
    if full:
        words = scaled(word_counts(list(rows["text"])), each=False)
        rest = [x for name, x in parts.items() if name != "behaviour"]
        by_words = {
            **{s: runs for s, runs in told.items() if "behaviour" not in s},
            ("behaviour",): tell([words], truth, divisions),
            tuple(PARTS): tell([words, *rest], truth, divisions),
        }
        found += encoder_against_words(told, by_words, truth, seeds, how)
    return found


def blocks(rows: pd.DataFrame, text: Floats) -> dict[str, Floats]:
    """Return the features of each part, all parts with one total variance [shape=(n, k)].

    An appraisal counts by which share of its readers said yes (one column a share, so that no
    line through the shares is assumed), and by its products with the others of its part.
    """
    found = {"behaviour": scaled(text, each=False)}
    for part, appraisals in PARTS.items():
        if appraisals:
            found[part] = scaled(votes(rows[list(appraisals)].to_numpy(float)))
    return found


def votes(shares: Floats) -> Floats:
    """Return a column for each share of an appraisal above 0, and the products of appraisals.

    Examples
    --------
    >>> votes(np.array([[0, 1], [1 / 3, 2 / 3]])).round(2).tolist()
    [[0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0], [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.22]]
    """
    counts = np.rint(shares * 3).astype(int)
    single = [counts[:, j] == k for j in range(shares.shape[1]) for k in (1, 2, 3)]
    pairs = [shares[:, i] * shares[:, j] for i, j in combinations(range(shares.shape[1]), 2)]
    return np.column_stack([*single, *pairs]).astype(np.float64)


def scaled(x: Floats, *, each: bool = True) -> Floats:
    """Return columns centred, with a total variance of 1; of like spread if `each`."""
    kept = x[:, x.std(axis=0) > 1e-9]
    kept = kept - kept.mean(axis=0)
    if each:
        kept = kept / kept.std(axis=0)
    return np.asarray(kept / np.sqrt(kept.var(axis=0).sum()))


def every_subset(
    parts: Mapping[str, Floats], truth: Ints, divisions: Sequence[Ints], report: Progress = silent
) -> dict[tuple[str, ...], Ints]:
    """Return what each non-empty subset of the parts tells, by its names in order."""
    subsets = [s for k in range(1, len(parts) + 1) for s in combinations(parts, k)]
    found = {}
    for done, subset in enumerate(subsets):
        report("subsets", done, len(subsets))
        found[subset] = tell([parts[name] for name in subset], truth, divisions)
    report("subsets", len(subsets), len(subsets))
    return found


def tell(parts: Sequence[Floats], truth: Ints, divisions: Sequence[Ints]) -> Ints:
    """Return the emotion told from parts side by side, out of fold [shape=(n_seeds, n)]."""
    x = np.concatenate(parts, axis=1)
    wanted = np.eye(int(truth.max()) + 1)[truth]
    return np.stack(
        [
            out_of_fold(x, wanted, folds, pearson, penalties=_PENALTIES).argmax(axis=1)
            for folds in divisions
        ]
    )


def word_counts(texts: Sequence[str]) -> Floats:
    """Return tf-idf of words and pairs of words that five texts have."""
    require("sklearn", extra="train")
    from sklearn.feature_extraction.text import TfidfVectorizer

    words = TfidfVectorizer(ngram_range=(1, 2), min_df=5, sublinear_tf=True)
    return np.asarray(words.fit_transform(texts).toarray(), dtype=np.float64)


def all_against_best(told: Told, truth: Ints, seeds: Sequence[int], how: Any) -> Finding:
    """Return whether all parts together beat the best single one."""
    whole, singles = tuple(PARTS), [(name,) for name in PARTS]
    best = max(singles, key=lambda s: level(told[s], truth))
    gap = runs_difference(macro_f1_of_codes, truth, told[whole], told[best], **how)
    alone = ", ".join(f"{s[0]} {level(told[s], truth):.3f}" for s in singles)
    return _finding(
        "all four parts of an experience tell the emotion better than the best single part",
        told[whole], told[best], f"the best single part: {best[0]}", truth, gap, seeds,
        notes=f"{_STAND_IN}; alone: {alone}; the best one is known after scoring, which favours it",
    )  # fmt: skip


def each_adds(told: Told, truth: Ints, seeds: Sequence[int], how: Any) -> list[Finding]:
    """Return, for each part, whether all four beat the other three."""
    whole = tuple(PARTS)
    found = []
    for part in PARTS:
        rest = tuple(name for name in PARTS if name != part)
        gap = runs_difference(macro_f1_of_codes, truth, told[whole], told[rest], **how)
        stands_for = ", ".join(PARTS[part]) or "the text of the event"
        found.append(
            _finding(
                f"{part} adds to the other three parts",
                told[whole], told[rest], "the other three", truth, gap, seeds,
                notes=f"{part} here: {stands_for}",
            )
        )  # fmt: skip
    return found


def smallest_step(told: Told, truth: Ints, seeds: Sequence[int], how: Any) -> Finding:
    """Return whether the mean over subsets of a size rises from one part to four, each step."""
    sizes = [np.concatenate([told[s] for s in told if len(s) == k]).T for k in range(1, 5)]
    levels = [_mean_level(truth, runs) for runs in sizes]
    gaps = [
        bootstrap(lambda t, a, b: _mean_level(t, a) - _mean_level(t, b), truth, more, fewer, **how)
        for fewer, more in pairwise(sizes)
    ]
    step = min(range(3), key=lambda k: gaps[k].low)
    by_size = ", ".join(f"{k} {f1:.3f}" for k, f1 in enumerate(levels, start=1))
    return compared(
        "the emotion is told better with each further part, from one to four",
        "macro-F1, mean over subsets", levels[step + 1], levels[step],
        f"one part fewer, at the least sure step ({step + 1} to {step + 2})", gaps[step],
        seeds=seeds, data=enisear_appraisal.FACTS.folder, notes=f"by number of parts: {by_size}",
    )  # fmt: skip


def against_other_events(
    parts: Mapping[str, Floats],
    told: Told,
    truth: Ints,
    divisions: Sequence[Ints],
    seeds: Sequence[int],
    how: Any,
) -> Finding:
    """Return whether the answers on the same event beat those taken from another one."""
    others = []
    for seed, folds in zip(seeds, divisions, strict=True):
        order = np.random.default_rng(seed).permutation(len(truth))
        swapped = [x if name == "behaviour" else x[order] for name, x in parts.items()]
        others.append(tell(swapped, truth, [folds])[0])
    whole = told[tuple(PARTS)]
    gap = runs_difference(macro_f1_of_codes, truth, whole, np.stack(others), **how)
    return _finding(
        "it is what the parts say that helps: the same answers taken from another event do not",
        whole, np.stack(others), "the text with answers on another event", truth, gap, seeds,
        notes=f"the text alone reaches {level(told['behaviour',], truth):.3f}",
    )  # fmt: skip


def with_guesses(
    rows: pd.DataFrame,
    text: Floats,
    told: Told,
    truth: Ints,
    divisions: Sequence[Ints],
    seeds: Sequence[int],
    how: Any,
) -> Finding:
    """Return whether appraisals that are guessed from the text add to the text."""
    names = [name for part in PARTS.values() for name in part]
    shares = rows[names].to_numpy(float)
    x, guessed, levels = scaled(text, each=False), [], []
    for folds in divisions:
        guesses = out_of_fold(x, shares, folds, pearson, penalties=_PENALTIES)
        levels.append([pearson(shares[:, j], guesses[:, j]) for j in range(len(names))])
        pairs = [guesses[:, i] * guesses[:, j] for i, j in combinations(range(len(names)), 2)]
        block = scaled(np.column_stack([guesses, *pairs]))
        guessed.append(tell([x, block], truth, [folds])[0])
    alone = told["behaviour",]
    gap = runs_difference(macro_f1_of_codes, truth, np.stack(guessed), alone, **how)
    found = dict(zip(names, np.mean(levels, axis=0), strict=True))
    listed = ", ".join(f"{name} {r:.2f}" for name, r in found.items())
    return _finding(
        "appraisals that a model guesses from the text add to the text itself",
        np.stack(guessed), alone, "the text alone", truth, gap, seeds,
        notes="this is what a user has who gives a text only; r of the guesses with the readers' "
        f"votes: {listed}. The guess for an event comes from a model that saw no event of its "
        "fold, but the guesses that the last step learns from did see appraisals of the fold "
        "that is asked; no emotion leaks",
    )  # fmt: skip


def encoder_against_words(
    told: Told, by_words: Told, truth: Ints, seeds: Sequence[int], how: Any
) -> list[Finding]:
    """Return whether the frozen encoder beats words, and whether the parts add to words too."""
    whole = tuple(PARTS)
    found = []
    for subset, what in ((("behaviour",), "the text alone"), (whole, "all four parts")):
        gap = runs_difference(macro_f1_of_codes, truth, told[subset], by_words[subset], **how)
        found.append(
            _finding(
                f"a pre-trained encoder beats a bag of words on {what}",
                told[subset], by_words[subset], "tf-idf of words and pairs, same model", truth,
                gap, seeds, notes="the encoder is frozen, of which the "
                f"{_COMPONENTS} first components are used; the paper fine-tunes",
            )
        )  # fmt: skip
    singles = [s for s in by_words if len(s) == 1]
    best = max(singles, key=lambda s: level(by_words[s], truth))
    gap = runs_difference(macro_f1_of_codes, truth, by_words[whole], by_words[best], **how)
    found.append(
        _finding(
            "with a bag of words too, all four parts beat the best single one",
            by_words[whole], by_words[best], f"the best single part: {best[0]}", truth, gap, seeds,
        )
    )  # fmt: skip
    return found


def level(told: Ints, truth: Ints) -> float:
    """Return macro-F1, the mean over seeds."""
    return _mean_level(truth, told.T)


def _mean_level(truth: Ints, runs: Ints) -> float:
    """Return the mean macro-F1 of runs that stand in columns [shape=(n, n_runs)]."""
    return float(np.mean([macro_f1_of_codes(truth, column) for column in runs.T]))


def _finding(
    claim: str,
    ours: Ints,
    theirs: Ints,
    baseline: str,
    truth: Ints,
    gap: Interval,
    seeds: Sequence[int],
    notes: str = "",
) -> Finding:
    return compared(
        claim, "macro-F1 of seven emotions, five-fold cross-validated",
        level(ours, truth), level(theirs, truth), baseline, gap,
        seeds=seeds, data=enisear_appraisal.FACTS.folder, notes=notes,
    )  # fmt: skip


if __name__ == "__main__":
    from affectkit.recipes.run import main

    main()
