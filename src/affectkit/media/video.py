"""Frames of a video, lazily, at a chosen rate and size, upright."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from affectkit.errors import MediaError

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

MAX_PIXELS = 8192 * 8192
"""The largest picture that is decoded; a file can claim any size."""

_DEMUXERS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,flv,mpeg,mpegts,mpegvideo,m4v,asf,ogg,wav,w64,"
    "aiff,flac,mp3,aac,amr,caf,au,ac3,eac3,dts,wv,ape,tta,h264,hevc,obu,ivf,gif,dv,rm,nut,voc,"
    "mxf,gxf,ogv,mjpeg,oma,spdif,truehd,mpc,mpc8,tak,loas,latm,sox,wve,xwma,avr,nsv,wtv,ivf,av1"
)
"""Playlists and other formats that name further files or addresses are not among them."""


WITHOUT_LENGTH = ("aac", "ac3", "eac3", "dts", "h264", "hevc", "mpegvideo", "m4v", "loas")
"""Bare streams whose length the library can only guess, from their bit rate."""


@dataclass(frozen=True, eq=False)
class Frame:
    """One picture.

    Parameters
    ----------
    time_s
        When it is shown, in seconds from the start of the recording.
    image
        Pixels, uint8 [shape=(height, width, 3)], red, green, blue, upright.
    """

    time_s: float
    image: NDArray[np.uint8]


def open_container(file: Path) -> InputContainer:
    """Open a media file with no way to reach another file or the network.

    Raises
    ------
    MediaError
        If it is not a media file, or its index is missing.
    """
    import av

    # PyAV 19 never fails on titles that are no UTF-8, and dropped the choice.
    lenient: dict[str, Any] = {"metadata_errors": "replace"} if _major(av) < 19 else {}
    try:
        container: InputContainer = av.open(
            f"file:{file.resolve()}",
            mode="r",
            options={"format_whitelist": _DEMUXERS, "protocol_whitelist": "file"},
            container_options={},
            **lenient,
        )
        return container
    except (av.FFmpegError, OSError, ValueError, MemoryError) as error:
        raise MediaError(
            f"{file.name} cannot be read as a video or sound ({reason_of(error)})",
            remedy="if it was cut off while it was recorded or copied, copy it again; else "
            "convert it to MP4 or WAV",
        ) from None


def _major(library: ModuleType) -> int:
    return int(library.__version__.split(".")[0])


def reason_of(error: BaseException) -> str:
    """Return what the decoder said, without its error number and file name."""
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return str(text).lower()[:200]


def picture_streams(container: InputContainer) -> list[VideoStream]:
    """Return the streams that hold moving pictures; the cover of a song does not move."""
    from av.stream import Disposition

    return [
        s
        for s in container.streams.video
        if s.codec_context is not None
        and s.codec_context.width > 0
        and not s.disposition & Disposition.attached_pic
    ]


def sound_streams(container: InputContainer) -> list[AudioStream]:
    """Return the streams that hold sound which can be decoded."""
    return [
        s
        for s in container.streams.audio
        if s.codec_context is not None and s.codec_context.sample_rate
    ]


def start_of(container: InputContainer) -> float:
    """Return the time in seconds at which both picture and sound count as begun."""
    return container.start_time / 1e6 if container.start_time is not None else 0.0


def decode_frames(
    file: Path,
    *,
    rate_hz: float,
    max_size: int,
    threads: int,
    note: Callable[[str], None],
) -> Iterator[Frame]:
    """Yield the first frame in each ``1 / rate_hz`` seconds of a video.

    Parameters
    ----------
    file
        The video.
    rate_hz
        Frames a second at most.
    max_size
        Longest side in pixels; larger pictures are scaled down, smaller left as they are.
    threads
        Decoding threads.
    note
        Called with what is missing or damaged.
    """
    import av

    with open_container(file) as container:
        streams = picture_streams(container)
        if not streams:
            raise MediaError(f"{file.name} has no picture")
        stream = streams[0]
        codec = stream.codec_context
        if codec.width * codec.height > MAX_PIXELS:
            raise MediaError(
                f"{file.name} claims pictures of {codec.width} x {codec.height} pixels, "
                f"more than the {MAX_PIXELS} that are read",
                remedy="scale it down",
            )
        codec.thread_type = "AUTO"
        codec.thread_count = max(1, threads)
        codec.options = {"max_pixels": str(MAX_PIXELS)}
        begun = start_of(container)
        aspect = float(stream.sample_aspect_ratio or 1.0)
        sparse = float(stream.average_rate or 0.0) >= 4 * rate_hz
        if sparse:
            # Pictures that no other picture depends on need not be decoded to be skipped;
            # this nearly halves the work at 5 of 25 frames a second.
            codec.skip_frame = "NONREF"
        slot, last_s, until_s, damaged = -math.inf, None, 0.0, 0
        turned, matrix = None, (1, 0, 0, 1)
        packets = iter(container.demux(stream))
        while True:
            try:
                packet = next(packets)
            except StopIteration:
                break
            except (av.FFmpegError, OSError) as error:
                note(f"the picture could not be read to its end ({reason_of(error)})")
                break
            try:
                decoded = packet.decode()
            except (av.FFmpegError, OSError, ValueError):
                damaged += 1
                continue
            for picture in decoded:
                if picture.pts is None or picture.time_base is None:
                    continue
                time_s = float(picture.pts * picture.time_base) - begun
                if not math.isfinite(time_s) or time_s < -1.0:
                    continue
                time_s = max(0.0, time_s)
                if last_s is not None and time_s < last_s:
                    continue
                if sparse and last_s is not None and time_s - last_s > 1.5 / rate_hz:
                    sparse = False
                    with suppress(Exception):
                        codec.skip_frame = "DEFAULT"
                last_s = time_s
                until_s = time_s + (picture.duration or 0) * float(picture.time_base)
                if math.floor(time_s * rate_hz + 1e-6) <= slot:
                    continue
                # Looking at side data ties a frame into a cycle of references, which keeps
                # it until the garbage collector comes by; so it is done once a turn.
                if picture.rotation != turned:
                    turned, matrix = picture.rotation, display_matrix(picture)
                try:
                    image = _upright(picture, max_size, aspect, matrix)
                except (av.FFmpegError, OSError, ValueError, MemoryError):
                    damaged += 1
                    continue
                slot = math.floor(time_s * rate_hz + 1e-6)
                yield Frame(time_s, image)
        if damaged:
            note(f"{damaged} piece{'s' if damaged > 1 else ''} of the picture could not be decoded")
        promised = promised_duration(container, stream)
        if last_s is None:
            note("no picture could be decoded")
        elif ends_early(until_s, promised):
            note(
                f"the picture stops after {until_s:.1f} s of {promised:.1f} s: "
                "the file is truncated or damaged"
            )


def _upright(
    picture: VideoFrame, max_size: int, aspect: float, matrix: tuple[int, int, int, int]
) -> NDArray[np.uint8]:
    width, height = picture.width, picture.height
    if width * height > MAX_PIXELS or width < 1 or height < 1:
        raise ValueError("impossible picture size")
    shown = width * aspect if 0.1 < aspect < 10 else float(width)
    scale = min(1.0, max_size / max(shown, height)) if max_size else 1.0
    to_width, to_height = max(1, round(shown * scale)), max(1, round(height * scale))
    small = picture.reformat(
        width=to_width, height=to_height, format="rgb24", interpolation="BILINEAR"
    )
    pixels: Any = small.to_ndarray()
    return turn(pixels, matrix)


def display_matrix(picture: VideoFrame) -> tuple[int, int, int, int]:
    """Return the turn and mirroring that a player applies, as (a, b, c, d), each -1, 0 or 1.

    A point (x, y) of the stored picture is shown at (a x + c y, b x + d y), with y downward.
    Turns by other than a multiple of 90 degrees are rounded to one.
    """
    from av.sidedata.sidedata import Type

    side_data: Any = picture.side_data
    data: Any = side_data.get(Type.DISPLAYMATRIX)
    if data is None or data.buffer_size < 36:
        return (1, 0, 0, 1)
    a, b, _, c, d = (int(v) for v in np.frombuffer(bytes(data), dtype="<i4", count=5))
    if abs(a) + abs(d) >= abs(b) + abs(c):
        return (-1 if a < 0 else 1, 0, 0, -1 if d < 0 else 1)
    return (0, -1 if b < 0 else 1, -1 if c < 0 else 1, 0)


def turn(image: NDArray[np.uint8], matrix: tuple[int, int, int, int]) -> NDArray[np.uint8]:
    """Turn and mirror a picture as `display_matrix` says.

    Examples
    --------
    >>> picture = np.array([[[1], [2]]], dtype=np.uint8)
    >>> turn(picture, (-1, 0, 0, -1))[..., 0].tolist()
    [[2, 1]]
    >>> turn(picture, (0, 1, -1, 0))[..., 0].tolist()
    [[1], [2]]
    """
    a, b, c, d = matrix
    if a:
        image = image[:: 1 if d > 0 else -1, :: 1 if a > 0 else -1]
    else:
        # x' = c y and y' = b x: rows become columns.
        image = image.transpose(1, 0, 2)[:: 1 if b > 0 else -1, :: 1 if c > 0 else -1]
    return np.ascontiguousarray(image)


def ends_early(end_s: float, promised_s: float | None) -> bool:
    """Return whether so much less came out than was promised that something is missing.

    Examples
    --------
    >>> ends_early(12.3, 60.0), ends_early(59.5, 60.0), ends_early(3.0, None)
    (True, False, False)
    """
    return promised_s is not None and end_s < promised_s - max(1.0, 0.03 * promised_s)


def promised_duration(container: Any, stream: Any) -> float | None:
    """Return how many seconds the header says a stream lasts, or None if it does not say."""
    if container.format.name in WITHOUT_LENGTH:
        return None
    if stream.duration is not None and stream.time_base is not None:
        return float(stream.duration * stream.time_base)
    tag = stream.metadata.get("DURATION", "")
    with suppress(ValueError, AttributeError):
        hours, minutes, seconds = tag.split(":")
        return int(hours) * 3600 + int(minutes) * 60 + float(seconds)
    others = [s for s in container.streams if s.type in ("video", "audio")]
    if container.duration is not None and len(others) == 1:
        return float(container.duration) / 1e6
    return None
