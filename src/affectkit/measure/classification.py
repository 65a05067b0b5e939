"""Scores of one label an item that weigh the classes by how often they occur."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from affectkit.measure.metrics import accuracy


def war(truth: ArrayLike, predicted: ArrayLike) -> float:
    """Weighted average recall in [0, 1]: recall of each class, weighted by its items.

    The weights cancel, so that it is the accuracy under another name; it stands beside
    `affectkit.measure.metrics.uar`, above which it lies where a system favours the frequent
    classes.

    Parameters
    ----------
    truth, predicted
        Labels [shape=(n,)].

    References
    ----------
    Schuller, B., Steidl, S. and Batliner, A. (2009). The INTERSPEECH 2009 Emotion Challenge,
    section 4.

    Examples
    --------
    >>> war(["joy", "joy", "joy", "fear"], ["joy", "joy", "joy", "joy"])
    0.75
    """
    return accuracy(truth, predicted)


def weighted_f1(truth: ArrayLike, predicted: ArrayLike) -> float:
    """Mean F1 over labels, each weighted by how often it is true, in [0, 1].

    Parameters
    ----------
    truth, predicted
        Labels [shape=(n,)]; or 0 and 1 per label [shape=(n, n_labels)].

    Returns
    -------
    float
        0 if no label is true of any item.

    Raises
    ------
    ValueError
        If shapes differ, are empty, or have more than two axes; if a table holds anything but
        0 and 1.

    References
    ----------
    van Rijsbergen, C. J. (1979). Information Retrieval, chapter 7, for F; the weighting as in
    scikit-learn's ``average="weighted"``.

    Examples
    --------
    >>> weighted_f1(["joy", "joy", "joy", "fear"], ["joy", "joy", "fear", "fear"])
    0.766...
    """
    t, p = np.asarray(truth), np.asarray(predicted)
    if t.shape != p.shape or t.ndim not in (1, 2) or not t.size:
        raise ValueError(f"truth of shape {t.shape} and predicted of {p.shape} cannot be scored")
    if t.ndim == 1:
        names, codes = np.unique(np.concatenate([t, p]), return_inverse=True)
        told_true, told = codes[: len(t)], codes[len(t) :]
        support = np.bincount(told_true, minlength=len(names))
        said = np.bincount(told, minlength=len(names))
        hits = np.bincount(told[told == told_true], minlength=len(names))
    else:
        if not (np.isin(t, (0, 1)).all() and np.isin(p, (0, 1)).all()):
            raise ValueError("a table of labels must hold 0 and 1; threshold probabilities first")
        yes, guess = t.astype(bool), p.astype(bool)
        support, said = yes.sum(axis=0), guess.sum(axis=0)
        hits = (yes & guess).sum(axis=0)
    if not support.sum():
        return 0.0
    f1 = 2 * hits / np.maximum(support + said, 1)
    return float(support @ f1 / support.sum())
