"""The neutral shape that annotation formats share: named tiers of timed segments."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from affectkit.affect import Conversation, Utterance


@dataclass(frozen=True, order=True)
class Segment:
    """A stretch of time and what is written there.

    Parameters
    ----------
    start_s, end_s
        Seconds from the start of the recording; `end_s` is not before `start_s`.
    text
        What is written; lines are separated by a single newline character.

    Examples
    --------
    >>> Segment(1.0, 2.5, "hello").end_s
    2.5
    """

    start_s: float
    end_s: float
    text: str = ""

    def __post_init__(self) -> None:
        if not 0 <= self.start_s <= self.end_s < float("inf"):
            raise ValueError(f"a segment cannot run from {self.start_s} to {self.end_s} s")


@dataclass(frozen=True)
class Tier:
    """Segments of one kind or one speaker, in order of time; they may overlap.

    Examples
    --------
    >>> Tier("Ann", [Segment(2, 3, "there"), Segment(0, 1, "Hello")]).segments[0].text
    'Hello'
    """

    name: str
    segments: Sequence[Segment]

    def __post_init__(self) -> None:
        object.__setattr__(self, "segments", tuple(sorted(self.segments, key=_span)))


def _span(segment: Segment) -> tuple[float, float]:
    return segment.start_s, segment.end_s


def without_overlap(tier: Tier) -> list[Tier]:
    """Split a tier into as few tiers without overlap as there are segments at once.

    The first keeps the name; the others are called ``name #2``, ``name #3`` …, and
    `merged` joins them again.

    Examples
    --------
    >>> [t.name for t in without_overlap(Tier("Ann", [Segment(0, 2, "a"), Segment(1, 3, "b")]))]
    ['Ann', 'Ann #2']
    """
    layers: list[list[Segment]] = [[]]
    for segment in tier.segments:
        for layer in layers:
            if not layer or layer[-1].end_s <= segment.start_s:
                layer.append(segment)
                break
        else:
            layers.append([segment])
    return [Tier(layer_name(tier.name, i), layer) for i, layer in enumerate(layers)]


def layer_name(name: str, number: int) -> str:
    """Return the name of a further layer of a tier, counted from 0."""
    return name if number == 0 else f"{name} #{number + 1}"


def merged(tiers: Iterable[tuple[str, Tier]]) -> list[Tier]:
    """Join the tiers that share a first name, in order of first appearance."""
    together: dict[str, list[Segment]] = {}
    for name, tier in tiers:
        together.setdefault(name, []).extend(tier.segments)
    return [Tier(name, segments) for name, segments in together.items()]


def to_conversation(tiers: Sequence[Tier]) -> Conversation:
    """Return what the tiers say as utterances in order of time, the tier being the speaker.

    Examples
    --------
    >>> talk = to_conversation([Tier("Ann", [Segment(0, 1, "Hello")])])
    >>> talk.utterances[0].speaker
    'Ann'
    """
    said = [
        (segment.start_s, segment.end_s, order, place, tier.name, segment.text)
        for order, tier in enumerate(tiers)
        for place, segment in enumerate(tier.segments)
        if segment.text.strip()
    ]
    return Conversation(
        [
            Utterance(str(i), speaker, text, start_s, end_s)
            for i, (start_s, end_s, _, _, speaker, text) in enumerate(sorted(said), start=1)
        ]
    )


def from_conversation(talk: Conversation) -> list[Tier]:
    """Return one tier a speaker, of the utterances that have times."""
    return merged(
        (u.speaker, Tier(u.speaker, [Segment(u.start_s, max(u.start_s, u.end_s), u.text)]))
        for u in talk
        if u.start_s is not None and u.end_s is not None
    )
