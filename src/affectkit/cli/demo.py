"""Being written."""


def demo() -> None:
    """Show it."""
