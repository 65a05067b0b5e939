"""A text model in minutes: heads on an encoder that stays as it is, and a table of words.

The way to a model of one's own labels on a laptop, and the measure of what tuning the encoder
itself adds (`default_model`). On the features stand a head of one hidden layer and a table of
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
from affectkit.perceive.text_encoder import TextEncoder
from affectkit.perceive.text_model import confidence_and_spread
from affectkit.progress import Progress, silent
from affectkit.recipes.finding import Finding
from affectkit.recipes.text import calibrating, judging
from affectkit.recipes.text.judging import Told
from affectkit.recipes.text.words_alone import emotions_by_words, space_by_words

ID = "text.quick_model"
PAPER = None
TITLE = "A text model in minutes: heads on a frozen encoder, judged on the official dev sets"
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
    """Train and judge; return what was found.

    Parameters
    ----------
    data
        Folder with the public data sets.
    seeds
        Seeds of the heads that are averaged; the first also draws the held-back part.
    full
        Train on everything.
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
    return [
        *judge_emotions(model, train, dev, seeds),
        *judge_space(model, b_train, b_dev, seeds),
    ]


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
    return calibrating.calibrated(
        trainer.head_, trainer.table_, calibrate.features, calibrate.pieces, calibrate.truth
    )


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
    told = trainer.head_.predict(x[held]).astype(np.float64)
    return calibrating.in_space(trainer.head_, told, train.truth[held, :3], train.truth[:, :3])


def judge_emotions(model: Model, train: Texts, dev: Texts, seeds: Sequence[int]) -> list[Finding]:
    """Compare with words alone, and say how far the confidence can be trusted."""
    p = probabilities("sigmoid", model.scores(dev))
    told = Told(
        p,
        p >= np.asarray(model.emotions.thresholds),
        *confidence_and_spread(p, model.emotions.meta),
    )
    held, kept = _hold_back(len(train.texts), seeds[0])
    plain = emotions_by_words(
        (train.rows(kept).texts, train.truth[kept]),
        (train.rows(held).texts, train.truth[held]),
        dev.texts,
        seed=seeds[0],
    )
    where = "GoEmotions (dev)"
    notes = f"{p.shape[1]} labels, several may hold; thresholds from train"
    return [
        *judging.judge_labels(
            dev.truth, told.holds, plain, where=where, data=_GO, seeds=seeds, notes=notes
        ),
        *judging.judge_trust(dev.truth, told, where=where, data=_GO, seeds=seeds, bound=0.05),
    ]


def judge_space(model: Model, train: Texts, dev: Texts, seeds: Sequence[int]) -> list[Finding]:
    """Compare with words alone, dimension by dimension."""
    plain = space_by_words(train.texts, train.truth[:, :3], dev.texts)
    return judging.judge_space(dev.truth, model.in_space(dev), plain, seeds=seeds)


def _hold_back(n: int, seed: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    order = np.random.default_rng(seed).permutation(n)
    size = max(round(_HELD * n), 1)
    return order[:size], order[size:]


if __name__ == "__main__":
    from affectkit.recipes.run import main

    main()
