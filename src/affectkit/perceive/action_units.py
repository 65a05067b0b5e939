"""Action units derived from blendshapes: names that the field knows, never measured ones."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from affectkit.perceive.face_landmarks import BLENDSHAPES


@cache
def mapping() -> Mapping[str, tuple[str, tuple[str, ...]]]:
    """Return, for each derived action unit, its name and the blendshapes it is the mean of.

    Kept in ``data/action_units.json`` with the source: the actions of the Facial Action
    Coding System (Ekman, Friesen & Hager, 2002) matched by anatomy with the blendshapes
    that ARKit documents (ARFaceAnchor.BlendShapeLocation).

    Examples
    --------
    >>> mapping()["au_12"]
    ('lip corner puller', ('mouthSmileLeft', 'mouthSmileRight'))
    """
    values = json.loads(
        files("affectkit.perceive").joinpath("data/action_units.json").read_text("utf-8")
    )
    table = {
        unit: (entry["name"], tuple(entry["blendshapes"]))
        for unit, entry in values["units"].items()
    }
    strangers = {b for _, shapes in table.values() for b in shapes} - set(BLENDSHAPES)
    if strangers:
        raise ValueError(f"action_units.json names unknown blendshapes {sorted(strangers)}")
    return table


@cache
def _weights() -> NDArray[np.float64]:
    rows = np.zeros((len(mapping()), len(BLENDSHAPES)))
    for row, (_, shapes) in zip(rows, mapping().values(), strict=True):
        for shape in shapes:
            row[BLENDSHAPES.index(shape)] = 1.0 / len(shapes)
    return rows


def units() -> tuple[str, ...]:
    """Return the column names of the derived action units, such as ``au_12``.

    Examples
    --------
    >>> "au_04" in units()
    True
    """
    return tuple(mapping())


def derive(blendshapes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the derived action units of blendshapes, each in [0, 1].

    Parameters
    ----------
    blendshapes
        In the order of `BLENDSHAPES` [shape=(…, 52)].

    Returns
    -------
    In the order of `units` [shape=(…, n_units)].

    Examples
    --------
    >>> smile = np.array([1.0 if "mouthSmile" in name else 0.0 for name in BLENDSHAPES])
    >>> dict(zip(units(), derive(smile).tolist()))["au_12"]
    1.0
    """
    return np.asarray(blendshapes @ _weights().T)


def leading(
    values: NDArray[np.float64], usual: NDArray[np.float64], *, n: int = 3, least: float = 0.1
) -> Sequence[tuple[str, float]]:
    """Return the action units that stand out most from what is usual, the strongest first.

    Parameters
    ----------
    values
        Derived action units [shape=(n_units,)].
    usual
        What each unit is on average [shape=(n_units,)].
    n
        How many at most.
    least
        Only units that exceed the usual by this much.

    Examples
    --------
    >>> leading(np.full(len(units()), 0.2), np.full(len(units()), 0.2))
    []
    """
    above = values - usual
    order = np.argsort(-above, kind="stable")[:n]
    names = units()
    return [(names[i], round(float(above[i]), 3)) for i in order if above[i] >= least]


def describe(unit: str) -> str:
    """Return the words for a derived action unit.

    Examples
    --------
    >>> describe("au_12")
    'lip corner puller (AU12, derived)'
    """
    return f"{mapping()[unit][0]} (AU{int(unit[3:])}, derived)"
