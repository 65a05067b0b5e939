"""How long Dawid and Skene's model takes on a large crowd, beside crowd-kit.

``python bench/crowd_speed.py [--labels 100000] [--raters 200] [--classes 8] [--iterations 20]``

A crowd is made up with a fixed seed: five raters an item, each right with a chance of their own.
Both fit the same ratings in the same run with as many iterations and no early end; the largest
difference between their posteriors is printed beside the times and their ratio. ``--models`` adds
MACE and GLAD, which crowd-kit fits in minutes.
"""

from __future__ import annotations

import argparse
import importlib.util
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from affectkit.measure.crowd import dawid_skene
from affectkit.measure.crowd_difficulty import glad
from affectkit.measure.crowd_spammers import mace


def crowd(labels: int, raters: int, classes: int, seed: int = 0) -> tuple[np.ndarray, ...]:
    """Return item, rater and label of each rating, five an item."""
    rng = np.random.default_rng(seed)
    n = labels // 5
    truth = rng.integers(classes, size=n)
    item = np.repeat(np.arange(n), 5)
    # Raters of one item differ: each is so many seats from the first.
    first, step = rng.integers(raters, size=n), rng.integers(1, max(raters // 5, 2), size=n)
    rater = (first[:, None] + step[:, None] * np.arange(5)).ravel() % raters
    right = rng.random(len(item)) < rng.uniform(0.3, 0.95, raters)[rater]
    wrong = (truth[item] + rng.integers(1, classes, size=len(item))) % classes
    return item, rater, np.where(right, truth[item], wrong)


def timed(work: Callable[[], Any], repeats: int) -> tuple[float, float, Any]:
    """Return the shortest time by the clock and of the processor, and what came out."""
    best = [np.inf, np.inf]
    out = None
    for _ in range(repeats):
        clock, processor = time.perf_counter(), time.process_time()
        out = work()
        best[0] = min(best[0], time.perf_counter() - clock)
        best[1] = min(best[1], time.process_time() - processor)
    return best[0], best[1], out


def main() -> None:
    """Fit both and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--labels", type=int, default=100_000)
    parser.add_argument("--raters", type=int, default=200)
    parser.add_argument("--classes", type=int, default=8)
    parser.add_argument("--iterations", type=int, default=20)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--models", action="store_true")
    told = parser.parse_args()
    item, rater, label = crowd(told.labels, told.raters, told.classes)
    print(
        f"{len(item)} labels, {item.max() + 1} items, {told.raters} raters, {told.classes} "
        f"classes, {told.iterations} iterations"
    )

    def ours() -> Any:
        return dawid_skene(item, rater, label, iterations=told.iterations, tolerance=-1.0)

    clock, processor, found = timed(ours, told.repeats)
    least = clock
    print(f"affectkit   Dawid-Skene {clock:8.3f} s by the clock, {processor:8.3f} s processor")
    clock, processor, stopped = timed(lambda: dawid_skene(item, rater, label), told.repeats)
    print(
        f"affectkit   to its end  {clock:8.3f} s by the clock, {processor:8.3f} s processor, "
        f"{stopped.iterations} iterations"
    )
    if importlib.util.find_spec("crowdkit"):
        from crowdkit.aggregation import DawidSkene

        table = pd.DataFrame({"task": item, "worker": rater, "label": label})
        fit = DawidSkene(n_iter=told.iterations, tol=-1)
        clock, processor, theirs = timed(lambda: fit.fit(table).probas_, 1)
        print(
            f"crowd-kit   Dawid-Skene {clock:8.3f} s by the clock, {processor:8.3f} s processor, "
            f"{clock / least:.1f} times as long"
        )
        posterior = theirs.sort_index()[sorted(theirs.columns)].to_numpy()
        off = np.abs(found.probabilities - posterior).max()
        print(f"largest difference between their posteriors: {off:.1e}")
    else:
        print("crowd-kit is not installed: pip install crowd-kit")
    if told.models:
        for name, model in (("MACE", mace), ("GLAD", glad)):
            clock, processor, other = timed(lambda m=model: m(item, rater, label), 1)
            print(
                f"affectkit   {name}        {clock:8.3f} s by the clock, {processor:8.3f} s "
                f"processor, {other.iterations} iterations"
            )


if __name__ == "__main__":
    main()
