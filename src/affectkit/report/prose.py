"""The findings of a timeline in plain sentences: estimates, never facts about people."""

from __future__ import annotations

import math

import pandas as pd

from affectkit.affect import Timeline
from affectkit.report.clock import Axis, percent
from affectkit.report.portraits import Portrait, portraits

LANE_NAMES = {"face": "face", "speech": "voice", "text": "words", "fused": "all together"}
_MOST_PEOPLE = 5


def axis_of(timeline: Timeline) -> Axis:
    """Return whether a timeline runs over seconds or sentences."""
    return Axis(sentences=timeline.provenance.get("time") == "sentences")


def is_photo(timeline: Timeline) -> bool:
    """Say whether a timeline is of a single picture."""
    facts = timeline.provenance.get("file")
    return isinstance(facts, dict) and facts.get("kind") == "image"


def name_of(timeline: Timeline, person: str) -> str:
    """Return what a person is called on the page."""
    if person:
        return person
    return "The text" if axis_of(timeline).sentences else "Unnamed speaker"


def summary(timeline: Timeline) -> list[str]:
    """Return what a timeline says, in a few plain lines for a terminal.

    Parameters
    ----------
    timeline
        As `affectkit.analyze` returns it.

    Returns
    -------
    One line a person (the five of whom most is told), then one each for moments where
    the modalities disagree, where people would, and for what could not be told.

    Examples
    --------
    >>> from affectkit.affect import Estimate, LabelSet
    >>> ekman = LabelSet.load("ekman7")
    >>> happy = Estimate(ekman, [0, 0, 0, 1, 0, 0, 0], valence=0.7, confidence=0.8)
    >>> t = Timeline.from_estimates([(0.0, 4.0, "Ann", "face", happy)], ekman)
    >>> print(summary(t)[0])
    Ann: read as joy throughout the 4 s that could be read; typical confidence 80 %.
    """
    people = portraits(timeline)
    if not people:
        return ["Nothing could be told from this file.", *_notes(timeline)]
    lines = [sentence(timeline, person) for person in people[:_MOST_PEOPLE]]
    if len(people) > _MOST_PEOPLE:
        more = len(people) - _MOST_PEOPLE
        lines.append(f"And {more} more {'person' if more == 1 else 'people'}; see the report.")
    lines += _moments(timeline)
    return [*lines, *_notes(timeline)]


def sentence(timeline: Timeline, person: Portrait) -> str:
    """Return one person's portrait in words, as estimates."""
    axis = axis_of(timeline)
    who = name_of(timeline, person.person)
    if not person.told:
        why = _because(person)
        return f"{who}: nothing could be told{why}."
    if is_photo(timeline):
        return _photo_sentence(timeline, person)
    label, share = person.shares[0]
    neutral = timeline.label_set.neutral
    extent = axis.extent(person.told)
    if share > 0.995:
        said = f"read as {label} throughout the {extent} that could be read"
    elif share >= 0.5:
        said = f"read as mostly {label} ({percent(share)} of the {extent} that could be read)"
    else:
        parts = " and ".join(f"{name} {percent(part)}" for name, part in person.shares[:2])
        said = f"read as mixed ({parts} of the {extent} that could be read)"
    out = f"{who}: {said}"
    strongest = [s for s in person.stretches if not (s.label == label and share > 0.995)]
    if strongest:
        runs = ", ".join(f"{s.label} at {axis.stretch(s.start_s, s.end_s)}" for s in strongest)
        clearest = "clearest stretches apart from that" if label == neutral else "clearest"
        out += f"; {clearest}: {runs}"
    if not math.isnan(person.confidence):
        out += f"; typical confidence {percent(person.confidence)}"
    if person.untold >= 0.5:
        why = _because(person)
        out += f"; {axis.extent(person.untold)} could not be told{why}"
    return out + "."


def moments_apart(timeline: Timeline) -> pd.DataFrame:
    """Return the moments where modalities disagree; no rows if fusion cannot say."""
    try:
        from affectkit.fuse import conflicts
    except ImportError:
        return pd.DataFrame(columns=["start_s", "end_s", "person", "score", "between", "text"])
    return conflicts(timeline)


def moments_contested(timeline: Timeline) -> pd.DataFrame:
    """Return the moments where people would disagree; no rows if fusion cannot say."""
    try:
        from affectkit.fuse import disagreements
    except ImportError:
        return pd.DataFrame(columns=["start_s", "end_s", "person", "spread", "labels"])
    return disagreements(timeline)


def _photo_sentence(timeline: Timeline, person: Portrait) -> str:
    labels = timeline.label_set.labels
    ranked = sorted(zip(person.probabilities, labels, strict=True), reverse=True)
    first, second = ranked[0], ranked[1] if len(ranked) > 1 else None
    out = f"{name_of(timeline, person.person)}: read most as {first[1]} ({percent(first[0])}"
    out += f"), then {second[1]} ({percent(second[0])})" if second and second[0] >= 0.1 else ")"
    if not math.isnan(person.confidence):
        out += f"; confidence {percent(person.confidence)}"
    return out + "."


def _because(person: Portrait) -> str:
    if not person.reasons:
        return ""
    reason = person.reasons[0][0]
    # "face: the face is …" names its lane first; a sentence needs that of several lanes only.
    head, colon, rest = reason.partition(": ")
    if colon and head in LANE_NAMES and not any(f"; {lane}: " in rest for lane in LANE_NAMES):
        reason = rest
    return f", {'mostly because' if len(person.reasons) > 1 else 'because'} {reason}"


def _moments(timeline: Timeline) -> list[str]:
    if is_photo(timeline):
        return []
    axis = axis_of(timeline)
    out = []
    apart, contested = moments_apart(timeline), moments_contested(timeline)
    for moments, one in (
        (apart, "moment in which face, voice and words point apart"),
        (contested, "moment that people would be expected to read differently"),
    ):
        if len(moments):
            first = moments.iloc[0]
            noun = one if len(moments) == 1 else one.replace("moment", "moments", 1)
            clearest = axis.stretch(float(first["start_s"]), float(first["end_s"]))
            word = "at" if len(moments) == 1 else "clearest at"
            out.append(f"{len(moments)} {noun}; {word} {clearest}.")
    return out


def _notes(timeline: Timeline) -> list[str]:
    axis = axis_of(timeline)
    lines = []
    for note in timeline.notes[:_MOST_PEOPLE]:
        when = ""
        if note.start_s is not None and note.end_s is not None:
            when = f" ({axis.stretch(note.start_s, note.end_s)})"
        lines.append(f"Note, {LANE_NAMES.get(note.lane, note.lane)}: {note.reason}{when}")
    if len(timeline.notes) > _MOST_PEOPLE:
        lines.append(f"And {len(timeline.notes) - _MOST_PEOPLE} more notes; see the report.")
    return lines
