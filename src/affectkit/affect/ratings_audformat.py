"""Ratings as an audformat database: a table an aspect, a column a rater."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from affectkit.affect.ratings import COLUMNS, Ratings
from affectkit.errors import LabelError, MediaError
from affectkit.optional import require


def write_audformat(ratings: Ratings, folder: Path, name: str) -> Path:
    """Write the database of `Ratings.to_audformat` and return its folder."""
    audformat = require("audformat", extra="formats")
    database = audformat.Database(name)
    for rater, attributes in ratings.known_raters.iterrows():
        known = {str(k): v for k, v in attributes.items() if pd.notna(v)}
        database.raters[str(rater)] = audformat.Rater(
            "human", meta={k: v.item() if hasattr(v, "item") else v for k, v in known.items()}
        )
    for aspect in ratings.aspects:
        given = ratings.table[ratings.table["aspect"] == aspect]
        if given.duplicated(["item", "rater"]).any():
            raise LabelError(
                f"raters gave items several labels each on {aspect!r}",
                remedy="write them as CSV, which keeps them all",
            )
        labelled = bool(given["label"].notna().any())
        database.schemes[aspect] = (
            audformat.Scheme(labels=list(_labels(ratings)))
            if labelled
            else audformat.Scheme("float")
        )
        wide = given.pivot(index="item", columns="rater", values="label" if labelled else "score")
        wide = wide.loc[list(dict.fromkeys(given["item"]))]
        table = audformat.Table(audformat.filewise_index(list(wide.index)))
        database[aspect] = table
        for rater in wide.columns:
            table[rater] = audformat.Column(scheme_id=aspect, rater_id=rater)
            told = wide[rater].notna().to_numpy()
            table[rater].set(
                wide[rater][told].to_numpy(),
                index=audformat.filewise_index(list(wide.index[told])),
            )
    database.save(str(folder), storage_format="csv")
    return folder


def read_audformat(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the ratings in a database's rater columns, and what is known about the raters."""
    audformat = require("audformat", extra="formats")
    try:
        database = audformat.Database.load(str(folder))
    except (OSError, ValueError) as error:
        raise MediaError(f"{folder} cannot be read as audformat: {error}") from error
    rows = []
    for table in database.tables.values():
        for column_id, column in table.columns.items():
            if column.rater_id is None:
                continue
            labelled = database.schemes[column.scheme_id].labels is not None
            values = table.df[column_id].dropna()
            for item, value in zip(values.index.get_level_values(0), values, strict=True):
                kind = {"label": str(value)} if labelled else {"score": float(value)}
                rows.append(
                    {"item": item, "rater": column.rater_id, "aspect": column.scheme_id, **kind}
                )
    attributes = {name: dict(rater.meta) for name, rater in database.raters.items()}
    raters = pd.DataFrame.from_dict(attributes, orient="index")
    return pd.DataFrame(rows, columns=list(COLUMNS)), raters


def _labels(ratings: Ratings) -> list[str]:
    assert ratings.label_set is not None  # a table of labels was checked against it
    return list(ratings.label_set.labels)
