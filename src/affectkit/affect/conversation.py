"""A conversation: utterances with speaker and, where known, time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Utterance:
    """What one speaker said in one go.

    Parameters
    ----------
    id
        Unique within its conversation.
    speaker
        Who said it; an empty string if unknown.
    text
        The words.
    start_s, end_s
        Seconds from the start of the recording, or None if there is no recording.
    reply_to
        The id of the utterance it answers, if known.
    meta
        Anything else that came with it: timestamps, labels, word timings.
    """

    id: str
    speaker: str
    text: str
    start_s: float | None = None
    end_s: float | None = None
    reply_to: str | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Conversation:
    """Utterances in the order in which they were said.

    Examples
    --------
    >>> talk = Conversation([Utterance("1", "Ann", "Hello"), Utterance("2", "Ben", "Hi")])
    >>> talk.speakers
    ('Ann', 'Ben')
    """

    utterances: Sequence[Utterance]
    id: str = "conversation"
    meta: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "utterances", tuple(self.utterances))

    def __len__(self) -> int:
        return len(self.utterances)

    def __iter__(self) -> Iterator[Utterance]:
        return iter(self.utterances)

    @property
    def speakers(self) -> tuple[str, ...]:
        """The speakers, in order of first appearance."""
        return tuple(dict.fromkeys(u.speaker for u in self.utterances))

    @property
    def timed(self) -> bool:
        """Whether every utterance says when it was spoken."""
        return all(u.start_s is not None and u.end_s is not None for u in self.utterances)
