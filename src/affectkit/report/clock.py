"""How times and lengths are written for readers."""

from __future__ import annotations

import math


def clock(seconds: float) -> str:
    """Write a moment as minutes and seconds, with hours where there are any.

    Examples
    --------
    >>> clock(42.4), clock(3725)
    ('0:42', '1:02:05')
    """
    if not math.isfinite(seconds):
        return "–"
    whole = int(max(seconds, 0))
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours}:{minutes:02d}:{left:02d}" if hours else f"{minutes}:{left:02d}"


def length(seconds: float) -> str:
    """Write a length of time in words short enough for a sentence.

    Examples
    --------
    >>> length(7.6), length(130), length(7260)
    ('8 s', '2 min 10 s', '2 h 1 min')
    """
    if not math.isfinite(seconds):
        return "an unknown time"
    whole = round(max(seconds, 0))
    if whole < 60:
        return f"{seconds:.1f} s" if 0 < seconds < 1 else f"{whole} s"
    if whole < 3600:
        minutes, left = divmod(whole, 60)
        return f"{minutes} min {left} s" if left else f"{minutes} min"
    hours, rest = divmod(whole, 3600)
    return f"{hours} h {rest // 60} min" if rest >= 60 else f"{hours} h"


def percent(share: float) -> str:
    """Write a share in [0, 1] as a whole percentage.

    Examples
    --------
    >>> percent(0.627)
    '63 %'
    """
    return "–" if not math.isfinite(share) else f"{round(100 * share)} %"


class Axis:
    """Words for moments and lengths on the axis of a timeline: seconds or sentences.

    Parameters
    ----------
    sentences
        Whether the axis counts sentences.

    Examples
    --------
    >>> Axis(sentences=True).moment(4.0), Axis(sentences=False).extent(12)
    ('sentence 5', '12 s')
    """

    def __init__(self, *, sentences: bool) -> None:
        self.sentences = sentences

    def moment(self, at: float) -> str:
        """Name a moment."""
        return f"sentence {int(at) + 1}" if self.sentences else clock(at)

    def stretch(self, start: float, end: float) -> str:
        """Name a stretch from its start to its end."""
        if not self.sentences:
            first, last = clock(start), clock(end)
            return first if first == last else f"{first}–{last}"
        first_sentence, last_sentence = int(start) + 1, max(int(end), int(start) + 1)
        if first_sentence == last_sentence:
            return f"sentence {first_sentence}"
        return f"sentences {first_sentence}–{last_sentence}"

    def extent(self, amount: float) -> str:
        """Write how much of the axis something takes."""
        if not self.sentences:
            return length(amount)
        count = round(amount)
        return f"{count} sentence" if count == 1 else f"{count} sentences"
