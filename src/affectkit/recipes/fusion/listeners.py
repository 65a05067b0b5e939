"""Listeners to one piece of music as a group of people with a mood each.

VGMIDI (Ferreira and Whitehead 2019) has some thirty listeners a piece who traced valence
and arousal while it played: real moods of several people on one time axis, at which group
means can be held against a person who was left out.
"""

from __future__ import annotations

import gzip
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from affectkit.affect import LabelSet, Timeline
from affectkit.fuse.group_mood import group
from affectkit.measure.intervals import bootstrap
from affectkit.recipes.finding import Finding

DATA = "av/music/vgmidi"
Array = NDArray[np.float64]
Dimension = Literal["valence", "arousal"]
DIMENSIONS: tuple[Dimension, Dimension] = ("valence", "arousal")
PRIOR_SD, PRIOR_STEPS = 0.5, 4
"""A listener's error is taken as this large before anything of theirs was seen."""


def read_tracks(folder: Path) -> dict[str, Array]:
    """Return the tracks of each piece [shape=(n_listeners, n_steps, 2)].

    Listeners whose track is of another length than most, and pieces of fewer than 8 steps,
    are left out.
    """
    with gzip.open(folder / "raw_annotations_1.json.gz", "rt", encoding="utf-8") as file:
        annotations = json.load(file)["annotations"]
    by_piece = defaultdict(list)
    for key in sorted(annotations):
        by_piece[key.partition("_")[0]].append([annotations[key][name] for name in DIMENSIONS])
    out = {}
    for piece, tracks in by_piece.items():
        steps = Counter(len(track[0]) for track in tracks).most_common(1)[0][0]
        kept = [t for t in tracks if len(t[0]) == len(t[1]) == steps]
        if steps >= 8 and len(kept) >= 8:
            out[piece] = np.array(kept, dtype=float).transpose(0, 2, 1)
    return out


def measure(
    data: Path,
    seeds: Sequence[int],
    draws: int,
    *,
    pieces: int | None,
    size: int = 6,
    progress: Callable[[float], None],
) -> list[Finding]:
    """Return how well a group's mood foretells that of a listener who was left out.

    For each piece and seed, `size` listeners are the group and one other is left out. In the
    first half each listener's error is taken from how far they are from the rest of the
    group; in the second half the group means are held against the one left out.
    """
    tracks = read_tracks(data / DATA)
    chosen = list(tracks)[:pieces]
    labels = LabelSet.load("ekman7")
    records = []
    worst = 0.0
    checked = 0
    for i, piece in enumerate(chosen):
        progress(i / len(chosen))
        for seed in seeds:
            rng = np.random.default_rng([seed, i])
            order = rng.permutation(len(tracks[piece]))
            out, own = tracks[piece][order[0]], tracks[piece][order[1 : size + 1]]
            half = own.shape[1] // 2
            timeline = _timeline(own[:, half:], _errors(own[:, :half]), labels)
            target = out[half:]
            record = {"piece": piece, "seed": seed}
            for weights in ("confidence", "equal"):
                told = group(timeline, weights=weights).table[list(DIMENSIONS)]
                gap = np.sqrt(((told.to_numpy(float) - target) ** 2).mean(axis=0))
                record |= {f"{weights} {d}": g for d, g in zip(DIMENSIONS, gap, strict=True)}
            records.append(record)
            worst = max(worst, _off_the_rule(timeline, own[:, half:], rng))
            checked += 1
    table = pd.DataFrame(records)
    found = []
    for dimension in DIMENSIONS:
        a = table[f"confidence {dimension}"].to_numpy(float)
        b = table[f"equal {dimension}"].to_numpy(float)
        gap = bootstrap(lambda x, y: float(np.mean(x - y)), a, b, clusters=table["piece"], n=draws)
        found.append(
            Finding(
                claim=f"a group's {dimension}, weighted by how well each person is read, foretells "
                "that of a person left out better than the plain mean does",
                metric=f"root mean square error of {dimension} in [-1, 1] (less is better)",
                value=float(a.mean()),
                baseline=float(b.mean()),
                baseline_name="plain mean, as in Emolysis",
                low=gap.low,
                high=gap.high,
                n=gap.n,
                seeds=tuple(seeds),
                data=(DATA,),
                holds=gap.high < 0,
                notes=f"n counts pieces; groups of {size} listeners; each listener's error is "
                "taken from the first half of the piece, the means are scored on the second.",
            )
        )
    found.append(
        Finding(
            claim="deselecting a person or a modality changes the plain group curve exactly as "
            "the mean over people, then modalities, says",
            metric="largest deviation from the mean rule worked out by itself",
            value=worst,
            baseline=1e-9,
            baseline_name="allowed for rounding",
            low=0.0,
            high=worst,
            interval_of="value",
            n=checked,
            seeds=tuple(seeds),
            data=(DATA,),
            holds=worst <= 1e-9,
            notes="Random people and one of two modalities left out of real listener tracks.",
        )
    )
    return found


def _errors(tracks: Array) -> Array:
    """Return each listener's distance from the mean of the others [shape=(n, 2)]."""
    n, steps = tracks.shape[:2]
    others = (tracks.sum(axis=0) - tracks) / (n - 1)
    squared = ((tracks - others) ** 2).sum(axis=1)
    return np.asarray(np.sqrt((squared + PRIOR_STEPS * PRIOR_SD**2) / (steps + PRIOR_STEPS)))


def _timeline(tracks: Array, errors: Array, labels: LabelSet, modality: str = "music") -> Timeline:
    n, steps = tracks.shape[:2]
    start = np.tile(np.arange(steps, dtype=float), n)
    frame = {
        "start_s": start,
        "end_s": start + 1,
        "person": np.repeat([f"Listener {k}" for k in range(n)], steps),
        "modality": modality,
        "source": "listener",
    }
    for i, dimension in enumerate(DIMENSIONS):
        frame[dimension] = tracks[..., i].ravel()
        frame[f"{dimension}_sd"] = np.repeat(errors[:, i], steps)
    return Timeline(pd.DataFrame(frame), labels)


def _off_the_rule(timeline: Timeline, tracks: Array, rng: np.random.Generator) -> float:
    """Leave out people and a modality, and return how far the curve is from the rule."""
    n = len(tracks)
    kept = np.sort(rng.choice(n, size=int(rng.integers(1, n)), replace=False))
    # As a second modality each listener has their own track turned upside down and halved.
    other = -tracks / 2
    ones = np.ones((n, 2))
    two = Timeline.concat([timeline, _timeline(other, ones, timeline.label_set, "video")])
    names = [f"Listener {k}" for k in kept]
    worst = 0.0
    for modalities, expected in (
        (["music"], tracks[kept].mean(axis=0)),
        (["music", "video"], (tracks[kept].mean(axis=0) + other[kept].mean(axis=0)) / 2),
    ):
        told = group(two, people=names, modalities=modalities, weights="equal")
        curve = told.table[list(DIMENSIONS)].to_numpy(float)
        worst = max(worst, float(np.abs(curve - expected).max()))
    return worst
