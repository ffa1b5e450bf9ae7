"""Where outputs go, as written: `output: "{{ project }}/{{ scene }}.{{ locale }}.mp4"`.

Names in double braces and nothing else: no template runs, so that ten thousand of them cost nothing, all that can be
wrong is known when it is read, and no value makes a folder. Light: settings are read with it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath

from didgen.errors import Place

FORMATS = ("mp4", "mov", "gif")
"""Suffixes of videos: what `result_format` can be here."""

MAX_CHARS = 400
MAX_NAME_BYTES = 200
"""Of one folder or file, without the suffix: every system takes 255."""

_NAME = re.compile(r"\{\{\s*([A-Za-z_][A-Za-z0-9_]*(?:\.[^\s{}/\\]+)?)\s*\}\}")
_HOLE = "\0"
_UNFIT = set('\\:*?"<>|')


def output_fault(text: str) -> str:
    """What is wrong with a template, as it continues its name: "is empty"; "" for nothing."""
    bare = _NAME.sub(_HOLE, text)
    if not text.strip() or len(text) > MAX_CHARS:
        return f"is longer than {MAX_CHARS} characters" if text.strip() else "is empty"
    if "{" in bare or "}" in bare:
        return "may hold names in double braces, such as {{ scene }}, and nothing else in braces"
    if unfit := [sign for sign in text if sign in _UNFIT or not sign.isprintable()]:
        return f"holds {unfit[0]!r}, which not every system takes in the name of a file"
    if ".." in bare.split("/"):
        return "leads out of its folder"
    first, *below = text.split("/")
    found = _NAME.fullmatch(first)
    if found is None or found[1] != "project" or not below:
        return "must begin with {{ project }}/: the files of every project stay in a folder of its own"
    return _segments_fault(bare.split("/")[1:])


def _segments_fault(segments: list[str]) -> str:
    """The same of what stands between slashes; names are holes."""
    for one in segments:
        if not one.strip():
            return "has nothing between two slashes" if one is not segments[-1] else "names no file"
        if one.startswith((".", " ")) or one.endswith((".", " ")):
            return f"has a name that begins or ends with a {'dot' if '.' in (one[0], one[-1]) else 'space'}"
    suffix = _suffix(segments[-1])
    if suffix and suffix not in FORMATS:
        return f"ends in .{suffix}, and a video is mp4, mov or gif: leave the suffix out, or name one of these"
    return ""


def _suffix(bare: str) -> str:
    suffix = os.path.splitext(bare)[1].removeprefix(".")
    return "" if _HOLE in suffix else suffix


@dataclass(frozen=True, slots=True)
class OutputTemplate:
    """A template in which nothing is wrong, and where it is written. Raises ValueError for another."""

    text: str
    place: Place | None = None
    field: str = ""

    def __post_init__(self) -> None:
        if fault := output_fault(self.text):
            raise ValueError(fault)

    @property
    def suffix(self) -> str:
        """The format its file name ends in, without the dot; "" where it leaves that open."""
        return _suffix(_NAME.sub(_HOLE, self.text).rpartition("/")[2])

    @property
    def names(self) -> list[str]:
        """The names it wants values of: `scene`, `row.email`."""
        return [found[1] for found in _NAME.finditer(self.text)]

    def filled(self, value: Callable[[str], str]) -> PurePosixPath:
        """The place below `output/`, without the format's suffix. value: of a name, fit to be part of a file name."""
        text = self.text.removesuffix(f".{self.suffix}") if self.suffix else self.text
        return PurePosixPath(_NAME.sub(lambda found: value(found[1]), text))
