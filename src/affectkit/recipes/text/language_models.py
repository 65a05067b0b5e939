"""A small instruction model against a tuned classifier at naming the emotions of comments.

The model is asked through Inspect with a naive prompt and with the best of several, which is
chosen on training comments. Answers that name no listed emotion may be repaired by a table of
near words. The classifier is a logistic regression on words and pairs with tuned thresholds.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from affectkit.affect import LabelMap, LabelSet
from affectkit.data import goemotions
from affectkit.measure.intervals import Interval, bootstrap
from affectkit.measure.metrics import macro_f1
from affectkit.progress import Progress, silent
from affectkit.recipes.finding import Finding
from affectkit.recipes.text.words_alone import emotions_by_words

if TYPE_CHECKING:
    from affectkit.evals.emotion_labels import Prompt

ID = "text.language_models"
PAPER = 121
TITLE = "A language model against a tuned classifier at 28 emotions, naive and best prompt"
NEEDS = (
    "text-open/goemotions",
    "weights:language_model",
    "package:xllamacpp",
    "package:inspect_ai",
    "package:sklearn",
)
MODEL = "affectkit/local"
_PLAIN, _FULL = (1, 60, 8_000), (1, 500, 20_000)
"""Comments a label to choose on, comments to score, and most to train the classifier on."""
_LITTLE = 0.02
_STAND_IN = (
    "SmolLM2 with 135 million weights stands in for the paper's models of 2 to 1,000 billion, so "
    "its level says nothing of theirs"
)

Bools = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Answers:
    """What a model answered with one prompt.

    Parameters
    ----------
    named, repaired
        Which labels it named, as it is and after repair [shape=(n, n_labels)].
    valid
        Whether it kept to the list [shape=(n,)].
    """

    named: Bools
    repaired: Bools
    valid: Bools


def run(
    *,
    data: Path,
    seeds: Sequence[int] = (0, 1, 2),
    full: bool = False,
    progress: Progress | None = None,
) -> list[Finding]:
    """Choose a prompt on train, then judge model and classifier on dev.

    Parameters
    ----------
    data
        Folder with the public data sets.
    seeds
        Seeds of the examples that prompts show and of the classifier; the first draws the
        comments.
    full
        Choose on, score and train the classifier on more comments.
    progress
        Told ``("prompts", done, total)``.
    """
    from affectkit.evals.emotion_labels import PROMPTS, with_examples

    report = progress or silent
    each, n_score, n_train = _FULL if full else _PLAIN
    corpus = goemotions.read(data)
    labels = corpus.labels
    train, dev = corpus.split("train").table, corpus.split("dev").table
    dev = dev[~dev["text"].isin(set(train["text"]))]
    rng = np.random.default_rng(seeds[0])
    dev = dev.iloc[np.sort(rng.permutation(len(dev))[:n_score])]
    shown = [examples(train, labels, seed) for seed in seeds]
    taken = {text for some in shown for text, _ in some}
    chosen_on = spread_over_labels(train[~train["text"].isin(taken)], labels, each, rng)
    naive = PROMPTS["naive"]
    others = [p for p in PROMPTS.values() if p is not naive] + [with_examples(s) for s in shown]
    reached = []
    for k, prompt in enumerate(others):
        report("prompts", k, len(others) + 2)
        told = ask_model(chosen_on, labels, prompt)
        reached.append(_macro(chosen_on[list(labels)].to_numpy(dtype=bool), told.named))
    best = others[int(np.argmax(reached))]
    report("prompts", len(others), len(others) + 2)
    by_naive = ask_model(dev, labels, naive)
    report("prompts", len(others) + 1, len(others) + 2)
    by_best = ask_model(dev, labels, best)
    report("prompts", len(others) + 2, len(others) + 2)
    tuned = [classifier(train, dev["text"].tolist(), labels, n_train, seed) for seed in seeds]
    listed = ", ".join(f"{p.name} {f:.3f}" for p, f in zip(others, reached, strict=True))
    notes = f"{_STAND_IN}; best prompt: {best.name!r} (on {len(chosen_on)} of train: {listed})"
    truth = dev[list(labels)].to_numpy(dtype=bool)
    return judge(truth, by_naive, by_best, tuned, labels, seeds, notes)


def ask_model(table: pd.DataFrame, labels: Sequence[str], prompt: Prompt) -> Answers:
    """Return what the local model answers about comments, asked through Inspect."""
    from affectkit.evals.emotion_labels import indicators, naming_task
    from affectkit.evals.run import evaluate

    ids = [str(i) for i in range(len(table))]
    truth = table[list(labels)].to_numpy(dtype=bool)
    task = naming_task(table["text"].tolist(), truth, labels, prompt, ids=ids)
    with tempfile.TemporaryDirectory(prefix="affectkit-") as folder:
        (log,) = evaluate([task], MODEL, folder=folder)
    scores = {str(s.id): (s.scores or {})["emotion_labels"] for s in log.samples or []}
    told: list[dict[str, Any]] = [scores[i].metadata or {} for i in ids]
    return Answers(
        named=indicators([t["named"] for t in told], labels),
        repaired=indicators([t["repaired"] for t in told], labels),
        valid=np.array([scores[i].as_dict()["valid"] == 1 for i in ids]),
    )


def examples(
    train: pd.DataFrame, labels: Sequence[str], seed: int, *, longest: int = 60
) -> list[tuple[str, str]]:
    """Return a short comment for each label, that label alone holding, in random order."""
    rng = np.random.default_rng(seed)
    truth = train[list(labels)].to_numpy(dtype=bool)
    fit = (truth.sum(axis=1) == 1) & (train["text"].str.len() <= longest).to_numpy()
    texts = train["text"].to_numpy()
    found = []
    for k, label in enumerate(labels):
        rows = np.flatnonzero(fit & truth[:, k])
        if len(rows):
            found.append((str(texts[rng.choice(rows)]), label))
    return [found[i] for i in rng.permutation(len(found))]


def spread_over_labels(
    train: pd.DataFrame, labels: Sequence[str], each: int, rng: np.random.Generator
) -> pd.DataFrame:
    """Return comments among which each label holds for at least `each`, if it does at all."""
    truth = train[list(labels)].to_numpy(dtype=bool)
    picked: set[int] = set()
    for k in range(len(labels)):
        picked |= set(rng.permutation(np.flatnonzero(truth[:, k]))[:each].tolist())
    return train.iloc[sorted(picked)]


def classifier(
    train: pd.DataFrame, texts: Sequence[str], labels: Sequence[str], most: int, seed: int
) -> Bools:
    """Return what the tuned classifier says; its thresholds come from a tenth held back."""
    order = np.random.default_rng(seed).permutation(len(train))[:most]
    size = max(len(order) // 10, 1)
    parts = [train.iloc[rows] for rows in (order[size:], order[:size])]
    fit, held = (
        (part["text"].tolist(), part[list(labels)].to_numpy(dtype=np.float64)) for part in parts
    )
    return emotions_by_words(fit, held, texts, seed=seed)


def judge(
    truth: Bools,
    naive: Answers,
    best: Answers,
    tuned: Sequence[Bools],
    labels: Sequence[str],
    seeds: Sequence[int],
    notes: str = "",
) -> list[Finding]:
    """Return the findings of the comparison.

    Parameters
    ----------
    truth
        Which labels hold [shape=(n, n_labels)].
    naive, best
        What the language model answered with either prompt.
    tuned
        What the classifier said, once a seed.
    labels
        The labels.
    seeds
        As run.
    notes
        What the first finding has to add.
    """
    held = truth.any(axis=0)
    truth, tuned = truth[:, held], [t[:, held] for t in tuned]
    first, last = naive.named[:, held], best.named[:, held]
    mended = best.repaired[:, held]
    rng = np.random.default_rng(seeds[0])
    dealt = [last[rng.permutation(len(last))] for _ in range(20)]

    def gap(ours: Sequence[Bools], theirs: Sequence[Bools], of: Bools) -> Interval:
        return bootstrap(
            lambda t, *told: (
                float(np.mean([macro_f1(t, a) for a in told[: len(ours)]]))
                - float(np.mean([macro_f1(t, b) for b in told[len(ours) :]]))
            ),
            of,
            *ours,
            *theirs,
            seed=seeds[0],
        )

    def level(told: Sequence[Bools], of: Bools) -> float:
        return float(np.mean([macro_f1(of, t) for t in told]))

    metric = f"macro-F1 of {int(held.sum())} labels"
    found = [
        _finding(
            "a prompt chosen on training comments beats a naive one",
            metric,
            level([last], truth),
            level([first], truth),
            "naive prompt, same model",
            gap([last], [first], truth),
            seeds,
            notes=notes,
        ),
        _finding(
            "a tuned classifier beats the language model with its best prompt",
            metric,
            level(tuned, truth),
            level([last], truth),
            "language model, best prompt",
            gap(tuned, [last], truth),
            seeds,
            notes="logistic regression on tf-idf of words and pairs, a threshold a label, mean "
            f"over {len(tuned)} seeds; it stands in for the paper's tuned BERT",
        ),
        _finding(
            "the language model knows something: with its best prompt it beats its own answers "
            "dealt to other comments",
            metric,
            level([last], truth),
            level(dealt, truth),
            "the same answers, shuffled 20 times",
            gap([last], dealt, truth),
            seeds,
        ),
        _finding(
            "a prompt chosen on training comments keeps more answers to the list",
            "share of answers that are labels of the list and nothing else",
            float(best.valid.mean()),
            float(naive.valid.mean()),
            "naive prompt, same model",
            bootstrap(
                lambda a, b: float(np.mean(a) - np.mean(b)), best.valid, naive.valid, seed=seeds[0]
            ),
            seeds,
            notes=f"invalid answers: best prompt {1 - best.valid.mean():.3f}, naive "
            f"{1 - naive.valid.mean():.3f}; no listed label at all: "
            f"{np.mean(~best.named.any(axis=1)):.3f}, {np.mean(~naive.named.any(axis=1)):.3f}",
        ),
    ]
    little = gap([mended], [last], truth)
    found.append(
        _finding(
            f"repair by a table of near words changes macro-F1 by less than {_LITTLE}",
            metric,
            level([mended], truth),
            level([last], truth),
            "best prompt without repair",
            little,
            seeds,
            holds=max(abs(little.low), abs(little.high)) < _LITTLE,
            notes=f"with the naive prompt: {level([naive.repaired[:, held]], truth):.3f} repaired, "
            f"{level([first], truth):.3f} as it is",
        )
    )
    groups = [in_groups(t, np.flatnonzero(held), labels) for t in (truth, last, first, *tuned)]
    found.append(
        _finding(
            "the classifier stays ahead where near misses count: labels in Ekman's groups",
            "macro-F1 of Ekman's six and neutral",
            level(groups[3:], groups[0]),
            level([groups[1]], groups[0]),
            "language model, best prompt",
            gap(groups[3:], [groups[1]], groups[0]),
            seeds,
            notes=f"naive prompt: {level([groups[2]], groups[0]):.3f}; a group holds where any of "
            "its labels does",
        )
    )
    return found


def in_groups(told: Bools, columns: NDArray[np.intp], labels: Sequence[str]) -> Bools:
    """Return which of Ekman's groups hold [shape=(n, 7)], by the makers' own grouping.

    Parameters
    ----------
    told
        Which labels hold [shape=(n, n_columns)].
    columns
        Which of the labels the columns are.
    labels
        All labels.
    """
    source = LabelSet.load("goemotions28")
    through = LabelMap.between(source, LabelSet.load("ekman7"))
    weights = through.weights[[source.index(labels[c]) for c in columns], :-1]
    return np.asarray(told @ weights > 0)


def _macro(truth: Bools, told: Bools) -> float:
    held = truth.any(axis=0)
    return macro_f1(truth[:, held], told[:, held])


def _finding(
    claim: str,
    metric: str,
    value: float,
    baseline: float,
    baseline_name: str,
    gap: Interval,
    seeds: Sequence[int],
    *,
    holds: bool | None = None,
    notes: str = "",
) -> Finding:
    return Finding(
        claim=claim,
        metric=metric,
        value=value,
        baseline=baseline,
        baseline_name=baseline_name,
        low=gap.low,
        high=gap.high,
        n=gap.n,
        seeds=tuple(seeds),
        data=(goemotions.FACTS.folder,),
        holds=gap.low > 0 if holds is None else holds,
        notes=notes,
    )


if __name__ == "__main__":
    from affectkit.recipes.run import main

    main()
