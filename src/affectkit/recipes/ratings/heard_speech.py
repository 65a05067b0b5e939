"""Acted speech by clip, with the speaker's sex: heard once, and kept for the next run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from affectkit.data.dataset import table
from affectkit.data.emodb import FACTS
from affectkit.learn.tensor_file import read_tensors, write_tensors
from affectkit.models import weights
from affectkit.progress import Progress
from affectkit.recipes.registry import code_version
from affectkit.recipes.speech.acted_speech import hear_corpus

SHARED = ("anger", "disgust", "fear", "joy", "neutral", "sadness")
"""The emotions that EmoDB and RAVDESS both have."""
_FORMAT = "affectkit clips of acted speech"


@dataclass(frozen=True, eq=False)
class Clips:
    """A row a clip.

    Parameters
    ----------
    features
        Of the speech encoder and prosody, the mean over the windows of a clip
        [shape=(n, 784)]; NaN where there was too little voice to tell.
    label, speaker, sex, corpus, clip
        ``sex`` is ``"f"`` or ``"m"``; ``clip`` is relative to the data root's ``av`` folder
        [shape=(n,)].
    """

    features: NDArray[np.float64]
    label: NDArray[np.str_]
    speaker: NDArray[np.str_]
    sex: NDArray[np.str_]
    corpus: NDArray[np.str_]
    clip: NDArray[np.str_]


def clips(data: Path, folders: tuple[str, ...], progress: Progress | None = None) -> Clips:
    """Return the clips of some corpora whose emotion is one of `SHARED`.

    Parameters
    ----------
    data
        The data root.
    folders
        Of ``"emodb"`` and ``"ravdess"``.
    progress
        Told ``(folder, clips done, clips in all)`` while a corpus is heard for the first time.
    """
    rows = table(data / "av" / "MANIFEST.csv", FACTS, ("file", "gender"), dtype=str)
    sex = dict(zip(rows["file"], rows["gender"], strict=True))
    parts = [_heard(data, folder, progress) for folder in folders]
    features = np.concatenate([p[0] for p in parts])
    label, speaker, clip = (np.concatenate([p[k] for p in parts]) for k in (1, 2, 3))
    corpus = np.repeat(folders, [len(p[0]) for p in parts])
    kept = np.isin(label, SHARED)
    told = np.array([sex[c] for c in clip])
    return Clips(features[kept], label[kept], speaker[kept], told[kept], corpus[kept], clip[kept])


def _heard(
    data: Path, folder: str, progress: Progress | None
) -> tuple[NDArray[np.float64], NDArray[np.str_], NDArray[np.str_], NDArray[np.str_]]:
    version = code_version("affectkit.recipes.speech.acted_speech")[:16]
    kept = weights.home() / "training" / f"clips-{folder}-{version}.safetensors"
    if kept.exists():
        arrays, about = read_tensors(kept, _FORMAT)
        return (
            arrays["features"].astype(np.float64),
            *(np.array(about[k], dtype=str) for k in ("label", "speaker", "clip")),
        )  # type: ignore[return-value]
    found = hear_corpus(data, folder, progress=progress)
    names, first, code = np.unique(found.clip, return_index=True, return_inverse=True)
    told = ~np.isnan(found.features)
    total, count = (np.zeros((len(names), found.features.shape[1])) for _ in range(2))
    np.add.at(total, code, np.where(told, found.features, 0.0))
    np.add.at(count, code, told)
    with np.errstate(invalid="ignore"):
        features = np.where(count > 0, total / count, np.nan)
    label, speaker = found.label[first], found.speaker[first]
    kept.parent.mkdir(parents=True, exist_ok=True)
    about = {
        "format": _FORMAT,
        "label": label.tolist(),
        "speaker": speaker.tolist(),
        "clip": names.tolist(),
    }
    write_tensors(kept, {"features": features.astype(np.float32)}, about)
    return features.astype(np.float32).astype(np.float64), label, speaker, names
