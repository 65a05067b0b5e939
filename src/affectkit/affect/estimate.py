"""One emotion estimate: a distribution, a point in affect space, and how far to trust them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from affectkit.affect.labels import LabelSet
from affectkit.errors import LabelError


@dataclass(frozen=True)
class Estimate:
    """What one source says about one person's emotion over one stretch of time.

    Parameters
    ----------
    label_set
        The set that `probabilities` are over.
    probabilities
        One number in [0, 1] per label [shape=(n_labels,)]. For an exclusive set they sum to
        1, or less by the mass that no label of the set could take. None if not told.
    valence, arousal, dominance
        Position in affect space, each in [-1, 1]; None if not told.
    valence_sd, arousal_sd, dominance_sd
        Standard deviation of the error to expect of each, calibrated on held-back data.
    confidence
        Calibrated probability in [0, 1] that the leading label is the one people give.
    spread
        Share in [0, 1] of people who would be expected to give another label.
    quality
        Quality of the evidence in [0, 1]: face size and blur, signal to noise, words known.
    source
        Id of the model that said it.
    reason
        Why the source cannot tell; None when it can.

    Examples
    --------
    >>> ekman = LabelSet.load("ekman7")
    >>> Estimate(ekman, [0, 0, 0, 0.9, 0, 0.1, 0], valence=0.6, confidence=0.8).leading
    'joy'
    >>> Estimate.cannot_tell(ekman, "the face is 12 pixels wide").known
    False
    """

    label_set: LabelSet
    probabilities: NDArray[np.float64] | None = None
    valence: float | None = None
    arousal: float | None = None
    dominance: float | None = None
    valence_sd: float | None = None
    arousal_sd: float | None = None
    dominance_sd: float | None = None
    confidence: float | None = None
    spread: float | None = None
    quality: float | None = None
    source: str = ""
    reason: str | None = None

    def __post_init__(self) -> None:
        if self.probabilities is not None:
            values = np.array(self.probabilities, dtype=np.float64)
            if values.shape != (len(self.label_set),):
                raise LabelError(
                    f"{values.shape} probabilities do not fit the {len(self.label_set)} labels "
                    f"of {self.label_set.name!r}"
                )
            tolerance = 1e-6
            total = values.sum() if self.label_set.exclusive else values.max()
            if not (np.all(values >= -tolerance) and total <= 1 + tolerance):
                raise LabelError(f"probabilities over {self.label_set.name!r} do not add up")
            values.setflags(write=False)
            object.__setattr__(self, "probabilities", values)
        for name in ("valence", "arousal", "dominance"):
            _check_range(name, getattr(self, name), -1.0)
        for name in ("confidence", "spread", "quality"):
            _check_range(name, getattr(self, name), 0.0)

    @property
    def known(self) -> bool:
        """Whether the source could tell anything at all."""
        return self.reason is None

    @property
    def leading(self) -> str | None:
        """The most probable label, or None if the source cannot tell."""
        if self.probabilities is None or not self.known:
            return None
        return self.label_set.labels[int(np.argmax(self.probabilities))]

    @classmethod
    def cannot_tell(
        cls, label_set: LabelSet, reason: str, *, source: str = "", quality: float | None = None
    ) -> Estimate:
        """Return the estimate that says it cannot tell, and why."""
        return cls(label_set, source=source, reason=reason, quality=quality)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Estimate):
            return NotImplemented
        mine, theirs = self.__dict__.copy(), other.__dict__.copy()
        p, q = mine.pop("probabilities"), theirs.pop("probabilities")
        same = p is q or (p is not None and q is not None and np.array_equal(p, q))
        return bool(same and mine == theirs)

    def __hash__(self) -> int:
        return hash((self.label_set, self.source, self.valence, self.arousal, self.reason))


def _check_range(name: str, value: float | None, low: float) -> None:
    if value is not None and not low - 1e-6 <= value <= 1 + 1e-6:
        raise ValueError(f"{name} is {value}, outside [{low:g}, 1]")
