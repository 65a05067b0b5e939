"""What the default text model says about itself, written beside its weights."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from affectkit.data import emobank, goemotions, vader, xed
from affectkit.learn.heads import Head
from affectkit.learn.joint_text import Settings
from affectkit.learn.ngrams import NgramTable
from affectkit.measure.metrics import ccc, ece, macro_f1, micro_f1
from affectkit.perceive.text_model import MODEL, TextModel
from affectkit.recipes.finding import Finding
from affectkit.recipes.shipping import card_score, shipped_folder
from affectkit.recipes.text import judging

if TYPE_CHECKING:
    from affectkit.models import Score

_COMMAND = "python -m affectkit.recipes.text.default_model --full"
OF_EMOTIONS = "macro-F1 of lines with an emotion"
"""Of the eight labels, over the lines of XED that hold at least one: neutral lines left out."""


def write(
    made: Path,
    parts: Mapping[str, Head | NgramTable],
    findings: Sequence[Finding],
    taught: Sequence[Finding],
    thinned: Sequence[Finding],
    settings: Settings,
) -> Path:
    """Write the model and its card into ``models/shipped``, and return the folder.

    Parameters
    ----------
    made
        Folder with ``encoder.onnx`` and ``tokenizer.json``.
    parts
        Heads and tables by the name of their file.
    findings
        What was measured.
    taught
        What learning from teachers brought.
    thinned
        What taking values out of the middle of the layers cost.
    settings
        How it was trained.
    """
    from affectkit.models import ModelCard, write_card

    folder = shipped_folder(MODEL)
    for name in ("encoder.onnx", "tokenizer.json"):
        shutil.copyfile(made / name, folder / name)
    for name, part in parts.items():
        path = folder / f"{name}.safetensors"
        if isinstance(part, Head):
            part.save(path, half=True)
        else:
            part.save(path)
    sets = (goemotions.FACTS, emobank.FACTS, xed.FACTS, vader.FACTS)
    card = ModelCard(
        id=MODEL,
        task="tells the emotions, valence, arousal and dominance of an English sentence",
        labels=parts["emotions"].outputs if isinstance(parts["emotions"], Head) else (),
        label_set="goemotions28",
        trained_on=(
            "MiniLM-L6, one billion sentence pairs from the web (Apache-2.0): where the encoder "
            "starts",
            *(f"{facts.title} ({facts.licence})" for facts in sets),
        ),
        licence="CC-BY-SA-4.0",
        commercial=True,
        rights="The encoder learned from EmoBank among others, which is CC BY-SA 4.0: the whole "
        "model carries that licence",
        scores=tuple(
            card_score(finding, split="dev", command=_COMMAND)
            for finding in findings
            if "minus sign" not in finding.metric and "likelihood" not in finding.metric
        ),
        limits=(
            "English only; texts in other languages are refused, not guessed at.",
            "Learned from comments on Reddit, film subtitles, tweets and reviews: irony, in-jokes "
            "and the age and country of their writers are in it. Speech, letters and news differ.",
            "Says what readers would call the text, not what its writer felt.",
            "Grief, pride, relief and nervousness had under 200 examples each to learn from.",
            "Thresholds and calibrations come from the dev sets that judge it: each score is of "
            "texts whose thresholds came from the other four fifths of dev. One training, one "
            "seed: how far another would differ was not measured.",
            "The spread between labels is learned from labels that at least two of three readers "
            "gave; what single readers saw was filtered out by the makers.",
        ),
        tried=(
            f"One training on the four sets without teachers, {settings.epochs} epochs: "
            + "; ".join(f"{_short(f)} {f.baseline:.3f} (with them {f.value:.3f})" for f in taught)
            + ".",
            "With all values in the middle of its layers, a third slower: "
            + "; ".join(f"{_short(f)} {f.baseline:.3f} (now {f.value:.3f})" for f in thinned)
            + ".",
            "The mean of the weights after the first and the second epoch with teachers: macro-F1 "
            "on goemotions 0.005 higher, CCC valence 0.001 lower, macro-F1 on xed 0.001 higher. "
            "The mean of trainings with and without teachers: at most 0.002 higher on xed. Tables "
            "of n-grams, mixed in anew on dev: no gain. Eight emotions among the neutral lines of "
            "xed stay a hair under 0.46, the aim; without those lines, or with neutral as a ninth "
            "label, they are over it.",
            "Linear heads on the scores of all tasks, fitted on dev by folds: no gain in space "
            "or in Plutchik's emotions.",
            "Thresholds that gave the best F1 on dev: worse on other folds than thresholds of "
            "the best F1 to expect from calibrated probabilities, which it has.",
            "Heads on an encoder that was not tuned: see text.quick_model, affectkit papers.",
        ),
        speed=f"{settings.layers} layers of 384, 8-bit integers; see docs/performance.md",
        measure=f"{__name__}:measure",
        home="https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2",
    )
    write_card(folder, card)
    return folder


def measure(data: Path) -> list[Score]:
    """Return the scores of the shipped model, measured again on the dev sets.

    As on the card, thresholds, calibrations and ranges for each text come from the other four
    fifths of dev; what ships comes from all of dev.

    Parameters
    ----------
    data
        Folder with the public data sets.
    """
    from affectkit.models import Score

    model = TextModel(threads=2)
    go, films = goemotions.read(data).split("dev"), xed.read(data).split("dev")
    found: dict[tuple[str, str], tuple[float, int]] = {}
    for facts, table, labels, head, words in (
        (goemotions.FACTS, go.table, go.labels, model.emotions, model.words),
        (xed.FACTS, films.table, xed.LABELS, model.plutchik, model.plutchik_words),
    ):
        truth = table[list(labels)].to_numpy(dtype=np.float64)
        pieces = model.encoder.pieces(table["text"].tolist())
        features = model.encoder.encode_pieces(pieces)
        told = judging.across_folds(head, words, features, pieces, truth, seed=0)
        n = len(truth)
        found[(facts.folder, "macro-F1")] = (macro_f1(truth, told.holds), n)
        if head is model.emotions:
            right = truth[np.arange(n), told.probabilities.argmax(axis=1)]
            found[(facts.folder, "micro-F1")] = (micro_f1(truth, told.holds), n)
            error = ece(right, told.confidence)
            found[(facts.folder, "expected calibration error")] = (error, n)
        else:
            nine = macro_f1(judging.with_neutral(truth > 0), judging.with_neutral(told.holds))
            found[(facts.folder, judging.WITH_NEUTRAL)] = (nine, n)
            some = truth.any(axis=1)
            found[(facts.folder, OF_EMOTIONS)] = (
                macro_f1(truth[some], told.holds[some]),
                int(some.sum()),
            )
    bank = emobank.read(data, perspective="both").split("dev").table
    truth = bank[list(emobank.SPACE)].to_numpy(dtype=np.float64)
    space = judging.space_across_folds(model.space_of(bank["text"].tolist()), truth, seed=0)
    for k, name in enumerate(emobank.SPACE):
        found[(emobank.FACTS.folder, f"CCC {name}")] = (ccc(truth[:, k], space[:, k]), len(bank))
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


def _short(finding: Finding) -> str:
    return f"{finding.metric} on {finding.data[0].rsplit('/', 1)[-1]}"
