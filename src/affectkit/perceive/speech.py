"""Emotion in the voice: who sounded how, when, how sure that is and why."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from affectkit.affect import LabelSet, Note, Timeline
from affectkit.perceive import prosody
from affectkit.perceive.speech_features import (
    PROSODY,
    WIDTH,
    SpeechEncoder,
    own_voice,
    windows_of,
)
from affectkit.perceive.speech_model import MODEL, SpeechModel, shipped_model
from affectkit.progress import Progress, silent

if TYPE_CHECKING:
    import pandas as pd

    from affectkit.media.recording import Recording
    from affectkit.models import ModelCard

LEAST_S = 0.8
"""A window with less speech than this tells nothing."""
LEAST_CONFIDENCE = 0.25
"""Confidence below which nothing is told; chance among seven emotions is 0.14."""
_LEAST_SNR_DB = 6.0
_GOOD_SNR_DB = 30.0
_BRIDGE_S = 0.6
_MOST_REASONS = 3


class SpeechPerceiver:
    """Reads emotion from the sound of voices, window by window, speaker by speaker.

    Parameters
    ----------
    threads
        Processor threads.

    Examples
    --------
    >>> SpeechPerceiver().labels.name
    'emodb7'
    >>> SpeechPerceiver().perceive(recording).table  # doctest: +SKIP
    """

    def __init__(self, threads: int = 1) -> None:
        self.threads = threads

    @property
    def labels(self) -> LabelSet:
        """The labels it gives: EmoDB's seven."""
        return LabelSet.load("emodb7")

    @property
    def card(self) -> ModelCard:
        """What the model is, what it learned from and how good it is."""
        from affectkit import models

        return models.card(MODEL)

    def perceive(
        self,
        recording: Recording,
        *,
        turns: pd.DataFrame | None = None,
        progress: Progress | None = None,
    ) -> Timeline:
        """Return one row per speaker and window of 2 to 4 s of speech.

        Each window is compared with the speaker's own mean, which is drawn towards that of
        the voices learned from while there is little speech. Where a window is too short,
        too noisy or too unlike the training data, the row says why it cannot tell.

        Parameters
        ----------
        recording
            A video or a sound.
        turns
            Who speaks when (``start_s, end_s, speaker``), as `speaker_turns` returns;
            found here if None.
        progress
            Told ``("speech", seconds done, seconds in all)``.

        Raises
        ------
        MediaError
            If the sound cannot be read.
        WeightsError
            If ``speech_encoder``, or the weights for turns, are not installed.
        """
        report = progress or silent
        provenance = {"settings": {"speech": {"prior_s": shipped_model().prior["prior_s"]}}}
        if not recording.has_audio:
            note = Note("speech", "there is no sound")
            return Timeline.empty(self.labels, provenance=provenance, notes=(note,))
        audio = recording.audio()
        if turns is None:
            from affectkit.perceive.voices import speaker_turns

            turns = speaker_turns(audio, threads=self.threads, progress=progress)
        encoder = SpeechEncoder(threads=self.threads)
        windows, features, evidence = [], [], []
        for speaker, start_s, end_s in _windows(turns):
            heard = encoder.hear(audio.read(start_s, end_s))
            windows.append((speaker, start_s, end_s))
            features.append(heard.features.astype(np.float32))
            evidence.append((heard.snr_db, heard.voiced_share))
            report("speech", end_s, audio.duration_s)
        report("speech", audio.duration_s, audio.duration_s)
        if not windows:
            note = Note("speech", "no speech was found")
            return Timeline.empty(self.labels, provenance=provenance, notes=(note,))
        table, notes = self._judge(windows, np.array(features), np.array(evidence))
        return Timeline(table, self.labels, provenance=provenance, notes=notes)

    def _judge(
        self,
        windows: list[tuple[str, float, float]],
        features: NDArray[np.float32],
        evidence: NDArray[np.float64],
    ) -> tuple[pd.DataFrame, tuple[Note, ...]]:
        import pandas as pd

        model = shipped_model()
        speakers = np.array([w[0] for w in windows])
        starts = np.array([w[1] for w in windows])
        ends = np.array([w[2] for w in windows])
        seconds = ends - starts
        own = np.zeros(features.shape)
        for speaker in dict.fromkeys(speakers):
            mine = speakers == speaker
            own[mine] = own_voice(features[mine], seconds[mine], **model.prior)
        far = model.distance(features.astype(np.float64))
        p = model.probabilities(own, far)
        deviations = model.deviations(own)
        space = _space(self.labels, p)
        reasons = [
            _cannot_tell(s, snr, voiced, d, float(model.head.meta["farthest"]), top)
            for s, (snr, voiced), d, top in zip(seconds, evidence, far, p.max(axis=1), strict=True)
        ]
        told = np.array([reason is None for reason in reasons])
        quality = _quality(seconds, evidence)
        columns: dict[str, Any] = {
            "start_s": starts,
            "end_s": ends,
            "person": speakers,
            "modality": "speech",
            "source": MODEL,
            "quality": quality,
            "reason": reasons,
            "evidence": [
                _evidence(row) if t else None for row, t in zip(deviations, told, strict=True)
            ],
            "confidence": np.where(told, p.max(axis=1), np.nan),
            "spread": np.where(told, model.spread(p), np.nan),
        }
        for name, values in space.items():
            columns[name] = np.where(told, values, np.nan)
        for i, label in enumerate(self.labels.labels):
            columns[label] = np.where(told, p[:, i], np.nan)
        return pd.DataFrame(columns), _notes(reasons, starts, ends)


def _windows(turns: pd.DataFrame) -> Iterator[tuple[str, float, float]]:
    """Yield ``(speaker, start_s, end_s)``: turns of one voice close together are one stretch."""
    waiting: tuple[str, float, float] | None = None
    for start_s, end_s, speaker in turns[["start_s", "end_s", "speaker"]].itertuples(index=False):
        if waiting and waiting[0] == speaker and start_s - waiting[2] < _BRIDGE_S:
            waiting = (speaker, waiting[1], float(end_s))
            continue
        if waiting:
            for a, b in windows_of(waiting[1], waiting[2]):
                yield waiting[0], a, b
        waiting = (str(speaker), float(start_s), float(end_s))
    if waiting:
        for a, b in windows_of(waiting[1], waiting[2]):
            yield waiting[0], a, b


def _space(labels: LabelSet, p: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
    """Return expectation and standard deviation of valence and arousal.

    The variance is that between the labels that may hold, plus that within them.
    """
    from affectkit.affect.circumplex import placement

    where = placement(labels)
    out = {}
    for axis in ("valence", "arousal"):
        middle = where[axis].to_numpy(dtype=float)
        within = np.nan_to_num(where[f"{axis}_sd"].to_numpy(dtype=float))
        mean = p @ middle
        out[axis] = np.clip(mean, -1.0, 1.0)
        out[f"{axis}_sd"] = np.sqrt(np.maximum(p @ (middle**2 + within**2) - mean**2, 0.0))
    return out


def _cannot_tell(
    seconds: float,
    snr_db: float,
    voiced: float,
    distance: float,
    farthest: float,
    confidence: float,
) -> str | None:
    if seconds < LEAST_S:
        return f"only {seconds:.1f} s of speech"
    if snr_db < _LEAST_SNR_DB:
        return f"too noisy: speech stands only {snr_db:.0f} dB above the background"
    if voiced < 0.05:
        return "no voice with a pitch: whispering or noise"
    if distance > farthest:
        return "sounds unlike all speech it learned from: music, singing or noise"
    if confidence < LEAST_CONFIDENCE:
        return "no emotion stands out: too unlike the acted speech it learned from"
    return None


def _quality(seconds: NDArray[np.float64], evidence: NDArray[np.float64]) -> NDArray[np.float64]:
    snr = np.clip((evidence[:, 0] - _LEAST_SNR_DB) / (_GOOD_SNR_DB - _LEAST_SNR_DB), 0.0, 1.0)
    return np.asarray(snr * np.clip(seconds / 2.0, 0.0, 1.0) * np.clip(evidence[:, 1] / 0.3, 0, 1))


def _evidence(deviations: NDArray[np.float64]) -> str:
    """Return the prosodic features furthest from the speaker's own mean, as JSON."""
    found = deviations[2 * WIDTH :]
    order = np.argsort(-np.abs(found))[:_MOST_REASONS]
    return json.dumps(
        [
            {
                "what": f"{prosody.WORDS[PROSODY[i]][0 if found[i] > 0 else 1]} "
                f"({found[i]:+.1f} sd from own mean)",
                "weight": round(float(min(abs(found[i]) / 3.0, 1.0)), 3),
            }
            for i in order
            if abs(found[i]) >= 0.8
        ]
    )


def _notes(
    reasons: list[str | None], starts: NDArray[np.float64], ends: NDArray[np.float64]
) -> tuple[Note, ...]:
    silenced = [i for i, reason in enumerate(reasons) if reason is not None]
    if not silenced:
        return ()
    seconds = float((ends - starts)[silenced].sum())
    return (
        Note(
            "speech",
            f"{len(silenced)} of {len(reasons)} windows ({seconds:.0f} s) could not be told: "
            "too short, too noisy, or unlike the speech it learned from",
            float(starts[silenced[0]]),
            float(ends[silenced[-1]]),
        ),
    )


__all__ = ["LEAST_S", "SpeechModel", "SpeechPerceiver"]
