"""A photo as one upright frame, with a limit on how large it may unfold."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affectkit.errors import MediaError

MAX_PIXELS = 150_000_000
"""The largest photo that is decoded: 150 megapixels."""

# Formats that run no interpreter and fetch nothing; PostScript and PDF stay out.
_FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF", "AVIF", "PPM")
_patience = threading.Lock()


def is_animated(file: Path) -> bool:
    """Return whether an image file holds more than one picture to be played.

    Raises
    ------
    MediaError
        If it is not a photo that can be read.
    """
    with _open(file) as image:
        return image.format == "GIF" and bool(getattr(image, "is_animated", False))


def read_photo(file: Path, *, max_size: int, note: Callable[[str], None]) -> NDArray[np.uint8]:
    """Return a photo upright, uint8 [shape=(height, width, 3)].

    Parameters
    ----------
    file
        The photo.
    max_size
        Longest side in pixels; larger photos are scaled down.
    note
        Called with what is missing or damaged.

    Raises
    ------
    MediaError
        If it cannot be read, or has more than 150 million pixels.
    """
    try:
        return _decode(file, max_size)
    except (OSError, SyntaxError, ValueError) as error:
        first = error
    from PIL import ImageFile

    # Pillow knows only a global switch for reading what there is of a cut-off file.
    with _patience:
        before = ImageFile.LOAD_TRUNCATED_IMAGES
        ImageFile.LOAD_TRUNCATED_IMAGES = True
        try:
            pixels = _decode(file, max_size)
        except (OSError, SyntaxError, ValueError):
            raise _unreadable(file, first) from None
        finally:
            ImageFile.LOAD_TRUNCATED_IMAGES = before
    note("the photo is damaged or cut off; what is missing is grey or black")
    return pixels


def _decode(file: Path, max_size: int) -> NDArray[np.uint8]:
    from PIL import Image, ImageOps

    with _open(file) as image:
        if image.format == "JPEG" and max_size:
            image.draft("RGB", (max_size, max_size))
        picture: Any = ImageOps.exif_transpose(image)
        if picture.mode.startswith("I;16"):
            levels = np.asarray(picture, dtype=np.uint16) >> 8
            picture = Image.fromarray(levels.astype(np.uint8))
        elif picture.mode in ("I", "F"):
            values = np.asarray(picture, dtype=np.float64)
            low, high = np.nanmin(values), np.nanmax(values)
            scaled = np.nan_to_num((values - low) / max(high - low, 1e-12)) * 255
            picture = Image.fromarray(scaled.astype(np.uint8))
        elif picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
            picture = picture.convert("RGBA")
            white = Image.new("RGBA", picture.size, "white")
            picture = Image.alpha_composite(white, picture)
        picture = picture.convert("RGB")
        if max_size and max(picture.size) > max_size:
            scale = max_size / max(picture.size)
            size = tuple(max(1, round(side * scale)) for side in picture.size)
            picture = picture.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)
        return np.array(picture, dtype=np.uint8)


def _open(file: Path) -> Any:
    from PIL import Image, UnidentifiedImageError

    with warnings.catch_warnings():
        # Our own limit, just below, speaks in the user's terms.
        warnings.simplefilter("ignore")
        try:
            image = Image.open(file, formats=_FORMATS)
        except Image.DecompressionBombError:
            raise _too_large(file, None) from None
        except UnidentifiedImageError:
            raise MediaError(
                f"{file.name} is not a photo that can be read",
                remedy="convert it to JPEG or PNG",
            ) from None
        except (OSError, SyntaxError, ValueError, MemoryError, RuntimeError) as error:
            raise _unreadable(file, error) from None
    if image.size[0] * image.size[1] > MAX_PIXELS:
        size = image.size
        image.close()
        raise _too_large(file, size)
    return image


def _too_large(file: Path, size: tuple[int, int] | None) -> MediaError:
    claim = f"{size[0]} x {size[1]} pixels" if size else "more pixels than can be"
    return MediaError(
        f"{file.name} claims {claim}; at most {MAX_PIXELS // 1_000_000} million are read",
        remedy="scale it down",
    )


def _unreadable(file: Path, error: Exception) -> MediaError:
    return MediaError(
        f"{file.name} is damaged and cannot be read as a photo ({str(error)[:120]})",
        remedy="save it again as JPEG or PNG",
    )
