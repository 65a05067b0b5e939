"""Neighbouring moments of a kind merged into stretches."""

from __future__ import annotations

import numpy as np
import pandas as pd

_SLACK = 1e-6


def merge_moments(
    moments: pd.DataFrame, *, by: list[str], score: str, gap_s: float = 0.0
) -> pd.DataFrame:
    """Merge moments that follow one another, and rank the stretches by their mean score.

    Parameters
    ----------
    moments
        One row a moment: ``start_s, end_s``, the columns `by` and `score`, and others, of
        which the value at the highest score is kept.
    by
        Moments merge only where these columns are the same.
    score
        The column that ranks; a stretch gets its mean, weighted by the moments' lengths.
    gap_s
        Moments at most this far apart still merge.

    Returns
    -------
    pandas.DataFrame
        The same columns, one row a stretch, the highest `score` first.

    Examples
    --------
    >>> merge_moments(
    ...     pd.DataFrame({"start_s": [0, 1, 5], "end_s": [1, 2, 6], "who": "Ann", "s": [1, 3, 1]}),
    ...     by=["who"], score="s",
    ... )[["start_s", "end_s", "s"]].to_numpy().tolist()
    [[0.0, 2.0, 2.0], [5.0, 6.0, 1.0]]
    """
    if not len(moments):
        return moments
    rows = moments.sort_values([*by, "start_s", "end_s"], kind="stable").reset_index(drop=True)
    start = rows["start_s"].to_numpy(float)
    reach = rows.groupby(by, sort=False, dropna=False)["end_s"].cummax().to_numpy(float)
    keys = rows[by].astype(object).to_numpy()
    opens = np.ones(len(rows), dtype=bool)
    opens[1:] = (keys[1:] != keys[:-1]).any(axis=1) | (start[1:] > reach[:-1] + gap_s + _SLACK)
    stretch = np.cumsum(opens)
    length = (rows["end_s"] - rows["start_s"]).clip(lower=_SLACK)
    grouped = rows.groupby(stretch, sort=True)
    out = rows.loc[grouped[score].idxmax().to_numpy()].reset_index(drop=True)
    total = length.groupby(stretch).sum()
    out[score] = ((rows[score] * length).groupby(stretch).sum() / total).to_numpy(float)
    out["start_s"] = grouped["start_s"].min().to_numpy(float)
    out["end_s"] = grouped["end_s"].max().to_numpy(float)
    return out.sort_values([score, "start_s"], ascending=[False, True], kind="stable").reset_index(
        drop=True
    )
