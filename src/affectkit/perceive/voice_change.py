"""The same words in another voice: pitch and formants are moved, each for itself."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from affectkit.perceive.prosody import HOP, RATE_HZ, contours

Samples = NDArray[np.float32]
Floats = NDArray[np.float64]
_UNVOICED_HZ = 100.0


def change_voice(samples: Samples, *, pitch: float = 1.0, formants: float = 1.0) -> Samples:
    """Return speech with its pitch and its formants moved, as long as before.

    Formants are moved by playing the sound faster or slower; pitch and length are then set by
    overlapping periods of the sound at new distances. A man's voice becomes more like a
    woman's with a pitch ratio of about 1.7 and a formant ratio of about 1.15.

    Parameters
    ----------
    samples
        Speech at 16 kHz in [-1, 1] [shape=(n,)].
    pitch
        Ratio of the new pitch to the old, in [0.4, 2.5].
    formants
        Ratio of the new formant frequencies to the old, in [0.7, 1.4].

    Returns
    -------
    numpy.ndarray
        At the loudness of `samples` [shape=(n,)].

    Raises
    ------
    ValueError
        If a ratio is out of range.

    References
    ----------
    Moulines and Charpentier (1990), Pitch-synchronous waveform processing techniques, section 3
    (overlap-add in time); for formants by resampling, Praat's "Change gender".

    Examples
    --------
    >>> saw = (np.arange(16000) * 120 / 16000 % 1 - 0.5).astype(np.float32)
    >>> higher = change_voice(0.3 * saw, pitch=1.5)
    >>> len(higher), float(np.nanmedian(contours(higher).pitch_hz).round(-1))
    (16000, 180.0)
    """
    if not 0.4 <= pitch <= 2.5 or not 0.7 <= formants <= 1.4:
        raise ValueError(f"pitch ratio {pitch} or formant ratio {formants} is out of range")
    import soxr

    x = np.asarray(samples, dtype=np.float32)
    faster = soxr.resample(x, RATE_HZ * formants, RATE_HZ) if formants != 1 else x
    if len(faster) < RATE_HZ // 20:
        return x.copy()
    hertz, voiced = _pitch(faster)
    marks = _marks(faster, hertz, voiced)
    made = _overlapped(faster.astype(np.float64), marks, hertz, voiced, pitch / formants, len(x))
    level, before = (float(np.sqrt(np.mean(np.square(s, dtype=np.float64)))) for s in (made, x))
    return (made * before / max(level, 1e-9)).astype(np.float32)


def _pitch(samples: Samples) -> tuple[Floats, NDArray[np.bool_]]:
    """Return pitch in Hz and whether there is any, a value a frame of 10 ms."""
    found = contours(samples).pitch_hz
    voiced = ~np.isnan(found)
    if not voiced.any():
        return np.full(len(found), _UNVOICED_HZ), voiced
    frames = np.arange(len(found))
    return np.interp(frames, frames[voiced], found[voiced]), voiced


def _marks(samples: Samples, hertz: Floats, voiced: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return one instant a period, at the strongest peak where there is pitch."""
    marks: list[int] = []
    at = 0
    while at < len(samples):
        frame = min(at // HOP, len(hertz) - 1)
        period = int(RATE_HZ / (hertz[frame] if voiced[frame] else _UNVOICED_HZ))
        if voiced[frame]:
            # The peak is looked for around where it is due, so that marks keep to one phase.
            first = max(at - period // 4, 0)
            at = first + int(np.argmax(samples[first : at + period // 4 + 1]))
        if marks and at <= marks[-1]:
            at = marks[-1] + period
            if at >= len(samples):
                break
        marks.append(at)
        at += period
    return np.array(marks, dtype=np.intp)


def _overlapped(
    x: Floats,
    marks: NDArray[np.intp],
    hertz: Floats,
    voiced: NDArray[np.bool_],
    ratio: float,
    n: int,
) -> Floats:
    """Return `n` samples of windowed periods of `x`, at `ratio` times its pitch."""
    made, covered = np.zeros(n), np.zeros(n)
    stretch = n / len(x)
    at = 0.0
    while at < n:
        k = int(np.argmin(np.abs(marks - at / stretch)))
        mark = int(marks[k])
        frame = min(mark // HOP, len(hertz) - 1)
        half = int(RATE_HZ / (hertz[frame] if voiced[frame] else _UNVOICED_HZ))
        first, last = max(mark - half, 0), min(mark + half, len(x))
        window = 0.5 + 0.5 * np.cos(np.pi * (np.arange(first, last) - mark) / half)
        start = round(at) - (mark - first)
        skip = max(-start, 0)
        span = slice(start + skip, min(start + last - first, n))
        size = span.stop - span.start
        if size > 0:
            part = slice(skip, skip + size)
            made[span] += x[first:last][part] * window[part]
            covered[span] += window[part]
        at += half / ratio if voiced[frame] else half
    # Where periods lie closer or wider than they were, windows no longer add up to one.
    return made / np.maximum(covered, 0.5)
