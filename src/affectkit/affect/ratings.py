"""What several people said about the same items."""

from __future__ import annotations


class Ratings:
    """Placeholder being written."""
