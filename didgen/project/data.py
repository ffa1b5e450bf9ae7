"""Data files: rows of CSV, JSON or YAML, each value with its place in the file."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from didgen.catalog.nearest import nearest
from didgen.errors import Place, Problem, ProjectError
from didgen.project.files import FileProblem, Files
from didgen.project.models import MAX_INSTANCES
from didgen.project.scalars import as_text, is_scalar
from didgen.project.yaml_reader import decode, read_yaml

DELIMITERS = ",;\t"

_QUOTED = re.compile(r'"((?:[^"]++|"")*+)"')
_WHITESPACE = re.compile(r"[ \t\r\n]*")


@dataclass(frozen=True, slots=True)
class Row:
    """One row: values by column. spots: line and column of each value in the file, and of the row; from 1."""

    values: Mapping[str, Any]
    file: str
    spot: tuple[int, int]
    spots: Mapping[str, tuple[int, int]]

    def place(self, column: str = "") -> Place:
        """Where the value of a column stands, else the row."""
        return Place(self.file, *self.spots.get(column, self.spot))


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of a file, and all columns that any of them has, in order."""

    rows: Sequence[Row]
    columns: Sequence[str]


def read_table(path: Path, files: Files) -> Table:
    """The rows of a data file, at most MAX_INSTANCES. Raises FileProblem, and ProjectError at the file's own place."""
    file = files.relative(path)
    read = _READERS.get(path.suffix.lower())
    if read is None:
        raise FileProblem(f"{file} is no data file; its name ends with {', '.join(_READERS)}")
    rows = list(read(files.read(path), file))
    if len(rows) > MAX_INSTANCES:
        raise _error(f"has more than {MAX_INSTANCES:,} rows", file, rows[MAX_INSTANCES].spot)
    return Table(rows, tuple(dict.fromkeys(column for row in rows for column in row.values)))


def keyed(table: Table, column: str) -> tuple[list[tuple[str, Row]], list[Problem]]:
    """Rows with what they are known by, the text of their key column; a problem for each that has none or another's."""
    first: dict[str, Row] = {}
    problems = []
    for row in table.rows:
        value = row.values.get(column)
        key = as_text(value) if is_scalar(value) else ""
        if column not in row.values:
            problems.append(Problem(f"the row has no {column!r}", row.place(), hint=nearest(column, list(row.values))))
        elif not key.strip():
            what = "is empty" if value is None or value == "" or is_scalar(value) else "must be text or a number"
            problems.append(Problem(f"the key {column!r} {what}", row.place(column), hint="each row is known by it"))
        elif first.setdefault(key, row) is not row:
            at = first[key].place(column)
            problems.append(Problem(f"{key!r} is the {column} of {at} too", row.place(column), hint="keep one of them"))
    return list(first.items()), problems


def _error(message: str, file: str, spot: tuple[int, int], hint: str = "") -> ProjectError:
    return ProjectError([Problem(message, Place(file, *spot), hint=hint)])


# -- YAML ----------------------------------------------------------------------------------------------------------


def _yaml_rows(raw: bytes, file: str) -> Iterator[Row]:
    document = read_yaml(raw, file)
    if not isinstance(document.data, list):
        raise _error("is no list of rows", file, (1, 1), "begin each row with `- `")
    for number, values in enumerate(document.data):
        spot = _line_column(document.place(number))
        if not isinstance(values, dict):
            raise _error(NOT_A_ROW, file, spot)
        yield Row(values, file, spot, {key: _line_column(document.place(number, key)) for key in values})


def _line_column(place: Place) -> tuple[int, int]:
    return place.line, place.column


NOT_A_ROW = "is no row: a mapping of columns to values"

# -- JSON ----------------------------------------------------------------------------------------------------------


def _json_rows(raw: bytes, file: str) -> Iterator[Row]:
    try:
        yield from _Json(decode(raw, file), file).rows()
    except json.JSONDecodeError as error:
        raise _error(f"JSON syntax: {error.msg}", file, (error.lineno, error.colno)) from None
    except (RecursionError, ValueError) as error:
        said = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise _error(f"JSON: {said}", file, (1, 1)) from None


class _Json:
    """Takes a list of objects apart member by member, since the standard parser keeps no places."""

    def __init__(self, text: str, file: str) -> None:
        self.text, self.file, self.at = text, file, 0
        self.line, self.line_start = 1, 0
        self.decoder = json.JSONDecoder(parse_constant=_no_constant, object_pairs_hook=_unique)

    def rows(self) -> Iterator[Row]:
        self._expect("[", "is no list of rows")
        while not self._take("]"):
            spot = self._spot()
            self._expect("{", NOT_A_ROW)
            yield self._row(spot)
            self._comma("]")
        self._skip()
        if self.at < len(self.text):
            raise json.JSONDecodeError("Extra data", self.text, self.at)

    def _row(self, spot: tuple[int, int]) -> Row:
        values: dict[str, Any] = {}
        spots: dict[str, tuple[int, int]] = {}
        while not self._take("}"):
            here = self._spot()
            if self.text[self.at : self.at + 1] != '"':
                raise json.JSONDecodeError("Expecting a column in double quotes", self.text, self.at)
            key = self._value()
            if key in values:
                raise _error(f"duplicate key {key!r}", self.file, here, "keep one of them")
            self._expect(":", "")
            spots[key] = self._spot()
            values[key] = self._value()
            self._comma("}")
        if not _is_text(values):
            raise _error("the row holds half of a character", self.file, spot, "\\ud800 to \\udfff come in pairs")
        return Row(values, self.file, spot, spots)

    def _value(self) -> Any:
        value, self.at = self.decoder.raw_decode(self.text, self.at)
        return value

    def _check_value(self) -> None:
        """Raises JSONDecodeError where no value begins that could be the wrong one."""
        json.JSONDecoder().raw_decode(self.text, self.at)

    def _comma(self, end: str) -> None:
        """A comma with something after it, or the end in sight."""
        self._skip()
        if self.text[self.at : self.at + 1] == end:
            return
        self._expect(",", "")
        self._skip()
        if self.text[self.at : self.at + 1] == end:
            raise json.JSONDecodeError("Nothing after the comma", self.text, self.at)

    def _take(self, sign: str) -> bool:
        self._skip()
        found = self.text[self.at : self.at + 1] == sign
        self.at += found
        return found

    def _expect(self, sign: str, otherwise: str) -> None:
        if not self._take(sign):
            if otherwise and self.at < len(self.text):
                self._check_value()
                raise _error(otherwise, self.file, self._spot())
            raise json.JSONDecodeError(f"Expecting {sign!r}", self.text, self.at)

    def _skip(self) -> None:
        found = _WHITESPACE.match(self.text, self.at)
        self.at = found.end() if found else self.at

    def _spot(self) -> tuple[int, int]:
        """Line and column of where it stands; asked for in the order of the text."""
        self._skip()
        self.line += self.text.count("\n", self.line_start, self.at)
        self.line_start = self.text.rfind("\n", self.line_start, self.at) + 1 or self.line_start
        return self.line, self.at - self.line_start + 1


def _is_text(values: Any) -> bool:
    try:
        return bool(json.dumps(values, ensure_ascii=False).encode())
    except UnicodeEncodeError:
        return False


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number")


def _unique(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [key for key, _ in pairs]
        raise ValueError(f"duplicate key {next(key for key in names if names.count(key) > 1)!r}")
    return made


# -- CSV -----------------------------------------------------------------------------------------------------------


def _csv_rows(raw: bytes, file: str) -> Iterator[Row]:
    """RFC 4180: a line of columns, then a line a row; cells in double quotes may hold anything. All is text."""
    text = decode(raw, file).replace("\r\n", "\n").replace("\r", "\n")
    lines = _csv_lines(text, file)
    header = next(lines, None)
    if header is None:
        return
    columns = [name.strip() for name, _ in header]
    for number, (name, (_, spot)) in enumerate(zip(columns, header, strict=True)):
        if not name or name in columns[:number]:
            raise _error(f"the column {name!r} is named twice" if name else "a column has no name", file, spot)
    for line in lines:
        if len(line) != len(columns):
            spot = line[len(columns)][1] if len(line) > len(columns) else line[-1][1]
            raise _error(
                f"the row has {len(line)} values, and there are {len(columns)} columns",
                file,
                spot,
                "put a value that holds the separator in double quotes",
            )
        cells = dict(zip(columns, line, strict=True))
        values = {column: value for column, (value, _) in cells.items()}
        yield Row(values, file, line[0][1], {column: spot for column, (_, spot) in cells.items()})


Cell = tuple[str, tuple[int, int]]


def _csv_lines(text: str, file: str) -> Iterator[list[Cell]]:
    """The cells of each line that is not blank. What separates them is what occurs most in the first: , ; or tab."""
    head = _QUOTED.sub("", text.lstrip("\n").partition("\n")[0])
    separator = max(DELIMITERS, key=head.count)
    plain = re.compile(rf"[^{separator}\n]*")
    at, line, start = 0, 1, 0
    cells: list[Cell] = []
    while at < len(text):
        spot = (line, at - start + 1)
        quoted = _QUOTED.match(text, at) if text[at] == '"' else None
        if text[at] == '"' and quoted is None:
            raise _error("the quote is never closed", file, spot)
        found = quoted or plain.match(text, at)
        assert found
        cells.append((found[1].replace('""', '"') if quoted else found[0], spot))
        at = found.end()
        if quoted and "\n" in found[0]:
            line, start = line + found[0].count("\n"), text.rfind("\n", 0, at) + 1
        sign = text[at : at + 1]
        if sign == separator:
            at += 1
            if at == len(text) or text[at] == "\n":
                cells.append(("", (line, at - start + 1)))
                sign = text[at : at + 1]
        if sign not in (separator, "\n", ""):
            raise _error("text after the closing quote", file, (line, at - start + 1), 'write a quote inside as ""')
        if sign != separator:
            at += 1
            line, start = line + 1, at
            if len(cells) > 1 or cells[0][0].strip():
                yield cells
            cells = []


_READERS = {".csv": _csv_rows, ".json": _json_rows, ".yaml": _yaml_rows, ".yml": _yaml_rows}
