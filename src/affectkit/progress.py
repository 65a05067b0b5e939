"""How long work tells its caller how far it is, without knowing how that is shown."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """A callable that long work reports to.

    Called as ``progress(stage, done, total)``: the name of the stage ("faces", "words"),
    how much is done and how much there is in all, in the stage's own unit (seconds of
    media, mostly). ``total`` is None while it is not known.
    """

    def __call__(self, stage: str, done: float, total: float | None) -> None: ...


def silent(stage: str, done: float, total: float | None) -> None:
    """Report nothing.

    Examples
    --------
    >>> silent("faces", 1.0, 2.0)
    """
