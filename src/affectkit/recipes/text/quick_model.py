"""Train and judge the shipped text model: emotions, valence, arousal, dominance.

``python -m affectkit.recipes.text.quick_model`` trains on a part of the data and prints the
findings; with ``--full`` it trains on all of it and also writes the heads and their card to
``models/shipped/text-emotion-1``.

The encoder stays as it is. On its features stand a head of one hidden layer and a table of
words and pairs of words, trained together on GoEmotions; its scores and the features go into a
second head for EmoBank's readers. Calibrations and thresholds come from a tenth of the training
data that nothing else has seen; dev only judges.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affectkit.data import emobank, goemotions
from affectkit.learn.head_trainer import HeadTrainer
from affectkit.learn.heads import Head, probabilities
from affectkit.learn.ngram_trainer import NgramTrainer
from affectkit.learn.ngrams import NgramTable
from affectkit.measure.calibration import Isotonic, Platt
from affectkit.measure.intervals import Interval, bootstrap
from affectkit.measure.metrics import ccc, ece, macro_f1, micro_f1
from affectkit.perceive.text_encoder import TextEncoder
from affectkit.perceive.text_model import confidence_and_spread, leading_share
from affectkit.progress import Progress, silent
from affectkit.recipes.finding import Finding
from affectkit.recipes.text.quick_card import write
from affectkit.recipes.text.words_alone import best_thresholds, emotions_by_words, space_by_words

ID = "text.quick_model"
PAPER = None
TITLE = "The shipped text model, trained on open data and judged on the official dev sets"
NEEDS = (
    "text-open/goemotions",
    "text-open/emobank",
    "weights:text_encoder",
    "package:torch",
    "package:sklearn",
)
_GO, _BANK = goemotions.FACTS.folder, emobank.FACTS.folder
_QUICK = 8_000  # training texts of a plain run
_HELD = 0.1
_RATER_SD = tuple(f"{name}_sd" for name in emobank.SPACE)

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Texts:
    """Texts as the model sees them, and what people said of them."""

    texts: list[str]
    pieces: list[list[int]]
    features: NDArray[np.float32]
    truth: Floats

    def rows(self, index: NDArray[np.intp]) -> Texts:
        """Return some of them."""
        return Texts(
            [self.texts[i] for i in index],
            [self.pieces[i] for i in index],
            self.features[index],
            self.truth[index],
        )


@dataclass(frozen=True, eq=False)
class Model:
    """The three files of the model."""

    emotions: Head
    words: NgramTable
    space: Head

    def scores(self, t: Texts) -> NDArray[np.float32]:
        """Return the scores of the emotions, calibrated."""
        return self.emotions.scores(t.features) + self.words.scores(t.pieces)

    def in_space(self, t: Texts) -> Floats:
        """Return valence, arousal, dominance and how far readers differ."""
        return self.space.predict(np.concatenate([t.features, self.scores(t)], axis=1))


def run(
    *,
    data: Path,
    seeds: Sequence[int] = (0, 1, 2),
    full: bool = False,
    progress: Progress | None = None,
) -> list[Finding]:
    """Train, judge and, if `full`, write the model; return what was found.

    Parameters
    ----------
    data
        Folder with the public data sets.
    seeds
        Seeds of the heads that are averaged; the first also draws the held-back part.
    full
        Train on everything, and write the shipped model with its card.
    progress
        Told ``("encoding" | "emotions" | "space", done, total)``.
    """
    report = progress or silent
    encoder = TextEncoder(threads=2)
    go, bank = goemotions.read(data), emobank.read(data)
    rng = np.random.default_rng(seeds[0])
    columns = [*emobank.SPACE, *_RATER_SD]

    def part(of: Any, split: str, columns: list[str], most: int | None) -> Texts:
        table = of.split(split).table
        if most is not None and len(table) > most:
            table = table.iloc[np.sort(rng.choice(len(table), most, replace=False))]
        texts = table["text"].tolist()
        pieces = encoder.pieces(texts)
        features = []
        for at in range(0, len(pieces), 2048):
            report("encoding", at, len(pieces))
            features.append(encoder.encode_pieces(pieces[at : at + 2048]))
        truth = table[columns].to_numpy(dtype=np.float64)
        return Texts(texts, pieces, np.concatenate(features), truth)

    most = None if full else _QUICK
    train, dev = part(go, "train", list(go.labels), most), part(go, "dev", list(go.labels), most)
    b_train, b_dev = part(bank, "train", columns, most), part(bank, "dev", columns, most)
    n_pieces = len(encoder.vocabulary)
    report("emotions", 0, 1)
    emotions, words = train_emotions(train, go.labels, n_pieces, seeds)
    report("emotions", 1, 1)
    report("space", 0, 1)
    space = train_space(b_train, emotions, words, seeds)
    report("space", 1, 1)
    model = Model(emotions, words, space)
    findings = [
        *judge_emotions(model, train, dev, go.labels, seeds),
        *judge_space(model, b_train, b_dev, seeds),
    ]
    if full:
        write(model.emotions, model.words, model.space, findings)
    return findings


def train_emotions(
    train: Texts, labels: Sequence[str], n_pieces: int, seeds: Sequence[int]
) -> tuple[Head, NgramTable]:
    """Return the head and the table of words, calibrated on a tenth that neither saw."""
    held, kept = _hold_back(len(train.texts), seeds[0])
    fit, calibrate = train.rows(kept), train.rows(held)
    head = HeadTrainer(
        kind="sigmoid",
        hidden=512,
        dropout=0.4,
        learning_rate=1e-3,
        weight_decay=0.02,
        epochs=5,
        batch_size=256,
        members=len(seeds),
        seed=seeds[0],
        outputs=tuple(labels),
    )
    trainer = NgramTrainer(head, n_pieces=n_pieces).fit(fit.features, fit.truth, fit.pieces)
    raw = trainer.scores(calibrate.features, calibrate.pieces)
    curves = [Platt().fit(raw[:, k], calibrate.truth[:, k]) for k in range(len(labels))]
    slope = np.array([max(c.slope_, 0.05) for c in curves])
    offset = np.array([c.offset_ for c in curves])
    # A curve on a score is a factor and an offset on the last layer: nothing more to run.
    found = trainer.head_
    words = trainer.table_.scaled(slope)
    weights = [found.weights[0], found.weights[1] * slope]
    biases = [found.biases[0], found.biases[1] * slope + offset]
    plain = Head("sigmoid", tuple(labels), weights, biases, found.mean, found.scale)
    scores = plain.scores(calibrate.features) + words.scores(calibrate.pieces)
    p = probabilities("sigmoid", scores)
    lead = p.argmax(axis=1)
    given = calibrate.truth[np.arange(len(p)), lead]
    # With k labels on a text, the average reader of those who agreed on any gave one of them.
    share = given / calibrate.truth.sum(axis=1)
    meta = {
        "confidence": Isotonic().fit(p.max(axis=1), given).to_dict(),
        "agreement": Isotonic().fit(leading_share(p), share).to_dict(),
    }
    thresholds = best_thresholds(p, calibrate.truth)
    return Head(
        "sigmoid",
        tuple(labels),
        weights,
        biases,
        found.mean,
        found.scale,
        thresholds=thresholds,
        meta=meta,
    ), words


def train_space(train: Texts, emotions: Head, words: NgramTable, seeds: Sequence[int]) -> Head:
    """Return the head of valence, arousal, dominance and the differences between readers."""
    held, kept = _hold_back(len(train.texts), seeds[0])
    scores = emotions.scores(train.features) + words.scores(train.pieces)
    x = np.concatenate([train.features, scores], axis=1)
    trainer = HeadTrainer(
        kind="regression",
        hidden=128,
        dropout=0.4,
        learning_rate=1e-3,
        weight_decay=0.02,
        epochs=8,
        batch_size=128,
        members=len(seeds),
        seed=seeds[0],
        outputs=(*emobank.SPACE, *_RATER_SD),
    ).fit(x[kept], train.truth[kept])
    told = trainer.head_.predict(x[held])
    missed = (train.truth[held, :3] - told[:, :3]) ** 2
    differ = np.clip(told[:, 3:6], 0.05, 1) ** 2
    base, slope = [], []
    for k in range(3):
        s = max(float(np.polyfit(differ[:, k], missed[:, k], 1)[0]), 0.0)
        slope.append(s)
        base.append(max(float(missed[:, k].mean() - s * differ[:, k].mean()), 1e-3))
    h = trainer.head_
    error = {"base": base, "rater": slope, "population": train.truth[:, :3].std(axis=0).tolist()}
    return Head(h.kind, h.outputs, h.weights, h.biases, h.mean, h.scale, meta={"error": error})


def judge_emotions(
    model: Model, train: Texts, dev: Texts, labels: Sequence[str], seeds: Sequence[int]
) -> list[Finding]:
    """Compare with words alone, and say how far the confidence can be trusted."""
    p = probabilities("sigmoid", model.scores(dev))
    yes = p >= np.asarray(model.emotions.thresholds)
    held, kept = _hold_back(len(train.texts), seeds[0])
    plain = emotions_by_words(
        (train.rows(kept).texts, train.truth[kept]),
        (train.rows(held).texts, train.truth[held]),
        dev.texts,
        seed=seeds[0],
    )
    told = p.argmax(axis=1)
    right = dev.truth[np.arange(len(p)), told]
    confidence, spread = confidence_and_spread(p, model.emotions.meta)
    agree = right / dev.truth.sum(axis=1)
    found = []
    for name, metric in (("macro-F1", macro_f1), ("micro-F1", micro_f1)):
        gap = bootstrap(_difference(metric), dev.truth, yes, plain, seed=seeds[0])
        found.append(
            _finding(
                f"on GoEmotions (dev) the text model beats words alone in {name}",
                name,
                metric(dev.truth, yes),
                metric(dev.truth, plain),
                "tf-idf of words and pairs, logistic regression, own thresholds",
                gap,
                seeds,
                _GO,
                notes=f"{len(labels)} labels, several may hold; thresholds from train",
            )
        )
    score = bootstrap(ece, right, confidence, seed=seeds[0])
    found.append(
        Finding(
            claim="the confidence in the leading label is calibrated on GoEmotions (dev)",
            metric="expected calibration error",
            value=score.value,
            baseline=None,
            baseline_name="",
            low=min(score.low, score.value),
            high=max(score.high, score.value),
            n=score.n,
            seeds=tuple(seeds),
            data=(_GO,),
            holds=score.value <= 0.05,
            interval_of="value",
            notes=f"15 bins of equal mass; right for {right.mean():.3f} of the texts; over all "
            f"labels {ece(dev.truth.ravel(), p.ravel()):.4f}",
        )
    )
    constant = np.full(len(p), agree.mean())
    gap = bootstrap(
        lambda a, s, c: float(np.mean((a - c) ** 2) - np.mean((a - 1 + s) ** 2)),
        agree,
        spread,
        constant,
        seed=seeds[0],
    )
    found.append(
        _finding(
            "the spread tells on which texts of GoEmotions (dev) readers give other labels",
            "mean squared error, with a minus sign",
            -float(np.mean((agree - 1 + spread) ** 2)),
            -float(np.mean((agree - constant) ** 2)),
            "the average share for every text",
            gap,
            seeds,
            _GO,
            notes="shares are counted over the labels that two readers agreed on, so what single "
            "readers saw is missing from them",
        )
    )
    return found


def judge_space(model: Model, train: Texts, dev: Texts, seeds: Sequence[int]) -> list[Finding]:
    """Compare with words alone, dimension by dimension."""
    told = model.in_space(dev)
    plain = space_by_words(train.texts, train.truth[:, :3], dev.texts)
    found = []
    for k, name in enumerate(emobank.SPACE):
        gap = bootstrap(_difference(ccc), dev.truth[:, k], told[:, k], plain[:, k], seed=seeds[0])
        found.append(
            _finding(
                f"on EmoBank's readers (dev) the text model beats words alone in {name}",
                f"CCC {name}",
                ccc(dev.truth[:, k], told[:, k]),
                ccc(dev.truth[:, k], plain[:, k]),
                "tf-idf of words and pairs, ridge regression",
                gap,
                seeds,
                _BANK,
            )
        )
    return found


def _finding(
    claim: str,
    metric: str,
    value: float,
    baseline: float,
    baseline_name: str,
    gap: Interval,
    seeds: Sequence[int],
    data: str,
    notes: str = "",
) -> Finding:
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
        holds=gap.low > 0,
        notes=notes,
    )


def _difference(metric: Any) -> Any:
    return lambda truth, ours, theirs: metric(truth, ours) - metric(truth, theirs)


def _hold_back(n: int, seed: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    order = np.random.default_rng(seed).permutation(n)
    size = max(round(_HELD * n), 1)
    return order[:size], order[size:]


if __name__ == "__main__":
    from affectkit.recipes.run import main

    main()
