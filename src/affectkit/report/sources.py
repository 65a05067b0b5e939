"""Where the numbers of a report come from: models, their scores, and the label set."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from affectkit.affect import Timeline
from affectkit.report.prose import LANE_NAMES


@dataclass(frozen=True)
class ScoreLine:
    """One measured score beside its trivial baseline."""

    data: str
    metric: str
    value: str
    interval: str
    baseline: str
    n: str
    command: str
    cross_corpus: bool


@dataclass(frozen=True)
class ModelLines:
    """What a report says of one model."""

    id: str
    task: str
    lanes: str
    licence: str
    commercial: str
    rights: str
    trained_on: tuple[str, ...]
    limits: tuple[str, ...]
    scores: tuple[ScoreLine, ...]
    calibrated_on: str


def models(timeline: Timeline) -> list[ModelLines]:
    """Return what the provenance says of the models; what it lacks stays empty."""
    given = timeline.provenance.get("models")
    return [_model(m) for m in given if isinstance(m, Mapping)] if isinstance(given, list) else []


def maps(timeline: Timeline) -> list[dict[str, str]]:
    """Return the maps between label sets that were used, with what each loses."""
    given = timeline.provenance.get("maps")
    out: dict[tuple[str, str], dict[str, str]] = {}
    for step in given if isinstance(given, list) else ():
        if isinstance(step, Mapping):
            loss = step.get("loss_bits")
            way = [_text(name) for name in step.get("steps") or ()]
            line = {
                "from": _text(step.get("from")),
                "to": _text(step.get("to")),
                "way": " → ".join(way) if len(way) > 2 else "",
                "loss": f"{loss:.2f}" if isinstance(loss, int | float) else "not stated",
            }
            out[line["from"], line["to"]] = line
    return list(out.values())


def settings(timeline: Timeline) -> list[tuple[str, str]]:
    """Return everything else that the provenance holds, flat, as text."""
    shown: dict[str, str] = {}
    for key, value in timeline.provenance.items():
        if key not in ("models", "maps", "notice"):
            _flatten(str(key), value, shown)
    return list(shown.items())


def _model(card: Mapping[str, Any]) -> ModelLines:
    given = card.get("scores")
    scores = [s for s in given if isinstance(s, Mapping)] if isinstance(given, list) else []
    lanes = card.get("lanes") or [card.get("lane")]
    lanes = lanes if isinstance(lanes, list) else []
    commercial = card.get("commercial")
    return ModelLines(
        id=_text(card.get("id")) or "unnamed model",
        task=_text(card.get("task")),
        lanes=", ".join(LANE_NAMES[lane] for lane in lanes if _text(lane) in LANE_NAMES),
        licence=_text(card.get("licence")) or "not stated",
        commercial="not stated"
        if commercial is None
        else {"True": "allowed", "False": "not allowed"}.get(str(commercial), _text(commercial)),
        rights=_text(card.get("rights")),
        trained_on=_texts(card.get("trained_on")),
        limits=_texts(card.get("limits")),
        scores=tuple(_score(s) for s in scores),
        calibrated_on=_calibration(card, scores),
    )


def _score(score: Mapping[str, Any]) -> ScoreLine:
    low, high = _number(score.get("low")), _number(score.get("high"))
    data = ", ".join(filter(None, (_text(score.get("data")), _text(score.get("split")))))
    return ScoreLine(
        data=data or "data not stated",
        metric=_text(score.get("metric")),
        value=_number(score.get("value")) or "–",
        interval=f"{low} to {high}" if low and high else "not stated",
        baseline=_number(score.get("baseline")) or "not stated",
        n=_text(score.get("n")),
        command=_text(score.get("command")),
        cross_corpus=score.get("cross_corpus") is True,
    )


def _calibration(card: Mapping[str, Any], scores: list[Mapping[str, Any]]) -> str:
    """Return what confidence was calibrated on: stated, else where its error was measured."""
    for key in ("calibrated_on", "calibration"):
        if card.get(key):
            return _text(card[key])
    checked = [
        f"{_text(s.get('data'))}, {_text(s.get('split'))}: {_text(s.get('metric'))} "
        f"{_number(s.get('value'))}"
        for s in scores
        if any(w in _text(s.get("metric")).casefold() for w in ("ece", "calibration"))
    ]
    return "; ".join(checked)


def _flatten(name: str, value: Any, out: dict[str, str]) -> None:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            _flatten(f"{name}.{key}", inner, out)
    elif value not in (None, "", [], ()):
        out[name] = _text(value)


def _texts(values: Any) -> tuple[str, ...]:
    if isinstance(values, str):
        return (values,)
    return tuple(_text(v) for v in values) if isinstance(values, list | tuple) else ()


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return ", ".join(_text(v) for v in value)
    return str(value)


def _number(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return ""
    if abs(value) < 10:
        return f"{value:.3f}"
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"
