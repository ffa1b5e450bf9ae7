"""What is wrong with a file that is no YAML, in the words of somebody who writes it and not of the parser.

The parser tells where it stopped; what was meant is read from the lines themselves. Loaded for a mistake only.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

Spot = tuple[int, int]
"""Line and column, from 0."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """message, hint: as in a problem. at: where it is."""

    message: str
    at: Spot
    hint: str = ""


_PARTS = re.compile(r"(?P<indent>\s*(?:- +)*)(?:(?P<key>[^\s:#'\"{\[][^:]*?)(?P<colon>:)(?:\s+|$))?(?P<value>.*)")
_NOT_FIRST = "@`%*&!,"
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_QUOTES = "inside double quotes write \\\" for a quote, inside single ones '', or begin the text below `|`"
_SPACES = "indent with spaces, not tabs"
_COLUMN = (
    "did not find expected key",
    "did not find expected '-' indicator",
    "entries are not allowed",
    "keys are not allowed",
    "expected <document start>",
)


def mistake_of(text: str, error: Any) -> Mistake:
    """What is wrong where the parser raised an `yaml.YAMLError` over a text."""
    if (found := _UNPRINTABLE.search(text)) is not None:
        line = text.count("\n", 0, found.start())
        at = (line, found.start() - (text.rfind("\n", 0, found.start()) + 1))
        return Mistake(f"a control character (U+{ord(found[0]):04X}) stands here", at, "delete it")
    mark, began = getattr(error, "problem_mark", None), getattr(error, "context_mark", None)
    problem, context = str(getattr(error, "problem", "") or ""), str(getattr(error, "context", "") or "")
    here, since = _spot(mark or began), _spot(began or mark)
    lines = text.splitlines() or [""]
    found_here = (
        _tab(lines, here, since)
        or _first_letter(lines, here, since, context)
        or _quote(problem, context, since, lines)
        or _flow(lines, context, here, since)
        or _no_colon(lines, problem, since)
        or _second_colon(lines, problem, here)
        or _after_quote(text, problem, here)
        or _column(lines, problem, here)
    )
    said = ", ".join(part for part in (context, problem) if part) or str(error).splitlines()[0]
    return found_here or Mistake(f"YAML syntax: {said}", here)


def _spot(mark: Any) -> Spot:
    return (mark.line, mark.column) if mark is not None else (0, 0)


def _line(lines: Sequence[str], number: int) -> str:
    return lines[number] if number < len(lines) else ""


def _parts(line: str) -> re.Match[str]:
    found = _PARTS.match(line)
    assert found is not None  # all of it may be empty
    return found


def _tab(lines: Sequence[str], *spots: Spot) -> Mistake | None:
    for number, _ in spots:
        line = _line(lines, number)
        column = line[: len(line) - len(line.lstrip())].find("\t")
        if column >= 0:
            return Mistake("a tab begins this line", (number, column), _SPACES)
    return None


def _first_letter(lines: Sequence[str], here: Spot, since: Spot, context: str) -> Mistake | None:
    """Text that begins with a sign that means something in YAML."""
    for number in dict.fromkeys((here[0], since[0])):
        parts = _parts(_line(lines, number))
        value, at = parts["value"], (number, parts.start("value"))
        sign = "{{" if value.startswith("{{") else value[:1]
        if sign == "{{" or (sign and sign in _NOT_FIRST) or value.startswith(("? ", "- ")):
            quoted = "put text that contains {{ in quotes" if sign == "{{" else "put it in quotes"
            return Mistake(f"text cannot begin with {sign} unless it is in quotes", at, quoted)
        if sign in ("|", ">") and "block scalar" in context:
            return Mistake(f"text follows {sign} on its line", at, "begin it on the next line, indented deeper")
    return None


def _quote(problem: str, context: str, since: Spot, lines: Sequence[str]) -> Mistake | None:
    if "quoted scalar" not in context:
        return None
    if "escape" in problem or "hexadecimal" in problem:
        return Mistake(
            "a backslash in double quotes begins what YAML does not know", since, "write \\\\ for a backslash"
        )
    sign = _line(lines, since[0])[since[1] : since[1] + 1]
    return Mistake(f"the quote {sign} that begins here is never closed", since, _QUOTES)


def _flow(lines: Sequence[str], context: str, here: Spot, since: Spot) -> Mistake | None:
    if "flow" not in context:
        return None
    opened = since if _line(lines, since[0])[since[1] : since[1] + 1] in ("[", "{") else _bracket(lines, since)
    sign = _line(lines, opened[0])[opened[1] : opened[1] + 1]
    tagged = "{{" in _line(lines, opened[0])
    hint = "put text that contains {{ in quotes" if tagged else "text with commas, colons or brackets goes in quotes"
    at = here if here[0] == opened[0] else opened
    return Mistake(f"the {sign} is not closed, or a comma is missing", at, hint)


def _bracket(lines: Sequence[str], before: Spot) -> Spot:
    """The last bracket that is opened before a spot; that spot where there is none."""
    for number in range(before[0], -1, -1):
        line = _line(lines, number)[: before[1] if number == before[0] else None]
        if (column := max(line.rfind("["), line.rfind("{"))) >= 0:
            return number, column
    return before


def _no_colon(lines: Sequence[str], problem: str, since: Spot) -> Mistake | None:
    if "could not find expected ':'" not in problem:
        return None
    line = _line(lines, since[0])
    glued = re.match(r"\s*(?:- +)*[\w.-]+:(?=[^\s/])", line)
    if glued:
        return Mistake("a blank is missing after the colon", (since[0], glued.end() - 1), "write `key: value`")
    hint = "text of several lines stands below `key: |`, each line indented deeper than the key"
    return Mistake("this line is no `key: value`", since, hint)


def _second_colon(lines: Sequence[str], problem: str, here: Spot) -> Mistake | None:
    if "mapping values are not allowed" not in problem:
        return None
    parts = _parts(_line(lines, here[0]))
    if parts["colon"] and parts.start("colon") < here[1]:
        if parts["value"][:1] in ("'", '"'):
            return Mistake("text goes on behind the quote that closes it", here, _QUOTES)
        return Mistake("a colon stands in text without quotes", here, "put text that contains `: ` in quotes")
    above = _above(lines, here[0])
    if above is None:
        return None
    if dash := _dash(lines[above]):
        return Mistake("a blank is missing after the dash", (above, dash - 1), "write `- key: value`")
    column, wanted = len(parts["indent"]), len(_parts(lines[above])["indent"])
    hint = f"keys that belong together begin in one column, here {wanted + 1}; text that contains `: ` goes in quotes"
    return Mistake("this line is indented deeper than the one above, which has a value", (here[0], column), hint)


def _dash(line: str) -> int:
    """The column behind a dash to which a word is glued; 0 without one."""
    found = re.match(r"\s*-(?=\w+:)", line)
    return found.end() if found else 0


def _after_quote(text: str, problem: str, here: Spot) -> Mistake | None:
    """Something behind a closing quote: the quote was meant as a part of the text, or one before it was not closed."""
    if not any(words in problem for words in _COLUMN):
        return None
    last = _last_scalar(text, here)
    if last is None or last.style not in ("'", '"') or last.end_mark.line != here[0]:
        return None
    opened, closed = last.start_mark.line, (last.end_mark.line, max(0, last.end_mark.column - 1))
    what = f"what line {opened + 1} opened" if opened != closed[0] else "it"
    return Mistake(f"text goes on behind the quote that closes {what}", closed, _QUOTES)


def _last_scalar(text: str, here: Spot) -> Any:
    import yaml

    last = None
    with suppress(yaml.YAMLError):
        for token in yaml.scan(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            if (token.start_mark.line, token.start_mark.column) >= here:
                break
            last = token if isinstance(token, yaml.ScalarToken) else last
    return last


def _column(lines: Sequence[str], problem: str, here: Spot) -> Mistake | None:
    """A line that begins where nothing above it begins."""
    if not any(words in problem for words in _COLUMN):
        return None
    line = _line(lines, here[0])
    begins = len(line) - len(line.lstrip(" "))
    if dash := _dash(line):
        return Mistake("a blank is missing after the dash", (here[0], dash - 1), "write `- key: value`")
    columns = sorted(_open_columns(lines, here[0]) - {begins})
    if not line.strip() or not columns:
        return None
    known = " or ".join(str(column + 1) for column in columns)
    hint = f"what belongs together begins in one column: here {known}"
    return Mistake(f"this line begins in column {begins + 1}, where nothing above it does", (here[0], begins), hint)


def _open_columns(lines: Sequence[str], number: int) -> set[int]:
    """The columns in which something above a line begins that is not ended yet: a dash, or a key behind it."""
    columns: set[int] = set()
    least = len(lines[number]) + 10_000
    while (above := _above(lines, number)) is not None and least > 0:
        number, line = above, lines[above]
        begins = len(line) - len(line.lstrip(" "))
        if begins < least:
            least = begins
            columns |= {begins, len(_parts(line)["indent"])}
    return columns


def _above(lines: Sequence[str], number: int) -> int | None:
    """The nearest line before one that says something."""
    told = (n for n in range(min(number, len(lines)) - 1, -1, -1) if lines[n].strip() and lines[n].lstrip()[0] != "#")
    return next(told, None)
