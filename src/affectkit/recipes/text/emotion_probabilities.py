"""A text as a vector of probabilities over emotion words, read from a small language model.

A tail after the text ("Reading this fills me with a sense of") makes an emotion word the natural
next one. The logs of the words' probabilities are centred; their first principal component is
compared with the valence that readers gave to EmoBank's sentences, and with the same component
of words drawn at random. Tail and centring are chosen on training sentences, by the valence
there; the sentences that are scored come from the official dev split.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from affectkit.data import emobank
from affectkit.llm.emotion_vector import (
    TAILS,
    emotion_words,
    log_ratios,
    log_shares,
    word_log_probabilities,
)
from affectkit.llm.local import LocalModel
from affectkit.measure.intervals import Interval, bootstrap
from affectkit.measure.metrics import pearson
from affectkit.optional import require
from affectkit.progress import Progress, silent
from affectkit.recipes.finding import Finding

ID = "text.emotion_probabilities"
PAPER = 103
TITLE = "Probabilities over emotion words after a tail prompt, and their principal components"
NEEDS = (
    "text-open/emobank",
    "weights:language_model_trainable",
    "package:torch",
    "package:transformers",
    "package:sklearn",
)
_PLAIN, _FULL = (40, 120), (80, 500)
"""Sentences to choose on and to score, of a plain and of a full run."""
_LONGER = 200
"""Sentences on which words of several tokens are scored too, which takes six times as long."""
_PENALTIES = {"vector": np.logspace(0, 5, 11), "words": np.logspace(-1, 1.5, 11)}
"""For ridge regression; so large that nothing is learned is left out for both."""
_CENTRED: dict[str, Callable[[NDArray[np.float64]], NDArray[np.float64]]] = {
    "log shares": log_shares,
    "log ratios": log_ratios,
}
_STAND_IN = (
    "SmolLM2 with 135 million weights stands in for LLaMA-2 7B, EmoBank for product reviews, and "
    "the words of our label sets that are one token for the paper's 271 words"
)

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Read:
    """What the model expects after each tail.

    Parameters
    ----------
    words
        log p of the emotion words, for each tail [shape=(n_texts, n_words)].
    random
        The same of words drawn at random, for each tail and seed.
    """

    words: list[Floats]
    random: list[list[Floats]]


def run(
    *,
    data: Path,
    seeds: Sequence[int] = (0, 1, 2),
    full: bool = False,
    progress: Progress | None = None,
) -> list[Finding]:
    """Choose tail and centring on train, then judge them on dev.

    Parameters
    ----------
    data
        Folder with the public data sets.
    seeds
        Seeds of the random word lists and of the folds; the first draws the sentences.
    full
        Score more sentences, and words of several tokens too.
    progress
        Told ``("continuations", done, total)`` in sentences, once a tail.
    """
    report = progress or silent
    bank = emobank.read(data)
    n_choose, n_score = _FULL if full else _PLAIN
    train = _draw(bank.split("train").table, n_choose, seeds[0])
    dev = _draw(bank.split("dev").table, n_score, seeds[0])
    with LocalModel(batch_size=16) as model:
        words = single_tokens(model, emotion_words())
        drawn = [random_words(model, len(words), set(emotion_words()), seed) for seed in seeds]
        on_train = read(model, train["text"].tolist(), words, drawn, report)
        on_dev = read(model, dev["text"].tolist(), words, drawn, report)
        tail, how = choose(on_train, train["valence"].to_numpy())
        found = judge(on_dev, dev, tail, how, words, seeds)
        if full:
            longer = [word for word in emotion_words() if word not in set(words)]
            rows = np.linspace(0, len(dev) - 1, min(_LONGER, len(dev))).astype(int)
            some = dev.iloc[rows]
            told = word_log_probabilities(
                model, some["text"].tolist(), longer, tail=TAILS[tail], progress=report
            )
            found.append(judge_longer(on_dev.words[tail][rows], told, some, tail, how, seeds))
    return found


def read(
    model: LocalModel,
    texts: Sequence[str],
    words: Sequence[str],
    drawn: Sequence[Sequence[str]],
    report: Progress = silent,
) -> Read:
    """Return log p of all words after each tail; one pass through the model serves all lists."""
    everything = [*words, *(word for some in drawn for word in some)]
    ends = np.cumsum([len(words), *(len(some) for some in drawn)])[:-1]
    kept: list[Floats] = []
    others: list[list[Floats]] = []
    for tail in TAILS:
        told = word_log_probabilities(model, texts, everything, tail=tail, progress=report)
        first, *rest = np.split(told, ends, axis=1)
        kept.append(first)
        others.append(rest)
    return Read(kept, others)


def choose(told: Read, valence: Floats) -> tuple[int, str]:
    """Return tail and centring whose first component goes best with valence."""
    choices = [(tail, how) for tail in range(len(told.words)) for how in _CENTRED]
    return max(choices, key=lambda c: strength(component(told.words[c[0]], c[1]), valence))


def component(log_p: Floats, how: str) -> Floats:
    """Return the first principal component of the centred logs [shape=(n_texts,)].

    Examples
    --------
    >>> log_p = np.log([[0.8, 0.1, 0.1], [0.1, 0.8, 0.1], [0.45, 0.45, 0.1]])
    >>> abs(component(log_p, "log ratios")).round(2).tolist()
    [1.47, 1.47, 0.0]
    """
    x = _CENTRED[how](log_p)
    left, size, _ = np.linalg.svd(x - x.mean(axis=0), full_matrices=False)
    first: Floats = left[:, 0] * size[0]
    return first


def strength(scores: Floats, valence: Floats) -> float:
    """Return how closely scores go with valence, whatever their sign, in [0, 1]."""
    return abs(pearson(valence, scores))


def judge(
    told: Read, dev: pd.DataFrame, tail: int, how: str, words: Sequence[str], seeds: Sequence[int]
) -> list[Finding]:
    """Return the findings on dev for the chosen tail and centring."""
    valence = dev["valence"].to_numpy(dtype=np.float64)
    where = documents(dev["id"].tolist())
    draws: dict[str, Any] = {"clusters": where, "seed": seeds[0]}
    parts = [component(told.words[t], how) for t in range(len(TAILS))]
    chance = [component(some, how) for some in told.random[tail]]
    chosen = f"tail and centring chosen on train: {TAILS[tail].strip()!r}, {how}"
    reached = strength(parts[tail], valence)
    plain = bootstrap(strength, parts[tail], valence, **draws)
    gap = bootstrap(_over_the_mean, valence, parts[tail], *chance, **draws)
    found = [
        _finding(
            "the first principal component of emotion-word probabilities goes with readers' "
            "valence more than that of random words",
            reached,
            float(np.mean([strength(c, valence) for c in chance])),
            f"as many words drawn at random from the vocabulary, mean of {len(chance)} draws",
            gap,
            seeds,
            notes=f"{_STAND_IN}; {chosen}; {len(words)} words; alone, |r| lies in "
            f"[{plain.low:.3f}, {plain.high:.3f}]",
        )
    ]
    # The tail alone says the same of every sentence; a sentence's own vector is worth what it
    # adds to that, so the baseline pairs each with another sentence's rating.
    rng = np.random.default_rng(seeds[0])
    shuffles = [rng.permutation(len(valence)) for _ in range(20)]
    swapped = [parts[tail][order] for order in shuffles]
    gap = bootstrap(_over_the_mean, valence, parts[tail], *swapped, **draws)
    found.append(
        _finding(
            "the text, not the tail, carries it: the component beats what the tail alone can tell",
            reached,
            float(np.mean([strength(s, valence) for s in swapped])),
            "the tail alone is one vector for all texts, so components of other texts, 20 draws",
            gap,
            seeds,
            notes=chosen,
        )
    )
    weakest = min(range(len(TAILS)), key=lambda t: strength(parts[t], valence))
    others = [component(some, how) for some in told.random[weakest]]
    gap = bootstrap(_over_the_mean, valence, parts[weakest], *others, **draws)
    listed = "; ".join(
        f"{tail.strip()!r} {strength(part, valence):.3f}"
        for tail, part in zip(TAILS, parts, strict=True)
    )
    found.append(
        _finding(
            "the wording of the tail does not decide it: the weakest tail still beats random words",
            strength(parts[weakest], valence),
            float(np.mean([strength(c, valence) for c in others])),
            "random words after the same tail",
            gap,
            seeds,
            notes=f"|r| by tail: {listed}",
        )
    )
    average = component(np.mean([log_ratios(p) for p in told.words], axis=0), how)
    gap = bootstrap(_over_the_mean, valence, average, *parts, **draws)
    found.append(
        _finding(
            "averaging over tails beats a single tail",
            strength(average, valence),
            float(np.mean([strength(p, valence) for p in parts])),
            f"mean of the {len(TAILS)} single tails",
            gap,
            seeds,
            notes="recommended on top of the paper, which uses one tail",
        )
    )
    by_vector = out_of_fold(told.words[tail], valence, where, seeds)
    by_words = out_of_fold(dev["text"].tolist(), valence, where, seeds)
    gap = bootstrap(
        lambda v, a, b: pearson(v, a) - pearson(v, b), valence, by_vector, by_words, **draws
    )
    found.append(
        _finding(
            "a ridge regression on the vector tells valence better than one on the words",
            pearson(valence, by_vector),
            pearson(valence, by_words),
            "tf-idf of words and pairs with ridge regression, the same sentences and folds",
            gap,
            seeds,
            metric="r of valence, five-fold cross-validated",
            notes=f"{len(valence)} sentences, documents kept whole in a fold; the penalty of both "
            "is chosen inside the folds",
        )
    )
    return found


def judge_longer(
    one: Floats, longer: Floats, dev: pd.DataFrame, tail: int, how: str, seeds: Sequence[int]
) -> Finding:
    """Return whether words of several tokens add to those of one."""
    valence = dev["valence"].to_numpy(dtype=np.float64)
    all_words = component(np.concatenate([one, longer], axis=1), how)
    alone = component(one, how)
    gap = bootstrap(
        _over_the_mean,
        valence,
        all_words,
        alone,
        clusters=documents(dev["id"].tolist()),
        seed=seeds[0],
    )
    return _finding(
        "emotion words of several tokens add to those of one",
        strength(all_words, valence),
        strength(alone, valence),
        f"the {one.shape[1]} words of one token",
        gap,
        seeds,
        notes=f"{longer.shape[1]} longer words, scored token by token; {TAILS[tail].strip()!r}",
    )


def documents(ids: Sequence[str]) -> list[str]:
    """Return the document that each sentence of EmoBank was taken from.

    Examples
    --------
    >>> documents(["letter_7_12_30", "SemEval_1204"])
    ['letter_7', 'SemEval_1204']
    """
    return [re.sub(r"_\d+_\d+$", "", name) for name in ids]


def out_of_fold(
    x: Floats | list[str], truth: Floats, groups: Sequence[str], seeds: Sequence[int]
) -> Floats:
    """Return what ridge regression tells of items it has not seen, mean over seeds.

    Parameters
    ----------
    x
        Log probabilities [shape=(n, n_words)], or texts.
    truth
        [shape=(n,)].
    groups
        What has to stay together.
    seeds
        One division into five folds each.
    """
    require("sklearn", extra="train")
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import RidgeCV
    from sklearn.model_selection import GroupKFold
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    items = np.asarray(x, dtype=object) if isinstance(x, list) else log_ratios(x)
    first = (
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
        if isinstance(x, list)
        else StandardScaler()
    )
    penalties = _PENALTIES["words" if isinstance(x, list) else "vector"]
    told = np.zeros((len(seeds), len(truth)))
    for k, seed in enumerate(seeds):
        folds = GroupKFold(5, shuffle=True, random_state=seed)
        for fit, test in folds.split(truth, groups=list(groups)):
            fitted = make_pipeline(first, RidgeCV(penalties)).fit(items[fit], truth[fit])
            told[k, test] = fitted.predict(items[test])
    mean: Floats = told.mean(axis=0)
    return mean


def single_tokens(model: LocalModel, words: Sequence[str]) -> list[str]:
    """Return the words that are one token, which a single pass through the model tells."""
    _, tokenizer = model.transformer()
    told = tokenizer([f" {word}" for word in words], add_special_tokens=False)["input_ids"]
    return [word for word, ids in zip(words, told, strict=True) if len(ids) == 1]


def random_words(model: LocalModel, n: int, without: set[str], seed: int) -> list[str]:
    """Return words of the vocabulary drawn at random, of four letters or more."""
    _, tokenizer = model.transformer()
    pieces = tokenizer.convert_ids_to_tokens(list(range(len(tokenizer))))
    # Byte-level vocabularies write the space before a word as Ġ.
    words = sorted(
        piece[1:]
        for piece in pieces
        if piece.startswith("Ġ")
        and piece[1:].isascii()
        and piece[1:].isalpha()
        and piece[1:].islower()
        and len(piece) > 4
    )
    words = [word for word in words if word not in without]
    picked = np.random.default_rng(seed).choice(len(words), n, replace=False)
    return [words[i] for i in sorted(picked)]


def _over_the_mean(valence: Floats, ours: Floats, *others: Floats) -> float:
    return strength(ours, valence) - float(np.mean([strength(o, valence) for o in others]))


def _draw(table: pd.DataFrame, n: int, seed: int) -> pd.DataFrame:
    rows = np.random.default_rng(seed).permutation(len(table))[:n]
    return table.iloc[np.sort(rows)].reset_index(drop=True)


def _finding(
    claim: str,
    value: float,
    baseline: float,
    baseline_name: str,
    gap: Interval,
    seeds: Sequence[int],
    *,
    metric: str = "|r| with readers' valence",
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
        data=(emobank.FACTS.folder,),
        holds=gap.low > 0,
        notes=notes,
    )


if __name__ == "__main__":
    from affectkit.recipes.run import main

    main()
