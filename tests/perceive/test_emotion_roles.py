"""Roles of emotions are found where grammar puts them, with rule and evidence.

The sentences, French and English, are made up for these tests. They show that the rules work as
they are meant to; they say nothing of how often the rules are right on what people write.
"""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from affectkit.errors import DataError
from affectkit.perceive.emotion_roles import EmotionRoles, installed_pipeline, rules_for
from affectkit.perceive.roles_graph import RoleGraph

ENGLISH = [
    ("I was really angry at my brother because he broke my phone.", "anger",
     {"experiencer": "I", "cause": "he broke my phone", "target": "my brother"}),
    ("The noise makes me nervous.", "fear", {"experiencer": "me", "cause": "The noise"}),
    ("She was proud of her son.", "joy", {"experiencer": "She", "cause": "her son"}),
    ("I feel sad about losing the job.", "sadness", {"cause": "losing the job"}),
    ("It scared her when the dog barked.", "fear",
     {"experiencer": "her", "cause": "the dog barked"}),
    ("I regret the mistake.", "sadness", {"experiencer": "I", "cause": "the mistake"}),
    ("I was sad and I cried all night; my heart was heavy.", "sadness",
     {"behaviour": "cried all night", "bodily feeling": "heart was heavy"}),
    ("I was furious. I thought that he had lied.", "anger", {"thought": "he had lied"}),
    ("I was furious. I need respect.", "anger", {"territory": "respect"}),
]  # fmt: skip
FRENCH = [
    ("J'étais en colère contre mon frère parce qu'il avait cassé mon téléphone.", "anger",
     {"experiencer": "J'", "cause": "il avait cassé mon téléphone", "target": "mon frère"}),
    ("Ce bruit me rend nerveux.", "fear", {"experiencer": "me", "cause": "Ce bruit"}),
    ("Il me fait peur.", "fear", {"experiencer": "me", "cause": "Il"}),
    ("J'ai eu peur quand le chien a aboyé.", "fear",
     {"experiencer": "J'", "cause": "le chien a aboyé"}),
    ("Elle était fière de son fils.", "joy", {"experiencer": "Elle", "cause": "son fils"}),
    ("Marie se sentait triste à cause de la pluie.", "sadness",
     {"experiencer": "Marie", "cause": "la pluie"}),
    ("Je regrette cette erreur.", "sadness", {"experiencer": "Je", "cause": "cette erreur"}),
    ("Il était déçu par ses amis.", "sadness", {"experiencer": "Il", "cause": "ses amis"}),
    ("J'avais peur et j'avais la gorge serrée.", "fear", {"bodily feeling": "gorge serrée"}),
    ("J'étais triste, je me suis dit que tout était perdu.", "sadness",
     {"thought": "tout était perdu"}),
    ("J'étais en colère et j'ai claqué la porte.", "anger", {"behaviour": "claqué la porte"}),
]  # fmt: skip


def needs_parser(language):
    if installed_pipeline(language) is None:
        pytest.skip(f"no spaCy pipeline for {language} is installed")


@pytest.mark.parametrize(
    ("language", "cases"), [("en", ENGLISH), ("fr", FRENCH)], ids=["english", "french"]
)
def test_roles_stand_where_grammar_puts_them(language, cases):
    needs_parser(language)
    roles = EmotionRoles(language, parser=True)
    for text, emotion, expected in cases:
        graph = roles.read(text)
        assert [n.emotion for n in graph.of("emotion")] == [emotion], text
        for role, words in expected.items():
            assert words in {n.text for n in graph.of(role)}, (text, role)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_denied_and_strengthened_emotions_are_marked(language):
    needs_parser(language)
    roles = EmotionRoles(language, parser=True)
    denied, strong = {
        "en": ("I am not afraid of you.", "I am very happy."),
        "fr": ("Je n'ai pas peur de toi.", "Je suis très heureux."),
    }[language]
    assert roles.read(denied).nodes[0].negated
    assert not roles.read(strong).nodes[0].negated
    assert roles.read(strong).nodes[0].intensified


def test_a_subject_of_a_causative_feels_nothing():
    needs_parser("en")
    graph = EmotionRoles("en", parser=True).read("The noise makes me nervous.")
    assert [n.text for n in graph.of("experiencer")] == ["me"]
    assert graph.of("experiencer")[0].same_as == "speaker"


@pytest.mark.parametrize("parser", [True, False])
def test_every_node_names_a_known_rule_and_its_evidence(parser):
    if parser:
        needs_parser("en")
    text = " ".join(t for t, *_ in ENGLISH)
    graph = EmotionRoles("en", parser=parser).read(text)
    known = {*rules_for("en").ids, "cue-state", "cue-experience", "cue-stimulus"}
    assert {n.rule for n in graph.nodes} <= known
    assert all(text[n.start : n.end] == n.text for n in graph.nodes)
    # Each role hangs on its emotion by one edge.
    assert len(graph.edges) == len(graph.nodes) - len(graph.of("emotion"))
    assert graph.parsed is parser
    assert RoleGraph.from_json(graph.to_json()) == graph


def test_without_a_parser_words_lead_to_causes():
    graph = EmotionRoles("fr", parser=False).read("Je suis triste parce que tu pars, dit-il.")
    assert [(n.role, n.text) for n in graph.nodes][:3] == [
        ("emotion", "triste"),
        ("experiencer", "Je"),
        ("cause", "tu pars"),
    ]


@pytest.mark.parametrize("text", ["", "   \n", "The table is brown.", "😀😀", "\x00\x01"])
def test_text_without_emotion_words_gives_an_empty_graph(text):
    for parser in (False, *([True] if installed_pipeline("en") else [])):
        assert EmotionRoles("en", parser=parser).read(text).nodes == ()


def test_other_languages_and_damaged_graphs_are_refused():
    with pytest.raises(DataError, match="no rules"):
        EmotionRoles("xx", parser=False).read("tekst")  # type: ignore[arg-type]
    with pytest.raises(DataError, match="no graph"):
        RoleGraph.from_json("{}")


def test_rule_ids_are_unique_and_say_what_they_do():
    for language in ("en", "fr"):
        rules = rules_for(language)
        assert len(set(rules.ids)) == len(rules.ids)
        assert all(rule["about"] for rule in (*rules.rules, *rules.token_rules))


def test_the_graph_goes_to_networkx_and_to_a_drawing():
    networkx = pytest.importorskip("networkx")
    graph = EmotionRoles("en", parser=False).read("I am sad because it rains.")
    drawn = graph.to_networkx()
    assert isinstance(drawn, networkx.MultiDiGraph)
    assert {d["relation"] for *_, d in drawn.edges(data=True)} == {"feels", "causes"}
    assert graph.to_dot().count("->") == len(graph.edges)


def test_the_picture_is_whole_xml_whatever_the_text_holds():
    hostile = 'I was angry because <b>"he" & \x0b]]> she</b> lied. I am happy because you came.'
    graph = EmotionRoles("en", parser=False).read(hostile)
    picture = ElementTree.fromstring(graph.to_svg())
    space = "{http://www.w3.org/2000/svg}"
    assert len(picture.findall(f"{space}line")) == len(graph.edges) > 2
    told = "".join(picture.itertext())
    for node in graph.nodes:
        assert (node.emotion or node.role) in told
        assert node.rule in told
    # Nothing lies on top of another, and all of it is inside.
    places = [(t.get("x"), t.get("y")) for t in picture.findall(f"{space}text")]
    assert len(set(places)) == len(places)
    assert all(0 < float(y) < float(picture.get("height")) for _, y in places)
