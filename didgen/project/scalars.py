"""Plain values that tell things apart: of a matrix, a condition, a key column. Compared by how they are written."""

from __future__ import annotations

from typing import Any

Scalar = str | int | float | bool


def is_scalar(value: Any) -> bool:
    """Whether a value is text, a number, true or false."""
    return isinstance(value, str | int | float | bool)


def as_text(value: Any) -> str:
    """A scalar as a person writes it: `true` for True, `1.5` for 1.5. So 7 and "7" are the same, and 1 and true are
    not, whichever file they come from."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
