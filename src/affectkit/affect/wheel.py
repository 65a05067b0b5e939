"""Plutchik's wheel as geometry: angles, intensities, opposites, and the blends of two petals."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from affectkit.affect.labels import LabelSet
from affectkit.errors import LabelError

PETALS = ("joy", "trust", "fear", "surprise", "sadness", "disgust", "anger", "anticipation")
"""The primary emotions in order around the wheel, 45 degrees apart, joy at 0."""

INTENSITIES: Mapping[str, tuple[str, str, str]] = {
    "joy": ("serenity", "joy", "ecstasy"),
    "trust": ("acceptance", "trust", "admiration"),
    "fear": ("apprehension", "fear", "terror"),
    "surprise": ("distraction", "surprise", "amazement"),
    "sadness": ("pensiveness", "sadness", "grief"),
    "disgust": ("boredom", "disgust", "loathing"),
    "anger": ("annoyance", "anger", "rage"),
    "anticipation": ("interest", "anticipation", "vigilance"),
}
"""The mild, middle and strong form of each primary emotion (Plutchik 2001)."""

DYADS: Mapping[tuple[str, str], str] = {
    # Primary: neighbours.
    ("joy", "trust"): "love",
    ("trust", "fear"): "submission",
    ("fear", "surprise"): "awe",
    ("surprise", "sadness"): "disapproval",
    ("sadness", "disgust"): "remorse",
    ("disgust", "anger"): "contempt",
    ("anger", "anticipation"): "aggressiveness",
    ("anticipation", "joy"): "optimism",
    # Secondary: one petal between.
    ("joy", "fear"): "guilt",
    ("trust", "surprise"): "curiosity",
    ("fear", "sadness"): "despair",
    ("surprise", "disgust"): "unbelief",
    ("sadness", "anger"): "envy",
    ("disgust", "anticipation"): "cynicism",
    ("anger", "joy"): "pride",
    ("anticipation", "trust"): "hope",
    # Tertiary: two petals between.
    ("joy", "surprise"): "delight",
    ("trust", "sadness"): "sentimentality",
    ("fear", "disgust"): "shame",
    ("surprise", "anger"): "outrage",
    ("sadness", "anticipation"): "pessimism",
    ("disgust", "joy"): "morbidness",
    ("anger", "trust"): "dominance",
    ("anticipation", "fear"): "anxiety",
}
"""What two primary emotions make together (Plutchik 1980, 2001)."""

Degree = Literal["primary", "secondary", "tertiary", "opposite", "same"]


def petal(emotion: str) -> tuple[str, int]:
    """Return the primary emotion that a name on the wheel belongs to, and its intensity.

    Returns
    -------
    tuple of str and int
        The petal, and 1 (mild), 2 (middle) or 3 (strong).

    Raises
    ------
    LabelError
        If the name is not one of the 24 on the wheel.

    Examples
    --------
    >>> petal("grief")
    ('sadness', 3)
    """
    for name, forms in INTENSITIES.items():
        if emotion in forms:
            return name, forms.index(emotion) + 1
    raise LabelError(
        f"{emotion!r} is not on Plutchik's wheel", remedy=f"use one of {', '.join(PETALS)}"
    )


def with_intensity(emotion: str, intensity: int) -> str:
    """Return the name of the same petal at another intensity.

    Raises
    ------
    LabelError
        If the emotion is not on the wheel or the intensity is not 1, 2 or 3.

    Examples
    --------
    >>> with_intensity("anger", 3)
    'rage'
    """
    if intensity not in (1, 2, 3):
        raise LabelError(f"intensity is {intensity}", remedy="use 1 (mild), 2 or 3 (strong)")
    return INTENSITIES[petal(emotion)[0]][intensity - 1]


def angle(emotion: str) -> float:
    """Return where an emotion lies on the wheel, in degrees from joy towards trust, [0, 360).

    Examples
    --------
    >>> angle("fear")
    90.0
    """
    return 360.0 * PETALS.index(petal(emotion)[0]) / len(PETALS)


def opposite(emotion: str) -> str:
    """Return the emotion across the wheel, at the same intensity.

    Examples
    --------
    >>> opposite("joy"), opposite("rage")
    ('sadness', 'terror')
    """
    name, intensity = petal(emotion)
    across = PETALS[(PETALS.index(name) + len(PETALS) // 2) % len(PETALS)]
    return INTENSITIES[across][intensity - 1]


def degree(one: str, other: str) -> Degree:
    """Return how far apart two emotions stand: which kind of dyad they make.

    Examples
    --------
    >>> degree("joy", "trust"), degree("joy", "sadness")
    ('primary', 'opposite')
    """
    apart = abs(PETALS.index(petal(one)[0]) - PETALS.index(petal(other)[0]))
    steps: tuple[Degree, ...] = ("same", "primary", "secondary", "tertiary", "opposite")
    return steps[min(apart, len(PETALS) - apart)]


def dyad(one: str, other: str) -> str | None:
    """Return what two emotions make together; None for opposites and for one petal.

    Examples
    --------
    >>> dyad("trust", "joy"), dyad("joy", "sadness")
    ('love', None)
    """
    a, b = petal(one)[0], petal(other)[0]
    return DYADS.get((a, b)) or DYADS.get((b, a))


def parts(blend: str) -> tuple[str, str]:
    """Return the two primary emotions that a dyad is made of.

    Raises
    ------
    LabelError
        If no dyad has that name.

    Examples
    --------
    >>> parts("remorse")
    ('sadness', 'disgust')
    """
    for pair, made in DYADS.items():
        if made == blend:
            return pair
    raise LabelError(f"{blend!r} is no dyad", remedy=f"use one of {', '.join(DYADS.values())}")


def direction(probabilities: ArrayLike) -> tuple[float, float]:
    """Return the angle and length of the mean of a distribution over the eight petals.

    Parameters
    ----------
    probabilities
        One number in [0, 1] per label of ``plutchik8`` [shape=(8,)].

    Returns
    -------
    tuple of float
        Angle in degrees, [0, 360), and length in [0, 1]: 1 if all mass is on one petal, 0
        where opposites balance (the circular mean; Mardia 1972, section 2.2).

    Examples
    --------
    >>> love = [0.5, 0.5, 0, 0, 0, 0, 0, 0]
    >>> [round(v, 2) for v in direction(love)]
    [22.5, 0.92]
    """
    p: NDArray[np.float64] = np.asarray(probabilities, dtype=np.float64)
    labels = LabelSet.load("plutchik8").labels
    if p.shape != (len(labels),):
        raise LabelError(f"{p.shape} values do not fit the eight petals")
    at = np.exp(1j * np.radians([angle(label) for label in labels]))
    total = float(p.sum())
    mean = complex(p @ at) / total if total > 0 else 0j
    return math.degrees(math.atan2(mean.imag, mean.real)) % 360.0, abs(mean)


def blend(probabilities: ArrayLike, *, share: float = 0.5) -> str | None:
    """Return the name of what a distribution over the petals amounts to.

    Parameters
    ----------
    probabilities
        One number in [0, 1] per label of ``plutchik8`` [shape=(8,)].
    share
        The second petal takes part if it has at least this share of the first one's mass.

    Returns
    -------
    str or None
        A petal, a dyad, or None where two opposites balance or nothing is told.

    Examples
    --------
    >>> blend([0.5, 0.4, 0.1, 0, 0, 0, 0, 0])
    'love'
    >>> blend([0.9, 0.1, 0, 0, 0, 0, 0, 0])
    'joy'
    """
    p = np.nan_to_num(np.asarray(probabilities, dtype=np.float64))
    labels = LabelSet.load("plutchik8").labels
    if p.shape != (len(labels),):
        raise LabelError(f"{p.shape} values do not fit the eight petals")
    first, second = (int(i) for i in np.argsort(-p, kind="stable")[:2])
    if p[first] <= 0:
        return None
    if p[second] < share * p[first]:
        return labels[first]
    return dyad(labels[first], labels[second])
