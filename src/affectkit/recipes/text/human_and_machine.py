"""Human-written and machine-written texts of one kind, matched so that length tells nothing.

Two pairs. Support talk: turns of ESConv, typed by people, and of ESCoT, written by a language
model in the same two roles. Events: what people tell first in EmpatheticDialogues, and the first-
person events that a language model wrote for a study of emotion circuits. Both pairs differ in
topic too; within a pair, role and length are matched, and case, spacing, quotes and marks at the
end are made the same, so that neither typing habits nor layout give the answer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from affectkit.errors import DataError

SUPPORT = ("text-internal/esconv", "text-internal/escot")
EVENTS = ("text-internal/empatheticdialogues", "text-internal/emotion_circuits")

_SHORTEST, _LONGEST = 8, 60  # words
_STEP = 4  # words that texts of one length class may differ by


def support_talk(data: Path, seed: int) -> pd.DataFrame:
    """Return matched turns of support talk: ``text, machine, group, role``.

    ``group`` names the dialogue: turns of one dialogue are not independent.
    """
    rows = [*_esconv(data / SUPPORT[0]), *_escot(data / SUPPORT[1])]
    return matched(pd.DataFrame(rows, columns=["text", "machine", "group", "role"]), seed)


def events(data: Path, seed: int) -> pd.DataFrame:
    """Return matched tellings of events, with the columns of `support_talk`."""
    rows = [*_told(data / EVENTS[0]), *_made_up(data / EVENTS[1])]
    return matched(pd.DataFrame(rows, columns=["text", "machine", "group", "role"]), seed)


def matched(rows: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Return as many machine texts as human ones of each role and length, drawn by a seed.

    Parameters
    ----------
    rows
        With ``text, machine, group, role``; texts are made plain by `plain` and repeated ones
        are kept once.
    seed
        Of the draw, and of the order of the rows.

    Examples
    --------
    >>> said = ["one two three four five six seven eight" + w for w in (" a", " b", " c")]
    >>> rows = pd.DataFrame({"text": said, "machine": [True, False, False],
    ...                      "group": ["x", "y", "z"], "role": "r"})
    >>> matched(rows, 0)["machine"].sum(), len(matched(rows, 0))
    (np.int64(1), 2)
    """
    found = rows.assign(text=[plain(t) for t in rows["text"]]).drop_duplicates("text")
    words = np.array([len(text.split()) for text in found["text"]], dtype=int)
    fitting = (words >= _SHORTEST) & (words <= _LONGEST)
    found, length = found[fitting], words[fitting] // _STEP
    rng = np.random.default_rng(seed)
    kept: list[Any] = []
    for _, part in found.groupby([found["role"], length], sort=True):
        sides = [np.array(part.index[part["machine"] == side]) for side in (False, True)]
        few = min(map(len, sides))
        for side in sides:
            kept += list(rng.permutation(side)[:few])
    return found.loc[rng.permutation(np.array(kept, dtype=int))].reset_index(drop=True)


def plain(text: str) -> str:
    """Return a text in lower case, with plain quotes, single spaces and no mark at the end.

    Examples
    --------
    >>> plain("  I’m  fine...  Really! ")
    "i'm fine... really"
    """
    text = text.lower().translate(str.maketrans("’‘“”–—", "''\"\"--"))
    text = re.sub(r"\s+([.,!?])", r"\1", re.sub(r"\s+", " ", text)).strip()
    return text.rstrip(".!?…,;: ")


def _esconv(folder: Path) -> Iterator[tuple[str, bool, str, str]]:
    roles = {"sys": "supporter", "usr": "seeker", "supporter": "supporter", "seeker": "seeker"}
    for name in ("train", "valid"):
        for i, line in enumerate(_text(folder / f"{name}.jsonl").splitlines()):
            for turn in json.loads(line)["dialog"]:
                yield turn["text"], False, f"esconv {name} {i}", roles[turn["speaker"]]


def _escot(folder: Path) -> Iterator[tuple[str, bool, str, str]]:
    # Only the talk itself: people corrected the chains of thought that come with it.
    for item in json.loads(_text(folder / "val.json")):
        for turn in item["original_data"]["dialog"]:
            yield turn["content"], True, f"escot {item['id']}", turn["speaker"]
    for item in json.loads(_text(folder / "em_sr_re_train.json")):
        for line in item["input"].splitlines():
            role, mark, said = line.partition(": ")
            if mark and role in ("supporter", "seeker"):
                yield said, True, f"escot {item['dialog_id']}", role


def _told(folder: Path) -> Iterator[tuple[str, bool, str, str]]:
    for i, line in enumerate(_text(folder / "dev.jsonl").splitlines()):
        yield json.loads(line)["turns"][0], False, f"told {i}", "event"


def _made_up(folder: Path) -> Iterator[tuple[str, bool, str, str]]:
    for line in _text(folder / "sev.jsonl").splitlines():
        item = json.loads(line)
        for event in item["event"].values():
            both = f"{item['scenario'].rstrip('.')}. {event}"
            yield both, True, f"made up {item['skeleton_id']}", "event"


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except OSError as error:
        raise DataError(
            f"{path} cannot be read: {error}", remedy="point AFFECTKIT_DATA at the data sets"
        ) from error
