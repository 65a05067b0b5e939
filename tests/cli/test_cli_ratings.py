"""`affectkit ratings`: planted disputes and leanings are on the page; faults name their row."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from parsed_page import ParsedPage
from typer.testing import CliRunner

from affectkit.cli.app import app
from affectkit.data.crema_d_votes import FACTS


def ratings(*arguments: object):
    return CliRunner().invoke(app, ["ratings", *map(str, arguments)])


@pytest.fixture
def said(tmp_path) -> Path:
    """Eight careful raters, one who calls fear surprise, and one clip that splits them."""
    rng = np.random.default_rng(0)
    names = ["joy", "fear", "surprise", "anger"]
    rows = []
    for clip in range(60):
        truth = names[clip % 4]
        for rater in range(9):
            label = truth if rng.random() < 0.9 else rng.choice(names)
            if rater == 8 and truth == "fear":
                label = "surprise"
            if clip == 7:
                label = names[rater % 4]
            rows.append((f"clip{clip:02d}", f"r{rater}", label, "old" if rater < 4 else "young"))
    path = tmp_path / "said.csv"
    pd.DataFrame(rows, columns=["clip", "worker_id", "emotion", "age"]).to_csv(path, index=False)
    return path


def test_labels_by_rater_show_the_disputed_item_and_the_rater_who_slips(said, tmp_path):
    page = tmp_path / "page.html"
    ran = ratings(said, "--out", page, "--json", "--column", "attribute=age")
    assert ran.exit_code == 0, ran.output
    told = json.loads(ran.stdout)
    (view,) = told["views"]
    assert (told["items"], told["ratings"], told["raters"]) == (60, 540, 9)
    assert view["disputed"][0]["item"] == "clip07"
    assert 0.6 < view["alpha"]["low"] < view["alpha"]["value"] < view["alpha"]["high"] < 1
    worst = told["people"][0]
    assert worst["rater"] == "r8"
    assert (worst["slips"][0]["truth"], worst["slips"][0]["said"]) == ("fear", "surprise")
    assert worst["slips"][0]["probability"] > 0.9
    (groups,) = told["groups"]
    assert [(g["value"], g["raters"]) for g in groups["groups"]] == [("old", 4), ("young", 5)]
    shown = ParsedPage(page.read_text(encoding="utf-8"))
    assert "clip07" in "".join(shown.text)
    assert "fear called surprise" in " ".join("".join(shown.text).split())


def test_scores_show_bias_and_scale(tmp_path):
    rng = np.random.default_rng(1)
    truth = rng.normal(size=80)
    rows = [
        (f"i{i}", name, bias + scale * t + rng.normal(scale=0.05))
        for name, bias, scale in (("a", 0, 1), ("b", 0, 1), ("high", 2, 1), ("wide", 0, 2))
        for i, t in enumerate(truth)
    ]
    path = tmp_path / "scores.tsv"
    frame = pd.DataFrame(rows, columns=["item", "rater", "valence"])
    frame.to_csv(path, index=False, sep="\t")
    ran = ratings(path, "--out", tmp_path / "p.html", "--json")
    assert ran.exit_code == 0, ran.output
    (scored,) = json.loads(ran.stdout)["scores"]
    by_name = {r["rater"]: r for r in scored["raters"]}
    assert scored["raters"][0]["rater"] == "high"
    # Others' means lie (2 - own bias) / 3 of the way up.
    assert by_name["high"]["bias"] == pytest.approx(2 + truth.mean() * (1 - 4 / 3), abs=0.1)
    assert by_name["wide"]["stretch"] / by_name["a"]["stretch"] == pytest.approx(2, abs=0.1)
    assert 0 < by_name["a"]["noise"] < 0.2
    assert by_name["wide"]["correlation"] > 0.99


def test_counted_votes_in_two_views_show_what_lies_apart_and_soft_labels(tmp_path):
    path = tmp_path / "counts.csv"
    path.write_text(
        "image,channel,joy,fear\na,voice,5,0\na,face,0,5\nb,voice,3,2\nb,face,3,2\nc,face,0,0\n"
    )
    ran = ratings(
        path, "--column", "vote=joy", "--column", "vote=fear", "--out", tmp_path / "p.html",
        "--soft", tmp_path / "soft.csv", "--json",
    )  # fmt: skip
    assert ran.exit_code == 0, ran.output
    told = json.loads(ran.stdout)
    (pair,) = told["apart"]
    assert pair["most"][0]["item"] == "a"
    assert pair["most"][0]["divergence"] == 1
    assert told["notes"] == ["1 row was left out, having no vote."]
    soft = pd.read_csv(tmp_path / "soft.csv").set_index(["item", "view"])
    assert soft.loc[("b", "face"), ["joy", "fear"]].tolist() == [0.6, 0.4]


HOSTILE = "<script>alert(1)</script>"


def test_nothing_of_the_file_becomes_markup(tmp_path):
    path = tmp_path / "x.csv"
    plain = f'item,rater,label\n{HOSTILE},r1,joy\n{HOSTILE},r2,"<b>"\n\'&",r1,joy\n\'&",r2,joy\n'
    path.write_text(plain)
    ran = ratings(path, "--out", tmp_path / "p.html")
    assert ran.exit_code == 0, ran.output
    page = ParsedPage((tmp_path / "p.html").read_text(encoding="utf-8"))
    assert "script" not in {tag for tag, _ in page.elements}
    assert HOSTILE in "".join(page.text)
    links = [v for _, a in page.elements for k, v in a.items() if k in ("src", "href")]
    assert links == []
    assert not [a for _, a in page.elements if "style" in a or any(k[:2] == "on" for k in a)]


@pytest.mark.parametrize(
    ("text", "columns", "told"),
    [
        ("a,b\n1,2\n", [], ["no column that is known as the item", "--column item=NAME"]),
        ("item,rater,label\na,x,joy\na,x,joy\n", [], ["row 2", "x rated a twice"]),
        ("item,rater,label\na,,joy\n", [], ["row 1", "no rater"]),
        ("item,rater,score\na,x,1\na,y,high\n", [], ["row 2", "score is 'high', not a number"]),
        ("item,rater,score\na,x,inf\n", [], ["row 1", "not a number"]),
        ("item,joy,fear\na,1,-2\n", ["vote=joy", "vote=fear"], ["row 1", "whole numbers"]),
        ("item,joy,fear\na,1,2\na,1,2\n", ["vote=joy", "vote=fear"], ["row 2", "stands twice"]),
        ("item,rater,label\na,x,joy\n", ["label=emotion"], ["no column emotion", "it has item"]),
        ("item,rater,label\na,x,joy\n", ["colour=label"], ["no column is a 'colour'"]),
        ("item,rater,label\na,x,joy\n", ["label"], ["not ROLE=NAME"]),
        ("item,rater,label\n", [], ["no rows"]),
        ("item,rater,label,age\na,x,joy,1\nb,x,joy,2\n", ["attribute=age"], ["several values"]),
        ('item,rater,label\na,x,"joy\n', [], ["cannot be read as a table"]),
    ],
)
def test_faults_end_with_2_and_name_file_row_and_remedy(tmp_path, text, columns, told):
    path = tmp_path / "bad.csv"
    path.write_text(text)
    out = tmp_path / "p.html"
    ran = ratings(path, "--out", out, *(p for c in columns for p in ("--column", c)))
    assert ran.exit_code == 2, ran.output
    assert all(part in " ".join(ran.output.split()) for part in told), ran.output
    assert "To mend it:" in ran.output
    assert not out.exists()


def test_files_that_are_no_tables_are_refused(tmp_path):
    (tmp_path / "cut.csv.gz").write_bytes(gzip.compress(b"item,rater,label\na,x,joy\n")[:20])
    (tmp_path / "latin.csv").write_bytes("item,rater,label\né,x,joy\n".encode("latin-1"))
    (tmp_path / "photo.csv").write_bytes(bytes(range(256)) * 4)
    for name in ("cut.csv.gz", "latin.csv", "photo.csv", "none.csv", "."):
        ran = ratings(tmp_path / name, "--out", tmp_path / "p.html")
        assert ran.exit_code == 2, (name, ran.output)
        assert "Error:" in ran.output
    said = tmp_path / "fine.csv"
    said.write_text("item,rater,label\na,x,joy\na,y,fear\n")
    assert ratings(said, "--out", tmp_path / "nowhere" / "p.html").exit_code == 2


def test_cremas_votes_make_a_page(shared_data, tmp_path):
    file = shared_data(FACTS.folder) / "tabulatedVotes.csv.gz"
    ran = ratings(file, "--out", tmp_path / "p.html", "--json")
    assert ran.exit_code == 0, ran.output
    told = json.loads(ran.stdout)
    by_name = {view["name"]: view for view in told["views"]}
    assert (told["items"], told["ratings"], list(by_name)) == (
        7442, 212_000, ["voice", "face", "both"],
    )  # fmt: skip
    # Counted from the same file for the paper's card.
    assert by_name["voice"]["no_majority"]["value"] == pytest.approx(0.327, abs=5e-4)
    assert by_name["voice"]["several"]["value"] == pytest.approx(0.698, abs=5e-4)
    assert by_name["voice"]["alpha"]["high"] < by_name["face"]["alpha"]["low"]
    # Cao et al. 2014: faces show joy best of all.
    joy = {v: {e["label"]: e["value"] for e in by_name[v]["by_label"]} for v in by_name}
    assert max(joy["face"], key=joy["face"].__getitem__) == "joy"
    page = ParsedPage((tmp_path / "p.html").read_text(encoding="utf-8"))
    text = "".join(page.text)
    for heading in ("How far people agree", "Confusion between raters", "Most disputed items"):
        assert heading in text
    assert (tmp_path / "p.html").stat().st_size < 400_000
