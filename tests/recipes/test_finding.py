"""Findings: nothing incomplete gets in, nothing is lost on the way to disk and back."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from affectkit.errors import AffectkitError, DataError
from affectkit.recipes.finding import Finding, read_findings, write_findings
from affectkit.recipes.registry import (
    PACKAGE,
    _what_runs,
    code_version,
    dependencies,
    recipe,
    recipes,
)
from affectkit.recipes.run import data_root, missing_needs, record, run_recipe

finite = st.floats(-1e6, 1e6)


@st.composite
def findings(draw: st.DrawFn) -> Finding:
    low, high = sorted((draw(finite), draw(finite)))
    baseline = draw(st.none() | finite)
    return Finding(
        claim=draw(st.text(min_size=1)),
        metric="UAR",
        value=draw(finite),
        baseline=baseline,
        baseline_name="majority",
        low=low,
        high=high,
        interval_of="value" if baseline is None else "difference",
        n=draw(st.integers(1, 10**6)),
        seeds=tuple(draw(st.lists(st.integers(0, 99), min_size=1))),
        data=("speech/emodb",),
        holds=draw(st.booleans()),
        notes=draw(st.text()),
    )


GOOD = Finding("A beats B", "UAR", 0.5, 0.25, "B", 0.2, 0.3, 40, (0, 1, 2), ("d",), True)


@given(st.lists(findings(), min_size=1, max_size=3))
def test_nothing_is_lost_on_disk(tmp_path_factory, found: list[Finding]) -> None:
    path = tmp_path_factory.mktemp("findings") / "001.json"
    assert read_findings(write_findings(found, path)) == found
    assert [f.name for f in path.parent.iterdir()] == ["001.json"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"value": float("nan")},
        {"low": float("inf"), "high": float("inf")},
        {"low": 0.4},
        {"claim": ""},
        {"data": ()},
        {"seeds": ()},
        {"n": 0},
        {"baseline": None},
    ],
)
def test_incomplete_findings_are_refused(wrong: dict) -> None:
    with pytest.raises(ValueError, match=r".+"):
        dataclasses.replace(GOOD, **wrong)


def test_numpy_numbers_become_plain_ones() -> None:
    found = dataclasses.replace(GOOD, value=np.float64(0.5), holds=np.bool_(True), n=np.int64(4))
    assert json.loads(json.dumps(found.to_dict()))["n"] == 4


@pytest.mark.parametrize("text", ["", "{", "[1]", '[{"claim": "no more"}]', "null"])
def test_a_damaged_file_is_an_error_for_users(tmp_path, text: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(text)
    with pytest.raises(DataError, match="--record"):
        read_findings(path)


def test_every_recipe_keeps_the_contract() -> None:
    for found in recipes().values():
        area, idea = found.id.split(".")
        assert found.module == f"affectkit.recipes.{area}.{idea}", "the id is <area>.<idea>"
        assert found.title
        assert found.paper is None or 1 <= found.paper <= 133
        source = found.path.read_text(encoding="utf-8")
        assert "def run(" in source
        assert 'if __name__ == "__main__":' in source


def test_finding_recipes_imports_none_of_them() -> None:
    import subprocess
    import sys

    code = (
        "import sys; from affectkit.recipes import recipes; recipes();"
        "print([m for m in sys.modules if m in ('numpy', 'pandas', 'torch', 'sklearn')"
        " or m.startswith('affectkit.recipes.fusion')])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_the_version_covers_what_a_recipe_imports() -> None:
    covered = dependencies("affectkit.recipes.fusion.group_mood")
    assert {
        "affectkit.recipes.fusion.group_mood",
        "affectkit.recipes.fusion.crowd_pooling",
        "affectkit.fuse.fusion",
        "affectkit.fuse.group_mood",
        "affectkit.fuse.pooling",
        "affectkit.measure.calibration",
    } <= covered
    # A name that a package passes on leads to the module that defines it, not the package.
    assert "affectkit.affect.timeline" in covered
    assert "affectkit.fuse" not in covered
    assert "affectkit.errors" not in covered


def test_the_version_hears_code_and_not_words(tmp_path) -> None:
    def runs(text: str) -> str:
        path = tmp_path / "m.py"
        path.write_text(text)
        return _what_runs(path)

    plain = runs('"""Doc."""\n\n\ndef f(x):\n    return x + 1\n')
    assert runs('"""Other."""\n# why\ndef f(x):\n    """New."""\n    return x + 1\n') == plain
    assert runs('"""Doc."""\n\n\ndef f(x):\n    return x + 2\n') != plain
    assert runs('A = """Doc."""\ndef f(x):\n    return x + 1\n') != plain


def test_the_version_is_the_same_each_time() -> None:
    name = "affectkit.recipes.fusion.group_mood"
    assert code_version(name) == code_version(name) == recipe(81).version


def test_runs_are_stamped_with_what_made_them(tmp_path, monkeypatch) -> None:
    import affectkit.recipes.fusion.group_mood as module

    (tmp_path / "av").mkdir()
    for need in module.NEEDS:
        (tmp_path / need).mkdir(parents=True)
    monkeypatch.setattr(module, "run", lambda **given: [GOOD])
    monkeypatch.setattr("affectkit.recipes.run.missing_needs", lambda needed, data: [])
    (found,) = run_recipe(81, data=tmp_path, seeds=(3,), full=True)
    assert (found.recipe, found.paper, found.full) == ("fusion.group_mood", 81, True)
    assert found.code == recipe(81).version
    assert found.command == "affectkit papers run 081 --full --seeds 3"
    assert found.created
    path = record([found], tmp_path / "findings")
    assert path.name == "081.json"
    assert read_findings(path) == [found]


def test_what_is_missing_is_named(tmp_path) -> None:
    missing = missing_needs(recipe(81), tmp_path)
    assert any("crema-d-votes" in what for what in missing)
    with pytest.raises(DataError, match="crema-d-votes"):
        run_recipe(81, data=tmp_path)
    with pytest.raises(DataError, match="AFFECTKIT_DATA"):
        data_root(tmp_path / "nowhere")
    with pytest.raises(AffectkitError, match="papers list"):
        recipe("no.such")


def test_the_package_is_where_it_says() -> None:
    assert (PACKAGE / "recipes" / "catalogue.json").is_file()
