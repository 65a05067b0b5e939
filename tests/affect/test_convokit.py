"""ConvoKit's files come and go without loss."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from affectkit.affect import Conversation, Utterance
from affectkit.affect.convokit import Corpus, read_convokit, write_convokit
from affectkit.errors import MediaError

plain = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8)
meta = st.dictionaries(st.text(max_size=6).filter(lambda k: k != "affectkit"), plain, max_size=3)
times = st.none() | st.floats(0, 1e5)


@st.composite
def corpora(draw: st.DrawFn) -> Corpus:
    ids = draw(st.lists(st.text(min_size=1, max_size=6), min_size=1, max_size=6, unique=True))
    names = draw(st.lists(st.text(min_size=1, max_size=6), min_size=1, max_size=3, unique=True))
    talks: dict[str, list[Utterance]] = {}
    for i in ids:
        said = Utterance(
            id=i,
            speaker=draw(st.text(max_size=5)),
            text=draw(st.text(max_size=30)),
            start_s=draw(times),
            end_s=draw(times),
            reply_to=draw(st.none() | st.sampled_from(ids)),
            meta=draw(meta),
        )
        talks.setdefault(draw(st.sampled_from(names)), []).append(said)
    return Corpus(
        [Conversation(said, id=name, meta=draw(meta)) for name, said in talks.items()],
        speakers={
            s: {"meta": draw(meta)}
            for said in talks.values()
            for s in dict.fromkeys(u.speaker for u in said)
        },
        meta=draw(meta),
        index={"version": 1},
    )


@settings(deadline=None, max_examples=60)
@given(corpora())
def test_writing_and_reading_is_lossless(tmp_path_factory, corpus: Corpus) -> None:
    back = read_convokit(write_convokit(corpus, tmp_path_factory.mktemp("corpus")))
    assert back.conversations == corpus.conversations
    assert back.speakers == corpus.speakers
    assert back.meta == corpus.meta
    assert back.index == corpus.index


def test_a_corpus_as_convokit_writes_it_comes_back_the_same(tmp_path) -> None:
    records = [
        {
            "id": "u1",
            "conversation_id": "u1",
            "text": "Hello\u2028there",
            "speaker": "ann",
            "meta": {"score": 3, "parsed": None},
            "reply-to": None,
            "timestamp": 1325703600,
            "vectors": ["bow"],
        },
        {
            "id": "u2",
            "conversation_id": "u1",
            "text": "Hi",
            "speaker": "ben",
            "meta": {},
            "reply-to": "u1",
            "timestamp": None,
            "vectors": [],
        },
    ]
    files = {
        "speakers.json": {"ann": {"meta": {"age": 3}, "vectors": []}, "ben": {"meta": {}}},
        "conversations.json": {"u1": {"meta": {"topic": "x"}, "vectors": []}},
        "corpus.json": {"name": "tiny"},
        "index.json": {"utterances-index": {"score": ["<class 'int'>"]}, "version": 3},
    }
    here, there = tmp_path / "a", tmp_path / "b"
    here.mkdir()
    lines = "".join(json.dumps(r, ensure_ascii=False) + "\n" for r in records)
    (here / "utterances.jsonl").write_text(lines, encoding="utf-8")
    for name, values in files.items():
        (here / name).write_text(json.dumps(values), encoding="utf-8")
    write_convokit(read_convokit(here), there)
    written = (there / "utterances.jsonl").read_bytes().strip().split(b"\n")
    assert [json.loads(line) for line in written] == records
    for name, values in files.items():
        assert json.loads((there / name).read_text(encoding="utf-8")) == values


def test_broken_corpora_say_where(tmp_path) -> None:
    with pytest.raises(MediaError, match=r"utterances\.jsonl"):
        read_convokit(tmp_path)
    (tmp_path / "utterances.jsonl").write_text('{"id": "1"}\n{"id": \n', encoding="utf-8")
    with pytest.raises(MediaError, match="line 2"):
        read_convokit(tmp_path)
    (tmp_path / "utterances.jsonl").write_text("[]\n", encoding="utf-8")
    with pytest.raises(MediaError, match="record 1"):
        read_convokit(tmp_path)


def test_two_utterances_of_one_id_are_refused(tmp_path) -> None:
    talk = Conversation([Utterance("1", "a", "x"), Utterance("1", "b", "y")])
    with pytest.raises(MediaError, match="'1'"):
        write_convokit(talk, tmp_path / "c")
    assert not (tmp_path / "c").exists()
