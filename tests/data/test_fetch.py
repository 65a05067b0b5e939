"""Fetching from makers: taken up where it was cut, checked by digest, never half-written.

The server is on this machine; nothing leaves it.
"""

from __future__ import annotations

import hashlib
import io
import json
import socket
import tarfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from affectkit.data import fetch, sources
from affectkit.errors import DataError

FOLDER = "text-internal/meld"
BODY = b"".join(b"row %d of a table\n" % i for i in range(40_000))


@dataclass
class Home:
    """A public home of data sets, which can cut connections."""

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    cut_after: list[int] = field(default_factory=list)
    refuse: list[int] = field(default_factory=list)
    asked: list[tuple[str, str | None]] = field(default_factory=list)


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    monkeypatch.setenv("no_proxy", "*")
    told = Home()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name, wanted = self.path.lstrip("/"), self.headers["Range"]
            told.asked.append((name, wanted))
            if told.refuse:
                self.send_error(told.refuse.pop(0))
                return
            if name not in told.files:
                self.send_error(404)
                return
            body, tag, start = told.files[name], told.tags.get(name, '"1"'), 0
            if wanted and self.headers["If-Range"] == tag:
                start = int(wanted.removeprefix("bytes=").rstrip("-"))
                self.send_response(206)
                self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
            else:
                self.send_response(200)
            self.send_header("ETag", tag)
            self.send_header("Content-Length", str(len(body) - start))
            self.end_headers()
            rest = body[start:]
            self.wfile.write(rest[: told.cut_after.pop(0)] if told.cut_after else rest)

        def log_message(self, *told_by_server: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    told.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr(fetch, "TRIES", 1)
    yield told
    server.shutdown()
    server.server_close()


@pytest.fixture
def listed(monkeypatch: pytest.MonkeyPatch):
    """Return a function that says of which files MELD consists."""

    def say(*files: dict[str, object], by_hand: str = "") -> None:
        known = {"meld": {"files": list(files), "by_hand": by_hand}}
        monkeypatch.setattr(sources, "_all", lambda: known)

    return say


def about(home: Home, name: str, **more: object) -> dict[str, object]:
    body = home.files.get(name, b"")
    return {
        "path": f"{FOLDER}/{name}",
        "url": f"{home.url}/{name}",
        "sha256": [hashlib.sha256(body).hexdigest()],
        "bytes": len(body),
        "exact": True,
    } | more


def left_in(root: Path) -> list[str]:
    return sorted(p.name for p in (root / FOLDER).rglob("*") if p.is_file())


def test_a_file_arrives_whole_and_stays(home, listed, tmp_path):
    home.files["a.csv"] = BODY
    listed(about(home, "a.csv"))
    seen = []
    got = fetch.get("meld", tmp_path, progress=lambda s, d, t: seen.append((d, t)))
    assert [o.state for o in got] == ["new"]
    assert (tmp_path / FOLDER / "a.csv").read_bytes() == BODY
    assert left_in(tmp_path) == ["a.csv"]
    assert seen[-1] == (len(BODY), len(BODY))
    assert [o.state for o in fetch.get("meld", tmp_path)] == ["there"]
    assert len(home.asked) == 1


def test_a_cut_download_goes_on_where_it_was_cut(home, listed, tmp_path):
    home.files["a.csv"] = BODY
    home.cut_after = [300_000]
    listed(about(home, "a.csv"))
    (outcome,) = fetch.get("meld", tmp_path)
    assert outcome.state == "failed"
    assert "300,000" in outcome.told
    assert not (tmp_path / FOLDER / "a.csv").exists()
    (outcome,) = fetch.get("meld", tmp_path)
    assert outcome.state == "new"
    assert [wanted for _, wanted in home.asked] == [None, "bytes=300000-"]
    assert (tmp_path / FOLDER / "a.csv").read_bytes() == BODY
    assert left_in(tmp_path) == ["a.csv"]


def test_within_one_call_it_tries_again(home, tmp_path, monkeypatch):
    monkeypatch.setattr(fetch, "TRIES", 4)
    home.files["a.csv"] = BODY
    home.cut_after, home.refuse = [100_000, 200_000], [503]
    fetch.download(f"{home.url}/a.csv", tmp_path / "a.csv", pause_s=0)
    assert (tmp_path / "a.csv").read_bytes() == BODY
    assert [wanted for _, wanted in home.asked] == [None, None, "bytes=100000-", "bytes=300000-"]


def test_a_file_that_changed_meanwhile_is_never_patched_together(home, tmp_path):
    home.files["a.csv"], home.cut_after = BODY, [300_000]
    with pytest.raises(DataError, match="goes on there"):
        fetch.download(f"{home.url}/a.csv", tmp_path / "a.csv")
    home.files["a.csv"], home.tags["a.csv"] = BODY[::-1], '"2"'
    fetch.download(f"{home.url}/a.csv", tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_bytes() == BODY[::-1]


def test_a_weak_tag_is_no_ground_to_go_on(home, tmp_path):
    home.files["a.csv"], home.cut_after, home.tags["a.csv"] = BODY, [300_000], 'W/"1"'
    with pytest.raises(DataError):
        fetch.download(f"{home.url}/a.csv", tmp_path / "a.csv")
    fetch.download(f"{home.url}/a.csv", tmp_path / "a.csv")
    assert [wanted for _, wanted in home.asked] == [None, None]
    assert (tmp_path / "a.csv").read_bytes() == BODY


def test_a_wrong_digest_leaves_nothing_unless_it_is_accepted(home, listed, tmp_path):
    home.files["a.csv"] = BODY
    listed(about(home, "a.csv", sha256=["0" * 64]))
    (outcome,) = fetch.get("meld", tmp_path)
    assert outcome.state == "failed"
    assert "not the file that is known" in outcome.told
    assert left_in(tmp_path) == []
    (outcome,) = fetch.get("meld", tmp_path, accept_changed=True)
    assert outcome.state == "new"
    noted = json.loads((tmp_path / FOLDER / sources.RECEIVED).read_text())
    assert noted["a.csv"]["sha256"] == hashlib.sha256(BODY).hexdigest()
    # From now on the accepted digest is the right one.
    assert fetch.get("meld", tmp_path)[0].state == "there"
    (tmp_path / FOLDER / "a.csv").write_bytes(BODY[:-1])
    assert fetch.get("meld", tmp_path)[0].state == "failed"


def test_a_damaged_file_is_replaced_only_by_a_whole_one(home, listed, tmp_path):
    home.files["a.csv"] = BODY
    listed(about(home, "a.csv"))
    path = tmp_path / FOLDER / "a.csv"
    path.parent.mkdir(parents=True)
    path.write_bytes(BODY[:1000])
    home.cut_after = [10]
    assert fetch.get("meld", tmp_path)[0].state == "failed"
    assert path.read_bytes() == BODY[:1000]
    assert fetch.get("meld", tmp_path)[0].state == "new"
    assert path.read_bytes() == BODY


def test_one_that_is_gone_is_named_with_its_place_and_the_rest_is_fetched(home, listed, tmp_path):
    home.files["b.csv"] = BODY
    listed(about(home, "a.csv"), about(home, "b.csv"))
    got = fetch.get("meld", tmp_path)
    assert [o.state for o in got] == ["failed", "new"]
    assert "404" in got[0].told
    (told,) = fetch.instructions("meld", tmp_path, got)
    assert f"{home.url}/a.csv" in told
    assert str(tmp_path / FOLDER / "a.csv") in told


def test_without_network_it_says_at_once_which_file_goes_where(listed, tmp_path, monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nobody = Home(url=f"http://127.0.0.1:{free.getsockname()[1]}")
    listed(about(nobody, "a.csv"), about(nobody, "b.csv"))
    taken = []
    real = fetch.download
    monkeypatch.setattr(fetch, "download", lambda *a, **k: (taken.append(a), real(*a, **k)))
    got = fetch.get("meld", tmp_path)
    assert [o.state for o in got] == ["failed", "failed"]
    assert "cannot be reached" in got[1].told
    assert len(taken) == 1
    told = fetch.instructions("meld", tmp_path, got)
    assert [str(tmp_path / FOLDER / n) in t for n, t in zip(("a.csv", "b.csv"), told, strict=True)]
    assert all("sha256" in t for t in told)


def test_one_file_is_taken_out_of_an_archive_and_nothing_else(home, listed, tmp_path):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as bundle:
        for name, body in (("../evil.csv", b"no"), ("set/a.csv", BODY), ("set/b.csv", b"x")):
            info = tarfile.TarInfo(name)
            info.size = len(body)
            bundle.addfile(info, io.BytesIO(body))
    home.files["all.tar.gz"] = packed.getvalue()
    inside = {"url": f"{home.url}/all.tar.gz", "exact": False}
    listed(
        about(home, "a.csv", member="a.csv", **inside),
        about(home, "b.csv", member="b.csv", **inside),
        about(home, "c.csv", member="c.csv", **inside),
    )
    got = fetch.get("meld", tmp_path)
    assert [o.state for o in got] == ["new", "new", "failed"]
    assert "holds no c.csv" in got[2].told
    assert (tmp_path / FOLDER / "a.csv").read_bytes() == BODY
    assert left_in(tmp_path) == [sources.RECEIVED, "a.csv", "b.csv"]
    assert not list(tmp_path.rglob("evil*"))
    assert len(home.asked) == 1


def test_what_is_no_archive_is_an_error_that_says_so(home, listed, tmp_path):
    home.files["all.zip"] = b"<html>sign in</html>"
    listed(about(home, "a.csv", url=f"{home.url}/all.zip", member="a.csv"))
    (outcome,) = fetch.get("meld", tmp_path)
    assert "no archive" in outcome.told
    assert left_in(tmp_path) == []


def test_what_has_no_address_is_brought_by_hand(listed, tmp_path):
    here = Home()
    listed(
        about(here, "a.csv", url=""),
        about(here, "b.csv", url="", optional=True),
        by_hand="fill in the form and put a.csv in {root}",
    )
    got = fetch.get("meld", tmp_path)
    assert [o.state for o in got] == ["by hand"]
    (told,) = fetch.instructions("meld", tmp_path, got)
    assert f"put a.csv in {tmp_path}" in told
    assert "github.com/declare-lab/MELD" in told


def test_every_listed_file_has_a_place_and_an_address_or_a_way_by_hand():
    from affectkit.data import facts, names

    for name in names():
        listed_files = sources.sources(name)
        assert listed_files, name
        for file in listed_files:
            assert file.path.startswith(facts(name).folder.split("/")[0])
            assert not file.url or file.url.startswith("https://")
            assert all(len(s) == 64 for s in file.sha256)
