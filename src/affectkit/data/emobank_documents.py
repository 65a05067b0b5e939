"""Which document each sentence of EmoBank stands in, and where."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from affectkit.data.dataset import table
from affectkit.data.emobank import FACTS

HEADLINES = "SemEval"
"""The category of single headlines, which stand in no document."""


def places(root: Path) -> pd.DataFrame:
    """Return ``id, document, category, start, end, again`` of each sentence, in reading order.

    ``start`` and ``end`` count characters of the document. Headlines stand alone: each is its
    own document, and starts at 0. ``again`` marks what stands inside a longer sentence that is
    here too: the makers' sources cut some sentences twice. The sentences that the makers keep
    for their test are not here, so that about one in ten is missing between its neighbours.

    Parameters
    ----------
    root
        The data root.

    Examples
    --------
    >>> from affectkit.data import data_root
    >>> places(data_root())["category"].nunique()  # doctest: +SKIP
    7
    """
    columns = ("id", "document", "category")
    rows = table(root / FACTS.folder / "meta.tsv", FACTS, columns, sep="\t")[list(columns)]
    alone = rows["category"] == HEADLINES
    rows["document"] = rows["document"].where(~alone, rows["id"])
    found = rows["id"].str.extract(r"_(\d+)_(\d+)$")
    for name, part in (("start", found[0]), ("end", found[1])):
        rows[name] = part.where(~alone, "0").astype(int)
    order = ["document", "start", "end"]
    rows = rows.sort_values(order, ascending=[True, True, False], kind="stable", ignore_index=True)
    reached = rows.groupby("document")["end"].cummax().groupby(rows["document"]).shift()
    rows["again"] = (rows["end"] <= reached) & (rows["category"] != HEADLINES)
    return rows
