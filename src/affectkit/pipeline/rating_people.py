"""Who rated: how each rater errs or leans, and how groups of raters differ."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from affectkit.affect.ratings import Ratings
from affectkit.affect.ratings_table import EMOTION
from affectkit.measure.agreement import agreement
from affectkit.measure.crowd import dawid_skene
from affectkit.measure.rater_scale import rater_scales
from affectkit.measure.votes import votes_agreement

SHOWN = 12
SLIPS = 3
LEAST = 5
"""Ratings that a rater or a group needs before anything is said of how they lean."""
_FEW_DRAWS = 200
_MOST_CELLS = 2_000_000
_TURNS = 300


def raters_of_labels(ratings: Ratings) -> list[dict[str, Any]]:
    """Return for each rater of labels how often others say the same, and what they mix up.

    Returns
    -------
    list of dict
        ``rater, n``; ``alike``: the probability that another rater of an item said the same;
        ``right``: the probability of calling a label by its name, over labels as common as they
        are, and ``slips``: the most frequent ``truth, said, probability`` of those that are not,
        after Dawid and Skene (1979). Those who differ most come first. Empty if nobody gave
        labels, or raters gave several to an item.

    Examples
    --------
    >>> from affectkit.affect import LabelSet
    >>> said = {"item": list("aabb"), "rater": list("xyxy"), "label": ["joy", "joy", "joy", "fear"]}
    >>> found = raters_of_labels(Ratings(pd.DataFrame(said), LabelSet.load("ekman7")))
    >>> [(rater["rater"], rater["alike"]) for rater in found]
    [('x', 0.5), ('y', 0.5)]
    """
    table = ratings.table[
        (ratings.table["aspect"] == EMOTION) & ratings.table["label"].notna()
    ].reset_index(drop=True)
    if not len(table) or table.duplicated(["item", "rater"]).any() or ratings.label_set is None:
        return []
    names = list(ratings.label_set.labels)
    item, _ = pd.factorize(table["item"])
    rater, raters = pd.factorize(table["rater"])
    label = table["label"].map({name: i for i, name in enumerate(names)}).to_numpy(dtype=np.intp)
    found = dawid_skene(item, rater, label, n_labels=len(names))
    right = np.einsum("rkk,k->r", found.confusion, found.prior)
    k = len(names)
    votes = np.bincount(item * k + label, minlength=(int(item.max()) + 1) * k).reshape(-1, k)
    others = votes.sum(axis=1)[item] - 1
    agree = votes[item, label] - 1
    n = np.bincount(rater)
    paired = np.bincount(rater, others > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        alike = np.bincount(rater, np.where(others > 0, agree / others, 0.0)) / paired
    out = []
    for r in np.lexsort((np.arange(len(raters)), np.nan_to_num(alike, nan=2.0))):
        slips = []
        if n[r] >= LEAST:
            # How often it comes to that: the slip itself, times how common its truth is.
            weight = found.confusion[r] * found.prior[:, None] * (1 - np.eye(k))
            for cell in np.argsort(-weight, axis=None)[:SLIPS]:
                truth, said = divmod(int(cell), k)
                slip = float(found.confusion[r, truth, said])
                if weight[truth, said] > 0.01:
                    slips.append({"truth": names[truth], "said": names[said], "probability": slip})
        out.append(
            {
                "rater": str(raters[r]),
                "n": int(n[r]),
                "alike": None if np.isnan(alike[r]) else float(alike[r]),
                "right": float(right[r]),
                "slips": slips,
            }
        )
    return out


def attribute_groups(ratings: Ratings, draws: int, seed: int) -> list[dict[str, Any]]:
    """Return for each known attribute of the raters how each group of them rates.

    Returns
    -------
    list of dict
        ``attribute`` and ``groups``: ``value, raters, ratings``, the agreement within the group
        (``alpha``, with interval) where there are labels, its ``soft`` labels over all items,
        and the mean of each aspect that is scored.

    Examples
    --------
    >>> table = pd.DataFrame({"item": ["a", "a"], "rater": ["x", "y"], "score": [1.0, 0.0]})
    >>> known = pd.DataFrame({"age": ["old", "young"]}, index=["x", "y"])
    >>> groups = attribute_groups(Ratings(table, raters=known), 10, 0)[0]["groups"]
    >>> [(g["value"], g["means"]) for g in groups]
    [('old', {'emotion': 1.0}), ('young', {'emotion': 0.0})]
    """
    out = []
    for name in ratings.known_raters.columns:
        groups = []
        for value in sorted(map(str, ratings.known_raters[name].unique())):
            known = ratings.known_raters.astype({name: str})
            part = Ratings(ratings.table, ratings.label_set, known).where(**{str(name): value})
            if not len(part):
                continue
            group: dict[str, Any] = {
                "value": value,
                "raters": part.table["rater"].nunique(),
                "ratings": len(part),
                "means": {
                    aspect: float(scores.mean())
                    for aspect in part.aspects
                    if len(
                        scores := part.table.loc[part.table["aspect"] == aspect, "score"].dropna()
                    )
                },
            }
            if ratings.label_set is not None and (part.table["aspect"] == EMOTION).any():
                votes = part.votes().to_numpy()
                alpha = votes_agreement(votes, n=draws, seed=seed)
                group["alpha"] = _interval(alpha)
                group["soft"] = [float(x) for x in votes.sum(axis=0) / votes.sum()]
            groups.append(group)
        out.append({"attribute": str(name), "groups": groups})
    return out


def scores_summary(ratings: Ratings, draws: int, seed: int) -> list[dict[str, Any]]:
    """Return for each aspect that was scored the agreement, the raters' leanings, what is disputed.

    Returns
    -------
    list of dict
        ``aspect, items, ratings, low, high, mean``; ``alpha``: Krippendorff's interval alpha
        with its interval; ``raters``: for each ``bias`` (mean of own less others' score of the
        same items), ``stretch`` and ``noise`` (`affectkit.measure.rater_scale.rater_scales`; None
        with few raters or ratings) and ``correlation`` with the others' mean; ``disputed``: the
        items with the largest standard deviation.

    Examples
    --------
    >>> said = {"item": list("aabbcc"), "rater": list("xyxyxy"), "score": [1.0, 2, 2, 3, 3, 4]}
    >>> told = scores_summary(Ratings(pd.DataFrame(said).assign(aspect="valence")), 20, 0)
    >>> [(r["rater"], r["bias"], r["stretch"]) for r in told[0]["raters"]]
    [('x', -1.0, None), ('y', 1.0, None)]
    """
    out = []
    for aspect in ratings.aspects:
        table = ratings.table
        table = table[(table["aspect"] == aspect) & table["score"].notna()]
        if not len(table):
            continue
        few = min(draws, _FEW_DRAWS)
        alpha = agreement(_wide(table), "interval", n=few, seed=seed)
        spread = ratings.scores(aspect)
        disputed = spread[spread["n"] > 1].sort_values("sd", ascending=False, kind="stable")
        out.append(
            {
                "aspect": aspect,
                "items": len(spread),
                "ratings": len(table),
                "low": float(table["score"].min()),
                "high": float(table["score"].max()),
                "mean": float(table["score"].mean()),
                "alpha": _interval(alpha),
                "raters": _leanings(table),
                "disputed": [
                    {
                        "item": str(item),
                        "mean": float(row["mean"]),
                        "sd": float(row["sd"]),
                        "scores": sorted(table.loc[table["item"] == item, "score"].tolist()),
                    }
                    for item, row in disputed.head(SHOWN).iterrows()
                ],
            }
        )
    return out


def _wide(table: pd.DataFrame) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return scores in columns that stand for nobody: alpha does not ask who rated."""
    place = table.groupby("item").cumcount()
    wide = table.assign(place=place).pivot(index="item", columns="place", values="score")
    return wide.reindex(columns=range(max(2, wide.shape[1]))).to_numpy(dtype=float)


def _leanings(table: pd.DataFrame) -> list[dict[str, Any]]:
    by_item = table.groupby("item")["score"]
    n, total = by_item.transform("size"), by_item.transform("sum")
    shared = table[n > 1].assign(others=((total - table["score"]) / (n - 1))[n > 1])
    scaled = _scales(shared)
    out = []
    for rater, rows in shared.groupby("rater", sort=False):
        own, others = rows["score"].to_numpy(), rows["others"].to_numpy()
        vary = len(own) > 1 and own.std() > 1e-12 and others.std() > 1e-12
        stretch, noise = scaled.get(str(rater), (None, None))
        out.append(
            {
                "rater": str(rater),
                "n": len(rows),
                "bias": float((own - others).mean()),
                "stretch": stretch,
                "noise": noise,
                "correlation": float(np.corrcoef(own, others)[0, 1]) if vary else None,
            }
        )
    return sorted(out, key=lambda r: (r["n"] < LEAST, -abs(r["bias"])))


def _scales(table: pd.DataFrame) -> dict[str, tuple[float, float]]:
    """Return stretch and noise of raters with enough ratings, where there are three at least."""
    often = table.groupby("rater")["score"].transform("size")
    wide = table[often >= LEAST].pivot(index="rater", columns="item", values="score")
    if len(wide) < 3 or wide.size > _MOST_CELLS:
        return {}
    try:
        found = rater_scales(wide.to_numpy(dtype=float), iterations=_TURNS, tolerance=1e-4)
    except ValueError:  # all rate everything alike
        return {}
    pairs = zip(map(float, found.stretch), map(float, found.noise), strict=True)
    return {
        str(name): pair
        for name, pair in zip(wide.index, pairs, strict=True)
        if np.isfinite(pair).all()
    }


def _interval(found: Any) -> dict[str, Any]:
    told = {"value": found.value, "low": found.low, "high": found.high}
    return {k: float(v) if np.isfinite(v) else None for k, v in told.items()} | {"n": found.n}
