"""A crowd's ratings as three columns of whole numbers, checked once for every model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, eq=False)
class Triples:
    """Which item, by whom, called what; a rating each [shape=(n_ratings,)], from 0.

    Parameters
    ----------
    item, rater, label
        [shape=(n_ratings,)].
    n_items, n_raters, n_labels
        How many there are.
    """

    item: NDArray[np.intp]
    rater: NDArray[np.intp]
    label: NDArray[np.intp]
    n_items: int
    n_raters: int
    n_labels: int


def triples(
    item: ArrayLike,
    rater: ArrayLike,
    label: ArrayLike,
    n_items: int | None = None,
    n_raters: int | None = None,
    n_labels: int | None = None,
) -> Triples:
    """Return ratings that a model can count on.

    Raises
    ------
    ValueError
        If there are no ratings, their parts differ in length, a number is below 0 or beyond
        what there is, or an item has no rating.

    Examples
    --------
    >>> triples([0, 1], [0, 0], [1, 0]).n_labels
    2
    >>> triples([0, 2], [0, 0], [1, 0])
    Traceback (most recent call last):
    ...
    ValueError: item 1 has no rating: leave it out
    """
    parts = [np.asarray(a, dtype=np.intp).ravel() for a in (item, rater, label)]
    lengths = [len(p) for p in parts]
    if not lengths[0] or len(set(lengths)) > 1:
        raise ValueError(
            f"{lengths[0]} items, {lengths[1]} raters and {lengths[2]} labels are no ratings: "
            "each rating needs one of each"
        )
    sizes = []
    for name, part, size in zip(
        ("item", "rater", "label"), parts, (n_items, n_raters, n_labels), strict=True
    ):
        least = int(part.max()) + 1
        if part.min() < 0 or (size is not None and least > size):
            row = int(part.argmin() if part.min() < 0 else part.argmax())
            raise ValueError(f"rating {row} is of {name} {part[row]}: number them from 0")
        sizes.append(least if size is None else size)
    missing = np.flatnonzero(np.bincount(parts[0], minlength=sizes[0]) == 0)
    if len(missing):
        raise ValueError(f"item {missing[0]} has no rating: leave it out")
    items, raters, labels = parts
    return Triples(items, raters, labels, sizes[0], sizes[1], sizes[2])
