"""EmoBench: what somebody in a dilemma feels and why, and what helps most."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from string import ascii_uppercase
from typing import Any, get_args

import numpy as np
from inspect_ai import Task, task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import GenerateConfig
from inspect_ai.scorer import (
    Metric,
    SampleScore,
    Score,
    Scorer,
    Target,
    grouped,
    mean,
    metric,
    scorer,
)
from inspect_ai.solver import TaskState, generate, system_message

from affectkit.data import data_root
from affectkit.data import emobench as corpus
from affectkit.data.emobench import Language, Part
from affectkit.errors import DataError
from affectkit.evals.scoring import readable

MOST_TOKENS, MOST_TOKENS_REASONED = 60, 700

SYSTEM: dict[str, str] = {
    "en": "You read about somebody in a difficult moment. Take that person's point of view, "
    "then choose the one best option of each list.",
    "zh": "你会读到某人处于困难时刻的故事。请站在当事人的角度思考，"
    "然后从每组选项中选出最合适的一项。",
}
_ASK: dict[str, dict[str, str]] = {
    "en": {
        "emotion": "What does {subject} feel in the end?",
        "cause": "Why does {subject} feel this?",
        "Action": "What is the most effective thing for {subject} to do?",
        "Response": "What is the most effective thing for {subject} to say?",
        "form": "Answer with letters only, as JSON: {keys}",
        "reasoned": "Think step by step, then end with the letters as JSON: {keys}",
    },
    "zh": {
        "emotion": "{subject}最终会有什么感受？",
        "cause": "{subject}为什么会有这样的感受？",
        "Action": "{subject}最有效的做法是什么？",
        "Response": "{subject}最有效的回应是什么？",
        "form": "只用字母作答，采用以下JSON格式：{keys}",
        "reasoned": "请一步一步思考，最后用以下JSON格式给出字母：{keys}",
    },
}


def read_choice(answer: str, choices: Sequence[str]) -> int | None:
    """Return which of the lettered choices an answer names.

    In this order: an answer that is a choice word for word; a letter at its very start; a
    letter after an opening bracket; a letter after "answer"; a letter before a bracket, full
    stop or colon; a capital letter alone; a choice that the answer quotes, if it quotes one
    only. At each step the first letter counts.

    Parameters
    ----------
    answer
        What the model wrote.
    choices
        The choices, lettered from A.

    Returns
    -------
    int
        Number of the choice from 0; None if none is named.

    Examples
    --------
    >>> [read_choice(said, ["Stay", "Leave"]) for said in ("(b) Leave", "Stay.", "Both!")]
    [1, 0, None]
    """
    said = answer.strip()
    same = [k for k, choice in enumerate(choices) if _plain(choice) == _plain(said)]
    if len(same) == 1:
        return same[0]
    capital = ascii_uppercase[: len(choices)]
    any_case = capital + capital.lower()
    for pattern in (
        rf"\W*([{any_case}])(?![A-Za-z'’])(?! [a-z])",
        rf".*?[(（]\s*([{any_case}])(?![A-Za-z'’])",
        rf".*?(?i:answer)\W*([{any_case}])(?![A-Za-z'’])",
        rf".*?(?<![A-Za-z'’])([{any_case}])[)）.:：]",
        rf".*?(?<![A-Za-z'’])([{capital}])(?![A-Za-z'’])",
    ):
        found = re.match(pattern, said, re.DOTALL)
        if found:
            return capital.index(found.group(1).upper())
    quoted = [k for k, choice in enumerate(choices) if _plain(choice) in _plain(said)]
    return quoted[0] if len(quoted) == 1 else None


def _plain(text: str) -> str:
    return re.sub(r"[\s\"“”'‘’.。]", "", text).lower()


def read_choices(answer: str, questions: Mapping[str, Sequence[str]]) -> dict[str, int | None]:
    """Return the choice that an answer in JSON names for each question.

    What stands after a question's name counts, the last time that the name stands there; where
    there is one question and its name does not stand there, the whole answer counts.

    Parameters
    ----------
    answer
        What the model wrote.
    questions
        Choices by the question's name.

    Examples
    --------
    >>> two = {"emotion": ["Joy", "Fear"], "cause": ["The dog", "The cat"]}
    >>> read_choices('So: {"emotion": "B", "cause": "A"}', two)
    {'emotion': 1, 'cause': 0}
    """
    found: dict[str, int | None] = {}
    for name, choices in questions.items():
        told = re.findall(rf"\"?\b{name}\"?\s*[:：]\s*(\"[^\"]*\"|[^,}}\n]+)", answer)
        if told:
            found[name] = read_choice(told[-1].strip('" '), choices)
        else:
            found[name] = read_choice(answer, choices) if len(questions) == 1 else None
    return found


@metric
def right_emotion() -> Metric:
    """Share of the answers with the right emotion, whatever the cause."""

    def compute(scores: list[SampleScore]) -> float:
        right = [(s.score.metadata or {})["right"]["emotion"] for s in scores]
        return float(np.mean(right)) if right else 0.0

    return compute


async def _judge(state: TaskState, target: Target) -> Score:
    questions: dict[str, list[str]] = state.metadata["questions"]
    told = read_choices(state.output.completion, questions)
    letters = zip(questions, target, strict=True)
    right = {name: told[name] == ascii_uppercase.index(letter) for name, letter in letters}
    return Score(
        value=float(all(right.values())),
        answer=", ".join("none" if k is None else ascii_uppercase[k] for k in told.values()),
        metadata={"right": right, "readable": None not in told.values()},
    )


@scorer(metrics=[mean(), right_emotion(), readable(), grouped(mean(), "category", all=False)])
def emotion_and_cause() -> Scorer:
    """Score an understanding: right only if emotion and cause both are."""
    return _judge


@scorer(metrics=[mean(), readable(), grouped(mean(), "category", all=False)])
def best_choice() -> Scorer:
    """Score an application: right if the most effective choice is named."""
    return _judge


@task
def emobench(
    part: Part = "understanding",
    language: Language = "en",
    n: int = 200,
    seed: int = 0,
    reasoning: bool = False,
    root: str = "",
) -> Task:
    """Choose what somebody feels and why, or what helps most (EmoBench).

    Parameters
    ----------
    part
        ``"understanding"`` (emotion and cause) or ``"application"`` (what to do or say).
    language
        ``"en"`` or ``"zh"``.
    n
        How many dilemmas at most; fewer are drawn without replacement.
    seed
        Of the order of the choices, and of the draw.
    reasoning
        Let the model think step by step before it answers.
    root
        Folder with the data sets; that of ``AFFECTKIT_DATA`` if empty.
    """
    for value, allowed in ((part, get_args(Part)), (language, get_args(Language))):
        if value not in allowed:
            raise DataError(f"EmoBench has no {value!r}", remedy=f"use {' or '.join(allowed)}")
    if n < 1:
        raise DataError(f"{n} dilemmas are none", remedy="ask for one or more with -T n=20")
    table = corpus.read(Path(root) if root else data_root()).table
    rows = table[(table["part"] == part) & (table["language"] == language)].to_dict("records")
    rng = np.random.default_rng(seed)
    drawn = np.sort(rng.permutation(len(rows))[:n])
    samples = [_sample(rows[k], language, reasoning, rng) for k in drawn]
    return Task(
        dataset=MemoryDataset(samples, name=f"emobench_{part}_{language}"),
        solver=[system_message(SYSTEM[language]), generate()],
        scorer=emotion_and_cause() if part == "understanding" else best_choice(),
        config=GenerateConfig(max_tokens=MOST_TOKENS_REASONED if reasoning else MOST_TOKENS),
    )


def _sample(
    row: Mapping[Any, Any], language: str, reasoning: bool, rng: np.random.Generator
) -> Sample:
    words = _ASK[language]
    if row["part"] == "understanding":
        asked = {
            "emotion": ("emotion", row["choices"], row["label"]),
            "cause": ("cause", row["cause_choices"], row["cause_label"]),
        }
    else:
        asked = {"answer": (row["detail"], row["choices"], row["label"])}
    text, questions, target = [row["text"]], {}, []
    for name, (key, choices, label) in asked.items():
        order = rng.permutation(len(choices))
        questions[name] = [choices[k] for k in order]
        target.append(ascii_uppercase[int(np.flatnonzero(order == label)[0])])
        listed = zip(ascii_uppercase, questions[name], strict=False)
        text.append(
            "\n".join(
                [words[key].format(subject=row["subject"])]
                + [f"({letter}) {choice}" for letter, choice in listed]
            )
        )
    keys = ", ".join(f'"{name}": "…"' for name in questions)
    form = words["reasoned" if reasoning else "form"]
    text.append(form.format(keys="{" + keys + "}"))
    return Sample(
        id=row["id"],
        input="\n\n".join(text),
        target=target,
        metadata={"questions": questions, "category": row["category"], "detail": row["detail"]},
    )
