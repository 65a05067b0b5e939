"""Modalities fused by attention against the best of them, on made-up and on real pairs.

No set with sound and with words that differ from clip to clip lies here. So fusion is asked twice:
of acted voices, each with a line of a television series that carries the same label (real parts,
pairs made up), and of clips that some people heard, others saw, and others both heard and saw
(real pairs; people's votes for features, and no text).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from affectkit.data import crema_d_votes, meld
from affectkit.learn.attention_fusion import AttentionFusion
from affectkit.learn.grouped_ridge import group_folds, principal
from affectkit.measure.classification import weighted_f1
from affectkit.measure.paired_runs import runs_difference
from affectkit.perceive.text_encoder import TextEncoder
from affectkit.perceive.text_model import TextModel
from affectkit.progress import Progress
from affectkit.recipes.finding import Finding, compared
from affectkit.recipes.ratings.heard_speech import SHARED, clips

POOL = {True: 150, False: 60}
"""Lines of each emotion from which those of the pairs are drawn, in the full and the plain run."""
ACTORS = {True: 45, False: 12}
COMPONENTS = 64
FOLDS = 5

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]


def paired(
    label: NDArray[np.str_],
    fold: Codes,
    line_label: NDArray[np.str_],
    line_fold: Codes,
    rng: np.random.Generator,
) -> Codes:
    """Return a line for each clip, of the clip's label and fold [shape=(n_clips,)].

    No line is taken twice while there are others.

    Examples
    --------
    >>> two = np.array(["joy", "fear"]), np.array([0, 1])
    >>> paired(*two, *two, np.random.default_rng(0)).tolist()
    [0, 1]
    """
    chosen = np.full(len(label), -1, dtype=np.intp)
    for name in np.unique(label):
        for part in np.unique(fold):
            rows = np.flatnonzero((label == name) & (fold == part))
            lines = np.flatnonzero((line_label == name) & (line_fold == part))
            if len(rows) and not len(lines):
                raise ValueError(f"no line of {name} in fold {part}")
            rounds = [rng.permutation(lines) for _ in range(-(-len(rows) // max(len(lines), 1)))]
            if rounds:
                chosen[rows] = np.concatenate(rounds)[: len(rows)]
    return chosen


def told_out_of_fold(
    parts: Sequence[Floats], code: Codes, fold: Codes, seed: int, *, batch_size: int = 64
) -> tuple[Codes, Floats]:
    """Return what fusion tells of items whose fold it did not learn from, and its weights.

    Returns
    -------
    (numpy.ndarray, numpy.ndarray)
        Codes [shape=(n,)]; the size of each modality's weight as a share
        [shape=(n, n_modalities)].
    """
    x = np.hstack(parts)
    widths = tuple(part.shape[1] for part in parts)
    told, weights = np.empty(len(code), dtype=np.intp), np.empty((len(code), len(parts)))
    for part in np.unique(fold):
        held = fold == part
        model = AttentionFusion(widths=widths, batch_size=batch_size, seed=seed)
        model.fit(x[~held], code[~held])
        told[held] = model.predict(x[held])
        weights[held] = np.abs(model.modality_weights(x[held]))
    return told, weights / np.maximum(weights.sum(axis=1, keepdims=True), 1e-12)


def made_up_pairs(
    data: Path, seeds: Sequence[int], draws: int, full: bool, tell: Progress
) -> Finding:
    """Return whether a voice and a line of one label tell more than either, pairs made up."""
    heard = clips(data, ("emodb", "ravdess"), tell)
    lines = _lines(data, POOL[full], seeds[0])
    voice = principal(heard.features, COMPONENTS)
    # A log of shares is linear in the scores that the model's last layer gave.
    text = np.log(np.clip(TextModel().probabilities(list(lines["text"])), 1e-4, 1.0))
    meaning = principal(TextEncoder().encode(list(lines["text"])), COMPONENTS)
    code = np.searchsorted(SHARED, heard.label).astype(np.intp)
    line_label = lines["label"].to_numpy(dtype=str)
    runs: dict[str, list[Codes]] = {name: [] for name in ("fused", "voice", "text")}
    shares, by_meaning = [], []
    for k, seed in enumerate(seeds):
        tell("voices and lines", k, len(seeds))
        fold = group_folds(heard.speaker, FOLDS, seed=seed)
        line_fold = group_folds(lines["dialogue"], FOLDS, seed=seed)
        line = paired(heard.label, fold, line_label, line_fold, np.random.default_rng(seed))
        told, share = told_out_of_fold([voice, text[line]], code, fold, seed)
        shares.append(share.mean(axis=0))
        runs["fused"].append(told)
        runs["voice"].append(told_out_of_fold([voice], code, fold, seed)[0])
        runs["text"].append(told_out_of_fold([text[line]], code, fold, seed)[0])
        other = told_out_of_fold([voice, meaning[line]], code, fold, seed)[0]
        by_meaning.append(weighted_f1(code, other))
    tell("voices and lines", len(seeds), len(seeds))
    return _fused(
        "fused by attention, a voice and a line of one label tell more than the better of them",
        code,
        runs,
        heard.speaker,
        seeds,
        draws,
        ("av/speech/emodb", "av/speech/ravdess", meld.FACTS.folder),
        f"no audio and text set lies here: {len(code)} acted clips of EmoDB and RAVDESS, each with "
        f"a line of MELD that has its label, drawn anew for each seed from {len(lines)}; the "
        "voice and the line of a pair err independently, as those of one speaker would not, so "
        "real pairs should gain less; a voice's speaker and a line's dialogue are on one side of "
        "a split, the six people of the series on both; intervals draw speakers; the six emotions "
        "that all three have, with fear for worried and "
        f"disgust for surprise; mean share of the weight: voice {np.mean(shares, axis=0)[0]:.2f}, "
        f"text {np.mean(shares, axis=0)[1]:.2f}; the text's features are what the kit's text model "
        f"says of 28 emotions; with {COMPONENTS} components of the sentence encoder instead, "
        f"which were tried first, fused {np.mean(by_meaning):.3f}",
    )


def _lines(data: Path, most: int, seed: int) -> pd.DataFrame:
    """Return up to so many different lines of each shared emotion, with their dialogues."""
    table = meld.read(data).table
    table = table[table["label"].isin(SHARED)]
    same = table["text"].str.lower().str.split().str.join(" ").duplicated(keep=False)
    order = np.random.default_rng(seed).permutation(int((~same).sum()))
    shuffled = table[~same].iloc[order]
    return shuffled.groupby("label").head(most).reset_index(drop=True)


def real_pairs(data: Path, seeds: Sequence[int], draws: int, full: bool, tell: Progress) -> Finding:
    """Return whether votes by voice and by face tell votes by both better than either."""
    table = crema_d_votes.read(data).table
    labels = list(crema_d_votes.LABELS)
    actors = np.random.default_rng(seeds[0]).permutation(np.unique(table["actor"]))
    table = table[table["actor"].isin(actors[: ACTORS[full]])]
    votes = {c: rows.set_index("clip")[labels] for c, rows in table.groupby("channel")}
    both = votes["both"]
    clear = (both.eq(both.max(axis=1), axis=0).sum(axis=1) == 1) & both.index.isin(
        votes["voice"].index.intersection(votes["face"].index)
    )
    names = both.index[clear]
    code = both.loc[names].to_numpy().argmax(axis=1)
    voice, face = (
        votes[c].loc[names].to_numpy(dtype=float)
        / votes[c].loc[names].to_numpy(dtype=float).sum(axis=1, keepdims=True)
        for c in ("voice", "face")
    )
    actor = table.drop_duplicates("clip").set_index("clip")["actor"].loc[names].to_numpy(dtype=str)
    runs: dict[str, list[Codes]] = {"fused": [], "voice": [], "face": []}
    shares = []
    for k, seed in enumerate(seeds):
        tell("votes", k, len(seeds))
        fold = group_folds(actor, FOLDS, seed=seed)
        for name, parts in (("fused", [voice, face]), ("voice", [voice]), ("face", [face])):
            told, share = told_out_of_fold(parts, code, fold, seed, batch_size=256)
            runs[name].append(told)
            if name == "fused":
                shares.append(share.mean(axis=0))
    tell("votes", len(seeds), len(seeds))
    return _fused(
        "fused by attention, votes by voice and votes by face tell what people say who hear and "
        "see better than either alone",
        code,
        runs,
        actor,
        seeds,
        draws,
        (crema_d_votes.FACTS.folder,),
        f"real pairs: {len(code)} clips of {len(np.unique(actor))} actors, of which the shares of "
        "votes of about ten who heard and ten who saw are the features, and the label most "
        "chosen by about ten who did both is to be told (ties left out); actors are on one side "
        "of a split, intervals draw actors; mean share of the weight: voice "
        f"{np.mean(shares, axis=0)[0]:.2f}, face {np.mean(shares, axis=0)[1]:.2f}",
    )


def _fused(
    claim: str,
    code: Codes,
    runs: Mapping[str, Sequence[Codes]],
    groups: NDArray[np.str_],
    seeds: Sequence[int],
    draws: int,
    data: tuple[str, ...],
    notes: str,
) -> Finding:
    score = {name: [weighted_f1(code, told) for told in each] for name, each in runs.items()}
    best = max((name for name in runs if name != "fused"), key=lambda name: np.mean(score[name]))
    common = np.full(len(code), np.bincount(code).argmax())
    said = ", ".join(
        f"{name} {np.mean(each):.3f} ({min(each):.3f} to {max(each):.3f})"
        for name, each in score.items()
    )
    return compared(
        claim,
        "weighted F1",
        float(np.mean(score["fused"])),
        float(np.mean(score[best])),
        f"{best} alone, the same network",
        runs_difference(
            weighted_f1, code, runs["fused"], runs[best], clusters=groups, n=draws, seed=seeds[0]
        ),
        seeds=seeds,
        data=data[0],
        notes=f"{notes}; mean and range over seeds: {said}; the commonest label "
        f"{weighted_f1(code, common):.3f}; no setting of the network was tuned",
    ).stamped(data=data)
