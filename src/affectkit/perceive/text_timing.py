"""When each sentence of an utterance was said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from affectkit.affect import Utterance
from affectkit.perceive.sentences import Sentence


def sentence_times(utterance: Utterance, found: Sequence[Sentence]) -> list[tuple[float, float]]:
    """Return start and end in seconds of each sentence of a timed utterance.

    Word timings are used where all sentences find theirs; else the utterance's time is shared
    out by the letters. Times never run backwards or leave the utterance.

    Parameters
    ----------
    utterance
        With ``start_s`` and ``end_s``; ``meta["words"]`` may list
        ``{"text", "start_s", "end_s"}`` in order.
    found
        Its sentences, in order.

    Examples
    --------
    >>> u = Utterance("1", "Ann", "Hi there. Go!", 10.0, 12.6)
    >>> sentence_times(u, [Sentence("Hi there.", 0, 9), Sentence("Go!", 10, 13)])
    [(10.0, 11.8), (12.0, 12.6)]
    """
    if utterance.start_s is None or utterance.end_s is None:
        raise ValueError("the utterance has no times")
    first, last = float(utterance.start_s), max(float(utterance.end_s), float(utterance.start_s))
    times = _by_words(utterance.text, utterance.meta.get("words") or (), found)
    if times is None:
        second_a_letter = (last - first) / max(len(utterance.text), 1)
        times = [
            (first + s.start * second_a_letter, first + s.end * second_a_letter) for s in found
        ]
    out = []
    before = first
    for start, end in times:
        start = min(max(start, before), last)
        end = min(max(end, start), last)
        out.append((round(start, 4), round(end, 4)))
        before = end
    return out


def _by_words(
    text: str, words: Sequence[Mapping[str, Any]], found: Sequence[Sentence]
) -> list[tuple[float, float]] | None:
    """Return the times of the first and last word of each sentence, or None if one has none."""
    times: list[tuple[float, float] | None] = [None] * len(found)
    position = 0
    which = 0
    for word in words:
        spoken = str(word.get("text", "")).strip()
        at = text.find(spoken, position) if spoken else -1
        if at < 0 or word.get("start_s") is None or word.get("end_s") is None:
            continue
        position = at + len(spoken)
        while which < len(found) - 1 and at >= found[which].end:
            which += 1
        start, end = float(word["start_s"]), float(word["end_s"])
        known = times[which]
        times[which] = (start, end) if known is None else (known[0], end)
    whole = [t for t in times if t is not None]
    return whole if len(whole) == len(found) else None
