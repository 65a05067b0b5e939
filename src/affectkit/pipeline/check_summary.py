"""All that a check of a split says, as plain values for a page or JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from affectkit.data.leak_check import Seen, SplitTable, both_sides
from affectkit.data.leaks import NEAR
from affectkit.measure.intervals import bootstrap
from affectkit.measure.leakage import foretold
from affectkit.measure.metrics import accuracy, ccc, macro_f1, micro_f1, uar
from affectkit.measure.multilabel import jaccard
from affectkit.measure.normalisation import normalised_on
from affectkit.measure.trivial import baselines, mean_answer
from affectkit.pipeline.check_files import BadRow
from affectkit.progress import Progress, silent

LIMITS = (
    "texts that say the same in other words or in another language",
    "one person under two names, or in files of which no column names the person",
    "sound or pictures that were copied, cut or converted: files are compared by name and time",
    "scaling by the median and quartiles, imputation, a component analysis, a choice of features "
    "or a vocabulary fitted on all rows",
    "choices made by looking at the test, such as when to stop or which model to keep",
    "what a pretrained model saw before",
)
"""What no check of a table can see."""

_FEATURES_SHOWN = 12


def check_summary(
    table: SplitTable,
    *,
    beside: Sequence[Seen] = (),
    bad: Sequence[BadRow] = (),
    columns: Mapping[str, Sequence[str]] | None = None,
    near: float = NEAR,
    seed: int = 0,
    draws: int = 200,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Return what a check of a split finds, and what one scores without looking at the items.

    Parameters
    ----------
    table
        Items with their split.
    beside
        What the set shares with other sets or with its own parts.
    bad
        Rows that were left out.
    columns
        Which column was taken for what.
    near
        As in `affectkit.data.leaks.between`.
    seed, draws
        Seed and number of the draws of permutations and intervals.
    progress
        Told ``("texts and ties", …)``, ``("labels", …)``, ``("baselines", …)``.

    Returns
    -------
    dict
        ``verdict`` (``"leak"`` if anything is one, else ``"clean"``), ``seen`` (shared by two
        sides), ``follows`` (labels that follow a speaker or session), ``normalised`` (features by
        the rows they were scaled on), ``baselines`` (on each held-out split), ``bad`` (rows),
        ``unchecked`` (what the table has no columns for) and ``limits``.

    Examples
    --------
    >>> rows, split = np.array(["1", "2", "3"]), np.array(["train", "train", "test"])
    >>> told = check_summary(SplitTable("x", rows, split, label=np.array(["joy", "joy", "fear"])))
    >>> told["verdict"], told["baselines"][0]["baseline"], told["baselines"][0]["value"]
    ('clean', 'majority class', 0.0)
    """
    tell = progress or silent
    tell("texts and ties", 0, 1)
    seen = [*both_sides(table, near=near), *beside]
    tell("texts and ties", 1, 1)
    crossing = {s.what.removeprefix("same ") for s in both_ties(seen, table)}
    follows = _follows(table, crossing, seed, draws, tell)
    normalised = _normalised(table)
    leaks = (
        any(s.state == "leak" for s in seen)
        or any(f["state"] == "leak" for f in follows)
        or any(f["state"] == "leak" for f in normalised)
    )
    names = table.splits
    return {
        "name": table.name,
        "rows": len(table),
        "splits": [{"name": s, "rows": int(np.sum(table.split == s))} for s in names],
        "verdict": "leak" if leaks else "clean",
        "near": near,
        "seen": [{**asdict(s), "share": s.share} for s in seen],
        "follows": follows,
        "normalised": normalised,
        "baselines": _baselines(table, seed, draws, tell),
        "unseen_labels": _unseen(table),
        "bad": [asdict(b) for b in bad],
        "columns": {role: list(given) for role, given in (columns or {}).items()},
        "unchecked": _unchecked(table),
        "limits": list(LIMITS),
    }


def both_ties(seen: Sequence[Seen], table: SplitTable) -> list[Seen]:
    """Return what is seen between the table's own splits by a tie such as the speaker.

    Examples
    --------
    >>> rows, split = np.array(["1", "2"]), np.array(["train", "test"])
    >>> table = SplitTable("x", rows, split, ties={"speaker": np.array(["ann", "ann"])})
    >>> [s.what for s in both_ties(both_sides(table), table)]
    ['same speaker']
    """
    ties = {f"same {tie}" for tie in table.ties}
    return [s for s in seen if s.what in ties and s.left in table.splits]


def _follows(
    table: SplitTable, crossing: set[str], seed: int, draws: int, tell: Progress
) -> list[dict[str, Any]]:
    truths: dict[str, NDArray[Any]] = {}
    if table.label is not None:
        truths["label"] = table.label
    elif table.sets is not None:
        truths["labels"] = np.array(
            [" ".join(table.sets.columns[row]) for row in table.sets.to_numpy(dtype=bool)]
        )
    if table.scores is not None:
        truths |= {str(c): table.scores[c].to_numpy(dtype=np.float64) for c in table.scores}
    found = []
    jobs = [(tie, name) for tie in table.ties if tie != "id" for name in truths]
    for done, (tie, name) in enumerate(jobs):
        tell("labels", done, len(jobs))
        whose, truth = table.ties[tie], truths[name]
        known = whose != ""
        if truth.dtype.kind == "f":
            known &= np.isfinite(truth)
        sizes = np.unique(whose[known], return_counts=True)[1]
        # One group, or hardly an item more than groups, has nothing to foretell from.
        if len(sizes) < 2 or sizes.sum() < 1.5 * len(sizes):
            continue
        told = foretold(truth[known], whose[known], draws=max(draws, 40), seed=seed)
        state = ("leak" if tie in crossing else "note") if told.follows else "clear"
        found.append({"tie": tie, "label": name, "state": state, **asdict(told)})
    tell("labels", len(jobs), len(jobs))
    return found


def _normalised(table: SplitTable) -> list[dict[str, Any]]:
    if table.features is None or len(table.splits) < 2:
        return []
    train = table.split == table.splits[0]
    whose = table.ties.get("speaker")
    order = np.concatenate([np.flatnonzero(train), np.flatnonzero(~train)])
    found: dict[tuple[str, str], list[str]] = {}
    for name in table.features:
        x = table.features[name].to_numpy(dtype=np.float64)
        told = normalised_on(x[train], x[~train], None if whose is None else whose[order])
        found.setdefault((told.fitted, told.how), []).append(str(name))
    out = []
    for (fitted, how), names in found.items():
        bad = fitted in ("all", "each split")
        # Ends of 0 and 1 can be natural; mean 0 and deviation 1 are not.
        sure = bad and how != "least to most"
        out.append(
            {
                "fitted": fitted,
                "how": how,
                "features": len(names),
                "names": names[:_FEATURES_SHOWN],
                "state": "leak" if sure else "note" if bad else "clear",
            }
        )
    return sorted(out, key=lambda row: ("leak", "note", "clear").index(row["state"]))


def _baselines(table: SplitTable, seed: int, draws: int, tell: Progress) -> list[dict[str, Any]]:
    first, *others = table.splits
    known = table.split == first
    found: list[dict[str, Any]] = []
    jobs = others or [first]
    for done, name in enumerate(jobs):
        tell("baselines", done, len(jobs))
        held = table.split == name
        whose = table.ties.get("speaker", table.ties.get("person", table.ties.get("actor")))
        clusters = None if whose is None else whose[held]
        if clusters is not None and (len(set(clusters)) < 5 or "" in clusters):
            clusters = None

        for answer, metric, score, truth, answers in _answers(table, known, held, seed):
            there = np.ones(len(truth), dtype=bool)
            if truth.dtype.kind == "f":
                there = np.isfinite(truth)
            tied = None if clusters is None else clusters[there]

            def mean(t: Any, *told: Any, one: Callable[..., float] = score) -> float:
                return float(np.mean([one(t, a) for a in told]))

            gap = bootstrap(
                mean, truth[there], *(a[there] for a in answers), clusters=tied, n=draws, seed=seed
            )
            ends = [0.0 if abs(x) < 1e-9 else x for x in (gap.value, gap.low, gap.high)]
            if np.isfinite(ends).all():
                found.append(
                    {
                        "split": name, "baseline": answer, "metric": metric, "value": ends[0],
                        "low": ends[1], "high": ends[2], "n": gap.n,
                        "units": "items" if tied is None else "people",
                    }
                )  # fmt: skip
    tell("baselines", len(jobs), len(jobs))
    return found


def _answers(
    table: SplitTable, known: NDArray[np.bool_], held: NDArray[np.bool_], seed: int
) -> Iterator[tuple[str, str, Callable[..., float], NDArray[Any], tuple[NDArray[Any], ...]]]:
    """Give each trivial answer with a metric, its function, the truth and the answers."""
    n = int(held.sum())
    many: tuple[tuple[str, Callable[..., float]], ...]
    one: Callable[..., float]
    if table.label is not None:
        codes = np.unique(table.label, return_inverse=True)[1]
        many = (("accuracy", accuracy), ("UAR", uar), ("macro F1", macro_f1))
        for base in baselines(accuracy, codes[known], n, kind="labels", draws=5, seed=seed):
            if base.name != "best constant":
                for metric, one in many:
                    yield _named(base.name), metric, one, codes[held], base.answers
    elif table.sets is not None:
        sets = table.sets.to_numpy(dtype=int)
        many = (("micro F1", micro_f1), ("macro F1", macro_f1_of_sets), ("Jaccard", jaccard))
        for base in baselines(micro_f1, sets[known], n, kind="sets", draws=5, seed=seed):
            for metric, one in many:
                yield _named(base.name), metric, one, sets[held], base.answers
    if table.scores is not None:
        many = (("mean absolute error", _mae), ("RMSE", _rmse), ("CCC", ccc))
        for column in table.scores:
            y = table.scores[column].to_numpy(dtype=np.float64)
            for metric, one in many:
                yield (
                    f"mean of {table.splits[0]}",
                    f"{metric} of {column}",
                    one,
                    y[held],
                    (mean_answer(y[known], n),),
                )


def macro_f1_of_sets(truth: NDArray[np.int_], told: NDArray[np.int_]) -> float:
    """Return the mean over labels of F1, 0 for a label that is neither true nor told.

    Parameters
    ----------
    truth, told
        0 and 1 [shape=(n_items, n_labels)].

    Examples
    --------
    >>> macro_f1_of_sets(np.array([[1, 0], [1, 1]]), np.array([[1, 1], [1, 1]]))
    0.833...
    """
    both = np.sum(truth * told, axis=0)
    return float(np.mean(2 * both / np.maximum(truth.sum(axis=0) + told.sum(axis=0), 1)))


def _named(name: str) -> str:
    return {"at random": "prior (drawn at random by frequency)"}.get(name, name)


def _mae(truth: NDArray[np.float64], told: NDArray[np.float64]) -> float:
    return float(np.mean(np.abs(truth - told)))


def _rmse(truth: NDArray[np.float64], told: NDArray[np.float64]) -> float:
    return float(np.sqrt(np.mean((truth - told) ** 2)))


def _unseen(table: SplitTable) -> list[dict[str, Any]]:
    """Labels of a held-out split that stand nowhere in what is learned from."""
    if table.label is None or len(table.splits) < 2:
        return []
    first, *others = table.splits
    rows = pd.DataFrame({"split": table.split, "label": table.label})
    known = set(rows.loc[rows["split"] == first, "label"])
    out = []
    for name in others:
        strange = rows.loc[(rows["split"] == name) & ~rows["label"].isin(known), "label"]
        for label, n in strange.value_counts().items():
            out.append({"split": name, "label": str(label), "rows": int(n)})
    return out[:20]


def _unchecked(table: SplitTable) -> list[str]:
    out = []
    if len(table.splits) < 2:
        out.append("what splits share: there is one split only, so keep what ties items together "
                   "on one side when you make some")  # fmt: skip
    if table.text is None:
        out.append("repeated and near-duplicate texts: there is no column of texts")
    if not set(table.ties) - {"id", "file", "session", "dialogue", "sentence", "clip", "article"}:
        out.append("the same people: there is no column that names them")
    if table.windows is None:
        out.append("overlapping windows: there are no start and end times with a file or session")
    if table.features is None:
        out.append("normalisation: there are no columns of features")
    if table.label is None and table.sets is None and table.scores is None:
        out.append("labels that follow people, and baselines: there is no column of labels")
    return out
