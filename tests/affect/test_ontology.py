"""The ontology is a tree with one home a word, and its links agree with what is known."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from affectkit.affect import LabelMap, LabelSet
from affectkit.affect.circumplex import placement
from affectkit.affect.ontology import Emotion, Ontology, inflections
from affectkit.affect.ontology_formats import read_ontology, write_ontology
from affectkit.affect.open_vocabulary import derive_map, homes, share
from affectkit.errors import LabelError, MediaError

TONE = Ontology.load()
WORDS = st.sampled_from(sorted(TONE.home))
EMOTIONS = st.sampled_from([e for tier in (1, 2, 3) for e in TONE.tier(tier)])


def test_no_rule_of_the_tree_is_broken() -> None:
    assert TONE.problems() == ()


def test_the_check_finds_what_it_should() -> None:
    leaf = Emotion(3, "terror")
    two_homes = replace(TONE, home={**TONE.home, "odd": Emotion(2, "horror")})
    assert any("odd" in p for p in two_homes.problems())
    skewed = replace(TONE, parent={**TONE.parent, leaf: Emotion(1, "fear")})
    assert any("terror" in p for p in skewed.problems())
    inside = replace(TONE, opposite={(leaf, Emotion(3, "panic")): "made up"})
    assert any("panic" in p for p in inside.problems())


def test_the_tiers_are_parrotts() -> None:
    assert [len(TONE.tier(t)) for t in (1, 2, 3)] == [6, 25, 135]
    for tier, name in ((1, "parrott-primary"), (2, "parrott-secondary"), (3, "parrott-tertiary")):
        assert {e.name for e in TONE.tier(tier)} == set(LabelSet.load(name).labels)


def test_the_primary_emotions_share_the_words_out_among_them() -> None:
    words = [word for emotion in TONE.tier(1) for word in TONE.words(emotion)]
    assert sorted(words) == sorted(TONE.home)


@given(WORDS)
def test_every_word_has_one_path_up(word: str) -> None:
    path = TONE.ancestors(word)
    assert [e.tier for e in path] == [3, 2, 1]
    assert path[0].name in TONE.explain(word)
    assert path[-1].name in TONE.explain(word)


@given(EMOTIONS)
def test_parrotts_own_words_live_where_he_put_them(emotion: Emotion) -> None:
    if emotion.tier == 3:
        assert TONE.find(emotion.name) == emotion
    for below in TONE.below(emotion):
        assert TONE.parent[below] == emotion
        assert TONE.roll_up(below, emotion.tier) == emotion


@given(EMOTIONS)
def test_opposites_answer_each_other_and_lie_under_another_primary(emotion: Emotion) -> None:
    for other in TONE.opposites(emotion):
        at = TONE.roll_up(emotion, other.tier)
        assert at in TONE.opposites(other)
        if other.tier == 3:
            assert TONE.roll_up(other, 1) != TONE.roll_up(emotion, 1)


@given(EMOTIONS)
def test_complementary_emotions_make_the_same_thing_from_either_side(emotion: Emotion) -> None:
    for added, made in TONE.complementary(emotion).items():
        assert made in TONE.complementary(added).values()


@settings(max_examples=30, deadline=None)
@given(EMOTIONS, st.integers(1, 8))
def test_nearest_are_of_the_same_tier_and_never_oneself(emotion: Emotion, n: int) -> None:
    near = TONE.nearest(emotion, n)
    assert len(near) == min(n, len(TONE.tier(emotion.tier)) - 1)
    assert emotion not in near
    assert all(e.tier == emotion.tier for e in near)


@given(st.text(max_size=30))
def test_any_text_is_answered_without_harm(text: str) -> None:
    assert text.lower().strip().replace("_", " ") in list(inflections(text))
    parts = share(text, "ekman7")
    assert sum(parts.values()) == pytest.approx(1)
    if text not in TONE:
        with pytest.raises(LabelError):
            TONE.find(text)


@pytest.mark.parametrize("ending", ["ttl", "owl"])
def test_owl_comes_back_whole(tmp_path, ending: str) -> None:
    pytest.importorskip("rdflib")
    back = read_ontology(write_ontology(TONE, tmp_path / f"tone.{ending}"))
    assert back.parent == dict(TONE.parent)
    assert back.home == dict(TONE.home)
    assert set(back.opposite) == set(TONE.opposite)
    assert {m: set(p) for m, p in back.blends.items()} == {
        m: set(p) for m, p in TONE.blends.items()
    }
    assert back.problems() == ()


def test_owl_is_sound_under_a_subclass_reasoner(tmp_path) -> None:
    """Closing subClassOf puts no class under two of the disjoint primary emotions."""
    rdflib = pytest.importorskip("rdflib")
    g = rdflib.Graph().parse(write_ontology(TONE, tmp_path / "tone.ttl"))
    rows = g.query(
        """
        PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
        PREFIX tone: <https://affectkit.org/tone#>
        SELECT ?c (COUNT(DISTINCT ?p) AS ?n) WHERE {
            ?c rdfs:subClassOf+ ?p . ?p tone:tier 1 .
        } GROUP BY ?c"""
    )
    counts = {str(row.c): int(row.n) for row in rows}
    assert len(counts) == 25 + 135
    assert set(counts.values()) == {1}


def test_a_broken_ontology_file_is_refused(tmp_path) -> None:
    pytest.importorskip("rdflib")
    path = tmp_path / "tone.ttl"
    path.write_text("@prefix : <oops", encoding="utf-8")
    with pytest.raises(MediaError):
        read_ontology(path)
    with pytest.raises(MediaError):
        write_ontology(TONE, tmp_path / "tone.json")


def test_words_find_the_label_that_a_reader_would_give() -> None:
    expected = {
        "furious": "anger",
        "terrified": "fear",
        "heartbroken": "sadness",
        "delighted": "joy",
        "astonished": "surprise",
        "revulsion": "disgust",
        "worried": "fear",
        "gloomy": "sadness",
        "cheerful": "joy",
        "irritated": "anger",
        "calm and serene": "unmapped",
    }
    hits = sum(
        max(share(w, "ekman7"), key=share(w, "ekman7").get) == e for w, e in expected.items()
    )
    assert hits >= len(expected) - 1


def test_empathetic_dialogues_through_the_ontology_agrees_with_the_map_by_hand() -> None:
    """Two ways to basic emotions that were made apart: one by a person, one by the tree."""
    source, target = LabelSet.load("empatheticdialogues32"), LabelSet.load("ekman7")
    by_hand, by_tree = LabelMap.between(source, target), derive_map(source, target)
    agree = known = 0
    for one, other in zip(by_hand.weights, by_tree.weights, strict=True):
        if one[-1] == 0 and other[-1] == 0:
            known += 1
            agree += one[other.argmax()] > 0
    assert known >= 20
    assert agree / known > 0.8


def test_a_label_set_of_ones_own_is_mapped_by_its_words() -> None:
    mine = LabelSet("mine", ("furious", "blissful", "neutral", "carburettor"))
    way = LabelMap.between(mine, LabelSet.load("ekman7"))
    at = [(*way.target.labels, "unmapped")[i] for i in way.weights.argmax(axis=1)]
    assert at == ["anger", "joy", "neutral", "unmapped"]
    with pytest.raises(LabelError):
        LabelMap.between(LabelSet("odd", ("carburettor",)), LabelSet.load("ekman7"))


def test_a_set_that_borrows_a_built_in_name_is_not_taken_for_it() -> None:
    impostor = LabelSet("ekman7", ("furious", "blissful"))
    way = LabelMap.between(impostor, LabelSet.load("plutchik8"))
    assert way.weights.shape == (2, 9)


def test_homes_go_from_fine_to_coarse() -> None:
    assert homes("terrified")[-1] == "fear"
    assert homes("qwertyuiop") == ()


def test_placements_differ_across_opposites_more_than_within_a_family() -> None:
    valence = placement("parrott-tertiary")["valence"]
    across = [abs(valence[a.name] - valence[b.name]) for a, b in TONE.opposite]
    within = [
        abs(valence[a.name] - valence[b.name])
        for e in TONE.tier(2)
        for a in TONE.below(e)
        for b in TONE.below(e)
        if a < b
    ]
    assert sum(across) / len(across) > 2 * sum(within) / len(within)
