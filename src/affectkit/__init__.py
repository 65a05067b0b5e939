"""affectkit reads, explains and audits emotion in video, voice, faces and text.

Examples
--------
>>> import affectkit as ak
>>> ak.LabelSet.load("ekman7").labels
('anger', 'disgust', 'fear', 'joy', 'sadness', 'surprise', 'neutral')
"""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from affectkit.affect import Conversation as Conversation
    from affectkit.affect import Estimate as Estimate
    from affectkit.affect import LabelMap as LabelMap
    from affectkit.affect import LabelSet as LabelSet
    from affectkit.affect import Ratings as Ratings
    from affectkit.affect import Timeline as Timeline
    from affectkit.affect import Utterance as Utterance
    from affectkit.errors import AffectkitError as AffectkitError
    from affectkit.media import Recording as Recording
    from affectkit.pipeline import analyze as analyze

__version__ = "0.1.0"

# No library that we stand on tells anybody that it ran. ONNX Runtime keeps an identity of the
# machine and a store of events from its import on, so this comes before any import.
for _name in ("ORT_DISABLE_TELEMETRY", "HF_HUB_DISABLE_TELEMETRY", "DO_NOT_TRACK"):
    os.environ.setdefault(_name, "1")

# Imported on first use: `import affectkit` must stay under 0.3 s.
_HOME = {
    "AffectkitError": "affectkit.errors",
    "Conversation": "affectkit.affect",
    "Estimate": "affectkit.affect",
    "LabelMap": "affectkit.affect",
    "LabelSet": "affectkit.affect",
    "Ratings": "affectkit.affect",
    "Recording": "affectkit.media",
    "Timeline": "affectkit.affect",
    "Utterance": "affectkit.affect",
    "analyze": "affectkit.pipeline",
}
__all__ = ["__version__", *_HOME]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(importlib.import_module(_HOME[name]), name)
    raise AttributeError(f"module 'affectkit' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
