"""Empathic Reactions: what people wrote after sad news, with their own empathy and distress."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from affectkit.data.dataset import DataFacts, DataSet, table
from affectkit.data.integrity import Check, counted, ranges, shape

FACTS = DataFacts(
    name="empathic_reactions",
    title="Buechel et al. 2018, Modeling Empathy and Distress in Reaction to News Stories",
    home="https://github.com/wwbp/empathic_reactions",
    folder="text-open/empathic_reactions",
    licence="CC BY 4.0",
    licence_class="open",
    language="en",
    splits="none; leave out by author, who wrote five messages each",
    traps=(
        "one author wrote about five articles: split by author, and look at articles too",
        "the ratings are how the author felt, not how a text reads: a ceiling for any reader",
        "the makers' file has 1,860 messages; the part for training 1,527",
    ),
    groups=("author", "article"),
    papers=(48, 82, 98, 130),
)


def read(root: Path) -> DataSet:
    """Return the messages: ``id, text, author, article, empathy, distress`` and two yes/no.

    ``empathy`` and ``distress`` are the author's own, 1 to 7 (means of six and eight
    adjectives); ``empathic`` and ``distressed`` whether they are in the upper half.

    Examples
    --------
    >>> from affectkit.data import data_root
    >>> read(data_root()).table["empathy"].between(1, 7).all()  # doctest: +SKIP
    np.True_
    """
    folder = root / FACTS.folder
    whole = folder / "messages.csv"
    columns = ("message_id", "response_id", "article_id", "empathy", "distress", "essay")
    rows = table(
        whole if whole.is_file() else folder / "messages_train.csv",
        FACTS,
        (*columns, "empathy_bin", "distress_bin"),
    )
    found = pd.DataFrame(
        {
            "id": rows["message_id"],
            "text": rows["essay"].astype(str).str.strip(),
            "author": rows["response_id"],
            "article": rows["article_id"].astype(str),
            "empathy": rows["empathy"].astype(float),
            "distress": rows["distress"].astype(float),
            "empathic": rows["empathy_bin"].astype(int) == 1,
            "distressed": rows["distress_bin"].astype(int) == 1,
        }
    )
    return DataSet(found, FACTS, ("empathic", "distressed"))


def check(root: Path) -> list[Check]:
    """Compare the number of messages with the paper's, and the ratings with their scale.

    Examples
    --------
    >>> from affectkit.data import data_root
    >>> {c.state for c in check(data_root())}  # doctest: +SKIP
    {'whole'}
    """
    found = read(root)
    whole = (root / FACTS.folder / "messages.csv").is_file()
    return [
        *shape(found),
        counted("messages", len(found.table), 1_860 if whole else 1_527),
        *ranges(found.table, {"empathy": (1, 7), "distress": (1, 7)}),
    ]
