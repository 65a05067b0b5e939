"""How long group gaps with bootstrap intervals take, beside fairlearn's MetricFrame.

``python bench/fairness_speed.py [--rows 100000] [--groups 10] [--labels 8] [--draws 100]``

In one run: all five rates of each label and group with the intervals of their gaps; agreement of
valence, arousal and dominance; calibration of each label; and one label alone, of which
``fairlearn.metrics.MetricFrame`` takes the true positive rate only, with a tenth of the
resamples, scaled up. The ratio of the last two and the largest difference between their rates are
printed. By the clock, and in processor time. Rows are made up with a fixed seed.
"""

from __future__ import annotations

import argparse
import importlib.util
import time
from collections.abc import Callable

import numpy as np

from affectkit.measure.fairness import group_agreement, group_calibration, group_scores


def seconds(work: Callable[[], object], repeats: int) -> tuple[float, float]:
    """Return the least time by the clock, and of the processor, of several runs."""
    least = [np.inf, np.inf]
    for _ in range(repeats):
        clock, processor = time.perf_counter(), time.process_time()
        work()
        least[0] = min(least[0], time.perf_counter() - clock)
        least[1] = min(least[1], time.process_time() - processor)
    return least[0], least[1]


def main() -> None:
    """Print a line a measurement."""
    ask = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, number in (("rows", 100_000), ("groups", 10), ("labels", 8), ("draws", 100)):
        ask.add_argument(f"--{name}", type=int, default=number)
    ask.add_argument("--repeats", type=int, default=3)
    told = ask.parse_args()
    rng = np.random.default_rng(0)
    n, k = told.rows, told.labels
    groups = np.array([f"group {g}" for g in range(told.groups)])[rng.integers(told.groups, size=n)]
    truth = rng.integers(k, size=n)
    answer = np.where(rng.random(n) < 0.6, truth, rng.integers(k, size=n))
    several = rng.random((n, k)) < 0.2
    answers = several ^ (rng.random((n, k)) < 0.1)
    point = rng.normal(size=(n, 3))
    near = point + rng.normal(size=(n, 3))
    p = rng.dirichlet(np.ones(k), size=n)
    speaker = rng.integers(1000, size=n)
    one, other = (truth == 0)[:, None], (answer == 0)[:, None]
    alone = "one label alone"
    draws = {"draws": told.draws}
    asked: dict[str, Callable[[], object]] = {
        f"one of {k} labels": lambda: group_scores(truth, answer, groups, **draws),
        f"one of {k} labels, 1,000 speakers drawn whole": lambda: group_scores(
            truth, answer, groups, clusters=speaker, **draws
        ),
        f"{k} labels that may hold together": lambda: group_scores(
            several, answers, groups, **draws
        ),
        "valence, arousal, dominance": lambda: group_agreement(point, near, groups, **draws),
        f"calibration of {k} labels": lambda: group_calibration(truth, p, groups, **draws),
        alone: lambda: group_scores(one, other, groups, **draws),
    }
    print(f"{n} rows, {told.groups} groups, {told.draws} resamples")
    for what, work in asked.items():
        clock, processor = seconds(work, told.repeats)
        print(f"{what}: {clock:.3f} s, processor {processor:.3f} s", flush=True)
    if importlib.util.find_spec("fairlearn") is None:
        print("fairlearn is not installed")
        return
    from fairlearn.metrics import MetricFrame, true_positive_rate

    def frame() -> object:
        return MetricFrame(
            metrics={"tpr": true_positive_rate},
            y_true=one[:, 0].astype(int),
            y_pred=other[:, 0].astype(int),
            sensitive_features=groups,
            n_boot=max(2, told.draws // 10),
            ci_quantiles=[0.025, 0.975],
            random_state=0,
        )

    # The last measured is the one label alone.
    ours = clock
    scale = told.draws / max(2, told.draws // 10)
    clock, processor = (scale * s for s in seconds(frame, 1))
    print(
        f"fairlearn's MetricFrame, one rate of one label: about {clock:.1f} s, "
        f"processor {processor:.1f} s, {clock / ours:.0f} times as long as {alone}"
    )
    rates = group_scores(one, other, groups).table("tpr").iloc[:, 0]
    theirs = MetricFrame(
        metrics=true_positive_rate, y_true=one[:, 0], y_pred=other[:, 0], sensitive_features=groups
    ).by_group
    off = np.abs(rates - theirs.loc[rates.index]).max()
    print(f"largest difference between their rates: {off:.1e}")


if __name__ == "__main__":
    main()
