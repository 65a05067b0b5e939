"""Train and judge the default text model: an encoder tuned on four open data sets at once.

``python -m affectkit.recipes.text.default_model`` trains on a part of the data with one layer
and prints the findings; with ``--full`` it trains on all of it, with a GPU if there is one and
in about an hour on two cores if not, goes on where it was cut off, and writes the model with
its card to ``models/shipped/text-default``.

GoEmotions teaches 28 emotions, XED the eight of Plutchik, EmoBank what readers feel in valence,
arousal and dominance and how far they differ, VADER valence by twenty raters a text. Training
ends on plan, not on a score; thresholds and calibrations come from the dev sets, and each score
here is of texts whose thresholds and calibrations came from the other four fifths of dev.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from affectkit import models
from affectkit.data import emobank, goemotions, vader, xed
from affectkit.learn import joint_text
from affectkit.learn.heads import Head
from affectkit.learn.joint_text import JointText, Settings, Task
from affectkit.learn.ngrams import NgramTable
from affectkit.learn.thinning import thinned
from affectkit.measure.intervals import bootstrap
from affectkit.measure.metrics import ccc, macro_f1
from affectkit.measure.thresholds import best_thresholds
from affectkit.models.convert import text_encoder as converter
from affectkit.perceive.text_encoder import TextEncoder
from affectkit.progress import Progress, silent
from affectkit.recipes.finding import Finding, compared
from affectkit.recipes.text import calibrating, default_card, judging
from affectkit.recipes.text.judging import Told
from affectkit.recipes.text.teachers import imitated, taught
from affectkit.recipes.text.words_alone import label_scores, space_by_words

ID = "text.default_model"
PAPER = None
TITLE = "The default text model: one small encoder tuned on four open sets, judged on dev"
NEEDS = (
    "text-open/goemotions",
    "text-open/emobank",
    "text-open/xed",
    "text-open/vader",
    "weights:text_encoder_trainable",
    "package:torch",
    "package:transformers",
    "package:sklearn",
)
LONGEST = 64
"""Word pieces of a text that are read in training."""
_GO, _BANK, _XED = goemotions.FACTS.folder, emobank.FACTS.folder, xed.FACTS.folder
_UNITS = 768  # values in the middle of a layer, of 1,536
_IMITATION = 3.0
_LOSS = 0.02
_LOOKED_AT = 400  # texts of each set on which values are looked at before some are taken out
_QUICK = 1_500  # texts of each set in a plain run
_SD = tuple(f"{name}_sd" for name in emobank.SPACE)
_BOTH = tuple(f"{name}_both" for name in emobank.SPACE)
_CROSS = "thresholds from the other four fifths of dev"

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Sets:
    """Texts to learn from and to be judged on; the baselines learn from the same."""

    go: tuple[pd.DataFrame, pd.DataFrame]
    bank: tuple[pd.DataFrame, pd.DataFrame]
    films: tuple[pd.DataFrame, pd.DataFrame]
    snippets: pd.DataFrame
    labels: tuple[str, ...]


def run(
    *,
    data: Path,
    seeds: Sequence[int] = (0,),
    full: bool = False,
    progress: Progress | None = None,
) -> list[Finding]:
    """Train, judge and, if `full`, write the model; return what was found.

    Parameters
    ----------
    data
        Folder with the public data sets.
    seeds
        The first is that of everything random: one training is all that an hour allows.
    full
        Train three layers on everything, and write the shipped model with its card.
    progress
        Told ``("training" | "judging", done, total)``.
    """
    report = progress or silent
    seeds = tuple(seeds)[:1]
    sets = gather(data, None if full else _QUICK, seeds[0])
    source = models.weights.path("text_encoder_trainable")
    settings = Settings(seed=seeds[0]) if full else Settings(layers=1, epochs=1, seed=seeds[0])
    with tempfile.TemporaryDirectory() as scratch:
        tasks = as_tasks(sets, _tokens(source))
        keep = models.weights.home() / "training" if full else None
        examples = tasks[0].pieces[:400]

        def as_file(learned: JointText, name: str, *, padded: bool) -> TextEncoder:
            folder = Path(scratch) / name
            folder.mkdir()
            write_encoder(learned, source, folder, settings, examples, padded=padded)
            return TextEncoder(folder, threads=2)

        first = joint_text.train(source, tasks, settings, keep=keep, progress=progress)
        tuned = as_file(first, "first", padded=True)
        tasks = taught(
            tasks,
            first,
            tuned,
            _whole_encoder(source, Path(scratch) / "whole", examples),
            {"space": (6, 7, 8), "plutchik": range(len(xed.LABELS))},
            width=_width(source),
            seed=seeds[0],
            progress=progress,
        )
        second = _second(settings)
        wide = joint_text.train(source, tasks, second, start=first, keep=keep, progress=progress)
        wide_encoder = as_file(wide, "wide", padded=True)
        tasks = imitated(tasks, wide_encoder, progress=progress)
        start = thinned(source, wide, _some(tasks, seeds[0]), _UNITS)
        third = replace(second, feed_forward=_UNITS, imitation=_IMITATION)
        last = joint_text.train(source, tasks, third, start=start, keep=keep, progress=progress)
        report("judging", 0, 1)
        judge = _Judge(sets, last, as_file(last, "last", padded=False), seeds)
        findings = judge.findings()
        before = _Judge(sets, wide, wide_encoder, seeds)
        taught_more = before.step(
            _Judge(sets, first, tuned, seeds),
            "teachers' words on other texts make it better in",
            "the same model without teachers",
        )
        thinned_out = judge.step(
            before,
            f"with {_UNITS} values in the middle of a layer it loses no more than {_LOSS} in",
            "the same model with all of them",
            margin=-_LOSS,
        )
        if full:
            made = Path(scratch) / "last"
            default_card.write(made, judge.shipped(), findings, taught_more, thinned_out, settings)
        report("judging", 1, 1)
    return [*findings, *taught_more, *thinned_out]


def _second(settings: Settings) -> Settings:
    """Return how to go on once there are teachers: gently, from what is known."""
    return replace(
        settings,
        epochs=min(settings.epochs, 2),
        learning_rate=settings.learning_rate * 0.75,
        head_rate=settings.head_rate / 2,
        table_rate=settings.table_rate / 5,
    )


def _some(tasks: Sequence[Task], seed: int) -> list[Sequence[int]]:
    """Return word pieces of some texts of each data set."""
    rng = np.random.default_rng(seed)
    return [
        task.pieces[i]
        for task in tasks[:-1]  # the last has texts of the first
        for i in rng.choice(len(task.pieces), min(_LOOKED_AT, len(task.pieces)), replace=False)
    ]


def gather(data: Path, most: int | None, seed: int) -> Sets:
    """Return the data sets; of each training part no more than `most` texts, if given.

    Texts that stand in a dev set as well are taken out of training.
    """
    rng = np.random.default_rng(seed)

    def parts(whole: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
        train, dev = (whole[whole["split"] == s].reset_index(drop=True) for s in ("train", "dev"))
        known = set(map(normalised, dev["text"]))
        train = train[[normalised(t) not in known for t in train["text"]]]
        if most is not None and len(train) > most:
            train = train.iloc[np.sort(rng.choice(len(train), most, replace=False))]
        return train.reset_index(drop=True), dev

    go = goemotions.read(data)
    bank = emobank.read(data).table
    joint = emobank.read(data, perspective="both").table.set_index("id")
    for name, both in zip(emobank.SPACE, _BOTH, strict=True):
        bank[both] = joint.loc[bank["id"], name].to_numpy()
    snippets = pd.concat([vader.read(data, part=p).table for p in ("tweets", "reviews")])
    if most is not None:
        snippets = snippets.sample(most, random_state=seed)
    return Sets(
        go=parts(go.table),
        bank=parts(bank),
        films=parts(xed.read(data).table),
        snippets=snippets.reset_index(drop=True),
        labels=tuple(go.labels),
    )


def normalised(text: str) -> str:
    """Return the words of a text, in small letters."""
    return re.sub(r"\W+", " ", text.lower()).strip()


def as_tasks(sets: Sets, tokens: Tokens) -> list[Task]:
    """Return the four tasks, with the weights of their losses."""

    def columns(table: pd.DataFrame, names: Sequence[str]) -> NDArray[np.float32]:
        return table[list(names)].to_numpy(dtype=np.float32)

    go, bank, films = sets.go[0], sets.bank[0], sets.films[0]
    space = (*emobank.SPACE, *_SD, *_BOTH)
    return [
        Task("emotions", "labels", sets.labels, tokens(go), columns(go, sets.labels), table=True),
        Task(
            "space",
            "ratings",
            space,
            tokens(bank),
            columns(bank, space),
            repeats=3,
            concordance=0.9,
            concordance_of=(*emobank.SPACE, *_BOTH),
            scale=(18.0,) * 3 + (9.0,) * 3 + (18.0,) * 3,
        ),
        Task(
            "plutchik",
            "labels",
            xed.LABELS,
            tokens(films),
            columns(films, xed.LABELS),
            weight=0.6,
            table=True,
        ),
        Task(
            "valence",
            "ratings",
            ("valence", "valence_sd"),
            tokens(sets.snippets),
            columns(sets.snippets, ("valence", "valence_sd")),
            scale=(12.0, 6.0),
        ),
    ]


class Tokens:
    """Cuts the texts of a table into word pieces."""

    def __init__(self, tokenizer: Path) -> None:
        from tokenizers import Tokenizer

        self._tokenizer = Tokenizer.from_file(str(tokenizer))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(LONGEST)

    def __call__(self, table: pd.DataFrame) -> list[list[int]]:
        """Return the word pieces of each text, with the marks at both ends."""
        return [e.ids for e in self._tokenizer.encode_batch_fast(table["text"].tolist())]


def _tokens(source: Path) -> Tokens:
    return Tokens(source / "tokenizer.json")


def write_encoder(
    trained: JointText,
    source: Path,
    folder: Path,
    settings: Settings,
    examples: Sequence[Sequence[int]],
    *,
    padded: bool = False,
) -> None:
    """Write ``encoder.onnx`` in 8-bit integers and ``tokenizer.json`` into a folder."""
    import shutil

    config = _config(source)
    converter.write_encoder(
        trained.tensors,
        folder / "encoder.onnx",
        heads=int(config["num_attention_heads"]),
        layers=settings.layers,
        means=(settings.layers,),
        maxima=(settings.layers,),
        epsilon=float(config["layer_norm_eps"]),
        activation=settings.activation,
        padded=padded,
        examples=examples,
    )
    shutil.copyfile(source / "tokenizer.json", folder / "tokenizer.json")


def _whole_encoder(source: Path, folder: Path, examples: Sequence[Sequence[int]]) -> TextEncoder:
    """Return the encoder with all its layers, as it was before any tuning."""
    import shutil

    from safetensors.numpy import load_file

    config = _config(source)
    layers = int(config["num_hidden_layers"])
    folder.mkdir()
    converter.write_encoder(
        load_file(source / "model.safetensors"),
        folder / "encoder.onnx",
        heads=int(config["num_attention_heads"]),
        layers=layers,
        means=tuple(range(2, layers + 1)),
        maxima=(),
        epsilon=float(config["layer_norm_eps"]),
        examples=examples,
    )
    shutil.copyfile(source / "tokenizer.json", folder / "tokenizer.json")
    return TextEncoder(folder, threads=2)


def _config(source: Path) -> dict[str, Any]:
    config: dict[str, Any] = json.loads((source / "config.json").read_text("utf-8"))
    return config


def _width(source: Path) -> int:
    return int(_config(source)["hidden_size"])


class _Judge:
    """The trained model on the dev sets."""

    def __init__(
        self, sets: Sets, trained: JointText, encoder: TextEncoder, seeds: Sequence[int]
    ) -> None:
        self.sets, self.trained, self.encoder = sets, trained, encoder
        self.seeds = tuple(seeds)
        self.seen = {
            name: self._read(table)
            for name, table in (
                ("emotions", sets.go[1]),
                ("space", sets.bank[1]),
                ("plutchik", sets.films[1]),
            )
        }

    def _read(self, table: pd.DataFrame) -> tuple[NDArray[np.float32], list[list[int]]]:
        pieces = self.encoder.pieces(table["text"].tolist())
        return self.encoder.encode_pieces(pieces), pieces

    def findings(self) -> list[Finding]:
        return [*self._emotions(), *self._space(), *self._plutchik()]

    def step(self, before: _Judge, claim: str, name: str, margin: float = 0.0) -> list[Finding]:
        """Compare with the model as it was before a step of training.

        The claim holds where the gain is surely over the margin.
        """
        space, films = self._space_truth(), self.sets.films[1]
        lines = films[list(xed.LABELS)].to_numpy(dtype=np.float64)
        ours, theirs = self._space_across_folds(), before._space_across_folds()
        with_, without = (m._across_folds("plutchik", lines).holds for m in (self, before))
        judged: list[tuple[str, str, str, Any, Any, Any, Any]] = [
            (f"{x} (EmoBank, dev)", f"CCC {x}", _BANK, ccc, space[:, k], ours[:, k], theirs[:, k])
            for k, x in enumerate(emobank.SPACE)
        ]
        where = "Plutchik's emotions (XED, a tenth by a hash of the text)"
        judged.append((where, "macro-F1", _XED, macro_f1, lines, with_, without))
        found = []
        for what, metric, data, score, truth, a, b in judged:
            gap = bootstrap(
                lambda t, a, b, score=score: score(t, a) - score(t, b),
                truth,
                a,
                b,
                seed=self.seeds[0],
            )
            found.append(
                compared(
                    f"{claim} {what}",
                    metric,
                    score(truth, a),
                    score(truth, b),
                    name,
                    gap,
                    seeds=self.seeds,
                    data=data,
                    margin=margin,
                )
            )
        return found

    def shipped(self) -> dict[str, Head | NgramTable]:
        """Return heads and tables by file, calibrated on the whole of dev."""
        made: dict[str, Head | NgramTable] = {}
        for task, table, head_file, table_file, labels in (
            ("emotions", self.sets.go[1], "emotions", "words", self.sets.labels),
            ("plutchik", self.sets.films[1], "plutchik", "plutchik_words", xed.LABELS),
        ):
            features, pieces = self.seen[task]
            truth = table[list(labels)].to_numpy(dtype=np.float64)
            made[head_file], made[table_file] = calibrating.calibrated(
                self.trained.heads[task], self.trained.tables[task], features, pieces, truth
            )
        told, truth = self._space_told(), self._space_truth()
        head = _of(self.trained.heads["space"], [6, 7, 8, 3, 4, 5], [*emobank.SPACE, *_SD])
        made["space"] = calibrating.in_space(head, told, truth, self._population())
        return made

    def _emotions(self) -> list[Finding]:
        sets, labels = self.sets, list(self.sets.labels)
        truth = sets.go[1][labels].to_numpy(dtype=np.float64)
        told = self._across_folds("emotions", truth)
        plain = self._plain(sets.go, labels, truth)
        where = "GoEmotions (dev)"
        notes = f"{len(labels)} labels, several may hold; {_CROSS}, as for words alone"
        return [
            *judging.judge_labels(
                truth, told.holds, plain, where=where, data=_GO, seeds=self.seeds, notes=notes
            ),
            *judging.judge_trust(truth, told, where=where, data=_GO, seeds=self.seeds, bound=0.03),
        ]

    def _plutchik(self) -> list[Finding]:
        labels = list(xed.LABELS)
        truth = self.sets.films[1][labels].to_numpy(dtype=np.float64)
        told = self._across_folds("plutchik", truth)
        plain = self._plain(self.sets.films, labels, truth)
        where = "XED (a tenth by a hash of the text)"
        found = judging.judge_labels(
            truth,
            told.holds,
            plain,
            where=where,
            data=_XED,
            seeds=self.seeds,
            notes=f"eight labels, neutral lines among the texts; {_CROSS}, as for words alone",
            micro=False,
        )
        ninth = judging.beats(
            f"on {where} the text model beats words alone in {judging.WITH_NEUTRAL}",
            judging.WITH_NEUTRAL,
            macro_f1,
            judging.with_neutral(truth > 0),
            judging.with_neutral(told.holds),
            judging.with_neutral(plain),
            judging.PLAIN,
            data=_XED,
            seeds=self.seeds,
            notes=f"the eight, and neutral where none of them holds; {_CROSS}, as for words alone",
        )
        some = truth.any(axis=1)
        emotional = judging.beats(
            f"on {where} the text model beats words alone in {default_card.OF_EMOTIONS}",
            default_card.OF_EMOTIONS,
            macro_f1,
            truth[some] > 0,
            told.holds[some],
            plain[some],
            judging.PLAIN,
            data=_XED,
            seeds=self.seeds,
            notes=f"eight labels, neutral lines left out of the score; {_CROSS}, fitted with them",
        )
        return [*found, ninth, emotional]

    def _space(self) -> list[Finding]:
        truth, told = self._space_truth(), self._space_across_folds()
        train, dev = self.sets.bank
        both = list(_BOTH)
        plain = space_by_words(
            train["text"].tolist(), train[both].to_numpy(dtype=np.float64), dev["text"].tolist()
        )
        readers = self.trained.heads["space"].scores(self.seen["space"][0])[:, :3]
        alone = dev[list(emobank.SPACE)].to_numpy(dtype=np.float64)
        notes = [
            "the usual benchmark, readers and writers together; readers alone: "
            f"{ccc(alone[:, k], readers[:, k]):.3f}; correlation: "
            f"{np.corrcoef(truth[:, k], told[:, k])[0, 1]:.3f}"
            for k in range(3)
        ]
        found = judging.judge_space(
            truth[:, :3], told, plain, seeds=self.seeds, where="EmoBank (dev)", notes=notes
        )
        return [*found, self._readers_differ()]

    def _readers_differ(self) -> Finding:
        """Compare how likely single ratings are under the spread told, and under one for all."""
        told = self.trained.heads["space"].scores(self.seen["space"][0])[:, :6].astype(np.float64)
        dev = self.sets.bank[1]
        mean, sd = (dev[list(names)].to_numpy(dtype=np.float64) for names in (emobank.SPACE, _SD))
        # Of a reader's rating around the mean that is told: others differ, and the mean is off.
        around = sd**2 + (mean - told[:, :3]) ** 2
        ours, plain = np.zeros(len(dev)), np.zeros(len(dev))
        for fitted, judged in calibrating.folds(len(dev), seed=self.seeds[0]):
            for k in range(3):
                base, slope = calibrating.error_line(told[fitted, 3 + k], around[fitted, k])
                wide = base + slope * calibrating.rater_variance(told[judged, 3 + k])
                ours[judged] += _surprise(around[judged, k], wide) / 3
                plain[judged] += _surprise(around[judged, k], around[fitted, k].mean()) / 3
        return judging.beats(
            "the spread told says how far EmoBank's readers (dev) lie apart",
            "log-likelihood of single ratings",
            lambda _, v: -float(np.mean(v)),
            ours,
            ours,
            plain,
            "one spread for all texts",
            data=_BANK,
            seeds=self.seeds,
            notes="of a normal distribution, a mean over valence, arousal and dominance",
        )

    def _space_told(self) -> Floats:
        """Return means of the joint ratings and the spreads of readers, as trained [n, 6]."""
        told = self.trained.heads["space"].scores(self.seen["space"][0])
        return told[:, [6, 7, 8, 3, 4, 5]].astype(np.float64)

    def _space_truth(self) -> Floats:
        return self.sets.bank[1][list(_BOTH)].to_numpy(dtype=np.float64)

    def _space_across_folds(self) -> Floats:
        told = self._space_told()[:, :3]
        return judging.space_across_folds(told, self._space_truth(), seed=self.seeds[0])

    def _population(self) -> Floats:
        return self.sets.bank[0][list(_BOTH)].to_numpy(dtype=np.float64)

    def _across_folds(self, task: str, truth: Floats) -> Told:
        features, pieces = self.seen[task]
        return judging.across_folds(
            self.trained.heads[task],
            self.trained.tables[task],
            features,
            pieces,
            truth,
            seed=self.seeds[0],
        )

    def _plain(
        self, parts: tuple[pd.DataFrame, pd.DataFrame], labels: list[str], truth: Floats
    ) -> NDArray[np.bool_]:
        train, dev = parts
        p = label_scores(
            (train["text"].tolist(), train[labels].to_numpy(dtype=np.float64)),
            dev["text"].tolist(),
            seed=self.seeds[0],
        )
        holds = np.zeros(truth.shape, dtype=bool)
        for fitted, judged in calibrating.folds(len(truth), seed=self.seeds[0]):
            holds[judged] = p[judged] >= best_thresholds(p[fitted], truth[fitted])
        return holds


def _surprise(squared: Floats, variance: Floats | float) -> Floats:
    return np.asarray(np.log(variance) / 2 + squared / (2 * np.asarray(variance)))


def _of(head: Head, which: Sequence[int], names: Sequence[str]) -> Head:
    """Return a head of some of the outputs, under new names."""
    return Head(
        head.kind,
        tuple(names),
        [*head.weights[:-1], head.weights[-1][:, list(which)]],
        [*head.biases[:-1], head.biases[-1][list(which)]],
        head.mean,
        head.scale,
    )


if __name__ == "__main__":
    from affectkit.recipes.run import main

    main()
