"""The `didgen` command: a click group whose commands are imported only when called."""

from __future__ import annotations


def main() -> None:
    """Entry point."""
