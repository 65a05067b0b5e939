"""CHEER-Ekman: sentences in which a part of the body shows what somebody feels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from affectkit.data.dataset import DataFacts, DataSet, document
from affectkit.data.integrity import Check, counts, shape, values
from affectkit.errors import DataError

EMOTIONS = ("anger", "disgust", "fear", "joy", "sadness", "surprise")
PUBLISHED = {"train": 578, "dev": 264, "test": 508}

FACTS = DataFacts(
    name="cheer_ekman",
    title="Duong et al. 2025, CHEER-Ekman: Fine-grained Embodied Emotion Classification",
    home="https://github.com/menamerai/cheer-ekman",
    folder="text-internal/cheer_ekman",
    licence="none stated",
    licence_class="unclear",
    language="en",
    splits="train, dev and test, by its makers; a file that is absent is left out",
    traps=(
        "a sentence stands once for each part of the body in it, up to four times: keep those "
        "of one `sentence` together",
        "five sentences have another label for another part of the body",
        "only sentences that show a feeling are here, not the plain mentions of the body",
    ),
    groups=("sentence",),
    papers=(67,),
)


def read(root: Path) -> DataSet:
    """Return ``id, sentence, split, text, before, part, place, emotion``, a column each emotion.

    ``before`` is what is said before, up to three sentences; ``part`` the word for the part of
    the body and ``place`` its number among the words of the text, from 0. ``sentence`` is the
    makers' id, which rows of one sentence share.

    Parameters
    ----------
    root
        The data root.

    Examples
    --------
    >>> from affectkit.data import data_root
    >>> read(data_root()).table["part"].mode()[0]  # doctest: +SKIP
    'eyes'
    """
    rows: list[dict[str, Any]] = []
    for split in PUBLISHED:
        path = root / FACTS.folder / f"{split}.json"
        # Train is always asked for, so that an absent folder is told as such.
        if split != "train" and not path.is_file():
            continue
        for number, item in enumerate(document(path, FACTS), start=1):
            try:
                rows.append(_row(item, split))
            except (KeyError, IndexError, TypeError, AttributeError) as error:
                raise DataError(
                    f"{path}, item {number}: {type(error).__name__} {error}",
                    remedy=f"see {FACTS.home}",
                ) from error
    found = pd.DataFrame(rows)
    for name in EMOTIONS:
        found[name] = found["emotion"] == name
    return DataSet(found, FACTS, EMOTIONS)


def check(root: Path) -> list[Check]:
    """Compare the number of sentences of each split with the published one.

    Examples
    --------
    >>> from affectkit.data import data_root
    >>> {c.state for c in check(data_root())}  # doctest: +SKIP
    {'whole'}
    """
    found = read(root)
    return [
        *shape(found),
        *counts(found.table, PUBLISHED, "rows"),
        values(found.table, "emotion", EMOTIONS),
    ]


def _row(item: dict[str, Any], split: str) -> dict[str, Any]:
    place = int(item["body_part_token_idx"])
    return {
        "id": f"{item['sentence_id']}/{place}",
        "sentence": str(item["sentence_id"]),
        "split": split,
        "text": _joined(item["tokens"]),
        "before": " ".join(_joined(tokens) for tokens in item["preceding_context_tokens"]),
        "part": str(item["tokens"][place]),
        "place": place,
        "emotion": str(item["label"]).lower(),
    }


def _joined(tokens: list[str]) -> str:
    """Return tokens as a text, with signs where English puts them."""
    text = " ".join(tokens)
    for sign in (".", ",", "!", "?", ";", ":", "n't", "'s", "'re", "'m", "'ve", "'ll", "'d"):
        text = text.replace(f" {sign}", sign)
    return text.strip()
