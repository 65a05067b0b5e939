"""The ontology as OWL, in Turtle or RDF/XML, and read back from it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import quote

from affectkit.affect.ontology import Emotion, Ontology
from affectkit.errors import LabelError, MediaError
from affectkit.optional import require

NAMESPACE = "https://affectkit.org/tone#"
"""The IRI that every emotion and property of the export starts with."""


def graph(tone: Ontology) -> Any:
    """Return the ontology as an ``rdflib.Graph`` in OWL.

    Each emotion is a class under the one a tier up, the six primary emotions are disjoint,
    words are annotations (``tone:term``), and ``isOppositeOf`` (symmetric), ``isComposedOf``
    and ``isComplementaryTo`` link emotions.

    Raises
    ------
    MissingExtraError
        If rdflib is not installed (extra ``formats``).
    """
    rdflib = require("rdflib", extra="formats")
    collection = require("rdflib.collection", extra="formats")
    owl, rdf, rdfs = rdflib.OWL, rdflib.RDF, rdflib.RDFS
    space = rdflib.Namespace(NAMESPACE)
    g = rdflib.Graph()
    g.bind("tone", space)
    g.bind("owl", owl)
    root = rdflib.URIRef(NAMESPACE.rstrip("#"))
    g.add((root, rdf.type, owl.Ontology))
    g.add((root, rdfs.label, rdflib.Literal("TONE, rebuilt by affectkit", lang="en")))
    g.add((root, rdfs.comment, rdflib.Literal(_SOURCE, lang="en")))
    for name, kinds in _PROPERTIES.items():
        for kind in kinds:
            g.add((space[name], rdf.type, owl[kind]))
    for tier in (1, 2, 3):
        for emotion in tone.tier(tier):
            here = _iri(space, emotion)
            g.add((here, rdf.type, owl.Class))
            g.add((here, rdfs.label, rdflib.Literal(emotion.name, lang="en")))
            g.add((here, space["tier"], rdflib.Literal(tier)))
            above = tone.parent.get(emotion)
            g.add((here, rdfs.subClassOf, _iri(space, above) if above else space.Emotion))
    g.add((space.Emotion, rdf.type, owl.Class))
    disjoint, members = rdflib.BNode(), rdflib.BNode()
    g.add((disjoint, rdf.type, owl.AllDisjointClasses))
    g.add((disjoint, owl.members, members))
    collection.Collection(g, members, [_iri(space, e) for e in tone.tier(1)])
    for word, home in tone.home.items():
        g.add((_iri(space, home), space["term"], rdflib.Literal(word, lang="en")))
    for one, other in tone.opposite:
        g.add((_iri(space, one), space.isOppositeOf, _iri(space, other)))
        g.add((_iri(space, other), space.isOppositeOf, _iri(space, one)))
    for made, parts in tone.blends.items():
        for index, part in enumerate(parts):
            g.add((_iri(space, made), space.isComposedOf, _iri(space, part)))
            g.add((_iri(space, part), space.isComplementaryTo, _iri(space, parts[1 - index])))
    return g


def write_ontology(tone: Ontology, path: str | os.PathLike[str]) -> Path:
    """Write the ontology as Turtle (``.ttl``) or RDF/XML (``.owl``, ``.rdf``, ``.xml``).

    Raises
    ------
    MediaError
        If the ending is another one or the file cannot be written.
    """
    target = Path(path)
    text = graph(tone).serialize(format=_form(target))
    beside = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        beside.write_text(text, encoding="utf-8")
        os.replace(beside, target)
    except OSError as error:
        raise MediaError(f"{target} cannot be written: {error.strerror or error}") from error
    finally:
        beside.unlink(missing_ok=True)
    return target


def read_ontology(path: str | os.PathLike[str]) -> Ontology:
    """Read what `write_ontology` wrote; who claimed a word and why two are opposite are not in it.

    Raises
    ------
    MediaError
        If the file is not an ontology of this kind.
    LabelError
        If an emotion falls under two others, or a word has two homes.
    """
    rdflib = require("rdflib", extra="formats")
    source = Path(path)
    g = rdflib.Graph()
    try:
        g.parse(source, format=_form(source))
    except Exception as error:  # rdflib's parsers raise many kinds, some of them bare
        raise MediaError(f"{source} cannot be read as an ontology: {error}") from error
    space = rdflib.Namespace(NAMESPACE)
    names = {
        iri: Emotion(int(tier.toPython()), str(g.value(iri, rdflib.RDFS.label)))
        for iri, tier in g.subject_objects(space["tier"])
    }
    parent: dict[Emotion, Emotion] = {}
    for below, above in g.subject_objects(rdflib.RDFS.subClassOf):
        if above in names:
            if names[below] in parent:
                raise LabelError(f"{names[below]} falls under two emotions")
            parent[names[below]] = names[above]
    home: dict[str, Emotion] = {}
    for iri, word in g.subject_objects(space["term"]):
        if str(word) in home:
            raise LabelError(f"the word {word} has two homes")
        home[str(word)] = names[iri]
    opposite = {}
    for a, b in g.subject_objects(space.isOppositeOf):
        one, other = sorted((names[a], names[b]))
        opposite[one, other] = ""
    blends: dict[Emotion, tuple[Emotion, Emotion]] = {}
    for made in set(g.subjects(space.isComposedOf, None)):
        one, other = sorted(names[part] for part in g.objects(made, space.isComposedOf))
        blends[names[made]] = (one, other)
    return Ontology(dict(sorted(parent.items())), dict(sorted(home.items())), {}, opposite, blends)


_SOURCE = (
    "Tiers after Parrott 2001, Emotions in social psychology; words and opposites gathered by "
    "rule from WordNet 3.1 (copyright 2011 by Princeton University); blends after Plutchik 1980."
)
_PROPERTIES = {
    "term": ("AnnotationProperty",),
    "tier": ("AnnotationProperty",),
    "isOppositeOf": ("ObjectProperty", "SymmetricProperty"),
    "isComposedOf": ("ObjectProperty",),
    "isComplementaryTo": ("ObjectProperty", "SymmetricProperty"),
}


def _iri(space: Any, emotion: Emotion) -> Any:
    return space[f"{('', 'primary', 'secondary', 'tertiary')[emotion.tier]}_{quote(emotion.name)}"]


def _form(path: Path) -> str:
    try:
        return {".ttl": "turtle", ".owl": "xml", ".rdf": "xml", ".xml": "xml"}[path.suffix]
    except KeyError:
        raise MediaError(
            f"{path} does not end as an ontology does", remedy="use .ttl, .owl or .rdf"
        ) from None
