"""The page of measures names what there is, and prints what comes out."""

from __future__ import annotations

import doctest
import importlib
import inspect
import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "measures.md"
ROW = re.compile(r"^\|[^|]+\| \[`([\w.]+)`\]\[(affectkit[\w.]*\.\1)\] \|([^|]+)\|([^|]+)\|$", re.M)
WHOLE = (
    "metrics classification distributions multilabel label_ranking ranking detection text_overlap"
).split()


def test_every_function_of_the_table_exists_with_its_source_and_its_oracle():
    text = PAGE.read_text(encoding="utf-8")
    rows = ROW.findall(text)
    table = [line for line in text.splitlines() if line.startswith("|")][2:]
    assert len(rows) == len(table) > 40
    assert len({name for _, name, _, _ in rows}) == len(rows)
    for _, name, source, oracle in rows:
        module, _, function = name.rpartition(".")
        assert inspect.getdoc(getattr(importlib.import_module(module), function))
        assert source.strip()
        assert oracle.strip()


@pytest.mark.parametrize("module", WHOLE)
def test_every_score_is_in_the_table(module):
    listed = {name for _, name, _, _ in ROW.findall(PAGE.read_text(encoding="utf-8"))}
    whole = importlib.import_module(f"affectkit.measure.{module}")
    for name, it in inspect.getmembers(whole, inspect.isfunction):
        if not name.startswith("_") and it.__module__ == whole.__name__:
            assert f"{whole.__name__}.{name}" in listed


def test_what_the_page_prints_comes_out():
    pytest.importorskip("sacrebleu")
    pytest.importorskip("rouge_score")
    fences = re.compile(r"^```.*$", re.M)
    text = fences.sub("", PAGE.read_text(encoding="utf-8"))
    examples = doctest.DocTestParser().get_doctest(text, {}, PAGE.name, str(PAGE), 0)
    assert len(examples.examples) > 20
    told: list[str] = []
    failed, _ = doctest.DocTestRunner().run(examples, out=told.append)
    assert not failed, "".join(told)
