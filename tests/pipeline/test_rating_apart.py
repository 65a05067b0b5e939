"""Groups are apart where people of two say otherwise, and not where the split means nothing."""

import numpy as np
import pytest

from affectkit.pipeline.rating_apart import groups_apart
from affectkit.pipeline.rating_files import read_rating_file


def file_of(folder, rows, header):
    path = folder / "said.csv"
    path.write_text("\n".join([header, *(",".join(map(str, row)) for row in rows)]) + "\n")
    return path


def rows_of(rng, told):
    """Twelve raters of thirty items; `told` gives the probability of joy in an age."""
    age = np.repeat(["old", "young"], 6)
    return [
        (f"i{i}", f"r{r}", "joy" if rng.random() < told[age[r]] else "fear", age[r])
        for i in range(30)
        for r in range(12)
    ]


def apart(folder, told, **how):
    rows = rows_of(np.random.default_rng(0), told)
    path = file_of(folder, rows, "item,rater,emotion,age")
    return groups_apart(read_rating_file(path, {"attribute": ["age"]}), **how)[0]


def test_planted_groups_stand_out_and_differ_as_often_as_their_odds_say(tmp_path):
    found = apart(tmp_path, {"old": 0.9, "young": 0.2})
    assert found["gap"] > found["chance_high"]
    assert found["p"] <= 0.05
    # Two of different ages differ with .9 * .8 + .1 * .2; two of one with .18 or .32.
    assert found["between"] == pytest.approx(0.74, abs=0.06)
    assert found["within"] == pytest.approx(0.25, abs=0.06)


def test_raters_of_one_mind_are_not_set_apart(tmp_path):
    found = apart(tmp_path, {"old": 0.6, "young": 0.6})
    assert found["chance_low"] <= found["gap"] <= found["chance_high"]


def test_scores_are_compared_as_shares_of_their_range(tmp_path):
    rows = [("a", f"r{r}", score, age) for r, (score, age) in enumerate(
        [(1, "old"), (1, "old"), (5, "young"), (5, "young")]
    )]  # fmt: skip
    path = file_of(tmp_path, rows, "item,rater,valence,age")
    found = groups_apart(read_rating_file(path, {"attribute": ["age"]}), deals=19)[0]
    assert (found["aspect"], found["within"], found["between"]) == ("valence", 0.0, 1.0)
    assert found["scale"] == [1.0, 5.0]


def test_ways_of_showing_are_compared_by_counted_votes(tmp_path):
    rows = [("a", "voice", 4, 0), ("a", "face", 0, 4), ("b", "voice", 3, 1), ("b", "face", 3, 1)]
    path = file_of(tmp_path, rows, "item,view,joy,fear")
    columns = {"vote": ["joy", "fear"], "view": ["view"]}
    found = groups_apart(read_rating_file(path, columns), deals=19)[0]
    assert found["groups"] == ["voice", "face"]
    assert found["most"][0] == {"item": "a", "within": 0.0, "between": 1.0}


def test_raters_whose_group_is_not_known_are_left_out(tmp_path):
    rows = [("a", "w", "joy", "old"), ("a", "x", "joy", "old"), ("a", "y", "fear", "")]
    path = file_of(tmp_path, rows, "item,rater,emotion,age")
    assert groups_apart(read_rating_file(path, {"attribute": ["age"]}), deals=9) == []
