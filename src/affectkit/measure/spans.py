"""How well a span of text matches the span that people marked."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from typing import Literal

Unit = Literal["words", "characters"]


def bleu2(truth: str, said: str, *, unit: Unit = "words") -> float:
    """BLEU with single units and pairs of a span against the marked one, in [0, 1].

    Geometric mean of the precision of single units and of pairs, times the brevity penalty;
    no smoothing, no lower-casing, as ``nltk.translate.bleu_score.sentence_bleu`` with weights
    (0.5, 0.5). Where strings instead of lists of words are handed to that function, it counts
    characters: chance matches of letters then raise every score, so say which unit it was.

    Parameters
    ----------
    truth
        The span that people marked.
    said
        The span that a system gave.
    unit
        ``"words"``, cut at white space, or ``"characters"``.

    References
    ----------
    Papineni, K. et al. (2002). BLEU. ACL, section 2.3.

    Examples
    --------
    >>> bleu2("the build is broken", "the build is broken")
    1.0
    >>> bleu2("the build is broken", "rebuilding it took hours")
    0.0
    >>> round(bleu2("the build is broken", "rebuilding it took hours", unit="characters"), 2)
    0.43
    """
    a = truth.split() if unit == "words" else list(truth)
    b = said.split() if unit == "words" else list(said)
    if not a or not b:
        return 0.0
    precisions = [_clipped(a, b, n) for n in (1, 2)]
    if min(precisions) == 0:
        return 0.0
    brevity = 1.0 if len(b) > len(a) else math.exp(1 - len(a) / len(b))
    return brevity * math.sqrt(precisions[0] * precisions[1])


def token_f1(truth: str, said: str) -> float:
    """F1 of the words that two spans share, in [0, 1]; case and punctuation do not count.

    Examples
    --------
    >>> round(token_f1("The build is broken!", "is broken"), 3)
    0.667
    """
    return _overlap(truth, said)[2]


def token_precision(truth: str, said: str) -> float:
    """Share of the words said that the marked span has, in [0, 1].

    Examples
    --------
    >>> token_precision("The build is broken!", "is it broken")
    0.6666666666666666
    """
    return _overlap(truth, said)[0]


def words_of(text: str) -> list[str]:
    """Return the words of a text in small letters, without punctuation.

    Examples
    --------
    >>> words_of("It's OK!")
    ["it's", 'ok']
    """
    return re.findall(r"\w+(?:['’]\w+)*", text.lower())


def _overlap(truth: str, said: str) -> tuple[float, float, float]:
    a, b = Counter(words_of(truth)), Counter(words_of(said))
    shared = (a & b).total()
    if not shared:
        return 0.0, 0.0, 0.0
    precision, recall = shared / b.total(), shared / a.total()
    return precision, recall, 2 * precision * recall / (precision + recall)


def _clipped(truth: Sequence[str], said: Sequence[str], n: int) -> float:
    """Return the clipped precision of n-grams (Papineni et al. 2002, equation 1)."""
    said_grams = Counter(zip(*(said[i:] for i in range(n)), strict=False))
    truth_grams = Counter(zip(*(truth[i:] for i in range(n)), strict=False))
    return (said_grams & truth_grams).total() / max(said_grams.total(), 1)
