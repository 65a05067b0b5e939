"""A text as probabilities of emotion words, read from what a language model expects next."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from affectkit.affect import LabelSet
from affectkit.llm.local import LocalModel
from affectkit.progress import Progress, silent

Floats = NDArray[np.float64]

TAILS = (
    "\nReading this fills me with a sense of",
    "\nWhen I read this, I feel",
    "\nIn one word, this makes people feel",
    "\nThe writer of this text feels",
)
"""Ends that make an emotion word the natural next word."""

_SETS = (
    "goemotions28",
    "parrott-tertiary",
    "parrott-secondary",
    "emonet40",
    "plutchik24",
    "panas",
    "empatheticdialogues32",
)


def emotion_words() -> list[str]:
    """Return the emotion words of our label sets, each once, in alphabetical order.

    Examples
    --------
    >>> words = emotion_words()
    >>> len(words) > 200, "neutral" in words
    (True, False)
    """
    told = {label.lower() for name in _SETS for label in LabelSet.load(name).labels}
    return sorted(told - {"neutral"})


def word_log_probabilities(
    model: LocalModel,
    texts: Sequence[str],
    words: Sequence[str],
    *,
    tail: str = TAILS[0],
    progress: Progress = silent,
) -> Floats:
    """Return log p(word | text, tail), in nats [shape=(n_texts, n_words)].

    Parameters
    ----------
    model
        The language model.
    texts
        What is read.
    words
        Such as those of `emotion_words`.
    tail
        Stands between text and word; ends without a space.
    progress
        Told ``("continuations", done, total)`` in texts.

    References
    ----------
    Towards Emotion-Based Synthetic Consciousness (paper 103):
    log p(w | x) = Σ_i log p(t_i | x, tail, t_<i).
    """
    prompts = [text.strip() + tail for text in texts]
    return model.log_probability_table(prompts, [f" {word}" for word in words], progress=progress)


def log_shares(log_p: Floats, *, against: Floats | None = None) -> Floats:
    """Return log probabilities of words, of all words of the list [shape=(n_texts, n_words)].

    Parameters
    ----------
    log_p
        As of `word_log_probabilities`.
    against
        The same after the tail alone [shape=(n_words,)]; taken off first, so that frequent
        words have no advantage.

    Examples
    --------
    >>> np.exp(log_shares(np.log([[0.1, 0.3]]))).round(2).tolist()
    [[0.25, 0.75]]
    """
    told = log_p if against is None else log_p - against
    top = told.max(axis=1, keepdims=True)
    found: Floats = told - top - np.log(np.exp(told - top).sum(axis=1, keepdims=True))
    return found


def log_ratios(log_p: Floats) -> Floats:
    """Return log probabilities against their mean over the words, of each text.

    The centred log-ratio of Aitchison (1982), fit for shares that add up to one: a word that
    rises does not push all others down.

    Examples
    --------
    >>> log_ratios(np.log([[0.1, 0.1, 0.1]])).tolist()
    [[0.0, 0.0, 0.0]]
    """
    found: Floats = log_p - log_p.mean(axis=1, keepdims=True)
    return found
