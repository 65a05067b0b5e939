"""CO-VADA (paper 088): clips that follow the grain of the data, said again in other voices.

In training, three emotions are spoken mostly by women and three mostly by men, so that a head
may take the voice for the emotion. A head that learns what is easy and stops early shows which
clips follow that grain (it is sure of them) and which go against it. The sure ones are said
again with pitch and formants of speakers of the others, and a head learns from all. Beside it
stand training as usual, and as many random clips in random voices.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from affectkit.data import emodb
from affectkit.learn.debias.biased import EasyFirst
from affectkit.learn.debias.head import DebiasedHead, Training
from affectkit.measure.intervals import Interval, bootstrap
from affectkit.optional import require
from affectkit.perceive.prosody import contours, summary
from affectkit.perceive.speech_spectra import voice_mel
from affectkit.perceive.voice_change import change_voice
from affectkit.perceive.voice_encoder import VoiceEncoder
from affectkit.progress import Progress, silent
from affectkit.recipes.finding import Finding, measured
from affectkit.recipes.ratings.fair_speech import Told, change, leave_out, rms_gap, score
from affectkit.recipes.ratings.heard_speech import SHARED

ID = "ratings.voice_augmentation"
PAPER = 88
TITLE = "Training clips in other voices, chosen by confidence, against taking voice for emotion"
NEEDS = ("av/speech/emodb", "weights:speaker_encoder", "package:torch")

EMODB = "av/speech/emodb"
SHARE = 0.3
"""Of the clips, those told most surely are converted, to voices of as many told least surely."""
RATIO = 4
"""How many times rarer the contrary sex is in an emotion."""
TRAINING = Training(hidden=16, steps=60, learning_rate=0.03)
WAYS = ("plain", "random", "chosen")

Samples = NDArray[np.float32]
Floats = NDArray[np.float64]
Codes = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Voices:
    """A row a clip: sound, what was said how by whom, and the speaker's median pitch."""

    sound: list[Samples]
    truth: Codes
    speaker: NDArray[np.str_]
    female: NDArray[np.bool_]
    pitch_hz: Floats

    def ratios(self, clip: int, target: int) -> tuple[float, float]:
        """Return the pitch and formant ratios that turn a clip's voice into another's.

        Pitch goes by the speakers' medians, so what the emotion does to it stays. Formants go
        by its cube root: women's pitch is about 1.7 times men's, their formants 1.15 to 1.2
        times (Peterson and Barney 1952).
        """
        pitch = float(np.clip(self.pitch_hz[target] / self.pitch_hz[clip], 0.5, 2.0))
        return pitch, float(np.clip(pitch ** (1 / 3), 0.8, 1.25))


def run(
    *,
    data: Path,
    seeds: Sequence[int] = (0, 1, 2),
    full: bool = False,
    progress: Progress | None = None,
) -> list[Finding]:
    """Return whether chosen conversions lower the gap, and whether they change what they should.

    Parameters
    ----------
    data
        Folder with the public data sets.
    seeds
        Of which clips are thinned, who is paired, the start and the batches.
    full
        Five seeds at least, and more draws.
    progress
        Told ``("folds", done, total)``.
    """
    require("torch", extra="train")
    if full and len(seeds) < 5:
        seeds = tuple(range(5))
    voices = read(data)
    told, pairs = learn(voices, seeds, progress or silent)
    return [
        *[_closer(told, other, seeds, 300 if full else 150) for other in ("plain", "random")],
        *_conversions(voices, pairs[: 48 if full else 24], told, seeds),
    ]


def read(data: Path) -> Voices:
    """Return EmoDB's clips of the emotions in `SHARED`."""
    import soundfile

    rows = emodb.read(data).table
    rows = rows[rows["label"].isin(SHARED)]
    sound = [
        soundfile.read(data / "av" / f, dtype="float32", always_2d=True)[0].mean(axis=1)
        for f in rows["file"]
    ]
    speaker = rows["speaker"].to_numpy(dtype=str)
    own = np.array([float(np.nanmedian(contours(s).pitch_hz)) for s in sound])
    middle = np.array([np.nanmedian(own[speaker == s]) for s in speaker])
    truth = np.searchsorted(np.array(SHARED), rows["label"].to_numpy(dtype=str))
    return Voices(sound, truth, speaker, rows["gender"].to_numpy(dtype=str) == "f", middle)


def features(sound: Samples) -> Floats:
    """Return mean and spread of the mel spectrum in dB, and prosody, free of gain."""
    level = float(np.sqrt(np.mean(np.square(sound, dtype=np.float64))))
    even = (sound * (0.05 / max(level, 1e-5))).astype(np.float32)
    db = 10 * np.log10(voice_mel(even) + 1e-6)
    return np.concatenate([db.mean(axis=0), db.std(axis=0), summary(contours(even))])


def confounded(truth: Codes, female: NDArray[np.bool_], rng: np.random.Generator) -> Codes:
    """Return rows in which half of the emotions are mostly women's and half mostly men's.

    Examples
    --------
    >>> truth, female = np.repeat([0, 1], 16), np.tile([True, False], 16)
    >>> kept = confounded(truth, female, np.random.default_rng(0))
    >>> sorted(int(female[kept[truth[kept] == k]].sum()) for k in (0, 1))
    [2, 8]
    """
    names = rng.permutation(np.unique(truth))
    kept = []
    for k, label in enumerate(names):
        rare = (female if k % 2 else ~female) & (truth == label)
        few = np.flatnonzero(rare)
        count = max(1, round(len(few) / RATIO))
        kept += [np.flatnonzero((truth == label) & ~rare), rng.permutation(few)[:count]]
    return np.sort(np.concatenate(kept))


def chosen(
    sure: Floats, truth: Codes, speaker: NDArray[np.str_], rng: np.random.Generator
) -> list[tuple[int, int]]:
    """Return which clips are said again, and in whose voice: positions of clip and target.

    Parameters
    ----------
    sure
        Probability that the early-stopped head gives to what is true [shape=(n,)].
    truth, speaker
        [shape=(n,)].
    rng
        Chooses the target among the clips told least surely: one of the same emotion by
        another speaker, else one by another speaker.

    Examples
    --------
    >>> chosen(
    ...     np.array([0.9, 0.5, 0.1, 0.2]), np.array([0, 0, 0, 1]), np.array(list("aabb")),
    ...     np.random.default_rng(0),
    ... )
    [(0, 2)]
    """
    count = max(1, round(SHARE * len(sure)))
    order = np.argsort(-sure, kind="stable")
    contrary = order[-count:]
    pairs = []
    for clip in order[:count]:
        others = contrary[speaker[contrary] != speaker[clip]]
        same = others[truth[others] == truth[clip]]
        pool = same if len(same) else others
        if len(pool):
            pairs.append((int(clip), int(rng.choice(pool))))
    return pairs


def learn(
    voices: Voices, seeds: Sequence[int], report: Progress = silent
) -> tuple[Told, list[tuple[int, int]]]:
    """Return what each way tells of speakers left out, and which clips became whose."""
    x = np.stack([features(s) for s in voices.sound])
    x = np.where(np.isnan(x), np.nanmean(x, axis=0), x)
    n, made = len(x), {}
    answers = {(way, RATIO): np.zeros((len(seeds), n), dtype=np.intp) for way in WAYS}
    folds = leave_out(voices.speaker, np.where(voices.female, "f", "m"), 1)
    converted: list[tuple[int, int]] = []

    def said(clip: int, target: int) -> Floats:
        key = (clip, str(voices.speaker[target]))
        if key not in made:
            pitch, formants = voices.ratios(clip, target)
            found = features(change_voice(voices.sound[clip], pitch=pitch, formants=formants))
            made[key] = np.where(np.isnan(found), x[clip], found)
        return made[key]

    for k, seed in enumerate(seeds):
        for f, fold in enumerate(folds):
            report("folds", k * len(folds) + f, len(seeds) * len(folds))
            rng = np.random.default_rng([seed, f])
            rest = np.setdiff1d(np.arange(n), fold)
            rows = rest[confounded(voices.truth[rest], voices.female[rest], rng)]
            truth, speaker = voices.truth[rows], voices.speaker[rows]
            easy = EasyFirst(training=TRAINING, seed=seed).fit(x[rows], truth)
            p = easy.predict_proba(x[rows])
            sure = p[np.arange(len(rows)), np.searchsorted(easy.classes_, truth)]
            pairs = chosen(sure, truth, speaker, rng)
            drawn = [
                (int(c), int(rng.choice(np.flatnonzero(speaker != speaker[c]))))
                for c in rng.permutation(len(rows))[: len(pairs)]
            ]
            for way, more in (("plain", []), ("random", drawn), ("chosen", pairs)):
                new = [said(int(rows[c]), int(rows[t])) for c, t in more]
                head = DebiasedHead(training=TRAINING, seed=seed).fit(
                    np.concatenate([x[rows], np.reshape(new, (-1, x.shape[1]))]),
                    np.concatenate([truth, truth[[c for c, _ in more]]]) if more else truth,
                )
                answers[way, RATIO][k, fold] = head.predict(x[fold])
            converted += [(int(rows[c]), int(rows[t])) for c, t in pairs]
    report("folds", len(seeds) * len(folds), len(seeds) * len(folds))
    order = np.random.default_rng(seeds[0]).permutation(len(converted))
    return (
        Told(voices.truth, voices.female, voices.speaker, answers),
        [converted[i] for i in order],
    )


def _closer(told: Told, other: str, seeds: Sequence[int], draws: int) -> Finding:
    ours, theirs = told.answers["chosen", RATIO], told.answers[other, RATIO]
    moved = change(told, rms_gap, ours, theirs, draws, seeds[0])
    f1 = change(told, score, ours, theirs, draws, seeds[0])
    gaps = {w: [rms_gap(told.both, r) for r in told.answers[w, RATIO]] for w in WAYS}
    names = {"plain": "training as usual", "random": "as many random clips in random voices"}
    each = "; ".join(
        f"{w} {np.mean(g):.3f} (seeds {min(g):.3f} to {max(g):.3f})" for w, g in gaps.items()
    )
    return Finding(
        claim="saying again what follows the grain, in voices of what goes against it, brings "
        f"women's and men's recall closer than {names[other]}, for less than 2 points of F1",
        metric="RMS over six emotions of the difference in recall",
        value=float(np.mean(gaps["chosen"])),
        baseline=float(np.mean(gaps[other])),
        baseline_name=names[other],
        low=moved.low,
        high=moved.high,
        n=moved.n,
        seeds=tuple(seeds),
        data=(EMODB,),
        holds=moved.high < 0 and f1.value > -0.02,
        notes=f"macro F1 changes by {f1.value:+.3f} ({f1.low:+.3f} to {f1.high:+.3f}); {each}; "
        f"emotions at 1:{RATIO} between the sexes in training, even in testing; {SHARE:.0%} of "
        "clips converted; the interval draws speakers and seeds, of six speakers only",
    )


def _conversions(
    voices: Voices, pairs: Sequence[tuple[int, int]], told: Told, seeds: Sequence[int]
) -> list[Finding]:
    """Return whether the voice moved to the target's, and whether the emotion stayed."""
    encoder = VoiceEncoder()
    known = {
        s: _unit(
            encoder.embed([voices.sound[i] for i in np.flatnonzero(voices.speaker == s)[:8]]).mean(
                axis=0
            )
        )
        for s in np.unique(voices.speaker)
    }
    # A head that learned from every other speaker's clips, none of them converted.
    x = np.stack([features(s) for s in voices.sound])
    x = np.where(np.isnan(x), np.nanmean(x, axis=0), x)
    heads: dict[str, DebiasedHead] = {}
    nearer, stays, reached = [], [], []
    for clip, target in pairs:
        mine, theirs = str(voices.speaker[clip]), str(voices.speaker[target])
        if mine not in heads:
            others = voices.speaker != mine
            heads[mine] = DebiasedHead(training=TRAINING).fit(x[others], voices.truth[others])
        pitch, formants = voices.ratios(clip, target)
        made = change_voice(voices.sound[clip], pitch=pitch, formants=formants)
        before, after = encoder.embed([voices.sound[clip], made])
        towards = known[theirs] - known[mine]
        nearer.append(float((after - before) @ towards))
        new = np.where(np.isnan(found := features(made)), x[clip], found)
        was, now = heads[mine].predict(np.stack([x[clip], new]))
        stays.append(float(was == now))
        hertz = [np.nanmedian(contours(s).pitch_hz) for s in (voices.sound[clip], made)]
        reached.append(float(np.log2(hertz[1] / hertz[0]) - np.log2(pitch)))
    off = 12 * float(np.nanmedian(np.abs(reached)))
    speakers = [str(voices.speaker[c]) for c, _ in pairs]
    moved: Interval = bootstrap(_mean, np.array(nearer), clusters=speakers, n=1000)
    kept = bootstrap(_mean, np.array(stays), clusters=speakers, n=1000)
    return [
        measured(
            "conversions move the speaker's fingerprint from the speaker towards the target",
            "gain in cosine similarity to the target over that to the speaker",
            moved,
            seeds=seeds,
            data=EMODB,
            holds=moved.low > 0,
            notes=f"{len(pairs)} conversions; nearer in {np.mean(np.array(nearer) > 0):.0%}; "
            f"pitch is off what was asked by {off:.2f} semitones in the median",
        ),
        measured(
            "a head that knows neither the speaker nor conversions gives four clips of five the "
            "same emotion as before",
            "share of clips with the same answer",
            kept,
            seeds=seeds,
            data=EMODB,
            holds=kept.low >= 0.8,
            baseline=1 / len(SHARED),
            baseline_name="answers at random",
            notes=f"{len(pairs)} conversions; no conversion was dropped for its emotion",
        ),
    ]


def _unit(x: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(x / np.linalg.norm(x), dtype=np.float32)


def _mean(x: Floats) -> float:
    return float(np.mean(x))


if __name__ == "__main__":
    from affectkit.recipes.run import main

    main()
