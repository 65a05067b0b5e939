"""Answers of a language model that were recorded before, found again by item or by prompt.

A recorded file has a JSON object a line: ``answer`` (text), and ``id`` of the item or ``prompt``
(a text, or a list of messages) or ``prompt_sha256`` (see `prompt_digest`); if known also
``input_tokens``, ``output_tokens``, ``finish`` (``stop`` or ``length``) and ``model``.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from affectkit.errors import DataError
from affectkit.llm.local import Answer, Messages

_CHARACTERS_A_TOKEN = 4  # a rough count where the file has none


def prompt_digest(prompt: Messages | str) -> str:
    """Return the sha256 that stands for a prompt: of its roles and contents, nothing else.

    Examples
    --------
    >>> one = prompt_digest([{"role": "user", "content": "Hi"}])
    >>> one == prompt_digest([{"content": "Hi", "role": "user", "source": "input"}])
    True
    """
    said = prompt if isinstance(prompt, str) else [[m["role"], m["content"]] for m in prompt]
    return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()


class RecordedAnswers:
    """Recorded answers by item and by prompt.

    Where several lines have one key, they are given out one after another, then from the first.

    Parameters
    ----------
    rows
        The objects of the file.
    name
        What errors call it.

    Examples
    --------
    >>> recorded = RecordedAnswers([{"id": "q1", "answer": "joy"}])
    >>> recorded.answer("Which emotion?", item="q1").text
    'joy'
    """

    def __init__(self, rows: Iterable[Mapping[str, Any]], *, name: str = "the recording") -> None:
        self.name = name
        self._by_key: dict[str, list[Mapping[str, Any]]] = {}
        self._given: dict[str, int] = {}
        for number, row in enumerate(rows, start=1):
            for key in _keys(row, f"{name}, line {number}"):
                self._by_key.setdefault(key, []).append(row)
        if not self._by_key:
            raise DataError(f"{name} holds no answers", remedy="record some first")

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> RecordedAnswers:
        """Read a file with a JSON object a line.

        Raises
        ------
        DataError
            If the file is missing, empty, or a line is no answer; the message names the line.
        """
        file = Path(path)
        try:
            text = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise DataError(
                f"recorded answers cannot be read from {file}: {error}",
                remedy="name a JSONL file in UTF-8",
            ) from error
        rows = []
        for number, line in enumerate(text.split("\n"), start=1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except ValueError:
                row = None
            if not isinstance(row, dict):
                raise DataError(
                    f"{file}, line {number} is no JSON object (half written?)",
                    remedy="delete the line, or record it again",
                )
            rows.append(row)
        return cls(rows, name=str(file))

    def answer(self, prompt: Messages | str, *, item: str | int | None = None) -> Answer:
        """Return the recorded answer to a prompt, found by item first.

        Raises
        ------
        DataError
            If nothing was recorded for it.
        """
        digest = prompt_digest(prompt)
        for key in (f"id:{item}", f"sha256:{digest}"):
            rows = self._by_key.get(key)
            if rows and not (item is None and key.startswith("id:")):
                turn = self._given.get(key, 0)
                self._given[key] = turn + 1
                return _told(rows[turn % len(rows)], prompt)
        wanted = f"item {item!r}" if item is not None else f"the prompt {digest[:12]}…"
        raise DataError(
            f"{self.name} holds no answer for {wanted}",
            remedy="record it with the model, or leave the item out",
        )


def write_recorded(rows: Sequence[Mapping[str, Any]], path: str | os.PathLike[str]) -> Path:
    """Write rows that `RecordedAnswers.read` reads, whole or not at all; return the path."""
    file = Path(path)
    for number, row in enumerate(rows, start=1):
        _keys(row, f"row {number}")
    beside = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        with beside.open("w", encoding="utf-8") as out:
            out.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        os.replace(beside, file)
    finally:
        beside.unlink(missing_ok=True)
    return file


def _keys(row: Mapping[str, Any], where: str) -> list[str]:
    if not isinstance(row.get("answer"), str):
        raise DataError(f"{where} has no text 'answer'", remedy="each line needs one")
    keys = []
    if row.get("id") is not None:
        keys.append(f"id:{row['id']}")
    if row.get("prompt_sha256"):
        keys.append(f"sha256:{row['prompt_sha256']}")
    elif row.get("prompt"):
        try:
            keys.append(f"sha256:{prompt_digest(row['prompt'])}")
        except (KeyError, TypeError):
            raise DataError(f"{where}: 'prompt' is neither a text nor messages") from None
    if not keys:
        raise DataError(
            f"{where} does not say what it answers", remedy="add id, prompt or prompt_sha256"
        )
    return keys


def _told(row: Mapping[str, Any], prompt: Messages | str) -> Answer:
    asked = prompt if isinstance(prompt, str) else "".join(m["content"] for m in prompt)

    def tokens(name: str, text: str) -> int:
        known = row.get(name)
        return known if isinstance(known, int) else -(-len(text) // _CHARACTERS_A_TOKEN)

    return Answer(
        text=row["answer"],
        input_tokens=tokens("input_tokens", asked),
        output_tokens=tokens("output_tokens", row["answer"]),
        finish="length" if row.get("finish") == "length" else "stop",
    )
