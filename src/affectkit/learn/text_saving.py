"""Trained text learners on disk: safetensors for numbers, JSON for the rest."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np

from affectkit.errors import WeightsError
from affectkit.learn.text_encoders import LEARNER, saved_backbone
from affectkit.learn.text_estimators import TextClassifier, TextRegressor
from affectkit.learn.text_learner import TextLearner, saved_values
from affectkit.learn.text_networks import build
from affectkit.optional import require

_FORMAT = "affectkit-text-learner"
_LEARNERS: dict[str, type[TextLearner]] = {
    "TextClassifier": TextClassifier,
    "TextRegressor": TextRegressor,
}


def save(learner: TextLearner, folder: str | os.PathLike[str]) -> Path:
    """Write a trained learner to a new folder, whole or not at all, and return the folder.

    The folder holds the encoder too and needs nothing else to be read again.

    Raises
    ------
    WeightsError
        If the folder exists already.
    """
    from safetensors.torch import save_file

    learner._check_fitted()
    target = Path(folder)
    if target.exists():
        raise WeightsError(f"{target} is there already", remedy="give a new folder")
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".{target.name}.{os.getpid()}.part")
    beside.mkdir()
    try:
        about: dict[str, Any] = {
            "format": _FORMAT,
            "learner": type(learner).__name__,
            "params": saved_values(learner),
            "encoder": learner.backbone_.save(beside),
            "loss": learner.loss_,
            "names": learner.names_.tolist(),
            "history": learner.history_,
        }
        if isinstance(learner, TextRegressor):
            about.update(
                centre=learner.centre_.tolist(), scale=learner.scale_.tolist(), flat=learner.flat_
            )
        if isinstance(learner, TextClassifier):
            about.update(single=bool(learner.single_))
        state = learner.network_.state_dict()
        tensors = {k: v.detach().cpu().clone().contiguous() for k, v in state.items()}
        save_file(tensors, beside / "model.safetensors")
        (beside / LEARNER).write_text(
            json.dumps(about, indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
        )
        os.replace(beside, target)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return target


def load(folder: str | os.PathLike[str], *, device: str = "cpu", threads: int = 1) -> TextLearner:
    """Read what `save` wrote; it predicts the same numbers.

    What was called while it learned (curriculum, progress) and the name of its encoder are not
    kept: to learn anew, build a new learner.

    Raises
    ------
    WeightsError
        If the folder is missing, or holds no learner.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    at = Path(folder)
    try:
        about = json.loads((at / LEARNER).read_text("utf-8"))
        if about["format"] != _FORMAT:
            raise KeyError("format")
        params = {**about["params"], "encoder": str(at), "device": device, "threads": threads}
        learner = _LEARNERS[about["learner"]](**params)
        found = saved_backbone(at, about["encoder"])
        n_scores = len(about["names"]) * (2 if about["loss"] == "gaussian" else 1)
        with require("torch", extra="train").random.fork_rng():  # a start that is overwritten
            network = build(
                found,
                n_scores,
                way=learner.way,
                weights=False,
                frozen_layers=learner.frozen_layers,
                rank=learner.rank,
                lora_targets=learner.lora_targets,
                hidden=learner.hidden,
                dropout=learner.dropout,
            )
        network.load_state_dict(load_file(at / "model.safetensors"))
    except (OSError, KeyError, TypeError, ValueError, RuntimeError, SafetensorError) as error:
        raise WeightsError(
            f"{at} holds no trained text learner: {error}", remedy="give a folder that save wrote"
        ) from error
    learner.backbone_, learner.network_ = found, network.eval().to(learner._device())
    learner.loss_, learner.names_ = about["loss"], np.asarray(about["names"])
    learner.history_, learner.n_scores_ = about["history"], n_scores
    if isinstance(learner, TextRegressor):
        learner.centre_ = np.asarray(about["centre"])
        learner.scale_, learner.flat_ = np.asarray(about["scale"]), about["flat"]
    if isinstance(learner, TextClassifier):
        learner.classes_, learner.single_ = learner.names_, about["single"]
    return learner
