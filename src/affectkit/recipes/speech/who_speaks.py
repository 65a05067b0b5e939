"""Judge who speaks when, on voices and a telephone call that nothing was tuned on.

The settings of `speaker_turns` were tuned on conversations made up of the 63 speakers of
LibriSpeech's training part. Here they are judged on conversations of six other speakers, on
one real call, and on actors who change their emotion with every sentence (paper 020's
question: does emotion make a voice another voice?).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from affectkit.data.dataset import table
from affectkit.data.emodb import FACTS
from affectkit.measure.diarisation import DiarisationError, Turn, diarisation_error
from affectkit.measure.intervals import bootstrap
from affectkit.media.audio import Audio
from affectkit.perceive.voices import speaker_turns
from affectkit.progress import Progress, silent
from affectkit.recipes.finding import Finding
from affectkit.recipes.speech.made_up_conversations import make_conversation, read_voices

ID = "speech.who_speaks"
PAPER = None
TITLE = "Who speaks when, on voices that nothing was tuned on"
NEEDS = (
    "av/speech/librispeech",
    "av/speech/librispeech-train-1each",
    "av/speech/pyannote-sample",
    "weights:voice_activity",
    "weights:speaker_encoder",
    "package:scipy",
)

TUNED_ON, HELD_OUT = "av/speech/librispeech-train-1each", "av/speech/librispeech"
CALL, ACTED = "av/speech/pyannote-sample", "av/speech/emodb"
_SECONDS = 60.0

Talk = tuple[NDArray[np.float32], list[Turn]]


def run(
    *,
    data: Path,
    seeds: Sequence[int] = (0, 1, 2),
    full: bool = False,
    progress: Progress | None = None,
) -> list[Finding]:
    """Return the diarisation error on held-out voices, on a call, and on acted emotions."""
    report = progress or silent
    each = 12 if full else 3
    calm = made_up(read_voices(data / HELD_OUT), each, seeds)
    findings = [_judge(calm, HELD_OUT, "six speakers not tuned on", seeds, report)]
    acted = made_up(_actors(data), each, seeds)
    findings.append(_judge(acted, ACTED, "actors whose emotion changes", seeds, report))
    findings.append(_call(data, seeds))
    return findings


def made_up(
    voices: dict[str, list[NDArray[np.float32]]], each: int, seeds: Sequence[int]
) -> list[Talk]:
    """Return `each` conversations a seed, of one to four speakers and about a minute."""
    talks = []
    for seed in seeds:
        rng = np.random.default_rng(seed)
        for _ in range(each):
            count = int(rng.integers(1, 5))
            talks.append(make_conversation(voices, speakers=count, seconds=_SECONDS, rng=rng))
    return talks


def _judge(
    talks: Sequence[Talk], data: str, who: str, seeds: Sequence[int], report: Progress
) -> Finding:
    told, alone, wrong = [], [], 0
    for i, (sound, truth) in enumerate(talks):
        audio = Audio.from_samples(sound)
        turns = _turns(audio)
        told.append(diarisation_error(truth, turns))
        alone.append(diarisation_error(truth, [Turn(t.start_s, t.end_s, "one") for t in turns]))
        wrong += len({t.speaker for t in turns}) != len({t.speaker for t in truth})
        audio.close()
        report("conversations", i + 1, len(talks))
    a, b = (np.array([[_wrong_s(e), e.speech_s] for e in errors]) for errors in (told, alone))
    interval = bootstrap(lambda x, y: float(_rate(x) - _rate(y)), a, b, n=1000, seed=int(seeds[0]))
    confused = sum(e.confused_s for e in told) / sum(e.speech_s for e in told)
    return Finding(
        claim=f"speakers are told apart in conversations of {who}",
        metric="diarisation error rate",
        value=_rate(a),
        baseline=_rate(b),
        baseline_name="everything said by one speaker",
        low=interval.low,
        high=interval.high,
        n=len(talks),
        seeds=tuple(seeds),
        data=(data,),
        holds=bool(interval.high < 0),
        notes=f"speech given to another speaker: {confused:.3f}; number of speakers wrong in "
        f"{wrong} of {len(talks)}; the rest are pauses inside turns, which count as missed; "
        "no collar",
    )


def _call(data: Path, seeds: Sequence[int]) -> Finding:
    import soundfile

    samples, _ = soundfile.read(data / CALL / "sample.flac", dtype="float32")
    truth = []
    for line in (data / CALL / "sample.rttm").read_text().splitlines():
        _, _, _, start, length, _, _, name, *_ = line.split()
        truth.append(Turn(float(start), float(start) + float(length), name))
    turns = _turns(Audio.from_samples(samples))
    error = diarisation_error(truth, turns)
    alone = diarisation_error(truth, [Turn(t.start_s, t.end_s, "one") for t in turns])
    return Finding(
        claim="two people on a real telephone call are told apart",
        metric="diarisation error rate",
        value=error.rate,
        baseline=alone.rate,
        baseline_name="everything said by one speaker",
        low=error.rate,
        high=error.rate,
        interval_of="value",
        n=1,
        seeds=tuple(seeds),
        data=(CALL,),
        holds=error.rate < alone.rate,
        notes=f"one call of 30 s, so no interval; confused {error.confusion:.3f}, missed "
        f"{error.missed_s:.1f} s, false {error.false_s:.1f} s of {error.speech_s:.1f} s; no collar",
    )


def _actors(data: Path) -> dict[str, list[NDArray[np.float32]]]:
    import soundfile

    rows = table(data / "av" / "MANIFEST.csv", FACTS, ("file", "speaker"), dtype=str)
    rows = rows[rows["file"].str.startswith("speech/emodb/")]
    voices: dict[str, list[NDArray[np.float32]]] = {}
    for file, speaker in zip(rows["file"], rows["speaker"], strict=True):
        voices.setdefault(speaker, []).append(
            soundfile.read(data / "av" / file, dtype="float32")[0]
        )
    return voices


def _turns(audio: Audio) -> list[Turn]:
    return [Turn(*row) for row in speaker_turns(audio).itertuples(index=False)]


def _wrong_s(error: DiarisationError) -> float:
    return error.missed_s + error.false_s + error.confused_s


def _rate(pairs: NDArray[np.float64]) -> float:
    return float(pairs[:, 0].sum() / pairs[:, 1].sum())


if __name__ == "__main__":
    from affectkit.recipes.run import main

    main()
