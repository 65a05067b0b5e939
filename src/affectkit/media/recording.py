"""One recording, whatever its kind, opened without decoding it."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Self

from affectkit.affect import Conversation, Note
from affectkit.errors import MediaError
from affectkit.media.sniff import content_of, head_of, regular_file

if TYPE_CHECKING:
    from affectkit.media.audio import Audio
    from affectkit.media.video import Frame

Kind = Literal["video", "audio", "image", "text", "transcript", "chat"]

_SUFFIXES: dict[str, tuple[str, ...]] = {
    "video": ("mp4", "m4v", "mov", "mkv", "webm", "avi", "mpg", "mpeg", "wmv", "flv", "3gp", "ts"),
    "audio": ("wav", "mp3", "flac", "ogg", "oga", "opus", "m4a", "aac", "wma", "aif", "aiff"),
    "image": ("jpg", "jpeg", "png", "webp", "bmp", "tif", "tiff", "avif"),
    "text": ("txt", "md", "srt", "vtt", "eaf", "textgrid", "json", "jsonl", "csv", "tsv"),
}


class Recording:
    r"""A video, sound, photo, text, transcript or chat, decoded only as it is asked for.

    Open one with `Recording.open`. The kind is told by content, not by name.

    Attributes
    ----------
    path : Path
    kind : {"video", "audio", "image", "text", "transcript", "chat"}
    duration_s : float
        Seconds, as the header says; 0 for a photo or a text without times.
    has_video, has_audio : bool
        Whether `frames` and `audio` have something to give.
    conversation : Conversation or None
        The words of a text, transcript or chat.
    notes : list of Note
        What is missing or damaged; grows while frames and sound are decoded.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "talk.vtt"
    >>> _ = file.write_text("WEBVTT\n\n00:01.000 --> 00:02.500\n<v Ann>Hello\n")
    >>> with Recording.open(file) as recording:
    ...     recording.kind, recording.duration_s, recording.conversation.speakers
    ('transcript', 2.5, ('Ann',))
    """

    def __init__(
        self,
        path: Path,
        kind: Kind,
        *,
        duration_s: float = 0.0,
        has_video: bool = False,
        has_audio: bool = False,
        conversation: Conversation | None = None,
        notes: tuple[str, ...] = (),
    ) -> None:
        self.path = path
        self.kind: Kind = kind
        self.duration_s = duration_s
        self.has_video = has_video
        self.has_audio = has_audio
        self.conversation = conversation
        self._notes: dict[str, Note] = {}
        self._noting = threading.Lock()
        self._audio: Audio | None = None
        self._unpacking = threading.Lock()
        for reason in notes:
            self._note(reason)

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> Recording:
        """Open a file, reading no more than its header; texts are read whole.

        Raises
        ------
        MediaError
            If it is no file, empty, unreadable, or holds nothing that can be read.
        """
        file = regular_file(path)
        head = head_of(file)
        content = content_of(head)
        if content == "image":
            from affectkit.media.photo import is_animated

            if not is_animated(file):
                return cls(file, "image", has_video=True, notes=_misnamed(file, "image"))
            content = "av"
        if content == "text":
            from affectkit.media.conversations import read_text_file

            kind, talk, notes = read_text_file(file)
            ends = [u.end_s for u in talk if u.end_s is not None]
            return cls(
                file,
                kind,
                duration_s=max(ends, default=0.0),
                conversation=talk,
                notes=(*_misnamed(file, "text"), *notes),
            )
        return cls._open_media(file)

    @classmethod
    def _open_media(cls, file: Path) -> Recording:
        from affectkit.media.video import (
            WITHOUT_LENGTH,
            open_container,
            picture_streams,
            promised_duration,
            sound_streams,
        )

        try:
            with open_container(file) as container:
                pictures, sounds = picture_streams(container), sound_streams(container)
                stated = [promised_duration(container, s) for s in (*pictures, *sounds)]
                guessed = container.format.name in WITHOUT_LENGTH
                if container.duration is not None and not guessed:
                    stated.append(container.duration / 1e6)
        except MediaError as error:
            return cls._open_sound(file, error)
        if not pictures and not sounds:
            return cls._open_sound(
                file, MediaError(f"{file.name} has neither picture nor sound that can be read")
            )
        lengths = [s for s in stated if s is not None and 0 < s < 1e9]
        duration_s = max(lengths) if lengths else _walk(file)
        kind: Kind = "video" if pictures else "audio"
        return cls(
            file,
            kind,
            duration_s=duration_s,
            has_video=bool(pictures),
            has_audio=bool(sounds),
            notes=_misnamed(file, kind),
        )

    @classmethod
    def _open_sound(cls, file: Path, first: MediaError) -> Recording:
        """Try the formats that only soundfile knows; else raise the first error."""
        import soundfile

        try:
            facts = soundfile.info(file)
        except (RuntimeError, OSError, ValueError, TypeError):
            raise first from None
        return cls(file, "audio", duration_s=float(facts.duration), has_audio=True)

    @property
    def notes(self) -> list[Note]:
        """What is missing or damaged, as far as is known by now."""
        with self._noting:
            return list(self._notes.values())

    def frames(
        self, rate_hz: float = 5.0, max_size: int = 960, *, threads: int = 1
    ) -> Iterator[Frame]:
        """Yield upright frames in order of time, one in each ``1 / rate_hz`` seconds at most.

        Each call decodes anew; only one frame is held at a time.

        Parameters
        ----------
        rate_hz
            Frames a second; where the video has fewer, all of them come.
        max_size
            Longest side in pixels; larger pictures are scaled down. 0 for no limit.
        threads
            Decoding threads.

        Raises
        ------
        MediaError
            If there is no picture, or none of it can be read.
        """
        if rate_hz <= 0:
            raise ValueError(f"rate_hz is {rate_hz}; it must be above 0")
        if not self.has_video:
            raise MediaError(f"{self.path.name} has no picture")
        if self.kind == "image":
            return self._photo(max_size)
        from affectkit.media.video import decode_frames

        return decode_frames(
            self.path, rate_hz=rate_hz, max_size=max_size, threads=threads, note=self._note
        )

    def _photo(self, max_size: int) -> Iterator[Frame]:
        from affectkit.media.photo import read_photo
        from affectkit.media.video import Frame

        yield Frame(0.0, read_photo(self.path, max_size=max_size, note=self._note))

    def audio(self) -> Audio:
        """Return the whole sound at 16 kHz mono; decoded on the first call, then kept.

        Raises
        ------
        MediaError
            If there is no sound.
        """
        if not self.has_audio:
            raise MediaError(f"{self.path.name} has no sound")
        with self._unpacking:
            if self._audio is None:
                from affectkit.media.audio import decode_audio

                self._audio = decode_audio(self.path, note=self._note)
            return self._audio

    def close(self) -> None:
        """Give scratch space back."""
        with self._unpacking:
            if self._audio is not None:
                self._audio.close()
                self._audio = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Recording {self.path.name!r}: {self.kind}, {self.duration_s:.1f} s>"

    def _note(self, reason: str) -> None:
        with self._noting:
            self._notes.setdefault(reason, Note("media", reason))


def _walk(file: Path) -> float:
    """Return the end of the last packet in seconds, for files that do not say how long they are."""
    import av

    from affectkit.media.video import open_container, start_of

    end_s = 0.0
    with open_container(file) as container, suppress(av.FFmpegError, OSError):
        begun = start_of(container)
        for packet in container.demux():
            if packet.pts is not None and packet.time_base is not None:
                length = packet.duration or 0
                end_s = max(end_s, float((packet.pts + length) * packet.time_base) - begun)
    return min(end_s, 1e9)


def _misnamed(file: Path, kind: str) -> tuple[str, ...]:
    suffix = file.suffix.lower().lstrip(".")
    named = next((k for k, suffixes in _SUFFIXES.items() if suffix in suffixes), kind)
    if named == kind:
        return ()
    words = {"video": "a video", "audio": "sound only", "image": "a photo", "text": "text"}
    return (f"the file is named .{suffix} but holds {words[kind]}; it was read as such",)
