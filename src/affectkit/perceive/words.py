"""Speech to words with times and speakers: Whisper tiny.en, segment by segment."""

from __future__ import annotations

import math
import os
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from affectkit.affect import Conversation, Note, Utterance
from affectkit.perceive.voice_activity import RATE_HZ, SpeechSegment, gain, speech_segments
from affectkit.progress import Progress, silent

if TYPE_CHECKING:
    import pandas as pd

    from affectkit.media.audio import Audio
    from affectkit.media.recording import Recording

PAUSE_S = 0.7
"""A pause this long ends an utterance."""
# Whisper reads 30 s at a time; a little is left for rounding.
_PIECE_S = 28.0
_LEAD_S = 0.2
_LONGEST_UTTERANCE_S = 15.0


@dataclass(frozen=True)
class Doubts:
    """When words are taken for made up, and left out.

    Parameters
    ----------
    least_log_probability
        Mean log probability of the tokens below which a piece is not believed.
    no_speech
        Probability of "no speech" above which a piece is not believed, where the tokens
        are not sure either.
    most_compression
        How often shorter text becomes when compressed: repetition betrays a loop.
    most_repeats
        How often three words may come again at once.
    most_words_per_s
        Nobody speaks faster.

    References
    ----------
    Radford et al. (2022), section 4.5, for the first three.
    """

    least_log_probability: float = -1.0
    no_speech: float = 0.6
    most_compression: float = 2.4
    most_repeats: int = 3
    most_words_per_s: float = 8.0


def transcribe(
    source: Recording | Audio,
    *,
    turns: pd.DataFrame | None = None,
    threads: int = 1,
    progress: Progress | None = None,
    doubts: Doubts | None = None,
) -> Conversation:
    """Return what was said, by whom and when, as utterances of a conversation.

    Only stretches of speech are read, half a minute at a time. An utterance ends where the
    speaker changes, pauses, or ends a sentence after a while. The model knows English only;
    where it seems to hear something else, a note says so.

    Parameters
    ----------
    source
        A recording or its sound.
    turns
        Who speaks when (``start_s, end_s, speaker``); without it speakers are empty.
    threads
        Processor threads.
    progress
        Told ``("words", seconds done, seconds in all)``.
    doubts
        When words are taken for made up.

    Returns
    -------
    Conversation
        Each utterance has ``meta["words"]``: a list of ``{"text", "start_s", "end_s",
        "probability"}``. ``meta["notes"]`` of the conversation lists what was left out and
        why, as `Note` in plain values.

    Raises
    ------
    WeightsError
        If the weights ``words`` or ``voice_activity`` are not installed.

    Examples
    --------
    >>> transcribe(recording, threads=2).utterances[0].text  # doctest: +SKIP
    'Kids are talking by the door.'
    """
    report = progress or silent
    audio: Audio = source.audio() if hasattr(source, "audio") else source
    model = _model(threads)
    louder = np.float32(gain(audio))
    words: list[dict[str, Any]] = []
    judged: list[_Piece] = []
    for piece in pieces(speech_segments(audio, threads=threads)):
        # The detector can be late for a soft first sound.
        start_s = max(0.0, piece[0] - _LEAD_S)
        end_s = min(piece[1] + _LEAD_S, audio.duration_s)
        told = _read_piece(model, audio.read(start_s, end_s) * louder, start_s)
        for part in told:
            found = replace(part, doubt=_doubt(part, doubts or Doubts()))
            judged.append(found)
            if found.doubt is None:
                words.extend(found.words)
        report("words", end_s, audio.duration_s)
    report("words", audio.duration_s, audio.duration_s)
    notes = [note.__dict__ for note in _notes(judged)]
    return Conversation(
        list(utterances(words, turns)), meta={"language": "en", "notes": notes, "source": "words"}
    )


def pieces(
    segments: Iterator[SpeechSegment] | Sequence[SpeechSegment],
) -> Iterator[tuple[float, float]]:
    """Yield ``(start_s, end_s)`` of pieces to read: speech close together, 28 s at most.

    Examples
    --------
    >>> near = [SpeechSegment(0.0, 4.0, 1.0), SpeechSegment(4.5, 9.0, 1.0)]
    >>> list(pieces([*near, SpeechSegment(60.0, 61.0, 1.0)]))
    [(0.0, 9.0), (60.0, 61.0)]
    """
    start_s, end_s = math.nan, math.nan
    for segment in segments:
        first_s = segment.start_s
        if (
            not math.isnan(start_s)
            and first_s - end_s < 2.0
            and segment.end_s - start_s <= _PIECE_S
        ):
            end_s = segment.end_s
            continue
        if not math.isnan(start_s):
            yield start_s, end_s
        # A monologue without a pause is cut; a word on the border may suffer.
        while segment.end_s - first_s > _PIECE_S:
            yield first_s, first_s + _PIECE_S
            first_s += _PIECE_S
        start_s, end_s = first_s, segment.end_s
    if not math.isnan(start_s):
        yield start_s, end_s


def utterances(words: Sequence[dict[str, Any]], turns: pd.DataFrame | None) -> Iterator[Utterance]:
    """Yield utterances: words in order, cut where the speaker changes or pauses.

    Examples
    --------
    >>> said = [{"text": " Hi", "start_s": 0.0, "end_s": 0.2, "probability": 0.9},
    ...         {"text": " Bye", "start_s": 3.0, "end_s": 3.2, "probability": 0.9}]
    >>> [u.text for u in utterances(said, None)]
    ['Hi', 'Bye']
    """
    speakers = _speakers(words, turns)
    waiting: list[dict[str, Any]] = []
    who, count = "", 0
    for word, speaker in zip(words, speakers, strict=True):
        if waiting:
            last = waiting[-1]
            pause = word["start_s"] - last["end_s"]
            ended = last["text"].rstrip().endswith((".", "?", "!"))
            long = last["end_s"] - waiting[0]["start_s"] > _LONGEST_UTTERANCE_S
            if speaker != who or pause >= PAUSE_S or (ended and (pause > 0.2 or long)):
                count += 1
                yield _utterance(count, who, waiting)
                waiting = []
        who = speaker
        waiting.append(word)
    if waiting:
        yield _utterance(count + 1, who, waiting)


@dataclass(frozen=True)
class _Piece:
    start_s: float
    end_s: float
    words: list[dict[str, Any]]
    text: str
    log_probability: float
    no_speech: float
    doubt: str | None = None


def _model(threads: int) -> Any:
    # Before the import: these are read once, and nothing here may reach for the network.
    for name in ("HF_HUB_OFFLINE", "HF_HUB_DISABLE_TELEMETRY", "DO_NOT_TRACK"):
        os.environ.setdefault(name, "1")
    from affectkit.models import weights

    return _loaded(str(weights.path("words")), threads)


@lru_cache(maxsize=1)
def _loaded(path: str, threads: int) -> Any:
    from faster_whisper import WhisperModel

    return WhisperModel(
        path,
        device="cpu",
        compute_type="int8",
        cpu_threads=threads,
        num_workers=1,
        local_files_only=True,
    )


def _read_piece(model: Any, samples: NDArray[np.float32], start_s: float) -> Iterator[_Piece]:
    segments, _ = model.transcribe(
        samples,
        language="en",
        beam_size=1,
        temperature=0.0,
        condition_on_previous_text=False,
        word_timestamps=True,
        vad_filter=False,
        # The guards here see every piece; those inside would drop words without a note.
        no_speech_threshold=None,
        log_prob_threshold=None,
        compression_ratio_threshold=None,
    )
    length_s = len(samples) / RATE_HZ
    for segment in segments:
        words = [
            {
                "text": word.word,
                "start_s": round(start_s + min(word.start, length_s), 3),
                "end_s": round(start_s + min(max(word.end, word.start), length_s), 3),
                "probability": round(float(word.probability), 4),
            }
            for word in segment.words or ()
        ]
        yield _Piece(
            start_s + segment.start,
            start_s + min(segment.end, length_s),
            words,
            segment.text.strip(),
            float(segment.avg_logprob),
            float(segment.no_speech_prob),
        )


def _doubt(piece: _Piece, doubts: Doubts) -> str | None:
    """Return why the words of a piece are not believed, or None."""
    spoken = [w["text"].strip(" .,?!").lower() for w in piece.words if w["text"].strip(" .,?!")]
    if not spoken:
        return "no words"
    if piece.log_probability < doubts.least_log_probability:
        return "the words are a guess"
    if piece.no_speech > doubts.no_speech and piece.log_probability < -0.5:
        return "there is hardly any speech"
    raw = piece.text.encode()
    if len(raw) > 60 and len(raw) / len(zlib.compress(raw)) > doubts.most_compression:
        return "the words repeat without end"
    if repeats(spoken) > doubts.most_repeats:
        return "the words repeat without end"
    seconds = max(piece.words[-1]["end_s"] - piece.words[0]["start_s"], 0.3)
    if len(spoken) / seconds > doubts.most_words_per_s and len(spoken) > 4:
        return "the words come faster than anybody speaks"
    return None


def repeats(words: Sequence[str], size: int = 3) -> int:
    """Return how often the most frequent run of `size` words occurs.

    Examples
    --------
    >>> repeats("thank you so much thank you so much thank you so much".split())
    3
    """
    runs = Counter(tuple(words[i : i + size]) for i in range(len(words) - size + 1))
    return max(runs.values(), default=0)


def _notes(judged: Sequence[_Piece]) -> Iterator[Note]:
    for piece in judged:
        if piece.doubt is not None and piece.doubt != "no words":
            yield Note("words", f"words were left out: {piece.doubt}", piece.start_s, piece.end_s)
    told = [p for p in judged if p.words]
    if not told:
        return
    seconds = sum(p.end_s - p.start_s for p in told)
    sure = [w["probability"] for p in told for w in p.words]
    weak = sum(p.end_s - p.start_s for p in told if p.log_probability < -0.8)
    if seconds > 3.0 and (np.mean(sure) < 0.5 or weak > 0.5 * seconds):
        yield Note(
            "words",
            "this may not be English, or is hard to understand: the speech recogniser knows "
            f"English only and is unsure (mean word probability {np.mean(sure):.2f})",
        )


def _speakers(words: Sequence[dict[str, Any]], turns: pd.DataFrame | None) -> list[str]:
    """Return who says each word: the turn around its middle, else the nearest one."""
    if turns is None or not len(turns):
        return [""] * len(words)
    starts = turns["start_s"].to_numpy(dtype=float)
    ends = turns["end_s"].to_numpy(dtype=float)
    names = turns["speaker"].astype(str).to_numpy()
    found = []
    for word in words:
        middle = (word["start_s"] + word["end_s"]) / 2
        away = np.maximum(starts - middle, 0.0) + np.maximum(middle - ends, 0.0)
        found.append(str(names[int(away.argmin())]))
    return found


def _utterance(number: int, speaker: str, words: list[dict[str, Any]]) -> Utterance:
    return Utterance(
        id=f"u{number}",
        speaker=speaker,
        text="".join(word["text"] for word in words).strip(),
        start_s=words[0]["start_s"],
        end_s=max(word["end_s"] for word in words),
        meta={"words": [{**word, "text": word["text"].strip()} for word in words]},
    )
