"""MELD: what is said in scenes of the series Friends, line by line, in seven emotions."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from affectkit.data.dataset import DataFacts, DataSet, table
from affectkit.data.integrity import Check, counts, number, shape, values

LABELS = ("anger", "disgust", "fear", "joy", "neutral", "sadness", "surprise")

FACTS = DataFacts(
    name="meld",
    title="Poria et al. 2019, MELD: A Multimodal Multi-Party Dataset for Emotion Recognition in "
    "Conversations",
    home="https://github.com/declare-lab/MELD",
    folder="text-internal/meld",
    licence="GPL-3.0 for the annotations; the words are those of a television series",
    licence_class="unclear",
    language="en",
    splits="train and dev, by its makers, by dialogue; the official test is not read",
    traps=(
        "the same six people speak in all splits",
        "EmoryNLP and ECF are of the same series and share lines, under other labels",
        "some lines were saved with the quotation marks of another encoding: mended here",
    ),
    groups=("speaker",),
    related=("emorynlp",),
    papers=(26, 50, 55, 58, 101, 131, 132),
)

# Windows-1252 signs that were read as Latin-1: 0x92 is an apostrophe there, a control here.
_MENDED = {i: bytes([i]).decode("cp1252", errors="ignore") or " " for i in range(0x80, 0xA0)}


def read(root: Path) -> DataSet:
    """Return MELD: ``id, text, split, dialogue, turn, speaker, label, sentiment, start_s, end_s``.

    ``label`` is one of seven emotions, ``sentiment`` positive, neutral or negative; times are
    seconds into the episode (``season``, ``episode``), missing where the file has none.

    Examples
    --------
    >>> from affectkit.data import data_root
    >>> read(data_root()).split("dev").table["dialogue"].nunique()  # doctest: +SKIP
    114
    """
    columns = ("Utterance", "Speaker", "Emotion", "Sentiment", "Dialogue_ID", "Utterance_ID")
    parts = []
    for split in ("train", "dev"):
        path = root / FACTS.folder / f"{split}_sent_emo.csv"
        rows = table(path, FACTS, (*columns, "Season", "Episode", "StartTime", "EndTime"))
        dialogue = f"{split}-" + rows["Dialogue_ID"].astype(str)
        parts.append(
            pd.DataFrame(
                {
                    "id": dialogue + "-" + rows["Utterance_ID"].astype(str),
                    "text": [t.translate(_MENDED).strip() for t in rows["Utterance"].astype(str)],
                    "split": split,
                    "dialogue": dialogue,
                    "turn": rows["Utterance_ID"].astype(int),
                    "speaker": rows["Speaker"].str.strip(),
                    "label": rows["Emotion"],
                    "sentiment": rows["Sentiment"],
                    "season": rows["Season"],
                    "episode": rows["Episode"],
                    "start_s": _seconds(rows["StartTime"]),
                    "end_s": _seconds(rows["EndTime"]),
                }
            )
        )
    return DataSet(pd.concat(parts, ignore_index=True), FACTS, LABELS)


def check(root: Path) -> list[Check]:
    """Compare rows, dialogues and labels with the paper's.

    Examples
    --------
    >>> from affectkit.data import data_root
    >>> {c.state for c in check(data_root())}  # doctest: +SKIP
    {'whole'}
    """
    found = read(root)
    dialogues = found.table.groupby("split")["dialogue"].nunique()
    return [
        *shape(found),
        *counts(found.table, {"train": 9_989, "dev": 1_109}),
        # The paper counts 1,039 dialogues of train; one of them has no line in the file.
        number("dialogues of train", dialogues["train"], 1_038),
        number("dialogues of dev", dialogues["dev"], 114),
        values(found.table, "label", LABELS),
        values(found.table, "sentiment", ("positive", "neutral", "negative")),
    ]


def _seconds(times: pd.Series) -> pd.Series:
    """Return ``00:20:57,256`` as seconds."""
    stamps = times.astype(str).str.replace(",", ".", regex=False)
    found: pd.Series = pd.to_timedelta(stamps, errors="coerce").dt.total_seconds()
    return found
