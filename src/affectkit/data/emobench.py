"""EmoBench: dilemmas in English and Chinese, with recorded answers of three models."""

from __future__ import annotations

import ast
import gzip
import json
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from affectkit.data.dataset import DataFacts, DataSet, records
from affectkit.errors import DataError

Part = Literal["understanding", "application"]
Language = Literal["en", "zh"]

FACTS = DataFacts(
    name="emobench",
    title="Sabour et al. 2024, EmoBench: Evaluating the Emotional Intelligence of LLMs",
    home="https://github.com/Sahandfer/EmoBench",
    folder="text-open/emobench",
    licence="MIT",
    licence_class="open",
    language="en, zh",
    splits="none",
    traps=(
        "English and Chinese share ids and tell the same dilemma: keep those of one `item` "
        "together",
        "recorded answers: where no letter could be read some have -1, others a letter drawn at "
        "random",
    ),
    groups=("item",),
    papers=(10, 12, 24, 51, 62, 71, 87, 91, 133),
)


def read(root: Path) -> DataSet:
    """Return the dilemmas, one a row.

    Columns: ``id, item, part, language, category, detail, text, subject, choices, label,
    cause_choices, cause_label``. In the part ``understanding`` the choices are what ``subject``
    will feel, and there are choices of the cause; in ``application`` they are what to do
    (``detail`` Action) or to say (Response), and there are no causes. Labels are numbers from 0.

    Parameters
    ----------
    root
        The data root.

    Examples
    --------
    >>> from affectkit.data import data_root
    >>> read(data_root()).table["choices"].map(len).max()  # doctest: +SKIP
    6
    """
    rows = []
    for part, file, how in (
        ("understanding", "EU.jsonl", _understanding),
        ("application", "EA.jsonl", _application),
    ):
        path = root / FACTS.folder / file
        for number, item in enumerate(records(path, FACTS), start=1):
            try:
                rows.append({"part": part, **_common(item, part), **how(item)})
            except (KeyError, TypeError, ValueError) as error:
                raise DataError(
                    f"{path}, row {number}: {type(error).__name__} {error}",
                    remedy=f"see {FACTS.home}",
                ) from error
    return DataSet(pd.DataFrame(rows), FACTS)


def _common(item: dict[str, Any], part: str) -> dict[str, Any]:
    name = f"{part}-{item['qid']}"
    return {
        "id": f"{name}-{item['language']}",
        "item": name,
        "language": item["language"],
        "text": item["scenario"],
        "subject": item["subject"],
    }


def _understanding(item: dict[str, Any]) -> dict[str, Any]:
    choices, causes = item["emotion_choices"], item["cause_choices"]
    return {
        "category": item["coarse_category"],
        "detail": item["finegrained_category"],
        "choices": tuple(choices),
        "label": choices.index(item["emotion_label"]),
        "cause_choices": tuple(causes),
        "cause_label": causes.index(item["cause_label"]),
    }


def _application(item: dict[str, Any]) -> dict[str, Any]:
    return {
        "category": item["category"],
        "detail": item["question type"],
        "choices": tuple(item["choices"]),
        "label": item["choices"].index(item["label"]),
        "cause_choices": (),
        "cause_label": -1,
    }


def read_recorded(root: Path) -> pd.DataFrame:
    """Return what three models and a random one answered without reasoning, and what was read.

    A row is one answer: ``model, language, item, question`` (emotion, cause or application),
    ``choices``, ``label``, ``repeat`` (0 to 4), ``answer`` (text) and ``parsed``, the number of
    the choice that the makers read, -1 for none.

    Parameters
    ----------
    root
        The data root.

    Raises
    ------
    DataError
        If a file is absent or a row is malformed.
    """
    folder = root / FACTS.folder
    rows: list[dict[str, Any]] = []
    for file, part, questions in (
        ("recorded_EU_base.jsonl.gz", "understanding", {"emotion": "emo_", "cause": "cause_"}),
        ("recorded_EA_base.jsonl.gz", "application", {"application": ""}),
    ):
        path = folder / file
        try:
            lines = gzip.decompress(path.read_bytes()).decode("utf-8").splitlines()
            for line in lines:
                item = json.loads(line)
                for question, prefix in questions.items():
                    rows.extend(_answers(item, f"{part}-{item['qid']}", question, prefix))
        except (OSError, EOFError, KeyError, ValueError, SyntaxError) as error:
            raise DataError(
                f"recorded answers cannot be read from {path}: {error}",
                remedy=f"see {FACTS.home}",
            ) from error
    return pd.DataFrame(rows)


def _answers(item: dict[str, Any], name: str, question: str, prefix: str) -> list[dict[str, Any]]:
    choices = tuple(ast.literal_eval(item[f"{prefix}choices"]))
    told = zip(item[f"{prefix}res"], item[f"{prefix}pred"], strict=True)
    return [
        {
            "model": item["model"],
            "language": item["lang"],
            "item": name,
            "question": question,
            "choices": choices,
            "label": int(item[f"{prefix}label"]),
            "repeat": repeat,
            "answer": str(answer),
            "parsed": int(parsed),
        }
        for repeat, (answer, parsed) in enumerate(told)
    ]
