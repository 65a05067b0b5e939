"""Parrott's three tiers of emotion as an ontology: words, ancestors, opposites, paths."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

from affectkit.affect.labels import LabelSet
from affectkit.affect.mapping import built_in_maps
from affectkit.affect.wheel import DYADS
from affectkit.errors import LabelError

TIERS = ("parrott-primary", "parrott-secondary", "parrott-tertiary")
"""The label sets that the tiers are, from the coarsest to the finest."""


@dataclass(frozen=True, order=True)
class Emotion:
    """A node of the ontology.

    Parameters
    ----------
    tier
        1 for the six primary emotions, 2 for the secondary, 3 for Parrott's single words.
    name
        The name; the same word may stand on several tiers (anger is a primary emotion, and
        a word under rage).
    """

    tier: int
    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Ontology:
    """TONE: a three-tiered ontology for emotion analysis, rebuilt from open sources.

    Parameters
    ----------
    parent
        The emotion one tier up, for each emotion of tier 2 and 3.
    home
        The one emotion of tier 3 that each word of the vocabulary belongs to.
    claims
        The emotions of tier 3 whose synonyms include the word, before it got one home.
    opposite
        Pairs of emotions of tier 3 with the antonyms that say so.
    blends
        For an emotion, the two that it is composed of (Plutchik's dyads).

    Examples
    --------
    >>> tone = Ontology.load()
    >>> tone.explain("wrath")
    'wrath: a word of wrath, a kind of rage, under anger'
    >>> [str(e) for e in tone.ancestors("dread")]
    ['dread', 'nervousness', 'fear']
    """

    parent: Mapping[Emotion, Emotion]
    home: Mapping[str, Emotion]
    claims: Mapping[str, tuple[Emotion, ...]] = field(default_factory=dict)
    opposite: Mapping[tuple[Emotion, Emotion], str] = field(default_factory=dict)
    blends: Mapping[Emotion, tuple[Emotion, Emotion]] = field(default_factory=dict)

    @classmethod
    def load(cls) -> Ontology:
        """Return the built-in ontology.

        Tiers after Parrott 2001; words and opposites from WordNet 3.1 by the recipe
        ``affectkit.recipes.knowledge.vocabulary``; blends after Plutchik 1980.
        """
        return _load()

    def tier(self, number: int) -> tuple[Emotion, ...]:
        """Return the emotions of a tier, in Parrott's order.

        Examples
        --------
        >>> [str(e) for e in Ontology.load().tier(1)]
        ['love', 'joy', 'surprise', 'anger', 'sadness', 'fear']
        """
        if number == 1:
            return tuple(dict.fromkeys(e for e in self.parent.values() if e.tier == 1))
        return tuple(e for e in self.parent if e.tier == number)

    def find(self, word: str | Emotion) -> Emotion:
        """Return the emotion that a word belongs to, whatever its inflection.

        Raises
        ------
        LabelError
            If no emotion has the word.

        Examples
        --------
        >>> Ontology.load().find("Dreads")
        Emotion(tier=3, name='dread')
        """
        if isinstance(word, Emotion):
            return word
        for form in inflections(word):
            if form in self.home:
                return self.home[form]
        raise LabelError(
            f"the ontology has no word {word!r}",
            remedy="use a common noun, adjective or verb for the emotion",
        )

    def __contains__(self, word: object) -> bool:
        return isinstance(word, str) and any(f in self.home for f in inflections(word))

    def ancestors(self, word: str | Emotion) -> tuple[Emotion, ...]:
        """Return the emotions above a word, nearest first; above an emotion, without itself.

        Examples
        --------
        >>> [str(e) for e in Ontology.load().ancestors(Emotion(2, "shame"))]
        ['sadness']
        """
        here = self.find(word)
        above = [] if isinstance(word, Emotion) else [here]
        while here in self.parent:
            here = self.parent[here]
            above.append(here)
        return tuple(above)

    def roll_up(self, word: str | Emotion, tier: int) -> Emotion:
        """Return the emotion of a tier that a word, or an emotion below it, falls under.

        Raises
        ------
        LabelError
            If an emotion above that tier is given.

        Examples
        --------
        >>> Ontology.load().roll_up("lonely", 1).name
        'sadness'
        """
        here = self.find(word)
        for emotion in (here, *self.ancestors(here)):
            if emotion.tier == tier:
                return emotion
        raise LabelError(f"{here.name!r} stands above tier {tier}")

    def below(self, emotion: Emotion) -> tuple[Emotion, ...]:
        """Return the emotions one tier down."""
        return tuple(child for child, above in self.parent.items() if above == emotion)

    def words(self, emotion: Emotion) -> tuple[str, ...]:
        """Return the words whose home is the emotion or one below it, in order.

        Examples
        --------
        >>> "dread" in Ontology.load().words(Emotion(1, "fear"))
        True
        """
        return tuple(w for w, home in self.home.items() if emotion in (home, *self.ancestors(home)))

    def opposites(self, word: str | Emotion) -> tuple[Emotion, ...]:
        """Return the opposites of an emotion, or of the nearest emotion above that has some.

        Of an emotion of tier 2 or 1 they are the opposites of those below it, rolled up.

        Examples
        --------
        >>> [str(e) for e in Ontology.load().opposites("despair")]
        ['hope', 'optimism']
        """
        start = self.find(word)
        for emotion in (start, *self.ancestors(start)):
            found = set()
            for pair in self.opposite:
                for one, other in (pair, pair[::-1]):
                    if emotion in (one, *self.ancestors(one)):
                        found.add(self.roll_up(other, emotion.tier))
            found.discard(emotion)
            if found:
                return tuple(sorted(found))
        return ()

    def complementary(self, word: str | Emotion) -> Mapping[Emotion, Emotion]:
        """Return ``{emotion to add: what the two make}`` by Plutchik's dyads.

        Examples
        --------
        >>> {str(a): str(b) for a, b in Ontology.load().complementary("disgust").items()}
        {'anger': 'contempt', 'fear': 'shame', 'sadness': 'remorse'}
        """
        here = self.find(word)
        out: dict[Emotion, Emotion] = {}
        # The finest emotion that takes part in any blend is the one meant: disgust, not anger.
        for emotion in (here, *self.ancestors(here)):
            for made, (one, other) in self.blends.items():
                for mine, added in ((one, other), (other, one)):
                    if mine.name == emotion.name:
                        out[added] = made
            if out:
                break
        return dict(sorted(out.items()))

    def nearest(self, word: str | Emotion, n: int = 5) -> tuple[Emotion, ...]:
        """Return the emotions of the same tier nearest to a word's, nearest first.

        First those whose vocabularies claimed the most words in common with it, as a share of
        all that either claimed; then those nearest in the tree.

        Examples
        --------
        >>> Emotion(3, "fright") in Ontology.load().nearest("terror", 8)
        True
        """
        here = self.find(word)
        path = (here, *self.ancestors(here))

        def order(other: Emotion) -> tuple[float, float, Emotion]:
            along = (other, *self.ancestors(other))
            steps = next((i for i, e in enumerate(path) if e in along), len(path))
            return (-self.overlap(here, other), steps, other)

        others = (e for e in self.tier(here.tier) if e != here)
        return tuple(sorted(others, key=order)[:n])

    def overlap(self, one: Emotion, other: Emotion) -> float:
        """Return the share of the words claimed by either emotion that both claim, [0, 1].

        Examples
        --------
        >>> tone = Ontology.load()
        >>> rage, anger, pity = (Emotion(3, name) for name in ("rage", "anger", "pity"))
        >>> tone.overlap(rage, anger) > tone.overlap(rage, pity)
        True
        """
        reach = _reach(self)
        mine, theirs = reach[one], reach[other]
        return len(mine & theirs) / max(len(mine | theirs), 1)

    def explain(self, word: str) -> str:
        """Return the path from a word to its primary emotion, in words.

        Examples
        --------
        >>> Ontology.load().explain("relieved")
        'relieved: a word of relief, a kind of relief, under joy'
        """
        leaf = self.find(word)
        second, first = self.ancestors(leaf)
        return f"{word}: a word of {leaf}, a kind of {second}, under {first}"

    def problems(self) -> tuple[str, ...]:
        """Return what breaks the rules of a tree; nothing for a sound ontology.

        Every emotion below the first tier has one parent one tier up (so none falls under
        two primary emotions), every word one home on tier 3, every opposite lies under
        another primary emotion, and no emotion is a part of itself.
        """
        out = []
        for child, above in self.parent.items():
            if child.tier != above.tier + 1:
                out.append(f"{child} of tier {child.tier} stands under tier {above.tier}")
            if above.tier > 1 and above not in self.parent:
                out.append(f"{above} has no parent")
        for word, home in self.home.items():
            if home.tier != 3 or home not in self.parent:
                out.append(f"the word {word} has no home among the single words")
            if word in self.claims and home not in self.claims[word]:
                out.append(f"{home} never claimed the word {word}")
        for one, other in self.opposite:
            if self.roll_up(one, 1) == self.roll_up(other, 1):
                out.append(f"{one} and {other} are opposites under one primary emotion")
        out += [f"{e} is a part of itself" for e, parts in self.blends.items() if e in parts]
        return tuple(out)


def inflections(word: str) -> Iterator[str]:
    """Yield a word in lower case and the base forms it may be inflected from.

    Examples
    --------
    >>> "cry" in list(inflections("Cries"))
    True
    """
    plain = word.lower().strip().replace("_", " ")
    yield plain
    for ending, bases in _ENDINGS:
        if plain.endswith(ending) and len(plain) - len(ending) >= 2:
            stem = plain.removesuffix(ending)
            for base in bases:
                yield stem + base
            if len(stem) > 3 and stem[-1] == stem[-2] and "" in bases:
                yield stem[:-1]


_ENDINGS = (
    ("ies", ("y",)),
    ("ied", ("y",)),
    ("iness", ("y",)),
    ("ily", ("y",)),
    ("es", ("", "e")),
    ("s", ("",)),
    ("ed", ("", "e")),
    ("ing", ("", "e")),
    ("ly", ("",)),
    ("ness", ("",)),
    ("er", ("", "e")),
    ("est", ("", "e")),
)


def _reach(tone: Ontology) -> Mapping[Emotion, set[str]]:
    stored: Mapping[Emotion, set[str]] | None = tone.__dict__.get("_reach")
    if stored is not None:
        return stored
    reach: dict[Emotion, set[str]] = {e: set() for t in (1, 2, 3) for e in tone.tier(t)}
    for word, claimants in tone.claims.items():
        for leaf in claimants:
            for emotion in (leaf, *tone.ancestors(leaf)):
                reach[emotion].add(word)
    # Kept with the ontology, which never changes; not a field, as it follows from the others.
    object.__setattr__(tone, "_reach", reach)
    return reach


@cache
def _load() -> Ontology:
    parent: dict[Emotion, Emotion] = {}
    for tier in (2, 3):
        way = built_in_maps()[TIERS[tier - 1], TIERS[tier - 2]]
        for name, row in zip(way.source.labels, way.weights, strict=True):
            above = way.target.labels[int(row.argmax())]
            parent[Emotion(tier, name)] = Emotion(tier - 1, above)
    path = files("affectkit.affect").joinpath("data/tone/vocabulary.json")
    stored = json.loads(path.read_text(encoding="utf-8"))
    home = {word: Emotion(3, row[0]) for word, row in stored["terms"].items()}
    claims = {
        word: tuple(Emotion(3, name) for name in row[1]) for word, row in stored["terms"].items()
    }
    opposite = {
        (Emotion(3, one), Emotion(3, other)): evidence
        for one, other, evidence in stored["opposites"]
    }
    blends = {}
    leaves = set(LabelSet.load(TIERS[2]).labels)
    for (one, other), made in DYADS.items():
        if {one, other, made} <= leaves:
            blends[Emotion(3, made)] = (Emotion(3, one), Emotion(3, other))
    return Ontology(parent, home, claims, opposite, blends)
