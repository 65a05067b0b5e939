"""The bars of sent2affect: tf-idf of stems, read by support vectors or by a random forest.

After Kratzwald et al. (2018), section 4.2: lower case, stop words left out, stems; constants
chosen by inner folds on the training texts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from affectkit.optional import require


def support_vectors_by_words(
    texts: Sequence[str], labels: ArrayLike, asked: Sequence[str], *, seed: int, folds: int = 3
) -> NDArray[Any]:
    """Return the label of each asked text, by a linear support vector machine.

    Parameters
    ----------
    texts, labels
        What it learns from; rare labels are weighted up.
    asked
        What it is asked.
    seed
        Of the order in which it learns.
    folds
        Inner folds on which the constant is chosen by macro-F1.
    """
    require("sklearn", extra="train")
    from sklearn.svm import LinearSVC

    machine = LinearSVC(class_weight="balanced", max_iter=5000, random_state=seed)
    grid = {"read__C": [2.0**k for k in (-5, -3, -1, 1, 3, 5)]}
    return _best(machine, grid, texts, labels, asked, folds, seed)


def forest_by_words(
    texts: Sequence[str], labels: ArrayLike, asked: Sequence[str], *, seed: int, folds: int = 3
) -> NDArray[Any]:
    """Return the label of each asked text, by a random forest.

    Parameters
    ----------
    texts, labels, asked, seed, folds
        As in `support_vectors_by_words`; the smallest leaf is chosen.
    """
    require("sklearn", extra="train")
    from sklearn.ensemble import RandomForestClassifier

    forest = RandomForestClassifier(
        n_estimators=100, class_weight="balanced_subsample", random_state=seed, n_jobs=1
    )
    return _best(forest, {"read__min_samples_leaf": [1, 3]}, texts, labels, asked, folds, seed)


def stems(text: str) -> list[str]:
    """Return the stems of a text's words in lower case, without stop words.

    Examples
    --------
    >>> stems("The waiting was terrifying!")  # doctest: +SKIP
    ['wait', 'terrifi']
    """
    import re

    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    words = re.findall(r"[a-z']{2,}", text.lower())
    return [_stem(w) for w in words if w not in ENGLISH_STOP_WORDS]


_known: dict[str, str] = {}  # stemming is the slow part, and words repeat


def _stem(word: str) -> str:
    if word not in _known:
        _known[word] = require("nltk.stem.snowball", extra="train").EnglishStemmer().stem(word)
    return _known[word]


def _best(
    reader: Any,
    grid: dict[str, list[float]],
    texts: Sequence[str],
    labels: ArrayLike,
    asked: Sequence[str],
    folds: int,
    seed: int,
) -> NDArray[Any]:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.model_selection import GridSearchCV, StratifiedKFold
    from sklearn.pipeline import Pipeline

    counted = TfidfVectorizer(analyzer=stems, sublinear_tf=True)
    rarest = int(np.unique(np.asarray(labels), return_counts=True)[1].min())
    inner = StratifiedKFold(min(folds, max(rarest, 2)), shuffle=True, random_state=seed)
    both = Pipeline([("count", counted), ("read", reader)])
    found = GridSearchCV(both, grid, scoring="f1_macro", cv=inner).fit(list(texts), labels)
    return np.asarray(found.predict(list(asked)))
