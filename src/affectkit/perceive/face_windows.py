"""From faces in frames to rows of a timeline: one per person and second."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from affectkit.affect import LabelSet
from affectkit.perceive import action_units
from affectkit.perceive.expression import COARSE_LABELS, MODEL, to_ekman
from affectkit.perceive.face_quality import weakest

if TYPE_CHECKING:
    from affectkit.perceive.expression import ExpressionReader

WINDOW_S = 1.0
"""Length of the stretch that one row of the timeline tells of."""


def window_rows(
    faces: pd.DataFrame,
    plurality: NDArray[np.float64],
    units: NDArray[np.float64],
    *,
    reader: ExpressionReader,
    label_set: LabelSet,
    minimum_quality: float,
    frame_s: float | None,
    until_s: float,
) -> list[dict[str, Any]]:
    """Return one record per person and window, as a `Timeline` table wants them.

    Parameters
    ----------
    faces
        One row per face and frame: ``time_s, person, quality, eye_distance, blur, yaw,
        pitch, presence``.
    plurality
        What most people would say of each face, over `label_set` [shape=(n, 7)].
    units
        Derived action units of each face [shape=(n, n_units)].
    reader
        Knows how people stray from the plurality and what is usual for a face.
    label_set
        The labels of `plurality`.
    minimum_quality
        Windows of a lower mean quality say that they cannot tell.
    frame_s
        Seconds between frames; None for a photo, which becomes one window.
    until_s
        Where the recording ends.
    """
    window = np.floor(faces["time_s"].to_numpy() / WINDOW_S).astype(int)
    good = faces["quality"].to_numpy(dtype=np.float64)
    usual = reader.numbers["usual_units"]
    rows = []
    groups: dict[tuple[int, str], list[int]] = {}
    for place, (number, person) in enumerate(zip(window.tolist(), faces["person"], strict=True)):
        groups.setdefault((number, str(person)), []).append(place)
    # By window, then by the person's number: Person 10 comes after Person 9.
    for number, person in sorted(groups, key=lambda key: (key[0], len(key[1]), key[1])):
        places = np.array(groups[number, person])
        start, end = number * WINDOW_S, (number + 1) * WINDOW_S
        if frame_s is not None:
            times = faces["time_s"].to_numpy()[places]
            # A frame speaks for the time to its neighbours; only longer absences are cut off.
            start = start if times.min() - start < frame_s else times.min() - frame_s / 2
            end = end if end - times.max() < 1.5 * frame_s else times.max() + frame_s / 2
            end = max(min(end, until_s), start + 1e-3)
        mean = float(good[places].mean())
        row: dict[str, Any] = {
            "start_s": start,
            "end_s": end,
            "person": person,
            "modality": "face",
            "source": MODEL,
            "quality": mean,
        }
        if mean < minimum_quality:
            rows.append(row | {"reason": _why(faces.iloc[places])})
            continue
        weight = good[places] / good[places].sum()
        row |= estimate(weight @ plurality[places], reader, label_set)
        seen = action_units.leading(weight @ units[places], usual)
        evidence = [{"what": action_units.describe(u), "weight": w} for u, w in seen]
        rows.append(row | {"evidence": json.dumps(evidence)})
    return rows


def estimate(
    plurality: NDArray[np.float64], reader: ExpressionReader, label_set: LabelSet
) -> dict[str, float]:
    """Return the numbers of one row: labels, place in affect space, confidence, spread.

    Labels are the share of people expected to give each; confidence is the share that the
    leading one gets; spread is how much people would stray from each other even if it were
    known what most of them say. Valence, arousal and dominance are expectations over the
    labels' places; their standard deviations combine the spread of each label's place with
    the distance between labels (the law of total variance).

    Parameters
    ----------
    plurality
        What most people would say, over `label_set` [shape=(7,)].
    reader
        Knows how people stray from the plurality.
    label_set
        The labels of `plurality`.
    """
    from affectkit.affect import circumplex

    order = [label_set.index(label) for label in COARSE_LABELS]
    most = plurality[order] / plurality.sum()
    shares = to_ekman(reader.voted(most), label_set)
    out = dict(zip(label_set.labels, shares.tolist(), strict=True))
    out["confidence"] = float(shares.max())
    out["spread"] = float(reader.spread(most))
    places = circumplex.placement(label_set).loc[list(label_set.labels)]
    for name, value in zip(
        ("valence", "arousal", "dominance"), circumplex.point(label_set, shares), strict=True
    ):
        here = places[name].to_numpy(dtype=float)
        sd = places[f"{name}_sd"].to_numpy(dtype=float) if f"{name}_sd" in places else 0.0 * here
        out[name] = float(value)
        variance = float(shares @ (np.nan_to_num(sd) ** 2 + (here - float(value)) ** 2))
        out[f"{name}_sd"] = float(np.sqrt(variance))
    return out


def _why(faces: pd.DataFrame) -> str:
    """Return why a window cannot be told, from the middle values of its faces."""
    middle = faces[["eye_distance", "blur", "yaw", "pitch", "presence"]].median()
    return weakest(
        eye_distance_px=float(middle["eye_distance"]),
        blur=float(middle["blur"]),
        yaw=float(middle["yaw"]),
        pitch=float(middle["pitch"]),
        presence=float(middle["presence"]),
    )
