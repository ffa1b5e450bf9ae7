"""What a runner of GitHub Actions takes out of a log for itself: lines that are commands, and texts that must not be.

A runner reads every line of a step's output. `::name key=value::text` at its beginning, after blanks, is a command, and
so is `##[name key=value]text` anywhere in it. Texts of scripts come from strangers, so what we print ourselves cannot
be one (`neutral`), and what we cannot see being printed stands between `stopped` and `resumed`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import IO, Any, Literal

from didgen.errors import Place, Problem

Level = Literal["error", "warning", "notice"]
LEVELS: tuple[Level, ...] = ("error", "warning", "notice")
"""By severity."""

MOST = 10
"""Annotations of a level that a step may make; the runner drops the others in silence."""

LONGEST = 4_000
"""Characters of one message; the whole text stands in the log."""

_BREAK = "\u200b"  # no blank to the runner, and nothing to the eye
_LINE_COMMAND = re.compile(r"(^|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029])(\s*)::")
_OLD_COMMAND = "##["


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to be shown at a line. file: relative to the repository's root, "" for none; line, column: from 1, or 0
    for unknown."""

    level: Level
    message: str
    file: str = ""
    line: int = 0
    column: int = 0

    @property
    def words(self) -> str:
        """The same as one line of text: "projects/a/project.yaml:3:5: voice: …"."""
        place = str(Place(self.file, self.line, self.column)) if self.file else ""
        return f"{place}: {self.message}" if place else self.message


def finding(level: Level, problem: Problem) -> Finding:
    """A problem as it is annotated. Its place's file has to be relative to the repository's root."""
    place = problem.place or Place("")
    text = str(Problem(problem.message, None, problem.field, problem.hint))
    return Finding(level, text, place.file, place.line, place.column)


def by_severity(findings: Iterable[Finding]) -> list[Finding]:
    """Each once, errors first, in their order otherwise."""
    return sorted(dict.fromkeys(findings), key=lambda one: LEVELS.index(one.level))


def annotation(found: Finding) -> str:
    """The line that has a runner show a finding at its place."""
    given = {"file": found.file, "line": found.line or "", "col": (found.line and found.column) or ""}
    told = [f"{name}={_property(str(value))}" for name, value in given.items() if value and found.file]
    message = found.message if len(found.message) <= LONGEST else f"{found.message[:LONGEST]}…"
    return f"::{found.level} {','.join([*told, 'title=didgen'])}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def stopped(token: str) -> str:
    """The line after which a runner takes nothing for a command but `resumed(token)`. token: nobody can guess it."""
    return f"::stop-commands::{token}"


def resumed(token: str) -> str:
    """The line that ends `stopped(token)`."""
    return f"::{token}::"


def neutral(text: str, *, is_json: bool = False) -> str:
    """The same text, in which a runner finds no command. is_json: what means the same to a reader of JSON."""
    text = _LINE_COMMAND.sub(rf"\1\2{_BREAK}::", text)
    return text.replace(_OLD_COMMAND, "##\\u005b" if is_json else f"#{_BREAK}#[")


class NeutralStream:
    """A text stream whose texts a runner finds no command in; all else is the stream's own."""

    def __init__(self, stream: IO[str], *, is_json: bool) -> None:
        self._stream = stream
        self._is_json = is_json

    def write(self, text: str) -> int:
        self._stream.write(neutral(text, is_json=self._is_json))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
