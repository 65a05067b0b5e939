"""A meeting put together from real recordings, so that it is known who is there and how.

No clip with several people and labels may be passed on, so one is made at run time in a
scratch folder: actors of RAVDESS (Livingstone and Russo 2018) speak in turn, first all in a
neutral tone, then all in a strong happy or angry one; and films of single faces are shown
side by side.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pandas as pd
import soundfile
import soxr
from numpy.typing import NDArray

from affectkit.affect import Timeline
from affectkit.errors import DataError
from affectkit.fuse.group_mood import group
from affectkit.measure.intervals import bootstrap
from affectkit.media import Recording
from affectkit.recipes.finding import Finding

SOUND = "av/speech/ravdess"
FILMS = "av/video"
SIDE_BY_SIDE = ("pyfeat_single_face.mp4", "pyfeat_WolfgangLanger_Pexels.mp4")
RATE_HZ = 16_000
PAUSE_S = 0.3


def measure_liveliness(
    data: Path,
    seeds: Sequence[int],
    draws: int,
    *,
    turns: int,
    progress: Callable[[float], None],
) -> Finding:
    """Return whether a group that speaks lively is heard as more aroused than in neutral.

    For each seed the actors are paired anew; each pair gives one meeting of `turns` neutral
    and then `turns` lively turns. Who speaks when is given, so that only the reading of the
    voices and the group mean are judged.
    """
    from affectkit.perceive.speech import SpeechPerceiver

    manifest = pd.read_csv(data / "av" / "MANIFEST.csv", dtype=str)
    clips = manifest[manifest["file"].str.startswith("speech/ravdess/")]
    actors = sorted(clips["speaker"].unique())
    perceiver = SpeechPerceiver()
    rows, meetings = [], 0
    for k, seed in enumerate(seeds):
        rng = np.random.default_rng(seed)
        order = rng.permutation(actors)
        pairs = [tuple(order[i : i + 2]) for i in range(0, len(order) - 1, 2)]
        for j, pair in enumerate(pairs):
            progress((k * len(pairs) + j) / (len(seeds) * len(pairs)))
            neutral, lively = _spoken(clips, pair, turns, rng)
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "meeting.wav"
                spoken = [(who, data / "av" / file) for who, file in (*neutral, *lively)]
                said = write_sound(path, spoken)
                with Recording.open(path) as recording:
                    timeline = perceiver.perceive(recording, turns=said)
            middle = float(said["start_s"].iloc[len(neutral)])
            mood = group(timeline).table
            arousal = mood["arousal"].to_numpy(float)
            late = mood["start_s"].to_numpy(float) >= middle
            told = ~np.isnan(arousal)
            meetings += 1
            if not ((told & late).any() and (told & ~late).any()):
                continue
            rows.append(
                {
                    "pair": " ".join(sorted(pair)),
                    "neutral": arousal[told & ~late].mean(),
                    "lively": arousal[told & late].mean(),
                }
            )
    if not rows:
        raise DataError("the voices of no meeting could be read in both segments")
    table = pd.DataFrame(rows)
    a, b = table["lively"].to_numpy(float), table["neutral"].to_numpy(float)
    gap = bootstrap(lambda x, y: float(np.mean(x - y)), a, b, clusters=table["pair"], n=draws)
    wins = int((a > b).sum())
    return Finding(
        claim="a group that speaks in a lively tone is heard as more aroused than the same group "
        "speaking in a neutral one",
        metric="group arousal in [-1, 1], lively segment",
        value=float(a.mean()),
        baseline=float(b.mean()),
        baseline_name="neutral segment of the same meeting",
        low=gap.low,
        high=gap.high,
        n=gap.n,
        seeds=tuple(seeds),
        data=(SOUND,),
        holds=gap.low > 0,
        notes=f"n counts pairs of actors; {meetings} meetings of {turns} neutral and {turns} "
        f"lively turns; the lively segment is higher in {wins} of the {len(table)} that are told "
        "in both. RAVDESS is acted, and no model that reads it here was trained on it. Arousal is "
        "read off the places of the labels, and far from its training data the voice model says "
        "little, so the difference is small in absolute terms.",
    )


def measure_mean_rule(data: Path, seeds: Sequence[int]) -> Finding:
    """Return how far the group curve of a filmed pair is from the mean rule.

    Two films are shown side by side, the kit finds and reads the faces, and the group curve
    of both, and of each alone, is held against the mean worked out in plain pandas.
    """
    from affectkit.perceive.face import FacePerceiver

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pair.mp4"
        write_side_by_side(path, [data / FILMS / name for name in SIDE_BY_SIDE])
        with Recording.open(path) as recording:
            timeline = FacePerceiver().perceive(recording)
    people = list(timeline.people)
    worst = 0.0
    for chosen in (people, *([who] for who in people)):
        worst = max(worst, _off_the_rule(timeline, chosen))
    windows = timeline.table["start_s"].nunique()
    return Finding(
        claim="on a film of two people, deselecting one changes the group curve exactly as the "
        "mean over people says",
        metric="largest deviation from the mean rule worked out by itself",
        value=worst,
        baseline=1e-9,
        baseline_name="allowed for rounding",
        low=0.0,
        high=worst,
        interval_of="value",
        n=windows,
        seeds=tuple(seeds),
        data=(FILMS,),
        holds=worst <= 1e-9 and len(people) == 2,
        notes=f"{len(people)} people were found in two films side by side; n counts windows of "
        "a second; nothing in it is drawn at random.",
    )


def write_sound(path: Path, spoken: Sequence[tuple[str, Path]]) -> pd.DataFrame:
    """Write sounds one after the other to a file, and return who speaks when.

    Returns
    -------
    pandas.DataFrame
        Columns ``start_s, end_s, speaker``.
    """
    pause = np.zeros(round(PAUSE_S * RATE_HZ), dtype=np.float32)
    parts: list[NDArray[np.float32]] = []
    rows, at = [], 0
    for who, file in spoken:
        sound, rate = soundfile.read(file, dtype="float32", always_2d=True)
        mono = np.asarray(soxr.resample(sound.mean(axis=1), rate, RATE_HZ), dtype=np.float32)
        rows.append((at / RATE_HZ, (at + len(mono)) / RATE_HZ, who))
        parts += [mono, pause]
        at += len(mono) + len(pause)
    soundfile.write(path, np.concatenate(parts), RATE_HZ)
    return pd.DataFrame(rows, columns=["start_s", "end_s", "speaker"])


def write_side_by_side(
    path: Path, films: Sequence[Path], *, size: int = 360, rate_hz: int = 10, limit_s: float = 12.0
) -> None:
    """Write films side by side as one; those that end before the limit start again."""
    streams = []
    for film in films:
        with Recording.open(film) as recording:
            frames = recording.frames(rate_hz=rate_hz, max_size=size)
            streams.append([f.image for f in frames if f.time_s < limit_s])
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=Fraction(rate_hz))
        stream.width, stream.height = size * len(films), size
        stream.pix_fmt = "yuv420p"
        for k in range(round(limit_s * rate_hz)):
            canvas = np.zeros((size, size * len(films), 3), dtype=np.uint8)
            for i, images in enumerate(streams):
                image = images[k % len(images)]
                h, w = image.shape[:2]
                canvas[:h, i * size : i * size + w] = image
            out.mux(stream.encode(av.VideoFrame.from_ndarray(canvas, format="rgb24")))
        out.mux(stream.encode(None))


def _spoken(
    clips: pd.DataFrame, pair: tuple[str, ...], turns: int, rng: np.random.Generator
) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Draw neutral and lively clips of two actors, who take turns."""
    segments = []
    for labels, intensity in (
        (("neutral",), "normal"),
        (("happy", "happiness", "angry", "anger"), "strong"),
    ):
        files = {}
        for who in pair:
            own = clips[(clips["speaker"] == who) & clips["label"].isin(labels)]
            strong = own[own["intensity"] == intensity]
            files[who] = list(rng.permutation((strong if len(strong) else own)["file"]))
        segment = [(who, files[who].pop()) for _ in range(turns) for who in pair if files[who]]
        segments.append(segment[:turns])
    return segments[0], segments[1]


def _off_the_rule(timeline: Timeline, people: list[str]) -> float:
    columns = ["valence", "arousal", *timeline.label_set.labels]
    told = group(timeline, people=people, weights="equal").table.set_index("start_s")[columns]
    rows = timeline.table[timeline.table["person"].isin(people)].dropna(subset=columns)
    rule = rows.groupby(["start_s", "person"])[columns].mean().groupby("start_s").mean()
    return float((told.dropna() - rule).abs().max().max())
