"""Hours of several lanes are joined in time and memory that grow with their length alone."""

from __future__ import annotations

import time
import tracemalloc

import numpy as np
import pandas as pd

from affectkit.affect import LabelSet, Timeline
from affectkit.fuse import conflicts, disagreements, fuse, group

EKMAN = LabelSet.load("ekman7")


def lanes(hours: float, seed: int = 0) -> Timeline:
    """Return two people with a face row a second and a voice row every five."""
    rng = np.random.default_rng(seed)
    parts = []
    for person in ("Ann", "Ben"):
        for modality, step_s in (("face", 1.0), ("speech", 5.0)):
            starts = np.arange(0.0, hours * 3600, step_s)
            p = rng.dirichlet(np.full(len(EKMAN), 0.5), len(starts))
            part = pd.DataFrame(p, columns=list(EKMAN.labels)).assign(
                start_s=starts,
                end_s=starts + step_s,
                person=person,
                modality=modality,
                source="made up",
                valence=rng.uniform(-1, 1, len(starts)),
                confidence=p.max(axis=1),
                spread=1 - p.max(axis=1),
                quality=0.8,
            )
            parts.append(part)
    return Timeline(pd.concat(parts, ignore_index=True), EKMAN)


def joined(t: Timeline) -> tuple[Timeline, Timeline]:
    fused = fuse([t], EKMAN, step_s=1.0)
    both = Timeline.concat([t, fused])
    conflicts(both)
    disagreements(both)
    return fused, group(both)


def test_four_hours_are_joined_window_by_window() -> None:
    fused, mood = joined(lanes(4))
    assert len(fused) == 2 * 4 * 3600
    assert len(mood) == 4 * 3600
    assert fused.duration_s == mood.duration_s == 4 * 3600


def test_work_grows_with_length_and_no_faster() -> None:
    def work(hours: float) -> float:
        t, began = lanes(hours), time.process_time()
        joined(t)
        return time.process_time() - began

    work(0.1)  # what is loaded and cached on first use
    assert work(4) < 3 * work(2)


def test_memory_grows_with_length_and_no_faster() -> None:
    def peak(hours: float) -> int:
        t = lanes(hours)
        tracemalloc.start()
        try:
            joined(t)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert peak(2) < 2.5 * peak(1)
    assert peak(1) < 100e6
