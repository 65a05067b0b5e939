"""One schema for an emotion episode, read under the theory that an annotation chooses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal

from affectkit.affect.labels import LabelSet
from affectkit.errors import LabelError

ExpressionMode = Literal["labelled", "behavioural", "displayed", "suggested"]
"""How a text carries an emotion: it names the feeling, describes a reaction, shows it by
exclamation or style, or tells a situation that implies it (Micheli 2014)."""
MODES: tuple[ExpressionMode, ...] = ("labelled", "behavioural", "displayed", "suggested")

Inference = Literal["decoded", "inferred"]
"""Whether the emotion was read off an expression, or concluded from context and norms."""

APPRAISALS = (
    "pleasantness",
    "goal_relevance",
    "goal_conduciveness",
    "suddenness",
    "certainty",
    "own_responsibility",
    "other_responsibility",
    "control",
    "effort",
    "norm_violation",
)
"""Appraisal variables with a fixed meaning (Smith and Ellsworth 1985; Scherer 2001)."""


@dataclass(frozen=True)
class Span:
    """A stretch of text: character offsets, the end exclusive."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start <= self.end:
            raise ValueError(f"{self.start} to {self.end} is no stretch of text")


@dataclass(frozen=True)
class Episode:
    """One emotion episode: who felt what about which event, and how that is known.

    Every part may be missing; `missing` says which parts a theory asks for.

    Parameters
    ----------
    id
        Names the item it is about.
    experiencer
        Who feels it.
    event, cause, target
        What happened, where the text says so, and whom or what the emotion is about.
    appraisals
        How the experiencer evaluates the event: names of `APPRAISALS`, each in [-1, 1].
    bodily, action_tendency
        A bodily change, and what the experiencer is moved to do.
    expression, mode
        The words that carry it, and how they do.
    label_set, label_set_version, label
        The conceptual label, and where it comes from.
    valence, arousal, dominance
        The subjective feeling, each in [-1, 1].
    intensity
        How strong it is, in [0, 1].
    inference
        Whether it was decoded or inferred.
    evidence
        Where in the text the annotator saw it.
    annotator
        Who says so: a person's id or a model's.

    Examples
    --------
    >>> e = Episode("1", experiencer="Ann", label_set="ekman7", label="joy", mode="labelled")
    >>> e.missing("basic")
    ()
    >>> e.missing("dimensional")
    ('valence', 'arousal')
    """

    id: str
    experiencer: str | None = None
    event: str | None = None
    cause: Span | None = None
    target: str | None = None
    appraisals: Mapping[str, float] = field(default_factory=dict)
    bodily: str | None = None
    action_tendency: str | None = None
    expression: Span | None = None
    mode: ExpressionMode | None = None
    label_set: str | None = None
    label_set_version: str | None = None
    label: str | None = None
    valence: float | None = None
    arousal: float | None = None
    dominance: float | None = None
    intensity: float | None = None
    inference: Inference | None = None
    evidence: tuple[Span, ...] = ()
    annotator: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "evidence", tuple(self.evidence))
        for name, low in (("valence", -1), ("arousal", -1), ("dominance", -1), ("intensity", 0)):
            value = getattr(self, name)
            if value is not None and not low <= value <= 1:
                raise ValueError(f"{name} is {value}, outside [{low}, 1]")
        for name, value in self.appraisals.items():
            if name not in APPRAISALS:
                raise LabelError(
                    f"{name!r} is no appraisal", remedy=f"use one of {', '.join(APPRAISALS)}"
                )
            if not -1 <= value <= 1:
                raise ValueError(f"the appraisal {name} is {value}, outside [-1, 1]")
        if self.mode is not None and self.mode not in MODES:
            raise LabelError(f"{self.mode!r} is no mode", remedy=f"use one of {', '.join(MODES)}")
        if self.inference not in (None, "decoded", "inferred"):
            raise LabelError(f"{self.inference!r} is neither 'decoded' nor 'inferred'")
        if self.label is not None:
            if self.label_set is None:
                raise LabelError(f"the label {self.label!r} does not say its label set")
            LabelSet.load(self.label_set).index(self.label)

    def missing(self, theory: str) -> tuple[str, ...]:
        """Return the parts that a theory asks for and this episode lacks.

        Parameters
        ----------
        theory
            One of `THEORIES`.

        Raises
        ------
        LabelError
            If there is no such theory.
        """
        if theory not in THEORIES:
            raise LabelError(
                f"there is no theory {theory!r}", remedy=f"use one of {', '.join(THEORIES)}"
            )
        return tuple(name for name in THEORIES[theory] if not self._has(name))

    def export(self, form: str) -> tuple[dict[str, Any], tuple[str, ...]]:
        """Return a simpler record of the episode, and the parts that it loses.

        Parameters
        ----------
        form
            One of `FORMS`: ``"label"``, ``"dimensions"``, ``"roles"`` or ``"appraisals"``.

        Examples
        --------
        >>> joy = Episode("1", label_set="ekman7", label="joy", intensity=0.5)
        >>> joy.export("label")
        ({'id': '1', 'label_set': 'ekman7', 'label': 'joy'}, ('intensity',))
        """
        if form not in FORMS:
            raise LabelError(f"there is no form {form!r}", remedy=f"use one of {', '.join(FORMS)}")
        kept = ("id", *FORMS[form])
        values = self.to_dict()
        lost = tuple(f.name for f in fields(self) if f.name not in kept and self._has(f.name))
        return {name: values.get(name) for name in kept}, lost

    def to_dict(self) -> dict[str, Any]:
        """Return plain values without the missing parts; `from_dict` reads them back."""
        values = asdict(self)
        values["appraisals"] = dict(self.appraisals)
        values["evidence"] = [asdict(span) for span in self.evidence]
        return {name: value for name, value in values.items() if self._has(name)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Episode:
        """Build an episode from the values of `to_dict`.

        Raises
        ------
        LabelError
            If a part is unknown.

        Examples
        --------
        >>> import json
        >>> e = Episode("1", cause=Span(3, 9), appraisals={"control": -0.5})
        >>> Episode.from_dict(json.loads(json.dumps(e.to_dict()))) == e
        True
        """
        strangers = set(values) - {f.name for f in fields(cls)}
        if strangers:
            raise LabelError(f"an episode has no {sorted(strangers)}")
        built = dict(values)
        for name in ("cause", "expression"):
            if built.get(name) is not None:
                built[name] = Span(**built[name])
        built["evidence"] = tuple(Span(**span) for span in built.get("evidence", ()))
        return cls(**built)

    def _has(self, name: str) -> bool:
        value = getattr(self, name)
        return value is not None and value not in ((), {})


THEORIES: Mapping[str, tuple[str, ...]] = {
    "basic": ("label", "mode"),
    "psychoevolutionary": ("label", "intensity"),
    "prototype": ("label",),
    "data-driven": ("label",),
    "dimensional": ("valence", "arousal"),
    "constructionist": ("valence", "arousal", "label"),
    "appraisal": ("experiencer", "event", "appraisals"),
    "semantic roles": ("experiencer", "event", "target", "expression"),
    "component process": (
        "experiencer", "event", "appraisals", "bodily", "action_tendency", "mode", "valence",
        "arousal", "label",
    ),
}  # fmt: skip
"""The parts of an episode without which a theory cannot speak of an emotion.

Basic emotions: Ekman 1992; dimensions and construction: Russell 2003; appraisal: Scherer 2001;
roles: Campagnano et al. 2022; all components together: Scherer 2005.
"""

FORMS: Mapping[str, tuple[str, ...]] = {
    "label": ("label_set", "label"),
    "dimensions": ("valence", "arousal", "dominance"),
    "roles": ("experiencer", "event", "cause", "target", "expression"),
    "appraisals": ("appraisals",),
}
"""What the usual annotation formats keep of an episode."""


def about(theory: str) -> str:
    """Return in a sentence what an annotation under a theory can and cannot say.

    Examples
    --------
    >>> about("dimensional")
    'asks for valence, arousal; is silent on label, appraisals, event, bodily'
    """
    asked = THEORIES[theory]
    parts = ("label", "valence", "appraisals", "event", "bodily")
    silent = ", ".join(name for name in parts if name not in asked) or "no part"
    return f"asks for {', '.join(asked)}; is silent on {silent}"
