"""Where people would not agree on what someone feels."""

from __future__ import annotations

import numpy as np
import pandas as pd

from affectkit.affect import Timeline
from affectkit.affect.timeline import FUSED, GROUP
from affectkit.fuse.stretches import merge_moments

COLUMNS = ("start_s", "end_s", "person", "spread", "labels")


def disagreements(
    timeline: Timeline, *, threshold: float = 0.4, gap_s: float = 1.0, most: int = 3
) -> pd.DataFrame:
    """Return the stretches in which people would be expected to give different labels.

    Parameters
    ----------
    timeline
        With a spread. Of people with fused rows only these count, of others all rows.
    threshold
        Least share of people who would not give the leading label, in [0, 1].
    gap_s
        Moments at most this far apart are one stretch.
    most
        How many labels to name at most.

    Returns
    -------
    pandas.DataFrame
        ``start_s, end_s, person, spread`` (mean, in [0, 1]) and ``labels``, those that
        people would give, the likeliest first (``"joy, surprise"``); the widest spread first.

    Examples
    --------
    >>> from affectkit.affect import Estimate, LabelSet
    >>> ekman = LabelSet.load("ekman7")
    >>> torn = Estimate(ekman, [0, 0, 0.5, 0, 0, 0.4, 0.1], spread=0.6)
    >>> t = Timeline.from_estimates([(0, 1, "Ann", "face", torn)], ekman)
    >>> disagreements(t)["labels"].tolist()
    ['fear, surprise']
    """
    table = timeline.table[timeline.table["person"] != GROUP]
    person = table["person"].fillna("")
    fused = table["modality"] == FUSED
    table = table[fused | ~person.isin(person[fused])]
    labels = list(timeline.label_set.labels)
    moments = table[(table["spread"] >= threshold) & table[labels].notna().all(axis=1)]
    moments = moments[["start_s", "end_s", "person", "spread", *labels]].assign(
        person=moments["person"].fillna("")
    )
    merged = merge_moments(moments, by=["person"], score="spread", gap_s=gap_s)
    named = []
    for row in merged[labels].to_numpy(float):
        order = np.argsort(-row, kind="stable")[:most]
        # A label far behind the first is not one that many would give.
        named.append(", ".join(labels[i] for i in order if row[i] >= 0.25 * row[order[0]]))
    merged["labels"] = named
    return merged.reindex(columns=[*COLUMNS]).reset_index(drop=True)
