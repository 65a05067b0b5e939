"""RTTM files, which say who speaks when, in and out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import quote, unquote

from affectkit.media.tiers import Segment, Tier, merged


def read_rttm(text: str) -> tuple[list[Tier], tuple[str, ...]]:
    """Return a tier a speaker, and what could not be read.

    Examples
    --------
    >>> tiers, _ = read_rttm("SPEAKER talk 1 6.690 0.430 <NA> <NA> Ann <NA> <NA>")
    >>> tiers[0].name, tiers[0].segments[0].start_s
    ('Ann', 6.69)
    """
    found, lost = [], 0
    for line in text.split("\n"):
        fields = line.split()
        if not fields or fields[0].startswith(";;") or fields[0] != "SPEAKER":
            continue
        try:
            start_s, length_s = float(fields[3]), float(fields[4])
            segment = Segment(start_s, round(start_s + length_s, 6))
            name = unquote(fields[7], errors="replace")
        except (ValueError, IndexError, OverflowError):
            lost += 1
            continue
        found.append((name, Tier(name, [segment])))
    notes = (f"{lost} lines of the RTTM could not be read",) if lost else ()
    return merged(found), notes


def write_rttm(tiers: Sequence[Tier], *, file: str = "recording") -> str:
    r"""Return RTTM with one line a segment; the text of segments has no place in it.

    White space and percent signs in names are percent-encoded, since fields are separated
    by white space. Source: NIST, RT-09 evaluation plan, appendix A.

    Examples
    --------
    >>> write_rttm([Tier("Ann B", [Segment(1, 2.5)])], file="talk")
    'SPEAKER talk 1 1.000 1.500 <NA> <NA> Ann%20B <NA> <NA>\n'
    """
    lines = [
        (
            s.start_s,
            f"SPEAKER {_field(file)} 1 {s.start_s:.3f} {s.end_s - s.start_s:.3f} "
            f"<NA> <NA> {_field(tier.name)} <NA> <NA>\n",
        )
        for tier in tiers
        for s in tier.segments
    ]
    return "".join(line for _, line in sorted(lines, key=lambda pair: pair[0]))


def _field(name: str) -> str:
    return re.sub(r"[\s%]", lambda match: quote(match[0], safe=""), name) or "<NA>"
