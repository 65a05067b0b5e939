"""How many sentences a second the text lane reads, beside VADER and a plain pipeline.

``python bench/text_speed.py [--sentences 4000] [--threads 2] [--lines 0]``

Sentences of 20 tokens are made up from the encoder's commonest words with a fixed seed. In the
same run stand: the whole lane (sentence splitting, language check, encoder, heads, table); the
encoder alone, batched by length; VADER, a lexicon with rules, if ``vaderSentiment`` is
installed; and a text classification pipeline of ``transformers`` over the encoder that ours
was cut from, in batches of 32, if that is. ``--lines N`` has `affectkit analyze` read a CSV
file of N lines and prints how the resident memory grows.
"""

from __future__ import annotations

import argparse
import csv
import importlib.util
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from affectkit import models
from affectkit.perceive.text import TextPerceiver
from affectkit.perceive.text_encoder import TextEncoder
from affectkit.perceive.text_model import MODEL

Work = Callable[[], object]


def made_up(encoder: TextEncoder, count: int, seed: int = 0) -> Iterator[str]:
    """Yield sentences of 18 word pieces, which with the marks at both ends are 20 tokens."""
    by_number = sorted((number, word) for word, number in encoder.vocabulary.items())
    words = [w for n, w in by_number if 1996 <= n < 9000 and w.isalpha() and w.isascii()]
    rng = np.random.default_rng(seed)
    for _ in range(count):
        yield " ".join(words[i] for i in rng.integers(len(words), size=17)) + "."


def rate(work: Work, count: int, repeats: int) -> tuple[float, float]:
    """Return sentences a second by the clock, and a second of processor time; best of several."""
    best = [0.0, 0.0]
    for _ in range(repeats):
        clock, processor = time.perf_counter(), time.process_time()
        work()
        best[0] = max(best[0], count / (time.perf_counter() - clock))
        best[1] = max(best[1], count / (time.process_time() - processor))
    return best[0], best[1]


def vader(texts: list[str]) -> Work | None:
    """Return the reading of all texts by VADER, or None if it is not installed."""
    if importlib.util.find_spec("vaderSentiment") is None:
        return None
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    analyser = SentimentIntensityAnalyzer()
    return lambda: [analyser.polarity_scores(text) for text in texts]


def pipeline(texts: list[str], threads: int) -> Work | None:
    """Return the reading of all texts by a plain pipeline, or None if it is not installed.

    Its head is untrained, which costs as much time as a trained one.
    """
    if any(importlib.util.find_spec(name) is None for name in ("torch", "transformers")):
        return None
    os.environ["HF_HUB_OFFLINE"] = os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    import torch
    import transformers

    transformers.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    torch.set_num_threads(threads)
    folder = models.weights.path("text_encoder_trainable")
    read = transformers.pipeline(
        "text-classification",
        model=transformers.BertForSequenceClassification.from_pretrained(folder, num_labels=28),
        tokenizer=transformers.BertTokenizerFast(tokenizer_file=str(folder / "tokenizer.json")),
        function_to_apply="sigmoid",
        top_k=None,
    )
    return lambda: read(texts, batch_size=32)


def resident_mb(process: int) -> float:
    """Return the resident memory of a process and all that it started now, in MB."""
    parents: dict[int, int] = {}
    pages: dict[int, int] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            # After the name, which may hold anything, stand the state and the parent.
            about = (folder / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
            pages[int(folder.name)] = int((folder / "statm").read_text(encoding="ascii").split()[1])
        except (OSError, IndexError):  # it has ended
            continue
        parents[int(folder.name)] = int(about[1])
    total, family = 0, [process]
    while family:
        one = family.pop()
        total += pages.get(one, 0)
        family += [child for child, parent in parents.items() if parent == one]
    return total * os.sysconf("SC_PAGE_SIZE") / 1e6


def read_lines(encoder: TextEncoder, count: int) -> None:
    """Have a CSV file of so many lines read, and print the memory along the way."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "lines.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["id", "text"])
            writer.writerows(enumerate(made_up(encoder, count)))
        command = [sys.executable, "-m", "affectkit", "analyze", str(path), "--quiet"]
        begun = time.perf_counter()
        process = subprocess.Popen([*command, "--out", str(Path(folder) / "out")])
        seen: list[tuple[float, float]] = []

        def watch() -> None:
            while process.poll() is None:
                seen.append((time.perf_counter() - begun, resident_mb(process.pid)))
                time.sleep(0.5)

        watcher = threading.Thread(target=watch)
        watcher.start()
        code = process.wait()
        watcher.join()
        took = time.perf_counter() - begun
    if code:
        raise SystemExit(f"affectkit analyze ended with status {code}")
    print(f"\n{count} lines of CSV in {took:.0f} s ({count / took:.0f}/s)")
    for share in (0.2, 0.4, 0.6, 0.8, 1.0):
        at = took * share
        print(f"after {at:5.0f} s: {max(mb for s, mb in seen if s <= at):6.0f} MB at most")


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--sentences", type=int, default=4000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--lines", type=int, default=0)
    chosen = parser.parse_args()
    perceiver = TextPerceiver(threads=chosen.threads, evidence=False)
    encoder = TextEncoder(models.shipped(MODEL), threads=chosen.threads)
    texts = list(made_up(encoder, chosen.sentences))
    few = texts[: max(len(texts) // 10, 100)]
    lengths = [len(p) for p in encoder.pieces(texts)]
    print(f"{len(texts)} sentences, {np.mean(lengths):.1f} tokens each, {os.cpu_count()} cores")

    def lane() -> None:
        for _ in perceiver.perceive_lines(texts):
            pass

    work = [
        ("text lane", chosen.threads, texts, lane),
        ("encoder alone", chosen.threads, texts, lambda: encoder.encode(texts)),
        ("VADER", 1, few, vader(few)),
        ("transformers pipeline", chosen.threads, few, pipeline(few, chosen.threads)),
    ]
    print(f"{'':24} {'threads':>7} {'sentences/s':>12} {'a core-second':>14}")
    for name, threads, read, doing in work:
        if doing is None:
            print(f"{name:24} is not installed")
            continue
        doing()  # loads everything once
        clock, processor = rate(doing, len(read), chosen.repeats)
        print(f"{name:24} {threads:7d} {clock:12.0f} {processor:14.0f}")
    if chosen.lines:
        read_lines(encoder, chosen.lines)


if __name__ == "__main__":
    main()
