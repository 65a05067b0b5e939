"""Who belongs to which group: one attribute, or several crossed."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def intersections(*attributes: ArrayLike, between: str = " & ") -> NDArray[np.str_]:
    """Return the intersectional group of each row, such as ``"f & 60-69"``.

    A model can be fair to women and to the old and yet fail old women (Buolamwini and Gebru
    2018, Gender Shades); such gaps show only where attributes are crossed.

    Parameters
    ----------
    *attributes
        One or more attributes of the rows, each [shape=(n,)].
    between
        What stands between the parts of a name.

    Returns
    -------
    numpy.ndarray
        [shape=(n,)]

    Raises
    ------
    ValueError
        If there is no attribute, or their lengths differ.

    Examples
    --------
    >>> intersections(["f", "m"], ["old", "young"]).tolist()
    ['f & old', 'm & young']
    """
    if not attributes:
        raise ValueError("there is no attribute to cross")
    columns = [np.asarray(a).astype(str) for a in attributes]
    if any(c.ndim != 1 or len(c) != len(columns[0]) for c in columns):
        raise ValueError(f"attributes of shapes {[c.shape for c in columns]} differ")
    return np.array([between.join(row) for row in zip(*columns, strict=True)], dtype=str)


def group_codes(groups: ArrayLike, n: int) -> tuple[NDArray[np.str_], NDArray[np.intp]]:
    """Return the names of the groups in order, and the position of each row's own.

    Parameters
    ----------
    groups
        Of each row [shape=(n,)], or several attributes to be crossed [shape=(n, n_attributes)].
    n
        How many rows there are.

    Examples
    --------
    >>> names, codes = group_codes(["m", "f", "m"], 3)
    >>> names.tolist(), codes.tolist()
    (['f', 'm'], [1, 0, 1])
    """
    told = np.asarray(groups)
    if told.ndim == 2:
        told = intersections(*told.T)
    if told.shape != (n,):
        raise ValueError(f"groups of shape {told.shape} do not fit {n} rows")
    names, codes = np.unique(told, return_inverse=True)
    return names.astype(str), codes.astype(np.intp)
