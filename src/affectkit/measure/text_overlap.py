"""How far texts that a system wrote share words with those that people wrote, and how varied.

All are in [0, 1]. They count common words and nothing else: a reply that says the same in other
words scores 0, so set them beside the trivial baselines of `affectkit.measure.scored`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from itertools import zip_longest
from typing import Any, Literal

import numpy as np

from affectkit.optional import require

Unit = Literal["words", "characters"]
References = Sequence[str] | Sequence[Sequence[str]]


def bleu(
    truth: References,
    said: Sequence[str],
    *,
    unit: Unit = "words",
    order: int = 4,
    lower_case: bool = False,
) -> float:
    """BLEU of a whole corpus, in [0, 1], as ``sacrebleu`` counts it, for others to compare with.

    Geometric mean of the clipped precision of n-grams, counted over all items together, times the
    brevity penalty. It is no mean over items. Where no n-gram of some length matches, sacrebleu's
    smoothing (``exp``) keeps it above 0 as long as anything matches.

    Parameters
    ----------
    truth
        What people wrote: one text an item, or several, of any of which n-grams may match and of
        which the closest in length counts for the penalty [length n].
    said
        What the system wrote [length n]; it may be empty.
    unit
        ``"words"``, cut as in the WMT campaigns (``13a``), which suits languages with spaces, or
        ``"characters"`` without white space, for the others. Chance matches of letters raise the
        score, so say which unit it was.
    order
        Longest n-grams, from 1. Texts of a few words have no n-grams of 4: use 2.
    lower_case
        Whether case is ignored.

    Raises
    ------
    ValueError
        If there is nothing to score, lengths differ, an item has no text to compare with, or the
        unit or order is unknown.
    MissingExtraError
        If ``sacrebleu`` is not installed.

    References
    ----------
    Papineni, K. et al. (2002). BLEU. ACL, section 2.3; the counting, Post, M. (2018). A call for
    clarity in reporting BLEU scores. WMT. Its signature here is
    ``case:mixed|eff:no|tok:13a|smooth:exp``, or ``tok:char``.

    Examples
    --------
    >>> round(bleu(["I am so sorry to hear that"], ["I am sorry to hear that"]), 3)
    0.512
    >>> bleu([["so sorry", "that is sad"]], ["that is sad"], order=2)
    1.0
    """
    _known_unit(unit)
    if order < 1:
        raise ValueError(f"order must be at least 1, not {order}")
    references = _references(truth, len(said))
    sacrebleu = require("sacrebleu.metrics", extra="overlap")
    counted = sacrebleu.BLEU(
        tokenize="13a" if unit == "words" else "char",
        max_ngram_order=order,
        lowercase=lower_case,
        force=True,
    ).corpus_score([str(text) for text in said], list(zip_longest(*references)))
    # sacrebleu's logarithms may leave 100.00000000000004.
    return min(float(counted.score) / 100, 1.0)


def rouge(
    truth: References,
    said: Sequence[str],
    *,
    variant: Literal["1", "2", "L"] = "L",
    part: Literal["f1", "precision", "recall"] = "f1",
    unit: Unit = "words",
) -> float:
    """ROUGE of what was said, a mean over items in [0, 1], as ``rouge-score`` counts it.

    Case and punctuation do not count, and words are not stemmed. That package drops all letters
    but a to z; here those of any script are kept, which changes nothing for English.

    Parameters
    ----------
    truth, said
        As in `bleu`. Of several texts to choose from, the one of highest F1 counts.
    variant
        ``"1"`` or ``"2"``: words or pairs in common; ``"L"``: longest common subsequence.
    part
        F1, the share of what was said that is in the truth, or the share of the truth that was
        said.
    unit
        ``"words"``, or ``"characters"`` for languages without spaces.

    Raises
    ------
    ValueError
        As `bleu`, and if variant or part is unknown.
    MissingExtraError
        If ``rouge-score`` is not installed.

    References
    ----------
    Lin, C.-Y. (2004). ROUGE: a package for automatic evaluation of summaries. Text Summarization
    Branches Out, sections 2 (equation 1) and 3.1 (equations 2 to 4, of equal weight).

    Examples
    --------
    >>> rouge(["the dog is glad"], ["is the dog glad"], variant="1")
    1.0
    >>> rouge(["the dog is glad"], ["is the dog glad"])
    0.75
    """
    _known_unit(unit)
    if variant not in ("1", "2", "L") or part not in ("f1", "precision", "recall"):
        raise ValueError(f"there is no {part!r} of ROUGE-{variant}")
    references = _references(truth, len(said))
    scorer = require("rouge_score.rouge_scorer", extra="overlap")
    counts = scorer.RougeScorer([f"rouge{variant}"], tokenizer=_Tokens(unit))
    name = "fmeasure" if part == "f1" else part
    each: list[Any] = [
        counts.score_multi(texts, str(one))[f"rouge{variant}"]
        for texts, one in zip(references, said, strict=True)
    ]
    return float(np.mean([getattr(score, name) for score in each]))


def distinct_n(said: Sequence[str], n: int = 1, *, unit: Unit = "words") -> float:
    """Return how many different n-grams texts hold, per word: distinct-n, in [0, 1].

    It falls as there is more text, since words are used again: compare systems on as many items
    and answers of like length.

    Parameters
    ----------
    said
        Texts; case and punctuation do not count. No n-gram reaches over two of them.
    n
        How many units an n-gram has.
    unit
        ``"words"``, or ``"characters"`` for languages without spaces.

    Returns
    -------
    float
        The divisor is the number of units, as in the source, not that of n-grams; so 1 can be
        reached for ``n=1`` alone. NaN if there are no units.

    Raises
    ------
    ValueError
        If n is below 1 or the unit unknown.

    References
    ----------
    Li, J. et al. (2016). A diversity-promoting objective function for neural conversation
    models. NAACL, section 5.

    Examples
    --------
    >>> distinct_n(["I see", "I see", "That is hard"])
    0.714...
    >>> distinct_n(["I see", "I see", "That is hard"], 2)
    0.428...
    """
    _known_unit(unit)
    if n < 1:
        raise ValueError(f"n must be at least 1, not {n}")
    cut = _Tokens(unit).tokenize
    units = [cut(str(text)) for text in said]
    total = sum(map(len, units))
    grams = {gram for one in units for gram in zip(*(one[i:] for i in range(n)), strict=False)}
    return len(grams) / total if total else float("nan")


class _Tokens:
    """Cuts words as rouge-score does, but in all scripts."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def tokenize(self, text: str) -> list[str]:
        # Marks belong to letters: without them, the words of Indic scripts fall apart.
        kept = (c if unicodedata.category(c)[0] in "LMN" else " " for c in text.lower())
        words = "".join(kept).split()
        return words if self._unit == "words" else list("".join(words))


def _references(truth: References, n: int) -> list[list[str]]:
    texts = [[str(t)] if isinstance(t, str) else [str(one) for one in t] for t in truth]
    if not texts or len(texts) != n:
        raise ValueError(f"{n} texts cannot be scored against {len(texts)}")
    for row, several in enumerate(texts):
        if not any(one.strip() for one in several):
            raise ValueError(f"item {row} has no text to compare with: leave it out")
    return texts


def _known_unit(unit: str) -> None:
    if unit not in ("words", "characters"):
        raise ValueError(f"unit is words or characters, not {unit!r}")
