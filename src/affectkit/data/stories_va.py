"""Tales by Grimm, Andersen and Potter: valence and arousal of each sentence, without its text."""

from __future__ import annotations

from pathlib import Path

from affectkit.data.dataset import DataFacts, DataSet, table
from affectkit.data.integrity import Check, counts, number, ranges, shape, values

AUTHORS = {"Grimms": "Grimm", "HCAndersen": "Andersen", "Potter": "Potter"}

FACTS = DataFacts(
    name="stories_va",
    title="Christ et al. 2024, Modeling Emotional Trajectories in Written Stories Utilizing "
    "Transformers and Weakly-Supervised Learning",
    home="https://github.com/lc0197/emotional_trajectories_stories",
    folder="text-internal/stories_va",
    licence="none stated",
    licence_class="unclear",
    language="en",
    splits="train (118 tales) and val (25), by its makers, by tale; their test (26 tales) is "
    "not here",
    traps=(
        "there are no texts: sentences are known by their number in Alm's corpus of tales",
        "ratings are categories placed on the two scales, then fused, so that few values are "
        "frequent: a neutral sentence is about (-0.06, -0.63)",
        "neighbours are alike: hold out whole tales",
    ),
    groups=("story",),
    papers=(41,),
)


def read(root: Path) -> DataSet:
    """Return the curves: ``id, story, author, place, split, valence, arousal``.

    ``valence`` and ``arousal`` are moved from [0, 1] to [-1, 1]; ``place`` counts the
    sentences of a tale from 0, in the order in which they are told. There is no text.

    Parameters
    ----------
    root
        The data root.

    Examples
    --------
    >>> from affectkit.data import data_root
    >>> read(data_root()).table["story"].nunique()  # doctest: +SKIP
    143
    """
    folder = root / FACTS.folder
    gold = table(folder / "gold_trainval.csv", FACTS, ("ID", "story", "V_EWE", "A_EWE"))
    tales = table(folder / "partitioning.csv", FACTS, ("story", "author", "partition"))
    found = gold.merge(tales, on="story", how="inner", validate="many_to_one")
    found = found.sort_values("ID", ignore_index=True)
    found = found.rename(columns={"ID": "id", "partition": "split"})
    found["author"] = found["author"].map(AUTHORS)
    found["place"] = found.groupby("story").cumcount()
    for name, column in (("valence", "V_EWE"), ("arousal", "A_EWE")):
        found[name] = found.pop(column).astype(float) * 2 - 1
    columns = ["id", "story", "author", "place", "split", "valence", "arousal"]
    return DataSet(found[columns], FACTS)


def check(root: Path) -> list[Check]:
    """Compare tales and sentences with what their makers published, and the scales.

    Examples
    --------
    >>> from affectkit.data import data_root
    >>> {c.state for c in check(data_root())}  # doctest: +SKIP
    {'whole'}
    """
    found = read(root)
    rows = found.table
    whole = rows.groupby("story")["id"].agg(lambda ids: ids.max() - ids.min() + 1 == len(ids))
    limits: dict[str, tuple[float, float]] = dict.fromkeys(("valence", "arousal"), (-1.0, 1.0))
    return [
        *shape(found, text=False),
        *counts(rows.drop_duplicates("story"), {"train": 118, "val": 25, "test": 26}, "tales"),
        *ranges(rows, limits),
        values(rows, "author", AUTHORS.values()),
        number("tales with a sentence missing", int((~whole).sum()), 0),
    ]
