"""EQ-Bench: the scoring rule, reading of answers, and the makers' own recorded runs."""

from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import pytest

pytest.importorskip("inspect_ai")

from affectkit.data import data_root
from affectkit.data import eq_bench as corpus
from affectkit.errors import DataError
from affectkit.evals.eq_bench import (
    PASSES,
    benchmark_score,
    eq_bench,
    question_score,
    read_ratings,
)
from affectkit.evals.run import evaluate
from affectkit.llm.replay import write_recorded

FEELINGS = ("Calm", "Proud", "Angry", "Not amused")
REFERENCE = dict(zip(FEELINGS, (0.0, 7.0, 3.0, 5.0), strict=True))
ANSWER = """First pass scores:
Calm: 0
**Proud**: 7/10
Angry: 3.0
Not amused: 5

Critique: proud, 9 would be too much.

Revised scores:
Calm: 10
Proud: 0
Angry: 10
Not amused: 0
"""


def test_the_score_falls_with_the_distance():
    apart = [question_score({"joy": 0.0}, {"joy": float(k)}) for k in range(11)]
    assert apart[0] == 10
    assert all(a > b for a, b in pairwise(apart))
    assert apart[10] == pytest.approx(10 - 7.477)


def test_both_passes_are_read_and_other_words_are_not_feelings():
    told = read_ratings(ANSWER, FEELINGS)
    assert told["first_pass"] == REFERENCE
    assert told["revised"]["Calm"] == 10
    assert question_score(REFERENCE, told["first_pass"]) == 10
    assert question_score(REFERENCE, told["revised"]) < 0
    assert read_ratings("", FEELINGS) == {"first_pass": {}, "revised": {}}
    assert read_ratings("Calmness: 3. Unangry: 4", FEELINGS)["first_pass"] == {}


def test_a_feeling_left_out_makes_a_question_unreadable():
    assert question_score(REFERENCE, {"Calm": 1.0}) is None
    assert np.isnan(benchmark_score([None], [None]))
    assert benchmark_score([5.0, None], [None, 2.0]) == 50


@pytest.fixture
def own(tmp_path):
    folder = tmp_path / corpus.FACTS.folder
    folder.mkdir(parents=True)
    answer = {f"emotion{k}": name for k, name in enumerate(FEELINGS, start=1)}
    answer |= {f"emotion{k}_score": str(REFERENCE[n]) for k, n in enumerate(FEELINGS, start=1)}
    items = {str(k): {"prompt": "How?", "reference_answer_fullscale": answer} for k in (1, 2, 3)}
    (folder / "eq_bench_v2_questions_171.json").write_text(json.dumps(items))
    return tmp_path


def test_a_recorded_run_is_scored_and_what_cannot_be_read_is_counted(own, tmp_path):
    rows = [{"id": "1", "answer": ANSWER}, {"id": "2", "answer": "I cannot say."}]
    rows.append({"id": "3", "answer": ""})
    file = write_recorded(rows, tmp_path / "answers.jsonl")
    (log,) = evaluate(
        [eq_bench(root=str(own))],
        "affectkit/replay",
        folder=tmp_path / "logs",
        model_args={"file": str(file)},
    )
    figures = {n: m.value for s in log.results.scores for n, m in s.metrics.items()}
    assert figures["eq_bench_score"] == pytest.approx(100)
    assert figures["readable"] == pytest.approx(1 / 3)


def test_what_is_wrong_is_said(own, tmp_path):
    with pytest.raises(DataError, match="0 questions"):
        eq_bench(n=0, root=str(own))
    with pytest.raises(DataError, match="eq_bench is not there"):
        eq_bench(root=str(tmp_path / "nowhere"))
    with pytest.raises(DataError, match="no recorded run"):
        corpus.read_runs(own)
    path = own / corpus.FACTS.folder / "eq_bench_v2_questions_171.json"
    path.write_text('{"7": {"prompt": "How?"}}')
    with pytest.raises(DataError, match="question 7"):
        corpus.read(own)


@pytest.fixture
def root():
    if not (data_root() / corpus.FACTS.folder).is_dir():
        pytest.skip("EQ-Bench is not there")
    return data_root()


def test_random_ratings_get_about_nothing(root):
    rng = np.random.default_rng(0)
    scores = []
    for row in corpus.read(root).table.itertuples():
        reference = dict(zip(row.feelings, row.reference, strict=True))
        for told in rng.integers(0, 11, size=(50, 4)).astype(float):
            scores.append(question_score(reference, dict(zip(row.feelings, told, strict=True))))
    assert abs(benchmark_score(scores, [])) < 3
    assert {check.state for check in corpus.check(root)} == {"whole"}


@pytest.mark.parametrize("source", ["parsed", "raw text"])
def test_the_published_scores_of_the_recorded_runs_are_met(root, source):
    table = corpus.read(root).table.set_index("id")
    met = []
    for run in corpus.read_runs(root):
        scores = {name: [] for name in PASSES}
        for item in run.parsed:
            feelings = table.loc[item, "feelings"]
            reference = dict(zip(feelings, table.loc[item, "reference"], strict=True))
            read = read_ratings(run.answers[item], feelings)
            for name in PASSES:
                stored = {k: float(v) for k, v in run.parsed[item][name].items()}
                told = stored if source == "parsed" else read[name]
                scores[name].append(question_score(reference, told))
        met.append(abs(benchmark_score(*scores.values()) - run.published) <= 0.02)
    assert len(met) == 22
    assert sum(met) == 22
