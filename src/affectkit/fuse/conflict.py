"""Where one modality of a person contradicts another: a smile with sad words."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from functools import lru_cache
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from affectkit.affect import LabelSet, Timeline
from affectkit.affect.circumplex import placement
from affectkit.affect.mapping import share_mass
from affectkit.fuse.pooling import CONFIDENCE_IF_UNKNOWN
from affectkit.fuse.stretches import merge_moments
from affectkit.fuse.windows import Windows, lanes, to_windows

Array = NDArray[np.float64]

COLUMNS = (
    "start_s",
    "end_s",
    "person",
    "score",
    "between",
    "text",
    "divergence",
    "valence_difference",
)
_NAMES = {"face": "face", "speech": "voice", "text": "words"}
_erf = np.frompyfunc(math.erf, 1, 1)


def conflicts(
    timeline: Timeline, *, step_s: float = 1.0, threshold: float = 0.2, min_s: float = 0.0
) -> pd.DataFrame:
    """Return the stretches in which two modalities of a person contradict each other.

    The score of a moment is sqrt(c q c' q') * (J + D) / 2: confidences c and qualities q of
    both, J the Jensen-Shannon divergence in bits between what both say apart from "neutral"
    (Lin 1991, equation 4.1) times the geometric mean of the mass that both give to other
    labels than neutral (so that a plain voice beside a smile is no conflict), and D half the
    difference in valence, times the chance that its sign is not due to the stated errors.

    Little feeling beside some is no contradiction: where exactly one of the two leads with
    "neutral", the score is multiplied by max(0, 2 c - 1), with c the confidence of the other,
    so that only one that is right more often than not counts; and by how far its label lies
    from neutral in valence and arousal (`affectkit.affect.circumplex`), as a share of the
    largest distance between two labels of the set.

    Parameters
    ----------
    timeline
        With at least two modalities of a person; fused and group rows are left aside.
    step_s
        Length of a moment in seconds; longer ones find what does not quite coincide.
    threshold
        Moments that score below are left out.
    min_s
        Stretches shorter than this are left out.

    Returns
    -------
    pandas.DataFrame
        ``start_s, end_s, person, score`` (in [0, 1]), ``between`` (``"face / text"``),
        ``text`` (a plain sentence), ``divergence`` (J in [0, 1]) and ``valence_difference``
        (first modality less the second, in [-2, 2]; NaN if one does not tell), the highest
        score first.

    Examples
    --------
    >>> from affectkit.affect import Estimate
    >>> ekman = LabelSet.load("ekman7")
    >>> smile = Estimate(ekman, [0, 0, 0, 0.9, 0, 0, 0.1], valence=0.7, confidence=0.9)
    >>> grief = Estimate(ekman, [0, 0, 0, 0, 0.8, 0, 0.2], valence=-0.6, confidence=0.8)
    >>> t = Timeline.from_estimates(
    ...     [(0, 3, "Ann", "face", smile), (1, 3, "Ann", "text", grief)], ekman
    ... )
    >>> print(conflicts(t)["text"][0])
    Ann, 0:01 to 0:03: the face says joy, the words say sadness; the face is more pleasant.
    """
    table = lanes(timeline.table)
    found = []
    for person, rows in table.groupby(table["person"].fillna(""), sort=False):
        if rows["modality"].nunique() > 1:
            windows = to_windows(rows, timeline.label_set, step_s=step_s, people=[str(person)])
            found += [
                _between(windows, timeline.label_set, a, b)
                for a, b in combinations(range(len(windows.modalities)), 2)
            ]
    moments = pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=[*COLUMNS])
    moments = moments[moments["score"] >= threshold]
    merged = merge_moments(moments, by=["person", "between"], score="score", gap_s=step_s / 2)
    if len(merged):
        merged = merged[merged["end_s"] - merged["start_s"] >= min_s - 1e-9].copy()
        merged["text"] = [_sentence(row) for row in merged.to_dict("records")]
    return merged.reindex(columns=[*COLUMNS]).reset_index(drop=True)


def divergence(p: Array, q: Array) -> Array:
    """Return the Jensen-Shannon divergence of distributions, in bits, in [0, 1].

    Parameters
    ----------
    p, q
        [shape=(..., n_labels)], each summing to 1.

    Examples
    --------
    >>> float(divergence(np.array([1.0, 0.0]), np.array([0.0, 1.0])))
    1.0
    """

    def entropy(x: Array) -> Array:
        bits = np.where(x > 0, -x * np.log2(np.where(x > 0, x, 1.0)), 0.0)
        return np.asarray(bits.sum(axis=-1))

    bits = entropy((p + q) / 2) - entropy(p) / 2 - entropy(q) / 2
    return np.asarray(np.minimum(np.maximum(bits, 0.0), 1.0))


def _between(windows: Windows, labels: LabelSet, a: int, b: int) -> pd.DataFrame:
    """Score the moments in which both modalities tell."""
    told = windows.told[0, :, a] & windows.told[0, :, b]
    p, q = windows.labels[0, told, a], windows.labels[0, told, b]
    if not labels.exclusive:
        p, q = share_mass(p, labels), share_mass(q, labels)
    emotional = np.array([label != labels.neutral for label in labels.labels])
    p, q = p * emotional, q * emotional
    mass_p, mass_q = p.sum(axis=1), q.sum(axis=1)
    some = (mass_p > 1e-6) & (mass_q > 1e-6)
    apart = np.zeros(len(p))
    apart[some] = divergence(p[some] / mass_p[some, None], q[some] / mass_q[some, None])
    apart *= np.sqrt(np.clip(mass_p * mass_q, 0, 1))

    difference = windows.space[0, told, a, 0] - windows.space[0, told, b, 0]
    error = np.sqrt((windows.space_sd[0, told][:, [a, b], 0] ** 2).sum(axis=1))
    # Without a stated error the sign is taken at its word.
    z = np.where(np.isnan(error), np.inf, np.abs(difference) / np.maximum(error, 1e-6))
    real = np.asarray(_erf(np.minimum(z, 9.0) / math.sqrt(2)), dtype=np.float64)
    pleasant = np.nan_to_num(np.abs(difference)) / 2 * real

    trust = windows.trust[0, told][:, [a, b]]
    confidence = np.where(np.isnan(trust[..., 0]), CONFIDENCE_IF_UNKNOWN, trust[..., 0])
    quality = np.where(np.isnan(trust[..., 2]), 1.0, trust[..., 2])
    known = ~np.isnan(difference)
    score = np.sqrt((confidence * quality).prod(axis=1)) * (apart + pleasant) / (1.0 + known)
    score = score * _beside_neutral(windows.labels[0, told][:, [a, b]], confidence, labels)
    names = np.array(labels.labels, dtype=object)
    return pd.DataFrame(
        {
            "start_s": windows.start_s[told],
            "end_s": windows.stop_s[told],
            "person": windows.people[0],
            "score": score,
            "between": f"{windows.modalities[a]} / {windows.modalities[b]}",
            "divergence": apart,
            "valence_difference": difference,
            "first": names[windows.labels[0, told, a].argmax(axis=1)] if told.any() else [],
            "second": names[windows.labels[0, told, b].argmax(axis=1)] if told.any() else [],
        }
    )


def _beside_neutral(told: Array, confidence: Array, labels: LabelSet) -> Array:
    """Return what a moment counts if one of two sides leads with neutral; 1 where none does.

    Parameters
    ----------
    told
        What both sides say [shape=(n, 2, n_labels)].
    confidence
        How sure both are [shape=(n, 2)].
    labels
        The set they are over.
    """
    if labels.neutral is None or not len(told):
        return np.ones(len(told))
    lead = told.argmax(axis=2)
    plain = lead == labels.index(labels.neutral)
    mixed = plain[:, 0] != plain[:, 1]
    other = plain.argmin(axis=1)[:, None]
    far = _from_neutral(labels)[np.take_along_axis(lead, other, 1)[:, 0]]
    sure = np.clip(2 * np.take_along_axis(confidence, other, 1)[:, 0] - 1, 0.0, 1.0)
    return np.where(mixed, sure * far, 1.0)


@lru_cache(maxsize=32)
def _from_neutral(labels: LabelSet) -> Array:
    """Return how far each label lies from neutral, as a share of the set's largest distance.

    1 for a label that has no place.
    """
    at = placement(labels)[["valence", "arousal"]].to_numpy(dtype=float)
    between = np.linalg.norm(at[:, None] - at[None, :], axis=2)
    largest = np.nanmax(between, initial=0.0)
    if not labels.neutral or not largest > 0:
        return np.ones(len(labels))
    share = between[labels.index(labels.neutral)] / largest
    return np.where(np.isnan(share), 1.0, share)


def _sentence(row: Mapping[Hashable, Any]) -> str:
    a, b = (_NAMES.get(name, name) for name in str(row["between"]).split(" / "))
    who = str(row["person"]) or "Someone"
    says = f"the {a} {_say(a)} {row['first']}, the {b} {_say(b)} {row['second']}"
    if row["first"] == row["second"]:
        says = f"both the {a} and the {b} lead with {row['first']} but differ in the rest"
    difference = float(row["valence_difference"])
    tone = ""
    if abs(difference) >= 0.1:
        pleasanter = a if difference > 0 else b
        are = "are" if pleasanter == "words" else "is"
        tone = f"; the {pleasanter} {are} more pleasant"
    return f"{who}, {_clock(row['start_s'])} to {_clock(row['end_s'])}: {says}{tone}."


def _say(name: str) -> str:
    return "say" if name == "words" else "says"


def _clock(seconds: float) -> str:
    whole = int(seconds)
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours}:{minutes:02d}:{left:02d}" if hours else f"{minutes}:{left:02d}"
