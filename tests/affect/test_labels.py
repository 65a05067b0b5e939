"""Every label set says where it comes from and what an annotation under it can say."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from affectkit.affect import LabelSet, label_set_names
from affectkit.affect.labels import RESERVED
from affectkit.errors import LabelError

THEORIES = {
    "basic",
    "psychoevolutionary",
    "dimensional",
    "appraisal",
    "constructionist",
    "prototype",
    "data-driven",
}
SIZES = {
    "ekman6": 6,
    "ekman7": 7,
    "affectnet8": 8,
    "plutchik8": 8,
    "plutchik24": 24,
    "goemotions28": 28,
    "empatheticdialogues32": 32,
    "emonet40": 40,
    "parrott-primary": 6,
    "parrott-secondary": 25,
    "compound7": 7,
    "gems": 9,
    "panas": 20,
    "emodb7": 7,
    "emolysis9": 9,
    "ravdess8": 8,
    "xed9": 9,
}


@pytest.mark.parametrize("name", label_set_names())
def test_a_set_is_documented_in_full(name: str) -> None:
    labels = LabelSet.load(name)
    assert labels.name == name
    assert set(labels.definitions) == set(labels.labels)
    assert all(len(text) > 3 for text in labels.definitions.values())
    assert labels.theory in THEORIES
    assert any(ch.isdigit() for ch in labels.source), "the source names a year"
    assert labels.can_say.endswith(".")
    assert labels.cannot_say.endswith(".")
    assert not RESERVED & set(labels.labels)


@pytest.mark.parametrize(("name", "size"), SIZES.items())
def test_a_set_has_the_size_that_its_source_gives(name: str, size: int) -> None:
    assert len(LabelSet.load(name)) == size


@pytest.mark.parametrize("name", label_set_names())
def test_serialisation_is_lossless(name: str) -> None:
    labels = LabelSet.load(name)
    assert LabelSet.from_dict(json.loads(json.dumps(labels.to_dict()))) == labels


def test_goemotions_is_in_the_order_of_the_published_label_files(shared_data) -> None:
    published = (shared_data("text-open/goemotions") / "original" / "labels.txt").read_text()
    assert list(LabelSet.load("goemotions28").labels)[:27] == published.split()[:27]


def test_emonet_has_the_categories_of_the_published_guide(shared_data) -> None:
    guide = json.loads((shared_data("av/face/emonet-face") / "guide.json").read_text())
    names = " ".join(guide["options"]["labels"]).lower()
    # Names that join several words with a slash were shortened; each keeps its first word.
    for label in LabelSet.load("emonet40").labels:
        head = {"gratitude": "gratitude", "jealousy and envy": "jealousy"}.get(label, label)
        assert head.split()[0] in names


@given(st.lists(st.text(min_size=1), min_size=1))
def test_labels_are_told_once_and_leave_column_names_alone(labels: list[str]) -> None:
    sound = len(set(labels)) == len(labels) and not RESERVED & set(labels)
    if sound:
        assert [LabelSet("x", tuple(labels)).index(name) for name in labels] == list(
            range(len(labels))
        )
    else:
        with pytest.raises(LabelError):
            LabelSet("x", tuple(labels))


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(LabelError, match="ekman7"):
        LabelSet.load("ekman9")
