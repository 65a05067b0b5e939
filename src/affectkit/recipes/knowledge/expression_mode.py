"""Expression mode (097): a lexicon finds emotion that is named, not emotion that is suggested.

A hundred GoEmotions comments carry, besides their emotion, how they carry it: labelled (a word
names the feeling), behavioural (a reaction is told), displayed (exclamation, swearing, style)
or suggested (a situation implies it; Micheli 2014). One rater read them; the other is the rule
in `rule_mode`. The recipe keeps each as an `Episode`, measures how far the two agree, and how
often the words of the ontology find the emotion of labelled and of suggested comments.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from affectkit.affect import LabelMap, LabelSet
from affectkit.affect.episode import MODES, Episode, ExpressionMode
from affectkit.affect.ontology import Ontology, inflections
from affectkit.affect.open_vocabulary import share
from affectkit.errors import DataError
from affectkit.measure.intervals import bootstrap
from affectkit.progress import Progress, silent
from affectkit.recipes.finding import Finding

ID = "knowledge.expression_mode"
PAPER = 97
TITLE = "One schema for emotion episodes; a lexicon misses emotion that is only suggested"
NEEDS = ("text-open/goemotions",)

_NAMED = {
    "thanks", "thank", "thankful", "sorry", "miss", "wish", "hope", "hoping", "love", "loved",
    "like", "hate", "feel", "feeling", "enjoy",
    "appreciate", "glad", "happy", "sad",
}  # fmt: skip
_REACTION = re.compile(
    r"\b(laugh|cri(ed|es)|cry(ing)?|tears?|scream|smil|trembl|shak(e|ing)|hug|blush|sigh|faint)",
    re.IGNORECASE,
)
_SHOWN = re.compile(
    r"!|\b(o+h+|wo+w+|omg|lo+l|(ha){2,}h?|hm+|ugh|yay|damn|wtf|fuck\w*|shit\w*|what an? )\b"
    r"|\b(?-i:[A-Z]{4,})\b|(?P<letter>\w)(?P=letter){2,}|[\U0001F300-\U0001FAFF\u2600-\u27BF]|[:;]-?[)(DP]",
    re.IGNORECASE,
)


def run(
    *,
    data: Path,
    seeds: Sequence[int] = (0, 1, 2),
    full: bool = False,
    progress: Progress | None = None,
) -> list[Finding]:
    """Return the agreement on expression mode, and the lexicon's recall by mode."""
    (progress or silent)("reading", 0, None)
    comments = _comments(data)
    episodes = episodes_of(comments)
    read = np.array([MODES.index(e.mode) for e in episodes if e.mode is not None])
    ruled = np.array([MODES.index(rule_mode(text)) for text, _ in comments.values()])
    kappa = bootstrap(_kappa, read, ruled, n=2000, seed=seeds[0])
    found = np.array([float(lexicon_finds(text, gold)) for text, gold in comments.values()])
    suggested, labelled = MODES.index("suggested"), MODES.index("labelled")

    def gap(modes: NDArray[np.intp], hits: NDArray[np.float64]) -> float:
        # A resample without one of the two modes has no gap to speak of.
        if not (modes == suggested).any() or not (modes == labelled).any():
            return 0.0
        return float(hits[modes == suggested].mean() - hits[modes == labelled].mean())

    recall = bootstrap(gap, read, found, n=2000, seed=seeds[0])
    counts = ", ".join(f"{name} {int((read == i).sum())}" for i, name in enumerate(MODES))
    shared = {
        "seeds": tuple(seeds[:1]),
        "data": ("text-open/goemotions",),
    }
    return [
        Finding(
            claim="two raters, one reading and one rule, agree on expression mode beyond chance",
            metric="Cohen's kappa",
            value=_kappa(read, ruled),
            baseline=0.0,
            baseline_name="chance agreement",
            low=kappa.low,
            high=kappa.high,
            n=len(read),
            holds=bool(kappa.low > 0),
            notes=f"by reading: {counts}; the reader was a language model in one pass, checked by "
            "no person, so this is no agreement between people; the rule was written after the "
            "reading, so it may be flattered by it",
            **shared,  # type: ignore[arg-type]
        ),
        Finding(
            claim="a lexicon tagger finds the emotion of suggested comments less often than that "
            "of labelled ones",
            metric="recall of the gold family of emotion",
            value=float(found[read == suggested].mean()),
            baseline=float(found[read == labelled].mean()),
            baseline_name="labelled comments",
            low=recall.low,
            high=recall.high,
            n=int(((read == suggested) | (read == labelled)).sum()),
            holds=bool(recall.high < 0),
            notes="words of the ontology against the published Ekman grouping of the gold labels; "
            "modes by reading",
            **shared,  # type: ignore[arg-type]
        ),
    ]


def episodes_of(comments: dict[str, tuple[str, tuple[str, ...]]]) -> list[Episode]:
    """Return an episode for each comment: its first label and its mode by reading."""
    modes: dict[str, ExpressionMode] = _stored()
    return [
        Episode(
            key,
            experiencer="writer",
            label_set="goemotions28",
            label=gold[0],
            mode=modes[key],
            inference="inferred" if modes[key] == "suggested" else "decoded",
            annotator="reading",
        )
        for key, (_, gold) in comments.items()
    ]


def rule_mode(text: str) -> ExpressionMode:
    """Return the expression mode of a text by rule.

    Examples
    --------
    >>> rule_mode("Thank you."), rule_mode("Oh wow!"), rule_mode("He never called back.")
    ('labelled', 'displayed', 'suggested')
    """
    named = _NAMED | set(LabelSet.load("goemotions28").labels)
    for token in re.findall(r"[a-z']+", text.lower()):
        if any(form in named for form in inflections(token)):
            return "labelled"
    if _REACTION.search(text):
        return "behavioural"
    return "displayed" if _SHOWN.search(text) else "suggested"


def lexicon_finds(text: str, gold: Sequence[str]) -> bool:
    """Return whether a word of the ontology points to the family of one of the gold labels.

    Examples
    --------
    >>> lexicon_finds("I am furious", ["anger"]), lexicon_finds("He is late again", ["anger"])
    (True, False)
    """
    way = LabelMap.between(LabelSet.load("goemotions28"), LabelSet.load("ekman7"))
    families = {way.target.labels[way.weights[way.source.index(g)].argmax()] for g in gold}
    tone = Ontology.load()
    told: set[str] = set()
    for token in re.findall(r"[a-z'-]+", text.lower()):
        if token in tone:
            told |= set(share(token, "ekman7"))
    return bool(families & told)


def _comments(data: Path) -> dict[str, tuple[str, tuple[str, ...]]]:
    path = data / "text-open" / "goemotions" / "original" / "dev.tsv"
    if not path.exists():
        raise DataError(f"GoEmotions is not at {path}", remedy="set AFFECTKIT_DATA")
    labels = LabelSet.load("goemotions28").labels
    wanted = _stored()
    out = {}
    for line in path.read_text(encoding="utf-8").split("\n"):
        fields = line.split("\t")
        if len(fields) == 3 and fields[2] in wanted:
            out[fields[2]] = (fields[0], tuple(labels[int(i)] for i in fields[1].split(",")))
    missing = sorted(set(wanted) - set(out))
    if missing:
        raise DataError(f"{path} lacks the comments {missing[:3]} and so on")
    return {key: out[key] for key in wanted}


def _stored() -> dict[str, ExpressionMode]:
    path = files("affectkit.recipes.knowledge").joinpath("data/expression_mode.json")
    modes: dict[str, ExpressionMode] = json.loads(path.read_text(encoding="utf-8"))["modes"]
    return modes


def _kappa(one: NDArray[np.intp], other: NDArray[np.intp]) -> float:
    """Return Cohen's kappa (Cohen 1960, equation 1); 1 where chance alone would agree fully."""
    observed = float((one == other).mean())
    expected = sum(float((one == k).mean()) * float((other == k).mean()) for k in range(len(MODES)))
    return 1.0 if expected >= 1.0 else (observed - expected) / (1.0 - expected)


if __name__ == "__main__":
    from affectkit.recipes.run import main

    main()
