"""EmoBench: reading of choices, the rule of both right, and the makers' recorded answers."""

from __future__ import annotations

import json
from string import ascii_uppercase

import pytest

pytest.importorskip("inspect_ai")

from affectkit.data import data_root
from affectkit.data import emobench as corpus
from affectkit.errors import DataError
from affectkit.evals.emobench import emobench, read_choice, read_choices
from affectkit.evals.run import evaluate
from affectkit.llm.replay import write_recorded

FOUR = ["Stay", "Leave", "Call a friend", "Laugh"]


@pytest.mark.parametrize(
    ("answer", "choice"),
    [
        ("B", 1),
        ("(c) Call a friend", 2),
        ("（d）", 3),
        ("d.", 3),
        ("Answer: b", 1),
        ("The most effective action would be (B), to leave.", 1),
        ("call a friend.", 2),
        ("She should just leave", 1),
        ("A good question! I would say D.", 3),
        ("Stay or leave", None),
        ("E", None),
        ("", None),
        ("I cannot answer that.", None),
    ],
)
def test_a_choice_is_read_from_what_models_write(answer, choice):
    assert read_choice(answer, FOUR) == choice


def test_the_last_answer_to_each_question_counts():
    two = {"emotion": ["Joy", "Fear"], "cause": ["The dog", "The cat"]}
    draft = '{"emotion": "A", "cause": "A"}\nNo: {"emotion": "B", "cause": "The cat"}'
    assert read_choices(draft, two) == {"emotion": 1, "cause": 1}
    assert read_choices("emotion: a\ncause: b", two) == {"emotion": 0, "cause": 1}
    assert read_choices("B", two) == {"emotion": None, "cause": None}
    assert read_choices("B", {"answer": FOUR}) == {"answer": 1}


@pytest.fixture
def own(tmp_path):
    """Three dilemmas of our own for each part."""
    folder = tmp_path / corpus.FACTS.folder
    folder.mkdir(parents=True)
    common = {"language": "en", "scenario": "Ada waits.", "subject": "Ada"}
    kinds = ("cues", "cues", "beliefs")
    understanding = [
        {
            **common,
            "qid": str(k),
            "coarse_category": kind,
            "finegrained_category": "x",
            "emotion_choices": ["Joy", "Fear", "Calm"],
            "emotion_label": "Fear",
            "cause_choices": ["The dog", "The cat"],
            "cause_label": "The dog",
        }
        for k, kind in enumerate(kinds)
    ]
    application = [
        {**common, "qid": "0", "category": "x", "question type": "Action", "choices": FOUR}
        | {"label": "Leave"}
    ]
    for name, rows in (("EU", understanding), ("EA", application)):
        (folder / f"{name}.jsonl").write_text("\n".join(map(json.dumps, rows)))
    return tmp_path


def run(task, answers, tmp_path):
    rows = [{"id": name, "answer": answer} for name, answer in answers.items()]
    file = write_recorded(rows, tmp_path / "answers.jsonl")
    (log,) = evaluate(
        [task], "affectkit/replay", folder=tmp_path / "logs", model_args={"file": str(file)}
    )
    return {n: m.value for s in log.results.scores for n, m in s.metrics.items()}


def lettered(sample, **said):
    questions = sample.metadata["questions"]
    letters = {name: ascii_uppercase[questions[name].index(said[name])] for name in said}
    return json.dumps(letters)


def test_the_emotion_alone_is_not_enough(own, tmp_path):
    task = emobench(root=str(own))
    first, second, third = task.dataset
    answers = {
        first.id: lettered(first, emotion="Fear", cause="The dog"),
        second.id: lettered(second, emotion="Fear", cause="The cat"),
        third.id: "I cannot say.",
    }
    figures = run(task, answers, tmp_path)
    assert figures["mean"] == pytest.approx(1 / 3)
    assert figures["right_emotion"] == pytest.approx(2 / 3)
    assert figures["readable"] == pytest.approx(2 / 3)
    assert (figures["cues"], figures["beliefs"]) == (0.5, 0)


def test_the_order_of_choices_follows_the_seed_and_the_target_follows_the_order(own):
    orders = set()
    for seed in range(8):
        (sample,) = emobench(part="application", root=str(own), seed=seed).dataset
        choices = sample.metadata["questions"]["answer"]
        assert sorted(choices) == sorted(FOUR)
        assert choices[ascii_uppercase.index(sample.target[0])] == "Leave"
        orders.add(tuple(choices))
    assert len(orders) > 4
    again = emobench(part="application", root=str(own), seed=7).dataset[0]
    assert again.input == sample.input


def test_what_is_wrong_is_said(own, tmp_path):
    with pytest.raises(DataError, match="'action'"):
        emobench(part="action", root=str(own))
    with pytest.raises(DataError, match="'de'"):
        emobench(language="de", root=str(own))
    with pytest.raises(DataError, match="0 dilemmas"):
        emobench(n=0, root=str(own))
    with pytest.raises(DataError, match="emobench is not there"):
        emobench(root=str(tmp_path / "nowhere"))
    path = own / corpus.FACTS.folder / "EA.jsonl"
    path.write_text(path.read_text().replace('"label": "Leave"', '"label": "Fly"'))
    with pytest.raises(DataError, match=r"EA\.jsonl, row 1"):
        corpus.read(own)


@pytest.fixture
def root():
    if not (data_root() / corpus.FACTS.folder).is_dir():
        pytest.skip("EmoBench is not there")
    return data_root()


def test_the_makers_choices_are_read_in_their_recorded_answers(root):
    table = corpus.read_recorded(root)
    # The random one answers with the words of a choice, which the makers' own code misread.
    models = table[table["model"] != "random"]
    read = [read_choice(a, c) for a, c in zip(models["answer"], models["choices"], strict=True)]
    same = [(-1 if k is None else k) == p for k, p in zip(read, models["parsed"], strict=True)]
    assert len(same) == 8970
    assert sum(same) / len(same) >= 0.99


def test_a_random_model_is_at_chance(root):
    table = corpus.read_recorded(root)
    table = table[(table["model"] == "random") & (table["question"] == "application")]
    read = [read_choice(a, c) for a, c in zip(table["answer"], table["choices"], strict=True)]
    right = [k == label for k, label in zip(read, table["label"], strict=True)]
    assert abs(sum(right) / len(right) - 0.25) < 0.1


def test_every_dilemma_is_there_with_its_label(root):
    table = corpus.read(root).table
    assert table["id"].is_unique
    assert set(table["part"]) == {"understanding", "application"}
    assert set(table["language"]) == {"en", "zh"}
    understood = table[table["part"] == "understanding"]
    assert {*understood["cause_choices"].map(len)} == {4, 6}
    assert (understood["choices"].map(len) == 6).all()
    assert (table["label"] < table["choices"].map(len)).all()
    for language in ("en", "zh"):
        for part in ("understanding", "application"):
            assert len(emobench(part=part, language=language, root=str(root)).dataset) == 100
