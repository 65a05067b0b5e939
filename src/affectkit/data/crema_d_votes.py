"""CREMA-D's votes: what about ten people each heard, saw, or both, in the same acted clips."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, get_args

import pandas as pd

from affectkit.data.dataset import DataFacts, DataSet, table
from affectkit.data.integrity import Check, number, of_part, ranges, unique, values
from affectkit.errors import DataError

Channel = Literal["voice", "face", "both"]
CHANNELS: tuple[Channel, ...] = get_args(Channel)
"""How a clip was shown, in the order of the first digit of the makers' row numbers."""

LABELS = ("anger", "disgust", "fear", "joy", "neutral", "sadness")
_LETTERS = dict(zip("ADFHNS", LABELS, strict=True))
_INTENDED = {
    "ANG": "anger", "DIS": "disgust", "FEA": "fear", "HAP": "joy", "NEU": "neutral",
    "SAD": "sadness",
}  # fmt: skip
_LEVELS = {"LO": "low", "MD": "medium", "HI": "high", "XX": "unspecified", "X": "unspecified"}
_ACTOR = {"Age": "age", "Sex": "sex", "Race": "race", "Ethnicity": "ethnicity"}

FACTS = DataFacts(
    name="crema_d_votes",
    title="Cao et al. 2014, CREMA-D: Crowd-sourced Emotional Multimodal Actors Dataset; its votes",
    home="https://github.com/CheyneyComputerScience/CREMA-D",
    folder="av/speech/crema-d-votes",
    licence="ODbL 1.0",
    licence_class="share-alike",
    language="en",
    splits="none; keep each actor on one side",
    traps=(
        "votes are counted: which rater gave which is in the makers' other files",
        "a clip stands three times, by voice, by face and by both: keep it on one side",
        "twelve sentences are spoken by everyone",
        "what the actor was asked for has most votes in 46 % of clips by voice, 69 % by face, 75 % "
        "by both: it is no label of what people perceive",
    ),
    groups=("actor", "clip", "sentence"),
    papers=(7, 88, 122),
)


def read(root: Path, *, channel: Channel | Literal["all"] = "all") -> DataSet:
    """Return CREMA-D's votes: a row for each clip and each way in which it was shown.

    Parameters
    ----------
    root
        The data root.
    channel
        ``"voice"`` (sound alone), ``"face"`` (picture alone), ``"both"``, or ``"all"`` three.

    Returns
    -------
    DataSet
        ``id, clip, channel``; the number of votes ``anger, disgust, fear, joy, neutral,
        sadness`` and of raters; ``intended`` (what the actor was asked for) and its ``level``
        (low, medium, high, unspecified); ``sentence, actor, age, sex, race, ethnicity``.

    Raises
    ------
    DataError
        If files are absent or malformed; names the row.

    Examples
    --------
    >>> from affectkit.data import data_root
    >>> read(data_root(), channel="voice").table.shape  # doctest: +SKIP
    (7442, 17)
    """
    folder = root / FACTS.folder
    plain = folder / "tabulatedVotes.csv"
    path = plain if plain.exists() else plain.with_suffix(".csv.gz")
    found = from_table(table(path, FACTS, (*_LETTERS, "fileName", "numResponses")), path)
    actors = table(folder / "VideoDemographics.csv", FACTS, ("ActorID", *_ACTOR))
    actors = actors.rename(columns=_ACTOR).assign(actor=actors["ActorID"].astype(str))
    found = found.merge(actors[["actor", *_ACTOR.values()]], on="actor", how="left")
    if channel != "all":
        if channel not in CHANNELS:
            raise DataError(
                f"CREMA-D was not shown by {channel!r}", remedy=f"use {', '.join(CHANNELS)} or all"
            )
        found = found[found["channel"] == channel].reset_index(drop=True)
    return DataSet(found, FACTS)


def from_table(rows: pd.DataFrame, path: Path) -> pd.DataFrame:
    """Return the makers' table of votes in our columns, without what is known of the actors.

    Parameters
    ----------
    rows
        The makers' ``tabulatedVotes.csv`` as it stands, its row number in the first column.
    path
        The file, to be named in errors.

    Raises
    ------
    DataError
        If a row says no channel, no clip, or no votes.

    Examples
    --------
    >>> row = {"": 300001, "A": 0, "D": 0, "F": 0, "H": 1, "N": 8, "S": 0}
    >>> row |= {"fileName": "1001_IEO_NEU_XX", "numResponses": 9}
    >>> told = from_table(pd.DataFrame([row]), Path("tabulatedVotes.csv"))
    >>> told.loc[0, ["clip", "channel", "intended", "actor"]].tolist()
    ['1001_IEO_NEU_XX', 'both', 'neutral', '1001']
    """
    votes = rows[list(_LETTERS)].apply(pd.to_numeric, errors="coerce")
    digit = rows.iloc[:, 0].astype(str).str[0]
    channel = digit.map({str(k): str(c) for k, c in enumerate(CHANNELS, start=1)})
    parts = (
        rows["fileName"]
        .astype(str)
        .str.extract(
            r"^(?P<actor>\d{4})_(?P<sentence>[A-Z]{3})_(?P<intended>[A-Z]{3})_(?P<level>[A-Z]{1,2})$"
        )
    )
    said = pd.to_numeric(rows["numResponses"], errors="coerce")
    wrong = {
        "its number does not begin with 1 (voice), 2 (face) or 3 (both)": channel.isna(),
        "its fileName is not like 1001_IEO_NEU_XX": parts.isna().any(axis=1)
        | ~parts["intended"].isin(_INTENDED)
        | ~parts["level"].isin(_LEVELS),
        "its votes are not whole numbers that add up to numResponses, one or more": ~(
            (votes >= 0).all(axis=1)
            & (votes % 1 == 0).all(axis=1)
            & (votes.sum(axis=1) == said)
            & (said > 0)
        ),
    }
    for problem, bad in wrong.items():
        if bad.any():
            raise DataError(
                f"{path}, row {int(bad.to_numpy().argmax()) + 1}: {problem}",
                remedy=f"get it anew from {FACTS.home}",
            )
    found = pd.DataFrame(
        {"id": rows["fileName"] + "/" + channel, "clip": rows["fileName"], "channel": channel}
    )
    for letter, label in _LETTERS.items():
        found[label] = votes[letter].astype(int)
    found["raters"] = said.astype(int)
    found["intended"] = parts["intended"].map(_INTENDED)
    found["level"] = parts["level"].map(_LEVELS)
    return found.assign(sentence=parts["sentence"], actor=parts["actor"])


def check(root: Path) -> list[Check]:
    """Compare clips, actors and votes with what the makers published.

    Examples
    --------
    >>> from affectkit.data import data_root
    >>> {c.state for c in check(data_root())}  # doctest: +SKIP
    {'whole'}
    """
    rows = read(root).table
    found = [
        unique(rows, "id"),
        values(rows, "channel", CHANNELS),
        number("actors", rows["actor"].nunique(), 91),
        number("actors whose age is not known", rows["age"].isna().sum(), 0),
        *ranges(rows, {"raters": (1, 12), "age": (18, 90)}),
    ]
    for channel in CHANNELS:
        found += of_part(channel, [number("clips", (rows["channel"] == channel).sum(), 7_442)])
    return found
