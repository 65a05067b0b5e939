"""The baseline of the text model: what the words alone say, counted and weighted."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from affectkit.measure.thresholds import best_thresholds
from affectkit.optional import require

Floats = NDArray[np.float64]
Labelled = tuple[Sequence[str], Floats]
"""Texts, and 0 or 1 for each label [shape=(n, n_labels)]."""


def emotions_by_words(
    train: Labelled, held: Labelled, texts: Sequence[str], *, seed: int
) -> NDArray[np.bool_]:
    """Return which labels hold, by logistic regression on tf-idf of words and pairs.

    Parameters
    ----------
    train
        What it learns from.
    held
        Where its thresholds come from, found as the text model's are.
    texts
        What it is asked.
    seed
        Of the order in which it learns.

    Returns
    -------
    numpy.ndarray
        [shape=(n, n_labels)].
    """
    p = label_scores(train, [*held[0], *texts], seed=seed)
    return np.asarray(p[len(held[0]) :] >= best_thresholds(p[: len(held[0])], held[1]))


def label_scores(train: Labelled, texts: Sequence[str], *, seed: int) -> Floats:
    """Return probabilities [shape=(n, n_labels)] by logistic regression on tf-idf.

    Parameters
    ----------
    train, texts, seed
        As in `emotions_by_words`.
    """
    require("sklearn", extra="train")
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import SGDClassifier
    from sklearn.multiclass import OneVsRestClassifier

    words = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)
    x = words.fit_transform(train[0])
    y = train[1].astype(int)
    y[0] = 1 - y[1]  # every label holds and fails to hold somewhere, whatever was drawn
    one = SGDClassifier(loss="log_loss", alpha=1e-5, max_iter=30, random_state=seed)
    fitted = OneVsRestClassifier(one).fit(x, y)
    return np.asarray(fitted.predict_proba(words.transform(texts)))


def space_by_words(train: Sequence[str], truth: Floats, texts: Sequence[str]) -> Floats:
    """Return numbers [shape=(n, n_outputs)] by ridge regression on tf-idf of words and pairs."""
    require("sklearn", extra="train")
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import Ridge

    words = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)
    fitted = Ridge(alpha=1.0).fit(words.fit_transform(train), truth)
    return np.asarray(fitted.predict(words.transform(texts)))
