"""enISEAR with appraisals: events told without naming the feeling, as three people judge them."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from affectkit.data.dataset import DataFacts, DataSet, table
from affectkit.data.integrity import Check, counted, ranges, shape, values

EMOTIONS = ("anger", "disgust", "fear", "guilt", "joy", "sadness", "shame")
APPRAISALS = (
    "attention", "certainty", "effort", "pleasant", "responsibility", "control", "circumstance",
)  # fmt: skip
"""The seven dimensions of Smith and Ellsworth (1985), as the annotators were asked for them."""
ANNOTATORS = ("a1", "a2", "a3")

FACTS = DataFacts(
    name="enisear_appraisal",
    title="Hofmann et al. 2020, Appraisal Theories for Emotion Classification in Text; the events "
    "are those of Troiano et al. 2019, enISEAR",
    home="https://www.ims.uni-stuttgart.de/data/appraisalemotion",
    folder="text-internal/enisear_appraisal",
    licence="none stated",
    licence_class="unclear",
    language="en",
    splits="none by its makers, who cross-validate; the part for training is here (813 of 1,001)",
    traps=(
        "the emotion is the one that the writer was asked to tell of, not what readers see in it",
        "the appraisals are those of three readers of the text, not of the writer; the name of the "
        "emotion was hidden from them",
        "the emotion word is replaced by three dots: mind it when you cut into sentences",
        "two events are told in the same words",
    ),
    papers=(42, 46, 51, 97),
)


def read(root: Path) -> DataSet:
    """Return the events: ``id, text, emotion``, a column each emotion, and seven appraisals.

    ``attention`` … ``circumstance`` are the share of the three readers who said yes, in
    {0, 1/3, 2/3, 1}; `single_ratings` has each reader's own.

    Parameters
    ----------
    root
        The data root.

    Examples
    --------
    >>> from affectkit.data import data_root
    >>> sorted(read(data_root()).table["emotion"].unique())  # doctest: +SKIP
    ['anger', 'disgust', 'fear', 'guilt', 'joy', 'sadness', 'shame']
    """
    rows = _rows(root)
    found = pd.DataFrame(
        {
            "id": rows["Sentence_id"].astype(str),
            "text": rows["Sentence"].astype(str).str.strip(),
            "emotion": rows["Prior_Emotion"].astype(str).str.lower(),
        }
    )
    for name in EMOTIONS:
        found[name] = found["emotion"] == name
    for name in APPRAISALS:
        own = [f"{name.capitalize()}_{who}" for who in ANNOTATORS]
        found[name] = rows[own].astype(float).mean(axis=1)
    return DataSet(found, FACTS, EMOTIONS)


def single_ratings(root: Path) -> pd.DataFrame:
    """Return one row for each event and reader: ``id, rater`` and the appraisals, yes or no.

    Examples
    --------
    >>> from affectkit.data import data_root
    >>> len(single_ratings(data_root())) % 3  # doctest: +SKIP
    0
    """
    rows = _rows(root)
    parts = [
        pd.DataFrame(
            {
                "id": rows["Sentence_id"].astype(str),
                "rater": who,
                **{
                    name: rows[f"{name.capitalize()}_{who}"].astype(int) == 1 for name in APPRAISALS
                },
            }
        )
        for who in ANNOTATORS
    ]
    return pd.concat(parts, ignore_index=True)


def check(root: Path) -> list[Check]:
    """Compare events with the published number, and the appraisals with the majority given.

    Examples
    --------
    >>> from affectkit.data import data_root
    >>> {c.state for c in check(data_root())}  # doctest: +SKIP
    {'whole'}
    """
    found, rows = read(root), _rows(root)
    agree = all(
        (
            (found.table[name] > 0.5) == (rows[f"{name.capitalize()}_majority"].astype(int) == 1)
        ).all()
        for name in APPRAISALS
    )
    return [
        *shape(found),
        counted("events", len(found.table), 813 if len(found.table) < 1_000 else 1_001),
        values(found.table, "emotion", EMOTIONS),
        *ranges(found.table, dict.fromkeys(APPRAISALS, (0.0, 1.0))),
        Check("majority of the readers", "as given" if agree else "other", "as given",
              "whole" if agree else "damaged"),
    ]  # fmt: skip


def _rows(root: Path) -> pd.DataFrame:
    wanted = [f"{name.capitalize()}_{who}" for name in APPRAISALS for who in ANNOTATORS]
    columns = ("Sentence_id", "Prior_Emotion", "Sentence", *wanted)
    return table(root / FACTS.folder / "train.tsv", FACTS, columns, sep="\t", quoting=3)
