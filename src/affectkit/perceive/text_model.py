"""The shipped text model: sentences in, calibrated emotions, space, spread and doubt out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from affectkit import models
from affectkit.learn.heads import Head
from affectkit.learn.heads import probabilities as probabilities_of
from affectkit.learn.ngrams import NgramTable
from affectkit.measure.calibration import calibration_from_dict
from affectkit.perceive.text_encoder import TextEncoder
from affectkit.perceive.text_language import Readability, readability

MODEL = "text-default"
LEAST_CONFIDENCE = 0.2
"""Confidence under which the model says that it cannot tell."""
WELL_KNOWN = 0.8
"""Share of known words under which estimates are widened."""

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class TextEstimates:
    """What the model says of `n` sentences.

    Parameters
    ----------
    probabilities
        Calibrated, of each of the 28 labels [shape=(n, 28)].
    space
        Valence, arousal, dominance as the average reader would rate them, in [-1, 1]
        [shape=(n, 3)].
    space_sd
        Standard deviation of the error to expect of `space` [shape=(n, 3)].
    rater_sd
        Standard deviation of single readers around their mean [shape=(n, 3)].
    confidence
        Calibrated probability that people give the leading label [shape=(n,)].
    spread
        Share of readers who give another label than the leading one [shape=(n,)].
    quality
        Share of the words that the model knows [shape=(n,)].
    reasons
        Why it cannot tell; None where it can.
    """

    probabilities: Array
    space: Array
    space_sd: Array
    rater_sd: Array
    confidence: Array
    spread: Array
    quality: Array
    reasons: list[str | None]


class TextModel:
    """An encoder and the heads trained on it; nothing is loaded before the first call.

    Parameters
    ----------
    folder
        Folder with ``encoder.onnx``, ``tokenizer.json`` and the heads ``emotions``, ``words``,
        ``space``, ``plutchik`` and ``plutchik_words`` (``.safetensors``); the shipped model if
        None.
    threads
        Processor threads.

    Examples
    --------
    >>> TextModel().estimate(["I am so happy for you!"]).confidence  # doctest: +SKIP
    array([0.83])
    """

    def __init__(
        self,
        folder: Path | None = None,
        *,
        threads: int = 1,
    ) -> None:
        self._folder = folder or models.shipped(MODEL)
        self.encoder = TextEncoder(self._folder, threads=threads)
        self._heads: dict[str, Head] = {}
        self._tables: dict[str, NgramTable] = {}
        self._vocabulary: frozenset[str] | None = None

    @property
    def emotions(self) -> Head:
        """The head that gives the emotions."""
        return self._head("emotions")

    @property
    def words(self) -> NgramTable:
        """The table of what words and pairs of words add to the head of emotions."""
        return self._table("words")

    @property
    def space(self) -> Head:
        """The head that gives valence, arousal, dominance and what readers differ by."""
        return self._head("space")

    @property
    def plutchik(self) -> Head:
        """The head that gives Plutchik's eight basic emotions."""
        return self._head("plutchik")

    @property
    def plutchik_words(self) -> NgramTable:
        """The table of what words and pairs of words add to the head of Plutchik's eight."""
        return self._table("plutchik_words")

    def probabilities(self, texts: Sequence[str]) -> Array:
        """Return the calibrated probability of each label [shape=(n, 28)], and nothing else."""
        return probabilities_of("sigmoid", self._scores(texts)[1])

    def estimate(self, texts: Sequence[str]) -> TextEstimates:
        """Return all that the model can say of the texts, and where it cannot tell."""
        known = [self.readability(text) for text in texts]
        features, scores = self._scores(texts)
        probabilities = probabilities_of("sigmoid", scores)
        told = self.space.predict(features)
        space, rater_sd = np.clip(told[:, :3], -1, 1), np.clip(told[:, 3:6], 0.05, 1)
        error = self.space.meta["error"]
        variance = np.asarray(error["base"]) + np.asarray(error["rater"]) * rater_sd**2
        confidence, spread = confidence_and_spread(probabilities, self.emotions.meta)
        quality = np.array([r.known for r in known])
        # Of words it does not know the model tells little: surer of nothing, wider in space.
        doubt = np.minimum(quality / WELL_KNOWN, 1.0)
        confidence = confidence * doubt
        space = space * doubt[:, None]
        population = np.asarray(error["population"]) ** 2
        # With words missing, the error is no smaller than that of knowing nothing of the text.
        missing = doubt[:, None] < 1
        variance = np.where(missing, np.maximum(variance, population), variance)
        space_sd = np.sqrt(variance + population * (1 - doubt[:, None]))
        reasons = [_reason(r, c) for r, c in zip(known, confidence, strict=True)]
        return TextEstimates(
            probabilities, space, space_sd, rater_sd, confidence, spread, quality, reasons
        )

    def space_of(self, texts: Sequence[str]) -> Array:
        """Return valence, arousal and dominance alone [shape=(n, 3)], known words or not."""
        features, _ = self._features(texts)
        return np.asarray(self.space.predict(features)[:, :3], dtype=np.float64)

    def plutchik_probabilities(self, texts: Sequence[str]) -> Array:
        """Return the probability of Plutchik's eight as film subtitles taught them.

        The labels are ``TextModel().plutchik.outputs``; several may hold, or none in a neutral
        line [shape=(n, 8)].
        """
        features, pieces = self._features(texts)
        told = self.plutchik.scores(features) + self.plutchik_words.scores(pieces)
        return probabilities_of("sigmoid", told)

    def plutchik_holds(self, texts: Sequence[str]) -> NDArray[np.bool_]:
        """Return which of Plutchik's eight hold [shape=(n, 8)]."""
        thresholds = np.asarray(self.plutchik.thresholds)
        return np.asarray(self.plutchik_probabilities(texts) >= thresholds)

    def readability(self, text: str) -> Readability:
        """Return how far the model can read a text."""
        if self._vocabulary is None:
            self._vocabulary = frozenset(self.encoder.vocabulary)
        return readability(text, self._vocabulary)

    def _scores(self, texts: Sequence[str]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return the features of texts, and the scores of their emotions."""
        features, pieces = self._features(texts)
        return features, self.emotions.scores(features) + self.words.scores(pieces)

    def _features(self, texts: Sequence[str]) -> tuple[NDArray[np.float32], list[list[int]]]:
        pieces = self.encoder.pieces(texts)
        if not pieces:
            return np.zeros((0, self.emotions.n_features), dtype=np.float32), pieces
        return self.encoder.encode_pieces(pieces), pieces

    def _head(self, name: str) -> Head:
        if name not in self._heads:
            self._heads[name] = Head.load(self._folder / f"{name}.safetensors")
        return self._heads[name]

    def _table(self, name: str) -> NgramTable:
        if name not in self._tables:
            self._tables[name] = NgramTable.load(self._folder / f"{name}.safetensors")
        return self._tables[name]


def confidence_and_spread(
    probabilities: ArrayLike, meta: dict[str, Any] | Any
) -> tuple[Array, Array]:
    """Return how sure the leading label is, and which share of readers gives another.

    Parameters
    ----------
    probabilities
        Of labels that may hold together [shape=(n, n_labels)].
    meta
        Of the head of emotions: ``"confidence"`` and ``"agreement"`` are calibrations.
    """
    p = np.asarray(probabilities, dtype=np.float64)
    if not len(p):
        return np.zeros(0), np.zeros(0)
    confidence = calibration_from_dict(meta["confidence"]).transform(p.max(axis=1))
    agreement = calibration_from_dict(meta["agreement"]).transform(leading_share(p))
    return np.clip(confidence, 0, 1), np.clip(1 - agreement, 0, 1)


def leading_share(probabilities: ArrayLike) -> Array:
    """Return the part of all probability that the leading label has [shape=(n,)].

    Examples
    --------
    >>> leading_share([[0.6, 0.2, 0.0]])
    array([0.75])
    """
    p = np.asarray(probabilities, dtype=np.float64)
    return np.asarray(p.max(axis=1) / np.maximum(p.sum(axis=1), 1e-9))


def _reason(read: Readability, confidence: float) -> str | None:
    if read.reason is not None:
        return read.reason
    if confidence < LEAST_CONFIDENCE:
        return "no emotion stands out"
    return None
