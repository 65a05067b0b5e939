"""Model cards, weights on disk, verification, sessions, licences.

Examples
--------
>>> from affectkit.models import card
>>> card("voice_activity").licence
'MIT'
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from affectkit.models import gates as gates
    from affectkit.models import sessions as sessions
    from affectkit.models import weights as weights
    from affectkit.models.model_card import ModelCard as ModelCard
    from affectkit.models.model_card import Score as Score
    from affectkit.models.model_card import card as card
    from affectkit.models.model_card import cards as cards
    from affectkit.models.model_card import read_card as read_card
    from affectkit.models.model_card import shipped as shipped
    from affectkit.models.model_card import write_card as write_card

# Imported on first use: the command line starts without pydantic or a model runtime.
_HOME = {
    "ModelCard": "affectkit.models.model_card",
    "Score": "affectkit.models.model_card",
    "card": "affectkit.models.model_card",
    "cards": "affectkit.models.model_card",
    "read_card": "affectkit.models.model_card",
    "shipped": "affectkit.models.model_card",
    "write_card": "affectkit.models.model_card",
}
_ROOMS = ("gates", "sessions", "weights")
__all__ = [*_HOME, *_ROOMS]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(importlib.import_module(_HOME[name]), name)
    if name in _ROOMS:
        return importlib.import_module(f"affectkit.models.{name}")
    raise AttributeError(f"module 'affectkit.models' has no attribute {name!r}")
