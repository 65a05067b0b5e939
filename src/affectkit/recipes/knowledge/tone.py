"""TONE (129): does a tiered vocabulary with one home a word tag emotion better than six words?

Three zero-shot taggers, alike but for their vocabulary, read GoEmotions comments as one of
Parrott's six primary emotions: (a) all words of the ontology, each counting for its one home;
(b) the same words before the clean-up, each counting for every emotion that claims it; (c) the
six names alone. A comment goes to the emotion with the highest sum of words found and, times a
weight, nearness of meaning to the emotion's words. The weight is chosen for each tagger on
training comments; nothing else is learnt.

The opposites of the ontology come from antonyms and know nothing of valence, so that VADER's
ratings can judge them: opposites should differ in sign more often than any two emotions under
different primary ones do.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from affectkit.affect import LabelMap, LabelSet
from affectkit.affect.ontology import Emotion, Ontology, inflections
from affectkit.errors import DataError
from affectkit.measure.intervals import bootstrap
from affectkit.measure.metrics import macro_f1
from affectkit.progress import Progress, silent
from affectkit.recipes.finding import Finding
from affectkit.recipes.knowledge.meaning import Encoder, encoder, unit

ID = "knowledge.tone"
PAPER = 129
TITLE = "A three-tiered emotion ontology tags better than six words, and its opposites oppose"
NEEDS = ("text-open/goemotions", "text-open/vader", "weights:text_encoder")

WEIGHTS = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0)
"""How much nearness of meaning may count against one word found."""


def run(
    *,
    data: Path,
    seeds: Sequence[int] = (0, 1, 2),
    full: bool = False,
    progress: Progress | None = None,
) -> list[Finding]:
    """Return whether the taxonomy helps, whether its clean-up helps, whether opposites oppose."""
    report = progress or silent
    tone = Ontology.load()
    primaries = tone.tier(1)
    encode = encoder()
    tuning = _comments(data, "train", 6000 if full else 1500, seeds[0])
    judging = _comments(data, "dev", None, seeds[0])
    report("encoding", 0, None)
    meaning = encode([text for text, _ in (*tuning, *judging)])
    common = meaning.mean(axis=0)
    sentences = unit(meaning - common)
    truth = np.array([gold for _, gold in (*tuning, *judging)])
    tune, judge = slice(0, len(tuning)), slice(len(tuning), None)
    vocabularies: dict[str, Mapping[str, tuple[Emotion, ...]]] = {
        "tone": {word: (home,) for word, home in tone.home.items()},
        "claims": {word: tone.claims[word] for word in tone.home},
        "six": {e.name: (e,) for e in primaries},
    }
    texts = [text for text, _ in (*tuning, *judging)]
    said: dict[str, NDArray[np.intp]] = {}
    chosen: dict[str, float] = {}
    for number, (name, vocabulary) in enumerate(vocabularies.items()):
        report("tagging", number, len(vocabularies))
        found = np.array([_found(text, vocabulary, tone) for text in texts])
        every = sentences @ _centres(vocabulary, tone, encode).T
        near = np.stack([every[:, at].max(axis=1) for at in _leaves_of(vocabulary, tone)], axis=1)
        scores = {w: found + w * near for w in WEIGHTS}
        quality = {
            w: macro_f1(truth[tune], score[tune].argmax(axis=1)) for w, score in scores.items()
        }
        chosen[name] = max(quality, key=lambda w: quality[w])
        said[name] = scores[chosen[name]][judge].argmax(axis=1)
    gold = truth[judge]
    report("tagging", len(vocabularies), len(vocabularies))
    notes = (
        "comments whose labels all lie under one primary emotion by the map "
        "goemotions28 -> parrott-primary; weight of meaning chosen on train: "
        + ", ".join(f"{name} {weight:g}" for name, weight in chosen.items())
    )
    data_names = ("text-open/goemotions",)
    found_all = []
    for claim, other, other_name in (
        ("a zero-shot tagger over the ontology's vocabulary beats one over the six names",
         "six", "six-word tagger"),
        ("giving each word one home by nearness of meaning makes the tagger better than "
         "counting it for all that claim it", "claims", "no clean-up"),
    ):  # fmt: skip

        def gain(g: NDArray[np.intp], a: NDArray[np.intp], b: NDArray[np.intp]) -> float:
            return macro_f1(g, a) - macro_f1(g, b)

        interval = bootstrap(gain, gold, said["tone"], said[other], n=1000, seed=seeds[0])
        found_all.append(
            Finding(
                claim=claim,
                metric="macro-F1 over 6 primary emotions",
                value=macro_f1(gold, said["tone"]),
                baseline=macro_f1(gold, said[other]),
                baseline_name=other_name,
                low=interval.low,
                high=interval.high,
                n=len(gold),
                seeds=tuple(seeds[:1]),
                data=data_names,
                holds=bool(interval.low > 0),
                notes=notes,
            )
        )
    return [*found_all, _opposites(tone, data, seeds)]


def _opposites(tone: Ontology, data: Path, seeds: Sequence[int]) -> Finding:
    """Compare how often opposites differ in valence sign with any two of different families."""
    valence = _valence(tone, data)
    pairs = [(a, b) for a, b in tone.opposite if a in valence and b in valence]
    differ = np.array([float(valence[a] * valence[b] < 0) for a, b in pairs])
    leaves = [e for e in tone.tier(3) if e in valence]
    others = [
        float(valence[a] * valence[b] < 0)
        for i, a in enumerate(leaves)
        for b in leaves[i + 1 :]
        if tone.roll_up(a, 1) != tone.roll_up(b, 1)
    ]
    chance = float(np.mean(others))
    interval = bootstrap(lambda d: float(d.mean()) - chance, differ, n=2000, seed=seeds[0])
    return Finding(
        claim="opposites by antonyms differ in the sign of VADER's valence more often than "
        "emotions of different families do",
        metric="share of pairs that differ in sign",
        value=float(differ.mean()),
        baseline=chance,
        baseline_name="all pairs under different primary emotions",
        low=interval.low,
        high=interval.high,
        n=len(pairs),
        seeds=tuple(seeds[:1]),
        data=("text-open/vader",),
        holds=bool(interval.low > 0),
        notes="valence of an emotion: mean rating of those of its words that VADER rates",
    )


def _comments(data: Path, part: str, most: int | None, seed: int) -> list[tuple[str, int]]:
    """Return comments under one primary emotion, with its number."""
    path = data / "text-open" / "goemotions" / "original" / f"{part}.tsv"
    if not path.exists():
        raise DataError(f"GoEmotions is not at {path}", remedy="set AFFECTKIT_DATA")
    way = LabelMap.between(LabelSet.load("goemotions28"), LabelSet.load("parrott-primary"))
    # Only labels that the map carries whole, and to one primary emotion.
    goal = [int(row.argmax()) if row.max() == 1.0 else -1 for row in way.weights]
    unmapped = len(way.target)
    out = []
    for line in path.read_text(encoding="utf-8").split("\n"):
        fields = line.split("\t")
        if len(fields) != 3:
            continue
        goals = {goal[int(label)] for label in fields[1].split(",")}
        if len(goals) == 1 and goals.isdisjoint({-1, unmapped}):
            out.append((fields[0], goals.pop()))
    if most is not None and len(out) > most:
        rows = np.random.default_rng(seed).permutation(len(out))[:most]
        out = [out[i] for i in sorted(rows)]
    return out


def _found(
    text: str, vocabulary: Mapping[str, tuple[Emotion, ...]], tone: Ontology
) -> NDArray[np.float64]:
    """Count the words of each primary emotion in a text; a word of several counts in parts."""
    primaries = tone.tier(1)
    counts = np.zeros(len(primaries))
    for token in re.findall(r"[a-z'-]+", text.lower()):
        for form in inflections(token):
            if form in vocabulary:
                homes = vocabulary[form]
                for home in homes:
                    counts[primaries.index(tone.roll_up(home, 1))] += 1.0 / len(homes)
                break
    return counts


def _members(
    vocabulary: Mapping[str, tuple[Emotion, ...]],
) -> dict[Emotion, list[str]]:
    members: dict[Emotion, list[str]] = {}
    for word, homes in vocabulary.items():
        for home in homes:
            members.setdefault(home, []).append(word)
    return dict(sorted(members.items()))


def _centres(
    vocabulary: Mapping[str, tuple[Emotion, ...]], tone: Ontology, encode: Encoder
) -> NDArray[np.float64]:
    """Return the centre of the words of each emotion, less what all words have in common."""
    words = sorted(tone.home)
    vectors = encode(words)
    common = vectors.mean(axis=0)
    at = {word: i for i, word in enumerate(words)}
    centres = [
        vectors[[at[w] for w in members]].mean(axis=0) for members in _members(vocabulary).values()
    ]
    return unit(np.array(centres) - common)


def _leaves_of(vocabulary: Mapping[str, tuple[Emotion, ...]], tone: Ontology) -> list[list[int]]:
    """Return, for each primary emotion, the rows of `_centres` under it."""
    emotions = list(_members(vocabulary))
    return [
        [i for i, e in enumerate(emotions) if tone.roll_up(e, 1) == primary]
        for primary in tone.tier(1)
    ]


def _valence(tone: Ontology, data: Path) -> dict[Emotion, float]:
    path = data / "text-open" / "vader" / "vader_lexicon.txt"
    if not path.exists():
        raise DataError(f"the VADER lexicon is not at {path}", remedy="set AFFECTKIT_DATA")
    rated = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        word, mean = line.split("\t")[:2]
        rated[word] = float(mean)
    out = {}
    for emotion in tone.tier(3):
        ratings = [rated[w] for w in tone.words(emotion) if w in rated]
        if ratings:
            out[emotion] = float(np.mean(ratings))
    return out


if __name__ == "__main__":
    from affectkit.recipes.run import main

    main()
