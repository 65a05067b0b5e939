"""EmoBench and EQ-Bench (paper 071): our scores on recorded answers, and a small model's.

The makers of both recorded answers of large models and what they read in them. Our reading and
scoring must agree with theirs; knowing the emotion without its cause must count less; a random
model must be at chance. Then a small local model is asked, with the choices in another order
for each seed.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from affectkit.data import emobench, eq_bench
from affectkit.measure.intervals import Interval, bootstrap
from affectkit.measure.proportions import wilson
from affectkit.progress import Progress, silent
from affectkit.recipes.finding import Finding, compared, measured

if TYPE_CHECKING:
    from affectkit.data.emobench import Part

ID = "llm.emotional_intelligence"
PAPER = 71
TITLE = "EmoBench and EQ-Bench scored as their makers did, and a small model asked"
NEEDS = (
    "text-open/emobench",
    "text-open/eqbench",
    "weights:language_model",
    "package:xllamacpp",
    "package:inspect_ai",
)
MODEL = "affectkit/local"
_PLAIN, _FULL = 8, 30
"""Dilemmas of each part, asked once for each seed."""
_NEAR, _RUNS, _AGREE = 0.02, 19, 0.99
"""How near a published score, in how many runs, and in what share of answers, is agreement."""
_BENCH, _EQ = emobench.FACTS.folder, eq_bench.FACTS.folder

Floats = NDArray[np.float64]


def run(
    *,
    data: Path,
    seeds: Sequence[int] = (0, 1, 2),
    full: bool = False,
    progress: Progress | None = None,
) -> list[Finding]:
    """Recount the recorded answers, then ask the local model.

    Parameters
    ----------
    data
        Folder with the public data sets.
    seeds
        Of the order of the choices and of the dilemmas drawn; the first is that of the draws
        for intervals.
    full
        Ask about more dilemmas, and draw more.
    progress
        Told ``("questions", done, total)``.
    """
    tell = progress or silent
    draws = 2000 if full else 300
    found = [*published_scores(data, seeds), *recorded_choices(data, seeds, draws)]
    parts: tuple[Part, ...] = ("understanding", "application")
    total = len(parts) * len(seeds)
    answers: dict[Part, pd.DataFrame] = {}
    for part in parts:
        told: list[pd.DataFrame] = []
        for seed in seeds:
            tell("questions", len(answers) * len(seeds) + len(told), total)
            told.append(ask(data, part, seed, _FULL if full else _PLAIN))
        answers[part] = pd.concat(told, ignore_index=True)
    tell("questions", total, total)
    return [*found, *small_model(answers, seeds)]


def published_scores(data: Path, seeds: Sequence[int]) -> list[Finding]:
    """Return whether our score of EQ-Bench is the published one, from ratings and from text."""
    from affectkit.evals.eq_bench import benchmark_score, question_score, read_ratings

    questions = {row["id"]: row for row in eq_bench.read(data).table.to_dict("records")}
    runs = eq_bench.read_runs(data)
    near: dict[str, list[float]] = {"stored": [], "text": []}
    far: dict[str, float] = dict.fromkeys(near, 0.0)
    for run in runs:
        scores: dict[str, dict[str, list[float | None]]] = {
            source: {name: [] for name in eq_bench.PASSES} for source in near
        }
        for item, stored in run.parsed.items():
            feelings = questions[item]["feelings"]
            reference = dict(zip(feelings, questions[item]["reference"], strict=True))
            read = read_ratings(run.answers[item], feelings)
            for name in eq_bench.PASSES:
                ratings = {k: float(v) for k, v in stored[name].items()}
                scores["stored"][name].append(question_score(reference, ratings))
                scores["text"][name].append(question_score(reference, read[name]))
        for source, of_pass in scores.items():
            off = abs(benchmark_score(*of_pass.values()) - run.published)
            near[source].append(float(off <= _NEAR))
            far[source] = max(far[source], off)
    return [
        measured(
            f"EQ-Bench's published scores are met within {_NEAR} from {words}",
            "share of recorded runs",
            wilson(_mean(np.array(near[source])), len(runs)),
            seeds=seeds,
            data=_EQ,
            holds=sum(near[source]) >= _RUNS,
            notes=f"{sum(near[source]):.0f} of {len(runs)} runs; furthest off {far[source]:.4f}; "
            f"it holds from {_RUNS} runs",
        )
        for source, words in (
            ("stored", "the ratings that the makers read"),
            ("text", "the raw text"),
        )
    ]


def recorded_choices(data: Path, seeds: Sequence[int], draws: int) -> list[Finding]:
    """Return whether we read EmoBench's recorded answers as its makers did, and what follows."""
    from affectkit.evals.emobench import read_choice

    table = emobench.read_recorded(data)
    read = [read_choice(a, c) for a, c in zip(table["answer"], table["choices"], strict=True)]
    table["read"] = [-1 if k is None else k for k in read]
    table["same"] = (table["read"] == table["parsed"]).astype(float)
    table["right"] = (table["read"] == table["label"]).astype(float)
    models = table[table["model"] != "random"]
    agreed = bootstrap(
        _mean, models["same"].to_numpy(), clusters=models["item"], n=draws, seed=seeds[0]
    )
    by_model = table.groupby("model")["same"].mean()
    found = [
        measured(
            "choices in the recorded answers of three models are read as their makers did",
            "share of answers",
            agreed,
            seeds=seeds,
            data=_BENCH,
            holds=agreed.value >= _AGREE,
            notes=", ".join(f"{name} {share:.3f}" for name, share in by_model.items())
            + "; the random one answers with the words of a choice, of which the makers' files "
            "often have no number; where a model names no choice the files have a letter all the "
            f"same; {len(models)} answers, dilemmas drawn whole",
        )
    ]
    pairs = both_right(models)
    parts = [part for _, part in pairs.groupby("model")]
    apart = _mean(np.array([part["emotion"].mean() * part["cause"].mean() for part in parts]))
    found.append(
        compared(
            "who knows the emotion tends to know its cause: both are right more often than if the "
            "two had nothing to do with each other",
            "share with both right, mean of three models",
            _mean(pairs["both"].to_numpy()),
            apart,
            "product of the two shares, by model",
            bootstrap(
                _beyond_chance,
                pairs["emotion"].to_numpy(),
                pairs["cause"].to_numpy(),
                pd.factorize(pairs["model"])[0],
                clusters=pairs["item"],
                n=draws,
                seed=seeds[0],
            ),
            seeds=seeds,
            data=_BENCH,
            notes="right as the benchmark counts needs both; "
            + "; ".join(
                f"{part['model'].iloc[0]}: emotion {part['emotion'].mean():.3f}, cause "
                f"{part['cause'].mean():.3f}, both {part['both'].mean():.3f}"
                for part in parts
            ),
        )
    )
    chance = table[(table["model"] == "random") & (table["question"] == "application")]
    at_chance = bootstrap(
        _mean, chance["right"].to_numpy(), clusters=chance["item"], n=draws, seed=seeds[0]
    )
    found.append(
        measured(
            "a model that answers at random is at chance where there are four choices",
            "share right",
            at_chance,
            seeds=seeds,
            data=_BENCH,
            holds=at_chance.low <= 0.25 <= at_chance.high,
            baseline=0.25,
            baseline_name="one in four",
        )
    )
    return found


def both_right(answers: pd.DataFrame) -> pd.DataFrame:
    """Return, by model, language, dilemma and repeat, whether the emotion and both are right.

    Parameters
    ----------
    answers
        With ``question`` (emotion or cause) and ``right``.

    Examples
    --------
    >>> told = {"model": "m", "language": "en", "item": "i", "repeat": 0}
    >>> rows = [{**told, "question": "emotion", "right": 1.0}]
    >>> rows.append({**told, "question": "cause", "right": 0.0})
    >>> both_right(pd.DataFrame(rows))[["emotion", "both"]].to_numpy().tolist()
    [[1.0, 0.0]]
    """
    keys = ["model", "language", "item", "repeat"]
    asked = answers[answers["question"].isin(["emotion", "cause"])]
    wide = asked.pivot(index=keys, columns="question", values="right").reset_index()
    return wide.assign(both=wide["emotion"] * wide["cause"])


def ask(data: Path, part: Part, seed: int, n: int) -> pd.DataFrame:
    """Return the local model's answers to one part, as ``item, right, readable``."""
    from affectkit.evals.emobench import emobench as task
    from affectkit.evals.run import evaluate

    asked = task(part=part, n=n, seed=seed, root=str(data))
    with tempfile.TemporaryDirectory(prefix="affectkit-") as folder:
        (log,) = evaluate([asked], MODEL, folder=folder)
    rows = []
    for sample in log.samples or []:
        (score,) = (sample.scores or {}).values()
        told = score.metadata or {}
        rows.append(
            {"item": sample.id, "right": score.as_float(), "readable": float(told["readable"])}
        )
    return pd.DataFrame(rows)


def small_model(answers: dict[Part, pd.DataFrame], seeds: Sequence[int]) -> list[Finding]:
    """Return whether a small model is above chance at each part."""
    chances = {
        "understanding": (1 / 24, "one in 24, the fewest pairs of choices"),
        "application": (1 / 4, "one in four"),
    }
    found = []
    for part, table in answers.items():
        chance, name = chances[part]
        # Answers to one dilemma count as one case: its order of choices alone is new.
        reached = wilson(_mean(table["right"].to_numpy()), table["item"].nunique())
        gap = Interval(
            reached.value - chance, reached.low - chance, reached.high - chance, reached.n
        )
        found.append(
            compared(
                f"a model of 135 million weights is above chance at {part}",
                "share right",
                reached.value,
                chance,
                name,
                gap,
                seeds=seeds,
                data=_BENCH,
                notes=f"SmolLM2 in English, another order of the choices for each of {len(seeds)} "
                f"seeds, {len(table)} answers, of which {table['readable'].mean():.2f} name a "
                "choice for every question; its level says nothing of larger models",
            )
        )
    return found


def _beyond_chance(emotion: Floats, cause: Floats, model: NDArray[np.int64]) -> float:
    """Share with both right less the product of the shares, mean over models."""
    each = [model == k for k in np.unique(model)]
    gaps = [_mean(emotion[m] * cause[m]) - _mean(emotion[m]) * _mean(cause[m]) for m in each]
    return _mean(np.array(gaps))


def _mean(values: Floats) -> float:
    return float(np.mean(values))


if __name__ == "__main__":
    from affectkit.recipes.run import main

    main()
