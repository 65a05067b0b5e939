"""Any emotion word to the labels of any set, through the ontology."""

from __future__ import annotations

from functools import cache

import numpy as np

from affectkit.affect.labels import LabelSet, label_set_names
from affectkit.affect.mapping import LabelMap
from affectkit.affect.ontology import Emotion, Ontology, inflections
from affectkit.errors import LabelError

NOTHING_FELT = frozenset({"neutral", "none", "no emotion", "neutrality"})
"""Labels that say that no emotion was felt: they stand for each other and nothing else."""


def homes(word: str) -> tuple[str, ...]:
    """Return the emotions that a word falls under, from the nearest to the primary one.

    A word of several parts is read by the first part that the ontology knows; a word that
    it does not know has no home.

    Examples
    --------
    >>> homes("carburettor")
    ()
    >>> homes("dread")
    ('dread', 'nervousness', 'fear')
    """
    return tuple(str(e) for e in _path(word))


def share(word: str, label_set: LabelSet | str) -> dict[str, float]:
    """Return the labels that an emotion word means, with the share of each.

    The word itself if it is a label. Else, going up the tiers: the label that names the
    emotion reached; or of the labels that lie under it, those whose vocabulary has most in
    common with the word's home, in equal parts. Else what the built-in map from Parrott's
    secondary emotions says, and ``{"unmapped": 1.0}`` if nothing fits.

    Examples
    --------
    >>> share("revulsion", "ekman7")
    {'disgust': 1.0}
    >>> share("furious", "goemotions28")
    {'anger': 1.0}
    >>> share("carburettor", "ekman7")
    {'unmapped': 1.0}
    """
    labels = LabelSet.load(label_set) if isinstance(label_set, str) else label_set
    for form in inflections(word):
        if form in labels.labels:
            return {form: 1.0}
    if word.lower() in NOTHING_FELT:
        return {labels.neutral: 1.0} if labels.neutral else {"unmapped": 1.0}
    mine = _path(word)
    tone = Ontology.load()
    theirs = {label: _path(label) for label in labels.labels if label not in NOTHING_FELT}
    for emotion in mine:
        if emotion.name in labels.labels:
            return {emotion.name: 1.0}
        meant = {
            label: tone.overlap(mine[0], path[0])
            for label, path in theirs.items()
            if emotion in path
        }
        if meant:
            best = [label for label, common in meant.items() if common == max(meant.values())]
            return {label: 1.0 / len(best) for label in best}
    return _by_map(mine, labels)


def _by_map(path: tuple[Emotion, ...], labels: LabelSet) -> dict[str, float]:
    built_in = labels.name in label_set_names() and LabelSet.load(labels.name) == labels
    if not path or not built_in:
        return {"unmapped": 1.0}
    secondary = LabelSet.load("parrott-secondary")
    try:
        way = LabelMap.between(secondary, labels)
    except LabelError:
        return {"unmapped": 1.0}
    row = way.weights[secondary.index(path[1].name)]
    named = zip((*labels.labels, "unmapped"), row, strict=True)
    return {label: float(part) for label, part in named if part > 0}


def derive_map(source: LabelSet, target: LabelSet) -> LabelMap:
    """Return the map between two sets that the ontology gives, word by word.

    What `LabelMap.between` falls back to where a set is not built in.

    Examples
    --------
    >>> mine = LabelSet("mine", ("furious", "blissful", "heartbroken"))
    >>> way = derive_map(mine, LabelSet.load("ekman7"))
    >>> way.target.labels[way.weights[1].argmax()]
    'joy'
    """
    weights = np.zeros((len(source), len(target) + 1))
    for row, label in zip(weights, source.labels, strict=True):
        for goal, part in share(label, target).items():
            row[len(target) if goal == "unmapped" else target.index(goal)] = part
    return LabelMap(
        source, target, weights, "word by word through the ontology of Parrott's tiers (TONE)"
    )


@cache
def _path(word: str) -> tuple[Emotion, ...]:
    tone = Ontology.load()
    for part in (word, *word.lower().replace("-", " ").replace("_", " ").split()):
        if part in tone:
            return tone.ancestors(part)
    return ()
