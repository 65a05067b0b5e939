"""One row per face and frame, kept small however long the video is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray


class FaceTable:
    """Rows of numbers for faces, which grow by blocks and never beyond a limit.

    When the limit is reached, the rows of each tracklet and second are averaged into one;
    after that the table is coarser but covers the whole video. Four hours of two faces at
    five frames a second stay below the default limit.

    Parameters
    ----------
    columns
        Names of the numbers; ``time_s`` and ``tracklet`` must be among them.
    limit
        Rows to hold at most.

    Examples
    --------
    >>> table = FaceTable(["time_s", "tracklet", "score"], limit=4)
    >>> for i in range(6):
    ...     table.add({"time_s": i / 2, "tracklet": 0, "score": 1.0})
    >>> table.thinned, len(table)
    (True, 4)
    """

    def __init__(self, columns: Sequence[str], limit: int = 200_000) -> None:
        self.columns = tuple(columns)
        self.limit = limit
        self.thinned = False
        self._values: NDArray[np.float32] = np.empty((min(256, limit), len(columns)), np.float32)
        # Seconds since the start of a long video need more digits than 32 bits have.
        self._times: NDArray[np.float64] = np.empty(min(256, limit))
        self._n = 0
        self._cell_s = 1.0

    def __len__(self) -> int:
        return self._n

    def add(self, row: Mapping[str, float]) -> None:
        """Add one face; a number that is missing becomes not-a-number."""
        if self._n == self.limit:
            self._thin()
        if self._n == len(self._values):
            size = min(self.limit, 2 * len(self._values))
            self._values = np.resize(self._values, (size, len(self.columns)))
            self._times = np.resize(self._times, size)
        self._values[self._n] = [row.get(name, np.nan) for name in self.columns]
        self._times[self._n] = row["time_s"]
        self._n += 1

    def frame(self) -> pd.DataFrame:
        """Return the rows as a table, in order of time."""
        out = pd.DataFrame(self._values[: self._n], columns=list(self.columns))
        out["time_s"] = self._times[: self._n]
        return out.sort_values("time_s", kind="stable", ignore_index=True)

    def _thin(self) -> None:
        """Average within tracklet and cell; coarser and coarser cells until a half is free."""
        self.thinned = True
        while self._n > self.limit // 2:
            tracklet = self._values[: self._n, self.columns.index("tracklet")]
            cell = np.floor(self._times[: self._n] / self._cell_s)
            _, group = np.unique(np.stack([tracklet, cell]), axis=1, return_inverse=True)
            group = group.ravel()
            count = np.bincount(group)
            sums = np.zeros((len(count), len(self.columns)))
            np.add.at(sums, group, self._values[: self._n])
            times = np.bincount(group, weights=self._times[: self._n]) / count
            if len(count) == self._n and self._cell_s > 3600:
                # As many tracklets as rows: nothing to average, the last give way.
                self._n = self.limit // 2
                return
            self._n = len(count)
            self._values[: self._n] = sums / count[:, None]
            self._times[: self._n] = times
            if self._n > self.limit // 2:
                self._cell_s *= 2
