"""Tables of texts: every row comes, once, in order, and says what was wrong with it."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from affectkit.errors import MediaError
from affectkit.media.text_encoding import clean
from affectkit.media.text_rows import text_rows


def made(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return path


CELL = st.text(st.sampled_from("ab ,;\"'\néß😀\u200d"), max_size=12)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(CELL, CELL), max_size=8))
def test_what_a_writer_of_csv_wrote_comes_back(tmp_path_factory, rows):
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerows([("text", "note"), *rows])
    path = made(tmp_path_factory.mktemp("csv"), "a.csv", stream.getvalue())
    read = list(text_rows(path))
    kept = [row for row in rows if any(cell.strip() for cell in row)]
    assert [row.text for row in read] == [text.strip() for text, _ in kept]
    assert [row.cells["note"] for row in read] == [note for _, note in kept]
    assert [row.number for row in read] == list(range(1, len(kept) + 1))
    assert not any(row.problem for row in read)


LINE = st.text(st.sampled_from('{}[]":,tex a1\\é'), max_size=20) | st.builds(
    lambda v: json.dumps({"text": v}), st.none() | st.text(max_size=5) | st.integers()
)


@settings(max_examples=60, deadline=None)
@given(st.lists(LINE, max_size=8))
def test_of_json_lines_each_is_a_row_and_what_it_held_is_kept(tmp_path_factory, lines):
    lines = ['{"text": "first"}', *(line.replace("\n", "").replace("\r", "") for line in lines)]
    path = made(tmp_path_factory.mktemp("jsonl"), "a.jsonl", "\n".join(lines))
    read = list(text_rows(path))
    given_lines = [line for line in lines if line.strip()]
    assert [row.number for row in read] == list(range(1, len(given_lines) + 1))
    for row, line in zip(read, given_lines, strict=True):
        if row.problem:
            held = json.loads(row.cells["more_fields"] or "{}")
            if "as it stands" in held:
                assert held == {"as it stands": clean(line).strip()}
            else:
                assert set(json.loads(clean(line))) <= set(held) | set(row.cells)
        else:
            assert row.text == clean(json.loads(clean(line))["text"] or "").strip()


def test_a_half_written_line_costs_that_line_and_is_named(tmp_path):
    path = made(tmp_path, "a.jsonl", '{"review": "Good."}\n\n{"review": "I was so')
    first, last = text_rows(path)
    assert (first.text, first.problem) == ("Good.", "")
    assert (last.number, last.line, last.text) == (2, 3, "")
    assert "not valid JSON" in last.problem
    assert "I was so" in last.cells["more_fields"]


def test_a_quote_left_open_costs_its_row_only(tmp_path):
    path = made(tmp_path, "a.csv", 'stars,text\n1,"never closed\n2,fine\n3,"also, fine"\n')
    rows = list(text_rows(path))
    assert [row.text for row in rows] == ['"never closed', "fine", "also, fine"]
    assert rows[0].mended == "a quote in it is never closed"
    assert not rows[1].mended


def test_rows_with_cells_too_many_or_too_few(tmp_path):
    path = made(tmp_path, "a.csv", "text,stars\nBad, worse, worst,1\nFine\nGood,5,,\n")
    many, few, empty = text_rows(path)
    assert many.problem == "it has 4 cells where the header has 2"
    assert many.cells["as it stands"] == "Bad, worse, worst,1"
    assert (few.text, few.mended) == ("Fine", "it has 1 cells where the header has 2")
    assert (empty.text, empty.problem, empty.mended) == ("Good", "", "")
    path = made(tmp_path, "b.csv", "stars,text\n1,Bad, worse\n")
    (row,) = text_rows(path)
    assert (row.text, row.problem) == ("Bad, worse", "")
    assert "not quoted" in row.mended


def test_each_row_is_read_in_the_encoding_that_it_is_in(tmp_path):
    head = b"text,stars\n"
    path = made(tmp_path, "a.csv", head + "Café,1\n".encode("latin-1") + "Crème,2\n".encode())
    latin, utf8 = text_rows(path)
    assert (latin.text, utf8.text) == ("Café", "Crème")
    assert "not UTF-8" in latin.mended
    assert not utf8.mended
    for encoding in ("utf-16", "utf-16-le", "utf-8-sig"):
        path = made(tmp_path, "b.csv", "text,stars\nCafé,1\n".encode(encoding))
        assert [row.text for row in text_rows(path)] == ["Café"]
    # A row that cannot be read and is in no encoding can still be written down.
    path = made(tmp_path, "c.csv", head + "Café, so,1\n".encode("latin-1"))
    (row,) = text_rows(path)
    assert row.problem
    row.cells["as it stands"].encode("utf-8")


def test_hostile_cells(tmp_path):
    long = "I am glad. " * 100_000
    cells = [long, "", "😀😀", "я happy 我", "a\x00b\x1b[31m", "  "]
    body = "".join(f'"{cell}",{i}\n' for i, cell in enumerate(cells))
    rows = list(text_rows(made(tmp_path, "a.csv", "text,n\n" + body)))
    assert [row.text for row in rows] == [long.strip(), "", "😀😀", "я happy 我", "ab[31m", ""]
    assert [row.cells["n"] for row in rows] == list("012345")
    assert not any(row.problem for row in rows)


def test_a_named_column_that_is_not_there_is_refused_with_those_that_are(tmp_path):
    path = made(tmp_path, "a.csv", "id,words\n1,hello\n")
    with pytest.raises(MediaError, match=r"no column 'body'.*id, words"):
        text_rows(path, "body")
    with pytest.raises(MediaError, match=r"no column that holds words.*id, stars"):
        text_rows(made(tmp_path, "b.csv", "id,stars\n1,2\n"))
    with pytest.raises(MediaError, match="not a table"):
        text_rows(made(tmp_path, "c.txt", "Once upon a time."), "text")


def test_what_names_speakers_is_a_chat_unless_a_column_is_asked_for(tmp_path):
    path = made(tmp_path, "a.csv", "speaker,text\nAnn,Hello\n")
    assert text_rows(path) is None
    assert [row.text for row in text_rows(path, "text")] == ["Hello"]
    assert text_rows(made(tmp_path, "story.txt", "Once upon a time.")) is None


def test_parquet_keeps_its_columns_and_says_what_is_wrong(tmp_path):
    import pandas as pd

    table = pd.DataFrame({"text": ["Good.", None, "Bad."], "stars": [5, 3, 1]})
    table.to_parquet(tmp_path / "a.parquet")
    rows = list(text_rows(tmp_path / "a.parquet"))
    assert [row.text for row in rows] == ["Good.", "", "Bad."]
    assert [row.cells["stars"] for row in rows] == [5, 3, 1]
    with pytest.raises(MediaError, match="holds int64, not text"):
        text_rows(tmp_path / "a.parquet", "stars")
    cut = made(tmp_path, "b.parquet", (tmp_path / "a.parquet").read_bytes()[:500])
    with pytest.raises(MediaError, match="cannot be read as Parquet"):
        text_rows(cut)


def test_a_table_is_read_as_it_is_asked_for_and_no_faster(tmp_path):
    path = made(tmp_path, "a.csv", "text\n" + "I am glad.\n" * 200_000)
    seen: list[int] = []
    rows = text_rows(path, "text").rows(seen.append)
    assert next(rows).text == "I am glad."
    assert max(seen) < path.stat().st_size / 10
