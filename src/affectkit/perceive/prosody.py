"""How something is said, in numbers: pitch, loudness, timbre, tempo, pauses.

Own and small on purpose: vectorised numpy, about 500 times real time, no model. All
quantities but levels are free of recording gain.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 16_000
HOP = 160
HOP_S = HOP / RATE_HZ
LOWEST_HZ, HIGHEST_HZ = 65.0, 500.0
SILENCE_SHARE_OF_MEDIAN = 0.3
"""A frame is silent below this share of the median level (card 105's alpha)."""

_WINDOW = 400
_FFT = 1024
_APERIODIC = 0.2
_MOST_APERIODIC = 0.35
_FLOOR = 1e-5

FEATURES: tuple[str, ...] = (
    "pitch_st",
    "pitch_sd_st",
    "pitch_range_st",
    "pitch_slope_st_per_s",
    "pitch_step_st",
    "voiced_share",
    "aperiodicity",
    "level_db",
    "level_sd_db",
    "level_range_db",
    "tilt_db",
    "centroid_khz",
    "centroid_sd_khz",
    "flux_db",
    "syllables_per_s",
    "silence_share",
    "longest_pause_s",
)
"""Names of the values of `summary`, in order; the last part of a name is the unit."""

WORDS: dict[str, tuple[str, str]] = {
    "pitch_st": ("higher pitch", "lower pitch"),
    "pitch_sd_st": ("livelier melody", "flatter melody"),
    "pitch_range_st": ("wider pitch range", "narrower pitch range"),
    "pitch_slope_st_per_s": ("rising pitch", "falling pitch"),
    "pitch_step_st": ("rougher voice", "steadier voice"),
    "voiced_share": ("more voicing", "less voicing"),
    "aperiodicity": ("breathier voice", "clearer voice"),
    "level_db": ("louder", "quieter"),
    "level_sd_db": ("more varied loudness", "more even loudness"),
    "level_range_db": ("wider loudness range", "narrower loudness range"),
    "tilt_db": ("sharper timbre", "softer timbre"),
    "centroid_khz": ("brighter timbre", "darker timbre"),
    "centroid_sd_khz": ("more varied timbre", "more even timbre"),
    "flux_db": ("more abrupt", "smoother"),
    "syllables_per_s": ("faster", "slower"),
    "silence_share": ("more pauses", "fewer pauses"),
    "longest_pause_s": ("longer pause", "shorter pauses"),
}
"""How more, and less, of each feature is said to a reader."""


@dataclass(frozen=True, eq=False)
class Contours:
    """Frame-wise values, one each 10 ms.

    Attributes
    ----------
    pitch_hz
        Fundamental frequency; NaN where nothing is voiced [shape=(n,)].
    aperiodicity
        0 for a perfect repetition, 1 for none [shape=(n,)].
    level_db
        Root mean square in dB below full scale [shape=(n,)].
    tilt_db
        Energy of 1–5 kHz over that below 1 kHz, in dB [shape=(n,)].
    centroid_khz
        Centre of gravity of the spectrum up to 5 kHz [shape=(n,)].
    """

    pitch_hz: NDArray[np.float64]
    aperiodicity: NDArray[np.float64]
    level_db: NDArray[np.float64]
    tilt_db: NDArray[np.float64]
    centroid_khz: NDArray[np.float64]


def contours(samples: NDArray[np.float32]) -> Contours:
    """Return pitch, level and timbre of sound at 16 kHz, frame by frame.

    Pitch is found by the cumulative mean normalised difference, computed for all frames at
    once through the Fourier transform.

    Parameters
    ----------
    samples
        Sound at 16 kHz in [-1, 1] [shape=(n_samples,)]; some minutes at most, since all
        frames are held at once.

    References
    ----------
    de Cheveigné and Kawahara (2002). YIN, a fundamental frequency estimator for speech and
    music, equations 6–8 and step 5.

    Examples
    --------
    >>> tone = np.sign(np.sin(2 * np.pi * 120 * np.arange(16000) / 16000)).astype(np.float32)
    >>> float(np.nanmedian(contours(0.1 * tone).pitch_hz).round())
    120.0
    """
    longest = int(RATE_HZ / LOWEST_HZ) + 2
    span = _WINDOW + longest
    x = np.asarray(samples, dtype=np.float32)
    x = np.pad(x, (span // 2, span))
    n = 1 + (len(x) - span - span // 2) // HOP
    frames = np.lib.stride_tricks.sliding_window_view(x, span)[::HOP][:n]
    difference = _normalised_difference(frames, longest)
    pitch, aperiodicity = _pick_period(difference)
    middle = frames[:, longest // 2 : longest // 2 + _WINDOW]
    power = _power(middle)
    level = 10 * np.log10(np.mean(middle.astype(np.float64) ** 2, axis=1) + _FLOOR**2)
    low, high = _bands()
    tilt = 10 * np.log10((power @ high + 1e-12) / (power @ low + 1e-12))
    khz = _bins_khz()
    heard = power * (khz <= 5.0)
    centroid = (heard @ khz) / (heard.sum(axis=1) + 1e-12)
    pitch[level < level.max(initial=-200.0) - 40.0] = np.nan
    return Contours(_without_leaps(pitch), aperiodicity, level, tilt, centroid)


def summary(found: Contours, *, silence: float = SILENCE_SHARE_OF_MEDIAN) -> NDArray[np.float64]:
    """Return the values named in `FEATURES`; NaN where there is too little voice to tell.

    Parameters
    ----------
    found
        The contours of one stretch of speech.
    silence
        A frame is silent when its amplitude is below this share of the median.

    Returns
    -------
    numpy.ndarray
        [shape=(17,)].

    References
    ----------
    Atmaja and Akagi (2020). The effect of silence feature in dimensional speech emotion
    recognition (``silence_share``).

    Examples
    --------
    >>> summary(contours(np.zeros(16000, dtype=np.float32))).shape
    (17,)
    """
    level = found.level_db
    quiet = level < np.median(level) + 20 * np.log10(silence)
    loud = ~quiet
    voiced = ~np.isnan(found.pitch_hz)
    semitones = np.asarray(12 * np.log2(found.pitch_hz[voiced] / 100.0), dtype=np.float64)
    told = len(semitones) >= 8
    times = np.asarray(np.flatnonzero(voiced) * HOP_S, dtype=np.float64)
    steps = np.abs(np.diff(semitones))[np.diff(np.flatnonzero(voiced)) == 1]
    values = {
        "pitch_st": np.median(semitones) if told else np.nan,
        "pitch_sd_st": np.std(semitones) if told else np.nan,
        "pitch_range_st": np.subtract(*np.percentile(semitones, [90, 10])) if told else np.nan,
        "pitch_slope_st_per_s": _slope(times, semitones) if told else np.nan,
        "pitch_step_st": np.mean(steps) if len(steps) >= 5 else np.nan,
        "voiced_share": voiced[loud].mean() if loud.any() else 0.0,
        "aperiodicity": found.aperiodicity[voiced].mean() if told else np.nan,
        "level_db": 10 * np.log10(np.mean(10 ** (level[loud] / 10)))
        if loud.any()
        else level.mean(),
        "level_sd_db": level[loud].std() if loud.any() else 0.0,
        "level_range_db": np.subtract(*np.percentile(level, [95, 25])),
        "tilt_db": found.tilt_db[loud].mean() if loud.any() else found.tilt_db.mean(),
        "centroid_khz": found.centroid_khz[loud].mean() if loud.any() else 0.0,
        "centroid_sd_khz": found.centroid_khz[loud].std() if loud.any() else 0.0,
        "flux_db": np.abs(np.diff(level)).mean() if len(level) > 1 else 0.0,
        "syllables_per_s": _syllables(level, quiet) / (len(level) * HOP_S),
        "silence_share": quiet.mean(),
        "longest_pause_s": _longest(quiet) * HOP_S,
    }
    return np.array([float(values[name]) for name in FEATURES])


def _normalised_difference(frames: NDArray[np.float32], longest: int) -> NDArray[np.float64]:
    """Return YIN's d'(lag) for lags 0 … longest - 1 [shape=(n_frames, longest)]."""
    whole = np.fft.rfft(frames, _FFT, axis=1)
    first = np.fft.rfft(frames[:, :_WINDOW], _FFT, axis=1)
    # Circular: no wrap, since span <= _FFT.
    correlation = np.fft.irfft(whole * np.conj(first), _FFT, axis=1)[:, :longest]
    energy = np.cumsum(np.pad(frames.astype(np.float64) ** 2, ((0, 0), (1, 0))), axis=1)
    lagged = energy[:, _WINDOW : _WINDOW + longest] - energy[:, :longest]
    difference = np.maximum(lagged[:, :1] + lagged - 2 * correlation, 0.0)  # eq. 7
    running = np.cumsum(difference[:, 1:], axis=1)
    out = np.ones_like(difference)
    lags = np.arange(1, longest)
    out[:, 1:] = difference[:, 1:] * lags / np.maximum(running, 1e-12)  # eq. 8
    out[lagged[:, 0] < _WINDOW * _FLOOR**2] = 1.0
    return out


def _pick_period(
    difference: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    shortest, longest = int(RATE_HZ / HIGHEST_HZ), difference.shape[1] - 1
    middle = difference[:, shortest:longest]
    dip = (middle <= difference[:, shortest - 1 : longest - 1]) & (
        middle < difference[:, shortest + 1 : longest + 1]
    )
    deep = dip & (middle < _APERIODIC)
    # The first deep dip, so that twice the period is not taken; else the deepest.
    lag = np.where(deep.any(axis=1), deep.argmax(axis=1), middle.argmin(axis=1)) + shortest
    rows = np.arange(len(lag))
    a, b, c = (difference[rows, lag + k] for k in (-1, 0, 1))
    bend = a - 2 * b + c
    with np.errstate(divide="ignore", invalid="ignore"):
        shift = np.where(np.abs(bend) > 1e-9, 0.5 * (a - c) / bend, 0.0)
    pitch = RATE_HZ / (lag + np.clip(shift, -0.5, 0.5))
    return np.where(b < _MOST_APERIODIC, pitch, np.nan), np.clip(b, 0.0, 1.0)


def _without_leaps(pitch: NDArray[np.float64]) -> NDArray[np.float64]:
    """Drop frames further than a fifth from the median of their neighbours."""
    if len(pitch) < 5:
        return pitch
    around = np.lib.stride_tricks.sliding_window_view(np.pad(pitch, 3, constant_values=np.nan), 7)
    told = (~np.isnan(around)).sum(axis=1)
    ordered = np.sort(around, axis=1)
    median = ordered[np.arange(len(pitch)), np.maximum(told - 1, 0) // 2]
    with np.errstate(invalid="ignore"):
        leap = np.abs(12 * np.log2(pitch / median)) > 7.0
    return np.where(leap | (told < 4), np.nan, pitch)


def _power(frames: NDArray[np.float32]) -> NDArray[np.float64]:
    spectrum = np.fft.rfft(frames * np.hanning(_WINDOW).astype(np.float32), axis=1)
    return np.asarray(spectrum.real**2 + spectrum.imag**2, dtype=np.float64)


@cache
def _bins_khz() -> NDArray[np.float64]:
    return np.arange(_WINDOW // 2 + 1) * RATE_HZ / _WINDOW / 1000


@cache
def _bands() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    khz = _bins_khz()
    return ((khz >= 0.05) & (khz < 1.0)).astype(float), ((khz >= 1.0) & (khz < 5.0)).astype(float)


def _slope(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    centred = x - x.mean()
    spread = float(centred @ centred)
    return float(centred @ (y - y.mean()) / spread) if spread > 0.05 else 0.0


def _syllables(level: NDArray[np.float64], quiet: NDArray[np.bool_]) -> int:
    """Count peaks of the smoothed level that stand 2 dB above the valley before them."""
    if len(level) < 9:
        return 0
    smooth = np.convolve(level, np.hanning(11)[1:-1] / np.hanning(11).sum(), mode="same")
    count, valley = 0, smooth[0]
    rising = np.diff(smooth) > 0
    for i in range(1, len(smooth) - 1):
        valley = min(valley, smooth[i])
        if rising[i - 1] and not rising[i] and not quiet[i] and smooth[i] - valley >= 2.0:
            count, valley = count + 1, smooth[i]
    return count


def _longest(flags: NDArray[np.bool_]) -> int:
    """Return the length of the longest run of True that does not touch an end."""
    edges = np.diff(np.concatenate([[0], flags.astype(np.int8), [0]]))
    starts, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    inner = (starts > 0) & (ends < len(flags))
    return int((ends - starts)[inner].max()) if inner.any() else 0
