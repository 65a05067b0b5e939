"""The vocabulary of emotion: label sets, maps, estimates, timelines, conversations, ratings."""

from affectkit.affect.conversation import Conversation as Conversation
from affectkit.affect.conversation import Utterance as Utterance
from affectkit.affect.convokit import Corpus as Corpus
from affectkit.affect.emotion_wheels import Wheel as Wheel
from affectkit.affect.emotion_wheels import read_wheels as read_wheels
from affectkit.affect.episode import Episode as Episode
from affectkit.affect.estimate import Estimate as Estimate
from affectkit.affect.labels import LabelSet as LabelSet
from affectkit.affect.labels import label_set_names as label_set_names
from affectkit.affect.mapping import LabelMap as LabelMap
from affectkit.affect.ontology import Ontology as Ontology
from affectkit.affect.ratings import Ratings as Ratings
from affectkit.affect.timeline import Note as Note
from affectkit.affect.timeline import Timeline as Timeline

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
