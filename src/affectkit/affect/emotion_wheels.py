"""The five wheels of open-vocabulary recognition, and the tables that bring any word to them."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from affectkit.affect.labels import LabelSet
from affectkit.affect.mapping import LabelMap
from affectkit.affect.open_vocabulary import derive_map
from affectkit.affect.worksheet import read_worksheet
from affectkit.errors import DataError, LabelError

LEVELS = (1, 2, 3)
"""The rings of a wheel from the inside: a few feelings, their kinds, single words."""

SOURCE = (
    "Lian et al. 2024, OV-MER: Towards open-vocabulary multimodal emotion recognition "
    "(one of the five wheels of its evaluation; for research)"
)
_REMEDY = "give the folder with wheel1.xlsx to wheel5.xlsx, synonym.xlsx and format.csv of OV-MER"


@dataclass(frozen=True)
class Wheel:
    """Words of emotion on three rings, each under one of the ring inside it.

    Parameters
    ----------
    name
        Such as ``"wheel1"``.
    sectors
        The outer words, as ``(inner, middle, outer)`` in lower case, in the order of the wheel.
        A word may stand in several places.

    Examples
    --------
    >>> wheel = Wheel("mine", (("glad", "calm", "serene"), ("glad", "proud", "brave")))
    >>> wheel.group("Serene", 1), wheel.group("serene", 2), wheel.group("sofa", 1)
    ('glad', 'calm', None)
    >>> wheel.label_set(2).labels
    ('calm', 'proud')
    """

    name: str
    sectors: tuple[tuple[str, str, str], ...]

    @property
    def words(self) -> frozenset[str]:
        """Every word of the wheel, of all three rings."""
        return frozenset(word for sector in self.sectors for word in sector)

    def ring(self, level: int) -> tuple[str, ...]:
        """Return the different words of a ring (1 inner, 2 middle, 3 outer), in its order."""
        _check(level)
        return tuple(dict.fromkeys(sector[level - 1] for sector in self.sectors))

    def group(self, label: str, level: int) -> str | None:
        """Return the word of a ring that a word of the wheel falls under.

        A word that stands inside the ring asked for is a group of its own, since nothing says
        which of its kinds is meant. Of several groups, the first in the alphabet.

        Parameters
        ----------
        label
            A word; capitals and space around it do not count.
        level
            1 for the inner ring, 2 for the middle one, 3 for the word itself.

        Returns
        -------
        str or None
            None if the wheel does not have the word.
        """
        _check(level)
        word = plain(label)
        groups = {
            sector[min(level, ring) - 1]
            for sector in self.sectors
            for ring in LEVELS
            if sector[ring - 1] == word
        }
        return min(groups, default=None)

    def label_set(self, level: int) -> LabelSet:
        """Return the words of a ring as a label set, of which several may hold at once."""
        rings = {1: "inner", 2: "middle", 3: "outer"}
        labels = self.ring(level)
        under = {label: self._above(label, level) for label in labels} if level > 1 else {}
        return LabelSet(
            f"{self.name}-{rings[level]}",
            labels,
            exclusive=False,
            definitions={label: f"a kind of {group}" for label, group in under.items()},
            source=SOURCE,
            theory="prototype",
            can_say="Which everyday words of feeling were used, and what they are kinds of here.",
            cannot_say="How strong a feeling is, or that nobody felt anything.",
        )

    def _above(self, label: str, level: int) -> str:
        """Return what a word of a ring stands under, one ring inwards."""
        return min(s[level - 2] for s in self.sectors if s[level - 1] == label)

    def map_to(self, target: LabelSet | str, level: int) -> LabelMap:
        """Return the map from a ring to another label set, through the ontology of words.

        A word that the ontology does not know goes where the word inside it goes; the mass
        of a word that has nothing in common with the target stays unmapped.

        Examples
        --------
        >>> wheel = Wheel("mine", (("sad", "lonely", "xyz"), ("happy", "daring", "spirited")))
        >>> way = wheel.map_to("ekman7", 3)
        >>> way.target.labels[way.weights[0].argmax()]
        'sadness'
        """
        goal = LabelSet.load(target) if isinstance(target, str) else target
        own = self.label_set(level)
        weights = derive_map(own, goal).weights.copy()
        if level > 1:
            inside = self.map_to(goal, level - 1)
            for i, label in enumerate(own.labels):
                if weights[i, -1] == 1.0:
                    weights[i] = inside.weights[inside.source.index(self._above(label, level))]
        how = "word by word through Parrott's tiers, else as the word inside it on the wheel"
        return LabelMap(own, goal, weights, how)


@dataclass(frozen=True)
class WordTables:
    """What forms a word of feeling has, and which words of the wheels mean much the same.

    Parameters
    ----------
    bases
        For each form of a word, the words whose form it is, in the order of the alphabet.
    meant
        For each synonym, the words of the wheels that it stands for, in the same order; a word
        of the wheels stands for itself too.

    Examples
    --------
    >>> tables = WordTables({"joys": ("joy",)}, {"bliss": ("happy", "joyful")})
    >>> tables.base("Joys"), tables.base("bliss"), tables.wheel_words("bliss")
    ('joy', 'bliss', ('happy', 'joyful'))
    """

    bases: Mapping[str, tuple[str, ...]]
    meant: Mapping[str, tuple[str, ...]]

    def base(self, label: str) -> str:
        """Return the one word that all forms of a word are written as; itself if unknown."""
        word = plain(label)
        return min(self.bases.get(word, (word,)))

    def wheel_words(self, label: str) -> tuple[str, ...]:
        """Return the words of the wheels that a word stands for, nearest first.

        The word itself if a wheel has it; then what it is a form of; then what these are
        synonyms of; each in the order of the alphabet. Empty if no table knows the word.
        """
        word = plain(label)
        forms = [word, *self.bases.get(word, ())]
        direct = [form for form in forms if form in self.meant.get(form, ())]
        through = sorted({w for form in forms for w in self.meant.get(form, ())})
        return tuple(dict.fromkeys([*direct, *through]))


def read_wheels(folder: str | os.PathLike[str]) -> dict[str, Wheel]:
    """Return the five published wheels by name, ``"wheel1"`` to ``"wheel5"``.

    The tables may be used for research and are not part of affectkit; give the folder that
    you have them in.

    Raises
    ------
    DataError
        If a table is missing or not as published.

    Examples
    --------
    >>> wheels = read_wheels("ov-mer")  # doctest: +SKIP
    >>> wheels["wheel1"].group("furious", level=1)  # doctest: +SKIP
    'mad'
    """
    names = [f"wheel{i}" for i in range(1, 6)]
    return {name: _read_wheel(_there(folder, f"{name}.xlsx"), name) for name in names}


def read_word_tables(folder: str | os.PathLike[str]) -> WordTables:
    """Return the published tables of word forms and of synonyms.

    The synonyms were asked of a language model eight times; what any of its answers says counts.

    Raises
    ------
    DataError
        If a table is missing or not as published.
    """
    bases: dict[str, set[str]] = {}
    path = _there(folder, "format.csv")
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file)
        if not {"name", "format"} <= set(rows.fieldnames or ()):
            raise DataError(f"{path} has no columns name and format", remedy=_REMEDY)
        for row in rows:
            base = plain(row["name"] or "")
            for form in {base, *_words(row["format"] or "")}:
                bases.setdefault(form, set()).add(base)
    meant: dict[str, set[str]] = {}
    path = _there(folder, "synonym.xlsx")
    header, *body = read_worksheet(path) or [[]]
    pairs = [
        (i, header.index(partner))
        for i, name in enumerate(header)
        if name.startswith("word_") and (partner := name.replace("word_", "synonym_", 1)) in header
    ]
    if not pairs:
        raise DataError(f"{path} has no columns word_run1 and synonym_run1", remedy=_REMEDY)
    for cells in body:
        for i, j in pairs:
            if word := plain(cells[i]):
                for synonym in {word, *_words(cells[j])}:
                    meant.setdefault(synonym, set()).add(word)
    return WordTables(_in_order(bases), _in_order(meant))


def plain(label: str) -> str:
    """Return a word as the tables write it: lower case, straight apostrophes, single spaces.

    Examples
    --------
    >>> plain(" Don’t  Care ")
    "don't care"
    """
    return " ".join(label.lower().replace("’", "'").replace("_", " ").split())


def _read_wheel(path: Path, name: str) -> Wheel:
    header, *body = read_worksheet(path) or [[]]
    wanted = [f"level{level}" for level in LEVELS]
    if header[:3] != wanted:
        raise DataError(f"{path} does not begin with the columns {', '.join(wanted)}")
    sectors: list[tuple[str, str, str]] = []
    inner = middle = ""
    for number, cells in enumerate(body, start=2):
        # A word of an inner ring stands on its first row only.
        first, second, outer = (plain(cell) for cell in cells[:3])
        if first:
            inner, middle = first, ""
        middle = second or middle
        if not any((first, second, outer)):
            continue
        if not (inner and middle and outer):
            raise DataError(f"{path}, row {number}: a word stands under none", remedy=_REMEDY)
        sectors.append((inner, middle, outer))
    if not sectors:
        raise DataError(f"{path} holds no words", remedy=_REMEDY)
    return Wheel(name, tuple(sectors))


def _there(folder: str | os.PathLike[str], name: str) -> Path:
    path = Path(folder) / name
    if not path.is_file():
        raise DataError(f"{Path(folder)} does not hold {name}", remedy=_REMEDY)
    return path


def _words(cell: str) -> Iterable[str]:
    return filter(None, map(plain, cell.split(",")))


def _in_order(table: Mapping[str, set[str]]) -> Mapping[str, tuple[str, ...]]:
    return MappingProxyType({word: tuple(sorted(table[word])) for word in sorted(table)})


def _check(level: int) -> None:
    if level not in LEVELS:
        raise LabelError(f"a wheel has no ring {level}", remedy="use 1 (inner), 2 or 3 (outer)")
