"""A made-up conversation: two drawn faces, two made voices, and the words they say."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from affectkit.progress import Progress, silent

RATE_HZ = 12.5
SOUND_HZ = 16_000
SIZE = (640, 360)
_DETAIL = 2  # drawn larger and scaled down, for smooth edges


@dataclass(frozen=True)
class Line:
    """One line of the script."""

    start_s: float
    end_s: float
    speaker: int
    text: str
    smile: float
    brow: float
    pitch: float


SPEAKERS = ("Ann", "Ben")
SCRIPT = (
    Line(0.8, 4.2, 0, "I got the job! I am so happy, I could dance.", 1.0, 0.4, 1.35),
    Line(4.8, 8.0, 1, "That is wonderful news. Congratulations!", 0.9, 0.3, 1.2),
    Line(8.8, 12.4, 0, "The only bad thing is that I have to move away.", -0.3, -0.5, 0.9),
    Line(13.0, 16.6, 1, "Oh. That makes me sad. I will miss you terribly.", -0.9, -0.7, 0.8),
    Line(17.2, 20.8, 0, "Thank you for saying that. You are a good friend.", 0.5, 0.1, 1.05),
)
DURATION_S = 22.0


@dataclass(frozen=True)
class _Look:
    """How a drawn person looks."""

    x: float
    y: float
    scale: float
    skin: tuple[int, int, int]
    hair: tuple[int, int, int]
    shirt: tuple[int, int, int]
    voice_hz: float


_LOOKS = (
    _Look(0.30, 0.45, 0.205, (225, 180, 150), (70, 45, 30), (60, 90, 140), 210.0),
    _Look(0.71, 0.48, 0.195, (150, 105, 80), (25, 20, 20), (130, 70, 60), 118.0),
)


def frames(progress: Progress = silent) -> Iterator[NDArray[np.uint8]]:
    """Yield the pictures of the clip, uint8 [shape=(360, 640, 3)]."""
    rng = np.random.default_rng(0)
    # Light from the left, and a little film grain, as a detector of faces expects.
    across = np.linspace(1.06, 0.84, SIZE[0], dtype=np.float32)[None, :, None]
    grain = rng.normal(0, 2, (8, SIZE[1], SIZE[0], 1)).astype(np.float32)
    for index in range(round(DURATION_S * RATE_HZ)):
        time_s = index / RATE_HZ
        progress("drawing", time_s, DURATION_S)
        image = Image.new("RGB", (SIZE[0] * _DETAIL, SIZE[1] * _DETAIL), (205, 210, 205))
        pen = ImageDraw.Draw(image)
        for who, look in enumerate(_LOOKS):
            _draw(pen, look, *_expression(who, time_s))
        small = image.resize(SIZE, Image.Resampling.BOX)
        lit = np.asarray(small, dtype=np.float32) * across + grain[index % len(grain)]
        yield lit.clip(0, 255).astype(np.uint8)


def sound() -> NDArray[np.float32]:
    """Return the voices: harmonics through three formants, one burst a syllable."""
    out = np.zeros(round(DURATION_S * SOUND_HZ))
    rng = np.random.default_rng(1)
    for line in SCRIPT:
        look = _LOOKS[line.speaker]
        syllables = max(4, round((line.end_s - line.start_s) * 4.2))
        for k in range(syllables):
            start = line.start_s + k * (line.end_s - line.start_s) / syllables
            voice = _syllable(look.voice_hz * line.pitch * (1.08 - 0.16 * k / syllables), rng)
            at = round(start * SOUND_HZ)
            out[at : at + len(voice)] += voice * (0.5 + 0.3 * line.pitch)
    out += rng.normal(0, 0.001, out.shape)
    loudest = float(np.abs(out).max())
    return np.asarray(0.3 * out / loudest, dtype=np.float32)


def write_clip_and_words(folder: Path, progress: Progress = silent) -> tuple[Path, Path]:
    """Write ``demo.mp4`` and its words, ``demo-words.vtt``, and return both paths."""
    from affectkit.media import write_clip

    clip = write_clip(
        folder / "demo.mp4",
        frames(progress),
        rate_hz=RATE_HZ,
        samples=sound(),
        samples_rate_hz=SOUND_HZ,
    )
    progress("drawing", DURATION_S, DURATION_S)
    cues = [
        f"{_clock(line.start_s)} --> {_clock(line.end_s)}\n<v {SPEAKERS[line.speaker]}>{line.text}"
        for line in SCRIPT
    ]
    words = folder / "demo-words.vtt"
    words.write_text("WEBVTT\n\n" + "\n\n".join(cues) + "\n", encoding="utf-8")
    return clip, words


def _clock(seconds: float) -> str:
    return f"{int(seconds // 3600):02d}:{int(seconds // 60) % 60:02d}:{seconds % 60:06.3f}"


def _expression(who: int, time_s: float) -> tuple[float, float, float]:
    """Return smile, brow and mouth opening of a person at a time, changing smoothly."""
    smile = brow = mouth = 0.0
    for line in SCRIPT:
        near = 1 / (1 + math.exp(-6 * (time_s - line.start_s))) - 1 / (
            1 + math.exp(-4 * (time_s - line.end_s - 0.3))
        )
        share = 1.0 if line.speaker == who else 0.55
        smile += near * share * line.smile
        brow += near * share * line.brow
        if line.speaker == who and line.start_s <= time_s <= line.end_s:
            mouth = 0.15 + 0.55 * abs(math.sin(math.pi * 4.2 * (time_s - line.start_s)))
    return smile, brow, mouth


def _syllable(pitch_hz: float, rng: np.random.Generator) -> NDArray[np.float64]:
    n = round(0.2 * SOUND_HZ)
    t = np.arange(n) / SOUND_HZ
    formants = np.array([650.0, 1200.0, 2500.0]) * rng.uniform(0.8, 1.25, 3)
    voice = np.zeros(n)
    for harmonic in range(1, int(3800 / pitch_hz)):
        f = harmonic * pitch_hz
        gain = (1 / (1 + ((f - formants) / 90.0) ** 2)).sum() / math.sqrt(harmonic)
        voice += gain * np.sin(2 * np.pi * f * t * (1 + 0.01 * np.sin(2 * np.pi * 5 * t)))
    return voice * np.sin(np.pi * np.arange(n) / n) ** 0.7


def _draw(pen: ImageDraw.ImageDraw, look: _Look, smile: float, brow: float, mouth: float) -> None:
    cx, cy = look.x * SIZE[0] * _DETAIL, look.y * SIZE[1] * _DETAIL
    s = look.scale * SIZE[1] * _DETAIL
    shade = _darker(look.skin, 0.8)

    def oval(x0: float, y0: float, x1: float, y1: float, fill: tuple[int, int, int]) -> None:
        pen.ellipse([cx + x0 * s, cy + y0 * s, cx + x1 * s, cy + y1 * s], fill=fill)

    oval(-1.9, 1.35, 1.9, 4.2, look.shirt)
    pen.rectangle([cx - 0.42 * s, cy + 0.8 * s, cx + 0.42 * s, cy + 1.7 * s], fill=shade)
    oval(-1.08, -1.35, 1.08, 0.75, look.hair)
    oval(-0.9, -1.05, 0.9, 1.2, look.skin)
    for side in (-1.0, 0.82):
        oval(side, -0.25, side + 0.18, 0.2, shade)
    pen.pieslice(
        [cx - 0.95 * s, cy - 1.3 * s, cx + 0.95 * s, cy + 0.2 * s], 185, 355, fill=look.hair
    )
    oval(-0.75, -0.75, 0.75, 0.3, look.skin)
    for side in (-1, 1):
        _draw_eye(pen, look, (cx + side * 0.37 * s, cy), s, side, smile, brow)
    pen.polygon(
        [(cx, cy - 0.12 * s), (cx - 0.13 * s, cy + 0.3 * s), (cx + 0.13 * s, cy + 0.3 * s)],
        fill=_darker(look.skin, 0.92),
    )
    oval(-0.16, 0.2, 0.16, 0.36, _darker(look.skin, 0.9))
    for x in (-0.11, 0.03):
        oval(x, 0.28, x + 0.08, 0.34, _darker(look.skin, 0.6))
    _draw_mouth(pen, cx, cy, s, smile, mouth)


def _draw_eye(
    pen: ImageDraw.ImageDraw,
    look: _Look,
    centre: tuple[float, float],
    s: float,
    side: int,
    smile: float,
    brow: float,
) -> None:
    x, cy = centre
    # A broad smile lifts the cheeks and narrows the eyes.
    half = (0.065 - 0.022 * max(smile, 0.0)) * s
    mid = cy - 0.18 * s
    pen.ellipse([x - 0.19 * s, mid - half, x + 0.19 * s, mid + half], fill=(240, 238, 235))
    pen.ellipse([x - 0.07 * s, mid - half, x + 0.07 * s, mid + half], fill=(70, 50, 30))
    pen.ellipse(
        [x - 0.035 * s, mid - 0.6 * half, x + 0.035 * s, mid + 0.6 * half], fill=(10, 10, 10)
    )
    pen.arc(
        [x - 0.21 * s, mid - 1.3 * half, x + 0.21 * s, mid + 1.6 * half],
        190,
        350,
        fill=(60, 40, 30),
        width=max(2, int(0.045 * s)),
    )
    # A sad brow rises at its inner end, a glad one rises as a whole.
    lift, tilt = 0.05 * max(brow, 0.0), 0.09 * min(brow, 0.0) * -side
    pen.line(
        [
            (x - 0.24 * s, cy + (-0.34 - lift - tilt) * s),
            (x + 0.24 * s, cy + (-0.34 - lift + tilt) * s),
        ],
        fill=look.hair,
        width=max(3, int(0.085 * s)),
    )


def _draw_mouth(
    pen: ImageDraw.ImageDraw, cx: float, cy: float, s: float, smile: float, mouth: float
) -> None:
    width = 0.34 + 0.14 * max(smile, 0.0)
    along = np.linspace(-1.0, 1.0, 25)
    bow = 1 - along**2
    top = 0.6 + smile * 0.2 * (bow - 0.6) - 0.05 * bow
    below = top + (0.09 + 0.28 * mouth) * bow
    x = cx + along * width * s
    lips = [*zip(x, cy + top * s, strict=True), *zip(x[::-1], cy + below[::-1] * s, strict=True)]
    pen.polygon(lips, fill=(170, 70, 70))
    if mouth > 0.1:
        inner = slice(3, -3)
        hole = [
            *zip(x[inner], cy + (top[inner] + 0.03) * s, strict=True),
            *zip(x[inner][::-1], cy + (below[inner][::-1] - 0.035) * s, strict=True),
        ]
        pen.polygon(hole, fill=(60, 15, 20))


def _darker(colour: tuple[int, int, int], share: float) -> tuple[int, int, int]:
    red, green, blue = (int(c * share) for c in colour)
    return red, green, blue
