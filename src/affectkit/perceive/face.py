"""What the faces of a video or photo express: who, when, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image

from affectkit.affect import LabelSet, Note, Timeline
from affectkit.perceive import action_units
from affectkit.perceive.expression import MODEL, ExpressionReader, to_ekman
from affectkit.perceive.face_detection import FaceDetector, overlaps
from affectkit.perceive.face_identity import FaceIdentifier
from affectkit.perceive.face_landmarks import (
    BLENDSHAPES,
    FaceMesher,
    Mesh,
    Region,
    eye_distance,
    head_pose,
    mouth_opening,
)
from affectkit.perceive.face_quality import blur_of, quality
from affectkit.perceive.face_table import FaceTable
from affectkit.perceive.face_windows import WINDOW_S, window_rows
from affectkit.perceive.people_faces import CutDetector, FaceTracker, Sighting, appearance
from affectkit.progress import Progress, silent

if TYPE_CHECKING:
    from affectkit.media import Recording
    from affectkit.models import ModelCard

ABSENCE_S = 2.0
"""A stretch without any face is noted when it lasts this long."""

_PLACE = ("x", "y", "w", "h", "score", "presence", "mouth_open", "yaw", "pitch", "roll", "blur")
_COLUMNS = (
    *("time_s", "tracklet", "frame_w", "frame_h", *_PLACE, "eye_distance", "quality"),
    *BLENDSHAPES,
)


@dataclass
class FacePerceiver:
    """Tells what the faces of a recording express, one row per person and second.

    Faces are found in every frame, meshed, measured and followed; the expression of each
    is read from its blendshapes and its picture; the distributions of a second are averaged
    with the quality of each frame as weight. Valence and arousal are the expectation of
    the labels' places in affect space, so they are derived, not measured.

    Parameters
    ----------
    rate_hz
        Frames to look at per second of media.
    threads
        Threads each network may use.
    minimum_quality
        Below this quality, in [0, 1], a second says that it cannot tell, and why.
    minimum_seen
        Frames of a video in which a person must be seen; others are taken for mistakes.
    max_faces
        Faces to read in one frame, the largest first.

    Examples
    --------
    >>> FacePerceiver(rate_hz=2).labels.name
    'ekman7'
    """

    rate_hz: float = 5.0
    threads: int = 1
    minimum_quality: float = 0.15
    minimum_seen: int = 3
    max_faces: int = 16

    @property
    def labels(self) -> LabelSet:
        """The label set of the estimates."""
        return LabelSet.load("ekman7")

    @property
    def card(self) -> ModelCard:
        """What the expression model is, learned from, and scored."""
        from affectkit.models import card

        return card(MODEL)

    def perceive(self, recording: Recording, *, progress: Progress | None = None) -> Timeline:
        """Return what the faces of a recording express.

        Parameters
        ----------
        recording
            A video or a photo; anything else gives an empty timeline with a note.
        progress
            Told ``("faces", seconds done, seconds in all)`` at every frame.

        Returns
        -------
        A timeline of modality ``"face"`` over ekman7 with the table ``"faces"``: one row
        per face and frame with ``time_s, person``, the box ``x, y, w, h`` in pixels of the
        decoded frame (``frame_w, frame_h``), detector ``score`` (missing where the face was
        followed, not found), ``mouth_open`` (in distances between the eyes), ``yaw, pitch,
        roll`` (degrees), ``blur``, ``quality``, the 52 blendshapes and the derived action
        units ``au_*``.

        Raises
        ------
        WeightsError
            If the face networks are not installed.
        """
        if not recording.has_video:
            note = Note("face", "there is no picture to see faces in")
            return Timeline.empty(self.labels, notes=[note], tables={"faces": empty_table()})
        watch = _Watch(self, recording)
        report = progress or silent
        total = recording.duration_s or None
        for frame in recording.frames(rate_hz=self.rate_hz):
            watch.look(frame.time_s, frame.image)
            report("faces", frame.time_s, total)
        if total is not None:
            report("faces", total, total)
        return watch.timeline()


@dataclass
class _Watch:
    """One pass over one recording."""

    owner: FacePerceiver
    recording: Recording
    detector: FaceDetector = field(init=False)
    mesher: FaceMesher = field(init=False)
    reader: ExpressionReader = field(init=False)
    identifier: FaceIdentifier | None = field(init=False)
    tracker: FaceTracker = field(default_factory=FaceTracker, init=False)
    cuts: CutDetector = field(default_factory=CutDetector, init=False)
    followed: list[tuple[Mesh, int]] = field(default_factory=list, init=False)
    empty: list[list[float]] = field(default_factory=list, init=False)
    crowded: int = field(default=0, init=False)
    end_s: float = field(default=0.0, init=False)
    seen_s: float = field(default=-1.0, init=False)
    plural: list[str] = field(init=False)
    table: FaceTable = field(init=False)

    def __post_init__(self) -> None:
        threads = self.owner.threads
        self.detector = FaceDetector(threads=threads)
        self.mesher = FaceMesher(threads=threads)
        self.reader = ExpressionReader(threads=threads)
        identifier = FaceIdentifier(threads=threads)
        self.identifier = identifier if identifier.installed else None
        self.plural = [f"plurality_{label}" for label in self.owner.labels.labels]
        self.table = FaceTable([*_COLUMNS, *self.plural])

    def look(self, time_s: float, image: NDArray[np.uint8]) -> None:
        # Cuts and colours need no fine detail.
        reduced = max(1, max(image.shape[:2]) // 240)
        small = np.asarray(Image.fromarray(image).reduce(reduced))
        cut = self.cuts(small)
        if cut:
            self.followed = []
        found = self.meshes(image)
        self.end_s = max(self.end_s, time_s)
        self.remember_absence(time_s, seen=bool(found))
        sightings, rows = [], []
        for mesh, score, _ in found:
            row = self.measure(mesh, score)
            row |= {"time_s": time_s, "frame_w": image.shape[1], "frame_h": image.shape[0]}
            rows.append(row)
            look = appearance(small, mesh.box / reduced)
            sightings.append(Sighting(mesh.box, look, max(row["quality"], 0.05)))
        numbers = self.tracker.step(time_s, sightings, cut=cut)
        for (mesh, _, _), row, number in zip(found, rows, numbers, strict=True):
            self.table.add(row | {"tracklet": number})
            # A description costs more than all the rest, so a few per tracklet must do.
            if self.identifier is not None and self.tracker.wants_identity(number):
                vector = self.identifier(image, mesh)
                self.tracker.describe(number, vector, max(row["quality"], 0.05))
        self.followed = [(mesh, age) for mesh, _, age in found]

    def meshes(self, image: NDArray[np.uint8]) -> list[tuple[Mesh, float, int]]:
        """Return the faces of a frame: mesh, detector score, frames since it was detected.

        A face of the last frame that the detector missed is looked for where it was.
        """
        detections = self.detector(image)
        detections.sort(key=lambda d: -float(d.box[2] * d.box[3]))
        self.crowded += len(detections) > self.owner.max_faces
        found: list[tuple[Mesh, float, int]] = []
        for detection in detections[: self.owner.max_faces]:
            mesh = self.mesher(image, Region.of_detection(detection))
            if mesh.presence >= 0.5 and not _doubled(mesh, found):
                found.append((mesh, detection.score, 0))
        for last, age in self.followed:
            if age >= 5 or last.presence < 0.9 or _doubled(last, found):
                continue
            mesh = self.mesher(image, Region.of_landmarks(last.landmarks))
            if mesh.presence >= 0.9 and not _doubled(mesh, found):
                found.append((mesh, float("nan"), age + 1))
        return found

    def measure(self, mesh: Mesh, score: float) -> dict[str, float]:
        yaw, pitch, roll = head_pose(mesh.landmarks)
        x, y, w, h = (float(v) for v in mesh.box)
        seen: dict[str, float] = {
            "yaw": yaw,
            "pitch": pitch,
            "presence": mesh.presence,
            "blur": blur_of(mesh.crop),
        }
        eyes = eye_distance(mesh.landmarks)
        good = quality(
            eye_distance_px=eyes, blur=seen["blur"], yaw=yaw, pitch=pitch, presence=mesh.presence
        )
        plurality = to_ekman(self.reader(mesh), self.owner.labels)
        return {
            **seen,
            **{"x": x, "y": y, "w": w, "h": h, "roll": roll, "score": score},
            "mouth_open": mouth_opening(mesh.landmarks),
            "eye_distance": eyes,
            "quality": good,
            **dict(zip(BLENDSHAPES, mesh.blendshapes.tolist(), strict=True)),
            **dict(zip(self.plural, plurality.tolist(), strict=True)),
        }

    def remember_absence(self, time_s: float, *, seen: bool) -> None:
        if seen:
            self.seen_s = time_s
            return
        if self.empty and self.empty[-1][0] > self.seen_s:
            self.empty[-1][1] = time_s
        else:
            self.empty.append([time_s, time_s])

    def timeline(self) -> Timeline:
        owner = self.owner
        faces = self.table.frame()
        people = self.tracker.people()
        faces["person"] = faces["tracklet"].astype(int).map(people).astype("int64")
        notes = self.notes()
        if self.recording.kind != "image":
            faces, brief = _without_brief(faces, owner.minimum_seen)
            if brief:
                notes.append(
                    Note(
                        "face",
                        f"{brief} face{'s' * (brief > 1)} seen in fewer than "
                        f"{owner.minimum_seen} frames {'are' if brief > 1 else 'is'} left out",
                    )
                )
        order = {old: new for new, old in enumerate(sorted(faces["person"].unique()))}
        faces["person"] = [f"Person {order[p] + 1}" for p in faces["person"]]
        plurality = faces[self.plural].to_numpy(dtype=np.float64)
        units = action_units.derive(faces[list(BLENDSHAPES)].to_numpy(dtype=np.float64))
        rows: list[dict[str, Any]] = []
        if len(faces):
            until = max(self.recording.duration_s, self.end_s + 0.5 / owner.rate_hz)
            rows = window_rows(
                faces,
                plurality,
                units,
                reader=self.reader,
                label_set=owner.labels,
                minimum_quality=owner.minimum_quality,
                frame_s=None if self.recording.kind == "image" else 1.0 / owner.rate_hz,
                until_s=until,
            )
        derived = pd.DataFrame(
            units.astype(np.float32), columns=list(action_units.units()), index=faces.index
        )
        lead = ["time_s", "person"]
        shown = faces[lead + [c for c in faces if c not in (*lead, "tracklet", *self.plural)]]
        return Timeline(
            pd.DataFrame.from_records(rows),
            owner.labels,
            provenance={
                "settings": {
                    "face": {
                        "rate_hz": owner.rate_hz,
                        "window_s": WINDOW_S,
                        "minimum_quality": owner.minimum_quality,
                        "valence_arousal": "derived from the label distribution",
                        "action_units": "derived from blendshapes",
                        "faces_averaged": self.table.thinned,
                    }
                }
            },
            notes=notes,
            tables={"faces": pd.concat([shown, derived], axis=1).reset_index(drop=True)},
        )

    def notes(self) -> list[Note]:
        if len(self.table) == 0:
            return [Note("face", "no face was seen")]
        notes = [
            Note("face", "no face is seen", start, end)
            for start, end in self.empty
            if end - start >= ABSENCE_S
        ]
        if self.crowded:
            most = self.owner.max_faces
            notes.append(
                Note(
                    "face",
                    f"{self.crowded} frames show more than {most} faces; the largest "
                    f"{most} were read",
                )
            )
        return notes


def _doubled(mesh: Mesh, found: list[tuple[Mesh, float, int]]) -> bool:
    """Say whether a face lies where another one was found already."""
    if not found:
        return False
    others = np.array([m.box for m, _, _ in found])
    one = mesh.box[None]
    shared = overlaps(
        np.concatenate([one[:, :2], one[:, :2] + one[:, 2:]], axis=1),
        np.concatenate([others[:, :2], others[:, :2] + others[:, 2:]], axis=1),
    )
    return bool((shared > 0.4).any())


def _without_brief(faces: pd.DataFrame, least: int) -> tuple[pd.DataFrame, int]:
    """Leave out people seen in fewer frames than `least`, unless nobody would be left."""
    count = faces.groupby("person").size()
    brief = count.index[count < least]
    if len(brief) in (0, len(count)):
        return faces, 0
    return faces[~faces["person"].isin(brief)].reset_index(drop=True), len(brief)


def empty_table() -> pd.DataFrame:
    """Return a table of faces without rows, with all its columns."""
    names = ["time_s", "person", *(c for c in _COLUMNS if c not in ("time_s", "tracklet"))]
    return pd.DataFrame({name: [] for name in [*names, *action_units.units()]})
