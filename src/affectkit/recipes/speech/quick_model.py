"""Train and judge the shipped speech-emotion head: Whisper's second layer, and prosody.

``python -m affectkit.recipes.speech.quick_model`` trains on EmoDB (CC0) and prints the
findings; with ``--full`` it also writes the head and its card to
``models/shipped/speech-emotion-1``.

Speakers are left out one at a time. How much less to trust voices from elsewhere is learned
from the same speakers through telephone, room and noise. RAVDESS and pyaa-va, which are not
open, only report.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from affectkit.affect import LabelSet
from affectkit.affect.circumplex import point
from affectkit.data.dataset import table
from affectkit.data.emodb import FACTS
from affectkit.learn.heads import Head, probabilities
from affectkit.measure.intervals import bootstrap
from affectkit.measure.metrics import ece, pearson, uar
from affectkit.perceive.speech_features import WIDTH, own_voice
from affectkit.perceive.speech_model import MODEL, SpeechModel
from affectkit.progress import Progress, silent
from affectkit.recipes.finding import Finding, compared, measured
from affectkit.recipes.shipping import card_score, shipped_folder
from affectkit.recipes.speech.acted_speech import Windows, hear_corpus
from affectkit.recipes.speech.own_voice_training import (
    PRIOR_S,
    SCENES,
    HeldOut,
    calibrate,
    groups,
    train,
)

if TYPE_CHECKING:
    from affectkit.models import Score

ID = "speech.quick_model"
PAPER = None
TITLE = "The shipped speech-emotion head, judged on speakers and corpora it has not heard"
NEEDS = (
    "av/speech/emodb",
    "av/speech/crema-d-votes",
    "weights:speech_encoder",
    "weights:voice_activity",
    "package:sklearn",
)

EMODB, RAVDESS, RATED = "av/speech/emodb", "av/speech/ravdess", "av/speech/pyaa-va"
VOTES = "av/speech/crema-d-votes"
_COMMAND = "affectkit papers run speech.quick_model"
_VOTED = {"A": "anger", "D": "disgust", "F": "fear", "H": "joy", "N": "neutral", "S": "sadness"}
# A rated clip nearer than this to a training clip (root mean square, in standard
# deviations) is the same clip.
_SAME_CLIP = 0.6

Floats = NDArray[np.float64]


def run(
    *,
    data: Path,
    seeds: Sequence[int] = (0, 1, 2),
    full: bool = False,
    progress: Progress | None = None,
) -> list[Finding]:
    """Train, judge and, if `full`, write the model; return what was found."""
    report = progress or silent
    labels = LabelSet.load("emodb7").labels
    clean = hear_corpus(data, "emodb", progress=report)
    damaged = hear_corpus(data, "emodb", damage_seed=0, progress=report)
    rounds = [_leave_speakers_out(clean, damaged, labels, seed) for seed in seeds]
    heard, hurt = rounds[0]
    rng = np.random.default_rng(seeds[0])
    model = calibrate(train(clean, labels, rng=rng), heard, hurt)
    model = _with_meta(model, disagreement=disagreement(data))
    findings = [
        _beats_raw(clean, rounds, labels, seeds),
        _beats_prosody(clean, rounds, labels, seeds),
        _is_calibrated(model, heard, seeds),
    ]
    if (data / RAVDESS).exists():
        strangers = hear_corpus(data, "ravdess", progress=report)
        findings += _on_strangers(model, strangers, seeds)
    if (data / RATED).exists():
        findings.append(_follows_ratings(model, clean, data, seeds, report))
    if full:
        write(model, findings)
    return findings


def disagreement(data: Path) -> dict[str, float]:
    """Return the share of listeners who give another label than most do, by label.

    Counted over the clips of CREMA-D that were heard without a face; boredom, which is not
    among its labels, gets the mean.
    """
    shares: dict[str, list[float]] = {}
    with gzip.open(data / VOTES / "tabulatedVotes.csv.gz", "rt", encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            # Ids that begin with 1 are votes on the voice alone.
            if not row[""].startswith("1"):
                continue
            votes = {label: float(row[letter]) for letter, label in _VOTED.items()}
            total = sum(votes.values())
            if total >= 4:
                most = max(votes, key=lambda label: votes[label])
                shares.setdefault(most, []).append(1 - votes[most] / total)
    means = {label: round(float(np.mean(s)), 3) for label, s in sorted(shares.items())}
    return {**means, "boredom": round(float(np.mean(list(means.values()))), 3)}


def write(model: SpeechModel, findings: Sequence[Finding]) -> Path:
    """Write the model and its card into the package; return the folder."""
    from affectkit.models import ModelCard, write_card

    folder = shipped_folder(MODEL)
    model.save(folder)
    card = ModelCard(
        id=MODEL,
        task="tells the emotion that a voice expresses",
        labels=model.head.outputs,
        label_set="emodb7",
        trained_on=(
            "EmoDB (CC0): 304 German sentences by six actors",
            "CREMA-D votes (ODbL): six averages of how far listeners disagree",
        ),
        licence="Apache-2.0",
        commercial=True,
        stands_on=("voice_activity", "speaker_encoder", "speech_encoder"),
        scores=tuple(_score(f) for f in findings if f.metric in ("UAR", "Pearson's r", "ECE")),
        measure="affectkit.recipes.speech.quick_model:run",
        limits=(
            "It learned from six German actors in a studio. On other corpora it is right far "
            "less often, and says so: confidence falls with distance from the training data.",
            "It tells what a voice expresses, not what a person feels.",
            "It does not know surprise, calm, or blends.",
            "A speaker's own mean is drawn towards that of the training voices, which counts like "
            f"{model.prior['prior_s']:.0f} s of speech: short recordings are judged less well.",
            "Valence and arousal are derived from the labels.",
            "The expected spread among listeners depends on the labels alone.",
        ),
    )
    write_card(folder, card)
    return folder


def _leave_speakers_out(
    clean: Windows, damaged: Windows, labels: Sequence[str], seed: int, prior_s: float = PRIOR_S
) -> tuple[HeldOut, HeldOut]:
    rng = np.random.default_rng(seed)
    heard, hurt = HeldOut(), HeldOut()
    for speaker in np.unique(clean.speaker):
        model = train(clean.of(clean.speaker != speaker), labels, rng=rng, prior_s=prior_s)
        heard.hear(model, clean.of(clean.speaker == speaker), rng)
        hurt.hear(model, damaged.of(damaged.speaker == speaker), rng)
    return heard, hurt


def _beats_raw(
    clean: Windows,
    rounds: Sequence[tuple[HeldOut, HeldOut]],
    labels: Sequence[str],
    seeds: Sequence[int],
) -> Finding:
    plain, _ = _leave_speakers_out(clean, clean, labels, seeds[0], prior_s=np.inf)
    first = rounds[0][0]
    own = first.logits["all"].argmax(axis=1)
    raw = plain.logits["all"].argmax(axis=1)
    interval = bootstrap(_gain, first.truth["all"], own, raw, n=500)
    scores = {s: np.mean([_uar(h, s) for h, _ in rounds]) for s in SCENES}
    return compared(
        "a mean of the speaker's own voice, drawn towards all voices, tells emotions "
        "better in speakers it has not heard",
        "UAR",
        float(scores["all"]),
        _uar(plain, "all"),
        "the same features without the speaker's own mean (chance is 0.143)",
        interval,
        seeds=seeds,
        data=EMODB,
        notes=f"heard five clips at a time: {scores['few']:.3f}; heard in one emotion only: "
        f"{scores['one']:.3f}; through telephone, room or noise: "
        f"{np.mean([_uar(h, 'all') for _, h in rounds]):.3f}",
    )


def _beats_prosody(
    clean: Windows,
    rounds: Sequence[tuple[HeldOut, HeldOut]],
    labels: Sequence[str],
    seeds: Sequence[int],
) -> Finding:
    rng = np.random.default_rng(seeds[0])
    plain = HeldOut()
    for speaker in np.unique(clean.speaker):
        model = train(
            clean.of(clean.speaker != speaker), labels, rng=rng, columns=slice(2 * WIDTH, None)
        )
        plain.hear(model, clean.of(clean.speaker == speaker), rng)
    first = rounds[0][0]
    interval = bootstrap(
        _gain,
        first.truth["all"],
        first.logits["all"].argmax(axis=1),
        plain.logits["all"].argmax(axis=1),
        n=500,
    )
    return compared(
        "an early layer of a speech recogniser tells more of emotion than prosody alone",
        "UAR of both",
        _uar(first, "all"),
        _uar(plain, "all"),
        "16 prosodic features",
        interval,
        seeds=seeds[:1],
        data=EMODB,
    )


def _is_calibrated(model: SpeechModel, heard: HeldOut, seeds: Sequence[int]) -> Finding:
    logits = np.concatenate([heard.logits[s] for s in SCENES])
    truth = np.concatenate([heard.truth[s] for s in SCENES])
    distance = np.concatenate([heard.distance[s] for s in SCENES])
    heat = float(model.head.meta["temperature"]) * model.caution(distance)
    p = probabilities("softmax", logits / heat[:, None])
    right, sure = (p.argmax(axis=1) == truth).astype(float), p.max(axis=1)
    interval = bootstrap(lambda r, s: ece(r, s), right, sure, n=300)
    return measured(
        "confidence is calibrated on speakers that were left out",
        "ECE",
        interval,
        seeds=seeds[:1],
        data=EMODB,
        holds=interval.value < 0.1,
        baseline=ece(right, probabilities("softmax", logits).max(axis=1)),
        baseline_name="without temperature",
        notes="the temperature itself was fitted on these speakers",
    )


def _on_strangers(model: SpeechModel, heard: Windows, seeds: Sequence[int]) -> list[Finding]:
    labels = list(model.head.outputs)
    shared = [label for label in labels if label in set(heard.label)]
    known = heard.of(np.isin(heard.label, shared))
    columns = [labels.index(label) for label in shared]
    truth, answers, raw = [], [], []
    right, sure, sure_before = [], [], []
    rng = np.random.default_rng(seeds[0])
    for rows in groups(known, "all", rng):
        features, seconds = known.features[rows], known.seconds[rows]
        own = own_voice(features, seconds, **model.prior)
        alone = own_voice(features, seconds, **{**model.prior, "prior_s": np.inf})
        p, before = model.probabilities(own, model.distance(features)), model.probabilities(own)
        truth.append(known.label[rows])
        answers.append(np.array(shared)[p[:, columns].argmax(axis=1)])
        raw.append(np.array(shared)[model.probabilities(alone)[:, columns].argmax(axis=1)])
        right.append(np.array(labels)[p.argmax(axis=1)] == known.label[rows])
        sure.append(p.max(axis=1))
        sure_before.append(before.max(axis=1))
    t, a, r = (np.concatenate(x) for x in (truth, answers, raw))
    hit, now, was = (np.concatenate(x).astype(float) for x in (right, sure, sure_before))
    gain = bootstrap(lambda t, a, r: uar(t, a) - uar(t, r), t, a, r, n=500)
    missed = f"; no speech was found in {heard.missed} clips" if heard.missed else ""
    error = bootstrap(lambda h, n, w: ece(h, n) - ece(h, w), hit, now, was, n=300)
    return [
        compared(
            "the speaker's own mean helps on a corpus of another language, too",
            "UAR",
            uar(t, a),
            uar(t, r),
            "without the speaker's own mean (chance is 0.167)",
            gain,
            seeds=seeds[:1],
            data=RAVDESS,
            notes=f"six labels that both corpora have{missed}",
        ),
        Finding(
            claim="confidence falls on a corpus unlike the training data",
            metric="ECE",
            value=ece(hit, now),
            baseline=ece(hit, was),
            baseline_name="trust that ignores distance from the training data",
            low=error.low,
            high=error.high,
            n=len(hit),
            seeds=(seeds[0],),
            data=(RAVDESS,),
            holds=bool(error.high < 0),
            notes=f"mean confidence {was.mean():.2f} before, {now.mean():.2f} after; "
            f"right in {hit.mean():.2f}",
        ),
        _strong_is_aroused(model, heard, seeds),
    ]


def _strong_is_aroused(model: SpeechModel, heard: Windows, seeds: Sequence[int]) -> Finding:
    arousal = np.zeros(len(heard.label))
    for speaker in np.unique(heard.speaker):
        mine = heard.speaker == speaker
        arousal[mine] = _arousal(model, heard.of(mine))
    pairs = []
    for speaker in np.unique(heard.speaker):
        for label in np.unique(heard.label):
            here = (heard.speaker == speaker) & (heard.label == label)
            strong = here & (heard.intensity == "strong")
            normal = here & (heard.intensity == "normal")
            if strong.any() and normal.any():
                pairs.append(arousal[strong].mean() - arousal[normal].mean())
    interval = bootstrap(lambda d: float(np.mean(d)), np.array(pairs), n=1000)
    return measured(
        "emotions acted strongly are heard as more aroused than the same acted normally",
        "difference in arousal",
        interval,
        seeds=seeds[:1],
        data=RAVDESS,
        holds=interval.low > 0,
        notes=f"higher in {np.mean(np.array(pairs) > 0):.0%} of pairs of actor and emotion",
    )


def _follows_ratings(
    model: SpeechModel, trained: Windows, data: Path, seeds: Sequence[int], report: Progress
) -> Finding:
    heard = hear_corpus(data, "pyaa-va", progress=report)
    rows = table(data / "av" / "MANIFEST.csv", FACTS, ("file", "arousal"), dtype=str)
    rated = dict(zip(rows["file"], rows["arousal"], strict=True))
    known = trained.features[:, : 2 * WIDTH]
    scale = model.prior["scale"][: 2 * WIDTH]
    nearest = np.array(
        [
            np.sqrt(np.mean(((known - x[: 2 * WIDTH]) / scale) ** 2, axis=1)).min()
            for x in heard.features
        ]
    )
    new = heard.of(nearest > _SAME_CLIP)
    truth = np.array([float(rated[clip]) for clip in new.clip])
    # Its speakers are not named, so none has an own mean.
    told = _arousal(model, new, prior_s=np.inf)
    interval = bootstrap(pearson, truth, told, n=1000)
    return compared(
        "arousal follows ratings of another collection",
        "Pearson's r",
        pearson(truth, told),
        0.0,
        "no relation",
        interval,
        seeds=seeds[:1],
        data=RATED,
        notes=f"{len(heard.clip) - len(new.clip)} windows that are EmoDB's own clips were left out",
    )


def _arousal(model: SpeechModel, heard: Windows, prior_s: float | None = None) -> Floats:
    prior = model.prior if prior_s is None else {**model.prior, "prior_s": prior_s}
    own = own_voice(heard.features, heard.seconds, **prior)
    p = model.probabilities(own, model.distance(heard.features))
    return np.asarray(point("emodb7", p)[1])


def _with_meta(model: SpeechModel, **more: object) -> SpeechModel:
    head = model.head
    meta = {**head.meta, **more}
    same = {"mean": head.mean, "scale": head.scale, "meta": meta}
    return SpeechModel(
        Head(head.kind, head.outputs, head.weights, head.biases, **same),  # type: ignore[arg-type]
        model.domain,
    )


def _gain(truth: NDArray[np.int64], a: NDArray[np.int64], b: NDArray[np.int64]) -> float:
    return uar(truth, a) - uar(truth, b)


def _uar(heard: HeldOut, scene: str) -> float:
    return uar(heard.truth[scene], heard.logits[scene].argmax(axis=1))


def _score(finding: Finding) -> Score:
    own = finding.data[0] == EMODB
    return card_score(
        finding,
        split="speakers left out" if own else "all clips",
        command=_COMMAND,
        cross_corpus=not own,
    )


if __name__ == "__main__":
    from affectkit.recipes.run import main

    main()
