"""Emolysis (paper 081): the mood of a group, with people and modalities to choose from.

Its plain mean is the baseline throughout; what the kit puts in its place is weighted by how
sure each modality is and how well each person is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from affectkit.progress import Progress, silent
from affectkit.recipes.finding import Finding
from affectkit.recipes.fusion import crowd_pooling, listeners, meeting

ID = "fusion.group_mood"
PAPER = 81
TITLE = "The mood of a group by confidence-weighted means, against the plain mean of Emolysis"
NEEDS = (
    "av/speech/crema-d-votes",
    "av/music/vgmidi",
    "av/speech/ravdess",
    "av/MANIFEST.csv",
    "av/video",
    "weights:speech_encoder",
    "weights:expression_coarse",
    "weights:face_detector",
    "weights:face_landmarks",
    "weights:face_blendshapes",
    "weights:face_identity",
)


def run(
    *,
    data: Path,
    seeds: Sequence[int] = (0, 1, 2),
    full: bool = False,
    progress: Progress | None = None,
) -> list[Finding]:
    """Return what the kit's group mood does better than the plain mean, and what not."""
    tell = progress or silent
    draws = 2000 if full else 500
    tell("face and voice", 0.0, 1.0)
    found = crowd_pooling.measure(data, seeds, draws)
    tell("face and voice", 1.0, 1.0)
    found += listeners.measure(
        data,
        seeds,
        draws,
        pieces=None if full else 30,
        progress=lambda done: tell("listeners", done, 1.0),
    )
    tell("listeners", 1.0, 1.0)
    found.append(
        meeting.measure_liveliness(
            data,
            seeds,
            draws,
            turns=8 if full else 4,
            progress=lambda done: tell("meetings", done, 1.0),
        )
    )
    tell("meetings", 1.0, 1.0)
    found.append(meeting.measure_mean_rule(data, seeds))
    return found


if __name__ == "__main__":
    from affectkit.recipes.run import main

    main()
