"""The picture of debiasing methods shows what is recorded, and nothing that is not."""

import json
from pathlib import Path

import pytest

from affectkit.errors import DataError
from affectkit.learn.debias.methods import METHODS
from affectkit.recipes.finding import read_findings, write_findings
from affectkit.report.debias_picture import recorded_methods, write_pictures

RECORDED = Path(__file__).parents[2] / "docs/findings/122.json"


def test_every_method_is_there_once_with_the_values_of_its_own_finding():
    findings = read_findings(RECORDED)
    tables = recorded_methods(findings)
    assert set(tables) == {9, 4}
    for ratio, table in tables.items():
        assert table["method"].tolist() == ["none", *METHODS]
        gap = table.set_index("method")["gap"]
        named = [
            f for f in findings if f.claim.startswith("group DRO") and f"1:{ratio}," in f.claim
        ]
        assert gap["group DRO"] == pytest.approx(named[0].value, abs=6e-4)
        assert gap["none"] == pytest.approx(named[0].baseline, abs=6e-4)


def test_findings_of_another_paper_are_refused(tmp_path):
    other = [f.stamped(notes="") for f in read_findings(RECORDED)]
    with pytest.raises(DataError, match="lists the methods"):
        recorded_methods(other)
    path = write_findings(other, tmp_path / "122.json")
    assert json.loads(path.read_text())
    pytest.importorskip("matplotlib")
    with pytest.raises(DataError):
        write_pictures(path, tmp_path)


def test_a_method_nobody_knows_is_named():
    changed = [
        f.stamped(notes=f.notes.replace("CORAL 0", "KORAL 0")) for f in read_findings(RECORDED)
    ]
    with pytest.raises(DataError, match="KORAL"):
        recorded_methods(changed)


def test_pictures_name_all_methods_and_come_out_alike(tmp_path):
    pytest.importorskip("matplotlib")
    first = {p.name: p.read_text() for p in write_pictures(RECORDED, tmp_path / "a")}
    again = {p.name: p.read_text() for p in write_pictures(RECORDED, tmp_path / "b")}
    assert first == again
    assert set(first) == {"debiasing-1-4.svg", "debiasing-1-9.svg"}
    for text in first.values():
        assert all(f">{method}<" in text for method in METHODS)
