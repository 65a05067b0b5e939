"""The vocabulary of emotion: label sets, maps, estimates, timelines, conversations, ratings."""

from affectkit.affect.conversation import Conversation as Conversation
from affectkit.affect.conversation import Utterance as Utterance
from affectkit.affect.estimate import Estimate as Estimate
from affectkit.affect.labels import LabelSet as LabelSet
from affectkit.affect.labels import label_set_names as label_set_names
from affectkit.affect.mapping import LabelMap as LabelMap
from affectkit.affect.ratings import Ratings as Ratings
from affectkit.affect.timeline import Note as Note
from affectkit.affect.timeline import Timeline as Timeline

__all__ = [
    "Conversation",
    "Estimate",
    "LabelMap",
    "LabelSet",
    "Note",
    "Ratings",
    "Timeline",
    "Utterance",
    "label_set_names",
]
