"""Naming emotions through Inspect: reading of answers, scores, recorded and local models."""

from __future__ import annotations

import socket

import pytest

pytest.importorskip("inspect_ai")

from inspect_ai.model import get_model

from affectkit.affect import LabelSet
from affectkit.errors import AffectkitError, DataError, WorkError
from affectkit.evals.emotion_labels import (
    PROMPTS,
    indicators,
    is_valid,
    named_labels,
    naming_task,
    near_words,
    repaired_labels,
    with_examples,
)
from affectkit.evals.recording import record, recorded_answers
from affectkit.evals.run import evaluate
from affectkit.llm.replay import write_recorded
from affectkit.measure.metrics import macro_f1

LABELS = LabelSet.load("goemotions28").labels
TEXTS = ["Hooray!", "Oh no.", "It is five o'clock."]
TRUTH = indicators([["joy", "excitement"], ["fear"], ["neutral"]], LABELS)


def test_labels_are_read_as_words():
    assert named_labels("Love? No: disapproval", LABELS) == ["disapproval", "love"]
    assert named_labels("disapproval", ["approval"]) == []
    assert not is_valid("", LABELS)
    assert is_valid("Joy.", LABELS)
    assert not is_valid("The emotion is joy", LABELS)


def test_repair_leaves_listed_answers_alone():
    assert set(near_words().values()) <= set(LABELS)
    assert not set(near_words()) & set(LABELS)
    assert repaired_labels("joy, not sadly", LABELS) == ["joy"]
    assert repaired_labels("Sadly!", LABELS) == ["sadness"]
    assert repaired_labels("Answer: 42", LABELS) == []


@pytest.fixture
def recorded(tmp_path):
    answers = ["joy", "I would say it is scary, frightened", "neutral"]
    rows = [{"id": str(i), "answer": a, "input_tokens": 9} for i, a in enumerate(answers)]
    return write_recorded(rows, tmp_path / "answers.jsonl")


def test_a_recorded_run_is_scored_by_the_definition(recorded, tmp_path, monkeypatch):
    def closed(*_):
        raise AssertionError("something reached for the network")

    monkeypatch.setattr(socket.socket, "connect", closed)
    task = naming_task(TEXTS, TRUTH, LABELS, PROMPTS["naive"])
    (log,) = evaluate(
        [task], "affectkit/replay", folder=tmp_path / "logs", model_args={"file": str(recorded)}
    )
    scores = {s.id: s.scores["emotion_labels"] for s in log.samples}
    assert scores["0"].value["f1"] == pytest.approx(2 / 3)
    assert scores["1"].value == {"f1": 0.0, "valid": 0.0, "named_none": 1.0}
    assert scores["1"].metadata["repaired"] == ["fear"]
    assert log.stats.model_usage["affectkit/replay"].input_tokens == 27
    told = indicators([scores[str(i)].metadata["named"] for i in range(3)], LABELS)
    among = (TRUTH | told).any(axis=0)
    figures = {n: m.value for s in log.results.scores for n, m in s.metrics.items()}
    assert figures["macro_f1"] == pytest.approx(macro_f1(TRUTH[:, among], told[:, among]))


def test_a_run_that_was_kept_repeats_itself(recorded, tmp_path):
    def once(file, where):
        task = naming_task(TEXTS, TRUTH, LABELS, PROMPTS["role"])
        args = {"file": str(file)}
        (log,) = evaluate([task], "affectkit/replay", folder=tmp_path / where, model_args=args)
        return log

    first = once(recorded, "first")
    kept = record(first.location, tmp_path / "kept.jsonl")
    assert TEXTS[1] not in kept.read_text()
    rows = [{k: v for k, v in row.items() if k != "id"} for row in recorded_answers(first)]
    by_prompt = write_recorded(rows, tmp_path / "by_prompt.jsonl")
    for file in (kept, by_prompt):
        again = once(file, file.stem)
        assert [s.output.completion for s in again.samples] == [
            s.output.completion for s in first.samples
        ]
    with pytest.raises(DataError):
        record(tmp_path / "nothing.eval", tmp_path / "out.jsonl")


def test_an_answer_that_was_not_recorded_ends_in_a_clear_line(tmp_path):
    file = write_recorded([{"id": "0", "answer": "joy"}], tmp_path / "a.jsonl")
    task = naming_task(TEXTS, TRUTH, LABELS, PROMPTS["naive"])
    with pytest.raises(WorkError, match="no answer for item"):
        evaluate([task], "affectkit/replay", folder=tmp_path, model_args={"file": str(file)})


def test_what_the_models_do_not_take_is_told(tmp_path):
    import affectkit.evals.registry  # noqa: F401

    with pytest.raises(AffectkitError, match="no model affectkit/other"):
        get_model("affectkit/other")
    with pytest.raises(AffectkitError, match="needs the file"):
        get_model("affectkit/replay")
    with pytest.raises(AffectkitError, match="takes no colour"):
        get_model("affectkit/local", colour="red")
    with pytest.raises(DataError, match="cannot be read"):
        get_model("affectkit/replay", file=str(tmp_path / "none"))


def test_the_local_model_answers_within_the_task(weights, tmp_path):
    pytest.importorskip("xllamacpp")
    weights("language_model")
    prompt = with_examples(
        [("What a day!", "joy"), ("Run!", "fear"), ("It is a table.", "neutral")]
    )
    task = naming_task(TEXTS[:2], TRUTH[:2], LABELS, prompt)
    (log,) = evaluate([task], "affectkit/local", folder=tmp_path)
    assert all(s.output.usage.output_tokens > 0 for s in log.samples)
    assert len(log.samples[0].messages) == 1 + 2 * 3 + 2
