"""Features of acted speech, clean and damaged, as the perceiver would hear it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affectkit.data.dataset import table
from affectkit.data.emodb import FACTS
from affectkit.media.audio import Audio
from affectkit.perceive.speech_features import N_FEATURES, SpeechEncoder, windows_of
from affectkit.perceive.voice_activity import speech_segments
from affectkit.progress import Progress, silent

RATE_HZ = 16_000
_LABELS = {"happiness": "joy"}
Samples = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Windows:
    """One row a window of a clip.

    Attributes
    ----------
    features
        [shape=(n, 784)].
    label, speaker, clip, intensity
        Of the clip that a window is of [shape=(n,)].
    seconds
        Length of each window [shape=(n,)].
    missed
        Clips in which no speech was found.
    """

    features: NDArray[np.float64]
    label: NDArray[np.str_]
    speaker: NDArray[np.str_]
    clip: NDArray[np.str_]
    intensity: NDArray[np.str_]
    seconds: NDArray[np.float64]
    missed: int = 0

    def of(self, rows: NDArray[Any]) -> Windows:
        """Return some of the rows."""
        return Windows(
            self.features[rows],
            self.label[rows],
            self.speaker[rows],
            self.clip[rows],
            self.intensity[rows],
            self.seconds[rows],
            self.missed,
        )


def hear_corpus(
    data: Path,
    folder: str,
    *,
    damage_seed: int | None = None,
    progress: Progress | None = None,
) -> Windows:
    """Return the windows of all clips of ``av/speech/<folder>``.

    Parameters
    ----------
    data
        The data root.
    folder
        ``"emodb"``, ``"ravdess"`` or ``"pyaa-va"``.
    damage_seed
        If given, each clip is damaged: made to sound as over a telephone, in a room, or in
        noise, as the seed decides.
    progress
        Told ``(folder, clips done, clips in all)``.
    """
    import soundfile

    report = progress or silent
    rows = table(data / "av" / "MANIFEST.csv", FACTS, ("file", "label", "speaker"), dtype=str)
    rows = rows[rows["file"].str.startswith(f"speech/{folder}/")].fillna("")
    encoder = SpeechEncoder()
    rng = None if damage_seed is None else np.random.default_rng(damage_seed)
    features: list[NDArray[np.float64]] = []
    about: list[tuple[str, str, str, str]] = []
    seconds: list[float] = []
    missed = 0
    for done, row in enumerate(rows.itertuples()):
        samples, rate = soundfile.read(data / "av" / str(row.file), dtype="float32", always_2d=True)
        mono = at_16_khz(samples.mean(axis=1), rate)
        # Where the clip speaks is told from the clean sound: damage changes nothing else.
        with_sound = Audio.from_samples(mono)
        found = list(speech_segments(with_sound))
        with_sound.close()
        if not found:
            missed += 1
            continue
        heard = Audio.from_samples(mono if rng is None else damaged(mono, rng))
        label = _LABELS.get(str(row.label), str(row.label))
        for start_s, end_s in windows_of(found[0].start_s, found[-1].end_s):
            features.append(encoder.hear(heard.read(start_s, end_s)).features)
            about.append((label, f"{folder}-{row.speaker}", str(row.file), str(row.intensity)))
            seconds.append(end_s - start_s)
        heard.close()
        report(folder, done + 1, len(rows))
    columns = np.array(about, dtype=str).reshape(-1, 4).T
    return Windows(
        np.array(features).reshape(-1, N_FEATURES),
        *(columns[0], columns[1], columns[2], columns[3]),
        np.array(seconds, dtype=np.float64),
        missed,
    )


def damaged(samples: Samples, rng: np.random.Generator) -> Samples:
    """Return sound as over a telephone, in a reverberant room, or in noise (one at random).

    Examples
    --------
    >>> damaged(np.ones(16000, dtype=np.float32), np.random.default_rng(0)).shape
    (16000,)
    """
    kind = int(rng.integers(3))
    if kind == 0:
        return _filtered(samples, 300.0, 3400.0)
    if kind == 1:
        n = int(0.5 * RATE_HZ)
        room = rng.standard_normal(n) * 10 ** (-3 * np.arange(n) / n) * 0.15
        room[0] = 1.0
        size = 1 << int(np.ceil(np.log2(len(samples) + n)))
        wet = np.fft.irfft(np.fft.rfft(samples, size) * np.fft.rfft(room, size), size)
        return wet[: len(samples)].astype(np.float32)
    # Pink, 5 to 15 dB below the voice.
    spectrum = np.fft.rfft(rng.standard_normal(len(samples)))
    spectrum /= np.sqrt(np.maximum(np.arange(len(spectrum)), 1.0))
    noise = np.fft.irfft(spectrum, len(samples))
    noise *= samples.std() / max(noise.std(), 1e-9) * 10 ** (-rng.uniform(5, 15) / 20)
    return (samples + noise).astype(np.float32)


def at_16_khz(samples: Samples, rate_hz: int) -> Samples:
    """Return sound at 16 kHz."""
    if rate_hz == RATE_HZ:
        return samples
    import soxr

    made: Samples = soxr.resample(samples, rate_hz, RATE_HZ).astype(np.float32)
    return made


def _filtered(samples: Samples, low_hz: float, high_hz: float) -> Samples:
    spectrum = np.fft.rfft(samples)
    hertz = np.fft.rfftfreq(len(samples), 1 / RATE_HZ)
    spectrum[(hertz < low_hz) | (hertz > high_hz)] = 0.0
    return np.fft.irfft(spectrum, len(samples)).astype(np.float32)
