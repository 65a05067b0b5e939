"""Who is who among the faces of a recording: tracks that last through cuts and absences."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from affectkit.perceive.face_detection import overlaps

_HUES, _VALUES = 12, 6


@dataclass(frozen=True)
class Sighting:
    """One face in one frame, as tracking sees it.

    Parameters
    ----------
    box
        Left, top, width and height in pixels [shape=(4,)].
    appearance
        As `appearance` returns it [shape=(n,)].
    weight
        How much its appearance is to be believed, in [0, 1].
    """

    box: NDArray[np.float64]
    appearance: NDArray[np.float64]
    weight: float = 1.0


@dataclass
class Tracklet:
    """One face followed without a break."""

    number: int
    shot: int
    start_s: float
    last_s: float
    box: NDArray[np.float64]
    speed: NDArray[np.float64]
    first_box: NDArray[np.float64]
    total: NDArray[np.float64]
    identity_total: NDArray[np.float64] | None = None
    described_s: float = -np.inf
    seen: int = 1

    @property
    def appearance(self) -> NDArray[np.float64]:
        """The mean appearance, of length 1."""
        return self.total / max(float(np.linalg.norm(self.total)), 1e-12)

    @property
    def identity(self) -> NDArray[np.float64] | None:
        """The mean identity vector, of length 1; None if none was given."""
        if self.identity_total is None:
            return None
        return self.identity_total / max(float(np.linalg.norm(self.identity_total)), 1e-12)

    def expected(self, time_s: float) -> NDArray[np.float64]:
        """Return where the box should be at a time, if the face keeps its speed."""
        ahead = min(time_s - self.last_s, 0.5)  # beyond half a second a head has turned back
        return np.concatenate([self.box[:2] + self.speed * ahead, self.box[2:]])


@dataclass
class FaceTracker:
    """Follows faces from frame to frame by motion and appearance.

    Feed it frame after frame with `step`, then ask `people` who is who. It keeps one
    summary per stretch in which a face was followed, and joins past stretches of one person
    whenever there are many, so that memory does not grow with the length of a film.

    Parameters
    ----------
    patience_s
        How long a face may be out of sight, within a shot, before it counts as gone.
    same_person
        Stretches whose distance is at most this may be one person, unless they overlap in
        time. The distance is four parts of the cosine distance between identity vectors
        and one part of that between appearances.
    same_colours
        The same for stretches without an identity vector, by appearance alone.
    most_stretches
        Past stretches to hold before those of one person are joined.

    Examples
    --------
    >>> tracker = FaceTracker()
    >>> look = np.ones(4) / 2
    >>> for i in range(3):
    ...     _ = tracker.step(i / 5, [Sighting(np.array([10.0 + i, 10, 20, 20]), look)], cut=False)
    >>> tracker.people()
    {0: 0}
    """

    patience_s: float = 1.0
    same_person: float = 0.08
    same_colours: float = 0.06
    most_stretches: int = 400
    _shot: int = field(default=0, init=False)
    _open: list[Tracklet] = field(default_factory=list, init=False)
    _closed: list[Tracklet] = field(default_factory=list, init=False)
    _apart: set[tuple[int, int]] = field(default_factory=set, init=False)
    _count: int = field(default=0, init=False)
    _joined: dict[int, int] = field(default_factory=dict, init=False)

    def step(self, time_s: float, sightings: list[Sighting], *, cut: bool) -> list[int]:
        """Return the tracklet number of each sighting of the frame at `time_s`.

        Parameters
        ----------
        time_s
            Time of the frame in seconds; not before the last one's.
        sightings
            The faces of the frame.
        cut
            Whether another shot begins with this frame, so that places mean nothing.
        """
        if cut:
            self._shot += 1
        gone = [t for t in self._open if cut or time_s - t.last_s > self.patience_s]
        self._closed += gone
        self._open = [t for t in self._open if all(t is not g for g in gone)]
        if len(self._closed) > self.most_stretches:
            self._join_past()
        numbers = [-1] * len(sightings)
        for i, j in self._match(time_s, sightings):
            self._extend(self._open[i], time_s, sightings[j])
            numbers[j] = self._open[i].number
        for j, sighting in enumerate(sightings):
            if numbers[j] < 0:
                numbers[j] = self._begin(time_s, sighting)
        for a in numbers:
            self._apart.update((a, b) for b in numbers if a < b)
        return numbers

    def wants_identity(self, number: int, *, every_s: float = 2.0) -> bool:
        """Return whether it is time to describe the face of an open tracklet (again)."""
        t = self._opened(number)
        return t.last_s - t.described_s >= every_s

    def describe(self, number: int, identity: NDArray[np.float64], weight: float) -> None:
        """Add an identity vector, of length 1, to an open tracklet.

        Parameters
        ----------
        number
            The tracklet, as `step` returned it.
        identity
            As `affectkit.perceive.face_identity.FaceIdentifier` gives it [shape=(n,)].
        weight
            How much it is to be believed, in [0, 1].
        """
        t = self._opened(number)
        before = 0.0 if t.identity_total is None else t.identity_total
        t.identity_total = np.asarray(before + weight * identity)
        t.described_s = t.last_s

    def people(self) -> dict[int, int]:
        """Return the person of each tracklet; people are numbered by first appearance.

        Average-linkage clustering of the tracklets' mean descriptions; two that were seen in
        one frame are never one person. People who appear in the same frame are numbered from
        left to right.
        """
        tracklets = sorted(self._closed + self._open, key=lambda t: t.number)
        groups = _cluster(tracklets, self._apart, self._distances(tracklets))
        first = {
            g: min((t.start_s, float(t.first_box[0] + t.first_box[2] / 2)) for t in members)
            for g, members in groups.items()
        }
        order = {g: i for i, g in enumerate(sorted(groups, key=lambda g: first[g]))}
        who = {t.number: order[g] for g, members in groups.items() for t in members}
        return who | {past: who[now] for past, now in self._joined.items()}

    def _join_past(self) -> None:
        """Make one stretch of the past stretches of each person."""
        groups = _cluster(self._closed, self._apart, self._distances(self._closed))
        moved = {t.number: g for g, members in groups.items() for t in members}
        self._joined = {past: moved[now] for past, now in self._joined.items()}
        self._joined |= {past: now for past, now in moved.items() if past != now}
        self._closed = [_union(g, members) for g, members in groups.items()]
        pairs = {(moved.get(a, a), moved.get(b, b)) for a, b in self._apart}
        self._apart = {(min(p), max(p)) for p in pairs}
        if len(self._closed) > self.most_stretches // 2:
            self.most_stretches *= 2  # as many people: room for them, not the same work again

    def _opened(self, number: int) -> Tracklet:
        return next(t for t in self._open if t.number == number)

    def _distances(self, tracklets: list[Tracklet]) -> NDArray[np.float64]:
        """Return distances in units of what still is one person [shape=(n, n)]."""
        if not tracklets:
            return np.empty((0, 0))
        looks = np.array([t.appearance for t in tracklets])
        colours = 1 - looks @ looks.T
        known = np.array([t.identity is not None for t in tracklets])
        out = colours / self.same_colours
        if known.any():
            faces = np.array([t.identity for t in tracklets if t.identity is not None])
            both = 0.8 * (1 - faces @ faces.T) + 0.2 * colours[np.ix_(known, known)]
            out[np.ix_(known, known)] = both / self.same_person
        return np.asarray(out)

    def _match(self, time_s: float, sightings: list[Sighting]) -> list[tuple[int, int]]:
        if not self._open or not sightings:
            return []
        expected = np.array([t.expected(time_s) for t in self._open])
        seen = np.array([s.box for s in sightings])
        size = np.sqrt(np.minimum(_area(expected)[:, None], _area(seen)[None]))
        apart = np.linalg.norm(_centre(expected)[:, None] - _centre(seen)[None], axis=2) / size
        share = overlaps(_corners(expected), _corners(seen))
        growth = np.abs(np.log(_area(expected)[:, None] / _area(seen)[None]))
        look = (
            1
            - np.array([t.appearance for t in self._open])
            @ np.array([s.appearance for s in sightings]).T
        )
        cost = (1 - share) + 0.5 * apart + 0.3 * growth + look
        # Farther than one and a half faces, or twice the size apart, is another face.
        cost[(apart > 1.5) | (growth > np.log(4.0)) | (look > 0.8)] = np.inf
        pairs = []
        while np.isfinite(cost).any():
            i, j = np.unravel_index(int(np.argmin(cost)), cost.shape)
            pairs.append((int(i), int(j)))
            cost[i, :] = np.inf
            cost[:, j] = np.inf
        return pairs

    def _extend(self, t: Tracklet, time_s: float, sighting: Sighting) -> None:
        elapsed = time_s - t.last_s
        if elapsed > 0:
            moved = (_centre(sighting.box[None]) - _centre(t.box[None]))[0] / elapsed
            t.speed = 0.5 * t.speed + 0.5 * moved
        t.box, t.last_s, t.seen = sighting.box, time_s, t.seen + 1
        t.total = t.total + sighting.weight * sighting.appearance

    def _begin(self, time_s: float, sighting: Sighting) -> int:
        weight = max(sighting.weight, 1e-3)
        self._open.append(
            Tracklet(
                self._count,
                self._shot,
                time_s,
                time_s,
                sighting.box,
                np.zeros(2),
                sighting.box,
                weight * sighting.appearance,
            )
        )
        self._count += 1
        return self._count - 1


def appearance(image: NDArray[np.uint8], box: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what a person looks like: colours of the face, the hair and the clothes.

    Histograms of hue and brightness (square roots, so that the dot product of two is their
    Bhattacharyya coefficient) over the box, a band above it and one below it. It tells
    apart people who are dressed or lit differently, and is no face recognition.

    Parameters
    ----------
    image
        RGB image [shape=(h, w, 3)].
    box
        Left, top, width and height of the face in pixels [shape=(4,)].

    Returns
    -------
    A vector of length 1, nowhere below 0 [shape=(234,)].

    Examples
    --------
    >>> image = np.zeros((100, 100, 3), np.uint8)
    >>> look = appearance(image, np.array([40.0, 30, 20, 20]))
    >>> bool(abs(look @ look - 1) < 1e-9)
    True
    """
    x, y, w, h = box
    bands = (
        (x, y + 0.1 * h, x + w, y + h, 0.3),
        (x - 0.2 * w, y - 0.5 * h, x + 1.2 * w, y + 0.1 * h, 0.2),
        (x - 0.6 * w, y + 1.25 * h, x + 1.6 * w, y + 2.5 * h, 0.5),
    )
    parts = []
    for x0, y0, x1, y1, weight in bands:
        parts.append(np.sqrt(weight) * _histogram(image, (x0, y0, x1, y1)))
    joined = np.concatenate(parts)
    return joined / max(float(np.linalg.norm(joined)), 1e-12)


def _histogram(
    image: NDArray[np.uint8], edges: tuple[float, float, float, float]
) -> NDArray[np.float64]:
    height, width = image.shape[:2]
    x0, x1 = (int(np.clip(v, 0, width)) for v in (edges[0], edges[2]))
    y0, y1 = (int(np.clip(v, 0, height)) for v in (edges[1], edges[3]))
    size = _HUES * _VALUES + _VALUES
    if x1 - x0 < 4 or y1 - y0 < 4:
        # Out of the picture: as good as any colour, so that it neither joins nor parts.
        return np.full(size, 1 / np.sqrt(size))
    part = Image.fromarray(np.ascontiguousarray(image[y0:y1, x0:x1]))
    hsv = np.asarray(
        part.resize((24, 24), Image.Resampling.BOX, reducing_gap=1.0).convert("HSV"),
        dtype=np.float64,
    ).reshape(-1, 3)
    hue = (hsv[:, 0] * _HUES / 256).astype(int)
    value = (hsv[:, 2] * _VALUES / 256).astype(int)
    colour = np.clip(hsv[:, 1] / 128, 0, 1)
    counts = np.bincount(hue * _VALUES + value, weights=colour, minlength=_HUES * _VALUES)
    greys = np.bincount(value, weights=1 - colour, minlength=_VALUES).astype(float)
    # Neighbouring hues share a little, so that a bin's edge does not part one colour in two.
    ring = counts.reshape(_HUES, _VALUES).astype(float)
    ring = 0.6 * ring + 0.2 * (np.roll(ring, 1, axis=0) + np.roll(ring, -1, axis=0))
    ring = 0.6 * ring + 0.4 * _blurred(ring)
    greys = 0.6 * greys + 0.4 * _blurred(greys[None])[0]
    both = np.concatenate([ring.ravel(), greys])
    return np.asarray(np.sqrt(both / both.sum()))


def _blurred(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    padded = np.pad(rows, ((0, 0), (1, 1)), "edge")
    return np.asarray((padded[:, :-2] + padded[:, 2:]) / 2)


@dataclass
class CutDetector:
    """Tells whether a new shot begins, from frame to frame.

    A cut is where both the brightness pattern (on a grid of 16 × 9 cells) and the colours
    (64 bins of RGB) differ strongly from the last frame.

    Examples
    --------
    >>> cuts = CutDetector()
    >>> dark, light = np.zeros((90, 160, 3), np.uint8), np.full((90, 160, 3), 200, np.uint8)
    >>> [cuts(dark), cuts(dark), cuts(light), cuts(light)]
    [False, False, True, False]
    """

    pattern_change: float = 0.10
    colour_change: float = 0.35
    _last: tuple[NDArray[np.float64], NDArray[np.float64]] | None = field(
        default=None, init=False, repr=False
    )

    def __call__(self, image: NDArray[np.uint8]) -> bool:
        """Return whether the RGB image [shape=(h, w, 3)] begins a new shot."""
        whole = Image.fromarray(image)
        small = np.asarray(whole.resize((64, 36), Image.Resampling.BOX, reducing_gap=1.0))
        grid = small.reshape(9, 4, 16, 4, 3).mean(axis=(1, 3, 4)) / 255
        bins = (small >> 6).astype(int)
        codes = bins[..., 0] * 16 + bins[..., 1] * 4 + bins[..., 2]
        colours = np.bincount(codes.ravel(), minlength=64) / codes.size
        last, self._last = self._last, (grid, colours)
        if last is None:
            return False
        pattern = float(np.abs(grid - last[0]).mean())
        colour = float(np.abs(colours - last[1]).sum() / 2)
        return pattern > self.pattern_change and colour > self.colour_change


def _cluster(
    tracklets: list[Tracklet], apart: set[tuple[int, int]], distance: NDArray[np.float64]
) -> dict[int, list[Tracklet]]:
    """Join the nearest groups first, by mean distance, up to a distance of 1."""
    groups = {t.number: [t] for t in tracklets}
    numbers = list(groups)
    if not numbers:
        return groups
    place = {n: i for i, n in enumerate(numbers)}
    for a, b in apart:
        if a in place and b in place:
            distance[place[a], place[b]] = distance[place[b], place[a]] = np.inf
    np.fill_diagonal(distance, np.inf)
    sizes = np.array([float(t.seen) for t in tracklets])
    while True:
        i, j = (int(k) for k in np.unravel_index(int(np.argmin(distance)), distance.shape))
        if not distance[i, j] <= 1.0:
            return groups
        groups[numbers[i]] += groups.pop(numbers[j])
        joined = (sizes[i] * distance[i] + sizes[j] * distance[j]) / (sizes[i] + sizes[j])
        sizes[i] += sizes[j]
        distance[i], distance[:, i] = joined, joined
        distance[i, i] = np.inf
        distance[j], distance[:, j] = np.inf, np.inf


def _union(number: int, members: list[Tracklet]) -> Tracklet:
    first = min(members, key=lambda t: (t.start_s, t.number))
    identities = [t.identity_total for t in members if t.identity_total is not None]
    return replace(
        first,
        number=number,
        last_s=max(t.last_s for t in members),
        total=np.sum([t.total for t in members], axis=0),
        identity_total=np.sum(identities, axis=0) if identities else None,
        seen=sum(t.seen for t in members),
    )


def _corners(boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.concatenate([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], axis=1)


def _centre(boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    return boxes[:, :2] + boxes[:, 2:] / 2


def _area(boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.maximum(boxes[:, 2] * boxes[:, 3], 1.0))
