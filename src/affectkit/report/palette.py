"""How each label looks: a colour, a texture and letters, so that none is told by hue alone."""

from __future__ import annotations

from dataclasses import dataclass

from affectkit.affect import LabelSet

# Okabe and Ito (2008), "Color Universal Design": told apart with any colour vision. Grey,
# which says little, is for labels that say little.
_ORANGE, _SKY, _GREEN, _YELLOW = "#e69f00", "#56b4e9", "#009e73", "#f0e442"
_BLUE, _RED, _PURPLE, _GREY = "#3d8fc6", "#d55e00", "#cc79a7", "#c3c8cf"

# Hatching is not among the textures: in a lane it means "cannot tell".
TEXTURES = ("plain", "dots", "lines", "bars", "grid", "rings", "waves")

_FAMILIES: dict[str, tuple[str, str, str]] = {
    "anger": (_RED, "waves", "anger annoyance rage disapproval contempt irritation hostile"),
    "disgust": (_GREEN, "dots", "disgust loathing boredom"),
    "fear": (_PURPLE, "bars", "fear nervousness terror apprehension anxiety afraid tension"),
    "joy": (
        _YELLOW,
        "plain",
        "joy happiness happy amusement excitement ecstasy serenity optimism gratitude pride "
        "admiration approval relief positive joyful elation",
    ),
    "sadness": (
        _BLUE,
        "lines",
        "sadness sad grief remorse disappointment pensiveness embarrassment shame negative",
    ),
    "surprise": (_SKY, "grid", "surprise amazement realization confusion distraction curiosity"),
    "trust": ("#8fce9b", "rings", "trust acceptance love caring desire calm tenderness"),
    "anticipation": (_ORANGE, "bars", "anticipation interest vigilance"),
    "neutral": (_GREY, "plain", "neutral none other"),
}
_CYCLE = (_BLUE, _ORANGE, _GREEN, _PURPLE, _YELLOW, _SKY, _RED, "#8fce9b")


@dataclass(frozen=True)
class Look:
    """How one label is drawn.

    Parameters
    ----------
    label
        The label.
    letters
        Its shortest beginning that no other label of the set shares, capitalised.
    colour
        Hexadecimal red-green-blue.
    texture
        One of `TEXTURES`.
    """

    label: str
    letters: str
    colour: str
    texture: str


def looks(label_set: LabelSet) -> tuple[Look, ...]:
    """Return how each label of a set is drawn, no two alike in all three respects.

    A label takes the colour of its family where it has a well-known one, else the next of
    a cycle; where a colour is taken the texture differs while there are textures left.

    Examples
    --------
    >>> [look.letters for look in looks(LabelSet.load("ekman7"))]
    ['A', 'D', 'F', 'J', 'Sa', 'Su', 'N']
    """
    letters = _letters(label_set.labels)
    taken: set[tuple[str, str]] = set()
    out = []
    for index, label in enumerate(label_set.labels):
        colour, texture = _family(label) or (_CYCLE[index % len(_CYCLE)], "plain")
        free = [texture, *TEXTURES]
        texture = next((t for t in free if (colour, t) not in taken), texture)
        taken.add((colour, texture))
        out.append(Look(label, letters[index], colour, texture))
    return tuple(out)


def _family(label: str) -> tuple[str, str] | None:
    word = label.casefold()
    for colour, texture, members in _FAMILIES.values():
        if word in members.split():
            return colour, texture
    return None


def _letters(labels: tuple[str, ...]) -> list[str]:
    out = []
    for label in labels:
        size = 1
        while size < min(len(label), 3) and any(
            other != label and other[:size].casefold() == label[:size].casefold()
            for other in labels
        ):
            size += 1
        short = label[:size] or "?"
        out.append(short[:1].upper() + short[1:])
    return out
