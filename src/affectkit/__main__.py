"""``python -m affectkit`` is ``affectkit``."""

from affectkit.cli import main

if __name__ == "__main__":
    main()
