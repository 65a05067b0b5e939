"""The words of a text file of any kind, as a conversation."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path
from typing import Literal

from affectkit.affect import Conversation, Utterance
from affectkit.errors import MediaError
from affectkit.media import subtitles, tabular_chat, tiers, whatsapp
from affectkit.media.eaf import read_eaf
from affectkit.media.sniff import content_of, head_of, regular_file, text_format_of
from affectkit.media.text_encoding import read_text
from affectkit.media.textgrid import read_textgrid

TextKind = Literal["text", "transcript", "chat"]


def read_conversation(path: str | os.PathLike[str]) -> Conversation:
    r"""Return the utterances of a text, transcript or chat.

    Reads WebVTT, SubRip, ELAN, TextGrid, plain text, CSV, JSON, JSON lines, WhatsApp's and
    Telegram's exports. Times are kept as they stand in the file.

    Raises
    ------
    MediaError
        If it is not a text that can be read, or holds no words.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "chat.jsonl"
    >>> _ = file.write_text('{"speaker": "Ann", "text": "Hello"}\n')
    >>> read_conversation(file).utterances[0].text
    'Hello'
    """
    file = regular_file(path)
    if content_of(head_of(file)) != "text":
        raise MediaError(
            f"{file.name} is not a text", remedy="give subtitles, a transcript or a chat"
        )
    return _parse(file)[1]


def read_text_file(file: Path) -> tuple[TextKind, Conversation, tuple[str, ...]]:
    """Return kind, words and notes of a text file that is analysed by itself.

    A chat whose clock starts late (a scene cut from a film) is moved to start at 0; how far
    stands in ``meta["offset_s"]``.
    """
    kind, talk, notes = _parse(file)
    starts = [u.start_s for u in talk if u.start_s is not None]
    first_s = min(starts, default=0.0)
    if kind == "chat" and first_s > 60.0:
        moved = [
            replace(
                u,
                start_s=None if u.start_s is None else round(u.start_s - first_s, 6),
                end_s=None if u.end_s is None else round(u.end_s - first_s, 6),
            )
            for u in talk
        ]
        talk = replace(talk, utterances=moved, meta={**talk.meta, "offset_s": first_s})
        notes = (*notes, f"times count from the first utterance, at {first_s:.1f} s in the file")
    return kind, talk, notes


def read_plain(text: str) -> Conversation:
    r"""Return the paragraphs of a text, or its turns if lines begin with speakers' names.

    Examples
    --------
    >>> [u.text for u in read_plain("One line\nand on.\n\nAnother paragraph.")]
    ['One line\nand on.', 'Another paragraph.']
    >>> [(u.speaker, u.text) for u in read_plain("Ann: Hello\nBen: Hi\nAnn: Bye")]
    [('Ann', 'Hello'), ('Ben', 'Hi'), ('Ann', 'Bye')]
    """
    lines = [line.strip() for line in text.split("\n")]
    filled = [line for line in lines if line]
    names = subtitles.believed_names(filled)
    turns: list[tuple[str, str]] = []
    if names:
        for line in filled:
            speaker, words = subtitles.split_name(line, names)
            if speaker or not turns:
                turns.append((speaker, words))
            else:
                turns[-1] = (turns[-1][0], f"{turns[-1][1]}\n{line}")
    else:
        turns = [("", p.strip()) for p in re.split(r"\n[ \t]*\n", text) if p.strip()]
    return Conversation(
        [Utterance(str(i), who, words) for i, (who, words) in enumerate(turns, start=1)]
    )


def _parse(file: Path) -> tuple[TextKind, Conversation, tuple[str, ...]]:
    text, notes = read_text(file)
    kind: TextKind = "transcript"
    found = text_format_of(text, file.suffix)
    more: tuple[str, ...] = ()
    match found:
        case "vtt":
            read, more = subtitles.read_vtt(text)
            talk = tiers.to_conversation(read)
        case "srt":
            read, more = subtitles.read_srt(text)
            talk = tiers.to_conversation(read)
        case "eaf":
            read, more = read_eaf(text, file.name)
            talk = tiers.to_conversation(read)
        case "textgrid":
            read, more = read_textgrid(text, file.name)
            talk = tiers.to_conversation(read)
        case "rttm":
            raise MediaError(
                f"{file.name} says who speaks when, but holds no words",
                remedy="analyse the recording that it belongs to",
            )
        case "whatsapp":
            kind, (talk, more) = "chat", whatsapp.read_whatsapp(text)
        case "table":
            kind, (talk, more) = "chat", tabular_chat.read_table(text, file.name)
        case "jsonl":
            kind, (talk, more) = "chat", tabular_chat.read_json_lines(text, file.name)
        case "json":
            kind, (talk, more) = "chat", tabular_chat.read_json(text, file.name)
        case "plain":
            kind, talk = "text", read_plain(text)
    if not len(talk):
        raise MediaError(f"{file.name} holds no words", remedy="check that it is the right file")
    return kind, replace(talk, id=file.stem), (*notes, *more)
