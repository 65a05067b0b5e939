"""`affectkit data`: what users see, what ends with which status, and no network unasked."""

from __future__ import annotations

import hashlib
import json
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from typer.testing import CliRunner

from affectkit.cli.data import app
from affectkit.data import names, sources
from affectkit.errors import DataError, LicenceError

runner = CliRunner()
HEAD = "Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID"
HEAD += ",Season,Episode,StartTime,EndTime\n"
LINE = '1,"Well, {0} is here at last, I see.",Ann,joy,positive,{1},0,1,2,'
LINE += '"00:00:0{1},500","00:01:00,000"\n'


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("no_proxy", "*")


@pytest.fixture
def scenes(tmp_path: Path) -> Path:
    """Return a data root with a small data set in the form of MELD."""
    folder = tmp_path / "root/text-internal/meld"
    folder.mkdir(parents=True)
    rows = [LINE.format(name, i) for i, name in enumerate(("Ben", "Cem", "Dan"))]
    (folder / "train_sent_emo.csv").write_text(HEAD + "".join(rows))
    (folder / "dev_sent_emo.csv").write_text(HEAD + LINE.format("Ben", 0))
    return tmp_path / "root"


@pytest.fixture
def home(scenes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Publish that data set on this machine, and list it as such."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *told: object) -> None:
            pass

    folder = scenes / "text-internal/meld"
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    files = [
        {
            "path": f"text-internal/meld/{path.name}",
            "url": f"http://127.0.0.1:{server.server_port}/{path.name}",
            "sha256": [hashlib.sha256(path.read_bytes()).hexdigest()],
            "exact": True,
        }
        for path in sorted(folder.iterdir())
    ]
    monkeypatch.setattr(sources, "_all", lambda: {"meld": {"files": files}})
    yield folder
    server.shutdown()
    server.server_close()


def test_list_names_every_data_set_with_licence_and_presence(tmp_path: Path) -> None:
    told = json.loads(runner.invoke(app, ["list", "--json", "--data", str(tmp_path)]).output)
    assert {row["name"] for row in told["data"]} == set(names())
    assert not any(row["present"] for row in told["data"])
    assert all(row["licence"] and row["home"].startswith("http") for row in told["data"])
    shown = runner.invoke(app, ["list", "--data", str(tmp_path)]).output
    assert all(name in shown for name in names())


def test_show_tells_licence_traps_and_files(tmp_path: Path) -> None:
    shown = runner.invoke(app, ["show", "goemotions", "--data", str(tmp_path)]).output
    assert "CC BY 4.0" in shown
    assert "trap" in shown
    assert "absent    text-open/goemotions/original/train.tsv" in shown
    assert "affectkit data get goemotions" in shown
    as_json = json.loads(runner.invoke(app, ["show", "goemotions", "--json"]).output)
    assert any(len(file["sha256"][0]) == 64 for file in as_json["files"] if file["sha256"])


def test_nothing_is_fetched_before_the_licence_is_accepted(home: Path, tmp_path: Path) -> None:
    result = runner.invoke(app, ["get", "meld", "--to", str(tmp_path / "mine")])
    assert isinstance(result.exception, LicenceError)
    assert "--accept-licence" in str(result.exception)
    assert "GPL-3.0" in result.output
    assert not (tmp_path / "mine").exists()


def test_get_fetches_what_check_then_reads(home: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    result = runner.invoke(app, ["get", "meld", "--to", str(mine), "--accept-licence", "-q"])
    assert result.exit_code == 0, result.output
    assert "AFFECTKIT_DATA" in result.output
    for path in home.iterdir():
        assert (mine / "text-internal/meld" / path.name).read_bytes() == path.read_bytes()
    told = json.loads(
        runner.invoke(app, ["get", "meld", "--to", str(mine), "--accept-licence", "--json"]).output
    )
    assert {file["state"] for file in told["files"]} == {"there"}


def test_get_says_which_file_goes_where_and_ends_with_1(home: Path, tmp_path: Path) -> None:
    (home / "dev_sent_emo.csv").unlink()
    result = runner.invoke(
        app, ["get", "meld", "--to", str(tmp_path / "mine"), "--accept-licence", "-q"]
    )
    assert result.exit_code == 1
    assert "404" in result.output
    assert f"-> {tmp_path / 'mine/text-internal/meld/dev_sent_emo.csv'}" in result.output


def test_check_shows_leaks_and_ends_with_1_for_what_is_damaged(scenes: Path) -> None:
    # Sizes are not the published ones, so this counts as damaged.
    result = runner.invoke(app, ["check", "meld", "--data", str(scenes)])
    assert result.exit_code == 1
    assert "damaged rows of train: 3, expected 9989" in result.output
    told = json.loads(runner.invoke(app, ["check", "--data", str(scenes), "--json"]).output)
    assert [t["name"] for t in told] == ["meld"]
    assert told[0]["damaged"]


def test_check_of_a_broken_file_ends_without_a_traceback(scenes: Path) -> None:
    (scenes / "text-internal/meld/dev_sent_emo.csv").write_bytes(b"\x00\xff\xfe,,\n\x80")
    result = runner.invoke(app, ["check", "meld", "--data", str(scenes)])
    assert result.exit_code == 1
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert "damaged readable" in result.output


def test_check_of_real_data_finds_it_whole_and_shows_the_leak(shared_data) -> None:
    root = shared_data("text-open/goemotions").parents[1]
    result = runner.invoke(app, ["check", "goemotions", "--data", str(root)])
    assert result.exit_code == 0, result.output
    assert "whole" in result.output
    assert "train and dev, same text: 113 of 5,426 rows of dev" in result.output


def test_what_is_not_there_or_unknown_is_an_error_for_users(tmp_path: Path) -> None:
    for words in (["check", "meld"], ["check"]):
        result = runner.invoke(app, [*words, "--data", str(tmp_path)])
        assert not isinstance(result.exception, AttributeError | TypeError)
        assert "affectkit data get" in str(result.exception)
    assert isinstance(runner.invoke(app, ["show", "nothing"]).exception, DataError)


@pytest.mark.parametrize("command", ["list", "show", "get", "check"])
def test_help_has_an_example_and_json(command: str) -> None:
    shown = runner.invoke(app, [command, "--help"]).output
    assert "Example" in shown
    assert "--json" in shown
