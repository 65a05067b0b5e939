"""Gather the words of each emotion of Parrott's tiers from WordNet, one home a word.

``python -m affectkit.recipes.knowledge.vocabulary --write`` makes
``affect/data/tone/vocabulary.json`` anew. As in TONE (recipe 129): synonyms are gathered for
each emotion, a word that several emotions claim goes to the one nearest in meaning, and
opposites are those that antonyms point out. WordNet takes the place of the dictionaries used
there, since it may be passed on; nobody has screened the words by hand.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from affectkit.affect import LabelMap, LabelSet
from affectkit.recipes.knowledge import wordnet
from affectkit.recipes.knowledge.meaning import Encoder, centred, encoder
from affectkit.recipes.knowledge.wordnet import Synset

TERTIARY = LabelSet.load("parrott-tertiary")
# Words of Parrott whose everyday meaning is no feeling: their synonyms would lead astray.
NOT_EXPANDED = {"insult", "defeat", "isolation", "rejection", "shock", "attraction", "zest"}


def gather(emotion: str) -> dict[str, str]:
    """Return the words that WordNet gives for an emotion, each with its gloss."""
    found: dict[str, str] = {}
    for meaning in _meanings(emotion):
        for near in _around(meaning, emotion):
            for word in near.words:
                if _plain(word):
                    found.setdefault(word.lower(), near.gloss)
    if emotion not in NOT_EXPANDED:
        for word, gloss in _forms(emotion):
            found.setdefault(word, gloss)
    for word, gloss in list(found.items()):
        for adjective in _participles(word):
            found.setdefault(adjective, gloss)
    found.setdefault(emotion, next((m.gloss for m in _meanings(emotion)), emotion))
    return {w: gloss for w, gloss in found.items() if not _denies(w, found)}


def build(encode: Encoder) -> dict[str, Any]:
    """Return ``{"terms": {word: [home, [claims]]}, "opposites": [[a, b, evidence]]}``."""
    glosses: dict[str, str] = {}
    claims: dict[str, list[str]] = {}
    for emotion in TERTIARY.labels:
        for word, gloss in gather(emotion).items():
            claims.setdefault(word, []).append(emotion)
            glosses.setdefault(word, gloss)
    homes = _settle(claims, glosses, encode)
    return {
        "terms": {word: [homes[word], sorted(claims[word])] for word in sorted(homes)},
        "opposites": _opposites(homes),
    }


def write(encode: Encoder) -> Path:
    """Write the vocabulary that `affectkit.affect.ontology` reads, and return its path."""
    import affectkit.affect.labels as room

    target = Path(str(room.__file__)).parent / "data" / "tone" / "vocabulary.json"
    target.parent.mkdir(exist_ok=True)
    built = build(encode)
    head = {
        "source": "WordNet 3.1, copyright 2011 by Princeton University, all rights reserved; "
        "gathered, settled and linked by rule",
        "licence": "WordNet licence (free to use, copy, modify and distribute with this notice)",
        "made_by": "python -m affectkit.recipes.knowledge.vocabulary --write",
        "columns": ["home", "claimed by"],
    }
    terms = ",\n".join(f"  {json.dumps(w)}: {json.dumps(v)}" for w, v in built["terms"].items())
    pairs = ",\n".join(f"  {json.dumps(pair)}" for pair in built["opposites"])
    text = (
        json.dumps(head, indent=1)[:-2]
        + f',\n "terms": {{\n{terms}\n }},\n "opposites": [\n{pairs}\n ]\n}}\n'
    )
    beside = target.with_suffix(".part")
    beside.write_text(text, encoding="utf-8")
    os.replace(beside, target)
    return target


def _meanings(emotion: str) -> list[Synset]:
    word = emotion.removeprefix("sexual ") if emotion != "sexual arousal" else emotion
    nouns = list(wordnet.senses(word, "n"))
    felt = [s for s in nouns if s.lexicographer == wordnet.FEELING]
    others = {wordnet.STATE, wordnet.ATTRIBUTE, wordnet.COGNITION}
    return felt or [s for s in nouns if s.lexicographer in others][:1] or nouns[:1]


def _around(meaning: Synset, emotion: str) -> Iterator[Synset]:
    """Yield the meaning, its kinds, and the adjectives and verbs made from its words."""
    yield meaning
    if emotion in NOT_EXPANDED:
        return
    kinds = [meaning]
    if meaning.lexicographer == wordnet.FEELING:
        kinds += [wordnet.synset(key) for symbol, key, _, _ in meaning.pointers if symbol == "~"]
    for kind in kinds:
        yield kind
        for symbol, key, own, _ in kind.pointers:
            if symbol not in ("+", "="):
                continue
            made = wordnet.synset(key)
            # Only forms of the emotion's own words: "content" of contentment, not of ease.
            stem = emotion.split()[-1][:4]
            of_own_word = symbol == "+" and kind.words[own - 1].startswith(stem)
            if key[0] == "v" and not (of_own_word or made.lexicographer == wordnet.EMOTION_VERB):
                continue
            if symbol == "+" and kind is not meaning and not of_own_word and key[0] != "a":
                continue
            if key[0] in "av":
                yield made
                if key[0] == "a" and kind is meaning:
                    yield from (
                        wordnet.synset(other) for mark, other, _, _ in made.pointers if mark == "&"
                    )


def _forms(emotion: str) -> Iterator[tuple[str, str]]:
    """Yield what is made from the name itself in any of its meanings: pride, so proud."""
    for meaning in wordnet.senses(emotion, "n"):
        for symbol, key, own, other in meaning.pointers:
            made = wordnet.synset(key)
            if symbol == "+" and key[0] in "av" and meaning.words[own - 1][:4] == emotion[:4]:
                word, shared = made.words[other - 1].lower(), 3
            elif symbol == "=":
                word, shared = made.words[0].lower(), 2
            else:
                continue
            if word[:shared] == emotion[:shared] and _plain(word):
                yield word, made.gloss


def _participles(word: str) -> Iterator[str]:
    """Yield the adjectives that are participles of a verb: surprise, so surprised."""
    if next(wordnet.senses(word, "v"), None) is not None:
        stem = word.removesuffix("e")
        for ending in ("ed", "ing"):
            if next(wordnet.senses(stem + ending, "a"), None) is not None:
                yield stem + ending


def _denies(word: str, others: dict[str, str]) -> bool:
    """Return whether a word denies another one gathered with it: fearless, fear."""
    rests = [word.removesuffix("less"), *(word.removeprefix(p) for p in ("un", "non", "in"))]
    return any(rest != word and rest in others for rest in rests)


def _plain(word: str) -> bool:
    return word.replace(" ", "").replace("-", "").isalpha() and word.count(" ") < 2


def _settle(
    claims: dict[str, list[str]], glosses: dict[str, str], encode: Encoder
) -> dict[str, str]:
    """Give each word one home: Parrott's own words theirs, the others the nearest claimant."""
    emotions = list(TERTIARY.labels)
    words = list(claims)
    senses = [f"{e}: {next((m.gloss for m in _meanings(e)), e)}" for e in emotions]
    defined = centred(encode([*senses, *(f"{w}: {glosses[w]}" for w in words)]))
    bare = centred(encode([*emotions, *words]))
    centre, meaning = defined[: len(emotions)], defined[len(emotions) :]
    names, alone = bare[: len(emotions)], bare[len(emotions) :]
    at = {e: i for i, e in enumerate(emotions)}
    homes = {}
    for i, word in enumerate(words):
        if word in at:
            homes[word] = word
            continue
        rows = [at[e] for e in claims[word]]
        cosine = centre[rows] @ meaning[i] + names[rows] @ alone[i]
        homes[word] = claims[word][int(np.argmax(cosine))]
    return homes


def _opposites(homes: dict[str, str]) -> list[list[str]]:
    """Return pairs of emotions under two primaries whose words are antonyms in WordNet."""
    secondary = LabelMap.between(TERTIARY, LabelSet.load("parrott-secondary"))
    primary = secondary.then(
        LabelMap.between(secondary.target, LabelSet.load("parrott-primary"))
    ).weights.argmax(axis=1)
    branch = {e: int(b) for e, b in zip(TERTIARY.labels, primary, strict=True)}
    pairs: dict[tuple[str, str], str] = {}
    for word, home in homes.items():
        for part in "nva":
            for meaning in wordnet.senses(word, part):
                for a, b in _antonyms(meaning, word):
                    other = homes.get(b)
                    if other is not None and branch[other] != branch[home]:
                        first, second = sorted((home, other))
                        pairs.setdefault((first, second), f"{a} - {b}")
    return [[a, b, evidence] for (a, b), evidence in sorted(pairs.items())]


def _antonyms(meaning: Synset, word: str) -> Iterator[tuple[str, str]]:
    names = [w.lower() for w in meaning.words]
    for symbol, key, own, other in meaning.pointers:
        if symbol != "!" or (own and names[own - 1] != word):
            continue
        against = wordnet.synset(key)
        for name in against.words if not other else (against.words[other - 1],):
            yield word, name.lower()
        # What is made from the antonym is opposite too: unhappy, so unhappiness.
        for mark, made, start, end in against.pointers:
            if mark == "+" and start == other and end:
                yield word, wordnet.synset(made).words[end - 1].lower()


def _main(arguments: Sequence[str]) -> None:
    if "--write" not in arguments:
        raise SystemExit("usage: python -m affectkit.recipes.knowledge.vocabulary --write")
    print(write(encoder()))


if __name__ == "__main__":
    _main(sys.argv[1:])
