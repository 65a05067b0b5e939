"""Model cards: what a model is, what it learned from, how good it is, and how whole.

Cards of models that we trained lie beside their weights in ``shipped/<id>/card.json``.
Weights that packages carry get a card from the manifest.
"""

from __future__ import annotations

import hashlib
import os
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from affectkit.errors import WeightsError
from affectkit.models import manifest
from affectkit.models.manifest import Digest

_CARD = "card.json"


class Score(BaseModel):
    """One measured number with its interval, and the command that measures it again.

    Parameters
    ----------
    data, split
        Data set and the part of it, such as ``"GoEmotions"`` and ``"test"``.
    metric
        What was measured: ``"macro-F1"``, ``"UAR"``, ``"CCC valence"``.
    value, low, high
        The number and its 95 % interval.
    n
        How many cases it rests on.
    baseline
        What the plainest serious alternative scores in the same metric: the trivial answer,
        or a simpler model where that asks more; None if there is none.
    command
        What to type to measure it again.
    cross_corpus
        Whether the data is of another corpus than the model was trained on.

    Examples
    --------
    >>> Score(data="EmoDB", split="by speaker", metric="UAR", value=0.8, low=0.76, high=0.84,
    ...       n=535, command="affectkit models check speech").holds(0.79)
    True
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    data: str
    split: str
    metric: str
    value: float = Field(allow_inf_nan=False)
    low: float = Field(allow_inf_nan=False)
    high: float = Field(allow_inf_nan=False)
    n: int = Field(gt=0)
    command: str
    baseline: float | None = None
    cross_corpus: bool = False

    def holds(self, value: float) -> bool:
        """Return whether a value measured again lies inside the interval."""
        return bool(self.low <= value <= self.high)


class ModelCard(BaseModel):
    """What a careful user should know before trusting a model.

    Parameters
    ----------
    id
        Name of the model, also of its folder under ``shipped/``.
    task
        What it does, in a sentence.
    labels
        What it can answer, in the order of its outputs; empty if it answers no labels.
    label_set
        Name of the `LabelSet` that the labels are, or None.
    trained_on
        Data sets it learned from, with their licences.
    licence
        SPDX name of the licence of the weights.
    commercial
        Whether the licences allow commercial use.
    research_only
        Whether they allow research only.
    rights
        What is unsettled about rights; empty when nothing.
    stands_on
        Roles of carried weights (`affectkit weights list`) that it needs.
    scores
        Measured numbers, within and across corpora.
    measure
        ``module:function`` that measures the scores again, or None.
    sha256
        Digest of each file beside the card, by name.
    size_bytes
        Size of these files together.
    limits
        Where it fails or was never tried, a sentence each.
    tried
        What else was tried and how it did, a sentence each.
    speed
        Threads, latency and memory, as measured, in words.
    home
        Where the model or its makers can be found.
    source
        ``"shipped"`` with affectkit, or ``"package"`` when a package carries it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_.-]*$")]
    task: str = Field(min_length=1)
    labels: tuple[str, ...] = ()
    label_set: str | None = None
    trained_on: tuple[str, ...] = ()
    licence: str = Field(min_length=1)
    commercial: bool
    research_only: bool = False
    rights: str = ""
    stands_on: tuple[str, ...] = ()
    scores: tuple[Score, ...] = ()
    measure: Annotated[str, StringConstraints(pattern=r"^[\w.]+:\w+$")] | None = None
    sha256: dict[str, Digest] = Field(default_factory=dict)
    size_bytes: int = Field(default=0, ge=0)
    limits: tuple[str, ...] = ()
    tried: tuple[str, ...] = ()
    speed: str = ""
    home: str = ""
    source: Literal["shipped", "package"] = "shipped"

    def for_provenance(self, *lanes: str) -> dict[str, object]:
        """Return what a timeline records of the model: id, task, licence, scores.

        Examples
        --------
        >>> card("voice_activity").for_provenance("speech")["licence"]
        'MIT'
        """
        kept = {"id", "task", "licence", "commercial", "research_only", "rights", "scores"}
        return {**self.model_dump(mode="json", include=kept), "lanes": list(lanes)}


def cards() -> dict[str, ModelCard]:
    """Return every card by id: shipped models first, then carried weights.

    Examples
    --------
    >>> cards()["face_detector"].source
    'package'
    """
    found = {folder.name: card(folder.name) for folder in _folders()}
    for name in manifest.roles():
        found.setdefault(name, _carried(name))
    return found


@cache
def card(id: str) -> ModelCard:
    """Return the card of a model.

    Raises
    ------
    WeightsError
        If there is no such model, or its card is malformed.

    Examples
    --------
    >>> card("expression_coarse").rights[:18]
    'Released under MIT'
    """
    folder = _shipped_root() / id
    if _is_plain(id) and (folder / _CARD).is_file():
        return read_card(folder)
    if id in manifest.roles():
        return _carried(id)
    raise WeightsError(
        f"there is no model called {id!r}", remedy="affectkit models list shows those there are"
    )


@cache
def shipped(id: str) -> Path:
    """Return the folder of a shipped model, after checking every file in it by digest.

    Raises
    ------
    WeightsError
        If there is no such model, or a file is missing, altered, or not on the card.

    Examples
    --------
    >>> all(shipped(folder.name).is_dir() for folder in _folders())
    True
    """
    if not _is_plain(id) or not (_shipped_root() / id / _CARD).is_file():
        raise WeightsError(
            f"no model called {id!r} comes with affectkit",
            remedy="affectkit models list shows those that do",
        )
    folder = _shipped_root() / id
    check_folder(folder)
    return folder


def read_card(folder: Path) -> ModelCard:
    """Return the card that lies in a folder.

    Raises
    ------
    WeightsError
        If it is missing or malformed; the message names the field.
    """
    where = folder / _CARD
    try:
        return ModelCard.model_validate_json(where.read_text("utf-8"))
    except OSError as error:
        raise WeightsError(f"{where} cannot be read ({error.strerror})") from error
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(step) for step in first["loc"]) or "the file"
        raise WeightsError(
            f"{where} is no model card: {field}: {first['msg']}", remedy="reinstall affectkit"
        ) from error


def write_card(folder: Path, card: ModelCard) -> ModelCard:
    """Write a card into a folder of weights; return it with digests and size filled in.

    Parameters
    ----------
    folder
        Holds the weights; every file in it but the card is put under seal.
    card
        The card; its ``sha256`` and ``size_bytes`` are replaced.
    """
    beside = _beside(folder)
    sealed = card.model_copy(
        update={
            "sha256": {name: _digest(file) for name, file in beside.items()},
            "size_bytes": sum(file.stat().st_size for file in beside.values()),
        }
    )
    partial = folder / f".{_CARD}.{os.getpid()}"
    partial.write_text(sealed.model_dump_json(indent=1, exclude_defaults=True) + "\n", "utf-8")
    os.replace(partial, folder / _CARD)
    return sealed


def check_folder(folder: Path) -> ModelCard:
    """Return the card of a folder whose files are exactly those on the card.

    Raises
    ------
    WeightsError
        If a file is missing, altered, or not on the card.
    """
    found = read_card(folder)
    beside = _beside(folder)
    for name, digest in found.sha256.items():
        if name not in beside:
            raise WeightsError(f"{folder / name} is missing", remedy="reinstall affectkit")
        if _digest(beside[name]) != digest:
            raise WeightsError(
                f"{folder / name} is not the file that its card describes",
                remedy="reinstall affectkit",
            )
    stray = sorted(set(beside) - set(found.sha256))
    if stray:
        raise WeightsError(
            f"{folder / stray[0]} is not on the model's card", remedy="reinstall affectkit"
        )
    return found


def _carried(name: str) -> ModelCard:
    role = manifest.role(name)
    return ModelCard(
        id=name,
        task=role.about,
        trained_on=(role.trained_on,),
        licence=role.weights_licence,
        commercial=role.commercial,
        rights=role.caveat,
        stands_on=(name,),
        sha256={file.name: file.sha256 for file in role.files},
        size_bytes=role.bytes,
        home=role.home,
        source="package",
    )


def _shipped_root() -> Path:
    return Path(str(files("affectkit.models"))) / "shipped"


def _folders() -> list[Path]:
    root = _shipped_root()
    found = root.iterdir() if root.is_dir() else ()
    return sorted(folder for folder in found if (folder / _CARD).is_file())


def _is_plain(id: str) -> bool:
    """Say whether an id is one path step; an id comes from the command line."""
    return Path(id).name == id and id not in ("", ".", "..")


def _beside(folder: Path) -> dict[str, Path]:
    return {
        file.name: file
        for file in sorted(folder.iterdir())
        if file.is_file() and file.name != _CARD and not file.name.startswith(".")
    }


def _digest(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
