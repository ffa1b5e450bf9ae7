"""Files through which a step talks to its runner."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping


def put_outputs(values: Mapping[str, object]) -> None:
    """Set outputs of this step. What a value says cannot end it: its end is a word that nobody knows."""
    end = f"end-{secrets.token_hex(16)}"
    _append("GITHUB_OUTPUT", "".join(f"{name}<<{end}\n{value}\n{end}\n" for name, value in values.items()))


def summary_size() -> int:
    """Bytes that this step has in its summary."""
    try:
        return os.stat(os.environ["GITHUB_STEP_SUMMARY"]).st_size
    except (KeyError, OSError):
        return 0


def put_summary(text: str) -> None:
    """Add to this step's summary."""
    _append("GITHUB_STEP_SUMMARY", text)


def _append(variable: str, text: str) -> None:
    path = os.environ.get(variable)
    if path:
        with open(path, "a", encoding="utf-8") as file:
            file.write(text)
