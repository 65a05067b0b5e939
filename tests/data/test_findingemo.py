"""FindingEmo's annotations are read from the documented format, and only for allowed purposes."""

import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from affectkit.affect.wheel import INTENSITIES, petal
from affectkit.data import findingemo
from affectkit.errors import DataError, LicenceError

HEAD = "index,user,image_path,tags,age,valence,arousal,emotion,dec_factors,ambiguity,datetime"
ROWS = (
    '0,w1,/Run_1/Glad adults park/a.jpg,Undefined,Adults,3,6,Ecstasy,"BodyLanguage,Context",0,d',
    '1,w2,/Run_2/Sad youth mall/b.png,NA,"Youth,Adults",-3,0,Grief,FacialExpression,6,d',
    "2,w1,/Run_2/Sad youth mall/c.png,Watermark,Seniors,0,3,Interest,Staging,3,d",
)


def written(folder, rows=ROWS):
    path = folder / findingemo.FILE
    path.write_text("\n".join([HEAD, *rows]) + "\n")
    return path


def test_scales_wheel_query_and_lists_are_told(tmp_path):
    found = findingemo.read(written(tmp_path), allow_noncommercial=True)
    rows = found.table
    np.testing.assert_allclose(rows["valence"], [1, -1, 0])
    np.testing.assert_allclose(rows["arousal"], [1, -1, 0], atol=1e-12)
    np.testing.assert_allclose(rows["ambiguity"], [0, 1, 0.5])
    assert rows["petal"].tolist() == ["joy", "sadness", "anticipation"]
    assert rows["query"].tolist() == ["Glad adults park", "Sad youth mall", "Sad youth mall"]
    assert rows["ages"].tolist() == [("Adults",), ("Youth", "Adults"), ("Seniors",)]
    assert rows["tags"].tolist() == [(), (), ("Watermark",)]
    assert not found.facts.may_ship_weights


def test_annotators_are_numbers_and_not_names(tmp_path):
    rows = findingemo.read(written(tmp_path), allow_noncommercial=True).table
    assert rows["rater"].tolist() == [0, 1, 0]
    assert "w1" not in rows.to_csv()


def test_the_licence_is_told_and_nothing_read_unless_allowed(tmp_path):
    with pytest.raises(LicenceError, match=r"CC BY-NC-SA 4\.0: research that is not commercial"):
        findingemo.read(written(tmp_path))


@given(leaf=st.sampled_from([leaf for leaves in INTENSITIES.values() for leaf in leaves]))
def test_each_leaf_of_the_wheel_is_known(leaf, tmp_path_factory):
    row = f"0,w,/Run_1/q/a.jpg,NA,Adults,0,0,{leaf.title()},Context,0,d"
    path = written(tmp_path_factory.mktemp("leaf"), (row,))
    rows = findingemo.read(path, allow_noncommercial=True).table
    assert rows["petal"].iloc[0] == petal(leaf)[0]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (",-3,0,Grief", ",-4,0,Grief", r"row 3: valence is '-4', not from -3 to 3"),
        ("Grief", "Envy", r"row 3: emotion is 'Envy', not on Plutchik's wheel"),
        ("Sad youth mall/b", "b", r"row 3: image_path"),
        (",6,d", ",,d", r"row 3: ambiguity is ''"),
    ],
)
def test_a_row_that_cannot_be_is_named(tmp_path, old, new, said):
    bad = [ROWS[0], ROWS[1].replace(old, new)]
    with pytest.raises(DataError, match=said):
        findingemo.read(written(tmp_path, bad), allow_noncommercial=True)


def test_the_file_beside_an_installed_package_is_found_without_running_it(tmp_path, monkeypatch):
    package = tmp_path / findingemo.PACKAGE
    (package / "data").mkdir(parents=True)
    (package / "__init__.py").write_text("raise RuntimeError('it was run')\n")
    written(package / "data")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    assert len(findingemo.read(allow_noncommercial=True).table) == 3


def test_where_the_package_lacks_the_user_is_told_how_to_get_it(monkeypatch):
    monkeypatch.setattr(findingemo, "PACKAGE", "no_such_package_here")
    with pytest.raises(DataError) as raised:
        findingemo.read(allow_noncommercial=True)
    assert "pip install findingemo-light" in str(raised.value.remedy)
