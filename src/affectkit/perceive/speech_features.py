"""What a stretch of voice is described by: an early Whisper layer, and prosody."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from affectkit.perceive import prosody
from affectkit.perceive.speech_spectra import FRAME, log_mel

if TYPE_CHECKING:
    from affectkit.models.sessions import OnnxSession

LAYER = 2
WIDTH = 384
PROSODY: tuple[str, ...] = tuple(name for name in prosody.FEATURES if name != "level_db")
"""Prosodic features in use; the level is left out, since it tells of the recording's gain."""
N_FEATURES = 2 * WIDTH + len(PROSODY)

_TARGET_RMS = 0.05
_KEPT = np.array([name != "level_db" for name in prosody.FEATURES])


class Heard(NamedTuple):
    """Features of one window, and what tells how good the evidence is.

    Attributes
    ----------
    features
        Mean and standard deviation over time of the encoder's second layer, then
        `PROSODY`; NaN where there was too little voice to tell [shape=(784,)].
    snr_db
        Distance between the loudest and the quietest tenth of frames.
    voiced_share
        Share of frames with pitch.
    """

    features: NDArray[np.float64]
    snr_db: float
    voiced_share: float


class SpeechEncoder:
    """Turns windows of speech into features.

    Parameters
    ----------
    threads
        Processor threads.

    Examples
    --------
    >>> SpeechEncoder().hear(samples).features.shape  # doctest: +SKIP
    (784,)
    """

    def __init__(self, *, threads: int = 1) -> None:
        self.threads = threads
        self._session: OnnxSession | None = None

    def hear(self, samples: NDArray[np.float32]) -> Heard:
        """Return the features of one window of sound at 16 kHz, 0.1 to 30 s long.

        The window is brought to one level first: what is left is how, not how loud.
        """
        samples = np.asarray(samples, dtype=np.float32)
        if len(samples) < FRAME:
            samples = np.pad(samples, (0, FRAME - len(samples)))
        level = float(np.sqrt(np.mean(samples.astype(np.float64) ** 2)))
        even = samples * np.float32(_TARGET_RMS / max(level, 1e-5))
        found = prosody.contours(even)
        loud = np.percentile(found.level_db, [5, 95])
        features = np.concatenate([self._layer(log_mel(even)), prosody.summary(found)[_KEPT]])
        voiced = float(np.mean(~np.isnan(found.pitch_hz)))
        return Heard(features, float(loud[1] - loud[0]), voiced)

    def _layer(self, mel: NDArray[np.float32]) -> NDArray[np.float64]:
        if self._session is None:
            from affectkit.models import weights
            from affectkit.models.sessions import OnnxSession

            self._session = OnnxSession(weights.path("speech_encoder"), self.threads)
        hidden = self._session.run({"mel": mel[None]})[LAYER - 1][0]
        return np.concatenate([hidden.mean(axis=0), hidden.std(axis=0)]).astype(np.float64)


def windows_of(
    start_s: float, end_s: float, *, longest_s: float = 4.0
) -> list[tuple[float, float]]:
    """Cut a stretch into equal windows no longer than `longest_s`.

    Examples
    --------
    >>> windows_of(0.0, 6.0)
    [(0.0, 3.0), (3.0, 6.0)]
    """
    count = max(1, int(np.ceil((end_s - start_s) / longest_s - 1e-9)))
    edges = np.linspace(start_s, end_s, count + 1).tolist()
    return list(pairwise(edges))


def own_voice(
    features: NDArray[np.float64],
    seconds: Sequence[float] | NDArray[np.float64],
    *,
    mean: NDArray[Any],
    scale: NDArray[Any],
    prior_s: float,
) -> NDArray[np.float64]:
    """Return one speaker's features as if the speaker were the average voice learned from.

    Each feature is taken relative to the speaker's own mean and spread. A speaker heard
    briefly has no reliable mean: it is drawn towards that of the voices learned from, which
    counts like `prior_s` seconds of speech. That also keeps somebody who is angry
    throughout from becoming neutral by definition.

    Parameters
    ----------
    features
        Of all windows of the speaker [shape=(n, n_features)]; NaN is taken as the own mean.
    seconds
        Length of each window [shape=(n,)].
    mean, scale
        Of the voices learned from [shape=(n_features,)].
    prior_s
        Seconds that they count for; ``inf`` leaves the speaker's own mean out.

    Returns
    -------
    numpy.ndarray
        [shape=(n, n_features)]

    Examples
    --------
    >>> x = np.array([[10.0], [12.0]])
    >>> prior = {"mean": np.zeros(1), "scale": np.ones(1)}
    >>> own_voice(x, [3, 3], prior_s=0.0, **prior).round(3).tolist()
    [[-1.0], [1.0]]
    """
    x = np.asarray(features, dtype=np.float64)
    if np.isinf(prior_s):
        return np.where(np.isnan(x), mean, x)
    told = ~np.isnan(x)
    weight = np.asarray(seconds, dtype=np.float64)[:, None] * told
    total = np.maximum(weight.sum(axis=0) + prior_s, 1e-9)
    x = np.where(told, x, 0.0)
    own = ((weight * x).sum(axis=0) + prior_s * mean) / total
    far = weight * np.where(told, x - own, 0.0) ** 2
    spread = np.sqrt(np.maximum((far.sum(axis=0) + prior_s * np.square(scale)) / total, 1e-12))
    return np.asarray(np.where(told, (x - own) / spread, 0.0) * scale + mean)
