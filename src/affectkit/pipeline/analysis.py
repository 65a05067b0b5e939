"""One file in, one timeline out."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import affectkit
from affectkit import models
from affectkit.affect import Conversation, LabelSet, Note, Timeline
from affectkit.errors import AffectkitError, WeightsError
from affectkit.models import gates
from affectkit.pipeline.settings import Settings
from affectkit.progress import Progress, silent

if TYPE_CHECKING:
    import pandas as pd

    from affectkit.media import Recording

_LANES_OF = {
    "video": ("face", "speech", "text"),
    "audio": ("speech", "text"),
    "image": ("face",),
    "text": ("text",),
    "transcript": ("text",),
    "chat": ("text",),
}


def analyze(
    path: str | os.PathLike[str],
    settings: Settings | None = None,
    *,
    progress: Progress | None = None,
    **choices: Any,
) -> Timeline:
    """Return who felt what, when, how sure that is and on what evidence.

    Parameters
    ----------
    path
        A video, sound, photo, text, subtitle or chat file.
    settings
        All choices at once; or give some of them by name, such as ``labels="plutchik8"``.
    progress
        Called with the stage, how much is done and how much there is.
    **choices
        Fields of `affectkit.pipeline.Settings`.

    Returns
    -------
    Timeline
        Rows of each lane, the lanes joined (modality ``"fused"``) and the group of all people
        (person ``"group"``), with transcript, notes on what could not be told, the table
        ``"faces"`` and provenance.

    Raises
    ------
    MediaError
        If the file cannot be read at all.
    WeightsError
        If the weights of every lane that the file calls for are missing.
    PurposeError
        If the setting calls for a stated purpose.

    Examples
    --------
    >>> import affectkit as ak
    >>> t = ak.analyze("interview.mp4", labels="plutchik8")  # doctest: +SKIP
    >>> t.people  # doctest: +SKIP
    ('Person 1', 'Person 2')
    """
    from affectkit.media import Recording, read_people_names

    chosen = replace(settings or Settings(), **choices)
    label_set = LabelSet.load(chosen.labels)
    names = read_people_names(chosen.names) if chosen.names else {}
    report = _OneAtATime(progress or silent)
    with Recording.open(path) as recording:
        lanes = [
            lane for lane in _LANES_OF[recording.kind] if not chosen.lanes or lane in chosen.lanes
        ]
        if not lanes:
            raise AffectkitError(
                f"{Path(path).name} is {_a(recording.kind)}; none of the lanes "
                f"{', '.join(chosen.lanes)} can read it",
                remedy=f"use --lanes {','.join(_LANES_OF[recording.kind])}",
            )
        notice = gates.purpose_notice(lanes, purpose=chosen.purpose, setting=chosen.setting)
        found = _Lanes(recording, lanes, chosen, report)
        found.run()
        if not found.timelines and found.missing:
            raise found.missing[0][1]
        told, transcript, people = _join(found, names)
        absent = [Note(lane, f"{e.problem}; {e.remedy}") for lane, e in found.missing]
        heard = [Note(**note) for note in transcript.meta.get("notes", ())] if transcript else []
        notes = (*recording.notes, *heard, *absent)
        facts = file_facts(recording.path, recording.kind, recording.duration_s)
    report("joining", 0.0, 1.0)
    merged = _combine(told, label_set, chosen)
    if facts["kind"] == "text":
        merged = _with_arc(merged, told)
    report("joining", 1.0, 1.0)
    provenance = {
        **merged.provenance,
        # Lanes end in any order; the list must not depend on it.
        "models": sorted(found.models, key=lambda model: (model["lane"], model["id"])),
        "affectkit": affectkit.__version__,
        "file": facts,
        # Threads and paths of this machine are no part of the result.
        "settings": lasting(chosen),
        "people": people,
        "notice": notice,
        "time": _unit(facts["kind"], merged),
    }
    return replace(
        merged,
        provenance=provenance,
        transcript=transcript,
        notes=(*notes, *merged.notes),
    )


class _Lanes:
    """Runs the lanes over one recording and holds what they bring home.

    A lane whose weights are missing is noted and the others go on.
    """

    def __init__(
        self, recording: Recording, lanes: Sequence[str], chosen: Settings, progress: Progress
    ) -> None:
        self.recording = recording
        self.lanes = lanes
        self.chosen = chosen
        self.progress = progress
        self.timelines: list[Timeline] = []
        self.models: list[dict[str, Any]] = []
        self.missing: list[tuple[str, WeightsError]] = []
        self.turns: pd.DataFrame | None = None
        self.named = False
        """Whether the turns name their speakers, as a transcript does."""
        self.transcript: Conversation | None = None

    def run(self) -> None:
        """Run faces beside voices and words: decoders and networks release the lock."""
        jobs: list[Callable[[int], None]] = []
        if "face" in self.lanes:
            jobs.append(self._faces)
        if set(self.lanes) & {"speech", "text"}:
            jobs.append(self._voices_and_words)
        threads = max(1, self.chosen.threads // len(jobs))
        with ThreadPoolExecutor(max_workers=min(len(jobs), self.chosen.threads)) as pool:
            for ended in [pool.submit(job, threads) for job in jobs]:
                ended.result()

    def _faces(self, threads: int) -> None:
        from affectkit.perceive.face import FacePerceiver

        perceiver = FacePerceiver(rate_hz=self.chosen.frames_per_s, threads=threads)
        with self._or_missing("face"):
            self._check(perceiver)
            self._keep(
                "face", perceiver, perceiver.perceive(self.recording, progress=self.progress)
            )

    def _voices_and_words(self, threads: int) -> None:
        self.transcript = self.recording.conversation
        if self.chosen.transcript is not None:
            from affectkit.media import read_conversation

            self.transcript = read_conversation(self.chosen.transcript)
        if self.recording.has_audio:
            self._voices(threads)
            if "text" in self.lanes and self.transcript is None:
                self._words(threads)
        if "text" in self.lanes and self.transcript is not None:
            from affectkit.perceive.text import TextPerceiver

            reader = TextPerceiver(threads=threads)
            with self._or_missing("text"):
                self._check(reader)
                told = reader.perceive_conversation(self.transcript, progress=self.progress)
                self._keep("text", reader, told)

    def _voices(self, threads: int) -> None:
        from affectkit.perceive.people import speaker_turns

        self.turns = _turns_of(self.transcript)
        self.named = self.turns is not None
        if self.turns is None:
            with self._or_missing("voices"):
                self.turns = speaker_turns(
                    self.recording.audio(), threads=threads, progress=self.progress
                )
                self._used("voice_activity", "voices")
                self._used("speaker_encoder", "voices")
        if "speech" in self.lanes and self.turns is not None:
            from affectkit.perceive.speech import SpeechPerceiver

            perceiver = SpeechPerceiver(threads=threads)
            with self._or_missing("speech"):
                told = perceiver.perceive(self.recording, turns=self.turns, progress=self.progress)
                self._keep("speech", perceiver, told)

    def _words(self, threads: int) -> None:
        from affectkit.perceive.words import transcribe

        with self._or_missing("words"):
            self.transcript = transcribe(
                self.recording, turns=self.turns, threads=threads, progress=self.progress
            )
            self._used("words", "words")

    @contextmanager
    def _or_missing(self, lane: str) -> Iterator[None]:
        try:
            yield
        except WeightsError as error:
            self.missing.append((lane, error))

    def _check(self, perceiver: Any) -> None:
        gates.check(perceiver.card, allow_noncommercial=self.chosen.allow_noncommercial)

    def _keep(self, lane: str, perceiver: Any, told: Timeline) -> None:
        self.timelines.append(told)
        self._used(perceiver.card.id, lane)

    def _used(self, id: str, lane: str) -> None:
        self.models.append({**models.card(id).model_dump(mode="json"), "lane": lane})


def _turns_of(talk: Conversation | None) -> pd.DataFrame | None:
    """Return the turns that a transcript gives, if it says who speaks when."""
    import pandas as pd

    if talk is None or not talk.timed or not all(talk.speakers):
        return None
    rows = [(u.start_s, u.end_s, u.speaker) for u in talk]
    return pd.DataFrame(rows, columns=["start_s", "end_s", "speaker"])


def _join(
    found: _Lanes, names: dict[str, str]
) -> tuple[list[Timeline], Conversation | None, dict[str, Any]]:
    """Give each voice the face that it belongs to, and people the names they were given."""
    faces = next((t.tables["faces"] for t in found.timelines if "faces" in t.tables), None)
    voices: dict[str, str] = {}
    if faces is not None and found.turns is not None and len(faces) and len(found.turns):
        from affectkit.perceive.people import join_voices_to_faces

        voices = join_voices_to_faces(found.turns, faces)
    if found.named:
        # The transcript knows who speaks; the face takes that name.
        known = {person: names.get(voice, voice) for voice, person in voices.items()}
    else:
        known = {voice: names.get(person, person) for voice, person in voices.items()}
    known = {**known, **names} if found.named else {**names, **known}
    told = [_rename(t, known) for t in found.timelines]
    talk = found.transcript
    if talk is not None and known:
        talk = replace(
            talk,
            utterances=[replace(u, speaker=known.get(u.speaker, u.speaker)) for u in talk],
        )
    return told, talk, {"voices": voices, "names": names}


def _rename(timeline: Timeline, known: dict[str, str]) -> Timeline:
    if not known:
        return timeline
    table = timeline.table.copy()
    table["person"] = table["person"].replace(known)
    tables = {
        name: frame.assign(person=frame["person"].replace(known)) if "person" in frame else frame
        for name, frame in timeline.tables.items()
    }
    return replace(timeline, table=table, tables=tables)


def _combine(told: Sequence[Timeline], label_set: LabelSet, chosen: Settings) -> Timeline:
    from affectkit.fuse import fuse, group

    lanes = [t.to(label_set) for t in told]
    fused = fuse(lanes, label_set, step_s=chosen.step_s)
    together = [*lanes, fused]
    if len(fused.people) > 1:
        together.append(group(fused))
    return Timeline.concat(together)


def _with_arc(merged: Timeline, told: Sequence[Timeline]) -> Timeline:
    """Add the course of a long text, as the tables ``arc`` and ``key_sentences``."""
    from affectkit.perceive.text_arc import text_arc

    read = next((t for t in told if t.provenance.get("time") == "sentences"), None)
    if read is None:
        return merged
    course, keys = text_arc(read)
    if not len(course):
        return merged
    return replace(merged, tables={**merged.tables, "arc": course, "key_sentences": keys})


def _unit(kind: str, merged: Timeline) -> str:
    """Return what a timeline counts: sentences only where there is nothing to play."""
    if kind in ("video", "audio", "image"):
        return "seconds"
    return str(merged.provenance.get("time", "seconds"))


def lasting(chosen: Settings) -> dict[str, Any]:
    """Return the settings that a result depends on, without what is of this machine only."""
    values = chosen.to_dict()
    del values["threads"]
    for key in ("names", "transcript"):
        values[key] = Path(values[key]).name if values[key] else None
    return values


def file_facts(path: str | os.PathLike[str], kind: str, duration_s: float) -> dict[str, Any]:
    """Return what the provenance says of a file: name, kind, length and digest."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return {
        "name": Path(path).name,
        "kind": kind,
        "duration_s": duration_s,
        "sha256": digest.hexdigest(),
    }


class _OneAtATime:
    """Lets two threads report progress to one caller."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._lock = threading.Lock()

    def __call__(self, stage: str, done: float, total: float | None) -> None:
        with self._lock:
            self._progress(stage, done, total)


def _a(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"
