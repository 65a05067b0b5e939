"""A look through a whole file in another process, before anything trusts it."""

from __future__ import annotations

import os
from dataclasses import asdict
from typing import Any

from affectkit.media.recording import Recording
from affectkit.worker import in_worker


def examine(
    path: str | os.PathLike[str], *, decode: bool = False, timeout_s: float = 30.0
) -> dict[str, Any]:
    """Return what a file holds, found out in a process that may crash without harm.

    Parameters
    ----------
    path
        The file.
    decode
        Whether to decode all of it, at one frame a second, rather than its header alone.
    timeout_s
        Seconds after which the file is given up.

    Returns
    -------
    dict
        ``kind``, ``duration_s``, ``has_video``, ``has_audio``, ``utterances`` (count),
        ``notes``; after decoding also ``frames`` (count), ``frame_size`` (width, height)
        and ``sound_s`` (seconds).

    Raises
    ------
    MediaError
        If the file cannot be read, or crashes or hangs the decoder.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "note.txt"
    >>> _ = file.write_text("Hello there.")
    >>> examine(file)["kind"]
    'text'
    """
    return dict(
        in_worker(
            "affectkit.media.examination:look_through",
            timeout_s=timeout_s,
            path=os.path.abspath(path),
            decode=decode,
        )
    )


def look_through(path: str, decode: bool = True) -> dict[str, Any]:
    """Return the same as `examine`, found out in this process."""
    with Recording.open(path) as recording:
        talk = recording.conversation
        facts: dict[str, Any] = {
            "kind": recording.kind,
            "duration_s": recording.duration_s,
            "has_video": recording.has_video,
            "has_audio": recording.has_audio,
            "utterances": len(talk) if talk is not None else 0,
        }
        if decode and recording.has_video:
            facts["frames"], facts["frame_size"] = 0, [0, 0]
            for frame in recording.frames(rate_hz=1.0, max_size=320):
                facts["frames"] += 1
                facts["frame_size"] = [frame.image.shape[1], frame.image.shape[0]]
        if decode and recording.has_audio:
            facts["sound_s"] = recording.audio().duration_s
        facts["notes"] = [asdict(note) for note in recording.notes]
    return facts
