"""Recorded answers: found by item or prompt, in turn, and mistakes named by line."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from affectkit.errors import DataError
from affectkit.llm.replay import RecordedAnswers, prompt_digest, write_recorded

ASKED = [{"role": "user", "content": "Which emotion?"}]


def test_by_item_then_by_prompt_and_in_turn():
    recorded = RecordedAnswers(
        [
            {"id": 7, "answer": "joy", "input_tokens": 3, "output_tokens": 1},
            {"id": 7, "answer": "fear"},
            {"prompt": ASKED, "answer": "grief", "finish": "length"},
        ]
    )
    assert [recorded.answer(ASKED, item="7").text for _ in range(3)] == ["joy", "fear", "joy"]
    found = recorded.answer(ASKED, item="8")
    assert (found.text, found.finish) == ("grief", "length")
    assert found.input_tokens > 0
    assert recorded.answer(ASKED, item=7).output_tokens > 0
    with pytest.raises(DataError, match="no answer for item"):
        recorded.answer("something else", item="9")
    with pytest.raises(DataError, match="the prompt"):
        recorded.answer("something else")


answers = st.text(st.characters(codec="utf-8"))


@given(st.lists(st.tuples(answers, answers.filter(bool)), min_size=1, unique_by=lambda r: r[1]))
def test_what_is_written_is_read_again(tmp_path_factory, rows):
    file = tmp_path_factory.mktemp("recorded") / "a.jsonl"
    write_recorded([{"prompt": prompt, "answer": answer} for answer, prompt in rows], file)
    recorded = RecordedAnswers.read(file)
    for answer, prompt in rows:
        assert recorded.answer(prompt).text == answer


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "holds no answers"),
        ('{"id": 1, "answer": "joy"}\n{"id": 2, "ans', "line 2"),
        ('["joy"]', "line 1"),
        ('{"id": 1}', "no text 'answer'"),
        ('{"answer": "joy"}', "does not say what it answers"),
        ('{"prompt": [1], "answer": "joy"}', "neither a text nor messages"),
    ],
)
def test_a_damaged_file_is_told_by_line(tmp_path, text, told):
    file = tmp_path / "a.jsonl"
    file.write_text(text)
    with pytest.raises(DataError, match=told):
        RecordedAnswers.read(file)


def test_no_file_and_no_text(tmp_path):
    with pytest.raises(DataError, match="cannot be read"):
        RecordedAnswers.read(tmp_path / "none.jsonl")
    (tmp_path / "b").write_bytes(b"\xff\xfe")
    with pytest.raises(DataError, match="cannot be read"):
        RecordedAnswers.read(tmp_path / "b")


def test_the_digest_is_of_roles_and_contents():
    assert prompt_digest(ASKED) != prompt_digest([{**ASKED[0], "role": "system"}])
    assert prompt_digest("x") == prompt_digest(json.loads('"x"'))
