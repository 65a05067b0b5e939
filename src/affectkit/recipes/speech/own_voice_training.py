"""Train the speech head so that it copes with speakers of whom little was heard."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affectkit.learn.heads import Head
from affectkit.measure.calibration import Temperature
from affectkit.optional import require
from affectkit.perceive.speech_features import own_voice
from affectkit.perceive.speech_model import SpeechModel
from affectkit.recipes.speech.acted_speech import Windows

PRIOR_S = 120.0
"""Seconds of speech that the mean voice counts for (chosen by leaving out speakers)."""
SCENES = ("all", "few", "one")
"""What is heard of a speaker: everything, five clips at a time, or one emotion only."""

_DIRECTIONS = 30
_REPLICAS = 8
# Beyond this multiple of what damaged speech reaches, it is hardly speech.
_SILENT_FROM = 1.25
_PENALTY = 0.00075
_GAMMAS = tuple(0.25 * step for step in range(33))

Floats = NDArray[np.float64]


def train(
    heard: Windows,
    labels: Sequence[str],
    *,
    rng: np.random.Generator,
    prior_s: float = PRIOR_S,
    columns: slice = slice(None),
) -> SpeechModel:
    """Return a model that is not calibrated yet.

    Each speaker is shown several times, with the own mean taken over random shares of the
    clips in which some emotions prevail: in real recordings people are not evenly happy and
    sad.

    Parameters
    ----------
    heard
        Windows of clips that are told apart by label and speaker.
    labels
        Order of the outputs.
    rng
        Decides the shares.
    prior_s
        See `own_voice`; ``inf`` for no speaker's own mean.
    columns
        Which features are used; the others are set to their mean.
    """
    linear_model = require("sklearn.linear_model", extra="train")
    mean = np.nanmean(heard.features, axis=0)
    scale = np.nanstd(heard.features, axis=0) + 1e-6
    mute = np.ones(len(mean), dtype=bool)
    mute[columns] = False
    shown, answers = [], []
    for rows in _shares(heard, rng, 1 if np.isinf(prior_s) else _REPLICAS):
        own = own_voice(
            heard.features[rows], heard.seconds[rows], mean=mean, scale=scale, prior_s=prior_s
        )
        shown.append((own - mean) / scale)
        answers.append(heard.label[rows])
    z, y = np.concatenate(shown), np.concatenate(answers)
    z[:, mute] = 0.0
    penalty = _PENALTY * _REPLICAS * len(heard.label) / len(y)
    fitted = linear_model.LogisticRegression(C=penalty, max_iter=500, class_weight="balanced")
    fitted.fit(z, y)
    order = [list(fitted.classes_).index(label) for label in labels]
    meta = {"prior_s": prior_s, "temperature": 1.0, "far": 1.0, "gamma": 0.0, "farthest": 1e9}
    head = Head(
        "softmax",
        tuple(labels),
        [fitted.coef_[order].T],
        [fitted.intercept_[order]],
        mean=mean,
        scale=scale,
        meta=meta,
    )
    plain = np.nan_to_num((heard.features - mean) / scale)
    directions = np.linalg.svd(plain, full_matrices=False)[2][:_DIRECTIONS]
    domain = Head(
        "regression",
        tuple(f"direction {i + 1}" for i in range(_DIRECTIONS)),
        [directions.T],
        [np.zeros(_DIRECTIONS)],
        mean=mean,
        scale=scale,
    )
    return SpeechModel(head, domain)


class HeldOut:
    """What models say of speakers that they did not learn from, by scene.

    Attributes
    ----------
    logits
        Of the head, by scene [shape=(n, 7)].
    distance
        From the training data [shape=(n,)].
    truth
        Position of the label [shape=(n,)].
    speaker
        [shape=(n,)].
    """

    def __init__(self) -> None:
        self.logits: dict[str, Floats] = {}
        self.distance: dict[str, Floats] = {}
        self.truth: dict[str, NDArray[np.int64]] = {}
        self.speaker: dict[str, NDArray[np.str_]] = {}

    def hear(self, model: SpeechModel, heard: Windows, rng: np.random.Generator) -> None:
        """Add what a model says of some speakers, in every scene."""
        outputs = list(model.head.outputs)
        for scene in SCENES:
            for rows in groups(heard, scene, rng):
                own = own_voice(heard.features[rows], heard.seconds[rows], **model.prior)
                self._add(self.logits, scene, model.head.scores(own).astype(np.float64))
                self._add(self.distance, scene, model.distance(heard.features[rows]))
                self._add(
                    self.truth, scene, np.array([outputs.index(x) for x in heard.label[rows]])
                )
                self._add(self.speaker, scene, heard.speaker[rows])

    def together(self, what: Mapping[str, NDArray[Any]]) -> NDArray[Any]:
        """Return one array of all scenes."""
        return np.concatenate([what[scene] for scene in SCENES])

    @staticmethod
    def _add(where: dict[str, NDArray[Any]], scene: str, more: NDArray[Any]) -> None:
        where[scene] = np.concatenate([where[scene], more]) if scene in where else more


def calibrate(model: SpeechModel, clean: HeldOut, damaged: HeldOut) -> SpeechModel:
    """Return the model with temperature, shrinkage and the limit beyond which it is silent.

    The temperature comes from clean held-out speakers. How fast trust falls with distance
    comes from the same speakers through telephone, room and noise: damage stands in for a
    strange domain, of which there is none with an open licence.
    """
    logits, truth = clean.together(clean.logits), clean.together(clean.truth)
    temperature = Temperature().fit(logits, truth).temperature_
    far = float(np.percentile(clean.together(clean.distance), 90))
    z = np.concatenate([logits, damaged.together(damaged.logits)])
    t = np.concatenate([truth, damaged.together(damaged.truth)])
    d = np.concatenate([clean.together(clean.distance), damaged.together(damaged.distance)])
    excess = np.maximum(d / far, 1.0)
    losses = [_log_loss(z / (temperature * excess**g)[:, None], t) for g in _GAMMAS]
    meta = {
        **model.head.meta,
        "temperature": round(temperature, 4),
        "far": round(far, 4),
        "gamma": _GAMMAS[int(np.argmin(losses))],
        "farthest": round(_SILENT_FROM * float(np.percentile(d, 99)), 4),
    }
    head = Head(
        model.head.kind,
        model.head.outputs,
        model.head.weights,
        model.head.biases,
        mean=model.head.mean,
        scale=model.head.scale,
        meta=meta,
    )
    return SpeechModel(head, model.domain)


def groups(heard: Windows, scene: str, rng: np.random.Generator) -> Iterator[NDArray[np.int64]]:
    """Yield the rows that are heard together, speaker by speaker.

    Parameters
    ----------
    heard
        Windows of some speakers.
    scene
        One of `SCENES`.
    rng
        Mixes the clips of the scene ``"few"``.
    """
    for speaker in np.unique(heard.speaker):
        rows = np.flatnonzero(heard.speaker == speaker)
        if scene == "all":
            yield rows
        elif scene == "few":
            yield from np.array_split(rng.permutation(rows), max(1, len(rows) // 5))
        else:
            for label in np.unique(heard.label[rows]):
                yield rows[heard.label[rows] == label]


def _shares(heard: Windows, rng: np.random.Generator, replicas: int) -> Iterator[NDArray[np.int64]]:
    names = np.unique(heard.label)
    for speaker in np.unique(heard.speaker):
        rows = np.flatnonzero(heard.speaker == speaker)
        yield rows
        for _ in range(replicas - 1):
            wanted = dict(zip(names, rng.dirichlet(np.full(len(names), 0.5)) + 1e-4, strict=True))
            size = int(np.exp(rng.uniform(np.log(2), np.log(max(3, len(rows) - 1)))))
            weight = np.array(
                [wanted[x] / np.count_nonzero(heard.label[rows] == x) for x in heard.label[rows]]
            )
            yield rng.choice(rows, size=size, replace=False, p=weight / weight.sum())


def _log_loss(logits: Floats, truth: NDArray[np.int64]) -> float:
    z = logits - logits.max(axis=1, keepdims=True)
    told = z[np.arange(len(z)), truth] - np.log(np.exp(z).sum(axis=1))
    return float(-told.mean())
