"""What can go wrong, in words a user can act on.

Every error that affectkit raises on purpose descends from `AffectkitError`, so that
one ``except`` catches them all and the command line can print them without a traceback.
"""

from __future__ import annotations


class AffectkitError(Exception):
    """Something the user can mend: says what was wrong, where, and what to do.

    Parameters
    ----------
    problem
        What is wrong, with the file and row where there is one.
    remedy
        What the user can do about it.

    Examples
    --------
    >>> print(AffectkitError("clip.mp4 is empty", remedy="record it again"))
    clip.mp4 is empty. To mend it: record it again
    """

    def __init__(self, problem: str, *, remedy: str = "") -> None:
        self.problem = problem
        self.remedy = remedy
        super().__init__(f"{problem}. To mend it: {remedy}" if remedy else problem)


class MediaError(AffectkitError):
    """A recording, transcript or annotation file cannot be read or written."""


class LabelError(AffectkitError):
    """A label, label set or mapping is unknown or does not add up."""


class WeightsError(AffectkitError):
    """Model weights are missing, altered, or of another version."""


class LicenceError(AffectkitError):
    """A model's licence does not allow what was asked."""


class PurposeError(AffectkitError):
    """The stated purpose is missing where the law asks for one, or is not allowed."""


class DataError(AffectkitError):
    """A data set is absent, incomplete or malformed."""


class WorkError(AffectkitError):
    """Work in a process of its own failed, crashed or hung."""


class MissingExtraError(AffectkitError, ImportError):
    """An optional dependency is not installed."""
