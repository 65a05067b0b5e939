"""Where labels lie in valence, arousal and dominance, and what point a distribution means."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from affectkit.affect.labels import LabelSet
from affectkit.affect.mapping import share_mass
from affectkit.errors import LabelError

SPACE = ("valence", "arousal", "dominance")
COLUMNS = (
    *SPACE,
    *(f"{axis}_sd" for axis in SPACE),
    *(f"{axis}_n" for axis in SPACE),
    *(f"{axis}_source" for axis in SPACE),
)


def placement(label_set: LabelSet | str) -> pd.DataFrame:
    """Return where each label of a set lies in affect space, how surely, and says who.

    Valence comes from the ratings of the VADER lexicon (Hutto and Gilbert 2014, MIT), arousal
    from the angles that Russell (1980) and Watson and Tellegen (1985) published where they
    place the word and else from the word's meaning by a regression on those, dominance from a
    regression on EmoBank (Buechel and Hahn 2017; this column alone is CC BY-SA 4.0), read over
    comments with the nearest label of GoEmotions. Made by
    ``python -m affectkit.recipes.knowledge.circumplex --write``.

    Parameters
    ----------
    label_set
        A label set or the name of a built-in one. A label that no built-in set has is
        placed where the nearest word of the ontology lies.

    Returns
    -------
    pandas.DataFrame
        One row per label. ``valence, arousal, dominance`` in [-1, 1]; ``*_sd``, the standard
        error to expect of each; ``*_n``, how many rated items it rests on; ``*_source``.
        A label that could not be placed has missing values.

    Examples
    --------
    >>> table = placement("ekman7")
    >>> bool(table.loc["joy", "valence"] > 0 > table.loc["sadness", "valence"])
    True
    >>> bool(table.loc["anger", "arousal"] > table.loc["sadness", "arousal"])
    True
    """
    labels = LabelSet.load(label_set) if isinstance(label_set, str) else label_set
    words = placed_words()
    rows = {label: words.get(label) or _nearest(label, words) for label in labels.labels}
    table = pd.DataFrame.from_dict(rows, orient="index", columns=list(COLUMNS))
    numbers = [c for c in COLUMNS if not c.endswith("_source")]
    return table.astype({c: "float64" for c in numbers})


def point(label_set: LabelSet | str, probabilities: ArrayLike) -> tuple[Any, Any, Any]:
    """Return the valence, arousal and dominance to expect under a distribution.

    The expectation of `placement` over the labels (the mass that no label took counts as
    the origin, where no emotion lies). Missing probabilities give missing values.

    Parameters
    ----------
    label_set
        The set, or its name.
    probabilities
        [shape=(..., n_labels)]; over a multi-label set they share the mass in proportion.

    Returns
    -------
    tuple of float or numpy.ndarray
        Valence, arousal, dominance, each in [-1, 1] [shape=(...)].

    Examples
    --------
    >>> v, a, d = point("ekman7", [1, 0, 0, 0, 0, 0, 0])
    >>> v < 0 < a
    True
    >>> point("ekman7", [0, 0, 0, 0, 0, 0, 1])
    (0.0, 0.0, 0.0)
    """
    labels = LabelSet.load(label_set) if isinstance(label_set, str) else label_set
    p = np.asarray(probabilities, dtype=np.float64)
    if p.shape[-1:] != (len(labels),):
        raise LabelError(f"{p.shape} probabilities do not fit {labels.name!r}")
    if not labels.exclusive:
        p = share_mass(p, labels)
    where = np.nan_to_num(placement(labels)[list(SPACE)].to_numpy(dtype=float))
    out: NDArray[np.float64] = p @ where
    if out.ndim == 1:
        return float(out[0]), float(out[1]), float(out[2])
    return out[..., 0], out[..., 1], out[..., 2]


@cache
def placed_words() -> Mapping[str, Mapping[str, Any]]:
    """Return every placed word with the columns of `placement`.

    Examples
    --------
    >>> placed_words()["anger"]["arousal_source"]
    'Russell 1980: angry'
    """
    folder = files("affectkit.affect").joinpath("data/circumplex")
    out: dict[str, dict[str, Any]] = {}
    for name in ("valence_arousal", "dominance"):
        stored = json.loads(folder.joinpath(f"{name}.json").read_text(encoding="utf-8"))
        for word, values in stored["words"].items():
            out.setdefault(word, {}).update(zip(stored["columns"], values, strict=True))
    return out


def _nearest(label: str, words: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any]:
    # The ontology is loaded only for a label that no built-in set has.
    from affectkit.affect.open_vocabulary import homes

    for node in homes(label):
        if node in words:
            return words[node]
    return {}
