"""ConvoKit's corpora, in and out without loss: utterances, speakers, conversations, corpus."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from affectkit.affect.conversation import Conversation, Utterance
from affectkit.errors import MediaError

TIMES = "affectkit"
"""The key of an utterance's meta under which start and end in seconds are written."""


@dataclass(frozen=True)
class Corpus:
    """Conversations with what is known about their speakers.

    Parameters
    ----------
    conversations
        In the order of their first utterance.
    speakers
        For each speaker, what ``speakers.json`` says: ``{"meta": …, "vectors": …}``.
    meta
        What is known about the corpus as a whole.
    index
        ConvoKit's ``index.json``, kept as it was.
    details
        For each conversation, what ``conversations.json`` says besides its meta.

    Examples
    --------
    >>> talk = Conversation([Utterance("u1", "Ann", "Hello")], id="c1")
    >>> len(Corpus([talk]).conversations)
    1
    """

    conversations: Sequence[Conversation]
    speakers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    meta: Mapping[str, Any] = field(default_factory=dict)
    index: Mapping[str, Any] = field(default_factory=dict)
    details: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "conversations", tuple(self.conversations))


def read_convokit(folder: str | os.PathLike[str]) -> Corpus:
    """Return the corpus in a folder that ConvoKit, or `write_convokit`, wrote.

    A time stamp becomes ``meta["timestamp"]`` and vectors ``meta["vectors"]`` of an utterance;
    start and end in seconds are read where affectkit wrote them.

    Raises
    ------
    MediaError
        If a file is missing or broken; it says which, and in which line.
    """
    root = Path(folder)
    talks: dict[str, list[Utterance]] = {}
    for record in _utterances(root):
        meta = dict(record.get("meta") or {})
        times = meta.pop(TIMES, {})
        for key in ("timestamp", "vectors"):
            if key in record:
                meta[key] = record[key]
        name = record.get("conversation_id", record.get("root", "conversation"))
        talks.setdefault(str(name), []).append(
            Utterance(
                id=record["id"],
                speaker=record.get("speaker", record.get("user", "")),
                text=record.get("text") or "",
                start_s=times.get("start_s"),
                end_s=times.get("end_s"),
                reply_to=record.get("reply-to", record.get("reply_to")),
                meta=meta,
            )
        )
    described = _json(root / "conversations.json")
    details = {name: {k: v for k, v in d.items() if k != "meta"} for name, d in described.items()}
    return Corpus(
        [
            Conversation(said, id=name, meta=described.get(name, {}).get("meta", {}))
            for name, said in talks.items()
        ],
        speakers=_json(root / "speakers.json") or _json(root / "users.json"),
        meta=_json(root / "corpus.json"),
        index=_json(root / "index.json"),
        details={name: extra for name, extra in details.items() if extra},
    )


def write_convokit(
    corpus: Corpus | Conversation | Iterable[Conversation], folder: str | os.PathLike[str]
) -> Path:
    """Write conversations as a ConvoKit corpus, each file whole or not at all.

    Returns
    -------
    pathlib.Path
        The folder, made if it was not there.

    Raises
    ------
    MediaError
        If two utterances share an id, or the folder cannot be written.
    """
    if isinstance(corpus, Conversation):
        corpus = Corpus([corpus])
    elif not isinstance(corpus, Corpus):
        corpus = Corpus(tuple(corpus))
    lines, seen = [], set()
    for talk in corpus.conversations:
        for said in talk:
            if said.id in seen:
                raise MediaError(
                    f"two utterances have the id {said.id!r}",
                    remedy="give each utterance of the corpus an id of its own",
                )
            seen.add(said.id)
            lines.append(json.dumps(_record(said, talk), ensure_ascii=False))
    speakers: dict[str, Mapping[str, Any]] = {
        name: {"meta": {}} for talk in corpus.conversations for name in talk.speakers
    }
    conversations = {
        talk.id: {"meta": dict(talk.meta), **corpus.details.get(talk.id, {})}
        for talk in corpus.conversations
    }
    texts = {
        "utterances.jsonl": "\n".join(lines) + ("\n" if lines else ""),
        "speakers.json": json.dumps({**speakers, **corpus.speakers}, ensure_ascii=False),
        "conversations.json": json.dumps(conversations, ensure_ascii=False),
        "corpus.json": json.dumps(dict(corpus.meta), ensure_ascii=False),
        "index.json": json.dumps(corpus.index or _index(corpus), ensure_ascii=False),
    }
    root = Path(folder)
    try:
        root.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            beside = root / f".{name}.{os.getpid()}.part"
            beside.write_text(text, encoding="utf-8")
            os.replace(beside, root / name)
    except OSError as error:
        raise MediaError(f"{root} cannot be written: {error.strerror or error}") from error
    return root


def _record(said: Utterance, talk: Conversation) -> dict[str, Any]:
    meta = dict(said.meta)
    record: dict[str, Any] = {
        "id": said.id,
        "conversation_id": talk.id,
        "text": said.text,
        "speaker": said.speaker,
        "reply-to": said.reply_to,
        # ConvoKit wants a time stamp in every record; where there is none, the start serves.
        "timestamp": said.start_s,
    }
    for key in ("timestamp", "vectors"):
        if key in meta:
            record[key] = meta.pop(key)
        elif key == "timestamp" and said.start_s is None:
            del record[key]
    if said.start_s is not None or said.end_s is not None:
        # Without the mark the start that stands in for a time stamp would come back as one.
        stamped = "timestamp" in said.meta
        meta[TIMES] = {"start_s": said.start_s, "end_s": said.end_s, "stamped": stamped}
    return {**record, "meta": meta}


def _index(corpus: Corpus) -> dict[str, Any]:
    said = {key for talk in corpus.conversations for u in talk for key in u.meta}
    return {
        "utterances-index": {key: [] for key in sorted(said - {"timestamp", "vectors"})},
        "speakers-index": {},
        "conversations-index": {},
        "overall-index": {},
        "version": 1,
        "vectors": [],
    }


def _utterances(root: Path) -> Iterable[dict[str, Any]]:
    path = root / "utterances.jsonl"
    if not path.exists():
        whole = root / "utterances.json"
        if not whole.exists():
            raise MediaError(
                f"{root} holds no utterances.jsonl", remedy="give the folder of a ConvoKit corpus"
            )
        yield from (_checked(r, whole, i) for i, r in enumerate(_parse(whole.read_bytes(), whole)))
        return
    # Not splitlines: an utterance may hold a line separator that JSON leaves as it is.
    for number, line in enumerate(path.read_bytes().split(b"\n"), start=1):
        if line.strip():
            yield _checked(_parse(line, path, number), path, number)


def _checked(record: Any, path: Path, number: int) -> dict[str, Any]:
    if not isinstance(record, dict) or "id" not in record:
        raise MediaError(f"{path}, record {number}, is not an utterance with an id")
    meta = record.get("meta")
    times = meta.get(TIMES) if isinstance(meta, dict) else None
    if isinstance(times, dict) and not times.get("stamped", True):
        return {k: v for k, v in record.items() if k != "timestamp"}
    return dict(record)


def _json(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    values = _parse(path.read_bytes(), path)
    if not isinstance(values, dict):
        raise MediaError(f"{path} does not hold a mapping")
    return {str(key): value for key, value in values.items()}


def _parse(data: bytes, path: Path, line: int | None = None) -> Any:
    try:
        return json.loads(data)
    except ValueError as error:
        where = f"{path}, line {line}," if line is not None else f"{path}"
        raise MediaError(f"{where} is not JSON: {error}") from error
