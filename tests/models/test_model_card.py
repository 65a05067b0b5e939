from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from affectkit import models
from affectkit.errors import WeightsError
from affectkit.models import ModelCard, Score
from affectkit.models.model_card import check_folder, read_card, write_card


@pytest.fixture
def card() -> ModelCard:
    score = Score(
        data="EmoDB",
        split="by speaker",
        metric="UAR",
        value=0.8,
        low=0.7,
        high=0.9,
        n=535,
        command="affectkit models check some",
    )
    return ModelCard(
        id="some", task="emotion of a voice", licence="MIT", commercial=True, scores=(score,)
    )


@pytest.fixture
def folder(tmp_path: Path, card: ModelCard) -> Path:
    (tmp_path / "head.safetensors").write_bytes(b"weights")
    (tmp_path / "scale.json").write_bytes(b"{}")
    write_card(tmp_path, card)
    return tmp_path


def test_what_is_written_is_read(folder: Path, card: ModelCard) -> None:
    found = check_folder(folder)
    assert found.scores == card.scores
    assert set(found.sha256) == {"head.safetensors", "scale.json"}
    assert found.size_bytes == 9
    assert sorted(file.name for file in folder.iterdir()) == [
        "card.json",
        "head.safetensors",
        "scale.json",
    ]


def test_a_card_cannot_be_changed(card: ModelCard) -> None:
    with pytest.raises(ValidationError):
        card.commercial = False  # type: ignore[misc]


def test_an_altered_byte_is_found(folder: Path) -> None:
    (folder / "head.safetensors").write_bytes(b"weighty")
    with pytest.raises(WeightsError, match=r"head\.safetensors is not the file"):
        check_folder(folder)


def test_a_missing_file_is_found(folder: Path) -> None:
    (folder / "scale.json").unlink()
    with pytest.raises(WeightsError, match=r"scale\.json is missing"):
        check_folder(folder)


def test_a_file_that_is_not_on_the_card_is_found(folder: Path) -> None:
    (folder / "other.onnx").write_bytes(b"x")
    with pytest.raises(WeightsError, match=r"other\.onnx is not on"):
        check_folder(folder)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "the file"),
        ("{}", "id"),
        ('{"id": "../x", "task": "t", "licence": "MIT", "commercial": true}', "id"),
        ('{"id": "x", "task": "t", "licence": "MIT", "commercial": true, "odd": 1}', "odd"),
    ],
)
def test_a_malformed_card_is_named_with_its_field(tmp_path: Path, text: str, named: str) -> None:
    (tmp_path / "card.json").write_text(text)
    with pytest.raises(WeightsError, match=named):
        read_card(tmp_path)


@pytest.mark.parametrize("id", ["nobody", "", "..", "../models", "/etc"])
def test_an_unknown_model_is_answered_with_where_to_look(id: str) -> None:
    with pytest.raises(WeightsError, match="models list"):
        models.card(id)
    with pytest.raises(WeightsError, match="models list"):
        models.shipped(id)


def test_every_shipped_model_is_whole_and_says_what_it_was_trained_on() -> None:
    for id, card in models.cards().items():
        assert card.id == id
        assert card.licence
        assert card.trained_on
        if card.source == "shipped":
            assert models.shipped(id).is_dir()
            assert card.scores, f"{id} has no scores"
            for score in card.scores:
                assert score.low <= score.value <= score.high
                assert score.command


def test_every_role_that_a_card_stands_on_exists() -> None:
    for card in models.cards().values():
        for role in card.stands_on:
            models.weights.manifest.role(role)


def test_cards_of_carried_weights_repeat_the_caveats_of_the_manifest() -> None:
    assert not models.card("stress").commercial
    assert "FER2013" in models.card("expression_coarse").rights
