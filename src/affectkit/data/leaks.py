"""Texts that stand in two splits, or in two data sets: found, counted and shown."""

from __future__ import annotations

import re


def normalised(text: str) -> str:
    """Return the words of a text in lower case with one space between.

    Two texts count as the same if this is the same. A text without any word, such as a row of
    emoji, keeps its signs, or all such texts would count as one.

    Examples
    --------
    >>> normalised("  So, it's ON!!")
    'so it s on'
    >>> normalised(" :-)  ")
    ':-)'
    """
    return re.sub(r"\W+", " ", text.lower()).strip() or " ".join(text.split())
