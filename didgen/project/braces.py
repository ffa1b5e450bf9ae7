"""Names in single braces, which are spoken as they stand where a variable was probably meant."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_NAME = r"[^\W\d]\w*"
_PIECES = re.compile(
    r"\{%-?\s*raw\b.*?\{%-?\s*endraw\b.*?%\}|\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}"  # the template's own: passed over
    rf"|\{{[ \t]*(?P<name>{_NAME}(?:\.{_NAME})*)[ \t]*\}}",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Single:
    """A variable's name in single braces. written: with them; line, column: where that begins, from 1."""

    name: str
    written: str
    line: int
    column: int


def single_braces(text: str, variables: Mapping[str, Any]) -> list[Single]:
    """Each of these variables that a text has in single braces, where it first does so."""
    found: dict[str, Single] = {}
    for match in _PIECES.finditer(text):
        name = match["name"]
        if name is not None and name not in found and _is_known(name, variables):
            begin = match.start()
            line, column = text.count("\n", 0, begin) + 1, begin - text.rfind("\n", 0, begin)
            found[name] = Single(name, match[0], line, column)
    return list(found.values())


def _is_known(name: str, variables: Mapping[str, Any]) -> bool:
    """Whether `product` or `row.email` stands for something."""
    value: Any = variables
    for step in name.split("."):
        if not isinstance(value, Mapping) or step not in value:
            return False
        value = value[step]
    return True
