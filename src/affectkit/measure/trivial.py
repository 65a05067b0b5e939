"""What one scores without looking at the items: the baselines beside every score.

Each function returns answers that know only how often which truth occurred among `known` (the
training set's truth), so that any score can be taken of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Kind = Literal["labels", "sets", "numbers"]


@dataclass(frozen=True)
class Baseline:
    """Answers that took no account of the items.

    Parameters
    ----------
    name
        What they are, such as ``"majority class"``.
    answers
        One table of answers, or several if they were drawn by chance: the score of such a
        baseline is the mean over them [each shape=(n, …)].

    Examples
    --------
    >>> from affectkit.measure.metrics import accuracy
    >>> Baseline("majority class", (majority_class(["joy", "joy", "fear"], 2),)).score(
    ...     accuracy, ["joy", "fear"])
    0.5
    """

    name: str
    answers: tuple[NDArray[np.generic], ...]

    def score(self, statistic: Callable[..., float], truth: ArrayLike) -> float:
        """Return the mean of a statistic of the truth and of these answers."""
        return float(self.scores(statistic, truth).mean())

    def scores(self, statistic: Callable[..., float], truth: ArrayLike) -> NDArray[np.float64]:
        """Return a statistic of the truth and of each table of answers [shape=(n_tables,)]."""
        return np.array([statistic(np.asarray(truth), a) for a in self.answers], dtype=np.float64)


def majority_class(known: ArrayLike, n: int) -> NDArray[np.generic]:
    """Answer the most frequent label throughout; of equally frequent ones, the first sorted.

    Parameters
    ----------
    known
        Labels [shape=(n_known,)]; or 0 and 1 [shape=(n_known, n_labels)], where what most items
        have is answered for each label on its own.
    n
        How many answers.

    Examples
    --------
    >>> majority_class(["joy", "joy", "fear"], 2).tolist()
    ['joy', 'joy']
    """
    k = _known(known)
    if k.ndim == 1:
        names, counts = np.unique(k, return_counts=True)
        return np.repeat(names[counts.argmax()], n)
    return _throughout((k.mean(axis=0) > 0.5).astype(int), n)


def drawn_at_random(known: ArrayLike, n: int, *, seed: int = 0) -> NDArray[np.generic]:
    """Answer at random, each truth as often as it occurs (stratified).

    Parameters
    ----------
    known
        Labels or numbers [shape=(n_known,)], or a table [shape=(n_known, k)]: rows are drawn
        whole, so that labels that go together still do.
    n
        How many answers.
    seed
        Seed of the draws.

    Examples
    --------
    >>> drawn_at_random(["joy"] * 5, 2).tolist()
    ['joy', 'joy']
    """
    k = _known(known)
    return np.asarray(k[np.random.default_rng(seed).integers(len(k), size=n)])


def mean_answer(known: ArrayLike, n: int) -> NDArray[np.float64]:
    """Answer the mean of each column throughout: of scores, or of 0 and 1 the base rate.

    Parameters
    ----------
    known
        Numbers [shape=(n_known,)] or [shape=(n_known, k)]. NaN is left out.
    n
        How many answers.

    Examples
    --------
    >>> mean_answer([1.0, 2.0, 6.0], 2)
    array([3., 3.])
    """
    mean = np.nanmean(_known(known).astype(np.float64), axis=0)
    return np.repeat(np.asarray(mean)[None], n, axis=0)


def all_labels(known: ArrayLike, n: int) -> NDArray[np.int_]:
    """Answer that every label holds of every item.

    Parameters
    ----------
    known
        0 and 1 [shape=(n_known, n_labels)]; only its number of labels is used.
    n
        How many answers.

    Examples
    --------
    >>> all_labels([[0, 1], [1, 0]], 1)
    array([[1, 1]])
    """
    return np.ones((n, _table(known).shape[1]), dtype=int)


def best_constant(
    statistic: Callable[..., float],
    known: ArrayLike,
    n: int,
    *,
    higher_is_better: bool = True,
) -> NDArray[np.generic]:
    """Answer throughout what scores best if it is answered throughout.

    Parameters
    ----------
    statistic
        Function of truth and answers, such as `affectkit.measure.multilabel.jaccard`.
    known
        Labels [shape=(n_known,)], of which each is tried; or 0 and 1
        [shape=(n_known, n_labels)], of which the sets of the 0, 1, 2, … most frequent labels and
        the most frequent set are tried. One of these is the best for macro and micro F1, Hamming
        loss and subset accuracy; for scores by item, such as Jaccard, it is close.
    n
        How many answers.
    higher_is_better
        Whether a high score is good.

    Raises
    ------
    ValueError
        If the score is NaN for every constant.

    Examples
    --------
    >>> from affectkit.measure.multilabel import jaccard
    >>> best_constant(jaccard, [[1, 1, 0], [1, 1, 0], [0, 1, 1]], 1)
    array([[1, 1, 0]])
    """
    answer = _best(statistic, _known(known), n, higher_is_better)
    if answer is None:
        raise ValueError("the score of every constant answer is NaN")
    return answer


def baselines(
    statistic: Callable[..., float],
    known: ArrayLike,
    n: int,
    *,
    kind: Kind,
    higher_is_better: bool = True,
    draws: int = 20,
    seed: int = 0,
) -> list[Baseline]:
    """Return the trivial answers that a score of this kind must beat.

    Parameters
    ----------
    statistic
        Function of truth and answers, by which the best constant is chosen.
    known
        Truth of the training set [shape=(n_known, …)].
    n
        How many answers.
    kind
        ``"labels"`` (one an item: majority, best constant, at random), ``"sets"`` (0 and 1 per
        label: all labels, majority per label, best constant, at random) or ``"numbers"`` (scores
        or probabilities: mean, at random). A constant that cannot be scored is left out.
    higher_is_better
        Whether a high score is good.
    draws
        How many tables of random answers to take the mean over.
    seed
        Seed of the draws.

    Examples
    --------
    >>> from affectkit.measure.metrics import uar
    >>> [b.name for b in baselines(uar, ["joy", "joy", "fear"], 2, kind="labels")]
    ['majority class', 'best constant', 'at random']
    """
    if kind not in ("labels", "sets", "numbers"):
        raise ValueError(f"kind is labels, sets or numbers, not {kind!r}")
    k = _known(known)
    chance = Baseline(
        "at random", tuple(drawn_at_random(k, n, seed=seed + i) for i in range(draws))
    )
    if kind == "numbers":
        return [Baseline("mean", (mean_answer(k, n),)), chance]
    constant = _best(statistic, k, n, higher_is_better)
    found = [] if constant is None else [Baseline("best constant", (constant,))]
    found.append(chance)
    if kind == "labels":
        return [Baseline("majority class", (majority_class(k, n),)), *found]
    return [
        Baseline("all labels", (all_labels(k, n),)),
        Baseline("majority per label", (majority_class(k, n),)),
        *found,
    ]


def _best(
    statistic: Callable[..., float], k: NDArray[np.generic], n: int, higher_is_better: bool
) -> NDArray[np.generic] | None:
    """Return the constant that scores best, or None if the score of each is NaN."""
    if k.ndim == 1:
        choices = list(np.unique(k))
    else:
        order = np.argsort(-_table(k).mean(axis=0), kind="stable")
        columns = np.arange(k.shape[1])
        choices = [np.isin(columns, order[:m]).astype(int) for m in range(len(columns) + 1)]
        rows, counts = np.unique(k, axis=0, return_counts=True)
        choices.append(rows[counts.argmax()].astype(int))
    scores = np.array([statistic(k, _throughout(np.asarray(c), len(k))) for c in choices])
    if np.isnan(scores).all():
        return None
    at = np.nanargmax(scores) if higher_is_better else np.nanargmin(scores)
    return _throughout(np.asarray(choices[int(at)]), n)


def _throughout(answer: NDArray[np.generic], n: int) -> NDArray[np.generic]:
    return np.repeat(answer[None], n, axis=0)


def _known(known: ArrayLike) -> NDArray[np.generic]:
    k = np.asarray(known)
    if k.ndim not in (1, 2) or not k.size:
        raise ValueError(f"expected the truth of one item a row, got shape {k.shape}")
    return k


def _table(known: ArrayLike) -> NDArray[np.generic]:
    k = _known(known)
    if k.ndim != 2 or not np.isin(k, (0, 1)).all():
        raise ValueError("expected a table of 0 and 1, items by labels")
    return k
