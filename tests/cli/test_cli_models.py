from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from typer.testing import CliRunner

from affectkit import models
from affectkit.cli.models import NOTHING_MEASURED, app
from affectkit.errors import DataError, WeightsError
from affectkit.models import ModelCard, Score
from affectkit.recipes.finding import Finding

runner = CliRunner()
Measured = Callable[[Callable[[Path], list[Score]]], None]


def a_score(metric: str, value: float) -> Score:
    return Score(
        data="Some",
        split="test",
        metric=metric,
        value=value,
        low=value - 0.05,
        high=value + 0.05,
        n=100,
        command="affectkit models check some",
    )


@pytest.fixture
def measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Measured:
    """Return a function that sets what the model `some` measures when asked again."""
    monkeypatch.setenv("AFFECTKIT_DATA", str(tmp_path))
    card = ModelCard(
        id="some",
        task="something",
        licence="MIT",
        commercial=True,
        trained_on=("Some",),
        scores=(a_score("UAR", 0.7), a_score("macro-F1", 0.6)),
        measure="affectkit.recipes.of_tests:measure",
    )
    monkeypatch.setattr(models, "card", lambda id: card, raising=False)
    monkeypatch.setattr(models, "shipped", lambda id: tmp_path, raising=False)

    def set_measure(function: Callable[[Path], list[Score]]) -> None:
        module = ModuleType("affectkit.recipes.of_tests")
        module.measure = function  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, module.__name__, module)

    return set_measure


def check(*arguments: str) -> tuple[int, dict[str, Any]]:
    result = runner.invoke(app, ["check", "some", "--json", *arguments], catch_exceptions=False)
    return result.exit_code, json.loads(result.output)


def test_scores_within_their_interval_hold(measured: Measured) -> None:
    measured(lambda data: [a_score("UAR", 0.72), a_score("macro-F1", 0.56)])
    status, told = check()
    assert status == 0
    assert [row["holds"] for row in told["scores"]] == [True, True]


def test_one_score_outside_its_interval_ends_with_status_1(measured: Measured) -> None:
    measured(lambda data: [a_score("UAR", 0.72), a_score("macro-F1", 0.3)])
    status, told = check()
    assert status == 1
    assert [row["holds"] for row in told["scores"]] == [True, False]


def test_a_score_that_was_not_measured_is_neither_right_nor_wrong(measured: Measured) -> None:
    measured(lambda data: [a_score("UAR", 0.7)])
    status, told = check()
    assert status == 0
    assert [row["holds"] for row in told["scores"]] == [True, None]


def test_absent_data_ends_with_its_own_status(measured: Measured) -> None:
    def absent(data: Path) -> list[Score]:
        raise DataError("Some is not there", remedy="get it")

    measured(absent)
    status, told = check()
    assert status == NOTHING_MEASURED
    assert "Some is not there" in str(told["problem"])


def a_finding(metric: str, value: float) -> Finding:
    return Finding(
        claim="it works",
        metric=metric,
        value=value,
        baseline=None,
        baseline_name="",
        interval_of="value",
        low=0,
        high=1,
        n=3,
        seeds=(0,),
        data=("Some", "Other"),
        holds=True,
    )


@pytest.mark.parametrize(
    "command", ["affectkit papers run of.tests --full", "python -m affectkit.recipes.of.tests"]
)
def test_without_a_function_the_recipe_of_the_command_is_run(
    measured: Measured, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    asked = []

    def run_recipe(name: str, *, data: Path) -> list[Finding]:
        asked.append(name)
        return [a_finding("UAR", 0.71), a_finding("macro-F1, with a minus sign", -0.58)]

    monkeypatch.setattr("affectkit.recipes.run.run_recipe", run_recipe)
    card = models.card("some")
    scores = tuple(score.model_copy(update={"command": command}) for score in card.scores)
    other = card.model_copy(update={"measure": None, "scores": scores})
    monkeypatch.setattr(models, "card", lambda id: other, raising=False)
    status, told = check()
    assert status == 0
    assert asked == ["of.tests"]
    assert [row["again"] for row in told["scores"]] == [0.71, 0.58]


def test_a_data_folder_that_is_not_there_is_named(measured: Measured) -> None:
    measured(lambda data: [])
    status, told = check("--data", "/nowhere")
    assert status == NOTHING_MEASURED
    assert "/nowhere" in str(told["problem"])


def test_list_and_card_show_every_model() -> None:
    shown = runner.invoke(app, ["list"], env={"COLUMNS": "200"}).output
    told = json.loads(runner.invoke(app, ["list", "--json"]).output)
    assert {card["id"] for card in told} == set(models.cards())
    for id, card in models.cards().items():
        assert id in shown
        page = runner.invoke(app, ["card", id], env={"COLUMNS": "200"}).output
        assert card.licence in page
        assert json.loads(runner.invoke(app, ["card", id, "--json"]).output)["id"] == id


def test_an_unknown_model_is_an_error_for_users() -> None:
    assert isinstance(runner.invoke(app, ["card", "nobody"]).exception, WeightsError)


@pytest.mark.parametrize("command", ["list", "card", "check"])
def test_help_has_an_example_and_json(command: str) -> None:
    shown = runner.invoke(app, [command, "--help"], env={"COLUMNS": "200"}).output
    assert "Example" in shown
    assert "--json" in shown
