"""YAML into plain data with the place of every value.

Built from parser events and never by a loader: events do not recurse, so limits hold before anything can grow
(a 400 kB run of brackets kills the C loader's process, a 341-byte alias bomb never ends). Scalars follow the YAML
1.2 core schema, and stricter: `012`, `1_000`, `.inf` and dates stay what the writer typed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from didgen.errors import Place, Problem, ProjectError
from didgen.garbage import without_gc

MAX_BYTES = 5_000_000
MAX_DEPTH = 64
MAX_NODES = 200_000
MAX_ALIASES = 100

_CONSTANTS = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip
_INT = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_FLOAT = re.compile(r"[-+]?((0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]{1,3})?")
_DIGIT_START = frozenset("-+.0123456789")


@dataclass(slots=True)
class Spot:
    """Where a value stands, its key, and what lies below it. Lines and columns count from 0."""

    line: int
    column: int
    nodes: int = 1  # of the whole subtree, aliases expanded
    block: bool = False  # text after |: it begins on the next line, and its lines are the file's
    keys: dict[str, tuple[int, int]] = field(default_factory=dict)
    below: dict[str | int, Spot] = field(default_factory=dict)
    file: str = ""  # of it and what lies below, where it is another than the document's


# Of scalars, which are most of a document; nobody writes into them.
_NO_KEYS: dict[str, tuple[int, int]] = {}
_NOTHING_BELOW: dict[str | int, Spot] = {}


@dataclass(frozen=True, slots=True)
class Document:
    """Plain data (dict, list, str, int, float, bool, None) of one file, and where each value stands in it."""

    file: str
    data: Any
    root: Spot

    def place(self, *path: str | int) -> Place:
        """Where the value at `path` stands, or the deepest part of the path that exists."""
        spot, file = self._spot(*path)
        return Place(file, spot.line + 1, spot.column + 1)

    def has(self, *path: str | int) -> bool:
        """Whether there is a value at `path`."""
        spot = self.root
        for step in path:
            if step not in spot.below:
                return False
            spot = spot.below[step]
        return True

    def _spot(self, *path: str | int) -> tuple[Spot, str]:
        """The deepest spot of the path, and its file."""
        spot, file = self.root, self.file
        for step in path:
            if step not in spot.below:
                break
            spot = spot.below[step]
            file = spot.file or file
        return spot, file

    def text_line(self, line: int, *path: str | int) -> Place:
        """Where line `line` (from 1) of the text at `path` stands; exact for block text, else the text's beginning."""
        spot, file = self._spot(*path)
        return Place(file, spot.line + 1 + line) if spot.block else self.place(*path)

    def key_place(self, *path: str | int) -> Place:
        """Where the last key of `path` stands; as `place` when it has none."""
        spot = self.root
        for step in path[:-1]:
            if step not in spot.below:
                return self.place(*path)
            spot = spot.below[step]
        mark = spot.keys.get(str(path[-1])) if path else None
        return Place(self._spot(*path)[1], mark[0] + 1, mark[1] + 1) if mark else self.place(*path)


def read_yaml(raw: bytes, file: str) -> Document:
    """Parse one YAML document. `file` names it in messages.

    Raises ProjectError with the place: not UTF-8, a syntax error, a duplicate key, a tag, a merge key, too large.
    """
    text = decode(raw, file)
    builder = _Builder(file)
    with without_gc():
        for event in _events(text, file):
            if (step := builder.steps.get(type(event).__name__)) is not None:
                step(event)
    return Document(file, builder.data, builder.root)


def decode(raw: bytes, file: str) -> str:
    """The text of a file of at most MAX_BYTES, without a byte order mark. Raises ProjectError with the place."""
    if len(raw) > MAX_BYTES:
        raise _error(f"is larger than {MAX_BYTES // 1_000_000} MB", file, 0, 0)
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start)
        column = error.start - (raw.rfind(b"\n", 0, error.start) + 1)
        raise _error("is not UTF-8", file, line, column, "save the file as UTF-8") from None


def _events(text: str, file: str) -> Iterator[Any]:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        yield from iter(loader(text).get_event, None)
    except yaml.YAMLError as error:
        from didgen.project.yaml_words import mistake_of

        found = mistake_of(text, error)
        raise _error(found.message, file, *found.at, found.hint) from None


def _error(message: str, file: str, line: int, column: int, hint: str = "") -> ProjectError:
    return ProjectError([Problem(message, Place(file, line + 1, column + 1), hint=hint)])


class _Open:
    """A mapping or list whose end has not come yet."""

    __slots__ = ("anchor", "data", "key", "spot")

    def __init__(self, data: dict[str, Any] | list[Any], spot: Spot, anchor: str | None) -> None:
        self.data = data
        self.spot = spot
        self.anchor = anchor
        self.key: str | None = None  # of a mapping, while its value is awaited


class _Builder:
    """Keeps the stack of open collections, and counts. steps: what takes an event, by the name of its class."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.data: Any = None
        self.root = Spot(0, 0)
        self._stack: list[_Open] = []
        self._anchors: dict[str, tuple[Any, Spot]] = {}
        self._nodes = 0
        self._aliases = 0
        self._documents = 0
        self.steps: dict[str, Callable[[Any], None]] = {
            "ScalarEvent": self._scalar,
            "MappingStartEvent": self._start,
            "SequenceStartEvent": self._start,
            "MappingEndEvent": self._end,
            "SequenceEndEvent": self._end,
            "AliasEvent": self._alias,
            "DocumentStartEvent": self._document,
        }

    def _fail(self, message: str, event: Any, hint: str = "") -> ProjectError:
        return _error(message, self.file, event.start_mark.line, event.start_mark.column, hint)

    def _document(self, event: Any) -> None:
        self._documents += 1
        if self._documents > 1:
            raise self._fail("a second document begins here", event, "one project a file")

    def _new_spot(self, event: Any) -> Spot:
        self._allow(event)
        return Spot(event.start_mark.line, event.start_mark.column)

    def _allow(self, event: Any) -> None:
        self._count(1, event)
        if event.tag is not None and event.tag != "!":
            hint = "write plain values; put text that begins with ! in quotes"
            raise self._fail(f"the tag {event.tag!r} is not allowed", event, hint)

    def _count(self, nodes: int, event: Any) -> None:
        self._nodes += nodes
        if self._nodes > MAX_NODES:
            raise self._fail(f"more than {MAX_NODES:,} values", event, "split the project")

    def _scalar(self, event: Any) -> None:
        top = self._stack[-1] if self._stack else None
        if top is not None and isinstance(top.data, dict) and top.key is None:
            self._key(event, top, top.data)
            return
        value = plain_scalar(event.value) if event.implicit[0] else event.value
        self._allow(event)
        mark = event.start_mark
        self._place(value, Spot(mark.line, mark.column, 1, event.style == "|", _NO_KEYS, _NOTHING_BELOW), event.anchor)

    def _key(self, event: Any, top: _Open, data: dict[str, Any]) -> None:
        self._allow(event)
        key = str(event.value)
        if key == "<<" and event.implicit[0]:
            raise self._fail("merge keys (<<) are not allowed", event, "what scenes share goes into `defaults`")
        if key in data:
            first = top.spot.keys[key][0] + 1
            raise self._fail(f"duplicate key {key!r}, first on line {first}", event, "keep one of them")
        top.spot.keys[key] = (event.start_mark.line, event.start_mark.column)
        top.key = key

    def _start(self, event: Any) -> None:
        if len(self._stack) >= MAX_DEPTH:
            raise self._fail(f"nested deeper than {MAX_DEPTH}", event)
        top = self._stack[-1] if self._stack else None
        if top is not None and isinstance(top.data, dict) and top.key is None:
            raise self._fail("a key must be plain text", event, "put text that begins with {{ in quotes")
        mapping = type(event).__name__ == "MappingStartEvent"
        self._stack.append(_Open({} if mapping else [], self._new_spot(event), event.anchor))

    def _end(self, _event: Any) -> None:
        done = self._stack.pop()
        self._place(done.data, done.spot, done.anchor)

    def _alias(self, event: Any) -> None:
        self._aliases += 1
        if self._aliases > MAX_ALIASES:
            raise self._fail(f"more than {MAX_ALIASES} aliases", event)
        if event.anchor not in self._anchors:
            hint = "put text that begins with * in quotes"
            raise self._fail(f"nothing before this is named &{event.anchor}", event, hint)
        top = self._stack[-1]
        if isinstance(top.data, dict) and top.key is None:
            raise self._fail("a key must be plain text", event)
        value, spot = self._anchors[event.anchor]
        self._count(spot.nodes, event)
        here = Spot(event.start_mark.line, event.start_mark.column, spot.nodes, False, spot.keys, spot.below)
        self._place(value, here, None)

    def _place(self, value: Any, spot: Spot, anchor: str | None) -> None:
        if anchor is not None:
            self._anchors[anchor] = (value, spot)
        if not self._stack:
            self.data, self.root = value, spot
            return
        top = self._stack[-1]
        top.spot.nodes += spot.nodes
        if isinstance(top.data, list):
            top.spot.below[len(top.data)] = spot
            top.data.append(value)
        elif top.key is not None:
            top.spot.below[top.key] = spot
            top.data[top.key] = value
            top.key = None


def plain_scalar(text: str) -> Any:
    """The value of an unquoted scalar: null, true/false, a decimal number, else the text as typed."""
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if text[0] not in _DIGIT_START:
        return text
    if _INT.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        value = float(text)
        return value if abs(value) <= 1e300 else text
    return text
