"""How alike the set of labels an item has and the set it was given are, item by item.

Tables hold 0 and 1 [shape=(n, n_labels)]. A mean over items asks whether each item was understood;
`affectkit.measure.metrics.macro_f1` asks instead whether each label was.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Bools = NDArray[np.bool_]


def jaccard(truth: ArrayLike, predicted: ArrayLike, *, empty: float = 1.0) -> float:
    """Mean share in [0, 1] of labels in both sets, of those in either: multi-label accuracy.

    Parameters
    ----------
    truth, predicted
        0 and 1 [shape=(n, n_labels)].
    empty
        What an item scores of which no label is true and none is told. 1 since both sides agree;
        scikit-learn's default is 0.

    Raises
    ------
    ValueError
        If shapes differ, are empty, or are not two-dimensional; if a value is not 0 or 1.

    References
    ----------
    Godbole, S. and Sarawagi, S. (2004). Discriminative methods for multi-labeled
    classification; the measure of SemEval-2018 task 1 E-c (Mohammad et al. 2018).

    Examples
    --------
    >>> jaccard([[1, 1, 0], [0, 0, 1]], [[1, 0, 0], [0, 0, 1]])
    0.75
    """
    t, p = _sets(truth, predicted)
    return _mean((t & p).sum(axis=1), (t | p).sum(axis=1), t, p, empty)


def example_precision(truth: ArrayLike, predicted: ArrayLike, *, empty: float = 1.0) -> float:
    """Mean over items of the share in [0, 1] of told labels that are true.

    Parameters
    ----------
    truth, predicted
        0 and 1 [shape=(n, n_labels)].
    empty
        What an item scores of which no label is true and none is told. An item of which some are
        true but none is told scores 0.

    Raises
    ------
    ValueError
        As for `jaccard`.

    References
    ----------
    Godbole and Sarawagi (2004), as for `jaccard`.

    Examples
    --------
    >>> example_precision([[1, 1, 0], [0, 0, 1]], [[1, 0, 0], [1, 0, 1]])
    0.75
    """
    t, p = _sets(truth, predicted)
    return _mean((t & p).sum(axis=1), p.sum(axis=1), t, p, empty)


def example_recall(truth: ArrayLike, predicted: ArrayLike, *, empty: float = 1.0) -> float:
    """Mean over items of the share in [0, 1] of true labels that are told.

    Parameters
    ----------
    truth, predicted
        0 and 1 [shape=(n, n_labels)].
    empty
        What an item scores of which no label is true and none is told. An item of which none is
        true but some are told scores 0.

    Raises
    ------
    ValueError
        As for `jaccard`.

    References
    ----------
    Godbole and Sarawagi (2004), as for `jaccard`.

    Examples
    --------
    >>> example_recall([[1, 1, 0], [0, 0, 1]], [[1, 0, 0], [1, 0, 1]])
    0.75
    """
    t, p = _sets(truth, predicted)
    return _mean((t & p).sum(axis=1), t.sum(axis=1), t, p, empty)


def example_f1(truth: ArrayLike, predicted: ArrayLike, *, empty: float = 1.0) -> float:
    """Mean over items of the F1 in [0, 1] of the told set: its Dice coefficient with the truth.

    Parameters
    ----------
    truth, predicted
        0 and 1 [shape=(n, n_labels)].
    empty
        What an item scores of which no label is true and none is told.

    Raises
    ------
    ValueError
        As for `jaccard`.

    References
    ----------
    Godbole and Sarawagi (2004), as for `jaccard`.

    Examples
    --------
    >>> example_f1([[1, 1, 0], [0, 0, 1]], [[1, 0, 0], [1, 0, 1]])
    0.666...
    """
    t, p = _sets(truth, predicted)
    return _mean(2 * (t & p).sum(axis=1), t.sum(axis=1) + p.sum(axis=1), t, p, empty)


def hamming_loss(truth: ArrayLike, predicted: ArrayLike) -> float:
    """Share in [0, 1] of decisions about one label of one item that are wrong; 0 is best.

    Parameters
    ----------
    truth, predicted
        0 and 1 [shape=(n, n_labels)].

    Raises
    ------
    ValueError
        As for `jaccard`.

    References
    ----------
    Schapire, R. and Singer, Y. (1999). Improved boosting algorithms using confidence-rated
    predictions, section 7.

    Examples
    --------
    >>> hamming_loss([[1, 1, 0, 0], [0, 0, 1, 0]], [[1, 0, 0, 0], [0, 0, 1, 0]])
    0.125
    """
    t, p = _sets(truth, predicted)
    return float(np.mean(t != p))


def subset_accuracy(truth: ArrayLike, predicted: ArrayLike) -> float:
    """Share in [0, 1] of items of which every label is right.

    Parameters
    ----------
    truth, predicted
        0 and 1 [shape=(n, n_labels)].

    Raises
    ------
    ValueError
        As for `jaccard`.

    References
    ----------
    Ghamrawi, N. and McCallum, A. (2005). Collective multi-label classification.

    Examples
    --------
    >>> subset_accuracy([[1, 1, 0], [0, 0, 1]], [[1, 0, 0], [0, 0, 1]])
    0.5
    """
    t, p = _sets(truth, predicted)
    return float(np.mean((t == p).all(axis=1)))


def _mean(
    part: NDArray[np.int_], whole: NDArray[np.int_], t: Bools, p: Bools, empty: float
) -> float:
    nothing = ~(t | p).any(axis=1)
    return float(np.mean(np.where(nothing, empty, part / np.maximum(whole, 1))))


def _sets(truth: ArrayLike, predicted: ArrayLike) -> tuple[Bools, Bools]:
    t, p = np.asarray(truth), np.asarray(predicted)
    if t.shape != p.shape or t.ndim != 2 or not t.size:
        raise ValueError(
            f"expected two tables of items by labels, got shapes {t.shape} and {p.shape}"
        )
    for name, table in (("truth", t), ("predicted", p)):
        bad = np.flatnonzero(~np.isin(table, (0, 1)).all(axis=1))
        if len(bad):
            raise ValueError(
                f"row {bad[0]} of {name} holds more than 0 and 1; threshold probabilities first, "
                "see affectkit.measure.thresholds"
            )
    return t.astype(bool), p.astype(bool)
