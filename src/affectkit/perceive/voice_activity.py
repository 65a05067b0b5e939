"""Where somebody speaks: Silero's detector, streamed with its state, and speech segments."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from affectkit.progress import Progress, silent

if TYPE_CHECKING:
    from affectkit.media.audio import Audio
    from affectkit.models.sessions import OnnxSession

RATE_HZ = 16_000
CHUNK = 512
CHUNK_S = CHUNK / RATE_HZ
_CONTEXT = 64
_BLOCK_S = 30.0
# Loudness of speech to which recordings are brought, in dB below full scale.
_TARGET_DB = -23.0
# More would lift the rounding noise of silence to the level of a voice.
_MOST_DB = 40.0


@dataclass(frozen=True)
class SpeechSegment:
    """A stretch of speech by anybody, in seconds, and the detector's mean probability."""

    start_s: float
    end_s: float
    probability: float

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.end_s - self.start_s


@dataclass(frozen=True)
class Hysteresis:
    """When speech begins and when it ends.

    Parameters
    ----------
    onset
        Probability from which speech begins.
    offset
        Probability below which it may end; lower than `onset`, so that a weak syllable does
        not cut a word.
    least_speech_s, least_silence_s
        Shorter speech is left out, shorter silence is bridged.
    pad_s
        Added at both ends, as far as the neighbour allows.
    """

    onset: float = 0.5
    offset: float = 0.35
    least_speech_s: float = 0.2
    least_silence_s: float = 0.25
    pad_s: float = 0.06


class VoiceActivityStream:
    """Probabilities of speech for sound that comes in blocks of any length.

    The detector's state is carried from block to block, so the blocks' borders leave no
    trace.

    Parameters
    ----------
    session
        The detector, from the weights ``voice_activity``.
    gain
        Factor on the samples.

    Examples
    --------
    >>> stream = VoiceActivityStream(session)  # doctest: +SKIP
    >>> np.concatenate([stream.feed(block), stream.finish()])  # doctest: +SKIP
    """

    def __init__(self, session: OnnxSession, *, gain: float = 1.0) -> None:
        self._session = session
        self._gain = np.float32(gain)
        self._state = np.zeros((2, 1, 128), dtype=np.float32)
        self._context = np.zeros(_CONTEXT, dtype=np.float32)
        self._rest = np.zeros(0, dtype=np.float32)
        self._rate = np.array(RATE_HZ, dtype=np.int64)

    def feed(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the probability of each whole chunk of 32 ms by now [shape=(n_chunks,)]."""
        together = np.concatenate([self._rest, samples])
        whole = len(together) // CHUNK * CHUNK
        self._rest = together[whole:]
        chunks = together[:whole].reshape(-1, CHUNK) * self._gain
        return np.array([self._one(chunk) for chunk in chunks], dtype=np.float32)

    def finish(self) -> NDArray[np.float32]:
        """Return the probability of the last, incomplete chunk, filled up with silence."""
        if not len(self._rest):
            return np.zeros(0, dtype=np.float32)
        return self.feed(np.zeros(CHUNK - len(self._rest), dtype=np.float32))

    def _one(self, chunk: NDArray[np.float32]) -> float:
        heard = np.concatenate([self._context, chunk])
        inputs = {"input": heard[None], "state": self._state, "sr": self._rate}
        probability, self._state = self._session.run(inputs)
        self._context = chunk[-_CONTEXT:]
        return float(probability[0, 0])


def speech_segments(
    audio: Audio,
    *,
    threads: int = 1,
    hysteresis: Hysteresis = Hysteresis(),  # frozen
    progress: Progress | None = None,
) -> Iterator[SpeechSegment]:
    """Yield the stretches in which somebody speaks, in order of time.

    The recording is brought to a common loudness first, so that a quiet one is heard as
    well as a loud one. Memory does not grow with length.

    Parameters
    ----------
    audio
        The sound.
    threads
        Processor threads.
    hysteresis
        When speech begins and ends.
    progress
        Told ``("voices", seconds done, seconds in all)``.

    Raises
    ------
    WeightsError
        If the weights ``voice_activity`` are not installed.

    References
    ----------
    Silero Team (2024). Silero VAD: pre-trained enterprise-grade voice activity detector.

    Examples
    --------
    >>> list(speech_segments(recording.audio()))  # doctest: +SKIP
    [SpeechSegment(start_s=6.7, end_s=30.0, probability=0.93)]
    """
    stream = VoiceActivityStream(detector(threads), gain=gain(audio))
    yield from join_chunks(_chunks(audio, stream, progress or silent), audio.duration_s, hysteresis)


def detector(threads: int = 1) -> OnnxSession:
    """Return the detector, loaded once a process and thread count; it holds no state."""
    from affectkit.models import weights

    return _detector(str(weights.path("voice_activity")), threads)


@cache
def _detector(path: str, threads: int) -> OnnxSession:
    from affectkit.models.sessions import OnnxSession

    return OnnxSession(Path(path), threads)


def gain(audio: Audio) -> float:
    """Return the factor that brings the loud parts of a recording to -23 dB full scale.

    Measured on the tenth loudest of a hundred frames of half a second; at most 40 dB up.

    Examples
    --------
    >>> from affectkit.media.audio import Audio
    >>> tone = np.sin(np.arange(32000) / 10, dtype=np.float32)
    >>> loud, quiet = Audio.from_samples(tone / 2), Audio.from_samples(tone / 20)
    >>> round(float(20 * np.log10(gain(quiet) / gain(loud))))
    20
    """
    step = RATE_HZ // 2
    levels: list[NDArray[np.float64]] = []
    for _, block in audio.blocks(_BLOCK_S):
        padded = np.pad(block, (0, -len(block) % step)) if len(block) < step else block
        whole = padded[: len(padded) // step * step].reshape(-1, step)
        levels.append(np.sqrt(np.mean(whole.astype(np.float64) ** 2, axis=1)))
    loud = float(np.percentile(np.concatenate(levels), 90)) if levels else 0.0
    if loud <= 0.0:
        return 1.0
    return float(min(10 ** (_TARGET_DB / 20) / loud, 10 ** (_MOST_DB / 20)))


def join_chunks(
    probabilities: Iterable[float], duration_s: float, hysteresis: Hysteresis
) -> Iterator[SpeechSegment]:
    """Yield segments from one probability of speech each 32 ms.

    Examples
    --------
    >>> chunks = [0.0] * 20 + [0.9] * 20 + [0.0] * 20
    >>> [(round(s.start_s, 2), round(s.end_s, 2)) for s in join_chunks(chunks, 1.92, Hysteresis())]
    [(0.58, 1.34)]
    """
    before = 0.0
    for first, last, probability in _runs(probabilities, hysteresis):
        start_s = max(before, first * CHUNK_S - hysteresis.pad_s)
        # Silence between two is at least least_silence_s, twice the pad: they cannot meet.
        end_s = min(last * CHUNK_S + hysteresis.pad_s, duration_s)
        before = end_s
        if end_s > start_s:
            yield SpeechSegment(start_s, end_s, probability)


def _runs(
    probabilities: Iterable[float], hysteresis: Hysteresis
) -> Iterator[tuple[int, int, float]]:
    """Yield first chunk, the chunk after the last, and mean probability of each run."""
    first, quiet_since, total = -1, -1, 0.0
    bridge = max(1, round(hysteresis.least_silence_s / CHUNK_S))
    least = hysteresis.least_speech_s / CHUNK_S

    def run(last: int) -> Iterator[tuple[int, int, float]]:
        if last - first >= least:
            yield first, last, min(1.0, total / (last - first))

    i = -1
    for i, p in enumerate(probabilities):
        if first < 0:
            if p >= hysteresis.onset:
                first, quiet_since, total = i, -1, float(p)
            continue
        if p < hysteresis.offset:
            if quiet_since < 0:
                quiet_since = i
            if i - quiet_since + 1 >= bridge:
                yield from run(quiet_since)
                first = -1
            continue
        quiet_since = -1
        total += float(p)
    if first >= 0:
        yield from run(quiet_since if quiet_since >= 0 else i + 1)


def _chunks(audio: Audio, stream: VoiceActivityStream, progress: Progress) -> Iterator[float]:
    for start_s, block in audio.blocks(_BLOCK_S):
        yield from stream.feed(block)
        progress("voices", start_s + len(block) / RATE_HZ, audio.duration_s)
    yield from stream.finish()
