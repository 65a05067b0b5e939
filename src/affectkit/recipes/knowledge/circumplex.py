"""Place emotion words in valence, arousal and dominance from data that may be passed on.

``python -m affectkit.recipes.knowledge.circumplex --write`` derives the tables in
``affect/data/circumplex`` anew; ``affectkit papers run knowledge.circumplex`` measures how
far they can be trusted.

Valence is the rating that people gave in the VADER lexicon, pooled over the word's family
(anger, angered, angers) and joined, each weighted by its precision, with what a ridge
regression from word meaning to the whole lexicon predicts for it. Arousal is the angle on the
circumplex that Russell (1980) or Watson and Tellegen (1985) published; for other words, what
a ridge regression from meaning to these angles predicts. (Arousal predicted from EmoBank
was tried first: it follows how emotional a sentence is more than how activated, and it agrees
less with Russell, as the first finding says.) Dominance is what a ridge regression from meaning
to EmoBank predicts for the GoEmotions comments of the label nearest to the word, less what it
predicts for neutral comments.
"""

from __future__ import annotations

import csv
import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affectkit.affect import LabelMap, LabelSet, label_set_names
from affectkit.affect.open_vocabulary import share
from affectkit.errors import DataError
from affectkit.measure.intervals import bootstrap
from affectkit.measure.metrics import pearson
from affectkit.optional import require
from affectkit.progress import Progress, silent
from affectkit.recipes.finding import Finding
from affectkit.recipes.knowledge.meaning import Encoder, encoder

ID = "knowledge.circumplex"
PAPER = None
TITLE = "Emotion words placed in valence, arousal and dominance from redistributable data"
NEEDS = (
    "text-open/vader",
    "text-open/emobank",
    "text-open/goemotions",
    "weights:text_encoder",
    "package:sklearn",
)

# Russell 1980, A circumplex model of affect, table 1 (multidimensional scaling): degrees.
RUSSELL = {
    "happy": 7.8, "delighted": 24.9, "excited": 48.6, "astonished": 69.8, "aroused": 73.8,
    "tense": 92.8, "alarmed": 96.5, "angry": 99.0, "afraid": 116.0, "annoyed": 123.0,
    "distressed": 138.0, "frustrated": 141.0, "miserable": 188.7, "sad": 207.5,
    "gloomy": 209.0, "depressed": 210.0, "bored": 242.0, "droopy": 256.7, "tired": 267.7,
    "sleepy": 271.9, "calm": 316.2, "relaxed": 318.0, "satisfied": 319.0, "at ease": 321.0,
    "content": 323.0, "serene": 328.6, "glad": 349.0, "pleased": 353.2,
}  # fmt: skip
# Watson and Tellegen 1985, Toward a consensual structure of mood, figure 1: octants.
WATSON_TELLEGEN = {
    0: ("kindly", "warmhearted"),
    45: ("active", "elated", "enthusiastic", "peppy", "strong"),
    90: ("surprised",),
    135: ("fearful", "hostile", "jittery", "nervous", "scornful"),
    180: ("blue", "grouchy", "lonely", "sorry", "unhappy"),
    225: ("drowsy", "dull", "sluggish"),
    270: ("quiescent", "quiet", "still"),
    315: ("at rest", "placid"),
}
# Nouns and near forms of the words above under which label sets know them.
FORMS = {
    "happiness": "happy", "delight": "delighted", "excitement": "excited",
    "astonishment": "astonished", "surprise": "surprised", "anger": "angry", "fear": "afraid",
    "annoyance": "annoyed", "distress": "distressed", "frustration": "frustrated",
    "misery": "miserable", "sadness": "sad", "gloom": "gloomy", "depression": "depressed",
    "boredom": "bored", "fatigue": "tired", "contentment": "content", "serenity": "serene",
    "gladness": "glad", "tenseness": "tense", "tension": "tense", "alarm": "alarmed",
    "satisfaction": "satisfied", "pleasure": "pleased", "elation": "elated",
    "enthusiasm": "enthusiastic", "hostility": "hostile", "nervousness": "nervous",
    "loneliness": "lonely", "unhappiness": "unhappy", "scorn": "scornful",
    "peacefulness": "at ease", "peaceful": "at ease", "grouchiness": "grouchy",
}  # fmt: skip
ORIGIN = ("neutral", "none", "ambiguous")
CARRIERS = ("I feel {}.", "I felt so {} that day.", "He was {} about it.", "{}")
COLUMNS = ("valence", "valence_sd", "valence_n", "valence_source",
           "arousal", "arousal_sd", "arousal_n", "arousal_source")  # fmt: skip
DOMINANCE = ("dominance", "dominance_sd", "dominance_n", "dominance_source")


def run(
    *,
    data: Path,
    seeds: Sequence[int] = (0, 1, 2),
    full: bool = False,
    progress: Progress | None = None,
) -> list[Finding]:
    """Return how well arousal and valence of words left out agree with the published circle."""
    report = progress or silent
    report("encoding", 0, None)
    encode = encoder()
    names, angles = _anchors()
    meaning = _carried(encode, names)
    of_russell = np.array([name in RUSSELL for name in names])
    arousal = np.sin(np.radians(angles))
    valence = np.cos(np.radians(angles))
    guessed, _ = _left_out(meaning, arousal, alpha=0.1)
    emobank, _ = _emobank(encode, data, "A")
    by_emobank = emobank(meaning)
    lexicon = _vader(data)
    rated = np.array([name in lexicon for name in names]) & of_russell
    ratings = np.array([lexicon[n][0] if n in lexicon else np.nan for n in names])
    here = of_russell
    found = []
    for claim, ours, truth, keep, other, other_name, notes in (
        ("arousal of a word left out agrees with Russell's published circle, more than arousal "
         "learnt from EmoBank does", guessed, arousal, here, by_emobank, "EmoBank regression",
         f"each word left out in turn; {here.sum()} words, so the interval is wide"),
        ("VADER ratings of Russell's words agree with the valence of the published circle",
         ratings, valence, rated, None, "no correlation",
         f"the {rated.sum()} of Russell's {here.sum()} words that the lexicon holds as they are; "
         "nothing is fitted"),
    ):  # fmt: skip
        parts = [ours[keep], truth[keep]] + ([] if other is None else [other[keep]])

        def gain(x: Any, y: Any, z: Any = None) -> float:
            return float(pearson(x, y)) - (0.0 if z is None else float(pearson(z, y)))

        interval = bootstrap(gain, *parts, n=2000, seed=seeds[0])
        value = float(pearson(ours[keep], truth[keep]))
        baseline = 0.0 if other is None else float(pearson(other[keep], truth[keep]))
        found.append(
            Finding(
                claim=claim,
                metric="Pearson correlation",
                value=value,
                baseline=baseline,
                baseline_name=other_name,
                low=interval.low,
                high=interval.high,
                n=int(keep.sum()),
                seeds=tuple(seeds[:1]),
                data=("text-open/vader", "text-open/emobank"),
                holds=bool(interval.low > 0),
                notes=notes,
            )
        )
    return found


def derive(data: Path, encode: Encoder) -> dict[str, dict[str, list[Any]]]:
    """Return ``{"valence_arousal": {word: values}, "dominance": {word: values}}``."""
    words = sorted({label for name in label_set_names() for label in LabelSet.load(name).labels})
    single = [w for w in words if w not in ORIGIN and not w.split()[0].endswith("ly")]
    meaning = _carried(encode, single)
    names, angles = _anchors()
    anchors = _carried(encode, names)
    lexicon = _vader(data)
    family = _families(lexicon)
    circle = [(n, a) for n, a in zip(names, angles, strict=True) if n in lexicon and n in RUSSELL]
    cosines = np.cos(np.radians([a for _, a in circle]))
    rated = np.array([lexicon[n][0] for n, _ in circle])
    # The circle has radius 1 by construction; on the scale of rated valence it has this one.
    radius = float((cosines * rated).sum() / (cosines**2).sum())
    circle_sd = float(np.std(rated - radius * cosines))
    _, arousal_error = _left_out(anchors, np.sin(np.radians(angles)), alpha=0.1)
    guess_arousal = _fit(anchors, np.sin(np.radians(angles)), alpha=0.1)(meaning)
    guess_valence, valence_error = _valence_model(encode, lexicon, meaning)
    dominance, dominance_error = _emobank(encode, data, "D")
    by_label, n_comments = _comments(encode, data, dominance)
    angle_of = dict(zip(names, angles, strict=True))
    affect: dict[str, list[Any]] = {}
    control: dict[str, list[Any]] = {}
    for index, word in enumerate(single):
        values, source = _rated(word, family)
        precision, total = 1 / valence_error**2, guess_valence[index] / valence_error**2
        if len(values):
            weight = 1 / max(float(np.mean(values[:, 1])) ** 2 / 10, 0.05**2)
            precision, total = precision + weight, total + weight * float(values[:, 0].mean())
        row: list[Any] = [total / precision, precision**-0.5, 10 * len(values), source]
        known = FORMS.get(word, word)
        if known in angle_of:
            who = "Russell 1980" if known in RUSSELL else "Watson and Tellegen 1985"
            height = radius * float(np.sin(np.radians(angle_of[known])))
            row += [height, circle_sd, 1, f"{who}: {known}"]
        else:
            height = float(np.clip(guess_arousal[index], -1, 1)) * radius
            row += [height, arousal_error * radius, len(names), "meaning, by published words"]
        affect[word] = row
        near = {k: v for k, v in share(word, "goemotions28").items() if k in by_label}
        if near and sum(near.values()) > 0.5:
            total_share = sum(near.values())
            mean = sum(by_label[k] * v for k, v in near.items()) / total_share
            n = min(n_comments[k] for k in near)
            control[word] = [mean, dominance_error, n, f"EmoBank, comments of {min(near)}"]
        else:
            control[word] = [0.0, dominance_error, 0, "no comments: the middle is assumed"]
    for word in ORIGIN:
        affect[word] = [0.0, circle_sd, 0, "by definition", 0.0, circle_sd, 0, "by definition"]
        control[word] = [0.0, dominance_error, 0, "by definition"]
    for name in ("compound7",):
        _blend(LabelMap.between(LabelSet.load(name), LabelSet.load("ekman7")), affect, control)
    return {"valence_arousal": affect, "dominance": control}


def write(data: Path, encode: Encoder) -> list[Path]:
    """Write the tables that `affectkit.affect.circumplex` reads, and return their paths."""
    import affectkit.affect.circumplex as room

    folder = Path(str(room.__file__)).parent / "data" / "circumplex"
    folder.mkdir(exist_ok=True)
    tables = derive(data, encode)
    about = {
        "valence_arousal": (
            COLUMNS,
            "valence derived from VADER (Hutto and Gilbert 2014, MIT); arousal from positions "
            "published by Russell 1980 and Watson and Tellegen 1985",
            "Apache-2.0",
        ),
        "dominance": (
            DOMINANCE,
            "derived from EmoBank (Buechel and Hahn 2017, CC BY-SA 4.0) over GoEmotions comments "
            "(Demszky et al. 2020, CC BY 4.0)",
            "CC BY-SA 4.0",
        ),
    }
    paths = []
    for name, (columns, source, licence) in about.items():
        rows = ",\n".join(
            f"  {json.dumps(word)}: {json.dumps([_short(v) for v in values])}"
            for word, values in sorted(tables[name].items())
        )
        head = {
            "source": source,
            "licence": licence,
            "made_by": "python -m affectkit.recipes.knowledge.circumplex --write",
            "columns": list(columns),
        }
        text = json.dumps(head, indent=1)[:-2] + ',\n "words": {\n' + rows + "\n }\n}\n"
        target = folder / f"{name}.json"
        beside = target.with_suffix(".part")
        beside.write_text(text, encoding="utf-8")
        os.replace(beside, target)
        paths.append(target)
    return paths


def _anchors() -> tuple[list[str], NDArray[np.float64]]:
    placed = dict(RUSSELL)
    for angle, names in WATSON_TELLEGEN.items():
        placed.update({name: float(angle) for name in names if name not in RUSSELL})
    return list(placed), np.array(list(placed.values()))


def _carried(encode: Encoder, words: Sequence[str]) -> NDArray[np.float64]:
    vectors = [encode([carrier.format(w) for w in words]) for carrier in CARRIERS]
    return np.asarray(np.mean(vectors, axis=0))


def _fit(x: NDArray[np.float64], y: NDArray[np.float64], *, alpha: float) -> Any:
    model = require("sklearn.linear_model", extra="train").Ridge(alpha=alpha).fit(x, y)
    return model.predict


def _left_out(
    x: NDArray[np.float64], y: NDArray[np.float64], *, alpha: float
) -> tuple[NDArray[np.float64], float]:
    selection = require("sklearn.model_selection", extra="train")
    model = require("sklearn.linear_model", extra="train").Ridge(alpha=alpha)
    few = len(y) < 200
    folds = selection.LeaveOneOut() if few else selection.KFold(5, shuffle=True, random_state=0)
    guessed = selection.cross_val_predict(model, x, y, cv=folds)
    return np.asarray(guessed), float(np.sqrt(np.mean((guessed - y) ** 2)))


def _valence_model(
    encode: Encoder, lexicon: Mapping[str, tuple[float, float]], meaning: NDArray[np.float64]
) -> tuple[NDArray[np.float64], float]:
    words = [w for w in lexicon if w.isalpha() and w.isascii()]
    x = encode(words)
    y = np.array([lexicon[w][0] for w in words])
    _, error = _left_out(x, y, alpha=1.0)
    return np.asarray(_fit(x, y, alpha=1.0)(meaning)), error


def _emobank(encode: Encoder, data: Path, axis: str) -> tuple[Any, float]:
    texts, values = _emobank_rows(data)
    x = encode(texts)
    y = (values["VAD".index(axis)] - values["VAD".index(axis)].mean()) / 2
    _, error = _left_out(x, y, alpha=3.0)
    return _fit(x, y, alpha=3.0), error


def _comments(
    encode: Encoder, data: Path, predict: Any, most: int = 400
) -> tuple[dict[str, float], dict[str, int]]:
    """Return the mean prediction over the comments of one label, less that of neutral ones."""
    path = data / "text-open" / "goemotions" / "original" / "train.tsv"
    if not path.exists():
        raise DataError(f"GoEmotions is not at {path}", remedy="set AFFECTKIT_DATA")
    labels = LabelSet.load("goemotions28").labels
    texts: dict[str, list[str]] = {label: [] for label in labels}
    for line in path.read_text(encoding="utf-8").split("\n"):
        fields = line.split("\t")
        if len(fields) == 3 and fields[1].isdigit() and len(texts[labels[int(fields[1])]]) < most:
            texts[labels[int(fields[1])]].append(fields[0])
    means = {label: float(predict(encode(said)).mean()) for label, said in texts.items()}
    base = means["neutral"]
    counts = {label: len(said) for label, said in texts.items()}
    return {label: mean - base for label, mean in means.items()}, counts


def _emobank_rows(data: Path) -> tuple[list[str], NDArray[np.float64]]:
    path = data / "text-open" / "emobank" / "emobank.csv"
    if not path.exists():
        raise DataError(f"EmoBank is not at {path}", remedy="set AFFECTKIT_DATA")
    with path.open(encoding="utf-8", newline="") as handle:
        rows = [r for r in csv.DictReader(handle) if r["text"] and r["split"] != "test"]
    return [r["text"] for r in rows], np.array([[float(r[c]) for r in rows] for c in "VAD"])


def _vader(data: Path) -> dict[str, tuple[float, float]]:
    """Return mean and standard deviation of the ratings of each word, both over [-1, 1]."""
    path = data / "text-open" / "vader" / "vader_lexicon.txt"
    if not path.exists():
        raise DataError(f"the VADER lexicon is not at {path}", remedy="set AFFECTKIT_DATA")
    out = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        word, mean, sd = line.split("\t")[:3]
        out[word] = (float(mean) / 4, float(sd) / 4)
    return out


def _families(lexicon: Mapping[str, tuple[float, float]]) -> dict[str, list[tuple[float, float]]]:
    stem = require("nltk.stem.snowball", extra="train").SnowballStemmer("english").stem
    out: dict[str, list[tuple[float, float]]] = {}
    for word, values in lexicon.items():
        if word.isalpha() and not word.endswith("less"):
            out.setdefault(stem(word), []).append(values)
    return out


def _rated(
    word: str, family: Mapping[str, list[tuple[float, float]]]
) -> tuple[NDArray[np.float64], str]:
    stem = require("nltk.stem.snowball", extra="train").SnowballStemmer("english").stem
    parts = [p for p in word.replace(" and ", " ").split() if p != "emotional"]
    values = [v for part in parts for v in family.get(stem(part), [])]
    source = f"VADER, {len(values)} rated forms" if values else "meaning, by VADER"
    return np.array(values).reshape(-1, 2), source


def _blend(way: LabelMap, *tables: dict[str, list[Any]]) -> None:
    for table in tables:
        for label, weights in zip(way.source.labels, way.weights, strict=True):
            parts = [
                (float(w), t, table[t])
                for w, t in zip(weights[:-1], way.target.labels, strict=True)
                if w > 0
            ]
            table[label] = [_join(parts, i) for i in range(len(parts[0][2]))]


def _join(parts: Sequence[tuple[float, str, list[Any]]], column: int) -> Any:
    values = [row[column] for _, _, row in parts]
    if isinstance(values[0], str):
        return f"mean of {' and '.join(name for _, name, _ in parts)}"
    if isinstance(values[0], int):
        return min(values)
    return sum(weight * value for (weight, _, _), value in zip(parts, values, strict=True))


def _short(value: Any) -> Any:
    return value if isinstance(value, str | int) else round(float(np.clip(value, -1, 1)), 3)


if __name__ == "__main__":
    if "--write" in sys.argv:
        root = Path(os.environ.get("AFFECTKIT_DATA", "../shared/data"))
        for written in write(root, encoder()):
            print(written)
    else:
        from affectkit.recipes.run import main

        main()
