"""Mel spectra as the carried speech networks expect them, in numpy alone.

All of them read sound at 16 kHz in frames of 25 ms, one each 10 ms, through Slaney's mel
scale (linear below 1 kHz, logarithmic above).
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 16_000
FRAME = 400
HOP = 160

_HERTZ_PER_MEL = 200.0 / 3.0
_BREAK_MEL = 15.0
_LOG_STEP = np.log(6.4) / 27.0


def log_mel(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return Whisper's log-mel spectrum [shape=(80, n_samples // 160)].

    Power in 80 mel bands, logarithm to base 10, nothing further than 8 (80 dB) below the
    loudest, then ``(x + 4) / 4``.

    Parameters
    ----------
    samples
        Sound at 16 kHz in [-1, 1] [shape=(n_samples,)], at least 400 samples.

    References
    ----------
    Radford et al. (2022). Robust Speech Recognition via Large-Scale Weak Supervision,
    section 2.2; equals ``faster_whisper.feature_extractor`` without its padding.

    Examples
    --------
    >>> log_mel(np.zeros(16000, dtype=np.float32)).shape
    (80, 100)
    """
    power = _power(np.pad(samples, FRAME // 2, mode="reflect"))[:-1]
    spectrum = np.log10(np.maximum(power @ mel_filters(80).T, 1e-10))
    spectrum = np.maximum(spectrum, spectrum.max() - 8.0)
    return np.ascontiguousarray(((spectrum + 4.0) / 4.0).T, dtype=np.float32)


def voice_mel(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the mel spectrum that the voice encoder reads [shape=(1 + n_samples // 160, 40)].

    Power in 40 mel bands, not logarithmic.

    Parameters
    ----------
    samples
        Sound at 16 kHz in [-1, 1] [shape=(n_samples,)].

    Examples
    --------
    >>> voice_mel(np.zeros(16000, dtype=np.float32)).shape
    (101, 40)
    """
    power = _power(np.pad(samples, FRAME // 2))
    return np.asarray(power @ mel_filters(40).T, dtype=np.float32)


@cache
def mel_filters(n_mels: int) -> NDArray[np.float32]:
    """Return triangular filters of equal area from 0 to 8 kHz [shape=(n_mels, 201)].

    References
    ----------
    Slaney, M. (1998). Auditory Toolbox, version 2. Technical Report 1998-010.

    Examples
    --------
    >>> mel_filters(80).shape
    (80, 201)
    """
    bins = np.arange(FRAME // 2 + 1) * RATE_HZ / FRAME
    edges = _hertz(np.linspace(0.0, _mel(RATE_HZ / 2), n_mels + 2))
    rising = (bins - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - bins) / (edges[2:] - edges[1:-1])[:, None]
    filters = np.maximum(0.0, np.minimum(rising, falling))
    filters *= (2.0 / (edges[2:] - edges[:-2]))[:, None]
    made: NDArray[np.float32] = filters.astype(np.float32)
    made.setflags(write=False)
    return made


def _power(padded: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the power spectrum of each frame [shape=(n_frames, 201)]."""
    frames = np.lib.stride_tricks.sliding_window_view(padded, FRAME)[::HOP]
    spectrum = np.fft.rfft(frames * _window(), axis=1)
    return np.asarray(spectrum.real**2 + spectrum.imag**2, dtype=np.float32)


@cache
def _window() -> NDArray[np.float32]:
    # Periodic, not symmetric: the last sample of a period is the first of the next.
    return np.hanning(FRAME + 1)[:-1].astype(np.float32)


def _mel(hertz: float) -> float:
    if hertz < _BREAK_MEL * _HERTZ_PER_MEL:
        return hertz / _HERTZ_PER_MEL
    return float(_BREAK_MEL + np.log(hertz / (_BREAK_MEL * _HERTZ_PER_MEL)) / _LOG_STEP)


def _hertz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    upper = _BREAK_MEL * _HERTZ_PER_MEL * np.exp(_LOG_STEP * (mel - _BREAK_MEL))
    return np.where(mel < _BREAK_MEL, mel * _HERTZ_PER_MEL, upper)
