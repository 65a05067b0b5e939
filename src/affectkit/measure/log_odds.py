"""Which words mark one kind of text against another: log-odds with a prior from all texts."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

_WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*|[!?]")


def log_odds(
    first: ArrayLike,
    second: ArrayLike,
    background: ArrayLike | None = None,
    *,
    strength: float | None = None,
) -> tuple[Floats, Floats]:
    """Return how much likelier each word is in the first texts than in the second, and its z.

    The log of the ratio of odds, where each kind of text is taken to have been seen `strength`
    words more, spread as in the background. A word that is rare everywhere is so pulled to 0,
    and one that is common everywhere has to differ by much; dividing by the standard deviation
    makes words of unlike frequency comparable, as plain ratios (that favour the rare) and
    differences of shares (that favour the common) are not.

    Parameters
    ----------
    first, second
        How often each word was counted in either kind of text [shape=(n_words,)].
    background
        How often in texts at large [shape=(n_words,)], above 0 for each; both together if None.
    strength
        How many words the prior counts for; as many as the background has if None.

    Returns
    -------
    (numpy.ndarray, numpy.ndarray)
        The log-odds ratio, and its z-score [shapes=(n_words,)]; above 0 where the word marks
        the first.

    Raises
    ------
    ValueError
        If lengths differ, a count is negative, or a word has no background.

    References
    ----------
    Monroe, B., Colaresi, M. and Quinn, K. (2008). Fightin' Words. Political Analysis 16,
    equations 16 (ratio), 20 (variance), 22 (z) and, for the prior, section 3.5.1.

    Examples
    --------
    >>> ratio, z = log_odds([30, 100, 2], [10, 300, 0])
    >>> [float(x) for x in z.round(1)]
    [3.6, -11.8, 1.1]
    """
    y, other = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    prior = y + other if background is None else np.asarray(background, dtype=float)
    if not y.shape == other.shape == prior.shape or y.ndim != 1:
        raise ValueError(f"counts of shapes {y.shape}, {other.shape}, {prior.shape} do not fit")
    if (np.minimum(y, other) < 0).any():
        raise ValueError("a word cannot be counted fewer than 0 times")
    if not (prior > 0).all():
        raise ValueError("each word must have been counted in the background")
    if strength is not None:
        if strength <= 0:
            raise ValueError("the strength of the prior must be above 0")
        prior = prior * (strength / prior.sum())
    whole = prior.sum()
    ratio = _log_odds_of(y, prior, whole) - _log_odds_of(other, prior, whole)
    variance = 1 / (y + prior) + 1 / (other + prior)
    return ratio, ratio / np.sqrt(variance)


def marking_expressions(
    texts: Sequence[str],
    marked: ArrayLike,
    *,
    longest: int = 2,
    least: int = 5,
    strength: float | None = None,
) -> pd.DataFrame:
    """Return the expressions by how clearly they mark some texts against the rest.

    Parameters
    ----------
    texts
        [shape=(n,)].
    marked
        Which texts the expressions are to mark [shape=(n,)].
    longest
        Expressions have 1 to this many words.
    least
        Expressions in fewer texts are left out.
    strength
        As in `log_odds`; the prior comes from all texts.

    Returns
    -------
    pandas.DataFrame
        ``expression``, ``marked`` and ``rest`` (how many texts of each kind have it),
        ``log_odds`` and ``z``, highest z first.

    Examples
    --------
    >>> texts = ["fine, whatever", "whatever you say", "so glad", "glad you came"] * 5
    >>> table = marking_expressions(texts, [True, True, False, False] * 5)
    >>> table["expression"].iloc[0], table["expression"].iloc[-1]
    ('whatever', 'glad')
    """
    which = np.asarray(marked, dtype=bool)
    if which.shape != (len(texts),):
        raise ValueError(f"{which.size} marks do not fit {len(texts)} texts")
    counts: tuple[Counter[str], Counter[str]] = Counter(), Counter()
    for text, mark in zip(texts, which, strict=True):
        # A text counts once: who repeats a word in one breath is no further evidence.
        counts[int(mark)].update(set(expressions(text, longest)))
    found = sorted(e for e, n in (counts[0] + counts[1]).items() if n >= least)
    y, other = (np.array([counts[k][e] for e in found], dtype=float) for k in (1, 0))
    ratio, z = log_odds(y, other, strength=strength) if found else (y, y)
    table = pd.DataFrame(
        {
            "expression": found,
            "marked": y.astype(int),
            "rest": other.astype(int),
            "log_odds": ratio,
            "z": z,
        }
    )
    return table.sort_values(["z", "expression"], ascending=[False, True], ignore_index=True)


def expressions(text: str, longest: int = 2) -> Iterator[str]:
    """Yield the words of a text in lower case, ``!`` and ``?`` among them, and their runs.

    Examples
    --------
    >>> list(expressions("Don't you dare!"))
    ["don't", "don't you", 'you', 'you dare', 'dare', 'dare !', '!']
    """
    words = [w.lower().replace("\u2019", "'") for w in _WORD.findall(text)]
    for i in range(len(words)):
        for n in range(1, min(longest, len(words) - i) + 1):
            yield " ".join(words[i : i + n])


def _log_odds_of(counts: Floats, prior: Floats, whole: float) -> Floats:
    """Return the log odds of each word, equation 16."""
    with_prior = counts + prior
    # A lone word leaves nothing to be odds against; half a count keeps the number finite.
    rest = np.maximum(counts.sum() + whole - with_prior, 0.5)
    return np.asarray(np.log(with_prior / rest))
