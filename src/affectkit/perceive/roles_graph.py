"""Emotions, their roles and how they hang together, as a graph that files can hold."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any
from xml.sax.saxutils import escape

from affectkit.errors import DataError
from affectkit.optional import require

_LINE = 34
_SIDE = (400, 560)
"""Of the picture, in pixels: from line to line, and where roles end and emotions begin."""


@dataclass(frozen=True)
class Node:
    """An emotion, or somebody or something that plays a role in one.

    Parameters
    ----------
    role
        ``"emotion"``, ``"experiencer"``, ``"cause"``, ``"target"``, ``"behaviour"``,
        ``"bodily feeling"``, ``"thought"`` or ``"territory"`` (the need or boundary at stake).
    kind
        What it is: ``"emotion"``, ``"person"``, ``"event"``, …
    text, start, end
        Its words and where they stand: ``whole[start:end] == text``. This is the evidence.
    rule
        Id of the rule that made it.
    group
        Which emotion it belongs to, such as ``"E1"``.
    sentence
        Number of its sentence.
    emotion
        What an emotion node names; None for other roles.
    negated, intensified
        Whether the emotion is denied, or made stronger.
    same_as
        ``"speaker"`` where it is the one who tells.
    """

    role: str
    kind: str
    text: str
    start: int
    end: int
    rule: str
    group: str
    sentence: int = 0
    emotion: str | None = None
    negated: bool = False
    intensified: bool = False
    same_as: str | None = None


@dataclass(frozen=True)
class Edge:
    """How two nodes hang together.

    Parameters
    ----------
    source, target
        Numbers of the nodes.
    relation
        ``"feels"`` (person to emotion), ``"causes"`` (cause to emotion), ``"directed-at"``, …
    rule
        Id of the rule that made it.
    """

    source: int
    target: int
    relation: str
    rule: str


@dataclass(frozen=True)
class RoleGraph:
    r"""The emotions of one text with their roles.

    Parameters
    ----------
    text, language
        What was read.
    parsed
        Whether grammar was looked at; without it, the roles are rougher.
    nodes, edges
        The graph.

    Raises
    ------
    DataError
        If a node does not stand where it says, or an edge leads nowhere.

    Examples
    --------
    >>> joy = Node("emotion", "emotion", "glad", 5, 9, "cue-state", "E1", emotion="joy")
    >>> who = Node("experiencer", "person", "I", 0, 1, "en-experiencer-subject", "E1")
    >>> graph = RoleGraph("I am glad", "en", True, (joy, who),
    ...                   (Edge(1, 0, "feels", "en-experiencer-subject"),))
    >>> RoleGraph.from_json(graph.to_json()) == graph
    True
    >>> print(graph.to_brat().replace("\t", " | "))
    T1 | Emotion 5 9 | glad
    T2 | Experiencer 0 1 | I
    R1 | Feels Arg1:T2 Arg2:T1
    A1 | Names T1 joy
    #1 | AnnotatorNotes T1 | cue-state
    #2 | AnnotatorNotes T2 | en-experiencer-subject
    """

    text: str
    language: str
    parsed: bool
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...] = ()

    def __post_init__(self) -> None:
        for node in self.nodes:
            if self.text[node.start : node.end] != node.text:
                raise DataError(f"{node.text!r} does not stand at {node.start}:{node.end}")
        for edge in self.edges:
            if not (0 <= edge.source < len(self.nodes) and 0 <= edge.target < len(self.nodes)):
                raise DataError(f"an edge {edge.relation!r} leads to a node that is not there")

    def of(self, role: str) -> tuple[Node, ...]:
        """Return the nodes of a role, in order."""
        return tuple(node for node in self.nodes if node.role == role)

    def to_json(self) -> str:
        """Return stand-off JSON: the text, and nodes and edges with offsets into it."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=1)

    @classmethod
    def from_json(cls, text: str) -> RoleGraph:
        """Read back what `to_json` wrote.

        Raises
        ------
        DataError
            If it is something else.
        """
        try:
            told: dict[str, Any] = json.loads(text)
            nodes = tuple(Node(**node) for node in told.pop("nodes"))
            edges = tuple(Edge(**edge) for edge in told.pop("edges"))
            return cls(**told, nodes=nodes, edges=edges)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise DataError(f"this is no graph of emotion roles: {error!r}") from error

    def to_brat(self) -> str:
        """Return the graph as BRAT's stand-off annotation (the ``.ann`` beside the text)."""
        lines = []
        for i, node in enumerate(self.nodes, 1):
            # BRAT takes a span over several lines as several fragments.
            parts, at = [], node.start
            for part in node.text.split("\n"):
                if part:
                    parts.append(f"{at} {at + len(part)}")
                at += len(part) + 1
            words = " ".join(p for p in node.text.split("\n") if p)
            lines.append(f"T{i}\t{_name(node.role)} {';'.join(parts)}\t{words}")
        for i, edge in enumerate(self.edges, 1):
            lines.append(
                f"R{i}\t{_name(edge.relation)} Arg1:T{edge.source + 1} Arg2:T{edge.target + 1}"
            )
        marks = [
            (name, i, value)
            for i, node in enumerate(self.nodes, 1)
            for name, value in (
                ("Names", node.emotion or ""),
                ("Negated", "" if node.negated else None),
                ("Intensified", "" if node.intensified else None),
            )
            if (name == "Names" and value) or (name != "Names" and value is not None)
        ]
        lines += [
            f"A{j}\t{name} T{i} {value}".rstrip() for j, (name, i, value) in enumerate(marks, 1)
        ]
        lines += [f"#{i}\tAnnotatorNotes T{i}\t{n.rule}" for i, n in enumerate(self.nodes, 1)]
        return "\n".join(lines)

    def to_networkx(self) -> Any:
        """Return the graph as a `networkx.MultiDiGraph`, with the fields as attributes."""
        networkx = require("networkx", extra="roles")
        graph = networkx.MultiDiGraph(language=self.language, parsed=self.parsed)
        graph.add_nodes_from((i, asdict(node)) for i, node in enumerate(self.nodes))
        graph.add_edges_from(
            (e.source, e.target, {"relation": e.relation, "rule": e.rule}) for e in self.edges
        )
        return graph

    def to_dot(self) -> str:
        """Return the graph in Graphviz's language, to be drawn."""
        lines = ["digraph roles {", "  rankdir=LR;"]
        for i, node in enumerate(self.nodes):
            label = f"{node.emotion or node.role}: {node.text}".replace("\\", "").replace('"', "'")
            shape = "ellipse" if node.role == "emotion" else "box"
            lines.append(f'  n{i} [shape={shape}, label="{" ".join(label.split())}"];')
        lines += [f'  n{e.source} -> n{e.target} [label="{e.relation}"];' for e in self.edges]
        return "\n".join([*lines, "}"])

    def to_svg(self) -> str:
        """Return a picture of the graph: roles at the left, each tied to its emotion at the right.

        It stands alone and fetches nothing, so that a browser opens it and a page can hold it.

        Examples
        --------
        >>> RoleGraph("Nothing.", "en", False, ()).to_svg().startswith("<svg")
        True
        """
        left = [i for i, node in enumerate(self.nodes) if node.role != "emotion"]
        right = [i for i, node in enumerate(self.nodes) if node.role == "emotion"]
        # A line for each role, those of one emotion together, and a free one between emotions.
        y: dict[int, float] = {}
        line = 0
        for emotion in right:
            own = [i for i in left if self.nodes[i].group == self.nodes[emotion].group]
            for i in own:
                y[i] = (line := line + 1) * _LINE
            y[emotion] = sum(y[i] for i in own) / len(own) if own else (line := line + 1) * _LINE
            line += 1
        for i in left:
            if i not in y:
                y[i] = (line := line + 1) * _LINE
        drawn = []
        for edge in self.edges:
            ends = [
                (_SIDE[self.nodes[i].role == "emotion"], y[i]) for i in (edge.source, edge.target)
            ]
            (x1, y1), (x2, y2) = ends
            drawn.append(
                f'<line x1="{x1}" y1="{y1:g}" x2="{x2}" y2="{y2:g}" stroke="#888" '
                'marker-end="url(#arrow)"/>'
                f'<text x="{(x1 + x2) / 2:g}" y="{(y1 + y2) / 2 - 4:g}" text-anchor="middle" '
                f'fill="#888" font-size="11">{escape(edge.relation)}</text>'
            )
        for i, node in enumerate(self.nodes):
            named = f"{'not ' if node.negated else ''}{node.emotion or node.role}"
            x, anchor = (_SIDE[1] + 8, "start") if node.role == "emotion" else (_SIDE[0] - 8, "end")
            drawn.append(
                f'<text x="{x}" y="{y[i] + 4:g}" text-anchor="{anchor}" fill="currentColor">'
                f'<tspan font-weight="bold">{escape(named)}</tspan> {escape(_short(node.text))}'
                f"<title>{escape(_short(node.text, 500))} ({escape(node.rule)})</title></text>"
            )
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="880" height="{(line + 1) * _LINE}" '
            'font-family="sans-serif" font-size="13" role="img" aria-label="Emotions and their '
            'roles"><defs><marker id="arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" '
            'markerHeight="8" orient="auto"><path d="M0 0L8 4L0 8z" fill="#888"/></marker></defs>'
            f"{''.join(drawn)}</svg>"
        )


def _short(words: str, most: int = 44) -> str:
    """Return words on one line, cut off after some characters, without what XML forbids."""
    plain = " ".join("".join(c if c.isprintable() else " " for c in words).split())
    return plain if len(plain) <= most else f"{plain[: most - 1]}…"


def _name(words: str) -> str:
    """Return a BRAT type: letters only, a capital for each word."""
    return "".join(part.capitalize() for part in words.replace("-", " ").split())
