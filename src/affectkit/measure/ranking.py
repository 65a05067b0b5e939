"""How well scores put some items before the others."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike


def roc_auc(truth: ArrayLike, scores: ArrayLike) -> float:
    """Return the chance that an item for which it is true scores above one for which not.

    The area under the receiver operating characteristic, in [0, 1]; ties count half, so that
    a constant score gives 0.5. NaN if it is true of all items, or of none.

    Parameters
    ----------
    truth
        0 or 1 [shape=(n,)].
    scores
        [shape=(n,)].

    References
    ----------
    Hanley, J. and McNeil, B. (1982). The meaning and use of the area under a receiver
    operating characteristic (ROC) curve. Radiology 143, 29-36.

    Examples
    --------
    >>> roc_auc([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    0.75
    """
    yes, s = np.asarray(truth).astype(bool), np.asarray(scores, dtype=float)
    if yes.shape != s.shape or yes.ndim != 1:
        raise ValueError(f"shapes {yes.shape} and {s.shape} differ")
    above, below = s[yes], np.sort(s[~yes])
    if not len(above) or not len(below):
        return float("nan")
    beaten = np.searchsorted(below, above, side="left")
    tied = np.searchsorted(below, above, side="right") - beaten
    return float((beaten + tied / 2).mean() / len(below))
