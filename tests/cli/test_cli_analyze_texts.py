"""`affectkit analyze` on texts: what fails is named with its row, the rest is done."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from affectkit.errors import WeightsError

MAIN = "import sys; from affectkit.cli import main; sys.argv[0] = 'affectkit'; sys.exit(main())"


@pytest.fixture(scope="module", autouse=True)
def readable():
    from affectkit.perceive.text import TextPerceiver

    try:
        TextPerceiver().model.probabilities(["fine"])
    except WeightsError as error:
        pytest.skip(str(error))


def analyze(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", MAIN, "analyze", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("texts")
    (folder / "reviews.csv").write_text("id,review\n1,I love it!\n2,\n3,So sad and broken.\n")
    (folder / "half.jsonl").write_text('{"text": "I am so happy!"}\n{"text": "I was so')
    (folder / "latin.csv").write_bytes("text\nThe café was so great, I loved it\n".encode("cp1252"))
    story = ["Once there was a happy child who loved the sun."] * 6
    story += ["Then a cruel storm killed the flowers and she cried."] * 6
    (folder / "story.txt").write_text("\n\n".join(story))
    (folder / "brief.txt").write_text(
        "Ich bin heute leider sehr traurig und müde. Das Telefon ist schon wieder kaputt. Schade.\n"
    )
    (folder / "no.csv").write_text("a,b\n1,2\n")
    (folder / "cut.parquet").write_bytes(b"PAR1 cut off")
    return folder


def test_of_several_files_each_gets_its_due(files, tmp_path):
    good = [files / n for n in ("reviews.csv", "half.jsonl", "latin.csv", "story.txt", "brief.txt")]
    ran = analyze(*good, "--out", tmp_path, "--json")
    assert ran.returncode == 2
    told = {Path(d["path"]).name: d for d in map(json.loads, ran.stdout.splitlines())}
    assert {d["state"] for d in told.values()} == {"done"}
    assert "half.jsonl, row 2 (line 2): it is not valid JSON" in ran.stderr
    assert told["half.jsonl"]["failed_rows"] == 1
    assert told["reviews.csv"]["failed_rows"] == 0
    rows = pd.read_csv(tmp_path / "reviews.affect/rows.csv")
    assert rows["affect_emotion"].tolist()[::2] == ["joy", "sadness"]
    assert rows["affect_reason"].iloc[1] == "there are no words in it"
    latin = pd.read_csv(tmp_path / "latin.affect/rows.csv")
    assert "café" in latin.iloc[0].to_string()
    # The story has an arc; the German text has a warning, in words, and no guess.
    assert "<svg" in (tmp_path / "story.affect/report.html").read_text()
    assert any(
        "it looks like German; the text model reads English" in n
        for n in told["brief.txt"]["notes"]
    )
    brief = pd.read_parquet(tmp_path / "brief.affect/timeline.parquet")
    assert brief.loc[brief["modality"] == "text", ["joy", "valence"]].isna().all(axis=None)
    assert "it looks like German" in (tmp_path / "brief.affect/report.html").read_text()
    again = analyze(*good, "--out", tmp_path, "--json", "--resume")
    assert again.returncode == 2
    assert all(json.loads(line)["state"] == "kept" for line in again.stdout.splitlines())


def test_a_file_that_cannot_be_read_ends_with_1_and_says_what_to_do(files, tmp_path):
    ran = analyze(files / "no.csv", files / "cut.parquet", files / "reviews.csv", "--out", tmp_path)
    assert ran.returncode == 1
    assert "it has a, b" in ran.stderr
    assert "--column" in ran.stderr
    assert "cannot be read as Parquet" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert (tmp_path / "reviews.affect/rows.csv").is_file()
    assert not list(tmp_path.glob(".*"))
