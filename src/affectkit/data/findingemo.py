"""FindingEmo's annotations: emotion, valence, arousal and ambiguity of scenes with people."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import numpy as np
import pandas as pd

from affectkit.affect.wheel import INTENSITIES
from affectkit.data.dataset import DataFacts, DataSet, table
from affectkit.data.integrity import Check, number, unique
from affectkit.errors import DataError, LicenceError

FACTS = DataFacts(
    name="findingemo",
    title="Mertens et al. 2024, FindingEmo: An Image Dataset for Emotion Recognition in the Wild",
    home="https://pypi.org/project/findingemo-light/",
    folder="",
    licence="CC BY-NC-SA 4.0",
    licence_class="non-commercial",
    language="en",
    splits="none; keep images of one query on one side",
    traps=(
        "one person annotated each image, so that there are no votes and no agreement",
        "images were found by queries that name an emotion, an age and a place: the query is a "
        "prior, and a model that sees the path can read it",
        "the images are not in the package; many of their addresses no longer answer",
    ),
    groups=("query", "rater"),
    papers=(128,),
)

PACKAGE = "findingemo_light"
FILE = "annotations_single.ann"
PURPOSE = "research that is not commercial, with its makers named and results shared alike"

_COLUMNS = (
    "index", "user", "image_path", "tags", "age", "valence", "arousal", "emotion", "dec_factors",
    "ambiguity",
)  # fmt: skip
_RANGES = {"valence": (-3, 3), "arousal": (0, 6), "ambiguity": (0, 6)}
_PETAL = {leaf: petal for petal, leaves in INTENSITIES.items() for leaf in leaves}


def read(
    path: str | os.PathLike[str] | None = None, *, allow_noncommercial: bool = False
) -> DataSet:
    r"""Return FindingEmo's annotations, a row an image; the images themselves are not read.

    Parameters
    ----------
    path
        The file of annotations; that of the installed package ``findingemo-light`` if None.
        The package is looked up, never run.
    allow_noncommercial
        Say that the use is one that the licence allows: `PURPOSE`.

    Returns
    -------
    DataSet
        ``id``; ``image`` (its path), ``query`` (the words that found it) and ``rater`` (a
        number in place of the annotator's own); ``emotion`` (one of Plutchik's 24) and
        ``petal`` (the primary emotion it belongs to); ``valence`` and ``arousal`` in [-1, 1],
        from -3 to 3 and 0 to 6; ``ambiguity`` in [0, 1], from 0 to 6; ``ages, factors, tags``
        as tuples.

    Raises
    ------
    LicenceError
        If `allow_noncommercial` is not said.
    DataError
        If the file is absent or malformed; names the row.

    References
    ----------
    Mertens, Yargholi, Op de Beeck, Van den Stock and Vennekens (2024).

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "made-up.ann"
    >>> head = ",".join([*_COLUMNS, "datetime"])
    >>> row = '4,someone,/Run_1/Glad adults park/a.jpg,NA,Adults,2,1,Serenity,"Context,Staging",0,'
    >>> _ = file.write_text(head + "\n" + row + "\n")
    >>> found = read(file, allow_noncommercial=True).table.iloc[0]
    >>> found["query"], found["petal"], f"{found['valence']:.2f}", found["factors"]
    ('Glad adults park', 'joy', '0.67', ('Context', 'Staging'))
    """
    if not allow_noncommercial:
        raise LicenceError(
            f"{FACTS.title} is under {FACTS.licence}: {PURPOSE}",
            remedy="if your use is that, say so with allow_noncommercial=True",
        )
    file = _installed() if path is None else Path(path)
    rows = table(file, FACTS, _COLUMNS, dtype=str)
    return DataSet(_told(file, rows), FACTS)


def check(
    path: str | os.PathLike[str] | None = None, *, allow_noncommercial: bool = False
) -> list[Check]:
    """Compare the numbers of images and of annotators with those of the package.

    Examples
    --------
    >>> {c.state for c in check(allow_noncommercial=True)}  # doctest: +SKIP
    {'whole'}
    """
    found = read(path, allow_noncommercial=allow_noncommercial).table
    return [
        number("images", len(found), 25_869),
        number("annotators", found["rater"].nunique(), 665),
        unique(found, "image"),
    ]


def _installed() -> Path:
    # The package's own module is not imported: only the file beside it is read.
    spec = importlib.util.find_spec(PACKAGE)
    for folder in (spec.submodule_search_locations or []) if spec else []:
        file = Path(folder) / "data" / FILE
        if file.is_file():
            return file
    raise DataError(
        "FindingEmo's annotations are not here",
        remedy=f"pip install findingemo-light ({FACTS.licence}), or give the path of {FILE}",
    )


def _told(file: Path, rows: pd.DataFrame) -> pd.DataFrame:
    numbers = {}
    for name, (low, high) in _RANGES.items():
        found = pd.to_numeric(rows[name], errors="coerce").to_numpy(dtype=float)
        _refuse(file, rows, name, ~((found >= low) & (found <= high)), f"from {low} to {high}")
        numbers[name] = found
    leaf = rows["emotion"].str.lower()
    _refuse(file, rows, "emotion", ~leaf.isin(list(_PETAL)).to_numpy(), "on Plutchik's wheel")
    parts = rows["image_path"].str.strip("/").str.split("/")
    shallow = np.array([len(part) != 3 for part in parts], dtype=bool)
    _refuse(file, rows, "image_path", shallow, "a path of run, query and file")
    return pd.DataFrame(
        {
            "id": rows["index"],
            "image": rows["image_path"],
            "query": parts.str[1],
            "rater": pd.factorize(rows["user"])[0],
            "emotion": leaf,
            "petal": leaf.map(_PETAL),
            "valence": numbers["valence"] / 3,
            "arousal": numbers["arousal"] / 3 - 1,
            "ambiguity": numbers["ambiguity"] / 6,
            "ages": _tuples(rows["age"]),
            "factors": _tuples(rows["dec_factors"]),
            "tags": _tuples(rows["tags"]),
        }
    )


def _refuse(
    file: Path, rows: pd.DataFrame, column: str, bad: np.ndarray[tuple[int], np.dtype[np.bool_]],
    wanted: str,
) -> None:  # fmt: skip
    if bad.any():
        row = int(bad.argmax())
        raise DataError(
            f"{file}, row {row + 2}: {column} is {rows[column].iloc[row]!r}, not {wanted}",
            remedy=f"see {FACTS.home}",
        )


def _tuples(cells: pd.Series) -> pd.Series:
    said = [
        tuple(
            part
            for word in cell.split(",")
            if (part := word.strip()) and part not in ("NA", "Undefined")
        )
        for cell in cells
    ]
    return pd.Series(said, index=cells.index, dtype=object)
