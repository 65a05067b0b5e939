"""Sentences sorted into feelings, what is done about feelings, and neither.

A sentence is of the kind whose patterns it comes nearest to in meaning; nothing is trained.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from affectkit.recipes.knowledge.meaning import Encoder, unit

EMOTION = (
    "I feel so happy right now.", "That made me very angry.", "I am sad and I cried.",
    "I am scared and worried.", "I was so excited, I love this!", "It is disgusting, I hate it.",
    "I was surprised and embarrassed.", "I felt proud and grateful.", "I feel lonely and hurt.",
)  # fmt: skip
"""What a sentence that tells a feeling is like."""
REGULATION = (
    "I stay calm under stress.", "I told myself that it is not that bad.",
    "I try to see it from another side.", "I keep my feelings to myself.",
    "I take my mind off the things that worry me.", "I cannot stop thinking about what went wrong.",
    "When I feel down I talk it over with friends.", "I accept what I cannot change.",
    "I stay away from situations that upset me.", "I lose control when I am angry.",
    "I change what bothers me.", "I try to make a good moment last.",
)  # fmt: skip
"""What a sentence on managing feelings is like, after the families of Gross (1998)."""
NEITHER = (
    "The meeting is on Tuesday at noon.", "I need three packages of water.",
    "You can have two and I take one.", "There are four people in our group.",
    "What do you need most?", "It is ten miles north of here.", "I read books about history.",
    "I finish my work before the date it is due.", "Hello, how are you?", "Okay, deal.",
)  # fmt: skip
"""What other sentences are like."""
VIEWS = ("emotion", "regulation", "whole")
"""What a person is described by: sentences of either kind, and all of them."""

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


def sorted_sentences(said: Sequence[str], encode: Encoder) -> tuple[Ints, Floats]:
    """Return the kind of each sentence, by the pattern it is nearest to, and its vector.

    Returns
    -------
    kinds
        0 for emotion, 1 for regulation, 2 for neither [shape=(n,)].
    vectors
        Unit vectors [shape=(n, k)].

    References
    ----------
    Gross, J. J. (1998). The emerging field of emotion regulation. Review of General Psychology
    2, 271-299: choosing or changing the situation, attention, reappraisal, suppression.
    """
    patterns = [*EMOTION, *REGULATION, *NEITHER]
    kind = np.repeat([0, 1, 2], [len(EMOTION), len(REGULATION), len(NEITHER)])
    known = encode(patterns)
    vectors = encode(list(said))
    near = unit(vectors - known.mean(axis=0)) @ unit(known - known.mean(axis=0)).T
    return kind[near.argmax(axis=1)], vectors


def views_of(said: Sequence[Sequence[str]], encode: Encoder) -> dict[str, Floats]:
    """Return the mean vector of each person's emotion, regulation and of all their sentences."""
    owner = np.repeat(np.arange(len(said)), [len(s) for s in said])
    every = list(dict.fromkeys(s for some in said for s in some))
    kinds, vectors = sorted_sentences(every, encode)
    number = {s: i for i, s in enumerate(every)}
    at = np.array([number[s] for some in said for s in some])
    found = {}
    for name, keep in zip(VIEWS, (kinds[at] == 0, kinds[at] == 1, kinds[at] >= 0), strict=True):
        total = np.zeros((len(said), vectors.shape[1]))
        np.add.at(total, owner[keep], vectors[at[keep]])
        count = np.bincount(owner[keep], minlength=len(said))
        found[name] = total / np.maximum(count, 1)[:, None]
    return found
