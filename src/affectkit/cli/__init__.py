"""The command line. Each command's module loads what it needs when it runs."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line; errors that the user can mend end without a traceback."""
    from affectkit.cli.app import app
    from affectkit.errors import AffectkitError

    try:
        app()
    except AffectkitError as error:
        from affectkit.cli.show import show_error

        show_error(error)
        sys.exit(1)
    except BrokenPipeError:
        sys.exit(141)


__all__ = ["main"]
