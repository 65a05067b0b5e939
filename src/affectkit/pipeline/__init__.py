"""From a file to a timeline: what `analyze` does, for one file and for many."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from affectkit.pipeline.analysis import analyze as analyze
    from affectkit.pipeline.settings import Settings as Settings

__all__ = ["Settings", "analyze"]


def __getattr__(name: str) -> Any:
    # The command line reads batches from here without loading pandas.
    if name == "analyze":
        from affectkit.pipeline.analysis import analyze

        return analyze
    if name == "Settings":
        from affectkit.pipeline.settings import Settings

        return Settings
    raise AttributeError(f"module 'affectkit.pipeline' has no attribute {name!r}")
