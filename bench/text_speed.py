"""How many sentences a second the text lane reads, beside a plain way of doing the same.

``python bench/text_speed.py [--sentences 4000] [--threads 2] [--lines 0]``

Sentences of 20 tokens are made up from the encoder's commonest words with a fixed seed. In the
same run stand: the whole lane (sentence splitting, language check, encoder, heads, table); the
encoder alone, batched by length; and the plain way, one sentence after the other in 32-bit
numbers, as a first script would do it. ``--lines N`` streams N lines and prints how the
resident memory grows.
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from affectkit import models
from affectkit.models.convert import text_encoder as converter
from affectkit.perceive.text import TextPerceiver
from affectkit.perceive.text_encoder import TextEncoder


def made_up(encoder: TextEncoder, count: int, seed: int = 0) -> Iterator[str]:
    """Yield sentences of 18 word pieces, which with the marks at both ends are 20 tokens."""
    by_number = sorted((number, word) for word, number in encoder.vocabulary.items())
    words = [w for n, w in by_number if 1996 <= n < 9000 and w.isalpha() and w.isascii()]
    rng = np.random.default_rng(seed)
    for _ in range(count):
        yield " ".join(words[i] for i in rng.integers(len(words), size=17)) + "."


def rate(work: Callable[[], object], count: int, repeats: int) -> tuple[float, float]:
    """Return sentences a second by the clock, and a second of processor time; best of several."""
    best = [0.0, 0.0]
    for _ in range(repeats):
        clock, processor = time.perf_counter(), time.process_time()
        work()
        best[0] = max(best[0], count / (time.perf_counter() - clock))
        best[1] = max(best[1], count / (time.process_time() - processor))
    return best[0], best[1]


def resident_mb() -> float:
    """Return the largest resident memory so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def plain_encoder(folder: Path) -> TextEncoder:
    """Return the same encoder in 32-bit numbers."""
    from safetensors.numpy import load_file

    source = folder / "source"
    models.weights.unpack("text_encoder", source)
    (folder / "plain").mkdir()
    converter.write_encoder(
        load_file(source / "model.safetensors"),
        folder / "plain" / "encoder.onnx",
        heads=12,
        layers=converter.LAYERS,
        means=converter.MEANS,
        maxima=converter.MAXIMA,
        quantised=False,
    )
    (source / "tokenizer.json").rename(folder / "plain" / "tokenizer.json")
    return TextEncoder(folder / "plain", threads=1)


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--sentences", type=int, default=4000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--lines", type=int, default=0)
    chosen = parser.parse_args()
    perceiver = TextPerceiver(threads=chosen.threads, evidence=False)
    encoder = perceiver.model.encoder
    texts = list(made_up(encoder, chosen.sentences))
    lengths = [len(p) for p in encoder.pieces(texts)]
    print(f"{len(texts)} sentences, {np.mean(lengths):.1f} tokens each, {os.cpu_count()} cores")

    def lane() -> None:
        for _ in perceiver.perceive_lines(texts):
            pass

    lane()  # loads everything once
    rows = [
        ("text lane", chosen.threads, rate(lane, len(texts), chosen.repeats)),
        (
            "encoder alone",
            chosen.threads,
            rate(lambda: encoder.encode(texts), len(texts), chosen.repeats),
        ),
    ]
    few = texts[: max(len(texts) // 20, 50)]
    with tempfile.TemporaryDirectory() as folder:
        plain = plain_encoder(Path(folder))
        plain.encode(few[:1])
        alone = rate(lambda: [plain.encode([t]) for t in few], len(few), 1)
        rows.append(("plain: float32, one by one", 1, alone))
    print(f"{'':28} {'threads':>7} {'sentences/s':>12} {'a core-second':>14}")
    for name, threads, (clock, processor) in rows:
        print(f"{name:28} {threads:7d} {clock:12.0f} {processor:14.0f}")
    if chosen.lines:
        seen = 0
        step = max(chosen.lines // 5, 1)
        for part in perceiver.perceive_lines(made_up(encoder, chosen.lines)):
            before = seen // step
            seen += len(part)
            if seen // step > before:
                print(f"after {seen:8d} lines: {resident_mb():6.0f} MB resident at most")


if __name__ == "__main__":
    main()
