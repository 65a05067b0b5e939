"""Decode and encode video, audio, transcripts, signals; annotation formats.

Names are imported on first use, so that asking for `FORMATS` loads no decoder.

Examples
--------
>>> from affectkit import media
>>> sorted(media.FORMATS)[:4]
['audformat', 'eaf', 'openface', 'pyfeat']
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from affectkit.media.audio import Audio as Audio
    from affectkit.media.clip import poster as poster
    from affectkit.media.clip import write_clip as write_clip
    from affectkit.media.conversations import read_conversation as read_conversation
    from affectkit.media.examination import examine as examine
    from affectkit.media.formats import FORMATS as FORMATS
    from affectkit.media.formats import Format as Format
    from affectkit.media.formats import read as read
    from affectkit.media.formats import write as write
    from affectkit.media.people_names import read_people_names as read_people_names
    from affectkit.media.recording import Recording as Recording
    from affectkit.media.tiers import Segment as Segment
    from affectkit.media.tiers import Tier as Tier
    from affectkit.media.video import Frame as Frame

_HOME = {
    "Audio": "audio",
    "FORMATS": "formats",
    "Format": "formats",
    "Frame": "video",
    "Recording": "recording",
    "Segment": "tiers",
    "Tier": "tiers",
    "examine": "examination",
    "poster": "clip",
    "read": "formats",
    "read_conversation": "conversations",
    "read_people_names": "people_names",
    "write": "formats",
    "write_clip": "clip",
}
__all__ = list(_HOME)


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(importlib.import_module(f"affectkit.media.{_HOME[name]}"), name)
    raise AttributeError(f"module 'affectkit.media' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
