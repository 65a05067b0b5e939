"""Make small clips and posters: for the demonstration, for reports, for tests."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from affectkit.errors import MediaError

if TYPE_CHECKING:
    from affectkit.media.recording import Recording

_CODECS = {
    ".mp4": ("libx264", "aac", {"preset": "veryfast", "crf": "28"}),
    ".mov": ("libx264", "aac", {"preset": "veryfast", "crf": "28"}),
    ".mkv": ("libx264", "aac", {"preset": "veryfast", "crf": "28"}),
    ".webm": ("libvpx-vp9", "libopus", {"deadline": "realtime", "cpu-used": "8", "crf": "40"}),
}


def write_clip(
    path: str | os.PathLike[str],
    frames: Iterable[NDArray[np.uint8]] = (),
    *,
    rate_hz: float = 25.0,
    samples: NDArray[np.float32] | None = None,
    samples_rate_hz: int = 16_000,
    times_s: Iterable[float] | None = None,
) -> Path:
    """Encode frames and sound to MP4, MOV, MKV or WebM, whole or not at all.

    Parameters
    ----------
    path
        Where to; the suffix decides the format.
    frames
        Pictures, uint8 [shape=(height, width, 3)], all of one size; taken one at a time. An
        odd row or column is cut, since the codecs want even sizes.
    rate_hz
        Frames a second.
    samples
        Sound in [-1, 1] [shape=(n,)] or [shape=(n_channels, n)], or None.
    samples_rate_hz
        Samples a second.
    times_s
        When each frame is shown, in seconds, for a variable frame rate.

    Raises
    ------
    MediaError
        If the format is unknown, there is nothing to encode, or it cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> grey = np.full((48, 64, 3), 128, dtype=np.uint8)
    >>> file = write_clip(Path(tempfile.mkdtemp()) / "grey.mp4", [grey] * 5, rate_hz=5)
    >>> from affectkit.media import Recording
    >>> Recording.open(file).duration_s
    1.0
    """
    import av

    target = Path(path)
    if target.suffix.lower() not in _CODECS:
        raise MediaError(
            f"{target.name} has no suffix that can be encoded", remedy=f"use {', '.join(_CODECS)}"
        )
    beside = target.with_name(f".{os.getpid()}.{target.name}")
    pictures = iter(frames)
    first = next(pictures, None)
    if first is None and (samples is None or not samples.size):
        raise MediaError(f"there is nothing to encode in {target.name}")
    try:
        with av.open(str(beside), "w") as container:
            _encode(container, target.suffix.lower(), first, pictures, rate_hz, times_s,
                    samples, samples_rate_hz)  # fmt: skip
        os.replace(beside, target)
    except (av.FFmpegError, OSError) as error:
        raise MediaError(f"{target.name} cannot be written ({error})") from None
    finally:
        beside.unlink(missing_ok=True)
    return target


def poster(recording: Recording, at_s: float | None = None, *, max_size: int = 640) -> bytes:
    """Return one frame of a recording as JPEG.

    Parameters
    ----------
    recording
        A video or photo.
    at_s
        The time in seconds; the frame shown then, or the last before. A tenth into the
        recording if None.
    max_size
        Longest side in pixels.

    Raises
    ------
    MediaError
        If no frame can be decoded.
    """
    wanted = recording.duration_s / 10 if at_s is None else at_s
    chosen = None
    for frame in recording.frames(rate_hz=5.0, max_size=max_size):
        if chosen is not None and frame.time_s > wanted:
            break
        chosen = frame
    if chosen is None:
        raise MediaError(f"no picture of {recording.path.name} can be decoded")
    return to_jpeg(chosen.image)


def to_jpeg(image: NDArray[np.uint8], *, quality: int = 80) -> bytes:
    """Return a picture, uint8 [shape=(height, width, 3)], as JPEG.

    Examples
    --------
    >>> to_jpeg(np.zeros((8, 8, 3), dtype=np.uint8))[:2].hex()
    'ffd8'
    """
    from PIL import Image

    out = io.BytesIO()
    Image.fromarray(image).save(out, "JPEG", quality=quality)
    return out.getvalue()


def _encode(
    container: Any,
    suffix: str,
    first: NDArray[np.uint8] | None,
    rest: Iterable[NDArray[np.uint8]],
    rate_hz: float,
    times_s: Iterable[float] | None,
    samples: NDArray[np.float32] | None,
    samples_rate_hz: int,
) -> None:
    import av

    video_codec, audio_codec, options = _CODECS[suffix]
    video: Any = None
    if first is not None:
        video = container.add_stream(
            video_codec, rate=Fraction(rate_hz).limit_denominator(100_000), options=dict(options)
        )
        video.height, video.width = first.shape[0] // 2 * 2, first.shape[1] // 2 * 2
        video.pix_fmt = "yuv420p"
        video.codec_context.thread_count = 1
        if times_s is not None:
            video.codec_context.time_base = Fraction(1, 90_000)
    audio: Any = None
    if samples is not None and samples.size:
        # Opus knows only a few rates; 48 kHz is the one all players take.
        rate = 48_000 if audio_codec == "libopus" else samples_rate_hz
        channels = 1 if samples.ndim == 1 else samples.shape[0]
        layout = "mono" if channels == 1 else "stereo"
        audio = container.add_stream(audio_codec, rate=rate, layout=layout)
    sound = _sound_frames(audio, samples, samples_rate_hz) if audio is not None else iter(())
    heard_s = 0.0
    times = iter(times_s) if times_s is not None else None
    if first is not None:
        for number, image in enumerate(chain([first], rest)):
            frame = av.VideoFrame.from_ndarray(
                np.ascontiguousarray(image[: video.height, : video.width]), format="rgb24"
            )
            shown_s = number / rate_hz
            if times is not None:
                shown_s = next(times)
                frame.pts, frame.time_base = round(shown_s * 90_000), Fraction(1, 90_000)
            for packet in video.encode(frame):
                container.mux(packet)
            # Sound is laid beside the picture as it goes, so that players need no seeking.
            while heard_s <= shown_s and (piece := next(sound, None)) is not None:
                heard_s += piece.samples / piece.sample_rate
                for packet in audio.encode(piece):
                    container.mux(packet)
        for packet in video.encode(None):
            container.mux(packet)
    if audio is not None:
        for piece in sound:
            for packet in audio.encode(piece):
                container.mux(packet)
        for packet in audio.encode(None):
            container.mux(packet)


def _sound_frames(stream: Any, samples: Any, rate_hz: int) -> Any:
    import av

    channels = np.atleast_2d(np.asarray(samples, dtype=np.float32))
    whole = np.clip(np.rint(channels * 32767), -32768, 32767).astype(np.int16)
    resampler = av.AudioResampler(
        format=stream.codec_context.format or "fltp",
        layout=stream.codec_context.layout,
        rate=stream.codec_context.sample_rate,
    )
    size = 1024
    for at in range(0, whole.shape[1], size):
        block = np.ascontiguousarray(whole[:, at : at + size])
        frame = av.AudioFrame.from_ndarray(
            block, format="s16p", layout="mono" if len(block) == 1 else "stereo"
        )
        frame.sample_rate, frame.pts = rate_hz, at
        frame.time_base = Fraction(1, rate_hz)
        yield from resampler.resample(frame)
    yield from resampler.resample(None)
