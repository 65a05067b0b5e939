"""How far groups of raters are apart, and those who were shown an item in one way or another."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from affectkit.affect.krippendorff_alpha import packed_votes
from affectkit.affect.ratings import Ratings
from affectkit.affect.ratings_table import EMOTION
from affectkit.measure.disagreement import group_disagreement
from affectkit.measure.disagreement_inference import group_test
from affectkit.pipeline.rating_files import RatedFile

SHOWN = 8
"""Items that are named for each comparison."""
DEALS = 99
_MOST_CELLS = 2_000_000

Floats = NDArray[np.float64]


def groups_apart(rated: RatedFile, *, deals: int = DEALS, seed: int = 0) -> list[dict[str, Any]]:
    r"""Return how much further apart two raters are who are of two groups than two of one.

    Groups are the values of each attribute of the raters that is known, and, where items were
    shown in several ways, those who were shown an item in one way and in another.

    Parameters
    ----------
    rated
        The file, as `affectkit.pipeline.rating_files.read_rating_file` returns it.
    deals
        How often groups are dealt anew, to see what chance does.
    seed
        Of the deals.

    Returns
    -------
    list of dict
        ``by`` (attribute, or ``"shown"``), ``groups`` (their names), ``aspect`` (of scores;
        empty for labels), ``scale`` (ends of a score; None for labels), ``items``, ``within``
        and ``between`` (how far two are apart, as a share of the scale, or how often two say
        different labels; mean over items that have both kinds of pairs), ``gap``, the middle
        95 % of what deals give (``chance_low, chance_high``), ``p``, ``deals``, and the items
        with the largest gap (``most``: ``item, within, between``).

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from affectkit.pipeline.rating_files import read_rating_file
    >>> file = Path(tempfile.mkdtemp()) / "said.csv"
    >>> rows = ["a,w,joy,old", "a,x,joy,old", "a,y,fear,young", "a,z,fear,young"]
    >>> _ = file.write_text("\n".join(["clip,rater,emotion,age", *rows]))
    >>> found = groups_apart(read_rating_file(file, {"attribute": ["age"]}), deals=9)[0]
    >>> found["by"], found["groups"], found["within"], found["between"]
    ('age', ['old', 'young'], 0.0, 1.0)
    """
    found = []
    if rated.ratings is not None:
        for name in rated.ratings.known_raters.columns:
            for aspect, table, scale in _tables(rated.ratings):
                of = rated.ratings.known_raters[name].reindex(table.columns).astype(str).str.strip()
                kept = of.notna() & ~of.isin(["", "nan", "None"])
                x, groups = table.loc[:, kept.to_numpy()], of[kept].to_numpy(dtype=str)
                told = _compared(x.to_numpy(dtype=float), groups, scale, x.index, deals, seed)
                if told is not None:
                    found.append({"by": str(name), "aspect": aspect, **told})
    for one, other in combinations(rated.views, 2):
        both = one.votes.index.intersection(other.votes.index)
        packed = [packed_votes(view.votes.loc[both].to_numpy()) for view in (one, other)]
        shown = np.repeat([one.name, other.name], [part.shape[1] for part in packed])
        rows = np.concatenate(packed, axis=1) if len(both) else np.empty((0, 0))
        told = _compared(rows, np.broadcast_to(shown, rows.shape), None, both, deals, seed)
        if told is not None:
            found.append({"by": "shown", "aspect": "", **told, "groups": [one.name, other.name]})
    return found


def _tables(ratings: Ratings) -> list[tuple[str, pd.DataFrame, tuple[float, float] | None]]:
    """Return labels as codes and each score, a row an item and a column a rater."""
    out: list[tuple[str, pd.DataFrame, tuple[float, float] | None]] = []
    labelled = ratings.table[ratings.table["aspect"] == EMOTION]
    labelled = labelled[labelled["label"].notna()] if "label" in labelled else labelled.iloc[:0]
    # Who gives several labels to an item gives no single answer that another's could differ from.
    if len(labelled) and not labelled.duplicated(["item", "rater"]).any():
        codes = pd.Series(pd.factorize(labelled["label"])[0].astype(float), index=labelled.index)
        pivot = labelled.assign(code=codes).pivot(index="item", columns="rater", values="code")
        out.append(("", pivot, None))
    for aspect in ratings.aspects:
        part = ratings.table[ratings.table["aspect"] == aspect]
        if "score" not in part or not part["score"].notna().any():
            continue
        if part.duplicated(["item", "rater"]).any():
            continue
        low, high = float(part["score"].min()), float(part["score"].max())
        if low < high:
            out.append((aspect, part.pivot(index="item", columns="rater", values="score"),
                        (low, high)))  # fmt: skip
    return [row for row in out if row[1].size <= _MOST_CELLS]


def _compared(
    x: Floats,
    groups: NDArray[np.str_],
    scale: tuple[float, float] | None,
    items: pd.Index,
    deals: int,
    seed: int,
) -> dict[str, Any] | None:
    if not x.size or len(names := np.unique(groups)) < 2:
        return None
    parts = group_disagreement(x, groups, scale)
    both = ~np.isnan(parts.gap)
    if not both.any():
        return None
    test = group_test(x[both], groups[both] if groups.ndim == 2 else groups, scale, n=deals,
                      seed=seed)  # fmt: skip
    gap = np.where(both, parts.gap, -np.inf)
    # Of items that are alike in gap, those with more pairs say more surely that it is real.
    order = np.lexsort((np.arange(len(gap)), -parts.between_pairs, -gap.round(9)))
    return {
        "groups": [str(name) for name in names],
        "scale": None if scale is None else list(scale),
        "items": int(both.sum()),
        "within": float(parts.within[both].mean()),
        "between": float(parts.between[both].mean()),
        "gap": test.gap,
        "chance_low": test.chance_low,
        "chance_high": test.chance_high,
        "p": test.p,
        "deals": deals,
        "most": [
            {
                "item": str(items[i]),
                "within": float(parts.within[i]),
                "between": float(parts.between[i]),
            }
            for i in order[:SHOWN]
            if gap[i] > 0
        ],
    }
