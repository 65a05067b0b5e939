"""How well "who speaks when" was told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from affectkit.optional import require


class Turn(NamedTuple):
    """One speaker's turn, in seconds."""

    start_s: float
    end_s: float
    speaker: str


@dataclass(frozen=True)
class DiarisationError:
    """Seconds of speech told wrongly, by kind, and the seconds of speech in all.

    Parameters
    ----------
    missed_s
        Speech that was not told.
    false_s
        Speech told where there was none.
    confused_s
        Speech given to another speaker.
    speech_s
        Speech in the reference, counted once a speaker.
    """

    missed_s: float
    false_s: float
    confused_s: float
    speech_s: float

    @property
    def rate(self) -> float:
        """The diarisation error rate: all errors over all speech; may exceed 1."""
        return (self.missed_s + self.false_s + self.confused_s) / max(self.speech_s, 1e-9)

    @property
    def confusion(self) -> float:
        """The share of speech given to another speaker."""
        return self.confused_s / max(self.speech_s, 1e-9)


def diarisation_error(
    reference: Sequence[Turn],
    told: Sequence[Turn],
    *,
    collar_s: float = 0.0,
    step_s: float = 0.01,
) -> DiarisationError:
    """Return the diarisation error under the best one-to-one naming of speakers.

    Overlapping speech counts: where two speak and one is told, one is missed.

    Parameters
    ----------
    reference, told
        Turns; the names of `told` need not be those of `reference`.
    collar_s
        So much on each side of each border of the reference is not judged.
    step_s
        Time is judged in steps of this length.

    References
    ----------
    NIST (2009). The 2009 Rich Transcription meeting recognition evaluation plan.

    Examples
    --------
    >>> truth = [Turn(0, 6, "Ann"), Turn(6, 10, "Ben")]
    >>> diarisation_error(truth, [Turn(0, 5, "1"), Turn(5, 10, "2")]).rate
    0.1
    """
    linear_sum_assignment = require("scipy.optimize", extra="train").linear_sum_assignment

    end_s = max((turn.end_s for turn in (*reference, *told)), default=0.0)
    n = round(end_s / step_s)
    truth, guess = _grid(reference, n, step_s), _grid(told, n, step_s)
    judged = np.ones(n, dtype=bool)
    if collar_s > 0:
        for turn in reference:
            for border in (turn.start_s, turn.end_s):
                first = max(0, round((border - collar_s) / step_s))
                judged[first : max(0, round((border + collar_s) / step_s))] = False
    truth, guess = truth[:, judged], guess[:, judged]
    together = truth.astype(np.float64) @ guess.T.astype(np.float64)
    rows, columns = linear_sum_assignment(-together)
    right = float(together[rows, columns].sum())
    n_truth, n_told = truth.sum(axis=0), guess.sum(axis=0)
    both = float(np.minimum(n_truth, n_told).sum())
    return DiarisationError(
        missed_s=round(float(np.maximum(n_truth - n_told, 0).sum()) * step_s, 6),
        false_s=round(float(np.maximum(n_told - n_truth, 0).sum()) * step_s, 6),
        confused_s=round((both - right) * step_s, 6),
        speech_s=round(float(n_truth.sum()) * step_s, 6),
    )


def _grid(turns: Sequence[Turn], n: int, step_s: float) -> NDArray[np.int64]:
    names = list(dict.fromkeys(turn.speaker for turn in turns))
    grid = np.zeros((max(1, len(names)), n), dtype=np.int64)
    for turn in turns:
        first, last = round(turn.start_s / step_s), round(turn.end_s / step_s)
        grid[names.index(turn.speaker), first:last] = 1
    return grid
