"""Formats that other tools read, written from a timeline and read back."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from affectkit.errors import MediaError

if TYPE_CHECKING:
    from affectkit.affect import LabelSet, Timeline


@dataclass(frozen=True)
class Format:
    """One format that a timeline can be written to.

    Parameters
    ----------
    name
        What the user calls it.
    file
        The file or folder that it is written to.
    what
        What it holds and who reads it, in a sentence.
    write
        Writes a timeline to a path.
    needs
        The table that the timeline must have, or an empty string.
    """

    name: str
    file: str
    what: str
    write: Callable[[Timeline, Path], None]
    needs: str = ""


def write(timeline: Timeline, folder: str | os.PathLike[str], formats: Sequence[str]) -> list[Path]:
    """Write a timeline to a folder in each of the named formats; return the paths.

    Formats of faces are left out where no face was looked for. A file is written whole or
    not at all, and takes the place of one of the same name. Where a text without times was
    analysed, a sentence counts as a second.

    Raises
    ------
    MediaError
        If a format is unknown, or the folder cannot be written to.
    MissingExtraError
        If a format needs an extra.

    Examples
    --------
    >>> import tempfile
    >>> from affectkit.affect import LabelSet, Timeline
    >>> nothing = Timeline.empty(LabelSet.load("ekman7"))
    >>> [path.name for path in write(nothing, tempfile.mkdtemp(), ["eaf", "vtt"])]
    ['timeline.eaf', 'timeline.vtt']
    """
    unknown = [name for name in formats if name not in FORMATS]
    if unknown:
        raise MediaError(
            f"there is no format {', '.join(unknown)}", remedy=f"use {', '.join(sorted(FORMATS))}"
        )
    out = []
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
        for name in dict.fromkeys(formats):
            chosen = FORMATS[name]
            if chosen.needs and chosen.needs not in timeline.tables:
                continue
            target = Path(folder) / chosen.file
            beside = target.with_name(f".{target.name}.{os.getpid()}.part")
            try:
                chosen.write(timeline, beside)
                if target.is_dir():
                    shutil.rmtree(target)
                os.replace(beside, target)
            finally:
                if beside.is_dir():
                    shutil.rmtree(beside)
                beside.unlink(missing_ok=True)
            out.append(target)
    except OSError as error:
        raise MediaError(f"{folder} cannot be written to ({error.strerror or error})") from None
    return out


def read(path: str | os.PathLike[str], label_set: LabelSet) -> Timeline:
    """Return the timeline in an ELAN file, TextGrid or audformat database that we wrote.

    An annotator may have corrected labels and times in between. A label gets all of the
    probability, since annotation files name only one; audformat keeps the distribution.

    Raises
    ------
    MediaError
        If it is none of these, or holds labels that are not in the set.

    Examples
    --------
    >>> import tempfile
    >>> from affectkit.affect import LabelSet, Timeline
    >>> ekman = LabelSet.load("ekman7")
    >>> [file] = write(Timeline.empty(ekman), tempfile.mkdtemp(), ["eaf"])
    >>> len(read(file, ekman))
    0
    """
    from affectkit.media.eaf import read_eaf
    from affectkit.media.sniff import regular_file, text_format_of
    from affectkit.media.text_encoding import read_text
    from affectkit.media.textgrid import read_textgrid
    from affectkit.media.timeline_tiers import from_tiers

    if Path(path).is_dir():
        from affectkit.media.audformat_tables import read_audformat

        return read_audformat(Path(path), label_set)
    file = regular_file(path)
    text, _ = read_text(file)
    match text_format_of(text, file.suffix):
        case "eaf":
            tiers, _ = read_eaf(text, file.name)
        case "textgrid":
            tiers, _ = read_textgrid(text, file.name)
        case _:
            raise MediaError(
                f"{file.name} is neither an ELAN file nor a TextGrid",
                remedy="give a file that affectkit wrote with --format eaf or textgrid",
            )
    return from_tiers(tiers, label_set, source=file.name)


def _name_of(timeline: Timeline) -> str:
    return str(timeline.provenance.get("file", {}).get("name", "recording"))


def _put(path: Path, text: str) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        stream.write(text)


def _write_eaf(timeline: Timeline, path: Path) -> None:
    from affectkit.media.eaf import write_eaf
    from affectkit.media.timeline_tiers import to_tiers

    _put(path, write_eaf(to_tiers(timeline), media=_name_of(timeline)))


def _write_textgrid(timeline: Timeline, path: Path) -> None:
    from affectkit.media.textgrid import write_textgrid
    from affectkit.media.timeline_tiers import to_tiers

    _put(path, write_textgrid(to_tiers(timeline)))


def _write_vtt(timeline: Timeline, path: Path) -> None:
    from affectkit.media.subtitles import write_vtt
    from affectkit.media.timeline_tiers import to_subtitles

    _put(path, write_vtt(to_subtitles(timeline)))


def _write_srt(timeline: Timeline, path: Path) -> None:
    from affectkit.media.subtitles import write_srt
    from affectkit.media.timeline_tiers import to_subtitles

    _put(path, write_srt(to_subtitles(timeline)))


def _write_rttm(timeline: Timeline, path: Path) -> None:
    from affectkit.media.rttm import write_rttm
    from affectkit.media.timeline_tiers import to_turns

    _put(path, write_rttm(to_turns(timeline), file=Path(_name_of(timeline)).stem))


def _write_audformat(timeline: Timeline, path: Path) -> None:
    from affectkit.media.audformat_tables import write_audformat

    write_audformat(timeline, path)


def _write_openface(timeline: Timeline, path: Path) -> None:
    from affectkit.media.face_csv import write_faces

    _put(path, write_faces(timeline.tables["faces"], "openface"))


def _write_pyfeat(timeline: Timeline, path: Path) -> None:
    from affectkit.media.face_csv import write_faces

    _put(path, write_faces(timeline.tables["faces"], "pyfeat"))


FORMATS: dict[str, Format] = {
    f.name: f
    for f in (
        Format("eaf", "timeline.eaf", "tiers for ELAN", _write_eaf),
        Format("textgrid", "timeline.TextGrid", "tiers for Praat", _write_textgrid),
        Format("vtt", "timeline.vtt", "WebVTT subtitles with the emotion", _write_vtt),
        Format("srt", "timeline.srt", "SubRip subtitles with the emotion", _write_srt),
        Format("rttm", "timeline.rttm", "who speaks when", _write_rttm),
        Format("audformat", "audformat", "a database for audformat and audb", _write_audformat),
        Format(
            "openface",
            "faces.derived.openface.csv",
            "faces under OpenFace's column names; action units derived, not measured",
            _write_openface,
            "faces",
        ),
        Format(
            "pyfeat",
            "faces.derived.pyfeat.csv",
            "faces under py-feat's column names; action units derived, not measured",
            _write_pyfeat,
            "faces",
        ),
    )
}
"""The formats by name."""
