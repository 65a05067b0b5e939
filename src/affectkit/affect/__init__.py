"""The vocabulary of emotion: label sets, maps, estimates, timelines, conversations, ratings."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from affectkit.affect.conversation import Conversation as Conversation
from affectkit.affect.conversation import Utterance as Utterance
from affectkit.affect.estimate import Estimate as Estimate
from affectkit.affect.labels import LabelSet as LabelSet
from affectkit.affect.labels import label_set_names as label_set_names
from affectkit.affect.mapping import LabelMap as LabelMap
from affectkit.affect.ratings import Ratings as Ratings
from affectkit.affect.timeline import Note as Note
from affectkit.affect.timeline import Timeline as Timeline

if TYPE_CHECKING:
    from affectkit.affect.convokit import Corpus as Corpus
    from affectkit.affect.emotion_wheels import Wheel as Wheel
    from affectkit.affect.emotion_wheels import read_wheels as read_wheels
    from affectkit.affect.episode import Episode as Episode
    from affectkit.affect.ontology import Ontology as Ontology

__all__ = [
    "Conversation",
    "Corpus",
    "Episode",
    "Estimate",
    "LabelMap",
    "LabelSet",
    "Note",
    "Ontology",
    "Ratings",
    "Timeline",
    "Utterance",
    "Wheel",
    "label_set_names",
    "read_wheels",
]

_LATER = {
    "Corpus": "convokit",
    "Episode": "episode",
    "Ontology": "ontology",
    "Wheel": "emotion_wheels",
    "read_wheels": "emotion_wheels",
}
"""What most uses of the room need not load, with the module that has it."""


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
