"""Measures that tasks share."""

from __future__ import annotations

from inspect_ai.scorer import Metric, SampleScore, metric


@metric
def readable() -> Metric:
    """Share of the answers that could be read whole, by ``readable`` in the score's metadata."""

    def compute(scores: list[SampleScore]) -> float:
        read = [(score.score.metadata or {})["readable"] for score in scores]
        return sum(read) / len(read) if read else 0.0

    return compute
