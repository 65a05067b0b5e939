"""What could not be told and why, added up over a recording."""

from __future__ import annotations

import re
from dataclasses import dataclass

from affectkit.affect import Timeline
from affectkit.affect.timeline import FUSED, GROUP
from affectkit.report.clock import Axis
from affectkit.report.prose import LANE_NAMES, axis_of, is_photo, name_of

_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")
_MOST_PLACES = 4


@dataclass(frozen=True)
class Silence:
    """One reason, for one person and lane, with how much it takes and where."""

    lane: str
    person: str
    reason: str
    amount: float
    extent: str
    places: tuple[tuple[float, str], ...]
    more_places: int = 0


def silences(timeline: Timeline) -> list[Silence]:
    """Return why things could not be told, the longest first, then notes without length.

    Reasons that differ only in their numbers are taken together. Fused rows repeat what
    their lanes say and are left out where there are lanes; so are notes that count rows.
    """
    axis = axis_of(timeline)
    photo = is_photo(timeline)
    table = timeline.table[timeline.table["person"] != GROUP]
    lanes = table[table["modality"] != FUSED]
    table = lanes if len(lanes) else table
    table = table[table["reason"].notna()]
    grouped: dict[tuple[str, str, str], list[tuple[float, float, str]]] = {}
    columns = ("start_s", "end_s", "person", "modality", "reason")
    for start, end, person, lane, reason in zip(*(table[c] for c in columns), strict=True):
        key = (
            "" if lane is None else str(lane),
            str(person) if isinstance(person, str) else "",
            _NUMBER.sub("#", str(reason)),
        )
        grouped.setdefault(key, []).append((float(start), float(end), str(reason)))
    out = []
    for (lane, person, _), found in grouped.items():
        runs = _union([(start, end) for start, end, _ in found])
        amount = sum(end - start for start, end in runs)
        numbered = len({reason for _, _, reason in found}) > 1
        reason = found[0][2] + (" (and similar)" if numbered else "")
        places = [(start, axis.stretch(start, end)) for start, end in runs]
        out.append(
            _silence(lane, name_of(timeline, person), reason, amount, places, axis, photo=photo)
        )
    out.sort(key=lambda silence: -silence.amount)
    told = {
        (lane, str(reason)) for lane, reason in zip(table["modality"], table["reason"], strict=True)
    }
    for note in timeline.notes:
        if any(note.lane == lane and note.reason.endswith(f": {why}") for lane, why in told):
            continue  # it counts rows that stand above, with their places
        if note.start_s is None:
            out.append(Silence(_name(note.lane), "", note.reason, 0.0, "", ()))
            continue
        end = note.end_s if note.end_s is not None else note.start_s
        places = [(note.start_s, axis.stretch(note.start_s, end))]
        amount = end - note.start_s
        out.append(_silence(note.lane, "", note.reason, amount, places, axis, photo=photo))
    return out


def _silence(
    lane: str,
    person: str,
    reason: str,
    amount: float,
    places: list[tuple[float, str]],
    axis: Axis,
    *,
    photo: bool,
) -> Silence:
    if photo:
        return Silence(_name(lane), person, reason, amount, "", ())
    return Silence(
        _name(lane),
        person,
        reason,
        amount,
        axis.extent(amount),
        tuple(places[:_MOST_PLACES]),
        max(0, len(places) - _MOST_PLACES),
    )


def _name(lane: str) -> str:
    return LANE_NAMES.get(lane, lane)


def _union(stretches: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Join stretches that touch."""
    out: list[tuple[float, float]] = []
    for start, end in sorted(stretches):
        if out and start <= out[-1][1] + 0.25:
            out[-1] = (out[-1][0], max(out[-1][1], end))
        else:
            out.append((start, end))
    return out
