"""Free emotion words against free emotion words: sets are compared by what their words mean.

A grouping takes a word to the group that counts as one, or to None if it does not know the word.
There are four, from strict to lenient: the word as it is written, the word that it is a form of
(M1), the word of a wheel that it is a synonym of (M2), and a ring of an emotion wheel (M3). The
tables of M1 to M3 are read by `affectkit.affect.emotion_wheels`; who does not have them can group
by a built-in label set instead (`label_set_grouping`).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from affectkit.affect.emotion_wheels import Wheel, WordTables, plain
from affectkit.affect.labels import LabelSet
from affectkit.affect.open_vocabulary import share

Grouping = Callable[[str], str | None]
"""Takes a word to its group, or to None if it does not know the word."""


def as_written(word: str) -> str | None:
    """Return a word as its own group; only capitals and space around it do not count.

    Examples
    --------
    >>> as_written(" Joyful"), as_written(" ")
    ('joyful', None)
    """
    return plain(word) or None


def form_grouping(tables: WordTables) -> Grouping:
    """Return the grouping by word form (M1): all forms of a word are one.

    A word that the table does not have stays as it is. Of several words that it may be a form
    of, the first in the alphabet.

    References
    ----------
    Lian, Z. et al. (2024). OV-MER: Towards open-vocabulary multimodal emotion recognition.
    Section 3 (M1).

    Examples
    --------
    >>> group = form_grouping(WordTables({"joys": ("joy",), "joy": ("joy",)}, {}))
    >>> group("Joys"), group("bliss")
    ('joy', 'bliss')
    """

    def group(word: str) -> str | None:
        return tables.base(word) or None

    return group


def synonym_grouping(tables: WordTables) -> Grouping:
    """Return the grouping by synonyms (M2): a word of a wheel for each word that has one.

    The word itself if a wheel has it, else the first in the alphabet of those that it or its
    form stands for; None if no table knows it.

    References
    ----------
    Lian, Z. et al. (2024). OV-MER: Towards open-vocabulary multimodal emotion recognition.
    Section 3 (M2).

    Examples
    --------
    >>> tables = WordTables({"blisses": ("bliss",)}, {"bliss": ("happy", "joyful")})
    >>> group = synonym_grouping(tables)
    >>> group("blisses"), group("sofa")
    ('happy', None)
    """

    def group(word: str) -> str | None:
        return next(iter(tables.wheel_words(word)), None)

    return group


def wheel_grouping(wheel: Wheel, tables: WordTables, level: int) -> Grouping:
    """Return the grouping by a ring of a wheel (M3), reached through forms and synonyms.

    Of the words of wheels that a word stands for, the first that this wheel has: the word
    itself, else in the order of the alphabet. So the same word always has the same group.

    Parameters
    ----------
    wheel
        The wheel.
    tables
        Word forms (M1) and synonyms (M2).
    level
        1 for the inner ring, 2 for the one around it, 3 for the single words.

    References
    ----------
    Lian, Z. et al. (2024). OV-MER: Towards open-vocabulary multimodal emotion recognition.
    Section 3 (M3).

    Examples
    --------
    >>> wheel = Wheel("mine", (("glad", "calm", "serene"), ("glad", "proud", "brave")))
    >>> tables = WordTables({}, {"bold": ("angry", "brave"), "serene": ("serene",)})
    >>> group = wheel_grouping(wheel, tables, 2)
    >>> group("bold"), group("serene"), group("sofa")
    ('proud', 'calm', None)
    """
    wheel.ring(level)  # a ring that is not there is an error now, not at the first word

    @cache
    def group(word: str) -> str | None:
        found = (wheel.group(w, level) for w in tables.wheel_words(word))
        return next((name for name in found if name is not None), None)

    return group


def wheel_groupings(wheels: Mapping[str, Wheel], tables: WordTables, level: int) -> list[Grouping]:
    """Return `wheel_grouping` for each of several wheels, in their order.

    Examples
    --------
    >>> wheel = Wheel("mine", (("glad", "calm", "serene"),))
    >>> [g("calm") for g in wheel_groupings({"a": wheel}, WordTables({}, {"calm": ("calm",)}), 1)]
    ['glad']
    """
    return [wheel_grouping(wheel, tables, level) for wheel in wheels.values()]


def label_set_grouping(labels: LabelSet | str) -> Grouping:
    """Return a grouping by a label set of the kit, for those without the tables of wheels.

    A word goes to the label that the ontology of Parrott's tiers gives most of it, and of
    several to the first in the alphabet; None if the ontology has no place for it. As rings:
    ``"parrott-primary"`` or ``"plutchik8"`` inside, ``"parrott-secondary"`` or ``"plutchik24"``
    around them. Scores by this grouping compare with each other, not with those by wheels.

    References
    ----------
    Parrott, W. G. (2001). Emotions in social psychology. Psychology Press.

    Examples
    --------
    >>> inner, outer = label_set_grouping("parrott-primary"), label_set_grouping("goemotions28")
    >>> inner("furious"), outer("furious"), inner("carburettor")
    ('anger', 'anger', None)
    """
    target = LabelSet.load(labels) if isinstance(labels, str) else labels

    @cache
    def group(word: str) -> str | None:
        parts = {k: v for k, v in share(plain(word), target).items() if k != "unmapped"}
        return min(parts, key=lambda label: (-parts[label], label), default=None)

    return group


def clip_scores(
    truth: Sequence[Iterable[str]],
    told: Sequence[Iterable[str]],
    groupings: Sequence[Grouping],
) -> NDArray[np.float64]:
    """Return precision and recall of each clip's words under each grouping.

    Precision is the share of the groups told that are among the true ones, recall the share of
    the true groups that were told. Words without a group are left out. If none of the words told
    has one, both are 0; if none of the true words has one, both are NaN, and the clip does not
    count.

    Parameters
    ----------
    truth, told
        The words of each clip [length n_clips].
    groupings
        Such as `wheel_groupings` gives.

    Returns
    -------
    numpy.ndarray [shape=(n_clips, n_groupings, 2)]
        Each in [0, 1]; give it to `f1_of_clips` or `mean_of_clips`, and those to
        `affectkit.measure.intervals.bootstrap`.

    Raises
    ------
    ValueError
        If there are no clips or groupings, the lengths differ, or a clip's words are one
        string.

    References
    ----------
    Lian, Z. et al. (2024). OV-MER: Towards open-vocabulary multimodal emotion recognition.
    Equations 1 and 2.

    Examples
    --------
    >>> clip_scores([["joy", "awe"], ["fear"]], [["joy", "calm", "awe"], []], [as_written])
    array([[[0.666..., 1.        ]],
    <BLANKLINE>
           [[0.        , 0.        ]]])
    """
    if len(truth) != len(told):
        raise ValueError(f"{len(truth)} clips with true words, {len(told)} with words told")
    if not len(truth) or not groupings:
        raise ValueError("there must be at least one clip and one grouping")
    scores = np.empty((len(truth), len(groupings), 2))
    for i, (gold, said) in enumerate(zip(truth, told, strict=True)):
        if isinstance(gold, str) or isinstance(said, str):
            raise ValueError(f"clip {i} holds a string; give a list of words")
        wanted, given = list(gold), list(said)
        for k, grouping in enumerate(groupings):
            scores[i, k] = _precision_recall(_groups(wanted, grouping), _groups(given, grouping))
    return scores


def f1_of_clips(scores: ArrayLike) -> float:
    """Return F = 2PR/(P+R) of mean precision and mean recall, averaged over groupings.

    P and R are means over the clips that count; F is taken for each grouping and then averaged,
    as the MER challenges do with five wheels. NaN if no clip counts.

    Parameters
    ----------
    scores
        From `clip_scores` [shape=(n_clips, n_groupings, 2)].

    References
    ----------
    Lian, Z. et al. (2025). MER 2025: When affective computing meets large language models.
    Track 2 (fine-grained emotion).

    Examples
    --------
    >>> f1_of_clips([[[1.0, 0.5]], [[0.5, 0.5]]])
    0.6
    """
    precision, recall = _means(scores)
    both = precision + recall
    with np.errstate(invalid="ignore"):
        f1 = np.where(both == 0, 0.0, 2 * precision * recall / np.where(both == 0, 1, both))
    return float(f1.mean())


def mean_of_clips(scores: ArrayLike) -> float:
    """Return (P+R)/2 of mean precision and mean recall, averaged over groupings.

    What MER2024 ranked by. NaN if no clip counts.

    Parameters
    ----------
    scores
        From `clip_scores` [shape=(n_clips, n_groupings, 2)].

    References
    ----------
    Lian, Z. et al. (2024). MER 2024: Semi-supervised learning, noise robustness, and
    open-vocabulary multimodal emotion recognition. Section 2.3.

    Examples
    --------
    >>> mean_of_clips([[[1.0, 0.5]], [[0.5, 0.5]]])
    0.625
    """
    precision, recall = _means(scores)
    return float(np.mean((precision + recall) / 2))


def _groups(words: Iterable[str], grouping: Grouping) -> set[str]:
    return {group for word in words if (group := grouping(word)) is not None}


def _precision_recall(wanted: set[str], given: set[str]) -> tuple[float, float]:
    if not wanted:
        return np.nan, np.nan
    if not given:
        return 0.0, 0.0
    common = len(wanted & given)
    return common / len(given), common / len(wanted)


def _means(scores: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean precision and recall of each grouping [shape=(n_groupings,)]."""
    values = np.asarray(scores, dtype=np.float64)
    if values.ndim != 3 or values.shape[2] != 2:
        raise ValueError(f"scores have shape {values.shape}, not (n_clips, n_groupings, 2)")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Mean of empty slice")
        precision, recall = np.nanmean(values, axis=0).T
    return precision, recall
