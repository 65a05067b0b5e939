"""Classifiers and regressors of text as scikit-learn estimators, over any encoder."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from affectkit.learn.heads import probabilities
from affectkit.learn.text_learner import TextLearner
from affectkit.learn.text_targets import label_targets, rating_targets


class TextClassifier(TextLearner):
    """Names the label of a text, or the labels where several may hold.

    Parameters are those of `TextLearner`.

    Attributes
    ----------
    classes_ : numpy.ndarray
        The labels.

    Examples
    --------
    >>> learner = TextClassifier(way="frozen", class_weight="balanced")
    >>> learner.fit(["so glad", "how awful"], ["joy", "fear"])  # doctest: +SKIP
    >>> learner.predict_proba(["what a day"]).shape  # doctest: +SKIP
    (1, 2)
    """

    _estimator_type = "classifier"

    def fit(
        self, texts: ArrayLike, target: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> Self:
        """Learn labels.

        Parameters
        ----------
        texts
            [shape=(n,)].
        target
            One label a text [shape=(n,)]; or columns, one a label: 0, 1, a share of raters,
            or NaN where nobody was asked [shape=(n, n_labels)]. With
            ``loss="cross_entropy"`` columns are shares of labels that exclude each other.
        sample_weight
            How much each text counts [shape=(n,)].
        """
        targets = label_targets(
            target,
            loss=self.loss,
            class_weight=self.class_weight,
            outputs=self.outputs,
            sample_weight=sample_weight,
        )
        self._learn(texts, targets)
        self.single_ = np.asarray(target).ndim == 1
        self.classes_ = targets.names
        return self

    def predict_proba(self, texts: ArrayLike) -> NDArray[np.float64]:
        """Return probabilities [shape=(n, n_labels)]; rows sum to 1 if labels exclude others."""
        scores = self.scores(texts)
        return probabilities("sigmoid" if self.loss_ == "binary" else "softmax", scores)

    def predict(self, texts: ArrayLike) -> NDArray[Any]:
        """Return the likeliest label [shape=(n,)], or which hold [shape=(n, n_labels)]."""
        p = self.predict_proba(texts)
        if self.loss_ == "binary":
            return np.asarray(p >= 0.5)
        return np.asarray(self.classes_[p.argmax(axis=1)])

    def score(self, texts: ArrayLike, target: ArrayLike) -> float:
        """Return UAR, or macro-F1 where several labels may hold."""
        from affectkit.measure import metrics

        if self.loss_ == "binary":
            return float(metrics.macro_f1(np.asarray(target), self.predict(texts)))
        truth = np.asarray(target)
        truth = self.classes_[truth.argmax(axis=1)] if truth.ndim == 2 else truth
        return float(metrics.uar(truth, self.predict(texts)))


class TextRegressor(TextLearner):
    """Rates texts: valence, arousal, an intensity; and how far raters would differ.

    Parameters are those of `TextLearner`; `class_weight` has no meaning here.

    Examples
    --------
    >>> learner = TextRegressor(loss="gaussian", outputs=("valence",))
    >>> learner.fit(["so glad", "how awful"], [0.9, -0.8])  # doctest: +SKIP
    >>> mean, spread = learner.predict(["what a day"], return_std=True)  # doctest: +SKIP
    """

    _estimator_type = "regressor"

    def fit(
        self,
        texts: ArrayLike,
        target: ArrayLike,
        sample_weight: ArrayLike | None = None,
        spread: ArrayLike | None = None,
    ) -> Self:
        """Learn ratings.

        Parameters
        ----------
        texts
            [shape=(n,)].
        target
            Numbers, NaN where there is none [shape=(n,) or (n, n_outputs)].
        sample_weight
            How much each text counts [shape=(n,)].
        spread
            Standard deviation between the raters of a text, for ``loss="gaussian"``.
        """
        if self.class_weight is not None:
            raise ValueError("ratings have no classes; leave class_weight out")
        raw = np.asarray(target, dtype=np.float64)
        self.flat_ = raw.ndim == 1
        raw = raw[:, None] if self.flat_ else raw
        centre = np.nanmean(raw, axis=0)
        scale = np.nanstd(raw, axis=0)
        scale[~(scale > 1e-9)] = 1.0
        between = None if spread is None else np.asarray(spread).reshape(raw.shape) / scale
        targets = rating_targets(
            (raw - centre) / scale,
            loss=self.loss,
            outputs=self.outputs,
            spread=between,
            sample_weight=sample_weight,
        )
        self.centre_, self.scale_ = centre, scale
        return self._learn(texts, targets)

    def predict(self, texts: ArrayLike, return_std: bool = False) -> Any:
        """Return ratings [shape as the targets'], with `return_std` also their spread."""
        scores = self.scores(texts).astype(np.float64)
        n = len(self.centre_)
        mean = scores[:, :n] * self.scale_ + self.centre_
        mean = mean[:, 0] if self.flat_ else mean
        if not return_std:
            return mean
        if self.loss_ != "gaussian":
            raise ValueError("only loss='gaussian' learns a spread")
        wide = (np.logaddexp(scores[:, n:], 0) + 1e-3) * self.scale_
        return mean, wide[:, 0] if self.flat_ else wide

    def score(self, texts: ArrayLike, target: ArrayLike) -> float:
        """Return the concordance correlation coefficient, a mean over outputs."""
        from affectkit.measure.metrics import ccc

        truth, told = np.asarray(target, dtype=np.float64), self.predict(texts)
        truth, told = truth.reshape(len(truth), -1), np.reshape(told, (len(truth), -1))
        found = []
        for a, b in zip(truth.T, told.T, strict=True):
            seen = ~np.isnan(a)
            found.append(ccc(a[seen], b[seen]))
        return float(np.mean(found))
