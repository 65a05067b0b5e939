"""The whole sound of a recording at 16 kHz mono, on disk, read piece by piece."""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from affectkit.errors import MediaError
from affectkit.media.video import (
    ends_early,
    open_container,
    promised_duration,
    reason_of,
    sound_streams,
    start_of,
)

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame

RATE_HZ = 16_000
MAX_DURATION_S = 48 * 3600.0
_SCRATCH = "AFFECTKIT_SCRATCH"
_HEADROOM = 1.1
_PLANES = 8
_SILENCE = 10 ** (-80 / 20)


class Audio:
    """Sound at 16 kHz mono, kept as 16-bit samples in a scratch file without a name.

    Reading takes memory only for what is read. The scratch file vanishes with the object,
    and with the process, however that ends.

    Examples
    --------
    >>> sound = Audio.from_samples(np.zeros(8000, dtype=np.float32))
    >>> sound.duration_s
    0.5
    >>> [start_s for start_s, block in sound.blocks(0.2)]
    [0.0, 0.2, 0.4]
    """

    rate_hz = RATE_HZ

    def __init__(self, scratch: IO[bytes], n_samples: int) -> None:
        self._scratch = scratch
        self._lock = threading.Lock()
        self.n_samples = n_samples

    @classmethod
    def from_samples(cls, samples: NDArray[np.float32]) -> Audio:
        """Return sound from samples in [-1, 1] at 16 kHz [shape=(n,)]."""
        scratch = _scratch_file()
        scratch.write(_to_int16(np.asarray(samples, dtype=np.float32)).tobytes())
        scratch.flush()
        return cls(scratch, len(samples))

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.n_samples / RATE_HZ

    def read(self, start_s: float = 0.0, end_s: float | None = None) -> NDArray[np.float32]:
        """Return samples in [-1, 1] from `start_s` to `end_s` seconds [shape=(n,)].

        What lies outside the recording is left out, so less may come back than was asked.

        Examples
        --------
        >>> Audio.from_samples(np.zeros(16000, dtype=np.float32)).read(0.5, 2.0).shape
        (8000,)
        """
        first = max(0, round(start_s * RATE_HZ))
        last = self.n_samples if end_s is None else min(self.n_samples, round(end_s * RATE_HZ))
        return self._samples(first, max(first, last))

    def blocks(
        self, block_s: float, overlap_s: float = 0.0
    ) -> Iterator[tuple[float, NDArray[np.float32]]]:
        """Yield ``(start_s, samples)`` of blocks in turn, each overlapping the one before.

        The last block may be shorter. A block never lies wholly within the one before.
        """
        size, step = round(block_s * RATE_HZ), round((block_s - overlap_s) * RATE_HZ)
        if size < 1 or step < 1:
            raise ValueError("blocks need a length above 0 and above their overlap")
        first = 0
        while first < self.n_samples:
            last = min(first + size, self.n_samples)
            yield first / RATE_HZ, self._samples(first, last)
            if last == self.n_samples:
                return
            first += step

    def close(self) -> None:
        """Give the scratch space back."""
        self._scratch.close()

    def _samples(self, first: int, last: int) -> NDArray[np.float32]:
        # Read rather than mapped: pages of a mapped file count as resident memory, and a
        # pass over four hours would show as half a gigabyte.
        if last <= first:
            return np.zeros(0, dtype=np.float32)
        size, offset = 2 * (last - first), 2 * first
        if hasattr(os, "pread"):
            data = os.pread(self._scratch.fileno(), size, offset)
        else:
            with self._lock:
                self._scratch.seek(offset)
                data = self._scratch.read(size)
        return np.frombuffer(data, dtype="<i2").astype(np.float32) / np.float32(32768.0)


def decode_audio(file: Path, *, note: Callable[[str], None]) -> Audio:
    """Return the sound of a media file.

    Channels are averaged; if they cancel each other out, the first is taken alone. Sound
    beyond full scale is turned down, not clipped. Gaps that the file's own clock shows are
    filled with silence, so that times agree with those of the picture.

    Parameters
    ----------
    file
        A video or sound file.
    note
        Called with what is missing or damaged.

    Raises
    ------
    MediaError
        If there is no sound, or no room for the scratch file.
    """
    mix = _Mix(gain=1.0, channel=None)
    try:
        samples, found = _pass(file, mix, note)
        if found.peak > _HEADROOM or found.cancels:
            # Seldom, so the price is a second pass and not a bit of depth for everybody.
            samples.close()
            mix = _Mix(
                gain=min(1.0, 1.0 / max(found.channel_peak, 1e-9)),
                channel=0 if found.cancels else None,
            )
            samples, found = _pass(file, mix, lambda reason: None)
            if mix.channel is not None:
                note("the channels of the sound cancel each other out; the first is used alone")
            if mix.gain < 1.0:
                down = -20 * np.log10(mix.gain)
                note(f"the sound goes beyond full scale and was turned down by {down:.1f} dB")
    except OSError as error:
        raise MediaError(
            f"there is no room to unpack the sound of {file.name} ({reason_of(error)})",
            remedy=f"free some disk, or set {_SCRATCH} to a folder with room",
        ) from None
    if samples.n_samples == 0:
        note("no sound could be decoded")
    elif found.peak < _SILENCE:
        note("the sound is silent throughout")
    return samples


@dataclass(frozen=True)
class _Mix:
    gain: float
    channel: int | None


class _Levels:
    """What must be known of the whole sound before its mix can be judged."""

    def __init__(self) -> None:
        self.peak = 0.0
        self.channel_peak = 0.0
        self._mono = 0.0
        self._each = 0.0

    def see(self, channels: NDArray[np.float32], mono: NDArray[np.float32]) -> None:
        if mono.size:
            self.peak = max(self.peak, float(np.abs(mono).max()))
            self.channel_peak = max(self.channel_peak, float(np.abs(channels).max()))
            self._mono += float(np.square(mono, dtype=np.float64).sum())
            self._each += float(np.square(channels, dtype=np.float64).mean(axis=0).sum())

    @property
    def cancels(self) -> bool:
        return self._each > 1e-6 and self._mono < 1e-3 * self._each


class _Writer:
    """Gathers, mixes, resamples and writes; keeps count of what was written."""

    def __init__(self, scratch: IO[bytes], mix: _Mix, levels: _Levels) -> None:
        self._scratch, self._mix, self._levels = scratch, mix, levels
        self._resampler: Any = None
        self._pending: list[NDArray[Any]] = []
        self._pending_samples = 0
        self._shape: tuple[Any, ...] = ()
        self.n_samples = 0
        self.time_s = 0.0

    def write(self, channels: NDArray[Any], rate_hz: int) -> None:
        """Take samples [shape=(n_channels, n)] at any rate, of any sample format."""
        import soxr

        shape = (len(channels), rate_hz, channels.dtype)
        if shape != self._shape:
            self.finish()
            self._shape = shape
            if rate_hz != RATE_HZ:
                self._resampler = soxr.ResampleStream(rate_hz, RATE_HZ, 1, dtype="float32")
        self.time_s += channels.shape[1] / rate_hz
        self._pending.append(channels)
        self._pending_samples += channels.shape[1]
        # Codecs hand out a few milliseconds at a time; the arithmetic is dearer than that.
        if self._pending_samples >= rate_hz:
            self._work()

    def silence(self, seconds: float) -> None:
        """Leave a gap."""
        self.finish()
        count = round(seconds * RATE_HZ)
        # A hole in a sparse file takes no room.
        self._scratch.seek(2 * count, os.SEEK_CUR)
        self._scratch.truncate(self._scratch.tell())
        self.n_samples += count
        self.time_s += seconds

    def finish(self) -> None:
        """Write what is still held back."""
        self._work()
        if self._resampler is not None:
            self._put(self._resampler.resample_chunk(np.zeros(0, dtype=np.float32), last=True))
        self._resampler, self._shape = None, ()

    def _work(self) -> None:
        if not self._pending:
            return
        channels = _full_scale_one(np.concatenate(self._pending, axis=1))
        self._pending, self._pending_samples = [], 0
        if not np.isfinite(channels).all():
            channels = np.nan_to_num(channels, nan=0.0, posinf=0.0, neginf=0.0)
        mono = channels.mean(axis=0) if self._mix.channel is None else channels[self._mix.channel]
        mono = mono.astype(np.float32, copy=False)
        self._levels.see(channels, mono)
        self._put(self._resampler.resample_chunk(mono) if self._resampler is not None else mono)

    def _put(self, mono: NDArray[np.float32]) -> None:
        self._scratch.write(_to_int16(mono * np.float32(self._mix.gain)).tobytes())
        self.n_samples += mono.size


def _pass(file: Path, mix: _Mix, note: Callable[[str], None]) -> tuple[Audio, _Levels]:
    scratch = _scratch_file()
    levels = _Levels()
    writer = _Writer(scratch, mix, levels)
    try:
        try:
            _decode_with_av(file, writer, note)
        except MediaError:
            if writer.n_samples:
                raise
            _decode_with_soundfile(file, writer, note)
        writer.finish()
        scratch.flush()
    except BaseException:
        scratch.close()
        raise
    return Audio(scratch, writer.n_samples), levels


def _decode_with_av(file: Path, writer: _Writer, note: Callable[[str], None]) -> None:
    import av

    with open_container(file) as container:
        streams = sound_streams(container)
        if not streams:
            raise MediaError(f"{file.name} has no sound")
        stream = streams[0]
        stream.codec_context.thread_count = 1
        begun = start_of(container)
        tick = float(stream.time_base or 0)
        promised = promised_duration(container, stream)
        limit_s = min(MAX_DURATION_S, (promised or 0.0) + 60.0)
        declared = len(stream.codec_context.layout.channels)
        damaged, first = 0, True
        packets = iter(container.demux(stream))
        while True:
            try:
                packet = next(packets)
            except StopIteration:
                break
            except (av.FFmpegError, OSError) as error:
                note(f"the sound could not be read to its end ({reason_of(error)})")
                break
            try:
                decoded = packet.decode()
            except (av.FFmpegError, OSError, ValueError):
                damaged += 1
                continue
            for frame in decoded:
                if writer.time_s > MAX_DURATION_S:
                    note("the sound is longer than 48 h; the rest is left out")
                    return
                if not frame.samples or not 1000 <= frame.sample_rate <= 768_000:
                    continue
                if frame.pts is not None:
                    gap = frame.pts * tick - begun - writer.time_s
                    # Codecs drift by less than this; a real gap is longer.
                    if gap > (0.02 if first else 0.25):
                        if writer.time_s + gap <= limit_s:
                            writer.silence(gap)
                            if not first:
                                note("the sound has gaps; they are filled with silence")
                        else:
                            note("the sound jumps to a time beyond its end; the jump is ignored")
                            begun += gap
                first = False
                if len(frame.layout.channels) > _PLANES and not frame.format.is_packed:
                    # PyAV reads beyond the end of the list of planes of such a frame, which
                    # crashes; damaged AAC claims dozens of channels. Packed ones are safe.
                    if len(frame.layout.channels) != declared:
                        damaged += 1
                        continue
                    packer = av.AudioResampler(format=frame.format.packed)
                    [frame] = packer.resample(frame)
                writer.write(_channels(frame), frame.sample_rate)
        if damaged:
            note(f"{damaged} piece{'s' if damaged > 1 else ''} of the sound could not be decoded")
        if ends_early(writer.time_s, promised):
            note(
                f"the sound stops after {writer.time_s:.1f} s of {promised:.1f} s: "
                "the file is truncated or damaged"
            )


def _decode_with_soundfile(file: Path, writer: _Writer, note: Callable[[str], None]) -> None:
    import soundfile

    try:
        with soundfile.SoundFile(file) as sound:
            for block in sound.blocks(blocksize=1 << 16, dtype="float32", always_2d=True):
                writer.write(block.T, sound.samplerate)
                if writer.time_s > MAX_DURATION_S:
                    return
    except (RuntimeError, OSError, ValueError, TypeError) as error:
        if not writer.n_samples:
            raise MediaError(
                f"the sound of {file.name} cannot be read ({str(error)[:120]})",
                remedy="convert it to WAV or FLAC",
            ) from None
        note(f"the sound could not be read to its end ({str(error)[:120]})")


def _channels(frame: AudioFrame) -> NDArray[Any]:
    """Return samples as they are stored [shape=(n_channels, n)]."""
    values = frame.to_ndarray()
    if frame.format.is_packed and len(frame.layout.channels) > 1:
        return values.reshape(-1, len(frame.layout.channels)).T
    return values


def _full_scale_one(values: NDArray[Any]) -> NDArray[np.float32]:
    """Return samples of any format as floats whose full scale is 1."""
    if values.dtype == np.uint8:
        return np.asarray((values.astype(np.float32) - 128.0) / 128.0, dtype=np.float32)
    if values.dtype.kind == "i":
        full_scale = np.float32(2.0 ** (8 * values.dtype.itemsize - 1))
        return np.asarray(values.astype(np.float32) / full_scale)
    return np.asarray(values.astype(np.float32, copy=False))


def _to_int16(samples: NDArray[np.float32]) -> NDArray[np.int16]:
    return np.asarray(np.clip(np.rint(samples * 32768.0), -32768, 32767).astype("<i2"))


def _scratch_file() -> IO[bytes]:
    return tempfile.TemporaryFile(prefix="affectkit-", dir=os.environ.get(_SCRATCH) or None)
