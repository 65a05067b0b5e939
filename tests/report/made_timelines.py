"""Timelines as analyses leave them, made from a seed, for the tests of the report."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd

from affectkit.affect import Conversation, LabelSet, Note, Timeline, Utterance

LINES = (
    "So tell me how the first week went.",
    "Honestly? I was terrified on Monday, I hardly slept.",
    "But then they gave me the project I wanted, and I was so happy!",
    "Wow, I did not expect that at all.",
    "And the commute?",
    "The commute is awful. I hate that train.",
    "I miss the old team a bit, it makes me sad.",
    "That is understandable.",
)
CHARGED = {"terrified", "happy!", "Wow,", "awful.", "hate", "sad.", "miss"}
MODEL = {
    "id": "speech-head",
    "task": "emotion of a turn of speech",
    "licence": "Apache-2.0",
    "commercial": True,
    "trained_on": ["EmoDB (CC0)"],
    "limits": ["acted German speech only"],
    "lane": "speech",
    "scores": [
        {
            "data": "EmoDB",
            "split": "by speaker",
            "metric": "UAR",
            "value": 0.8,
            "low": 0.76,
            "high": 0.84,
            "n": 535,
            "baseline": 0.143,
            "command": "affectkit models check speech-head",
            "cross_corpus": False,
        }
    ],
}


def distribution(leading: int, strength: float, n: int, rng: np.random.Generator) -> np.ndarray:
    """Return probabilities of which one stands out."""
    rest = rng.dirichlet(np.ones(n))
    p = (1 - strength) * rest
    p[leading] += strength
    return p / p.sum()


def talk(
    duration_s: float = 130.0,
    people: tuple[str, ...] = ("Person 1", "Person 2"),
    *,
    label_set: str = "ekman7",
    seed: int = 3,
    lanes: tuple[str, ...] = ("face", "speech", "text"),
) -> Timeline:
    """Return a conversation on video: faces, voices and words, fused, and the group."""
    rng = np.random.default_rng(seed)
    labels = LabelSet.load(label_set)
    n = len(labels)
    rest = labels.index(labels.neutral) if labels.neutral else 0
    times = np.arange(0.0, duration_s, 1.0)
    rows: list[dict[str, Any]] = []
    utterances = []
    for index, start in enumerate(np.arange(1.0, duration_s - 4, 7.5)):
        who, text = people[index % len(people)], LINES[index % len(LINES)]
        utterances.append(Utterance(f"u{index}", who, text, float(start), float(start) + 6.5))
    for person in people:
        mood = np.cumsum(rng.normal(0, 0.11, len(times)))
        mood = mood - np.linspace(0, mood[-1], len(times))
        for lane in lanes:
            if lane == "text":
                rows += _word_rows(utterances, person, labels, rng)
                continue
            for i, t in enumerate(times):
                speaking = any(u.speaker == person and u.start_s <= t < u.end_s for u in utterances)
                if lane == "speech" and not speaking:
                    continue
                row = _row(t, min(t + 1, duration_s), person, lane, labels, rng, mood[i], rest, n)
                if lane == "face" and 40 <= t < 52:
                    row = _unknown(row, f"the face is turned {60 + int(t) % 5} degrees away")
                if lane == "speech" and 20 <= t < 26:
                    row = _unknown(row, "music drowns the voice")
                rows.append(row)
        for i, t in enumerate(times):
            row = _row(t, min(t + 1, duration_s), person, "fused", labels, rng, mood[i], rest, n)
            row["evidence"] = json.dumps(
                [{"what": "face", "weight": 0.6}, {"what": "speech", "weight": 0.4}]
            )
            if 42 <= t < 50:
                row = _unknown(row, "face: the face is turned 62 degrees away")
            rows.append(row)
    if len(people) > 1:
        for t in times:
            rows.append(_row(t, t + 1, "group", "fused", labels, rng, 0.1, rest, n))
    provenance = {
        "file": {
            "name": "interview.mp4",
            "kind": "video",
            "duration_s": duration_s,
            "sha256": "0f" * 32,
        },
        "models": [MODEL, {**MODEL, "id": "face-head", "lane": "face", "scores": []}],
        "settings": {"labels": label_set, "step_s": 1.0, "purpose": None},
        "maps": [{"from": "emodb7", "to": label_set, "steps": ["emodb7", label_set],
                  "loss_bits": 0.28}],
        "time": "seconds",
        "affectkit": "0.1.0",
        "people": {"voices": {"Voice 1": "Person 1"}, "names": {}},
        "notice": "What stands here are estimates of expression, not facts.",
    }  # fmt: skip
    notes = [
        Note("face", "no face is seen", 110.0, 114.0),
        Note("media", "the file stops after 129 s of 130 s: it is truncated"),
    ]
    return Timeline(
        pd.DataFrame.from_records(rows),
        labels,
        provenance,
        Conversation(utterances),
        notes,
        {"faces": faces(times, people)},
    )


def essay(sentences: int = 24, *, people: tuple[str, ...] = ("",), seed: int = 5) -> Timeline:
    """Return a text or chat without time: the axis is the number of the sentence."""
    rng = np.random.default_rng(seed)
    labels = LabelSet.load("ekman7")
    utterances, rows = [], []
    for i in range(sentences):
        person, text = people[i % len(people)], LINES[i % len(LINES)]
        utterances.append(Utterance(f"s{i}", person, text))
        row = _row(i, i + 1, person, "text", labels, rng, np.sin(i / 4), 6, 7)
        row |= {"utterance": f"s{i}", "evidence": _evidence(text)}
        if i == 9:
            row = _unknown(row, "no word of the sentence is known")
        rows.append(row)
    facts = {"name": "letter.txt", "kind": "text", "duration_s": None, "sha256": "a1" * 32}
    return Timeline(
        pd.DataFrame.from_records(rows),
        labels,
        {"time": "sentences", "file": facts, "models": [{**MODEL, "lane": "text"}]},
        Conversation(utterances),
    )


def photo(people: int = 3, *, seed: int = 7) -> Timeline:
    """Return what one photo tells."""
    rng = np.random.default_rng(seed)
    labels = LabelSet.load("ekman7")
    rows, boxes = [], []
    for i in range(people):
        name = f"Person {i + 1}"
        row = _row(0.0, 0.0, name, "face", labels, rng, rng.normal(), 6, 7)
        if i == 2:
            row = _unknown(row, "the face is 14 pixels wide")
        rows += [row, {**row, "modality": "fused"}]
        boxes.append(
            {"time_s": 0.0, "person": name, "x": 60 + 170 * i, "y": 60, "w": 90, "h": 110,
             "frame_w": 640, "frame_h": 360, "score": 0.9, "quality": 0.7}
        )  # fmt: skip
    facts = {"name": "picnic.jpg", "kind": "image", "duration_s": 0.0, "sha256": "b2" * 32}
    return Timeline(
        pd.DataFrame.from_records(rows),
        labels,
        {"file": facts, "time": "seconds", "models": []},
        tables={"faces": pd.DataFrame(boxes)},
    )


def faces(times: np.ndarray, people: tuple[str, ...]) -> pd.DataFrame:
    """Return boxes of faces that sway a little."""
    frames = []
    for i, person in enumerate(people):
        frames.append(
            pd.DataFrame(
                {
                    "time_s": times,
                    "person": person,
                    "x": 90.0 + 220 * i + 12 * np.sin(times / 5),
                    "y": 70.0 + 6 * np.cos(times / 3),
                    "w": 110.0,
                    "h": 140.0,
                    "frame_w": 640,
                    "frame_h": 360,
                }
            )
        )
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()


def _row(
    start: float,
    end: float,
    person: str,
    lane: str,
    labels: LabelSet,
    rng: np.random.Generator,
    mood: float,
    rest: int,
    n: int,
) -> dict[str, Any]:
    valence = float(np.clip(np.tanh(mood) * 0.8 + rng.normal(0, 0.04), -1, 1))
    liveliness = float(np.clip(abs(np.tanh(mood)) * 0.7 - 0.2 + rng.normal(0, 0.05), -1, 1))
    lead = rest
    if "joy" in labels.labels and valence > 0.35:
        lead = labels.index("joy")
    elif "sadness" in labels.labels and valence < -0.35:
        lead = labels.index("sadness" if int(start / 9) % 2 else "anger")
    p = distribution(lead, 0.35 + 0.4 * rng.random(), n, rng)
    return {
        "start_s": start,
        "end_s": end,
        "person": person,
        "modality": lane,
        "source": f"{lane}-head",
        "valence": valence,
        "arousal": liveliness,
        "valence_sd": 0.16 + 0.05 * rng.random(),
        "arousal_sd": 0.2,
        "confidence": float(p.max()),
        "spread": float(1 - p.max()) * 0.9,
        "quality": 0.8,
        **dict(zip(labels.labels, p, strict=True)),
    }


def _unknown(row: dict[str, Any], reason: str) -> dict[str, Any]:
    kept = {"start_s", "end_s", "person", "modality", "source", "utterance"}
    return {k: v for k, v in row.items() if k in kept} | {"reason": reason}


def _word_rows(
    utterances: list[Utterance], person: str, labels: LabelSet, rng: np.random.Generator
) -> list[dict[str, Any]]:
    rows = []
    for u in utterances:
        if u.speaker != person:
            continue
        mood = -1.2 if {"hate", "awful.", "terrified"} & set(u.text.split()) else 0.2
        mood = 1.2 if "happy!" in u.text else mood
        row = _row(
            u.start_s or 0, u.end_s or 0, person, "text", labels, rng, mood,
            labels.index(labels.neutral) if labels.neutral else 0, len(labels),
        )  # fmt: skip
        rows.append(row | {"utterance": u.id, "evidence": _evidence(u.text)})
    return rows


def _evidence(text: str) -> str:
    found, at = [], 0
    for word in text.split(" "):
        if word in CHARGED:
            weight = 0.3 + 0.05 * len(word)
            found.append({"what": word, "weight": weight, "start": at, "end": at + len(word)})
        at += len(word) + 1
    return json.dumps(found)
