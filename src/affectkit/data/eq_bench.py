"""EQ-Bench v2: dialogues with four feelings to rate, and recorded answers of 22 models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from affectkit.data.dataset import DataFacts, DataSet, document
from affectkit.data.integrity import Check, counts, shape
from affectkit.errors import DataError

Pass = Literal["first_pass", "revised"]
PASSES: tuple[Pass, ...] = ("first_pass", "revised")
QUESTIONS = 171

FACTS = DataFacts(
    name="eq_bench",
    title="Paech 2023, EQ-Bench: An Emotional Intelligence Benchmark for Large Language Models",
    home="https://github.com/EQ-bench/EQ-Bench",
    folder="text-open/eqbench",
    licence="MIT",
    licence_class="open",
    language="en",
    splits="none",
    traps=(
        "each question has two reference answers: version 2 is scored with the one of full "
        "scale (0 to 10), not with the one that sums to ten",
        "the scores of single questions that recorded runs hold follow an earlier formula",
        "recorded runs leave out questions whose answer could not be read",
    ),
    papers=(10, 24, 51, 71),
)


@dataclass(frozen=True, eq=False)
class RecordedRun:
    """What one model answered to all questions, as its makers recorded it.

    Parameters
    ----------
    model
        Name of the file, without its ending.
    published
        The benchmark's score, 0 to 100.
    answers
        What the model wrote, by the id of the question.
    parsed
        What the makers read in it: by id, by pass, the ratings by feeling, as they stand.
    """

    model: str
    published: float
    answers: Mapping[str, str]
    parsed: Mapping[str, Mapping[Pass, Mapping[str, Any]]]


def read(root: Path) -> DataSet:
    """Return ``id, text, feelings, reference`` of the 171 questions.

    ``text`` is the whole question, ``feelings`` its four words, and ``reference`` their
    intensities by the makers' judgement, 0 to 10, in that order.

    Parameters
    ----------
    root
        The data root.

    Examples
    --------
    >>> from affectkit.data import data_root
    >>> len(read(data_root()).table)  # doctest: +SKIP
    171
    """
    path = root / FACTS.folder / "eq_bench_v2_questions_171.json"
    rows = []
    for name, item in document(path, FACTS).items():
        try:
            answer = item["reference_answer_fullscale"]
            rows.append(
                {
                    "id": str(name),
                    "text": item["prompt"].strip(),
                    "feelings": tuple(answer[f"emotion{k}"] for k in range(1, 5)),
                    "reference": tuple(float(answer[f"emotion{k}_score"]) for k in range(1, 5)),
                }
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise DataError(
                f"{path}, question {name}: {type(error).__name__} {error}",
                remedy=f"see {FACTS.home}",
            ) from error
    return DataSet(pd.DataFrame(rows), FACTS)


def read_runs(root: Path) -> list[RecordedRun]:
    """Return the recorded runs, by the name of their file.

    Parameters
    ----------
    root
        The data root.

    Raises
    ------
    DataError
        If there is none, or one cannot be read.
    """
    folder = root / FACTS.folder / "results"
    paths = sorted(folder.glob("*.json"))
    if not paths:
        raise DataError(
            f"there is no recorded run of EQ-Bench in {folder}", remedy=f"see {FACTS.home}"
        )
    return [_run(path) for path in paths]


def _run(path: Path) -> RecordedRun:
    content = document(path, FACTS)
    try:
        raw = content["raw_results"]["1"]
        return RecordedRun(
            model=path.stem.removesuffix("_eqbench_v2_results"),
            published=float(content["benchmark_score"]),
            answers=dict(raw["raw_inference"]),
            parsed=dict(raw["respondent_answers"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(
            f"{path}: {type(error).__name__} {error}", remedy=f"see {FACTS.home}"
        ) from error


def check(root: Path) -> list[Check]:
    """Compare the number of questions with the published one.

    Examples
    --------
    >>> from affectkit.data import data_root
    >>> {c.state for c in check(data_root())}  # doctest: +SKIP
    {'whole'}
    """
    found = read(root)
    table = found.table.assign(split="all")
    return [*shape(found), *counts(table, {"all": QUESTIONS}, "rows")]
