"""The published wheels read as they are described; made-up ones as they are drawn."""

from __future__ import annotations

import ast
import csv
import zipfile
from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from affectkit.affect.emotion_wheels import (
    LEVELS,
    Wheel,
    WordTables,
    read_wheels,
    read_word_tables,
)
from affectkit.affect.worksheet import read_worksheet
from affectkit.errors import DataError, LabelError

PUBLISHED = "papers/072"
NS = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def write_workbook(path: Path, rows: list[list[str]], *, shared: bool = True) -> Path:
    """Write rows as the least workbook there can be; cells without text are left out."""
    texts = sorted({cell for row in rows for cell in row if cell})
    lines = []
    for i, row in enumerate(rows, start=1):
        cells = []
        for j, text in enumerate(row):
            at = f"{chr(65 + j)}{i}"
            if text and shared:
                cells.append(f'<c r="{at}" t="s"><v>{texts.index(text)}</v></c>')
            elif text:
                cells.append(f'<c r="{at}" t="inlineStr"><is><t>{escape(text)}</t></is></c>')
        lines.append(f'<row r="{i}">{"".join(cells)}</row>')
    items = "".join(f"<si><t>{escape(t)}</t></si>" for t in texts)
    with zipfile.ZipFile(path, "w") as box:
        sheet = f'<worksheet xmlns="{NS}"><sheetData>{"".join(lines)}</sheetData></worksheet>'
        box.writestr("xl/worksheets/sheet1.xml", sheet)
        if shared:
            box.writestr("xl/sharedStrings.xml", f'<sst xmlns="{NS}">{items}</sst>')
    return path


@pytest.fixture
def made_up(tmp_path: Path) -> Path:
    head = ["level1", "level2", "level3"]
    body = [["Glad", " Calm ", "Serene"], ["", "", "At\xa0Ease"], ["", "Proud", "Brave"]]
    more = [["Low", "Tired", "Calm"]]
    for i in range(1, 6):
        write_workbook(tmp_path / f"wheel{i}.xlsx", [head, *body, *more], shared=i % 2 == 0)
    synonyms = [["word_run1", "synonym_run1", "word_run2", "synonym_run2"]]
    synonyms += [["calm", "placid, still", "Brave", "bold"], ["tired", "still", "", ""]]
    write_workbook(tmp_path / "synonym.xlsx", synonyms)
    (tmp_path / "format.csv").write_text('name,format\ncalm,"calms,calmly"\nbold,"boldly"\n')
    return tmp_path


def test_a_made_up_wheel_is_read_with_its_rings(made_up: Path) -> None:
    wheels = read_wheels(made_up)
    assert list(wheels) == ["wheel1", "wheel2", "wheel3", "wheel4", "wheel5"]
    wheel = wheels["wheel1"]
    assert wheel.sectors == wheels["wheel2"].sectors  # however the cells were stored
    assert wheel.sectors[1] == ("glad", "calm", "at ease")
    assert wheel.ring(2) == ("calm", "proud", "tired")
    assert [wheel.group("at ease", level) for level in LEVELS] == ["glad", "calm", "at ease"]
    assert wheel.group("glad", 2) == "glad"  # nothing says which kind
    assert wheel.group("calm", 1) == "glad"  # before "low" in the alphabet
    assert wheel.group("sofa", 1) is None
    with pytest.raises(LabelError, match="no ring 4"):
        wheel.group("calm", 4)


def test_forms_and_synonyms_lead_to_words_of_the_wheels(made_up: Path) -> None:
    tables = read_word_tables(made_up)
    assert tables.base("Calmly") == "calm"
    assert tables.base("carburettor") == "carburettor"
    assert tables.wheel_words("calmly") == ("calm",)
    assert tables.wheel_words("still") == ("calm", "tired")
    assert tables.wheel_words("boldly") == ("brave",)
    assert tables.wheel_words("carburettor") == ()


@pytest.mark.parametrize("name", ["wheel3.xlsx", "synonym.xlsx", "format.csv"])
def test_a_missing_table_is_named_with_what_to_do(made_up: Path, name: str) -> None:
    (made_up / name).unlink()
    read = read_wheels if name.startswith("wheel") else read_word_tables
    with pytest.raises(DataError, match=f"does not hold {name}") as found:
        read(made_up)
    assert "wheel1.xlsx" in found.value.remedy


@pytest.mark.parametrize("hurt", ["text", "empty", "entities", "no sheet", "half"])
def test_a_file_that_is_no_workbook_is_an_error_in_words(made_up: Path, hurt: str) -> None:
    path = made_up / "wheel2.xlsx"
    whole = path.read_bytes()
    if hurt == "text":
        path.write_text("level1,level2,level3")
    elif hurt == "empty":
        path.write_bytes(b"")
    elif hurt == "half":
        path.write_bytes(whole[: len(whole) // 2])
    else:
        with zipfile.ZipFile(path, "w") as box:
            name = "xl/worksheets/sheet1.xml" if hurt == "entities" else "xl/other.xml"
            box.writestr(name, '<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>')
    with pytest.raises(DataError, match="wheel2"):
        read_wheels(made_up)


texts = st.text(st.characters(codec="utf-8", categories=("L", "N", "P")), max_size=8)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.lists(texts, min_size=3, max_size=3), min_size=1, max_size=6), st.booleans())
def test_a_sheet_is_read_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]], shared: bool
) -> None:
    path = write_workbook(tmp_path_factory.mktemp("book") / "a.xlsx", rows, shared=shared)
    width = max(max((j + 1 for j, t in enumerate(r) if t), default=0) for r in rows)
    assert read_worksheet(path) == [row[:width] for row in rows]


def test_the_published_wheels_are_as_described(shared_data) -> None:
    wheels = read_wheels(shared_data(PUBLISHED))
    # The paper counts 253 different words on its five wheels.
    assert len(set().union(*(wheel.words for wheel in wheels.values()))) == 253
    for wheel in wheels.values():
        assert len(wheel.ring(1)) < len(wheel.ring(2)) <= len(wheel.ring(3))
        for word in wheel.words:
            inner, middle = wheel.group(word, 1), wheel.group(word, 2)
            assert inner in wheel.ring(1)
            assert middle in {*wheel.ring(1), *wheel.ring(2)}
            assert wheel.group(word, 3) == word
            # Grouping twice changes nothing.
            assert wheel.group(inner, 1) in {inner, *wheel.ring(1)}
    assert read_wheels(shared_data(PUBLISHED)) == wheels


def test_the_published_tables_reach_most_labels_that_people_gave(shared_data) -> None:
    folder = shared_data(PUBLISHED)
    wheels, tables = read_wheels(folder), read_word_tables(folder)
    every = set().union(*(wheel.words for wheel in wheels.values()))
    assert set().union(*tables.meant.values()) <= every
    for word in every:
        assert tables.wheel_words(word)[0] == word
    for form, bases in tables.bases.items():
        assert list(bases) == sorted(bases)
        assert tables.base(form) in bases
    with (folder / "check-openset.csv").open(encoding="utf-8") as file:
        given_labels = [ast.literal_eval(row["openset"]) for row in csv.DictReader(file)]
    labels = [label for labels in given_labels for label in labels]
    reached = [bool(tables.wheel_words(label)) for label in labels]
    exact = [label.lower() in every for label in labels]
    assert len(given_labels) == 332
    # Free words are half lost without the tables, and mostly reached with them.
    assert np.mean(reached) > 1.5 * np.mean(exact) > 0


def test_rings_map_to_built_in_sets_with_what_does_not_fit_unmapped(shared_data) -> None:
    for wheel in read_wheels(shared_data(PUBLISHED)).values():
        ways = [wheel.map_to("ekman7", level) for level in LEVELS]
        for way in ways:
            assert np.allclose(way.weights.sum(axis=1), 1.0)
            assert way.weights[:, -1].mean() < 0.5
        # An outer word is never lost where the word inside it is not.
        for outer, inner in zip(ways[1:], ways, strict=False):
            for label, row in zip(outer.source.labels, outer.weights, strict=True):
                above = outer.source.definitions[label].removeprefix("a kind of ")
                if row[-1] == 1.0:
                    assert inner.weights[inner.source.index(above), -1] == 1.0


def test_tables_without_words_know_none() -> None:
    assert WordTables({}, {}).wheel_words("joy") == ()
    assert Wheel("none", ()).group("joy", 1) is None
