"""From what a recipe found to what a shipped model's card says, and where the model lies."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from affectkit.recipes.finding import Finding

if TYPE_CHECKING:
    from affectkit.models import Score


def shipped_folder(model: str) -> Path:
    """Return the folder in which a model travels with the package, made if it is not there.

    Examples
    --------
    >>> shipped_folder("speech-emotion-1").name
    'speech-emotion-1'
    """
    folder = Path(str(files("affectkit.models"))) / "shipped" / model
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def card_score(
    finding: Finding, *, split: str, command: str, cross_corpus: bool = False, negated: bool = False
) -> Score:
    """Return a finding as a score of a model card: with an interval of the value itself.

    Parameters
    ----------
    finding
        What was found; of an interval of a difference, the baseline is added to its ends.
    split
        Which part of the data it was measured on.
    command
        The command that measures it again.
    cross_corpus
        Whether the model saw nothing of that corpus in training.
    negated
        Whether the finding holds an error with a minus sign, which the card shows without.

    Examples
    --------
    >>> found = Finding(
    ...     claim="it beats the majority class", metric="UAR", value=0.6, baseline=0.25,
    ...     baseline_name="majority class", low=0.3, high=0.4, n=96, seeds=(0,), data=("a",),
    ...     holds=True,
    ... )
    >>> score = card_score(found, split="test", command="affectkit papers run a")
    >>> score.low, score.high
    (0.55, 0.65)
    """
    from affectkit.models import Score

    of_value = finding.interval_of == "value"
    shift = 0.0 if of_value or finding.baseline is None else finding.baseline
    sign = -1.0 if negated else 1.0
    low, high = sorted((sign * (finding.low + shift), sign * (finding.high + shift)))
    return Score(
        data=finding.data[0],
        split=split,
        metric=finding.metric.replace(", with a minus sign", ""),
        value=round(sign * finding.value, 4),
        low=round(low, 4),
        high=round(high, 4),
        n=finding.n,
        baseline=None if finding.baseline is None else round(sign * finding.baseline, 4),
        command=command,
        cross_corpus=cross_corpus,
    )
