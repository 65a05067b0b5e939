"""Ratings come back from Label Studio's files and Inspect's tables as they went."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from affectkit.affect import LabelSet, Ratings
from affectkit.affect.ratings_inspect import from_inspect_scores, to_inspect_scores
from affectkit.affect.ratings_label_studio import read_label_studio, write_label_studio
from affectkit.errors import LabelError, MediaError

EKMAN = LabelSet.load("ekman7")
KEYS = ["item", "rater", "aspect", "label", "score"]
said = st.dictionaries(
    st.tuples(st.sampled_from(["a", "b é", "7"]), st.sampled_from("xyz")),
    st.tuples(st.sets(st.sampled_from(EKMAN.labels), min_size=1), st.none() | st.integers(1, 9)),
    min_size=1,
)


def ratings(rows: dict, single: bool = False) -> Ratings:
    table = []
    for (item, rater), (labels, score) in rows.items():
        for label in sorted(labels)[: 1 if single else None]:
            table.append((item, rater, "emotion", label, None))
        if score is not None:
            table.append((item, rater, "valence", None, float(score)))
    people = pd.DataFrame({"age": [20.0, 30.0, 40.0]}, index=list("xyz"))
    return Ratings(pd.DataFrame(table, columns=KEYS), EKMAN, people)


@settings(deadline=None, max_examples=15)
@given(said)
def test_label_studio_keeps_all_ratings_and_raters(tmp_path_factory, rows) -> None:
    r = ratings(rows)
    path = write_label_studio(r, tmp_path_factory.mktemp("ls") / "tasks.json")
    back = read_label_studio(path, EKMAN, item="item")
    one, other = (t.sort_values(KEYS, ignore_index=True) for t in (r.table, back.table))
    pd.testing.assert_frame_equal(one, other)
    for rater in back.known_raters.index:
        assert back.known_raters.loc[rater, "age"] == r.known_raters.loc[rater, "age"]


def test_an_export_as_label_studio_writes_it_is_read(tmp_path) -> None:
    """Fields as its documentation of the JSON export lists them."""
    task = {
        "id": 12,
        "data": {"text": "well"},
        "created_at": "2024-01-01T00:00:00Z",
        "predictions": [],
        "annotations": [
            {
                "id": 1, "completed_by": {"id": 3, "email": "a@b.c"}, "was_cancelled": False,
                "lead_time": 4.2,
                "result": [
                    {"id": "q", "from_name": "emotion", "to_name": "text", "type": "choices",
                     "value": {"choices": ["joy", "surprise"]}},
                    {"id": "r", "from_name": "calm", "to_name": "text", "type": "rating",
                     "value": {"rating": 4}},
                    {"id": "s", "from_name": "span", "to_name": "text", "type": "labels",
                     "value": {"start": 0, "end": 2, "labels": ["x"]}},
                ],
            },
            {"id": 2, "completed_by": 5, "was_cancelled": True, "result": [
                {"from_name": "calm", "type": "rating", "value": {"rating": 1}}]},
        ],
    }  # fmt: skip
    path = tmp_path / "export.json"
    path.write_text(json.dumps([task]), encoding="utf-8")
    r = read_label_studio(path, "ekman7")
    assert r.votes().loc["12", ["joy", "surprise"]].tolist() == [1, 1]
    assert r.scores("calm").loc["12"].tolist()[0] == 4
    assert r.known_raters.loc["3", "email"] == "a@b.c"
    with pytest.raises(MediaError, match="task 1"):
        read_label_studio(path, "ekman7", item="name")
    path.write_text("{}", encoding="utf-8")
    with pytest.raises(MediaError, match="no list"):
        read_label_studio(path)
    path.write_text("[", encoding="utf-8")
    with pytest.raises(MediaError, match=r"export\.json"):
        read_label_studio(path)


@settings(deadline=None, max_examples=15)
@given(said)
def test_inspect_tables_keep_scores_and_labels(rows) -> None:
    r = ratings(rows, single=True)
    for aspect in r.aspects:
        labels = EKMAN if aspect == "emotion" else None
        back = from_inspect_scores(to_inspect_scores(r, aspect), labels, aspect=aspect)
        one = r.table[r.table["aspect"] == aspect]
        pd.testing.assert_frame_equal(
            back.table.sort_values(KEYS, ignore_index=True),
            one.sort_values(KEYS, ignore_index=True),
        )


def test_a_table_of_inspect_names_its_faults() -> None:
    log = pd.DataFrame({"id": ["a", "b"], "epoch": 1, "score_judge": ["joy", None]})
    assert from_inspect_scores(log, EKMAN).table["item"].tolist() == ["a/1"]
    with pytest.raises(MediaError, match="row 1: score_judge"):
        from_inspect_scores(log)
    with pytest.raises(LabelError):
        from_inspect_scores(log.assign(score_judge="bored"), EKMAN)
    with pytest.raises(MediaError, match="samples_df"):
        from_inspect_scores(log.drop(columns="score_judge"))
