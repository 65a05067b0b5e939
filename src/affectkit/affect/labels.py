"""Named sets of emotions, each with its source and the theory behind it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from affectkit.errors import LabelError

RESERVED = frozenset(
    "start_s end_s person modality source valence arousal dominance confidence spread quality "
    "valence_sd arousal_sd dominance_sd reason utterance evidence unmapped".split()
)
"""Column names of a `Timeline`, which no label may take."""


@dataclass(frozen=True)
class LabelSet:
    """A set of emotion labels that estimates and ratings are made in.

    Parameters
    ----------
    name
        Short name, such as ``"ekman7"``.
    labels
        The labels, in the order in which distributions over them are written.
    exclusive
        True if exactly one label holds at a time (a distribution sums to 1); False if
        several may hold (each label has a probability of its own).
    neutral
        The label that means "no emotion", if the set has one.
    definitions
        What each label means, in a few words.
    source
        Author, year and title of the work that proposed the set.
    theory
        The theory of emotion it comes from: ``"basic"``, ``"psychoevolutionary"``,
        ``"dimensional"``, ``"appraisal"``, ``"constructionist"``, ``"prototype"``
        or ``"data-driven"``.
    can_say, cannot_say
        What an annotation under this set can and cannot tell about an emotion episode.

    Raises
    ------
    LabelError
        If a label occurs twice, takes the name of a timeline column, or `neutral` or a
        definition names a label that is not in the set.

    Examples
    --------
    >>> plutchik = LabelSet.load("plutchik8")
    >>> plutchik.index("trust") == plutchik.labels.index("trust")
    True
    """

    name: str
    labels: tuple[str, ...]
    exclusive: bool = True
    neutral: str | None = None
    definitions: Mapping[str, str] = field(default_factory=dict)
    source: str = ""
    theory: str = ""
    can_say: str = ""
    cannot_say: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "labels", tuple(self.labels))
        if not self.labels:
            raise LabelError(f"label set {self.name!r} has no labels")
        doubled = {label for label in self.labels if self.labels.count(label) > 1}
        if doubled:
            raise LabelError(f"label set {self.name!r} names {sorted(doubled)} twice")
        taken = RESERVED.intersection(self.labels)
        if taken:
            raise LabelError(f"label set {self.name!r} uses the column names {sorted(taken)}")
        strangers = set(self.definitions) - set(self.labels)
        if self.neutral is not None and self.neutral not in self.labels:
            strangers.add(self.neutral)
        if strangers:
            raise LabelError(f"{sorted(strangers)} are not labels of {self.name!r}")

    def __len__(self) -> int:
        return len(self.labels)

    def __hash__(self) -> int:
        return hash((self.name, self.labels, self.exclusive))

    def index(self, label: str) -> int:
        """Return the position of a label.

        Raises
        ------
        LabelError
            If the set has no such label.
        """
        try:
            return self.labels.index(label)
        except ValueError:
            raise LabelError(
                f"{label!r} is not a label of {self.name!r}",
                remedy=f"use one of {', '.join(self.labels)}",
            ) from None

    @classmethod
    def load(cls, name: str) -> LabelSet:
        """Load a built-in label set by name.

        Raises
        ------
        LabelError
            If there is no such set.

        Examples
        --------
        >>> LabelSet.load("goemotions28").exclusive
        False
        """
        return _load(name)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values that `from_dict` reads back without loss."""
        return {**asdict(self), "labels": list(self.labels), "definitions": dict(self.definitions)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> LabelSet:
        """Build a set from the values of `to_dict`.

        Examples
        --------
        >>> ekman = LabelSet.load("ekman7")
        >>> LabelSet.from_dict(ekman.to_dict()) == ekman
        True
        """
        known = cls.__dataclass_fields__
        return cls(**{key: value for key, value in values.items() if key in known})


def label_set_names() -> tuple[str, ...]:
    """Return the names of the built-in label sets.

    Examples
    --------
    >>> "ekman7" in label_set_names()
    True
    """
    folder = files("affectkit.affect").joinpath("data/label_sets")
    return tuple(
        sorted(f.name.removesuffix(".json") for f in folder.iterdir() if f.name.endswith(".json"))
    )


@cache
def _load(name: str) -> LabelSet:
    if name not in label_set_names():
        raise LabelError(
            f"there is no label set {name!r}", remedy=f"use one of {', '.join(label_set_names())}"
        )
    path = files("affectkit.affect").joinpath(f"data/label_sets/{name}.json")
    return LabelSet.from_dict(json.loads(path.read_text(encoding="utf-8")))
