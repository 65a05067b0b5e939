"""Best-worst scaling: how much of a quality texts have, from choices among a few of them.

A judge sees four texts at a time and says which has most of a quality and which least. That is
easier than a rating, and each choice ranks five of the six pairs. Counting the choices gives a
scale. The judge may be a person, a score of an encoder or a language model.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from affectkit.measure.metrics import pearson

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


class Judge(Protocol):
    """Says which text of each tuple has most of a quality, and which has least."""

    def __call__(self, texts: Sequence[str], tuples: Ints, quality: str) -> Ints:
        """Return the places of best and worst within each tuple [shape=(n_tuples, 2)].

        Parameters
        ----------
        texts
            All texts.
        tuples
            Which texts stand in each tuple, by number [shape=(n_tuples, size)].
        quality
            Of what to choose the most and the least, such as ``"fear"``.
        """
        ...


class Chooser(Protocol):
    """What can divide an answer among options, as `affectkit.llm.local.LocalModel` does."""

    def choose_many(self, prompts: Sequence[Any], options: Sequence[str]) -> Floats:
        """Return the probability of each option [shape=(n_prompts, n_options)]."""
        ...


@dataclass(frozen=True, eq=False)
class BestWorst:
    """What a judge chose, and the scale that follows from it.

    Parameters
    ----------
    tuples
        Which texts stood in each tuple [shape=(n_tuples, size)].
    choices
        Places of best and worst within each tuple [shape=(n_tuples, 2)].
    scores
        Of each text, in [-1, 1]; see `counting_scores` [shape=(n_texts,)].
    """

    tuples: Ints
    choices: Ints
    scores: Floats

    def reliability(self, *, splits: int = 50, seed: int = 0) -> float:
        """Return how well halves of the choices agree; see `split_half_reliability`."""
        return split_half_reliability(
            self.tuples, self.choices, len(self.scores), splits=splits, seed=seed
        )


def best_worst(
    texts: Sequence[str],
    quality: str,
    judge: Judge,
    *,
    per_text: int = 4,
    size: int = 4,
    seed: int = 0,
) -> BestWorst:
    """Scale texts by a quality: draw tuples, let a judge choose, count.

    Parameters
    ----------
    texts
        What is to be scaled; at least `size`.
    quality
        What the judge is asked for.
    judge
        Any `Judge`, such as `ScoringJudge` or `AskingJudge`.
    per_text
        Tuples for each text: k gives k N tuples of N texts, and each text is seen k times
        `size` times.
    size
        Texts in a tuple.
    seed
        Of the draw.

    Raises
    ------
    ValueError
        If the judge names no best and worst for each tuple, or the same text as both.

    References
    ----------
    Louviere, J. and Woodworth, G. (1990). Best-worst scaling: a model for the largest
    difference judgments. Duong, P. et al. (2025). CHEER-Ekman. ACL: a language model as judge.

    Examples
    --------
    >>> lengths = ScoringJudge(lambda texts, quality: [len(text) for text in texts])
    >>> told = best_worst(["a", "aaa", "aa", "aaaaa", "aaaa"], "length", lengths)
    >>> told.scores.argsort().tolist(), round(told.reliability(), 1) > 0.5
    ([0, 2, 1, 4, 3], True)
    """
    tuples = balanced_tuples(len(texts), per_item=per_text, size=size, seed=seed)
    choices = np.asarray(judge(texts, tuples, quality), dtype=np.intp)
    return BestWorst(tuples, choices, counting_scores(tuples, choices, len(texts)))


def balanced_tuples(
    n_items: int, *, per_item: int = 4, size: int = 4, seed: int = 0, tries: int = 5
) -> Ints:
    """Return `per_item` times `n_items` tuples of item numbers [shape=(n_tuples, size)].

    Every item stands in exactly `per_item` times `size` tuples, once in each, and as soon as
    it was seen k times all others were seen at least k - 1 times.

    Parameters
    ----------
    n_items
        How many items there are; at least `size`.
    per_item
        Tuples for each item; two are the least that people use, twelve and more serve judges
        that err.
    size
        Items in a tuple.
    seed
        Of the draw.
    tries
        Designs that are drawn; the one in which most different pairs meet is kept.

    References
    ----------
    Kiritchenko, S. and Mohammad, S. (2016). Capturing reliable fine-grained sentiment
    associations by crowdsourcing and best-worst scaling. NAACL, section 3.

    Examples
    --------
    >>> tuples = balanced_tuples(10, per_item=2)
    >>> tuples.shape, set(np.bincount(tuples.ravel()).tolist())
    ((20, 4), {8})
    """
    if not 2 <= size <= n_items:
        raise ValueError(f"tuples of {size} cannot be drawn from {n_items} items")
    if per_item < 1 or tries < 1:
        raise ValueError("per_item and tries must be at least 1")
    rng = np.random.default_rng(seed)
    drawn = [_design(n_items, per_item, size, rng) for _ in range(tries)]
    return max(drawn, key=lambda tuples: _pairs_met(tuples, n_items))


def counting_scores(tuples: ArrayLike, choices: ArrayLike, n_items: int) -> Floats:
    """Return how often each item was best less how often worst, by how often it was seen.

    Parameters
    ----------
    tuples
        Items of each tuple [shape=(n_tuples, size)].
    choices
        Places of best and worst within each tuple [shape=(n_tuples, 2)].
    n_items
        How many items there are.

    Returns
    -------
    numpy.ndarray
        In [-1, 1] [shape=(n_items,)]; NaN for an item that was never seen.

    Raises
    ------
    ValueError
        If a choice lies outside its tuple, or one item is both best and worst.

    References
    ----------
    Orme, B. (2009). MaxDiff analysis: simple counting, individual-level logit, and HB.

    Examples
    --------
    >>> counting_scores([[0, 1, 2], [0, 1, 3]], [[0, 2], [0, 1]], 5).tolist()
    [1.0, -0.5, -1.0, 0.0, nan]
    """
    items, chosen = np.asarray(tuples, dtype=np.intp), np.asarray(choices, dtype=np.intp)
    if items.ndim != 2 or chosen.shape != (len(items), 2):
        raise ValueError(f"choices of shape {chosen.shape} do not fit {len(items)} tuples")
    if chosen.size and (chosen.min() < 0 or chosen.max() >= items.shape[1]):
        raise ValueError("a choice lies outside its tuple")
    if np.any(chosen[:, 0] == chosen[:, 1]):
        raise ValueError("one item cannot be both best and worst")
    picked = np.take_along_axis(items, chosen, axis=1)
    best, worst = (np.bincount(picked[:, side], minlength=n_items) for side in (0, 1))
    seen = np.bincount(items.ravel(), minlength=n_items)
    return np.where(seen > 0, (best - worst) / np.maximum(seen, 1), np.nan)


def split_half_reliability(
    tuples: ArrayLike, choices: ArrayLike, n_items: int, *, splits: int = 50, seed: int = 0
) -> float:
    """Return the rank correlation of scores from two random halves of the tuples, in [-1, 1].

    The mean over `splits` halvings, of items that both halves saw. It tells how far the
    choices agree among themselves, not whether they are right: a judge that always follows the
    same wrong score is reliable.

    Parameters
    ----------
    tuples, choices, n_items
        As of `counting_scores`.
    splits
        How often the tuples are halved.
    seed
        Of the halvings.

    References
    ----------
    Kiritchenko, S. and Mohammad, S. (2017). Best-worst scaling more reliable than rating
    scales. ACL, section 4.

    Examples
    --------
    >>> tuples = balanced_tuples(20, per_item=4)
    >>> by_number = ScoringJudge(lambda texts, quality: [float(text) for text in texts])
    >>> choices = by_number([str(i) for i in range(20)], tuples, "size")
    >>> split_half_reliability(tuples, choices, 20) > 0.8
    True
    """
    items, chosen = np.asarray(tuples, dtype=np.intp), np.asarray(choices, dtype=np.intp)
    if len(items) < 2 or splits < 1:
        raise ValueError("halves need two tuples and one split at least")
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(splits):
        order = rng.permutation(len(items))
        half = len(order) // 2
        one, other = (
            counting_scores(items[rows], chosen[rows], n_items)
            for rows in (order[:half], order[half:])
        )
        both = ~(np.isnan(one) | np.isnan(other))
        found.append(pearson(_ranks(one[both]), _ranks(other[both])))
    return float(np.nanmean(found))


class ScoringJudge:
    """Chooses the texts with the highest and the lowest score; equal ones by lot.

    Parameters
    ----------
    score
        Function of all texts and the quality that gives a number for each text.
    seed
        Of the lots.

    Notes
    -----
    Such a judge makes no error within a tuple, so its scale follows the ranks of the score and
    can tell nothing more: compare it with ranking the score itself.

    Examples
    --------
    >>> judge = ScoringJudge(lambda texts, quality: [text.count("!") for text in texts])
    >>> judge(["Oh!", "No", "Go!!", "Hm!"], np.array([[0, 1, 2, 3]]), "arousal").tolist()
    [[2, 1]]
    """

    def __init__(self, score: Callable[[Sequence[str], str], ArrayLike], *, seed: int = 0) -> None:
        self.score = score
        self.seed = seed

    def __call__(self, texts: Sequence[str], tuples: Ints, quality: str) -> Ints:
        """Return the places of the highest and the lowest score [shape=(n_tuples, 2)]."""
        scores = np.asarray(self.score(texts, quality), dtype=np.float64)
        if scores.shape != (len(texts),):
            raise ValueError(f"scores of shape {scores.shape} do not fit {len(texts)} texts")
        return _ends(scores[tuples], np.random.default_rng(self.seed))


QUESTION = (
    "Which of these sentences shows the {extreme} {quality}?\n{listed}\n"
    "Answer with the number of the sentence only."
)
"""What `AskingJudge` asks; plain words serve small models better than terms of art."""


class AskingJudge:
    """Asks a language model, twice a tuple: which text shows the most, which the least.

    The places of a tuple are numbered from 1. What the model thinks of a number whatever stands
    there is taken off: the mean log-probability of each place over all tuples of a quality,
    for a text stands anywhere by chance.

    Parameters
    ----------
    model
        Gives the probability of each number, such as `affectkit.llm.local.LocalModel`.
    question
        A text with ``{extreme}`` (most or least), ``{quality}`` and ``{listed}``.
    ask_least
        Whether the worst is asked for as well; if not, it is the text least likely to be the
        best, at half the price.
    calibrated
        Whether the liking for a place is taken off.

    References
    ----------
    Zhou, H. et al. (2024). Batch calibration: rethinking calibration for in-context learning
    and prompt engineering. ICLR.

    Examples
    --------
    >>> class Lengths:
    ...     def choose_many(self, prompts, options):
    ...         listed = [p[0]["content"].splitlines()[1:5] for p in prompts]
    ...         return np.array([[float(len(line)) for line in lines] for lines in listed])
    >>> judge = AskingJudge(Lengths(), ask_least=False, calibrated=False)
    >>> judge(["bb", "a", "dddd", "ccc"], np.array([[0, 1, 2, 3]]), "length").tolist()
    [[2, 1]]
    """

    def __init__(
        self,
        model: Chooser,
        *,
        question: str = QUESTION,
        ask_least: bool = True,
        calibrated: bool = True,
    ) -> None:
        self.model = model
        self.question = question
        self.ask_least = ask_least
        self.calibrated = calibrated

    def __call__(self, texts: Sequence[str], tuples: Ints, quality: str) -> Ints:
        """Return the places of best and worst as the model sees them [shape=(n_tuples, 2)]."""
        most = self._liking(texts, tuples, quality, "most")
        if self.ask_least:
            most = most - self._liking(texts, tuples, quality, "least")
        return _ends(most, np.random.default_rng(0))

    def _liking(self, texts: Sequence[str], tuples: Ints, quality: str, extreme: str) -> Floats:
        prompts = [self.prompt([texts[i] for i in row], quality, extreme) for row in tuples]
        options = [str(place) for place in range(1, tuples.shape[1] + 1)]
        told = np.asarray(self.model.choose_many(prompts, options), dtype=np.float64)
        log_p: Floats = np.log(np.maximum(told, 1e-12))
        return log_p - log_p.mean(axis=0) if self.calibrated else log_p

    def prompt(self, shown: Sequence[str], quality: str, extreme: str) -> list[Mapping[str, str]]:
        """Return the conversation that asks for the most or the least among the texts shown."""
        listed = "\n".join(f"{place}. {text}" for place, text in enumerate(shown, start=1))
        asked = self.question.format(extreme=extreme, quality=quality, listed=listed)
        return [{"role": "user", "content": asked}]


def _design(n_items: int, per_item: int, size: int, rng: np.random.Generator) -> Ints:
    """Deal shuffled packs of all items one after the other; each pack holds every item once."""
    flat: list[int] = []
    for _ in range(per_item * size):
        pack = rng.permutation(n_items).tolist()
        # A tuple that began in the last pack is filled with items that it does not hold yet.
        begun = set(flat[len(flat) - len(flat) % size :])
        if not begun:
            flat += pack
            continue
        fill = [item for item in pack if item not in begun][: size - len(begun)]
        taken = set(fill)
        flat += fill + [item for item in pack if item not in taken]
    return np.array(flat, dtype=np.intp).reshape(-1, size)


def _pairs_met(tuples: Ints, n_items: int) -> int:
    """Return how many different pairs of items stand together in a tuple."""
    ordered = np.sort(tuples, axis=1)
    left, right = np.triu_indices(tuples.shape[1], k=1)
    return len(np.unique(ordered[:, left] * n_items + ordered[:, right]))


def _ends(scores: Floats, rng: np.random.Generator) -> Ints:
    """Return the places of the highest and the lowest score of each row, equal ones by lot."""
    lots = rng.permuted(np.tile(np.arange(scores.shape[1]), (len(scores), 1)), axis=1)
    order = np.lexsort((lots, scores), axis=1)
    return order[:, [-1, 0]].astype(np.intp)


def _ranks(values: Floats) -> Floats:
    """Return ranks from 0; equal values share the mean of theirs."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return np.asarray((ends - (counts + 1) / 2)[inverse], dtype=np.float64)
