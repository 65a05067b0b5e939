"""The text lane end to end: rows, times, evidence, doubt; on the shipped model."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

from affectkit import models
from affectkit.affect import Conversation, LabelSet, Utterance
from affectkit.errors import WeightsError
from affectkit.measure.intervals import bootstrap
from affectkit.perceive.text import TextPerceiver
from affectkit.perceive.text_evidence import word_weights
from affectkit.perceive.text_model import MODEL


@pytest.fixture(scope="module")
def perceiver():
    reader = TextPerceiver(threads=2)
    try:
        reader.model.probabilities(["fine"])
    except WeightsError as error:
        pytest.skip(str(error))
    return reader


def talk(*lines, **more):
    return Conversation(
        [Utterance(str(i), who, text, **more) for i, (who, text) in enumerate(lines)]
    )


PLAIN = {
    "I am so grateful for your help, thank you!": "gratitude",
    "I love you with all my heart.": "love",
    "This makes me so angry, how dare they!": "anger",
    "I am terrified of what happens next.": "fear",
    "That is the funniest thing ever, hahaha lol": "amusement",
    "I'm so sorry, I apologize for my mistake.": "remorse",
    "She cried all night, it was so sad.": "sadness",
    "How disgusting, that smell is gross.": "disgust",
    "What does this word mean?": "curiosity",
}


def test_plain_sentences_are_read_as_people_would(perceiver):
    t = perceiver.perceive_conversation(talk(*[("Ann", text) for text in PLAIN]))
    assert sum(a == b for a, b in zip(t.leading, PLAIN.values(), strict=True)) >= len(PLAIN) - 2
    by_label = dict(zip(PLAIN.values(), t.table["valence"], strict=True))
    assert min(by_label[x] for x in ("gratitude", "love")) > max(
        by_label[x] for x in ("anger", "sadness", "disgust")
    )


def test_rows_name_who_when_and_which_words(perceiver):
    text = 'Thank you "so much"! I am tired. 你好吗?'
    t = perceiver.perceive_conversation(talk(("Ann", text), ("Ben", "...")))
    table = t.table
    assert t.label_set == LabelSet.load("goemotions28")
    assert table["person"].tolist() == ["Ann", "Ann", "Ann", "Ben"]
    assert table["utterance"].tolist() == ["0", "0", "0", "1"]
    assert table["start_s"].tolist() == [0, 1, 2, 3]
    assert t.provenance["time"] == "sentences"
    assert t.provenance["models"][0]["id"] == MODEL
    assert table["reason"].isna().tolist() == [True, True, False, False]
    assert table.loc[2:, ["valence", "joy", "confidence"]].isna().all(axis=None)
    for words in table["evidence"].dropna():
        for word in json.loads(words):
            assert text[word["start"] : word["end"]] == word["what"]
            assert word["weight"] > 0
    assert "Thank" in table.loc[0, "evidence"]
    assert any("Chinese" in note.reason for note in t.notes)


def test_timed_utterances_give_seconds(perceiver):
    t = perceiver.perceive_conversation(
        talk(("Ann", "I am glad. He is not."), start_s=10.0, end_s=12.0)
    )
    assert t.provenance["time"] == "seconds"
    assert t.table["start_s"].tolist()[0] == 10.0
    assert t.table["end_s"].tolist()[-1] == 12.0


def test_unknown_words_lower_confidence_and_widen_the_estimate(perceiver):
    known = ["I am happy about the gift today", "I am angry about the delay", "She was sad"]
    strange = ["I am happy zxqv wrtl brmf about it", "I am angry hjklq pqwx ufhg", "She was vqtz"]
    told = perceiver.model.estimate([*known, *strange])
    assert (told.quality[:3] == 1).all()
    assert (told.quality[3:] < 0.8).all()
    assert (told.confidence[3:] < told.confidence[:3]).all()
    never_less = np.array(perceiver.model.space.meta["error"]["population"])
    assert (told.space_sd[3:] > never_less).all()
    assert (np.abs(told.space[3:]) <= 1).all()


@pytest.mark.parametrize("text", ["", "\x00\x01", "😀" * 500, "a" * 100_000, "?", "\ud800"])
def test_hostile_texts_give_rows_or_none_but_no_failure(perceiver, text):
    t = perceiver.perceive_conversation(talk(("", text)))
    assert len(t) <= 1 + len(text) // 300
    assert len(perceiver.perceive_conversation(Conversation([]))) == 0


def test_lines_are_streamed_as_they_come(perceiver):
    drawn = 0

    def endless():
        nonlocal drawn
        while True:
            drawn += 1
            yield "I am glad. He is sad.\n"

    stream = perceiver.perceive_lines(endless())
    first = next(stream)
    assert len(first) == 1024
    assert drawn <= 1100  # one block is read ahead
    assert next(stream).table["start_s"].iloc[0] == 1024
    assert first.table["utterance"].tolist()[:3] == ["1", "1", "2"]


def test_the_same_text_gives_the_same_answer_with_one_thread_or_two(perceiver):
    lines = [("A", f"I was {w} to see you there.") for w in ("glad", "sad", "mad", "amazed")] * 30
    one = TextPerceiver(threads=1, evidence=False).perceive_conversation(talk(*lines))
    two = TextPerceiver(threads=2, evidence=False).perceive_conversation(talk(*lines))
    assert one.table.equals(two.table)


def test_constructing_and_importing_load_nothing():
    code = (
        "import sys; from affectkit.perceive.text import TextPerceiver; TextPerceiver(); "
        "print([m for m in ('onnxruntime', 'tokenizers', 'torch', 'sklearn', 'onnx') "
        "if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_the_card_names_its_data_licence_and_scores():
    card = models.card(MODEL)
    assert card.licence == "CC-BY-SA-4.0"
    assert "EmoBank" in card.rights
    assert {s.metric for s in card.scores} >= {"macro-F1", "CCC valence"}
    assert all(s.baseline is None or s.value > s.baseline for s in card.scores)
    assert models.shipped(MODEL).is_dir()


@pytest.mark.slow
def test_deleting_the_top_words_lowers_the_label_more_than_deleting_others(perceiver, shared_data):
    from affectkit import data

    root = shared_data("text-open/goemotions").parents[1]
    texts = data.read("goemotions", root=root).split("dev").table["text"].tolist()
    neutral = perceiver.labels.index("neutral")
    texts = [t for t in texts[:900] if 6 <= len(t.split()) <= 25]
    p = perceiver.model.probabilities(texts)
    lead = p.argmax(axis=1)
    chosen = [i for i in range(len(texts)) if lead[i] != neutral][:220]
    assert len(chosen) >= 200
    rng = np.random.default_rng(0)
    part = [texts[i] for i in chosen]
    labels = [int(lead[i]) for i in chosen]
    weights = word_weights(part, labels, perceiver.model.probabilities)

    def without(text, words):
        for w in sorted(words, key=lambda w: -w.start):
            text = text[: w.start] + text[w.end :]
        return text

    top = [
        without(t, sorted(w, key=lambda x: -x.weight)[:2])
        for t, w in zip(part, weights, strict=True)
    ]
    other = [
        without(t, [w[i] for i in rng.choice(len(w), 2, replace=False)])
        for t, w in zip(part, weights, strict=True)
    ]
    rows = np.arange(len(part))
    whole = p[chosen, labels]
    # Two words were judged together, not one by one, so this is no tautology.
    fall_top = whole - perceiver.model.probabilities(top)[rows, labels]
    fall_other = whole - perceiver.model.probabilities(other)[rows, labels]
    further = bootstrap(np.mean, fall_top - fall_other, n=1000, seed=0)
    assert further.low > 0, further
    assert fall_top.mean() > 2 * fall_other.mean()
    assert (fall_top > fall_other).mean() > 0.8


def test_a_text_in_another_language_is_warned_of_and_not_guessed_at(perceiver):
    german = "Ich bin heute leider sehr traurig und müde. Schade. Das Telefon ist schon kaputt."
    t = perceiver.perceive_conversation(talk(("Ann", german), ("Ben", "I am so glad for you.")))
    assert t.table["reason"].notna().tolist() == [True, True, True, False]
    assert t.table.loc[:2, ["joy", "valence", "confidence"]].isna().all(axis=None)
    pytest.importorskip("pycld2")
    assert any("it looks like German" in note.reason for note in t.notes)


def test_blocks_come_one_after_another_whatever_the_threads():
    blocks = [[(f"{b}-{i}", "I am glad. He is sad.") for i in range(b)] for b in (3, 0, 400, 1)]
    one, two = (
        list(TextPerceiver(threads=n, evidence=False).perceive_blocks(blocks)) for n in (1, 2)
    )
    assert [len(t) for t in one] == [6, 0, 800, 2]
    assert all(a.table.equals(b.table) for a, b in zip(one, two, strict=True))
    assert [t.table["utterance"].iloc[-1] for t in one if len(t)] == ["3-2", "400-399", "1-0"]
    assert one[-1].table["start_s"].tolist() == [806, 807]
