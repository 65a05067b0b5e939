"""The most similar solved examples, to vote by or to put before a language model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Views = Mapping[str, ArrayLike]
"""Kinds of vectors of the same items, by name, each [shape=(n, k)]; zeros where there is none."""


@dataclass
class ExampleRetriever:
    """Finds examples that are near in several views at once, each with its weight.

    Parameters
    ----------
    weights
        How much the similarity of each view counts; its names are those of the views.

    Attributes
    ----------
    views_
        The examples' vectors, of length 1, less what all examples have in common.

    Examples
    --------
    >>> finder = ExampleRetriever({"tone": 0.7, "topic": 0.3})
    >>> _ = finder.fit({"tone": [[1, 0], [0, 1], [-1, 0]], "topic": [[1, 0], [1, 0], [0, 1]]})
    >>> finder.nearest({"tone": [[0, 2]], "topic": [[1, 1]]}, k=1).tolist()
    [[1]]
    """

    weights: Mapping[str, float]
    views_: dict[str, Floats] = field(default_factory=dict, init=False, repr=False)
    centres_: dict[str, Floats] = field(default_factory=dict, init=False, repr=False)

    def fit(self, views: Views) -> ExampleRetriever:
        """Keep the vectors of the examples; return self.

        Raises
        ------
        ValueError
            If a view is missing, or views differ in length.
        """
        self.centres_, self.views_ = {}, {}
        for name in self.weights:
            if name not in views:
                raise ValueError(f"there is no view {name!r} among {', '.join(views)}")
            vectors = np.asarray(views[name], dtype=np.float64)
            here = vectors[np.any(vectors != 0, axis=1)]
            # Vectors of encoders share a large part, which hides what tells texts apart.
            centre = here.mean(axis=0) if len(here) else np.zeros(vectors.shape[1])
            self.centres_[name] = centre
            self.views_[name] = _unit(vectors, centre)
        if len({len(v) for v in self.views_.values()}) > 1:
            raise ValueError("the views are of different items")
        return self

    def similarity(self, views: Views) -> Floats:
        """Return the weighted mean cosine to each example, in [-1, 1] [shape=(n, n_examples)].

        A view that an item lacks (zeros) has similarity 0 to every example.
        """
        total = sum(self.weights.values())
        parts = [
            weight
            / total
            * (_unit(np.asarray(views[name], float), self.centres_[name]) @ self.views_[name].T)
            for name, weight in self.weights.items()
        ]
        return np.asarray(np.sum(parts, axis=0))

    def nearest(
        self, views: Views, *, k: int = 2, barred: ArrayLike | None = None
    ) -> NDArray[np.intp]:
        """Return the numbers of the k nearest examples, nearest first [shape=(n, k)].

        Parameters
        ----------
        views
            The items to find examples for.
        k
            How many.
        barred
            Whether an example must not be used for an item, such as one by the same person
            [shape=(n, n_examples)].
        """
        near = self.similarity(views)
        if barred is not None:
            near = np.where(np.asarray(barred, dtype=bool), -np.inf, near)
        return np.argsort(-near, axis=1, kind="stable")[:, :k]


def vote(labels: ArrayLike, nearest: ArrayLike) -> Floats:
    """Return the share of the nearest examples that have each label.

    Parameters
    ----------
    labels
        Yes or no for each example [shape=(n_examples,) or (n_examples, n_labels)].
    nearest
        Their numbers, from `ExampleRetriever.nearest` [shape=(n, k)].

    Examples
    --------
    >>> vote([1, 0, 1], [[0, 2], [0, 1]]).tolist()
    [1.0, 0.5]
    """
    return np.asarray(np.asarray(labels, dtype=np.float64)[np.asarray(nearest)].mean(axis=1))


def few_shot(
    instruction: str, examples: Sequence[tuple[str, str]], text: str
) -> list[dict[str, str]]:
    """Return a conversation that shows solved examples before it asks about a text.

    Parameters
    ----------
    instruction
        What to do.
    examples
        Texts with the answers they should get; the nearest last, where models heed it most.
    text
        The text that is asked about.

    Examples
    --------
    >>> [m["role"] for m in few_shot("Name the emotion.", [("I won!", "joy")], "I lost.")]
    ['system', 'user', 'assistant', 'user']
    """
    talk = [{"role": "system", "content": instruction}]
    for shown, answer in examples:
        talk += [{"role": "user", "content": shown}, {"role": "assistant", "content": answer}]
    return [*talk, {"role": "user", "content": text}]


def prompts_with_nearest(
    instruction: str,
    texts: Sequence[str],
    examples: Sequence[tuple[str, str]],
    nearest: ArrayLike,
) -> list[list[dict[str, str]]]:
    """Return a conversation for each text that shows its own nearest examples, nearest last.

    Parameters
    ----------
    instruction
        What to do.
    texts
        The texts that are asked about.
    examples
        All texts that could be shown, with their answers.
    nearest
        Numbers of the examples for each text, nearest first, from `ExampleRetriever.nearest`
        [shape=(n_texts, k)]; none are shown where k is 0.

    References
    ----------
    Liu, J. et al. (2022). What makes good in-context examples for GPT-3? DeeLIO.

    Examples
    --------
    >>> solved = [("I won!", "joy"), ("I lost.", "sadness"), ("Boo!", "fear")]
    >>> talk = prompts_with_nearest("Name it.", ["We lost."], solved, [[1, 0]])[0]
    >>> [message["content"] for message in talk]
    ['Name it.', 'I won!', 'joy', 'I lost.', 'sadness', 'We lost.']
    """
    chosen = np.asarray(nearest, dtype=np.intp).reshape(len(texts), -1)
    return [
        few_shot(instruction, [examples[i] for i in row[::-1]], text)
        for text, row in zip(texts, chosen, strict=True)
    ]


def _unit(vectors: Floats, centre: Floats) -> Floats:
    absent = ~np.any(vectors != 0, axis=1)
    moved = vectors - centre
    moved[absent] = 0.0
    return np.asarray(moved / np.maximum(np.linalg.norm(moved, axis=1, keepdims=True), 1e-12))
