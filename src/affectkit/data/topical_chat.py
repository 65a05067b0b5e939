"""Topical-Chat: people talk about what they have just read, and say how each turn felt."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from affectkit.data.dataset import DataFacts, DataSet, document
from affectkit.data.integrity import Check, counts, shape, values
from affectkit.errors import DataError

LABELS = (
    "angry",
    "curious to dive deeper",
    "disgusted",
    "fearful",
    "happy",
    "neutral",
    "sad",
    "surprised",
)

FACTS = DataFacts(
    name="topical_chat",
    title="Gopalakrishnan et al. 2019, Topical-Chat: Towards Knowledge-Grounded Open-Domain "
    "Conversations",
    home="https://github.com/alexa/Topical-Chat",
    folder="text-open/topical_chat",
    licence="CDLA-Sharing-1.0",
    licence_class="share-alike",
    language="en",
    splits="two validation parts, by its makers: valid_freq (topics often seen in training) and "
    "valid_rare; neither train nor test is read",
    traps=(
        "the label is the writer's own sentiment, and nearly half are curious to dive deeper",
        "turns of one dialogue hang together: split by dialogue",
    ),
    groups=("dialogue",),
    papers=(26, 56, 58, 101, 132),
)


def read(root: Path) -> DataSet:
    """Return Topical-Chat: ``id, text, split, dialogue, turn, speaker, label, rating, sources``.

    ``rating`` is what the partner thought of the turn (Poor to Excellent; empty if nothing),
    ``sources`` the parts of the reading that it drew on.

    Examples
    --------
    >>> from affectkit.data import data_root
    >>> read(data_root()).table["dialogue"].nunique()  # doctest: +SKIP
    1078
    """
    found: list[dict[str, Any]] = []
    for split in ("valid_freq", "valid_rare"):
        path = root / FACTS.folder / f"{split}.json"
        try:
            for dialogue, talk in document(path, FACTS).items():
                found += [
                    {
                        "id": f"{dialogue}-{turn}",
                        "text": str(said["message"]).strip(),
                        "split": split,
                        "dialogue": dialogue,
                        "turn": turn,
                        "speaker": said["agent"],
                        "label": str(said["sentiment"]).strip().lower(),
                        "rating": said["turn_rating"],
                        "sources": tuple(said["knowledge_source"]),
                    }
                    for turn, said in enumerate(talk["content"])
                ]
        except (AttributeError, KeyError, TypeError) as error:
            raise DataError(
                f"{path} has another form: {error}", remedy=f"see {FACTS.home}"
            ) from None
    return DataSet(pd.DataFrame(found), FACTS, LABELS)


def check(root: Path) -> list[Check]:
    """Compare the number of dialogues with the makers'.

    Examples
    --------
    >>> from affectkit.data import data_root
    >>> any(c.state == "damaged" for c in check(data_root()))  # doctest: +SKIP
    False
    """
    found = read(root)
    dialogues = found.table.drop_duplicates("dialogue")
    return [
        *shape(found),
        *counts(dialogues, {"valid_freq": 539, "valid_rare": 539}, "dialogues"),
        values(found.table, "label", LABELS),
    ]
