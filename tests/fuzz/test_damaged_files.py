"""Damaged files of every kind: no hang, no traceback, no crash of this process.

As many cases as run in two minutes' time or so; ``AFFECTKIT_FUZZ=10000`` asks for more, and
``AFFECTKIT_FUZZ_SEED`` for others. Each is read to its end in a worker.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

from affectkit.affect import Estimate, LabelSet, Timeline
from affectkit.errors import AffectkitError
from affectkit.media import write, write_clip
from affectkit.worker import Worker

CASES = int(os.environ.get("AFFECTKIT_FUZZ", "600"))
SEED = int(os.environ.get("AFFECTKIT_FUZZ_SEED", "2"))
LIMIT_S = 30.0
MEMORY = 6 << 30

CHATS = {
    "a.jsonl": '{"speaker": "Ann", "text": "Grüße 😀", "start": 1.5}\n' * 12,
    "a.json": '{"messages": [{"from": "Ann", "date": "2023-01-01T10:00:00", "text": ["a", '
    '{"type": "b", "text": "c"}]}, {"role": "user", "content": "d"}]}',
    "a.csv": 'speaker,text,start_time\nAnn,"one, ""two""\nthree",00:00:01.5\nBen,four,2.5\n' * 5,
    "chat.txt": "31/12/2023, 23:59 - Ann: Happy\nnew year\n01/01/2024, 00:01 - Ben: <Media "
    "omitted>\n[1/2/24, 10:00:01 PM] Cy: hi: there\n" * 4,
    "a.vtt": "WEBVTT\n\n1\n00:01.000 --> 00:02.000 line:0\n<v Ann>Hi &amp; <i>bye</i>\n\n" * 6,
    "a.srt": "1\n00:00:01,000 --> 00:00:02,000\nANN: <i>Hello</i>\n- there\n\n" * 6,
    "talk.txt": "Ann: Hello there.\nBen: How are you?\nAnn: Well, thanks: very well.\n" * 4,
    "names.csv": "person,name\nPerson 1,Ann\nVoice 2,Ben\n",
}


@pytest.fixture(scope="module")
def seeds(tmp_path_factory) -> dict[str, list[Path]]:
    """Whole files by kind: real ones where there are some, and one of each format we make."""
    folder = tmp_path_factory.mktemp("whole")
    rng = np.random.default_rng(0)
    frames = [rng.integers(0, 255, (72, 96, 3)).astype(np.uint8) for _ in range(12)]
    sound = (0.3 * np.sin(np.arange(16_000) / 9)).astype(np.float32)
    video = [
        write_clip(folder / f"a.{suffix}", frames, rate_hz=10, samples=sound)
        for suffix in ("mp4", "webm", "mkv", "mov")
    ]
    audio = []
    for suffix in ("wav", "flac", "ogg", "mp3", "aiff", "caf", "au", "w64"):
        audio.append(folder / f"a.{suffix}")
        soundfile.write(audio[-1], sound, 16_000)
    photos = []
    for suffix in ("jpg", "png", "webp", "bmp", "tiff", "gif", "avif"):
        photos.append(folder / f"p.{suffix}")
        Image.fromarray(frames[0]).save(photos[-1])
    texts = []
    for name, content in CHATS.items():
        texts.append(folder / name)
        texts[-1].write_text(content, encoding="utf-8")
    ekman = LabelSet.load("ekman7")
    joy = Estimate(ekman, [0, 0, 0, 1, 0, 0, 0], valence=0.5, source="x")
    timeline = Timeline.from_estimates([(0.0, 2.0, "Ann", "face", joy)] * 3, ekman)
    texts += write(timeline, folder, ["eaf", "textgrid", "rttm"])
    real = Path(os.environ.get("AFFECTKIT_DATA", Path(__file__).parents[3] / "shared/data")) / "av"
    for kind, pattern in (
        (video, "video/*.mp4"),
        (audio, "speech/pyannote-sample/*.flac"),
        (audio, "speech/emodb/03a0*.flac"),
        (photos, "face/pyfeat/*.jpg"),
        (texts, "face/pyfeat/*.csv"),
    ):
        kind += sorted(real.glob(pattern))[:4]
    return {"video": video, "audio": audio, "photo": photos, "text": texts}


def refusal(worker: Worker, file: Path) -> str:
    """Read a file to its end; return why that was refused, or nothing."""
    try:
        facts = worker.call("affectkit.media.examination:look_through", {"path": str(file)})
        return "" if facts["kind"] else "reading failed: no kind"
    except AffectkitError as error:
        return error.problem


SHARES = {"video": 0.22, "audio": 0.23, "photo": 0.15, "text": 0.4}


@pytest.mark.slow
@pytest.mark.parametrize("kind", SHARES)
@pytest.mark.timeout(0)
def test_no_hang_no_traceback_no_crash(kind: str, seeds, tmp_path: Path) -> None:
    rng = np.random.default_rng([SEED, sorted(SHARES).index(kind)])
    damages = TEXT if kind == "text" else ANY
    count = round(CASES * SHARES[kind])
    read = refused = crashed = 0
    slowest = 0.0
    with Worker(timeout_s=LIMIT_S, memory_bytes=MEMORY) as worker:
        for case in range(count):
            source = seeds[kind][case % len(seeds[kind])]
            data = source.read_bytes()
            chosen = [damages[i] for i in rng.integers(0, len(damages), rng.integers(1, 3))]
            for damage in chosen:
                data = damage(data or b"\x00", rng)
            file = tmp_path / f"{case}{source.suffix}"
            file.write_bytes(data or b"\x00")
            story = f"case {case} of {kind}: {source.name} after {[d.__name__ for d in chosen]}"
            begun = time.monotonic()
            problem = refusal(worker, file)
            # These would be a bug of ours, and a hang; a crash of a library is survived.
            assert "reading failed" not in problem, f"{story}: {problem}"
            assert "longer than" not in problem, f"{story}: {problem}"
            read += not problem
            refused += bool(problem)
            if "crashed" in problem:
                print(f"{story}: {problem}")
                crashed += 1
            slowest = max(slowest, time.monotonic() - begun)
            file.unlink()
    print(f"{kind}: {count} cases, {read} read, {refused} refused, {crashed} crashes survived, "
          f"slowest {slowest:.2f} s")  # fmt: skip
    assert read + refused == count
    assert crashed <= 0.02 * count
    assert read > 0
    assert refused > 0


# --- ways in which files come to harm ---

Damage = Callable[[bytes, np.random.Generator], bytes]


def cut(data: bytes, rng: np.random.Generator) -> bytes:
    """The end is missing."""
    return data[: int(rng.integers(1, max(2, len(data))))]


def behead(data: bytes, rng: np.random.Generator) -> bytes:
    """The beginning is missing."""
    return data[int(rng.integers(1, max(2, len(data) // 2))) :]


def flip(data: bytes, rng: np.random.Generator) -> bytes:
    """A few bytes anywhere are wrong."""
    out = bytearray(data)
    for at in rng.integers(0, len(out), int(rng.integers(1, 60))):
        out[at] = int(rng.integers(256))
    return bytes(out)


def flip_header(data: bytes, rng: np.random.Generator) -> bytes:
    """A few bytes near the beginning or the end, where indexes are, are wrong."""
    out = bytearray(data)
    span = min(len(out), 4096)
    for _ in range(int(rng.integers(1, 20))):
        at = int(rng.integers(span))
        out[at if rng.random() < 0.5 else len(out) - 1 - at] = int(
            rng.choice([0, 1, 127, 128, 255, int(rng.integers(256))])
        )
    return bytes(out)


def blank(data: bytes, rng: np.random.Generator) -> bytes:
    """A stretch is zeros, as after a lost disk block."""
    start, length = int(rng.integers(len(data))), int(rng.integers(1, max(2, len(data) // 4)))
    return data[:start] + bytes(min(length, len(data) - start)) + data[start + length :]


def repeat(data: bytes, rng: np.random.Generator) -> bytes:
    """A stretch comes again, or a few hundred times."""
    start = int(rng.integers(len(data)))
    piece = data[start : start + int(rng.integers(1, 200))]
    return data[:start] + piece * int(rng.integers(2, 300)) + data[start:]


def drop(data: bytes, rng: np.random.Generator) -> bytes:
    """A stretch in the middle is missing."""
    start, length = int(rng.integers(len(data))), int(rng.integers(1, max(2, len(data) // 3)))
    return data[:start] + data[start + length :]


def big_numbers(data: bytes, rng: np.random.Generator) -> bytes:
    """Sizes and counts in the header are huge."""
    out = bytearray(data)
    for _ in range(int(rng.integers(1, 6))):
        at = int(rng.integers(min(len(out), 4096)))
        huge = (b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\xff\xff\xff\x7f", bytes(4))
        out[at : at + 4] = huge[int(rng.integers(len(huge)))]
    return bytes(out)


def shuffle(data: bytes, rng: np.random.Generator) -> bytes:
    """Blocks come in another order, as after a failed download."""
    size = max(1, len(data) // int(rng.integers(2, 30)))
    blocks = [data[i : i + size] for i in range(0, len(data), size)]
    rng.shuffle(blocks)
    return b"".join(blocks)


def noise(data: bytes, rng: np.random.Generator) -> bytes:
    """All but the first bytes is noise."""
    keep = int(rng.integers(0, 400))
    return data[:keep] + rng.bytes(min(len(data), 100_000))


def nest(data: bytes, rng: np.random.Generator) -> bytes:
    """Brackets open without end."""
    opening = rng.choice([b"[", b'{"a":', b"<a>", b"<v a>", b"(", b'"', b"&lt;", b"{\\"])
    at = int(rng.integers(len(data)))
    return data[:at] + bytes(opening) * int(rng.integers(10, 60_000)) + data[at:]


def reencode(data: bytes, rng: np.random.Generator) -> bytes:
    """The text is in another encoding."""
    text = data.decode("utf-8", errors="replace")
    encoding = str(rng.choice(["utf-16", "utf-16-be", "cp1252", "cp037", "utf-32", "utf-7"]))
    return text.encode(encoding, errors="replace")


def swap_lines(data: bytes, rng: np.random.Generator) -> bytes:
    """Lines are doubled, lost and out of order."""
    lines = data.split(b"\n")
    chosen = rng.integers(0, len(lines), len(lines))
    return b"\n".join(lines[i] for i in chosen)


ANY: tuple[Damage, ...] = (
    cut, behead, flip, flip_header, blank, repeat, drop, big_numbers, shuffle, noise,
)  # fmt: skip
TEXT: tuple[Damage, ...] = (*ANY, nest, reencode, swap_lines)
