"""More labelled texts out of few: variants with other words that keep meaning and polarity."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Encode = Callable[[Sequence[str]], NDArray[np.float64]]
"""Texts to vectors [shape=(n, n_features)]."""
Keep = Callable[[str, str], bool]
"""Whether a variant may stand beside its original: ``keep(original, variant)``."""
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")


@dataclass
class WordContext:
    """Fills a gap in a text with words that stand between the same neighbours elsewhere.

    Learnt from any texts, without labels; it stands where a masked language model would, and
    any object with the same `fill` may take its place.

    Parameters
    ----------
    least
        How often a word must occur in the texts to be used as a filling.

    Attributes
    ----------
    after_, before_
        How often each word follows, and precedes, another.

    Examples
    --------
    >>> context = WordContext(least=1).fit(["we like it", "we love it", "they love him"])
    >>> sorted({context.fill("we", "it", np.random.default_rng(i)) for i in range(20)})
    ['like', 'love']
    """

    least: int = 3
    after_: dict[str, Counter[str]] = field(default_factory=dict, init=False, repr=False)
    before_: dict[str, Counter[str]] = field(default_factory=dict, init=False, repr=False)

    def fit(self, texts: Sequence[str]) -> WordContext:
        """Count neighbours in texts; return self."""
        cut = [_WORD.findall(text.lower()) for text in texts]
        common = {w for w, n in Counter(w for c in cut for w in c).items() if n >= self.least}
        after: dict[str, Counter[str]] = defaultdict(Counter)
        before: dict[str, Counter[str]] = defaultdict(Counter)
        for words in cut:
            for left, right in pairwise(["", *words, ""]):
                if right in common:
                    after[left][right] += 1
                if left in common:
                    before[right][left] += 1
        self.after_, self.before_ = dict(after), dict(before)
        return self

    def fill(self, left: str, right: str, rng: np.random.Generator) -> str | None:
        """Return a word that fits between two others, drawn by how often it does.

        Words seen beside both neighbours go before words seen beside one; None if there is no
        such word. An empty neighbour is the end of the text.
        """
        a = self.after_.get(left.lower(), Counter())
        b = self.before_.get(right.lower(), Counter())
        weights = {w: float(a[w] * b[w]) ** 0.5 for w in a.keys() & b.keys()}
        weights = weights or dict(a) or dict(b)
        if not weights:
            return None
        p = np.fromiter(weights.values(), dtype=float)
        return list(weights)[int(rng.choice(len(p), p=p / p.sum()))]


def variant(text: str, context: WordContext, rng: np.random.Generator, share: float = 0.2) -> str:
    """Return a text with some words replaced or added, each fitting its neighbours.

    ``max(2, share * words)`` edits, each a replacement or an insertion with equal chance
    (Imran et al. 2022, section 4).

    Parameters
    ----------
    text
        The original; what is no word (marks, code, numbers) stays as it is.
    context
        Fills the gaps.
    rng
        Draws places and words.
    share
        Share of the words that is edited.

    Examples
    --------
    >>> context = WordContext(least=1).fit(["we like it", "we love it"])
    >>> len(variant("They like it!", context, np.random.default_rng(0)).split()) >= 3
    True
    """
    for _ in range(max(2, round(share * len(_WORD.findall(text))))):
        words = list(_WORD.finditer(text))
        if not words:
            return text
        at = int(rng.integers(len(words)))
        here = words[at]
        left = words[at - 1].group() if at else ""
        right = words[at + 1].group() if at + 1 < len(words) else ""
        if rng.random() < 0.5:
            new = context.fill(left, right, rng)
            if new is not None and new != here.group().lower():
                text = text[: here.start()] + _like(new, here.group()) + text[here.end() :]
        else:
            new = context.fill(here.group(), right, rng)
            if new is not None:
                text = f"{text[: here.end()]} {new}{text[here.end() :]}"
    return text


def polarity_keeps(
    labels: Collection[str],
    positive: Collection[str],
    negative: Collection[str],
    *,
    rising: Mapping[str, int],
) -> Keep:
    """Return the rule that a variant's polarity words must move as its emotions ask.

    Parameters
    ----------
    labels
        The emotions of the text; none means that every variant is kept.
    positive, negative
        Words, in small letters.
    rising
        For each emotion +1 (more positive words), -1 (more negative words) or 0 (both counts
        stay). A text with emotions of several kinds has to satisfy each.

    References
    ----------
    Imran, M. M. et al. (2022). Data augmentation for improving emotion recognition in software
    engineering communication. ASE, section 4.3: the polarity strategy.

    Examples
    --------
    >>> keeps = polarity_keeps(["joy"], {"nice"}, {"bad"}, rising={"joy": 1})
    >>> keeps("it works", "it works nice"), keeps("it works", "now it works")
    (True, False)
    """
    wanted = {rising[label] for label in labels}
    up, down = frozenset(positive), frozenset(negative)

    def keeps(original: str, new: str) -> bool:
        a, b = (_WORD.findall(t.lower()) for t in (original, new))
        more_up = sum(w in up for w in b) - sum(w in up for w in a)
        more_down = sum(w in down for w in b) - sum(w in down for w in a)
        return (
            (1 not in wanted or more_up > 0)
            and (-1 not in wanted or more_down > 0)
            and (0 not in wanted or (more_up == 0 and more_down == 0))
        )

    return keeps


def augment(
    texts: Sequence[str],
    context: WordContext,
    encode: Encode,
    *,
    keeps: Sequence[Keep] | None = None,
    edit: Callable[[int, str, str, np.random.Generator], str] | None = None,
    variants: int = 10,
    tries: int = 40,
    least_similarity: float = 0.9,
    seed: int = 0,
) -> list[tuple[int, str]]:
    """Return variants of texts that mean about the same, each with the row of its original.

    Augment training rows only, after the split: a variant of a test row in training is a leak.

    Parameters
    ----------
    texts
        The originals.
    context
        Fills gaps.
    encode
        Judges meaning: variants whose vector has less than `least_similarity` to the
        original's, as a cosine, are dropped.
    keeps
        One rule for each text, such as `polarity_keeps`; all variants are allowed if None.
    edit
        ``edit(row, original, variant, rng)`` returns the variant it wants instead, before the
        rules and the meaning are looked at.
    variants
        Of each text at most.
    tries
        How often a variant is drawn for each text at most.
    least_similarity
        Cosine in [-1, 1].
    seed
        Of all draws.

    Returns
    -------
    list of (int, str)
        Row and variant, no variant twice, ordered by row.
    """
    rng = np.random.default_rng(seed)
    drawn: list[tuple[int, str]] = []
    for row, text in enumerate(texts):
        found: dict[str, None] = {}
        for _ in range(tries):
            if len(found) == variants:
                break
            new = variant(text, context, rng)
            if edit is not None:
                new = edit(row, text, new, rng)
            if new != text and (keeps is None or keeps[row](text, new)):
                found[new] = None
        drawn.extend((row, new) for new in found)
    if not drawn:
        return []
    rows = sorted({row for row, _ in drawn})
    vectors = encode([*(texts[row] for row in rows), *(new for _, new in drawn)])
    vectors = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    original = dict(zip(rows, vectors, strict=False))
    return [
        (row, new)
        for (row, new), vector in zip(drawn, vectors[len(rows) :], strict=True)
        if float(vector @ original[row]) >= least_similarity
    ]


def _like(word: str, model: str) -> str:
    """Return a word with a capital if the other has one."""
    return word.capitalize() if model[:1].isupper() else word
