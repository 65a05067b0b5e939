"""`affectkit check`: planted leaks are named by row, clean splits pass, faults are told."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from parsed_page import ParsedPage
from typer.testing import CliRunner

from affectkit.cli.app import app

WORDS = "rain sun wind snow hill lake road house door table chair lamp book pen cup plate".split()


def check(*arguments: object):
    return CliRunner().invoke(app, ["check", *map(str, arguments)])


def clean(seed: int = 0, n: int = 120) -> pd.DataFrame:
    """Sentences of 12 people, of whom the last four are the test's; windows that only touch."""
    rng = np.random.default_rng(seed)
    who = np.repeat(np.arange(12), n // 12)
    x = rng.gamma(2, 3, size=n)
    train = who < 8
    return pd.DataFrame(
        {
            "text": [f"w{i} " + " ".join(rng.choice(WORDS, 7)) for i in range(n)],
            "emotion": rng.choice(["joy", "fear", "calm"], n),
            "speaker": [f"p{w}" for w in who],
            "path": [f"{w}.wav" for w in who],
            "start_s": np.arange(n) * 2.0,
            "end_s": np.arange(n) * 2.0 + 2,
            "pitch": (x - x[train].mean()) / x[train].std(),
            "split": np.where(train, "train", "test"),
        }
    )


def written(rows: pd.DataFrame, path: Path) -> Path:
    if path.suffix == ".jsonl":
        rows.to_json(path, orient="records", lines=True)
    elif path.suffix == ".parquet":
        rows.to_parquet(path)
    else:
        rows.to_csv(path, index=False)
    return path


@pytest.mark.parametrize("kind", ["csv", "csv.gz", "jsonl", "parquet"])
def test_a_clean_split_ends_with_0_in_every_format(tmp_path, kind):
    ran = check(written(clean(), tmp_path / f"items.{kind}"), "--json")
    assert ran.exit_code == 0, ran.output
    told = json.loads(ran.stdout)
    assert told["verdict"] == "clean"
    assert told["seen"] == []
    assert told["unchecked"] == []
    (scaled,) = told["normalised"]
    assert (scaled["fitted"], scaled["names"]) == ("train", ["pitch"])
    rows = clean()
    test = rows[rows["split"] == "test"]
    most = rows.loc[rows["split"] == "train", "emotion"].value_counts().index[0]
    (accuracy,) = [
        b for b in told["baselines"]
        if b["baseline"] == "majority class" and b["metric"] == "accuracy"
    ]  # fmt: skip
    assert accuracy["value"] == pytest.approx((test["emotion"] == most).mean())
    assert accuracy["low"] <= accuracy["value"] <= accuracy["high"]


def planted() -> pd.DataFrame:
    rows = clean()
    test = rows.index[rows["split"] == "test"]
    rows.loc[test[0], "text"] = rows.loc[3, "text"].upper() + "!"
    rows.loc[test[1], "text"] = rows.loc[5, "text"] + " indeed"
    rows.loc[test[2], ["speaker", "path"]] = ["p1", "1.wav"]
    rows.loc[test[2], ["start_s", "end_s"]] = [21.0, 23.0]
    rows.loc[rows["speaker"] == "p1", "emotion"] = "joy"
    x = np.random.default_rng(1).gamma(2, 3, size=len(rows)) + 5 * (rows["split"] == "test")
    rows["pitch"] = (x - x.mean()) / x.std()
    return rows


def test_each_planted_leak_is_found_with_its_rows_and_shown(tmp_path):
    page = tmp_path / "page.html"
    ran = check(written(planted(), tmp_path / "items.csv"), "--json", "--out", page)
    assert ran.exit_code == 2, ran.output
    told = json.loads(ran.stdout)
    seen = {s["what"]: s for s in told["seen"]}
    assert set(seen) == {
        "same text", "near-duplicate text", "same speaker", "same file", "overlapping window",
    }  # fmt: skip
    assert all(s["state"] == "leak" for s in seen.values())
    assert seen["same text"]["examples"] == [["row 81", "row 4"]]
    assert seen["near-duplicate text"]["examples"] == [["row 82", "row 6"]]
    assert seen["same speaker"]["examples"] == [["row 83", "row 11"]]
    assert seen["overlapping window"]["examples"][0][0] == "row 83"
    (scaled,) = told["normalised"]
    assert (scaled["fitted"], scaled["state"]) == ("all", "leak")
    words = " ".join("".join(ParsedPage(page.read_text(encoding="utf-8")).text).split())
    for line in ("near-duplicate text", "row 82 = row 6", "training and held-out rows together"):
        assert line in words
    said = check(tmp_path / "items.csv")
    assert "overlapping window" in said.stdout
    assert "Never seen by such a check" in said.stdout


def test_one_file_a_split_and_columns_named_by_hand(tmp_path):
    rows = clean().rename(columns={"speaker": "who", "emotion": "mood"}).drop(columns="split")
    one, other = written(rows[:80], tmp_path / "my_train.csv"), tmp_path / "my_test.csv"
    written(rows[70:], other)
    ran = check(
        one, other, "--column", "speaker=who", "--column", "label=mood", "--json"
    )  # fmt: skip
    assert ran.exit_code == 2, ran.output
    told = json.loads(ran.stdout)
    assert [s["name"] for s in told["splits"]] == ["train", "test"]
    seen = {s["what"]: s["rows"] for s in told["seen"]}
    assert seen["same text"] == seen["same speaker"] == 10
    assert told["seen"][0]["examples"][0][0].startswith("my_test.csv, row ")


def test_labels_that_follow_the_speaker_are_a_leak_only_if_both_sides_have_the_speaker(tmp_path):
    rows = clean()
    rows["emotion"] = [["joy", "fear", "calm"][int(s[1:]) % 3] for s in rows["speaker"]]
    ran = check(written(rows, tmp_path / "items.csv"), "--json")
    told = json.loads(ran.stdout)
    assert ran.exit_code == 0
    (follow,) = [f for f in told["follows"] if f["tie"] == "speaker"]
    assert (follow["value"], follow["state"]) == (1.0, "note")
    rows["split"] = np.where(np.arange(len(rows)) % 2, "test", "train")
    ran = check(written(rows, tmp_path / "items.csv"), "--json")
    assert ran.exit_code == 2
    follows = json.loads(ran.stdout)["follows"]
    assert next(f for f in follows if f["tie"] == "speaker")["state"] == "leak"


def test_bad_rows_are_named_left_out_and_end_with_2(tmp_path):
    rows = clean().astype(object)
    rows.loc[4, "split"] = ""
    rows.loc[9, "end_s"] = -1.0
    rows.loc[11, "start_s"] = "soon"
    ran = check(written(rows, tmp_path / "items.csv"), "--json")
    assert ran.exit_code == 2
    told = json.loads(ran.stdout)
    assert [b["row"] for b in told["bad"]] == [5, 10, 12]
    assert told["rows"] == 117
    assert told["verdict"] == "clean"
    (tmp_path / "items.jsonl").write_text('{"text": "a", "split": "train"}\nnone\n')
    told = json.loads(check(tmp_path / "items.jsonl", "--json").stdout)
    assert told["bad"][0]["row"] == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["no_such_set"], "neither a file nor a data set"),
        (["items.csv", "--column", "speaker=who"], "no column who"),
        (["items.csv", "--column", "voice=text"], "no column is a 'voice'"),
        (["items.csv", "--column", "speaker"], "not ROLE=NAME"),
        (["gone.csv"], "there is no file"),
        (["goemotions", "items.csv"], "checked alone"),
    ],
)
def test_faults_say_what_and_how_to_mend_it(tmp_path, monkeypatch, arguments, said):
    monkeypatch.chdir(tmp_path)
    written(clean(), tmp_path / "items.csv")
    ran = check(*arguments)
    assert ran.exit_code == 1
    assert said in str(ran.exception)
    assert ran.exception.remedy


def test_emobench_as_a_users_file_by_a_tie(shared_data):
    file = shared_data("text-open/emobench") / "EA.jsonl"
    ran = check(
        file, "--column", "split=language", "--column", "tie=qid", "--column", "text=scenario",
        "--json",
    )  # fmt: skip
    assert ran.exit_code == 2
    assert json.loads(ran.stdout)["seen"][0]["what"] == "same qid"


def test_a_shared_set_by_name(shared_data):
    root = shared_data("text-open/casino").parents[1]
    ran = check("casino", "--data", root, "--json")
    assert ran.exit_code == 2
    assert {s["what"] for s in json.loads(ran.stdout)["seen"]} >= {"same person"}
    assert check("emodb", "--data", root, "-q").exit_code == 0
