"""CREMA-D's votes add up, stand three times a clip, and are what the paper says of them."""

from __future__ import annotations

import gzip

import pandas as pd
import pytest

from affectkit import data
from affectkit.data import crema_d_votes as crema
from affectkit.errors import DataError

HEAD = '"","A","D","F","H","N","S","fileName","numResponses"\n'
ROWS = (
    '"100001",0,0,0,1,9,0,"1001_IEO_NEU_XX",10',
    '"200001",4,2,0,0,0,2,"1001_IEO_ANG_HI",8',
    '"300001",0,0,0,8,1,0,"1002_TAI_HAP_MD",9',
)
ACTORS = "ActorID,Age,Sex,Race,Ethnicity\n1001,51,Male,Asian,Hispanic\n1002,21,Female,Asian,No\n"


def made(folder, rows=ROWS, actors=ACTORS):
    home = folder / crema.FACTS.folder
    home.mkdir(parents=True)
    with gzip.open(home / "tabulatedVotes.csv.gz", "wt") as stream:
        stream.write(HEAD + "\n".join(rows) + "\n")
    (home / "VideoDemographics.csv").write_text(actors)
    return folder


def test_a_row_says_who_acted_what_and_how_it_was_taken(tmp_path):
    found = crema.read(made(tmp_path)).table.set_index("channel")
    assert found.loc["voice", "neutral"] == 9
    assert found.loc["face", ["anger", "disgust", "sadness", "raters"]].tolist() == [4, 2, 2, 8]
    assert found.loc["both", ["intended", "level", "sentence"]].tolist() == ["joy", "medium", "TAI"]
    assert found.loc["both", ["actor", "age", "sex"]].tolist() == ["1002", 21, "Female"]
    assert crema.read(tmp_path, channel="face").table["id"].tolist() == ["1001_IEO_ANG_HI/face"]


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ('"400001",0,0,0,1,9,0,"1001_IEO_NEU_XX",10', "does not begin with"),
        ('"100001",0,0,0,1,9,0,"1001_IEO_NEU_XX",12', "add up"),
        ('"100001",0,0,0,1,x,0,"1001_IEO_NEU_XX",1', "add up"),
        ('"100001",0,0,0,0,0,0,"1001_IEO_NEU_XX",0', "add up"),
        ('"100001",0,0,0,1,9,0,"1001-IEO",10', "fileName"),
    ],
)
def test_what_is_wrong_is_named_with_its_row(tmp_path, row, problem):
    with pytest.raises(DataError, match=problem) as error:
        crema.read(made(tmp_path, (ROWS[0], row)))
    assert "tabulatedVotes.csv.gz, row 2:" in str(error.value)


def test_there_is_no_fourth_channel(tmp_path):
    with pytest.raises(DataError, match="voice, face, both or all"):
        crema.read(made(tmp_path), channel="text")


def test_the_makers_numbers_stand(shared_data):
    root = shared_data(crema.FACTS.folder).parents[2]
    found = data.read("crema_d_votes", root=root).table
    assert {c.state for c in data.check("crema_d_votes", root=root)} == {"whole"}
    assert (found[list(crema.LABELS)].sum(axis=1) == found["raters"]).all()
    assert (found.groupby("clip")["channel"].nunique() == 3).all()
    # Cao et al. 2014, abstract: how much of the intended emotion people recognise.
    right = pd.Series([row[row["intended"]] for row in found.to_dict("records")])
    share = right.groupby(found["channel"]).sum() / found.groupby("channel")["raters"].sum()
    published = {"voice": 0.409, "face": 0.582, "both": 0.636}
    assert share.to_dict() == pytest.approx(published, abs=0.01)
