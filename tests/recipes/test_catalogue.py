"""The catalogue: complete, and claiming nothing that was not run."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from affectkit.cli.papers import app
from affectkit.errors import AffectkitError
from affectkit.recipes.catalogue import Entry, entries, entry, page, papers
from affectkit.recipes.finding import Finding, write_findings
from affectkit.recipes.registry import code_version, recipe, recipes

ROOT = Path(__file__).resolve().parents[2]
FINDINGS = ROOT / "docs" / "findings"
KINDS = {"method", "dataset", "benchmark", "study", "survey", "taxonomy"}
run = CliRunner()


def good(**values: object) -> Finding:
    base = {
        "recipe": "fusion.group_mood",
        "paper": 81,
        "code": recipe(81).version,
        "full": True,
        "seconds": 9.0,
        "created": "2026-11-22",
        "command": "affectkit papers run 081 --full",
    }
    return Finding(
        "A beats B", "UAR", 0.5, 0.25, "B", 0.2, 0.3, 40, (0, 1, 2), ("d",), True
    ).stamped(**(base | values))


def test_there_are_133_papers_each_once() -> None:
    assert [p.number for p in papers()] == list(range(1, 134))
    assert len({p.title for p in papers()}) == 133
    assert {p.kind for p in papers()} <= KINDS


def test_the_parts_are_rooms_of_the_house() -> None:
    layers = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    named = " ".join(" ".join(c.get("layers", [])) for c in layers["contracts"])
    rooms = set(re.findall(r"affectkit\.(\w+)", named))
    for paper in papers():
        assert paper.parts
        assert {part.split(".")[0] for part in paper.parts} <= rooms


def test_parts_of_what_runs_are_there() -> None:
    for e in entries():
        if e.status == "planned" or e.paper is None:
            continue
        for part in e.paper.parts:
            path = ROOT / "src" / "affectkit" / Path(*part.split("."))
            assert path.is_dir() or path.with_suffix(".py").is_file(), f"{e.key}: {part}"


def test_shown_means_a_finding_made_by_this_code() -> None:
    """Read the files themselves, so that a fault in the catalogue cannot hide a false claim."""
    for e in entries():
        if e.status != "shown":
            continue
        raw = json.loads((FINDINGS / f"{e.key}.json").read_text(encoding="utf-8"))
        assert raw, e.key
        assert raw[0]["holds"] is True
        for found in raw:
            assert found["code"] == code_version(e.recipe.module), f"{e.key} must be run again"
            assert found["full"] is True
            assert found["recipe"] == e.recipe.id
            assert found["command"].startswith("affectkit papers run")
            assert found["seeds"]
            assert found["seconds"] > 0
            assert found["data"]
            assert found["low"] <= found["high"]
            assert isinstance(found["holds"], bool)


def test_every_recorded_finding_belongs_to_a_recipe() -> None:
    keys = {r.key for r in recipes().values()}
    for path in FINDINGS.glob("*.json"):
        assert path.stem in keys, f"{path.name} is of no recipe"
        assert entry(path.stem).findings


def test_the_page_is_up_to_date() -> None:
    written = (ROOT / "docs" / "papers.md").read_text(encoding="utf-8")
    assert written == page(), "run: python -m affectkit.recipes.catalogue --write docs/papers.md"


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ({}, "shown"),
        ({"code": "0" * 64}, "runs"),
        ({"full": False}, "runs"),
        ({"holds": False}, "runs"),
    ],
)
def test_status_follows_the_finding(tmp_path, values: dict, status: str) -> None:
    assert entry(81, tmp_path).status == "runs"
    write_findings([good(**values)], tmp_path / "081.json")
    assert entry(81, tmp_path).status == status
    assert entry(1, tmp_path).status == "planned"


def test_the_page_escapes_and_tells_what_failed() -> None:
    e = Entry("081", papers()[80], recipe(81), (good(claim="a | b", holds=False),), True)
    text = page([e])
    assert "a \\| b | no |" in text
    assert "1 planned" not in text


def test_list_show_and_json() -> None:
    listed = json.loads(run.invoke(app, ["list", "--json"]).stdout)
    assert sum(row["kind"] is not None for row in listed) == 133
    fusion = json.loads(run.invoke(app, ["list", "--area", "fusion", "--json"]).stdout)
    assert {row["area"] for row in fusion} == {"fusion"}
    assert "Emolysis" in run.invoke(app, ["list", "--area", "fusion"]).stdout
    shown = run.invoke(app, ["show", "81"]).stdout
    assert "fusion.group_mood" in shown
    assert json.loads(run.invoke(app, ["show", "081", "--json"]).stdout)["key"] == "081"


@pytest.mark.parametrize(
    "words",
    [
        ["show", "134"],
        ["run", "002"],
        ["run", "nothing.here"],
        ["list", "--status", "done"],
        ["list", "--area", "astrology"],
        ["run", "081", "--seeds", "one"],
        ["run", "081", "--data", "/nowhere"],
    ],
)
def test_mistakes_are_told_plainly(words: list[str]) -> None:
    result = run.invoke(app, words)
    assert isinstance(result.exception, AffectkitError)
    assert result.exception.remedy
