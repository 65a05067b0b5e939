from __future__ import annotations

import pytest

from affectkit.errors import LicenceError, PurposeError
from affectkit.models import ModelCard
from affectkit.models.gates import check, purpose_notice


def a_card(commercial: bool = True, research_only: bool = False) -> ModelCard:
    return ModelCard(
        id="some",
        task="something",
        licence="CC-BY-NC-4.0",
        commercial=commercial,
        research_only=research_only,
        rights="Learned from a corpus for research.",
    )


def test_a_commercial_licence_passes() -> None:
    check(a_card())


@pytest.mark.parametrize(("commercial", "research_only"), [(False, False), (True, True)])
def test_other_licences_are_refused_unless_allowed(commercial: bool, research_only: bool) -> None:
    card = a_card(commercial, research_only)
    with pytest.raises(LicenceError, match=r"CC-BY-NC-4\.0.*corpus for research") as caught:
        check(card)
    assert "--allow-noncommercial" in caught.value.remedy
    check(card, allow_noncommercial=True)


@pytest.mark.parametrize("modality", ["face", "speech", "body", "physiology"])
@pytest.mark.parametrize("setting", ["work", "education"])
@pytest.mark.parametrize("purpose", [None, "", "   ", "hiring", "watching attention in class"])
def test_faces_and_voices_at_work_and_in_education_ask_for_a_purpose(
    modality: str, setting: str, purpose: str | None
) -> None:
    with pytest.raises(PurposeError, match=r"Article 5\(1\)\(f\)") as caught:
        purpose_notice(["text", modality], purpose, setting)
    assert "--purpose" in caught.value.remedy


@pytest.mark.parametrize(
    "purpose", ["medical: therapy of autism", "Safety: driver fatigue", "research: ethics no. 7"]
)
def test_a_stated_purpose_stands_in_the_notice(purpose: str) -> None:
    notice = purpose_notice(["face"], purpose, "work")
    assert purpose in notice
    assert "Article 5(1)(f)" in notice
    assert "Article 50(3)" in notice


def test_a_person_elsewhere_must_say_so() -> None:
    assert "not done in the European Union" in purpose_notice(
        ["speech"], "outside the EU: call quality", "work"
    )


@pytest.mark.parametrize("modalities", [["face"], ["speech"], ["text", "face", "speech"]])
def test_everywhere_else_the_notice_speaks_of_transparency(modalities: list[str]) -> None:
    notice = purpose_notice(modalities)
    assert "Article 50(3)" in notice
    assert "no legal advice" in notice


@pytest.mark.parametrize("setting", ["work", "education", "other"])
def test_words_alone_are_no_biometric_data(setting: str) -> None:
    notice = purpose_notice(["text"], None, setting)
    assert "Article" not in notice
    assert "not facts" in notice


def test_an_unknown_setting_is_refused_rather_than_let_through() -> None:
    with pytest.raises(PurposeError, match="workplace"):
        purpose_notice(["face"], None, "workplace")
