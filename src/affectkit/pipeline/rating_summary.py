"""What a file of ratings shows: agreement, confusion among raters, disputed items, soft labels."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np

from affectkit.measure.intervals import Interval
from affectkit.measure.votes import (
    above_uniform,
    entropy_bits,
    has_majority,
    has_plurality,
    jensen_shannon_bits,
    pairs_alike,
    rater_confusion,
    share_of,
    shares,
    votes_agreement,
)
from affectkit.pipeline.rating_apart import groups_apart
from affectkit.pipeline.rating_files import CountedVotes, RatedFile
from affectkit.pipeline.rating_people import attribute_groups, raters_of_labels, scores_summary
from affectkit.progress import Progress, silent

SHOWN = 12
"""Disputed items and sets of labels that are named."""
BINS = 10
DRAWS = 500


def rating_summary(
    rated: RatedFile, *, draws: int = DRAWS, seed: int = 0, progress: Progress | None = None
) -> dict[str, Any]:
    r"""Return what a file of ratings shows, as plain values that go to JSON.

    Parameters
    ----------
    rated
        The file, as `affectkit.pipeline.rating_files.read_rating_file` returns it.
    draws
        Of the intervals, which draw items, or whole clusters of them.
    seed
        Of the draws.
    progress
        Told ``("ratings", done, total)``.

    Returns
    -------
    dict
        ``file, items, ratings, raters, labels, cluster, notes``; ``views``: for each way in
        which items were shown agreement, what voting rules leave, soft labels, confusion and
        disputed items; ``apart``: items that are voted on otherwise in one view than in another;
        ``parted``: how far groups of raters are apart, as
        `affectkit.pipeline.rating_apart.groups_apart` tells it;
        ``people``, ``groups`` and ``scores`` where it is known who rated.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from affectkit.pipeline.rating_files import read_rating_file
    >>> file = Path(tempfile.mkdtemp()) / "said.csv"
    >>> _ = file.write_text("clip,annotator,emotion\na,x,joy\na,y,fear\nb,x,joy\nb,y,joy\n")
    >>> told = rating_summary(read_rating_file(file), draws=20)
    >>> told["views"][0]["no_majority"]["value"], told["views"][0]["disputed"][0]["item"]
    (0.5, 'a')
    """
    tell = progress or silent
    ratings = rated.ratings
    steps = len(rated.views) + (0 if ratings is None else 1)
    views = []
    for done, view in enumerate(rated.views):
        tell("ratings", done, steps)
        views.append(_view(view, draws, seed))
    told: dict[str, Any] = {
        "file": rated.path.name,
        "items": len(dict.fromkeys(i for v in rated.views for i in v.votes.index)),
        "ratings": sum(view["votes"] for view in views),
        "raters": None,
        "labels": list(rated.views[0].votes.columns) if rated.views else [],
        "most_bits": float(np.log2(max(1, rated.views[0].votes.shape[1]))) if rated.views else 0.0,
        "cluster": rated.cluster,
        "columns": {role: list(names) for role, names in rated.columns.items()},
        "notes": list(rated.notes),
        "views": views,
        "apart": _apart(rated),
        "parted": groups_apart(rated, seed=seed),
        "people": [],
        "groups": [],
        "scores": [],
    }
    if ratings is not None:
        tell("ratings", len(rated.views), steps)
        told["items"], told["ratings"] = len(ratings.items), len(ratings)
        told["raters"] = len(ratings.known_raters)
        told["people"] = raters_of_labels(ratings)
        told["groups"] = attribute_groups(ratings, draws, seed)
        told["scores"] = scores_summary(ratings, draws, seed)
    tell("ratings", steps, steps)
    return told


def _view(view: CountedVotes, draws: int, seed: int) -> dict[str, Any]:
    votes, tied = view.votes.to_numpy(), view.clusters
    labels = [str(label) for label in view.votes.columns]
    soft = shares(votes)
    several = above_uniform(soft)
    each = votes.sum(axis=1)

    def share(flags: Any) -> dict[str, float]:
        return _interval(share_of(flags, clusters=tied, n=draws, seed=seed))

    def against_rest(k: int) -> dict[str, Any]:
        rest = np.column_stack([votes[:, k], each - votes[:, k]])
        found = votes_agreement(rest, clusters=tied, n=draws, seed=seed)
        return {"label": labels[k], **_interval(found)}

    sets, often = np.unique(several, axis=0, return_counts=True)
    order = np.argsort(-often, kind="stable")
    at_top = np.histogram(soft.max(axis=1), bins=BINS, range=(0, 1 + 1e-9))[0]
    return {
        "name": view.name,
        "items": len(votes),
        "votes": int(each.sum()),
        "each": float(each.mean()),
        "alpha": _interval(votes_agreement(votes, clusters=tied, n=draws, seed=seed)),
        "alike": _number(pairs_alike(votes)),
        "by_label": [against_rest(k) for k in range(len(labels))],
        "confusion": [[_number(x) for x in row] for row in rater_confusion(votes)],
        "unanimous": share(soft.max(axis=1) == 1),
        "no_majority": share(~has_majority(votes)),
        "no_plurality": share(~has_plurality(votes)),
        "several": share(several.sum(axis=1) > 1),
        "entropy": float(entropy_bits(votes).mean()),
        "soft": [float(x) for x in soft.mean(axis=0)],
        "top_share": [int(n) for n in at_top],
        "sets": [
            {"labels": [labels[k] for k in np.flatnonzero(sets[i])], "n": int(often[i])}
            for i in order
            if sets[i].sum() > 1
        ][:SHOWN],
        "disputed": _disputed(view),
    }


def _disputed(view: CountedVotes) -> list[dict[str, Any]]:
    votes = view.votes.to_numpy()
    spread = entropy_bits(votes)
    # Of items that are alike in spread, those with more votes say more surely that it is real.
    order = np.lexsort((np.arange(len(votes)), -votes.sum(axis=1), -spread.round(9)))
    return [
        {
            "item": str(view.votes.index[i]),
            "votes": [int(x) for x in votes[i]],
            "entropy": float(spread[i]),
        }
        for i in order[:SHOWN]
        if spread[i] > 0
    ]


def _apart(rated: RatedFile) -> list[dict[str, Any]]:
    """Return for each two views the items that are voted on most differently."""
    found = []
    for one, other in combinations(rated.views, 2):
        both = one.votes.index.intersection(other.votes.index)
        if not len(both):
            continue
        left, right = one.votes.loc[both].to_numpy(), other.votes.loc[both].to_numpy()
        far = jensen_shannon_bits(left, right)
        same_top = left.argmax(axis=1) == right.argmax(axis=1)
        found.append(
            {
                "views": [one.name, other.name],
                "items": len(both),
                "divergence": float(far.mean()),
                "same_top": float(same_top.mean()),
                "most": [
                    {
                        "item": str(both[i]),
                        "divergence": float(far[i]),
                        "votes": [[int(x) for x in left[i]], [int(x) for x in right[i]]],
                    }
                    for i in np.argsort(-far, kind="stable")[:SHOWN]
                    if far[i] > 0
                ],
            }
        )
    return found


def _interval(found: Interval) -> dict[str, Any]:
    return {
        "value": _number(found.value),
        "low": _number(found.low),
        "high": _number(found.high),
        "n": found.n,
    }


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
