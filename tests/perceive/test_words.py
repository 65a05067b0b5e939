"""Words: known sentences, nothing out of noise, cuts at turns and pauses."""

from __future__ import annotations

import socket
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from affectkit.media.audio import Audio
from affectkit.perceive.voice_activity import SpeechSegment
from affectkit.perceive.words import Doubts, _doubt, _Piece, pieces, transcribe, utterances

ROLES = ("voice_activity", "words")


def piece(text: str, *, log_probability: float = -0.3, no_speech: float = 0.0, seconds=None):
    said = text.split()
    length = (seconds or 0.4 * len(said)) / max(len(said), 1)
    words = [
        {"text": " " + w, "start_s": i * length, "end_s": (i + 1) * length, "probability": 0.9}
        for i, w in enumerate(said)
    ]
    return _Piece(0.0, length * len(said), words, text, log_probability, no_speech)


def test_doubts_catch_what_recognisers_make_up():
    rules = Doubts()
    assert _doubt(piece("I did not know that you were there"), rules) is None
    assert _doubt(piece("Thank you. " * 12), rules) is not None
    assert _doubt(piece("so it goes", log_probability=-1.4), rules) is not None
    assert _doubt(piece("you", no_speech=0.9, log_probability=-0.7), rules) is not None
    assert _doubt(piece("one two three four five six seven", seconds=0.5), rules) is not None
    assert _doubt(piece("..."), rules) is not None


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.floats(0.05, 5.0), st.floats(0.1, 90.0)), max_size=12))
def test_pieces_hold_all_speech_and_fit_the_recogniser(gaps_and_lengths):
    now, segments = 0.0, []
    for gap_s, length_s in gaps_and_lengths:
        segments.append(SpeechSegment(now + gap_s, now + gap_s + length_s, 0.9))
        now += gap_s + length_s
    made = list(pieces(segments))
    assert all(0 < b - a <= 28.0 + 1e-9 for a, b in made)
    assert all(a[1] <= b[0] + 1e-9 for a, b in pairwise(made))
    for segment in segments:
        covered = sum(max(0.0, min(b, segment.end_s) - max(a, segment.start_s)) for a, b in made)
        assert covered == pytest.approx(segment.duration_s)


def test_utterances_end_where_the_speaker_changes_and_keep_every_word():
    words = [
        {"text": f" w{i}", "start_s": 0.3 * i, "end_s": 0.3 * i + 0.25, "probability": 0.9}
        for i in range(10)
    ]
    turns = pd.DataFrame(
        [(0.0, 1.5, "Voice 1"), (1.5, 3.0, "Voice 2")], columns=["start_s", "end_s", "speaker"]
    )
    made = list(utterances(words, turns))
    assert [u.speaker for u in made] == ["Voice 1", "Voice 2"]
    assert sum(len(u.meta["words"]) for u in made) == 10
    assert " ".join(u.text for u in made) == " ".join(f"w{i}" for i in range(10))


def test_known_sentences_are_written_down(shared_data, weights):
    weights(*ROLES)
    import soundfile

    folder = shared_data("av/speech/ravdess")
    right = total = 0
    for actor in ("01", "02"):
        for number, sentence in (
            ("01", "kids are talking by the door"),
            ("02", "dogs are sitting by the door"),
        ):
            file = folder / f"Actor_{actor}" / f"03-01-01-01-{number}-01-{actor}.flac"
            samples, _ = soundfile.read(file, dtype="float32")
            talk = transcribe(Audio.from_samples(samples))
            told = " ".join(u.text for u in talk).lower()
            right += sum(word in told for word in sentence.split())
            total += len(sentence.split())
            times = [t for u in talk for w in u.meta["words"] for t in (w["start_s"], w["end_s"])]
            assert times == sorted(times)
            assert times[-1] <= len(samples) / 16_000 + 0.01
    assert right / total > 0.85


def test_no_words_out_of_silence_or_noise(weights):
    weights(*ROLES)
    rng = np.random.default_rng(0)
    for sound in (np.zeros(16_000 * 5), rng.normal(0, 0.1, 16_000 * 5)):
        assert not len(transcribe(Audio.from_samples(sound.astype(np.float32))))


def test_german_is_said_to_be_no_english(shared_data, weights, monkeypatch):
    weights(*ROLES)
    import soundfile

    def refused(*args, **kwargs):
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket.socket, "connect", refused)
    folder = shared_data("av/speech/emodb")
    files = sorted(folder.glob("03*N*.flac"))[:6]
    sound = np.concatenate([soundfile.read(f, dtype="float32")[0] for f in files])
    talk = transcribe(Audio.from_samples(sound))
    assert any("may not be English" in note["reason"] for note in talk.meta["notes"])
