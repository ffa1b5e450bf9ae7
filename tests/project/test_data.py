"""Data files: what is read of CSV, JSON and YAML, and mistakes at their own line and column."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from didgen.errors import ProjectError
from didgen.project.data import Table, keyed, read_table
from didgen.project.files import FileProblem, Files


def table(folder: Path, text: str | bytes, name: str = "t.csv") -> Table:
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_table(folder / name, Files(folder))


def rows(folder: Path, text: str | bytes, name: str = "t.csv") -> list[dict[str, Any]]:
    return [dict(row.values) for row in table(folder, text, name).rows]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_csv_as_spreadsheets_write_it(tmp_path: Path, separator: str, end: str) -> None:
    """Any usual separator and line end, a byte order mark, quotes, blank lines; everything is text as typed."""
    lines = ["\ufeffid,full name", "007,\"Smith; John, the 'first',\tof\"", "", '8,"a ""b"" c"', "9,"]
    text = end.join(line.replace(",", separator) for line in lines) + end
    first, *more = rows(tmp_path, text)
    assert ("007", "Smith; John, the 'first',\tof".replace(",", separator)) == tuple(first.values())
    assert [{"id": "8", "full name": 'a "b" c'}, {"id": "9", "full name": ""}] == more


CELL = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\0\ufeff"), max_size=6)


@given(st.lists(st.tuples(CELL, CELL), min_size=1, max_size=5))
def test_csv_reads_what_csv_writers_write(
    tmp_path_factory: pytest.TempPathFactory, cells: list[tuple[str, str]]
) -> None:
    """The standard library's writer, whatever the cells hold."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL)
    writer.writerow(["a", "b"])
    writer.writerows(cells)
    found = rows(tmp_path_factory.getbasetemp(), out.getvalue())
    assert cells == [(row["a"], row["b"]) for row in found]


def test_places_are_those_of_the_file(tmp_path: Path) -> None:
    """Lines after a line end inside of quotes count as in an editor; columns from 1."""
    first, second = table(tmp_path, 'a,b\n"x\ny",1\nz,"22"\n').rows
    assert ["t.csv:2:1", "t.csv:3:4", "t.csv:4:1", "t.csv:4:3"] == [
        str(row.place(column)) for row in (first, second) for column in ("a", "b")
    ]
    text = '[\n  {"a": 1, "b": "x"},\n  {"b": {"c": [1]},\n   "a": 2}\n]\n'
    found = table(tmp_path, text, "t.json").rows
    assert ["t.json:2:3", "t.json:2:9", "t.json:2:17", "t.json:3:3", "t.json:4:9", "t.json:3:9"] == [
        str(row.place(column)) for row in found for column in ("", "a", "b")
    ]
    found = table(tmp_path, "- a: 1\n  b: x\n-   {b: [], a: 2}\n", "t.yaml").rows
    assert ["t.yaml:1:6", "t.yaml:2:6", "t.yaml:3:16", "t.yaml:3:9"] == [
        str(row.place(column)) for row in found for column in ("a", "b")
    ]


def test_json_and_yaml_keep_their_types(tmp_path: Path) -> None:
    """Numbers are numbers; what YAML 1.1 would bend stays as typed; not every row needs every column."""
    wanted = [{"id": 1, "x": [1, {"y": None}]}, {"id": "b", "z": "😀"}]
    assert wanted == rows(tmp_path, json.dumps(wanted), "t.json")
    assert wanted == rows(tmp_path, json.dumps(wanted, indent="\t", ensure_ascii=False), "t.json")
    typed = [{"id": "012", "on": "no", "t": "1:30", "n": 1.5}]
    assert typed == rows(tmp_path, "- {id: 012, on: no, t: 1:30, n: 1.5}\n", "t.yml")
    assert ("id", "x", "z") == tuple(table(tmp_path, json.dumps(wanted), "t.json").columns)
    assert [] == rows(tmp_path, "", "t.csv") == rows(tmp_path, "[]", "t.json") == rows(tmp_path, "a,b\n", "t.csv")


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("t.csv", "a,b\n1\n", "t.csv:2:1: the row has 1 values, and there are 2 columns"),
        ("t.csv", "a,b\n1,2,3\n", "t.csv:2:5: the row has 3 values, and there are 2 columns"),
        ("t.csv", 'a,b\n1,"2\n', "t.csv:2:3: the quote is never closed"),
        ("t.csv", 'a,b\n1,"2"x\n', 't.csv:2:6: text after the closing quote (write a quote inside as "")'),
        ("t.csv", "a,a\n", "t.csv:1:3: the column 'a' is named twice"),
        ("t.csv", "a,,b\n", "t.csv:1:3: a column has no name"),
        ("t.csv", b"a\n\xff\n", "t.csv:2:1: is not UTF-8"),
        ("t.json", "{}", "t.json:1:1: is no list of rows"),
        ("t.json", '{"a": 1} x', "t.json:1:1: is no list of rows"),
        ("t.json", '{"a": 1,\n "b" 2}', "t.json:2:6: JSON syntax: Expecting ':' delimiter"),
        ("t.json", "nothing here", "t.json:1:1: JSON syntax: Expecting value"),
        ("t.json", '[{"a": 1},\n  anna]', "t.json:2:3: JSON syntax: Expecting value"),
        ("t.json", '[["a" 1]]', "t.json:1:7: JSON syntax: Expecting ',' delimiter"),
        ("t.json", "[" * 5000, "t.json:1:1: JSON: nested too deeply"),
        ("t.json", "[1]", "t.json:1:2: is no row"),
        ("t.json", '[{"a": 1},]', "t.json:1:11: JSON syntax: Nothing after the comma"),
        ("t.json", '[\n{"a": 1,\n"a": 2}]', "t.json:3:1: duplicate key 'a'"),
        ("t.json", '[{"a": NaN}]', "t.json:1:1: JSON: NaN is no number"),
        ("t.json", "[{a: 1}]", "t.json:1:3: JSON syntax: Expecting a column in double quotes"),
        ("t.json", '[{"a": 1}', "JSON syntax: Expecting ','"),
        ("t.json", '[{"a": "\\ud800"}]', "t.json:1:2: the row holds half of a character"),
        ("t.json", '[{"a": 1}] x', "t.json:1:12: JSON syntax: Extra data"),
        ("t.json", "[" + '{"a":' * 5000, "t.json:1:1: JSON: nested too deeply"),
        ("t.yaml", "a: 1\n", "t.yaml:1:1: is no list of rows (begin each row with `- `)"),
        ("t.yaml", "- a: 1\n- b\n", "t.yaml:2:3: is no row"),
    ],
)
def test_mistakes_have_the_place_in_the_data_file(tmp_path: Path, name: str, text: str | bytes, said: str) -> None:
    """Line and column as an editor counts them."""
    with pytest.raises(ProjectError) as caught:
        table(tmp_path, text, name)
    assert said in str(caught.value)


def test_what_is_no_data_file(tmp_path: Path) -> None:
    """Other kinds are refused by their name."""
    with pytest.raises(FileProblem, match=r"t\.xlsx is no data file; its name ends with \.csv, \.json, \.yaml, \.yml"):
        table(tmp_path, "", "t.xlsx")


def test_rows_are_known_by_their_key(tmp_path: Path) -> None:
    """A missing, an empty and a double key are told at their rows; the rest is found."""
    text = '- {id: a}\n- {id: ""}\n- {ids: b}\n- {id: a}\n- {id: [1]}\n- {id: 7}\n- {id: "7"}\n'
    found, problems = keyed(table(tmp_path, text, "t.yaml"), "id")
    assert ["a", "7"] == [key for key, _ in found]
    assert [
        "t.yaml:2:8: the key 'id' is empty (each row is known by it)",
        "t.yaml:3:3: the row has no 'id' (did you mean 'ids'?)",
        "t.yaml:4:8: 'a' is the id of t.yaml:1:8 too (keep one of them)",
        "t.yaml:5:8: the key 'id' must be text or a number (each row is known by it)",
        "t.yaml:7:8: '7' is the id of t.yaml:6:8 too (keep one of them)",
    ] == [str(problem) for problem in problems]
