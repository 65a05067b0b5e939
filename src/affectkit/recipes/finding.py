"""What a recipe returns: one claim, its number, the baseline, and whether it holds."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from affectkit.errors import DataError

if TYPE_CHECKING:
    from affectkit.measure.intervals import Interval


@dataclass(frozen=True)
class Finding:
    """One claim, measured on real data against a baseline.

    Parameters
    ----------
    claim
        The sentence that is true if the finding holds.
    metric
        What was measured, such as ``"concordance correlation coefficient"``.
    value
        The metric for what the recipe built (mean over `seeds`).
    baseline
        The same metric for the baseline; None if the claim has none.
    baseline_name
        What the baseline is, such as ``"majority class"``.
    low, high
        Ends of the 95 % interval of the quantity named by `interval_of`.
    interval_of
        ``"difference"`` (value minus baseline) or ``"value"``.
    n
        How many independent units (items, people, clips) the interval rests on.
    seeds
        The seeds that were run.
    data
        The data sets, by their folder under the data root.
    holds
        Whether the claim held here.
    notes
        What a reader has to know to read the number rightly.
    recipe, paper
        Which recipe made it, and for which paper; filled in by the run command.
    code
        sha256 of the code that made it (see `affectkit.recipes.registry.code_version`);
        filled in by the run command.
    full
        Whether it comes from the large run.
    seconds
        How long the run took.
    created, command
        The day it was made, and the command that made it.

    Raises
    ------
    ValueError
        If the claim is empty, a number is not finite, the interval is upside down, or there
        is nothing that it rests on (no data, no seed, n below 1).

    Examples
    --------
    >>> found = Finding(
    ...     claim="the kit beats the majority class",
    ...     metric="UAR", value=0.61, baseline=0.25, baseline_name="majority class",
    ...     low=0.30, high=0.42, n=96, seeds=(0, 1, 2), data=("speech/emodb",), holds=True,
    ... )
    >>> Finding.from_dict(found.to_dict()) == found
    True
    """

    claim: str
    metric: str
    value: float
    baseline: float | None
    baseline_name: str
    low: float
    high: float
    n: int
    seeds: tuple[int, ...]
    data: tuple[str, ...]
    holds: bool
    notes: str = ""
    interval_of: Literal["difference", "value"] = "difference"
    recipe: str = ""
    paper: int | None = None
    code: str = ""
    full: bool = False
    seconds: float = 0.0
    created: str = ""
    command: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "seeds", tuple(int(s) for s in self.seeds))
        data = (self.data,) if isinstance(self.data, str) else self.data
        object.__setattr__(self, "data", tuple(data))
        # Numbers come from numpy; as plain values they go to JSON and compare equal.
        for name in ("value", "low", "high", "seconds"):
            object.__setattr__(self, name, float(getattr(self, name)))
        if self.baseline is not None:
            object.__setattr__(self, "baseline", float(self.baseline))
        object.__setattr__(self, "n", int(self.n))
        object.__setattr__(self, "holds", bool(self.holds))
        numbers = [self.value, self.low, self.high, self.baseline or 0.0]
        if not all(math.isfinite(x) for x in numbers):
            raise ValueError(f"the finding {self.claim!r} has a number that is not finite")
        if self.low > self.high:
            raise ValueError(f"the interval of {self.claim!r} is upside down")
        if not (self.claim and self.metric and self.data and self.seeds and self.n >= 1):
            raise ValueError(f"the finding {self.claim!r} lacks its claim, metric, data, seed or n")
        if self.interval_of == "difference" and self.baseline is None:
            raise ValueError(f"{self.claim!r} states an interval of a difference to no baseline")

    def stamped(self, **values: Any) -> Finding:
        """Return the finding with what the run command knows filled in."""
        return replace(self, **values)

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values that `from_dict` reads back without loss."""
        values = asdict(self)
        return {**values, "seeds": list(self.seeds), "data": list(self.data)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Finding:
        """Build a finding from the values of `to_dict`; unknown keys are left aside."""
        known = {f.name for f in fields(cls)}
        return cls(**{key: value for key, value in values.items() if key in known})


def compared(
    claim: str,
    metric: str,
    value: float,
    baseline: float,
    baseline_name: str,
    gap: Interval,
    *,
    seeds: Sequence[int],
    data: str,
    margin: float = 0.0,
    notes: str = "",
) -> Finding:
    """Return the finding that a value lies above a baseline, by the interval of the difference.

    Parameters
    ----------
    claim, metric, value, baseline, baseline_name, seeds, notes
        As of a `Finding`.
    gap
        Interval of value less baseline, such as `affectkit.measure.intervals.bootstrap` gives.
    data
        The data set.
    margin
        The claim holds if the low end of `gap` is above this.

    Examples
    --------
    >>> from affectkit.measure.intervals import Interval
    >>> compared(
    ...     "it beats chance", "UAR", 0.5, 0.25, "chance", Interval(0.25, 0.1, 0.4, n=90),
    ...     seeds=(0,), data="speech/emodb",
    ... ).holds
    True
    """
    return Finding(
        claim=claim,
        metric=metric,
        value=value,
        baseline=baseline,
        baseline_name=baseline_name,
        low=gap.low,
        high=gap.high,
        n=gap.n,
        seeds=tuple(seeds),
        data=(data,),
        holds=gap.low > margin,
        notes=notes,
    )


def measured(
    claim: str,
    metric: str,
    score: Interval,
    *,
    seeds: Sequence[int],
    data: str,
    holds: bool,
    baseline: float | None = None,
    baseline_name: str = "",
    notes: str = "",
) -> Finding:
    """Return the finding that a value is as claimed, by the interval of the value itself.

    Parameters
    ----------
    claim, metric, seeds, holds, baseline, baseline_name, notes
        As of a `Finding`.
    score
        The value with its interval.
    data
        The data set.

    Examples
    --------
    >>> from affectkit.measure.intervals import Interval
    >>> measured(
    ...     "confidence is calibrated", "ECE", Interval(0.02, 0.01, 0.04, n=90),
    ...     seeds=(0,), data="speech/emodb", holds=True,
    ... ).interval_of
    'value'
    """
    return Finding(
        claim=claim,
        metric=metric,
        value=score.value,
        baseline=baseline,
        baseline_name=baseline_name,
        low=score.low,
        high=score.high,
        interval_of="value",
        n=score.n,
        seeds=tuple(seeds),
        data=(data,),
        holds=holds,
        notes=notes,
    )


def write_findings(findings: Sequence[Finding], path: str | os.PathLike[str]) -> Path:
    """Write findings to a JSON file, whole or not at all, and return its path."""
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".{target.name}.{os.getpid()}.part")
    text = json.dumps([f.to_dict() for f in findings], indent=2, ensure_ascii=False)
    try:
        beside.write_text(text + "\n", encoding="utf-8")
        os.replace(beside, target)
    finally:
        beside.unlink(missing_ok=True)
    return target


def read_findings(path: str | os.PathLike[str]) -> list[Finding]:
    """Read the findings of a JSON file.

    Raises
    ------
    DataError
        If the file is missing, damaged, or a finding in it is incomplete.
    """
    try:
        values = json.loads(Path(path).read_text(encoding="utf-8"))
        return [Finding.from_dict(value) for value in values]
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise DataError(
            f"{path} holds no findings: {error}", remedy="run the recipe again with --record"
        ) from error
