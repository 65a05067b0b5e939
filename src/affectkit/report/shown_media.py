"""The recording inside a report: embedded, linked, or left out; faces blurred if asked."""

from __future__ import annotations

import base64
import io
import mimetypes
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from affectkit.affect import Timeline
from affectkit.errors import MediaError

EMBED_BYTES = 24_000_000
"""Files up to this size are embedded where that is asked for; larger ones are linked."""
_PICTURE_SIDE = 1600

MediaMode = Literal["link", "embed", "none"]


@dataclass(frozen=True)
class ShownMedia:
    """What the page shows: ``kind`` is ``"video"``, ``"audio"``, ``"image"`` or ``""``."""

    kind: str = ""
    source: str = ""
    remark: str = ""


def shown_media(
    timeline: Timeline, page: Path, media: Path | None, mode: MediaMode, *, blur_faces: bool
) -> ShownMedia:
    """Return how the recording is shown on the page that is written to `page`.

    A video with faces to blur is played as sound alone, since its picture cannot be blurred
    without writing it anew; a photo is embedded with its faces blurred.

    Raises
    ------
    MediaError
        If a photo whose faces are to be blurred cannot be read.
    """
    if media is None or mode == "none":
        return ShownMedia()
    facts = timeline.provenance.get("file")
    stated = str(facts.get("kind")) if isinstance(facts, dict) else ""
    kind = stated if stated in ("video", "audio", "image") else _kind_of(media)
    if not kind or not media.is_file():
        return ShownMedia()
    remark = ""
    if blur_faces and kind == "image":
        count = len(list(_boxes(timeline)))
        said = "Faces are blurred" if count else "No face was found to blur"
        return ShownMedia(kind, _blurred(media, timeline), f"{said} in this picture.")
    if blur_faces and kind == "video":
        kind, mode = "audio", "link"
        remark = "Only the sound is played here, so that no face is shown."
    if mode == "embed":
        if media.stat().st_size <= EMBED_BYTES:
            mime = mimetypes.guess_type(media.name)[0] or "application/octet-stream"
            return ShownMedia(kind, _data_uri(media.read_bytes(), mime), remark)
        remark = "The file is too large to embed and is read from where it lies."
    return ShownMedia(kind, _link(media, page), remark)


def _kind_of(media: Path) -> str:
    kind = (mimetypes.guess_type(media.name)[0] or "").partition("/")[0]
    return kind if kind in ("video", "audio", "image") else ""


def _link(media: Path, page: Path) -> str:
    try:
        relative = os.path.relpath(media.resolve(), page.resolve().parent)
    except ValueError:  # on Windows, another drive
        return media.resolve().as_uri()
    # A leading "./" keeps a name such as "javascript:x.mp4" a name.
    return "./" + quote(Path(relative).as_posix())


def _data_uri(content: bytes, mime: str) -> str:
    return f"data:{mime};base64,{base64.b64encode(content).decode('ascii')}"


def _blurred(media: Path, timeline: Timeline) -> str:
    from PIL import Image, ImageFilter, ImageOps

    try:
        with Image.open(media) as opened:
            picture = ImageOps.exif_transpose(opened).convert("RGB")
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise MediaError(f"{media.name} cannot be read as a picture: {error}") from error
    picture.thumbnail((_PICTURE_SIDE, _PICTURE_SIDE))
    for x, y, w, h in _boxes(timeline):
        box = _pixels(x, y, w, h, picture.size)
        if box is None:
            continue
        face = picture.crop(box)
        side = max(face.size)
        # Eight blocks across first: a blur alone can be undone in part.
        small = face.resize((8, 8)).resize(face.size)
        picture.paste(small.filter(ImageFilter.GaussianBlur(side / 12)), box[:2])
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=85)
    return _data_uri(out.getvalue(), "image/jpeg")


def _boxes(timeline: Timeline) -> Iterable[tuple[float, float, float, float]]:
    """Yield boxes as shares of the picture."""
    faces = timeline.tables.get("faces")
    if faces is None or not {"frame_w", "frame_h", "x", "y", "w", "h"} <= set(faces.columns):
        return
    for row in faces.dropna(subset=["x", "y", "w", "h", "frame_w", "frame_h"]).to_dict("records"):
        across, down = float(row["frame_w"]), float(row["frame_h"])
        if across > 0 and down > 0:
            yield row["x"] / across, row["y"] / down, row["w"] / across, row["h"] / down


def _pixels(
    x: float, y: float, w: float, h: float, size: tuple[int, int]
) -> tuple[int, int, int, int] | None:
    """Return the box in pixels, a quarter wider than the face, inside the picture."""
    left = max(0, int((x - w / 4) * size[0]))
    top = max(0, int((y - h / 4) * size[1]))
    right = min(size[0], int((x + 1.25 * w) * size[0]) + 1)
    bottom = min(size[1], int((y + 1.25 * h) * size[1]) + 1)
    return (left, top, right, bottom) if right > left and bottom > top else None
