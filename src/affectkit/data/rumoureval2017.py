"""RumourEval 2017: rumours on Twitter with their replies, true, false or unverified."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd

from affectkit.data.dataset import DataFacts, DataSet
from affectkit.data.integrity import Check, counts, number, shape, values
from affectkit.errors import DataError

VERACITY = ("true", "false", "unverified")
STANCES = ("support", "deny", "query", "comment")

FACTS = DataFacts(
    name="rumoureval2017",
    title="Derczynski et al. 2017, SemEval-2017 Task 8 RumourEval: Determining rumour veracity "
    "and support for rumours",
    home="https://alt.qcri.org/semeval2017/task8/",
    folder="text-internal/rumoureval2017",
    licence="terms of Twitter and of the task",
    licence_class="unclear",
    language="en",
    papers=(86,),
    groups=("event",),
    splits="train (272 threads, 7 events) and dev (25 threads, one other event), by its makers; "
    "the official test is kept elsewhere",
    traps=(
        "veracity goes with the event: of 46 Ferguson threads 44 are unverified, and all 12 "
        "about the Toronto concert are false; split by event",
        "many replies repeat the post they answer",
        "the task's replies are those that people collected, not all there were",
    ),
)


def read(root: Path) -> DataSet:
    """Return the rumours: ``id, event, text, replies, split`` and a column for each veracity.

    ``replies`` is a tuple of the texts, earliest first; ``stances`` a tuple of their stance
    towards the rumour (``support``, ``deny``, ``query`` or ``comment``; None where missing).

    Parameters
    ----------
    root
        The data root.

    Examples
    --------
    >>> from affectkit.data import data_root
    >>> read(data_root()).table.groupby("split").size().to_dict()  # doctest: +SKIP
    {'dev': 25, 'train': 272}
    """
    rows = []
    for split in ("train", "dev"):
        path = root / FACTS.folder / f"{split}.jsonl"
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except OSError:
            raise DataError(
                f"{FACTS.name} is not there: {path} is missing",
                remedy=f"get it from {FACTS.home} or point AFFECTKIT_DATA at its folder",
            ) from None
        for at, line in enumerate(lines, 1):
            try:
                rows.append({**_thread(json.loads(line)), "split": split})
            except (ValueError, KeyError, TypeError) as error:
                raise DataError(f"{path}, line {at} is no thread: {error!r}") from error
    return DataSet(pd.DataFrame(rows), FACTS, VERACITY)


def check(root: Path) -> list[Check]:
    """Compare threads and events with the task's, and stances with what they may be.

    Examples
    --------
    >>> from affectkit.data import data_root
    >>> {c.state for c in check(data_root())}  # doctest: +SKIP
    {'whole'}
    """
    found = read(root)
    rows = found.table
    stances = pd.DataFrame({"stance": [s for held in rows["stances"] for s in held if s]})
    events = {split: set(part["event"]) for split, part in rows.groupby("split")}
    return [
        *shape(found),
        *counts(rows, {"train": 272, "dev": 25}, "threads"),
        number("events of train", len(events["train"]), 7),
        number("events on both sides", len(events["train"] & events["dev"]), 0),
        values(stances, "stance", STANCES),
    ]


def _thread(thread: dict[str, Any]) -> dict[str, Any]:
    # Ids of tweets grow with time, and unlike the dates they tell the order within a second.
    replies = sorted(thread["replies"], key=lambda reply: int(reply["id"]))
    veracity = str(thread["veracity"])
    if veracity not in VERACITY:
        raise ValueError(f"veracity {veracity!r}")
    return {
        "id": str(thread["id"]),
        "event": str(thread["event"]),
        "text": str(thread["source"]["text"]),
        "replies": tuple(str(reply["text"]) for reply in replies),
        "stances": tuple(reply.get("stance") for reply in replies),
        **{name: veracity == name for name in VERACITY},
    }
