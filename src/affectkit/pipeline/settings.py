"""What a user can choose about an analysis; plain values, so that it travels as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from affectkit.errors import AffectkitError

LANES = ("face", "speech", "text")


@dataclass(frozen=True)
class Settings:
    """Choices that an analysis depends on, and nothing else.

    Parameters
    ----------
    labels
        Name of the label set that estimates are expressed in.
    lanes
        The lanes to run, of ``face``, ``speech`` and ``text``; all that the file allows if
        empty.
    names
        Path of a CSV file with columns ``person,name``.
    transcript
        Path of a transcript to use in place of speech recognition.
    purpose
        What the analysis is for; see `affectkit.models.gates`.
    setting
        Where the people are: ``"work"``, ``"education"`` or ``"other"``.
    allow_noncommercial
        Whether models whose licence forbids commercial use may run.
    frames_per_s
        How many video frames a second are looked at.
    step_s
        Length in seconds of the windows in which modalities are joined.
    threads
        Processor threads to use.

    Examples
    --------
    >>> Settings(labels="plutchik8").lanes
    ()
    >>> Settings.from_dict(Settings(step_s=2.0).to_dict()).step_s
    2.0
    """

    labels: str = "ekman7"
    lanes: tuple[str, ...] = ()
    names: str | None = None
    transcript: str | None = None
    purpose: str | None = None
    setting: str = "other"
    allow_noncommercial: bool = False
    frames_per_s: float = 5.0
    step_s: float = 1.0
    threads: int = 2

    def __post_init__(self) -> None:
        object.__setattr__(self, "lanes", tuple(self.lanes))
        unknown = set(self.lanes) - set(LANES)
        if unknown:
            raise AffectkitError(
                f"there are no lanes {sorted(unknown)}", remedy=f"choose of {', '.join(LANES)}"
            )
        for name in ("frames_per_s", "step_s", "threads"):
            if getattr(self, name) <= 0:
                raise AffectkitError(f"{name} is {getattr(self, name)}; it must be above 0")

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as plain JSON values."""
        return {**asdict(self), "lanes": list(self.lanes)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Settings:
        """Build settings from the values of `to_dict`."""
        return cls(**values)
