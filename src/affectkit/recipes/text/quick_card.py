"""What the shipped text model says about itself, written beside its weights."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from affectkit.data import emobank, goemotions
from affectkit.learn.heads import Head
from affectkit.learn.ngrams import NgramTable
from affectkit.measure.metrics import ccc, ece, macro_f1, micro_f1
from affectkit.perceive.text_model import MODEL, TextModel, confidence_and_spread
from affectkit.recipes.finding import Finding

if TYPE_CHECKING:
    from affectkit.models import Score

_COMMAND = "python -m affectkit.recipes.text.quick_model --full"


def write(emotions: Head, words: NgramTable, space: Head, findings: Sequence[Finding]) -> Path:
    """Write the model and its card into ``models/shipped``, and return the folder."""
    from importlib.resources import files

    from affectkit.models import ModelCard, write_card

    folder = Path(str(files("affectkit.models"))) / "shipped" / MODEL
    folder.mkdir(parents=True, exist_ok=True)
    emotions.save(folder / "emotions.safetensors", half=True)
    words.save(folder / "words.safetensors")
    space.save(folder / "space.safetensors", half=True)
    card = ModelCard(
        id=MODEL,
        task="tells the emotions, valence, arousal and dominance of an English sentence",
        labels=emotions.outputs,
        label_set="goemotions28",
        trained_on=(
            f"{goemotions.FACTS.title} ({goemotions.FACTS.licence})",
            f"{emobank.FACTS.title} ({emobank.FACTS.licence})",
        ),
        licence="CC-BY-SA-4.0",
        commercial=True,
        rights="space.safetensors learned from EmoBank, which is CC BY-SA 4.0, and carries that "
        "licence; emotions.safetensors and words.safetensors learned from GoEmotions alone "
        "and may be used under Apache-2.0.",
        stands_on=("text_encoder",),
        scores=tuple(s for f in findings if (s := _score(f)) is not None),
        limits=(
            "English only; texts in other languages are refused, not guessed at.",
            "Learned from comments on Reddit: irony, in-jokes and the age and country of its "
            "writers are in it. Speech, letters and news differ.",
            "Says what readers would call the text, not what its writer felt.",
            "Grief, pride, relief and nervousness had under 200 examples each to learn from.",
            "The spread is learned from labels that at least two of three readers gave; what "
            "single readers saw was filtered out by the makers.",
        ),
        measure=f"{__name__}:measure",
        home="https://github.com/google-research/google-research/tree/master/goemotions",
    )
    write_card(folder, card)
    return folder


def measure(data: Path) -> list[Score]:
    """Return the scores of the shipped model, measured again on the official dev sets.

    Parameters
    ----------
    data
        Folder with the public data sets.
    """
    from affectkit.models import Score

    model = TextModel(threads=2)
    dev = goemotions.read(data).split("dev")
    truth = dev.table[list(dev.labels)].to_numpy(dtype=np.float64)
    p = model.probabilities(dev.table["text"].tolist())
    confidence, _ = confidence_and_spread(p, model.emotions.meta)
    yes = p >= np.asarray(model.emotions.thresholds)
    right = truth[np.arange(len(p)), p.argmax(axis=1)]
    found = {
        (goemotions.FACTS.folder, "macro-F1"): (macro_f1(truth, yes), len(p)),
        (goemotions.FACTS.folder, "micro-F1"): (micro_f1(truth, yes), len(p)),
        (goemotions.FACTS.folder, "expected calibration error"): (ece(right, confidence), len(p)),
    }
    bank = emobank.read(data).split("dev").table
    told = model.estimate(bank["text"].tolist()).space
    for k, name in enumerate(emobank.SPACE):
        score = ccc(bank[name], told[:, k])
        found[(emobank.FACTS.folder, f"CCC {name}")] = (score, len(bank))
    return [
        Score(
            data=where,
            split="dev",
            metric=metric,
            value=value,
            low=value,
            high=value,
            n=n,
            command=f"affectkit models check {MODEL}",
        )
        for (where, metric), (value, n) in found.items()
    ]


def _score(finding: Finding) -> Score | None:
    from affectkit.models import Score

    if "minus sign" in finding.metric:
        return None
    shift = finding.baseline if finding.interval_of == "difference" else 0.0
    return Score(
        data=finding.data[0],
        split="dev",
        metric=finding.metric,
        value=round(finding.value, 4),
        low=round(finding.low + (shift or 0.0), 4),
        high=round(finding.high + (shift or 0.0), 4),
        n=finding.n,
        baseline=None if finding.baseline is None else round(finding.baseline, 4),
        command=_COMMAND,
    )
