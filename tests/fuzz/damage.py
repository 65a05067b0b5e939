"""Ways in which files come to harm."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

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
        out[at : at + 4] = rng.choice(
            [b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\xff\xff\xff\x7f", b"\x00\x00\x00\x00"]
        )
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
