"""EmoDB: German sentences spoken by actors in seven emotions, and how listeners heard them."""

from __future__ import annotations

from pathlib import Path

from affectkit.data.dataset import DataFacts, DataSet, table
from affectkit.errors import DataError

FACTS = DataFacts(
    name="emodb",
    title="Burkhardt et al. 2005, A Database of German Emotional Speech",
    home="http://emodb.bilderbar.info",
    folder="av/speech/emodb",
    licence="CC0",
    licence_class="open",
    language="de",
    splits="none; leave one speaker out",
    traps=(
        "ten sentences are spoken by everyone: folds by speaker share words, so nothing may be "
        "learned from words",
    ),
    groups=("speaker", "sentence"),
    papers=(7, 13, 20, 31, 53, 64, 66, 68, 78, 88, 95, 105, 112, 118, 122),
)

_LABELS = {"happiness": "joy"}


def read(root: Path) -> DataSet:
    """Return EmoDB: ``id, file, label, speaker, gender, sentence, seconds``.

    Labels are those of the label set ``emodb7``; ``file`` is relative to the data root's
    ``av`` folder.

    Examples
    --------
    >>> from affectkit.data import data_root
    >>> read(data_root()).table["speaker"].nunique()  # doctest: +SKIP
    6
    """
    path = root / "av" / "MANIFEST.csv"
    rows = table(path, FACTS, ("file", "label", "speaker", "gender", "seconds"), dtype=str)
    rows = rows[rows["file"].str.startswith("speech/emodb/")].reset_index(drop=True)
    if rows.empty:
        raise DataError(f"{path} lists no file of {FACTS.name}", remedy=f"see {FACTS.home}")
    stems = [Path(f).stem for f in rows["file"]]
    found = rows[["file", "label", "speaker", "gender"]].copy()
    found.insert(0, "id", stems)
    found["label"] = found["label"].replace(_LABELS)
    found["sentence"] = rows["text"]
    found["seconds"] = rows["seconds"].astype(float)
    return DataSet(found, FACTS, tuple(sorted(found["label"].unique())))
