"""The shipped speech-emotion head: from features in own-voice units to trusted estimates."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affectkit.learn.heads import Head

MODEL = "speech-emotion-1"
_HEAD = "emotion.safetensors"
_DOMAIN = "domain.safetensors"

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class SpeechModel:
    """Everything that is learned, apart from the encoder.

    Parameters
    ----------
    head
        Softmax over emodb7, on features as `own_voice` returns them; its mean and scale are
        those of the voices learned from. Its meta holds ``prior_s`` (see `own_voice`),
        ``temperature``, ``far`` (distance at which evidence begins to count less), ``gamma``
        (how fast), ``farthest`` (distance from which nothing is told) and ``disagreement``
        (share of listeners who give another label than most do, by label).
    domain
        Linear head onto the leading directions of the training features, before a speaker's
        own mean was taken. What lies outside them is unlike all that was learned from:
        another microphone, room, language, or no speech at all.
    """

    head: Head
    domain: Head

    def probabilities(self, features: Floats, distance: Floats | None = None) -> Floats:
        """Return calibrated probabilities [shape=(n, 7)].

        Parameters
        ----------
        features
            As `own_voice` returns them [shape=(n, n_features)].
        distance
            From the training data, as `distance` returns it; those far away are flattened.
            None leaves all as they are [shape=(n,)].
        """
        logits = self.head.scores(features).astype(np.float64)
        heat = np.full(len(logits), float(self.head.meta["temperature"]))
        if distance is not None:
            heat = heat * self.caution(distance)
        z = logits / heat[:, None]
        e = np.exp(z - z.max(axis=1, keepdims=True))
        return np.asarray(e / e.sum(axis=1, keepdims=True))

    def caution(self, distance: Floats) -> Floats:
        """Return by how much logits are divided at a distance; 1 inside [shape=(n,)]."""
        excess = np.maximum(distance / float(self.head.meta["far"]), 1.0)
        return np.asarray(excess ** float(self.head.meta["gamma"]))

    def distance(self, heard: Floats) -> Floats:
        """Return how far features are from the training data, in standard deviations.

        The root mean square of what the leading directions of the training data leave.

        Parameters
        ----------
        heard
            As `SpeechEncoder` returns them, not compared with the own mean yet; NaN counts
            as the mean [shape=(n, n_features)].
        """
        deviations = np.nan_to_num(self.deviations(heard))
        inside = self.domain.predict(np.where(np.isnan(heard), np.asarray(self.domain.mean), heard))
        outside = np.square(deviations).sum(axis=1) - np.square(inside).sum(axis=1)
        return np.asarray(np.sqrt(np.maximum(outside, 0.0) / deviations.shape[1]))

    def spread(self, probabilities: Floats) -> Floats:
        """Return the share of listeners to expect to hear something else [shape=(n,)]."""
        by_label = np.array([self.head.meta["disagreement"][k] for k in self.head.outputs])
        return np.asarray(np.clip(probabilities @ by_label, 0.0, 1.0))

    def save(self, folder: Path) -> None:
        """Write both heads into a folder."""
        self.head.save(folder / _HEAD)
        self.domain.save(folder / _DOMAIN, half=True)

    def deviations(self, features: Floats) -> Floats:
        """Return features in standard deviations from the mean [shape as features]."""
        prior = self.prior
        return np.asarray((features - prior["mean"]) / prior["scale"])

    @classmethod
    def load(cls, folder: Path) -> SpeechModel:
        """Read what `save` wrote."""
        return cls(Head.load(folder / _HEAD), Head.load(folder / _DOMAIN))

    @property
    def prior(self) -> dict[str, Any]:
        """What `own_voice` needs to know of the voices learned from."""
        return {
            "mean": np.asarray(self.head.mean, dtype=np.float64),
            "scale": np.asarray(self.head.scale, dtype=np.float64),
            "prior_s": float(self.head.meta["prior_s"]),
        }


@cache
def shipped_model() -> SpeechModel:
    """Return the model that comes with affectkit, checked by digest.

    Raises
    ------
    WeightsError
        If it is missing or altered.

    Examples
    --------
    >>> shipped_model().head.outputs[0]
    'anger'
    """
    from affectkit import models

    return SpeechModel.load(models.shipped(MODEL))
