"""A page as a browser would see it, for tests."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from typing import Any


class ParsedPage(HTMLParser):
    """Elements with their attributes, the text, and what scripts and styles hold."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text: list[str] = []
        self.raw: list[tuple[str, dict[str, str], str]] = []
        self._inside: tuple[str, dict[str, str]] | None = None
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        self.elements.append((tag, attributes))
        self._inside = (tag, attributes) if tag in ("script", "style") else None

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        self._inside = None

    def handle_data(self, data: str) -> None:
        if self._inside is not None:
            self.raw.append((*self._inside, data))
        else:
            self.text.append(data)

    @property
    def shape(self) -> list[tuple[str, tuple[str, ...]]]:
        """Return tags and attribute names in order."""
        return [(tag, tuple(attributes)) for tag, attributes in self.elements]

    @property
    def data(self) -> dict[str, Any]:
        """Return what the page's script reads."""
        held = [text for tag, a, text in self.raw if a.get("type") == "application/json"]
        return json.loads("".join(held))

    def held(self, tag: str) -> str:
        """Return the code of the page's own script or style."""
        return "".join(text for t, a, text in self.raw if t == tag and "type" not in a)
