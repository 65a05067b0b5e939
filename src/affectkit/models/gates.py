"""Two gates before a model runs: does its licence allow this, and does the law?

What stands here about law is a plain-words summary of Regulation (EU) 2024/1689 (the
Artificial Intelligence Act), for information. It is no legal advice.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, get_args

from affectkit.errors import LicenceError, PurposeError
from affectkit.models.model_card import ModelCard

Setting = Literal["work", "education", "other"]
SETTINGS: tuple[str, ...] = get_args(Setting)

# Article 3(39) speaks of emotions inferred from biometric data: faces, voices, movement
# and body signals are; what people write or say, taken as words alone, is not.
BIOMETRIC = frozenset({"face", "speech", "body", "physiology"})

# Purposes that are known by name; the first word of what the user states decides.
_EXCEPTED = ("medical", "safety")
_RESEARCH = "research"
_ELSEWHERE = "outside the eu"

_TRANSPARENCY = (
    "European law (Regulation (EU) 2024/1689, Article 50(3)) asks those who use a system that "
    "reads emotion from faces, voices or bodies to tell the people concerned, and to treat "
    "their data by the data-protection rules (GDPR). "
    "Such systems are also listed as high-risk (Annex III, point 1(c)), which brings further "
    "duties."
)
_PROHIBITED = (
    "Article 5(1)(f) of the same law prohibits inferring people's emotions at work and in "
    "education, except where the system is used for medical or safety reasons."
)
_ESTIMATES = "What stands here are estimates of expression, not facts about what people feel."
_NO_ADVICE = "This notice is for information and is no legal advice."


def check(card: ModelCard, *, allow_noncommercial: bool = False) -> None:
    """Refuse a model whose licence forbids commercial use, unless the user allowed it.

    Parameters
    ----------
    card
        The model's card.
    allow_noncommercial
        Whether the user said that the use is not commercial.

    Raises
    ------
    LicenceError
        If the card says non-commercial or research-only and the user did not allow it.

    Examples
    --------
    >>> from affectkit.models import card
    >>> check(card("voice_activity"))
    >>> check(card("stress"))
    Traceback (most recent call last):
        ...
    affectkit.errors.LicenceError: the model 'stress' (Apache-2.0) is not for commercial use...
    """
    if allow_noncommercial or (card.commercial and not card.research_only):
        return
    kind = "for research only" if card.research_only else "not for commercial use"
    rights = f": {card.rights.rstrip('.')}" if card.rights else ""
    raise LicenceError(
        f"the model {card.id!r} ({card.licence}) is {kind}{rights}",
        remedy="if your use is allowed by that licence, say so with --allow-noncommercial",
    )


def purpose_notice(
    modalities: Iterable[str], purpose: str | None = None, setting: str = "other"
) -> str:
    """Return the notice that a report must carry, after asking for a purpose where due.

    Parameters
    ----------
    modalities
        What emotion is read from: ``face``, ``speech``, ``text``, ...
    purpose
        What the analysis is for, in the user's words. Begins with ``medical``,
        ``safety``, ``research`` or ``outside the EU`` where the setting is work or
        education.
    setting
        Where the people are: ``work``, ``education`` or ``other``.

    Raises
    ------
    PurposeError
        If faces, voices or bodies are read at work or in education and no purpose is
        stated, or one that Article 5(1)(f) leaves no room for; or if the setting is
        not known.

    Examples
    --------
    >>> purpose_notice(["text"])
    'What stands here are estimates of expression, not facts about what people feel.'
    >>> "medical or safety" in purpose_notice(["face"], "medical: pain after surgery", "work")
    True
    """
    if setting not in SETTINGS:
        raise PurposeError(f"{setting!r} is no setting", remedy=f"choose of {', '.join(SETTINGS)}")
    read = sorted(BIOMETRIC.intersection(modalities))
    if not read:
        return _ESTIMATES
    if setting == "other":
        return f"{_ESTIMATES} {_TRANSPARENCY} {_PROHIBITED} {_NO_ADVICE}"
    stated = " ".join((purpose or "").split())
    opening = stated.casefold()
    if opening.startswith(_EXCEPTED):
        because = "The user states a medical or safety reason"
    elif opening.startswith(_RESEARCH):
        because = (
            "The user states research; Article 2(6) leaves out only systems made and used for "
            "scientific research and development alone, so whether it applies here must be "
            "checked"
        )
    elif opening.startswith(_ELSEWHERE):
        because = "The user states that this is not done in the European Union"
    else:
        raise PurposeError(_question(read, setting, stated), remedy=_WAYS)
    return f"{_ESTIMATES} {_TRANSPARENCY} {_PROHIBITED} {because}: “{stated}”. {_NO_ADVICE}"


_WAYS = (
    "state why with --purpose, beginning with 'medical: …', 'safety: …', 'research: …' or "
    "'outside the EU: …'; or read words alone with --lanes text"
)


def _question(read: list[str], setting: str, stated: str) -> str:
    where = "at work" if setting == "work" else "in education"
    law = (
        f"reading emotion from {' and '.join(read)} {where} is prohibited in the European Union "
        "except for medical or safety reasons (Regulation (EU) 2024/1689, Article 5(1)(f))"
    )
    return f"{law}, and {stated!r} names neither" if stated else f"{law}, and no purpose is stated"
