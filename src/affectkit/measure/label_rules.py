"""One label or score an item from `Ratings`, by rules that weigh raters by how they rate."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from affectkit.affect.ratings import EMOTION, Ratings
from affectkit.affect.ratings import Rule as CountingRule
from affectkit.errors import LabelError
from affectkit.measure.crowd import CrowdLabels, dawid_skene
from affectkit.measure.crowd_difficulty import glad
from affectkit.measure.crowd_spammers import mace
from affectkit.measure.crowd_triples import Triples, triples
from affectkit.measure.rater_fusion import evaluator_weighted
from affectkit.measure.rater_scale import rater_scales

WeighingRule = Literal["dawid-skene", "mace", "glad"]
ScoreRule = Literal["mean", "evaluator-weighted", "bias and scale"]


def soft_labels(
    ratings: Ratings, rule: WeighingRule | CountingRule, aspect: str = EMOTION
) -> pd.DataFrame:
    """Return the label of each item by a rule [shape=(n_items, n_labels)].

    Parameters
    ----------
    ratings
        Labels, one from a rater for an item if the rule weighs raters.
    rule
        ``"dawid-skene"``: raters err each in their own way
        (`affectkit.measure.crowd.dawid_skene`); ``"mace"``: some do not look
        (`affectkit.measure.crowd_spammers.mace`); ``"glad"``: raters differ in skill and items in
        difficulty (`affectkit.measure.crowd_difficulty.glad`); or a rule of `Ratings.soft`,
        under which all raters count alike.
    aspect
        What was rated.

    Raises
    ------
    LabelError
        If there is no such rule, the ratings are not labels, or a rater gave an item several
        where the rule weighs raters.

    Examples
    --------
    >>> said = {"item": np.repeat(list("abcd"), 3), "rater": list("xyz") * 4}
    >>> heard = "joy joy fear joy joy fear fear fear fear joy joy fear".split()
    >>> from affectkit.affect import LabelSet
    >>> r = Ratings(pd.DataFrame(said).assign(label=heard), LabelSet.load("ekman7"))
    >>> soft_labels(r, "dawid-skene").idxmax(axis=1).tolist()
    ['joy', 'joy', 'fear', 'joy']
    """
    if rule not in get_args(WeighingRule):
        return ratings.soft(rule, aspect)  # type: ignore[arg-type]  # it says which there are
    given, items, _ = label_triples(ratings, aspect)
    models: dict[str, Callable[..., Any]] = {"dawid-skene": dawid_skene, "mace": mace, "glad": glad}
    found = models[rule](given.item, given.rater, given.label, n_labels=given.n_labels)
    assert ratings.label_set is not None  # they had labels
    columns = list(ratings.label_set.labels)
    return pd.DataFrame(found.probabilities, pd.Index(items, name="item"), columns)


def label_triples(ratings: Ratings, aspect: str = EMOTION) -> tuple[Triples, list[str], list[str]]:
    """Return labels as numbers, as models of crowds take them, and what the numbers stand for.

    Returns
    -------
    (Triples, list of str, list of str)
        Ratings, items and raters; labels are numbered as in ``ratings.label_set``.

    Raises
    ------
    LabelError
        If the ratings are not labels, or a rater gave an item several.

    Examples
    --------
    >>> from affectkit.affect import LabelSet
    >>> said = {"item": ["a", "a"], "rater": ["x", "y"], "label": ["joy", "fear"]}
    >>> given, items, raters = label_triples(Ratings(pd.DataFrame(said), LabelSet.load("ekman7")))
    >>> given.rater.tolist(), items, raters
    ([0, 1], ['a'], ['x', 'y'])
    """
    rows = ratings.given(aspect)
    rows = rows[rows["label"].notna()]
    if ratings.label_set is None or not len(rows):
        raise LabelError(
            f"nobody gave labels on {aspect!r}",
            remedy=f"choose one of {', '.join(ratings.aspects) or 'none'}, or fused_scores",
        )
    if rows.duplicated(["item", "rater"]).any():
        raise LabelError(
            "raters gave items several labels each",
            remedy="weigh raters one label at a time, ratings.on(label), or use a rule that "
            "counts, such as distribution",
        )
    item, items = pd.factorize(rows["item"])
    rater, raters = pd.factorize(rows["rater"])
    number = {name: i for i, name in enumerate(ratings.label_set.labels)}
    label = rows["label"].map(number).to_numpy(dtype=np.intp)
    counted = triples(item, rater, label, n_labels=len(number))
    return counted, [str(i) for i in items], [str(r) for r in raters]


def fused_scores(
    ratings: Ratings, aspect: str, rule: ScoreRule = "evaluator-weighted"
) -> pd.Series:
    """Return one score an item on an aspect [shape=(n_items,)].

    Parameters
    ----------
    ratings
        Scores.
    aspect
        What was rated, such as ``"valence"``.
    rule
        ``"mean"``; ``"evaluator-weighted"``: raters count by how well the others bear them out
        (`affectkit.measure.rater_fusion.evaluator_weighted`); ``"bias and scale"``: ratings
        are freed of how a rater leans and stretches, and count by how little the rater errs
        (`affectkit.measure.rater_scale.rater_scales`).

    Raises
    ------
    LabelError
        If there is no such rule, there are no scores, or there are too few raters for it.

    Examples
    --------
    >>> said = {"item": list("abab"), "rater": list("xxyy"), "score": [0.0, 1.0, 0.2, 0.8]}
    >>> fused_scores(Ratings(pd.DataFrame(said).assign(aspect="valence")), "valence").tolist()
    [0.1, 0.9]
    """
    if rule not in get_args(ScoreRule):
        raise LabelError(
            f"there is no rule {rule!r}", remedy=f"use {', '.join(get_args(ScoreRule))}"
        )
    rows = ratings.given(aspect)
    rows = rows[rows["score"].notna()]
    if not len(rows):
        raise LabelError(
            f"nobody scored {aspect!r}",
            remedy=f"choose one of {', '.join(ratings.aspects) or 'none'}, or soft_labels",
        )
    item, items = pd.factorize(rows["item"])
    rater, raters = pd.factorize(rows["rater"])
    wide = np.full((len(raters), len(items)), np.nan)
    wide[rater, item] = rows["score"].to_numpy(dtype=np.float64)
    try:
        if rule == "mean":
            fused = np.nanmean(wide, axis=0)
        elif rule == "evaluator-weighted":
            fused = evaluator_weighted(wide)
        else:
            fused = rater_scales(wide).scores
    except ValueError as error:
        raise LabelError(
            f"scores on {aspect!r} cannot be fused by {rule}: {error}", remedy="use the mean"
        ) from error
    return pd.Series(fused, pd.Index([str(i) for i in items], name="item"), name=aspect)


def by_known_raters(
    found: CrowdLabels, given: Triples, *, raters: NDArray[np.intp] | None = None
) -> NDArray[np.float64]:
    """Return the labels of new items from what is known of the raters already.

    The one step that new ratings need until the model is fitted anew.

    Parameters
    ----------
    found
        What `affectkit.measure.crowd.dawid_skene` found before.
    given
        The new ratings.
    raters
        Which rater of `found` each of `given` is, below 0 for somebody new, who is taken to
        err as the others do on average [shape=(given.n_raters,)]; None if all are the same.

    Returns
    -------
    numpy.ndarray
        Probabilities [shape=(given.n_items, n_labels)].

    Raises
    ------
    ValueError
        If raters or labels are not those of `found`.

    References
    ----------
    Dawid and Skene (1979), equation 2.5.

    Examples
    --------
    >>> item, rater = np.repeat(np.arange(4), 3), [0, 1, 2] * 4
    >>> before = dawid_skene(item, rater, [0, 0, 1, 0, 0, 1, 1, 1, 1, 0, 0, 1])
    >>> by_known_raters(before, triples([0, 0, 0], [0, 1, 2], [0, 0, 1])).argmax(axis=1)
    array([0])
    """
    known, k = found.confusion.shape[:2]
    who = np.arange(given.n_raters) if raters is None else np.asarray(raters, dtype=np.intp)
    if len(who) != given.n_raters or who.max(initial=-1) >= known or given.n_labels > k:
        raise ValueError(
            f"ratings of {given.n_raters} raters and {given.n_labels} labels do not fit a model "
            f"of {known} raters and {k} labels: say which rater each is, -1 for a new one"
        )
    told = found.confusion.sum(axis=2) > 0
    counted = np.maximum(told.sum(axis=0), 1)
    usual = np.maximum(found.confusion.sum(axis=0) / counted[:, None], 1e-10)
    new = (who < 0)[:, None] | ~told[who]
    confusion = np.where(new[:, :, None], usual, found.confusion[who])
    evidence = np.log(np.maximum(confusion, 1e-10))[given.rater, :, given.label]
    scores = np.tile(np.log(np.maximum(found.prior, 1e-300)), (given.n_items, 1))
    np.add.at(scores, given.item, evidence)
    share = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(share / share.sum(axis=1, keepdims=True))
