"""Bootstrap draws of sums by group: rows are counted once, and only counts are drawn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_AT_ONCE = 4_000_000


@dataclass(frozen=True, eq=False)
class Sums:
    """What is added up, by unit.

    Parameters
    ----------
    parts
        What each unit adds to the sums of its group [shape=(n_units, n_columns)].
    group
        The group of each unit, a code from 0 [shape=(n_units,)].
    times
        How often each unit stands in the data [shape=(n_units,)].
    cluster
        Codes of what is drawn as a whole, such as speakers [shape=(n_units,)]; None draws rows.
    """

    parts: Floats
    group: NDArray[np.intp]
    times: NDArray[np.int64]
    cluster: NDArray[np.intp] | None = None

    def total(self, n_groups: int) -> Floats:
        """Return the sums of the data as they are [shape=(n_groups, n_columns)]."""
        counted = self.parts * self.times[:, None]
        return np.stack(
            [np.bincount(self.group, weights=c, minlength=n_groups) for c in counted.T], axis=-1
        )

    def draws(self, n_groups: int, n: int, rng: np.random.Generator) -> Floats:
        """Return the sums of `n` resamples of the same size [shape=(n, n_groups, n_columns)].

        Equal rows are one unit, and the number of times that it is drawn is multinomial: the
        draws are those of a bootstrap over rows, at the cost of its distinct rows. Clusters are
        drawn whole, with all their rows.
        """
        made = np.zeros((n, n_groups, self.parts.shape[1]))
        units = self._whole_clusters() if self.cluster is not None else self
        # In order of groups, the units of one are a slice, which is read without copying.
        order = np.argsort(units.group, kind="stable")
        ends = np.searchsorted(units.group[order], np.arange(n_groups + 1))
        parts = units.parts[order]
        block = max(1, _AT_ONCE // max(len(order), 1))
        for first in range(0, n, block):
            weights = units._weights(order, min(block, n - first), rng)
            for g in range(n_groups):
                here = slice(ends[g], ends[g + 1])
                made[first : first + block, g] = weights[:, here] @ parts[here]
        return made

    def _whole_clusters(self) -> Sums:
        """Return a unit for each cluster and group: clusters are drawn, so rows can be added."""
        assert self.cluster is not None
        n_groups = int(self.group.max()) + 1
        found, code = np.unique(self.cluster * n_groups + self.group, return_inverse=True)
        counted = self.parts * self.times[:, None]
        parts: Floats = np.zeros((len(found), counted.shape[1]))
        np.add.at(parts, code, counted)
        once = np.ones(len(found), dtype=np.int64)
        return Sums(parts, found % n_groups, once, found // n_groups)

    def _weights(self, order: NDArray[np.intp], n: int, rng: np.random.Generator) -> Floats:
        if self.cluster is not None:
            count = int(self.cluster.max()) + 1
            often = rng.multinomial(count, np.full(count, 1 / count), size=n)
            return np.asarray(often[:, self.cluster[order]], dtype=np.float64)
        times, size = self.times[order], int(self.times.sum())
        if len(times) * 4 < size:
            return np.asarray(rng.multinomial(size, times / size, size=n), dtype=np.float64)
        # Near as many units as rows: counting drawn rows is cheaper than n_units binomials.
        unit = None if len(times) == size else np.repeat(np.arange(len(times)), times)
        made = np.empty((n, len(times)))
        for i in range(n):
            drawn = rng.integers(size, size=size, dtype=np.int32 if size < 2**31 else np.int64)
            made[i] = np.bincount(drawn if unit is None else unit[drawn], minlength=len(times))
        return made


def distinct(
    rows: NDArray[np.int64], cluster: NDArray[np.intp] | None
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.intp] | None]:
    """Return the distinct rows, how often each occurs, and the cluster of each.

    Parameters
    ----------
    rows
        Whole numbers from 0 [shape=(n, n_columns)].
    cluster
        [shape=(n,)] or None; rows of two clusters are never the same.

    Examples
    --------
    >>> kept, times, _ = distinct(np.array([[1, 0], [0, 2], [1, 0]]), None)
    >>> kept.tolist(), times.tolist()
    ([[0, 2], [1, 0]], [1, 2])
    """
    keyed = rows if cluster is None else np.column_stack([rows, cluster])
    sizes = keyed.max(axis=0) + 1
    if np.prod(sizes.astype(np.float64)) > 2**62:
        # Too many possible rows for one number each: they are left as they are.
        return rows, np.ones(len(rows), dtype=np.int64), cluster
    code = np.ravel_multi_index(tuple(keyed.T), tuple(sizes))
    if np.prod(sizes) <= 4 * len(code):
        counted = np.bincount(code)
        found = np.flatnonzero(counted)
        times = counted[found]
    else:
        found, times = np.unique(code, return_counts=True)
    back = np.column_stack(np.unravel_index(found, tuple(sizes)))
    if cluster is None:
        return back, times.astype(np.int64), None
    return back[:, :-1], times.astype(np.int64), back[:, -1]
