"""CaSiNo: two campers share out firewood, food and water by chat; who they are, what they felt."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pandas as pd

from affectkit.data.dataset import DataFacts, DataSet
from affectkit.data.integrity import Check, counts, ranges, shape, values
from affectkit.errors import DataError

TRAITS = ("extraversion", "agreeableness", "conscientiousness", "emotional-stability",
          "openness-to-experiences")  # fmt: skip
STRATEGIES = (
    "small-talk", "showing-empathy", "promote-coordination", "no-need", "elicit-pref", "uv-part",
    "vouch-fair", "self-need", "other-need", "non-strategic",
)  # fmt: skip

FACTS = DataFacts(
    name="casino",
    title="Chawla et al. 2021, CaSiNo: A Corpus of Campsite Negotiation Dialogues for Automatic "
    "Negotiation Systems",
    home="https://github.com/kushalchawla/CaSiNo",
    folder="text-open/casino",
    licence="CC BY 4.0",
    licence_class="open",
    language="en",
    groups=("person", "dialogue"),
    papers=(108,),
    splits="train (900 dialogues) and valid (30); the official test (100) is kept elsewhere",
    traps=(
        "the same people take part many times, up to 13 dialogues each: split by person, "
        "who are told apart by their demographics and questionnaire only",
        "a trait is the mean of two answers of the Ten-Item Personality Inventory on 1 to 7: "
        "coarse, and self-reported",
        "only some dialogues (347 in train) have strategies marked",
    ),
)
_DEALS = frozenset({"Submit-Deal", "Accept-Deal", "Reject-Deal", "Walk-Away"})


def read(root: Path) -> DataSet:
    """Return one row a person and dialogue: what they said, their traits, how it ended.

    Columns: ``id, dialogue, person, turns`` (tuple of what they wrote), ``text`` (all of it, a
    turn a line), ``strategies`` (tuple with the marked strategies of each turn, or None),
    the five traits of `TRAITS` in [1, 7], ``satisfaction`` and ``likeness`` (the makers' five
    words each), ``points`` and ``split``.

    Parameters
    ----------
    root
        The data root.

    Examples
    --------
    >>> from affectkit.data import data_root
    >>> read(data_root()).table["dialogue"].nunique()  # doctest: +SKIP
    930
    """
    rows: list[dict[str, Any]] = []
    for split in ("train", "valid"):
        path = root / FACTS.folder / f"casino_{split}.json"
        try:
            talks = json.loads(path.read_text(encoding="utf-8"))
            for talk in talks:
                rows.extend({**row, "split": split} for row in _people(talk))
        except FileNotFoundError:
            raise DataError(
                f"{FACTS.name} is not there: {path} is missing",
                remedy=f"get it from {FACTS.home} or point AFFECTKIT_DATA at its folder",
            ) from None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DataError(
                f"{path} cannot be read: {error!r}", remedy=f"see {FACTS.home}"
            ) from error
    return DataSet(pd.DataFrame(rows), FACTS)


def check(root: Path) -> list[Check]:
    """Compare the number of dialogues with the makers', traits with their scale, marks with names.

    Examples
    --------
    >>> from affectkit.data import data_root
    >>> {c.state for c in check(data_root())}  # doctest: +SKIP
    {'whole'}
    """
    found = read(root)
    rows = found.table
    marks = [mark for held in rows["strategies"].dropna() for turn in held for mark in turn]
    limits: dict[str, tuple[float, float]] = dict.fromkeys(TRAITS, (1.0, 7.0))
    return [
        *shape(found),
        *counts(rows.drop_duplicates("dialogue"), {"train": 900, "valid": 30}, "dialogues"),
        *ranges(rows, limits),
        values(pd.DataFrame({"strategy": marks}), "strategy", STRATEGIES),
    ]


def _people(talk: dict[str, Any]) -> list[dict[str, Any]]:
    said = [turn for turn in talk["chat_logs"] if turn["text"] not in _DEALS]
    # The marks repeat the turns in order, without their speaker.
    marks = [mark for mark in talk["annotations"] if mark[0] not in _DEALS]
    marked = len(marks) == len(said)
    found = []
    for agent, about in talk["participant_info"].items():
        mine = [i for i, turn in enumerate(said) if turn["id"] == agent]
        who = json.dumps([about["demographics"], about["personality"]], sort_keys=True)
        found.append(
            {
                "id": f"{talk['dialogue_id']}-{agent}",
                "dialogue": str(talk["dialogue_id"]),
                "person": hashlib.sha256(who.encode()).hexdigest()[:12],
                "turns": tuple(said[i]["text"] for i in mine),
                "text": "\n".join(said[i]["text"] for i in mine),
                "strategies": tuple(tuple(marks[i][1].split(",")) for i in mine)
                if marked
                else None,
                **{trait: float(about["personality"]["big-five"][trait]) for trait in TRAITS},
                "satisfaction": about["outcomes"]["satisfaction"],
                "likeness": about["outcomes"]["opponent_likeness"],
                "points": int(about["outcomes"]["points_scored"]),
            }
        )
    return found
