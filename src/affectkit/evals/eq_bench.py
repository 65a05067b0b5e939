"""EQ-Bench v2: how strongly somebody feels each of four things at the end of a dialogue."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from inspect_ai import Task, task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import GenerateConfig
from inspect_ai.scorer import Metric, SampleScore, Score, Scorer, Target, metric, scorer
from inspect_ai.solver import TaskState, generate

from affectkit.data import data_root
from affectkit.data import eq_bench as corpus
from affectkit.data.eq_bench import PASSES, Pass
from affectkit.errors import DataError
from affectkit.evals.scoring import readable

MOST_TOKENS = 600
_SCALE = 0.7477
_NUMBER = r"(-?\d+(?:\.\d+)?)"


def question_score(reference: Mapping[str, float], told: Mapping[str, float]) -> float | None:
    """Return the score of one question: 10 for the reference itself, about 0 by chance.

    Differences up to 5 count by an S-shaped curve, so that small ones hardly matter; larger
    ones count as they are (EQ-Bench v2, Paech 2023).

    Parameters
    ----------
    reference
        Intensity by feeling, 0 to 10.
    told
        What the model said; upper and lower case are the same.

    Returns
    -------
    float
        At most 10, and below 0 for answers worse than chance; None if the feelings are not
        those of the reference.

    Examples
    --------
    >>> question_score({"joy": 8, "fear": 0}, {"Joy": 8, "fear": 0})
    10.0
    >>> question_score({"joy": 8, "fear": 0}, {"joy": 8}) is None
    True
    """
    said = {name.lower(): value for name, value in told.items()}
    if set(said) != {name.lower() for name in reference}:
        return None
    away = sum(_counted(abs(said[name.lower()] - value)) for name, value in reference.items())
    return 10 - _SCALE * away


def _counted(difference: float) -> float:
    if difference == 0:
        return 0.0
    if difference <= 5:
        return 6.5 / (1 + math.exp(-1.2 * (difference - 4)))
    return difference


def benchmark_score(first: Iterable[float | None], revised: Iterable[float | None]) -> float:
    """Return the benchmark's score from the questions': the better of the two passes, 0 to 100.

    Questions that could not be read are left out, as the benchmark does; it calls a run with
    fewer than five in six of them a failure, so always tell how many there were.

    Parameters
    ----------
    first, revised
        `question_score` of each question before and after the model's own critique.

    Returns
    -------
    float
        NaN if no question could be read.

    Examples
    --------
    >>> benchmark_score([8.0, None, 6.0], [5.0, 5.0])
    70.0
    """
    means = []
    for scores in (first, revised):
        found = [score for score in scores if score is not None]
        if found:
            means.append(10 * sum(found) / len(found))
    return max(means, default=float("nan"))


def read_ratings(answer: str, feelings: Sequence[str]) -> dict[Pass, dict[str, float]]:
    r"""Return the ratings of the first and of the revised pass that an answer holds.

    A pass begins with its heading. Where a feeling is rated twice in one pass, the first
    rating counts; text about scores after the revision is thereby left aside.

    Parameters
    ----------
    answer
        What the model wrote.
    feelings
        The words that were asked about.

    Examples
    --------
    >>> read_ratings("First pass scores:\nJoy: 3\nRevised scores:\nJoy: 4/10", ["Joy"])
    {'first_pass': {'Joy': 3.0}, 'revised': {'Joy': 4.0}}
    """
    parts = re.split(r"revised scores", answer, maxsplit=1, flags=re.IGNORECASE)
    texts = dict(zip(PASSES, (*parts, "")[:2], strict=True))
    return {name: _ratings(text, feelings) for name, text in texts.items()}


def _ratings(text: str, feelings: Sequence[str]) -> dict[str, float]:
    found = {}
    for feeling in feelings:
        told = re.search(
            rf"(?<!\w){re.escape(feeling)}(?!\w)[\s*_\"]*[:=-]?[\s*_\"<]*{_NUMBER}",
            text,
            re.IGNORECASE,
        )
        if told:
            found[feeling] = float(told.group(1))
    return found


@metric
def eq_bench_score() -> Metric:
    """The benchmark's score, 0 to 100, over the questions that could be read."""

    def compute(scores: list[SampleScore]) -> float:
        told = [(score.score.metadata or {})["passes"] for score in scores]
        return benchmark_score(*([t[name] for t in told] for name in PASSES))

    return compute


@scorer(metrics=[eq_bench_score(), readable()])
def intensities() -> Scorer:
    """Score the ratings of four feelings, of both passes."""

    async def score(state: TaskState, target: Target) -> Score:
        reference = dict(zip(state.metadata["feelings"], state.metadata["reference"], strict=True))
        told = read_ratings(state.output.completion, list(reference))
        scores = {name: question_score(reference, told[name]) for name in PASSES}
        first = scores["first_pass"]
        return Score(
            value=0.0 if first is None else first,
            answer=", ".join(f"{k} {v:g}" for k, v in told["first_pass"].items()),
            metadata={"passes": scores, "readable": any(v is not None for v in scores.values())},
        )

    return score


@task
def eq_bench(n: int = corpus.QUESTIONS, root: str = "") -> Task:
    """Rate four feelings of a character from 0 to 10, then again after a critique (EQ-Bench v2).

    Parameters
    ----------
    n
        How many questions, from the first.
    root
        Folder with the data sets; that of ``AFFECTKIT_DATA`` if empty.
    """
    if n < 1:
        raise DataError(f"{n} questions are none", remedy="ask for one or more with -T n=20")
    table = corpus.read(Path(root) if root else data_root()).table.head(n)
    samples = [
        Sample(
            id=row["id"],
            input=row["text"],
            target=", ".join(f"{value:g}" for value in row["reference"]),
            metadata={"feelings": list(row["feelings"]), "reference": list(row["reference"])},
        )
        for row in table.to_dict("records")
    ]
    return Task(
        dataset=MemoryDataset(samples, name="eq_bench"),
        solver=generate(),
        scorer=intensities(),
        config=GenerateConfig(max_tokens=MOST_TOKENS),
    )
