"""The words that carried a label: leave each out, and see how far the label falls."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MOST_WORDS = 60
"""Words of a sentence that are tried; of longer ones, neighbours are left out together."""
_WORD = re.compile(r"\S+")
_EDGES = re.compile(
    r"^[^\w\U0001F000-\U0001FAFF\u2600-\u27BF]+|[^\w!?\U0001F000-\U0001FAFF\u2600-\u27BF]+$"
)

Judge = Callable[[Sequence[str]], NDArray[np.float64]]


@dataclass(frozen=True)
class WordWeight:
    """A word and how much of the label hangs on it.

    Parameters
    ----------
    what
        The word as it stands in the text.
    weight
        How far the label's probability falls without it; below 0 if it rises.
    start, end
        Offsets into the sentence.
    """

    what: str
    weight: float
    start: int
    end: int


def word_weights(
    texts: Sequence[str], labels: Sequence[int], judge: Judge
) -> list[list[WordWeight]]:
    """Return, for each text, its words with what the label loses when each is left out.

    All the shortened texts are judged in one call, so that they can be batched.

    Parameters
    ----------
    texts
        Sentences.
    labels
        For each, the column of the label in question.
    judge
        Gives probabilities [shape=(n, n_labels)] of texts.

    References
    ----------
    Li, Monroe and Jurafsky (2016). Understanding Neural Networks through Representation
    Erasure, equation 1, with probabilities for log-likelihoods.

    Examples
    --------
    >>> count = lambda texts: np.array([[t.count("glad") / 4] for t in texts])
    >>> [(w.what, w.weight) for w in word_weights(["so glad"], [0], count)[0]]
    [('so', 0.0), ('glad', 0.25)]
    """
    spans = [_spans(text) for text in texts]
    shortened = [
        text[:start].rstrip() + " " + text[end:].lstrip()
        for text, found in zip(texts, spans, strict=True)
        for start, end in found
    ]
    if not shortened:
        return [[] for _ in texts]
    # Whole texts are judged in the same call: a batch of another make-up could differ by a hair.
    p = judge([*texts, *(s.strip() for s in shortened)])
    found = []
    at = len(texts)
    for i, (text, parts) in enumerate(zip(texts, spans, strict=True)):
        whole = p[i, labels[i]]
        fall = whole - p[at : at + len(parts), labels[i]]
        at += len(parts)
        found.append(
            [
                WordWeight(text[a:b], float(f), a, b)
                for (a, b), f in zip((_trim(text, *s) for s in parts), fall, strict=True)
            ]
        )
    return found


def carrying(weights: Sequence[WordWeight], *, most: int = 5) -> list[WordWeight]:
    """Return the words that carry the label, weightiest first.

    A word counts if the label loses at least a tenth of what it loses by the weightiest.

    Examples
    --------
    >>> carrying([WordWeight("so", 0.0, 0, 2), WordWeight("glad", 0.25, 3, 7)])
    [WordWeight(what='glad', weight=0.25, start=3, end=7)]
    """
    ranked = sorted(weights, key=lambda w: (-w.weight, w.start))
    if not ranked or ranked[0].weight <= 0:
        return []
    return [w for w in ranked[:most] if w.weight >= max(0.1 * ranked[0].weight, 0.005)]


def _spans(text: str) -> list[tuple[int, int]]:
    words = [m.span() for m in _WORD.finditer(text)]
    together = -(-len(words) // MOST_WORDS)
    if together > 1:
        words = [
            (words[i][0], words[min(i + together, len(words)) - 1][1])
            for i in range(0, len(words), together)
        ]
    return words if len(words) > 1 else []


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    """Take quotes, commas and the like off the ends of a word."""
    word = text[start:end]
    left = _EDGES.match(word)
    a = left.end() if left and left.end() < len(word) and left.start() == 0 else 0
    right = re.search(r"[^\w!?\U0001F000-\U0001FAFF\u2600-\u27BF]+$", word[a:])
    b = a + right.start() if right and right.start() > 0 else len(word)
    return start + a, start + b
