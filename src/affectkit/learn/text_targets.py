"""What texts are to be told: labels, several labels, distributions or ratings, and their losses."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from affectkit.learn import losses

Loss = Literal["auto", "cross_entropy", "binary", "mixed", "squared", "concordance", "gaussian"]
Weights = Literal["balanced"] | Mapping[Any, float] | None
Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Targets:
    """Numbers to learn, and how far off they are.

    Parameters
    ----------
    values
        NaN where nobody was asked [shape=(n, n_outputs)].
    names
        Of the outputs.
    loss
        How answers are compared with them.
    class_weight
        How much each class counts, or a yes of each label [shape=(n_outputs,)].
    item_weight
        How much each text counts [shape=(n,)].
    spread
        Standard deviation between raters, NaN where it is not known
        [shape=(n, n_outputs)].
    """

    values: Floats
    names: NDArray[Any]
    loss: Loss
    class_weight: Floats | None = None
    item_weight: Floats | None = None
    spread: Floats | None = None

    @property
    def n_scores(self) -> int:
        """How many numbers the head gives out for a text."""
        return int(self.values.shape[1]) * (2 if self.loss == "gaussian" else 1)

    def compared(self, device: str) -> Callable[[Any, NDArray[np.intp], Any], Any]:
        """Return the loss of scores, rows and weights of rows (or None)."""
        import torch

        values = torch.from_numpy(self.values).to(device)
        items = None if self.item_weight is None else torch.from_numpy(self.item_weight).to(device)
        spread = None if self.spread is None else torch.from_numpy(self.spread).to(device)
        each = None if self.class_weight is None else torch.from_numpy(self.class_weight).to(device)

        def loss(scores: Any, rows: NDArray[np.intp], weight: Any) -> Any:
            at = torch.from_numpy(rows).to(device)
            target = values[at]
            weight = None if weight is None else weight.to(device)
            if items is not None:
                weight = items[at] if weight is None else weight * items[at]
            if self.loss == "cross_entropy":
                if each is not None:
                    own = (torch.nan_to_num(target) * each).sum(dim=1)
                    weight = own if weight is None else weight * own
                return losses.soft_cross_entropy(scores, target, weight)
            if self.loss == "binary":
                return losses.binary_cross_entropy(scores, target, weight, positive=each)
            if self.loss == "gaussian":
                mean, wide = scores.chunk(2, dim=1)
                told = None if spread is None else spread[at]
                return losses.gaussian_loss(mean, wide, target, told, weight)
            if self.loss == "squared":
                return losses.squared_error(scores, target, weight)
            apart = losses.concordance_loss(scores, target)
            if self.loss == "concordance":
                return apart
            return losses.squared_error(scores, target, weight) + apart

        return loss


def label_targets(
    y: ArrayLike,
    *,
    loss: Loss = "auto",
    class_weight: Weights = None,
    outputs: Sequence[str] | None = None,
    sample_weight: ArrayLike | None = None,
) -> Targets:
    """Return the targets of a classifier.

    Parameters
    ----------
    y
        One label a text [shape=(n,)], or a number for each label: 0 or 1 or a share, NaN if
        nobody was asked [shape=(n, n_labels)].
    loss
        ``"auto"``: cross entropy for single labels, binary cross entropy for columns.
        ``"cross_entropy"`` with columns: they are the shares of raters, and sum to 1.
    class_weight
        ``"balanced"``, or a number for each label.
    outputs
        Names of the columns.
    sample_weight
        How much each text counts.

    Examples
    --------
    >>> t = label_targets(["joy", "fear", "joy", "joy"], class_weight="balanced")
    >>> t.names.tolist(), [round(float(w), 2) for w in t.class_weight]
    (['fear', 'joy'], [2.0, 0.67])
    """
    given = np.asarray(y)
    if given.ndim == 1:
        if loss == "binary":
            raise ValueError("labels that may hold together are given as columns, one each")
        names, codes = np.unique(given, return_inverse=True)
        if len(names) < 2:
            raise ValueError(f"there is only one class to learn: {names.tolist()}")
        values = np.eye(len(names), dtype=np.float32)[codes]
        loss = "cross_entropy"
    elif given.ndim == 2:
        values = given.astype(np.float32)
        names = np.asarray(range(values.shape[1]) if outputs is None else list(outputs))
        loss = "binary" if loss == "auto" else loss
    else:
        raise ValueError(f"targets of shape {given.shape} are neither labels nor columns")
    if loss not in ("cross_entropy", "binary"):
        raise ValueError(f"a classifier has no loss {loss!r}")
    if len(names) != values.shape[1]:
        raise ValueError(f"{len(names)} outputs do not fit {values.shape[1]} columns")
    if ((values < 0) | (values > 1)).any():
        raise ValueError("labels and shares lie between 0 and 1")
    if loss == "cross_entropy":
        told = ~np.isnan(values).any(axis=1)
        if not np.allclose(values[told].sum(axis=1), 1, atol=1e-3):
            raise ValueError("shares of exclusive labels must sum to 1 in every row")
    weight = _class_weight(values, names, loss, class_weight)
    return Targets(values, names, loss, weight, _item_weight(sample_weight, len(values)))


def rating_targets(
    y: ArrayLike,
    *,
    loss: Loss = "auto",
    outputs: Sequence[str] | None = None,
    spread: ArrayLike | None = None,
    sample_weight: ArrayLike | None = None,
) -> Targets:
    """Return the targets of a regressor.

    Parameters
    ----------
    y
        Ratings, NaN where there is none [shape=(n,) or (n, n_outputs)].
    loss
        ``"auto"`` is ``"mixed"``: squared error plus one minus the concordance.
    outputs
        Names of the columns.
    spread
        Standard deviation between raters; for ``"gaussian"`` only.
    sample_weight
        How much each text counts.
    """
    values = np.asarray(y, dtype=np.float32)
    values = values[:, None] if values.ndim == 1 else values
    loss = "mixed" if loss == "auto" else loss
    if loss not in ("mixed", "squared", "concordance", "gaussian"):
        raise ValueError(f"a regressor has no loss {loss!r}")
    if np.isnan(values).all(axis=0).any():
        raise ValueError("an output has no rating at all")
    between = None
    if spread is not None:
        if loss != "gaussian":
            raise ValueError("a spread between raters needs loss='gaussian'")
        between = np.asarray(spread, dtype=np.float32).reshape(values.shape)
    names = np.asarray(range(values.shape[1]) if outputs is None else list(outputs))
    if len(names) != values.shape[1]:
        raise ValueError(f"{len(names)} outputs do not fit {values.shape[1]} columns")
    weight = _item_weight(sample_weight, len(values))
    return Targets(values, names, loss, item_weight=weight, spread=between)


def _class_weight(
    values: Floats, names: NDArray[Any], loss: Loss, class_weight: Weights
) -> Floats | None:
    if class_weight is None:
        return None
    if class_weight == "balanced":
        held = np.nansum(values, axis=0)
        if loss == "cross_entropy":  # N / (K n), Kratzwald et al. (2018)
            told = (~np.isnan(values).any(axis=1)).sum()
            weight = told / (len(names) * np.maximum(held, 1))
        else:
            weight = ((~np.isnan(values)).sum(axis=0) - held) / np.maximum(held, 1)
        return np.asarray(weight, dtype=np.float32)
    if not isinstance(class_weight, Mapping):
        raise ValueError("class_weight is None, 'balanced' or a number for each label")
    return np.array([float(class_weight.get(name, 1.0)) for name in names.tolist()], np.float32)


def _item_weight(sample_weight: ArrayLike | None, n: int) -> Floats | None:
    if sample_weight is None:
        return None
    weight = np.asarray(sample_weight, dtype=np.float32)
    if weight.shape != (n,):
        raise ValueError(f"{weight.shape} weights do not fit {n} texts")
    return weight
