"""ELAN annotation files, in and out."""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from datetime import UTC, datetime

from affectkit.errors import MediaError
from affectkit.media.text_encoding import clean
from affectkit.media.tiers import Segment, Tier, layer_name, merged, without_overlap

_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_SCHEMA = "http://www.mpi.nl/tools/elan/EAFv3.0.xsd"
_DEPTH = 64


def read_eaf(text: str, name: str = "the file") -> tuple[list[Tier], tuple[str, ...]]:
    """Return the tiers of an ELAN file, and what could not be read.

    Annotations that refer to others (ELAN's dependent tiers) take the time of what they
    refer to; time slots without a value take one spread evenly between their neighbours, as
    ELAN does. Tiers that `write_eaf` had to split are joined.

    Raises
    ------
    MediaError
        If it is no ELAN file, or declares entities, which no ELAN file needs.
    """
    root = parse_xml(text, name)
    if root.tag != "ANNOTATION_DOCUMENT":
        raise MediaError(f"{name} is not an ELAN file")
    slots = _slots(root)
    spans: dict[str, tuple[float, float]] = {}
    dependents: list[tuple[str, str]] = []
    per_tier: list[tuple[str, list[tuple[str, str]]]] = []
    for tier in root.iter("TIER"):
        written: list[tuple[str, str]] = []
        for annotation in (a for holder in tier.iter("ANNOTATION") for a in holder):
            key = annotation.get("ANNOTATION_ID", f"?{len(spans)}-{len(dependents)}")
            written.append((key, annotation.findtext("ANNOTATION_VALUE") or ""))
            first = slots.get(annotation.get("TIME_SLOT_REF1", ""))
            last = slots.get(annotation.get("TIME_SLOT_REF2", ""))
            if annotation.tag == "REF_ANNOTATION":
                dependents.append((key, annotation.get("ANNOTATION_REF", "")))
            elif first is not None and last is not None and first <= last:
                spans[key] = (first, last)
        per_tier.append((_first_name(tier), written))
    parents = dict(dependents)
    lost = 0
    out: list[tuple[str, Tier]] = []
    for tier_name, written in per_tier:
        segments = []
        for key, value in written:
            span = _resolve(key, spans, parents)
            if span is None:
                lost += 1
            else:
                segments.append(Segment(*span, value))
        out.append((tier_name, Tier(tier_name, segments)))
    notes = (f"{lost} annotation{'s' if lost > 1 else ''} without a time left out",) if lost else ()
    return merged(out), notes


def write_eaf(tiers: Sequence[Tier], *, media: str | None = None) -> str:
    """Return an ELAN 3.0 file; `read_eaf` reverses it to the millisecond.

    ELAN's tiers cannot hold segments that overlap; these go to further tiers of the same
    participant.

    Examples
    --------
    >>> text = write_eaf([Tier("Ann", [Segment(0, 1.5, "Hello")])])
    >>> read_eaf(text)[0] == [Tier("Ann", [Segment(0, 1.5, "Hello")])]
    True
    """
    document = ET.Element(
        "ANNOTATION_DOCUMENT",
        {
            "AUTHOR": "affectkit",
            "DATE": datetime.now(UTC).isoformat(timespec="seconds"),
            "FORMAT": "3.0",
            "VERSION": "3.0",
            "xmlns:xsi": _XSI,
            "xsi:noNamespaceSchemaLocation": _SCHEMA,
        },
    )
    header = ET.SubElement(document, "HEADER", {"MEDIA_FILE": "", "TIME_UNITS": "milliseconds"})
    if media:
        described = {"MEDIA_URL": clean(media), "MIME_TYPE": "unknown"}
        ET.SubElement(header, "MEDIA_DESCRIPTOR", described)
    order = ET.SubElement(document, "TIME_ORDER")
    n_slots = n_annotations = 0
    times: list[int] = []
    for tier in tiers:
        for number, layer in enumerate(without_overlap(tier)):
            person = clean(tier.name)
            element = ET.SubElement(
                document,
                "TIER",
                {
                    "TIER_ID": layer_name(person, number),
                    "PARTICIPANT": person,
                    "LINGUISTIC_TYPE_REF": "default-lt",
                },
            )
            for segment in layer.segments:
                times += [round(segment.start_s * 1000), round(segment.end_s * 1000)]
                n_annotations += 1
                holder = ET.SubElement(element, "ANNOTATION")
                annotation = ET.SubElement(
                    holder,
                    "ALIGNABLE_ANNOTATION",
                    {
                        "ANNOTATION_ID": f"a{n_annotations}",
                        "TIME_SLOT_REF1": f"ts{n_slots + 1}",
                        "TIME_SLOT_REF2": f"ts{n_slots + 2}",
                    },
                )
                n_slots += 2
                ET.SubElement(annotation, "ANNOTATION_VALUE").text = clean(segment.text)
    for number, time_ms in enumerate(times, start=1):
        slot = {"TIME_SLOT_ID": f"ts{number}", "TIME_VALUE": str(time_ms)}
        ET.SubElement(order, "TIME_SLOT", slot)
    kind = {"LINGUISTIC_TYPE_ID": "default-lt", "TIME_ALIGNABLE": "true"}
    ET.SubElement(document, "LINGUISTIC_TYPE", {**kind, "GRAPHIC_REFERENCES": "false"})
    ET.indent(document)
    for value in document.iter("ANNOTATION_VALUE"):
        value.tail = "\n        "
    out = io.BytesIO()
    ET.ElementTree(document).write(out, encoding="utf-8", xml_declaration=True)
    return out.getvalue().decode("utf-8")


def parse_xml(text: str, name: str) -> ET.Element:
    """Return the root of an XML text that declares no entities.

    Raises
    ------
    MediaError
        If it is not well-formed, nests absurdly deep, or holds a document type.
    """
    # Entities can unfold to gigabytes or name other files. Annotation files use none, so
    # the declaration itself is refused before the parser sees it.
    if re.search(r"<!\s*(DOCTYPE|ENTITY)", text, re.I):
        raise MediaError(
            f"{name} declares an XML document type or entities, which may hide an attack",
            remedy="save it again with ELAN",
        )
    text = re.sub(r"^\s*<\?xml[^>]*\?>", "", text, count=1)
    parser = ET.XMLParser(target=_ShallowTree(name))
    try:
        parser.feed(text)
        root: ET.Element = parser.close()
    except (ET.ParseError, ValueError) as error:
        raise MediaError(
            f"{name} is not well-formed XML ({error})", remedy="save it again with ELAN"
        ) from None
    return root


class _ShallowTree(ET.TreeBuilder):
    """Builds a tree that cannot be so deep that walking it would overflow."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name, self._depth = name, 0

    def start(self, tag: str, attrs: dict[str, str]) -> ET.Element:
        self._depth += 1
        if self._depth > _DEPTH:
            raise MediaError(f"{self._name} nests deeper than {_DEPTH} levels")
        return super().start(tag, attrs)

    def end(self, tag: str) -> ET.Element:
        self._depth -= 1
        return super().end(tag)


def _first_name(tier: ET.Element) -> str:
    """Return the name a tier had before `write_eaf` split it."""
    identity, person = tier.get("TIER_ID", ""), tier.get("PARTICIPANT")
    if person is not None and re.fullmatch(re.escape(person) + r" #\d+", identity):
        return person
    return identity


def _slots(root: ET.Element) -> dict[str, float]:
    """Return seconds by time slot; unset slots are spread between their neighbours."""
    known: list[tuple[str, float | None]] = []
    for slot in root.iter("TIME_SLOT"):
        value = slot.get("TIME_VALUE")
        try:
            time_s = None if value is None else float(value) / 1000
        except ValueError:
            time_s = None
        if time_s is not None and not 0 <= time_s < 1e9:
            time_s = None
        known.append((slot.get("TIME_SLOT_ID", ""), time_s))
    out: dict[str, float] = {}
    i = 0
    while i < len(known):
        key, time_s = known[i]
        if time_s is not None:
            out[key] = time_s
            i += 1
            continue
        j = i
        while j < len(known) and known[j][1] is None:
            j += 1
        before = known[i - 1][1] if i else 0.0
        after = known[j][1] if j < len(known) else None
        if before is not None and after is not None and after >= before:
            for step, (unset, _) in enumerate(known[i:j], start=1):
                out[unset] = before + (after - before) * step / (j - i + 1)
        i = j
    return out


def _resolve(
    key: str, spans: dict[str, tuple[float, float]], parents: dict[str, str]
) -> tuple[float, float] | None:
    seen = set()
    while key not in spans and key in parents and key not in seen:
        seen.add(key)
        key = parents[key]
    return spans.get(key)
