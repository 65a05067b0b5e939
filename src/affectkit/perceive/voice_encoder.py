"""Fingerprints of voices: short stretches of speech to unit vectors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from affectkit.perceive.speech_spectra import HOP, RATE_HZ, voice_mel

if TYPE_CHECKING:
    from affectkit.models.sessions import OnnxSession

WINDOW_S = 1.6
"""The length of speech that the network learned from."""


class VoiceEncoder:
    """Turns speech into unit vectors that are close together for the same voice.

    Parameters
    ----------
    threads
        Processor threads.

    Raises
    ------
    WeightsError
        On first use, if the weights ``speaker_encoder`` are not installed.

    References
    ----------
    Wan et al. (2018). Generalized end-to-end loss for speaker verification.

    Examples
    --------
    >>> VoiceEncoder().embed([samples_of_ann, samples_of_ben]) @ ...  # doctest: +SKIP
    """

    def __init__(self, *, threads: int = 1) -> None:
        self.threads = threads
        self._session: OnnxSession | None = None

    def embed(self, voices: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
        """Return the fingerprint of each stretch of sound [shape=(n, 256)].

        Parameters
        ----------
        voices
            Sound at 16 kHz, each at least 0.3 s.
        """
        return np.concatenate(
            [self._run(voice_mel(samples)[None]) for samples in voices]
            or [np.zeros((0, 256), dtype=np.float32)]
        )

    def embed_windows(
        self, samples: NDArray[np.float32], starts_s: Sequence[float], length_s: float = WINDOW_S
    ) -> NDArray[np.float32]:
        """Return the fingerprint of windows of one stretch of sound [shape=(n, 256)].

        The spectrum is computed once, however much the windows overlap.

        Parameters
        ----------
        samples
            Sound at 16 kHz [shape=(n_samples,)].
        starts_s
            Where the windows begin, in seconds from the first sample.
        length_s
            Their length; what reaches beyond the end is moved forward.
        """
        mel = voice_mel(samples)
        size = min(round(length_s * RATE_HZ / HOP), len(mel))
        firsts = [min(round(s * RATE_HZ / HOP), len(mel) - size) for s in starts_s]
        return self._run(np.stack([mel[first : first + size] for first in firsts]))

    def _run(self, mel: NDArray[np.float32]) -> NDArray[np.float32]:
        if self._session is None:
            from affectkit.models import weights
            from affectkit.models.sessions import OnnxSession

            self._session = OnnxSession(weights.path("speaker_encoder"), self.threads)
        made: NDArray[np.float32] = self._session.run({"mel": mel})[0]
        return made
