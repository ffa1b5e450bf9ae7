"""The files that somebody may have meant who named one that is not there. Looked for only then."""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import islice

OUTPUT = "output"  # what is made is no input

MOST_FILES, MOST_FOLDERS = 2_000, 500  # looked at below one folder
MOST_HINTS = 20  # of one walk: a thousand scenes can miss a file each, and to compare names takes time
MOST_NAMED = 2
LIKE, VERY_LIKE = 0.6, 0.8  # of difflib's ratio


class Nearby:
    """The files of one workspace by name, each folder listed once. prefix: the workspace's path with a slash."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._listed: dict[str, list[str]] = {}
        self._told = 0

    def hint(self, path: str, folder: str) -> str:
        """The nearest names to a path at which nothing is, as they are written in a file of `folder`; "" without."""
        self._told += 1
        if self._told > MOST_HINTS or not path.startswith(self._prefix):
            return ""
        found = self._found(path)
        names = [os.path.relpath(name, folder).replace(os.sep, "/") for name in found]
        return f"did you mean {' or '.join(map(repr, names))}?" if names else ""

    def _found(self, path: str) -> list[str]:
        """Files beside it or below the nearest folder that there is, else one folder further up."""
        there = os.path.dirname(path)
        while not os.path.isdir(there):
            there = os.path.dirname(there)
        for base in (there, os.path.dirname(there)):
            if f"{base}/".startswith(self._prefix) and (found := self._alike(path, base)):
                return found
        return []

    def _alike(self, path: str, base: str) -> list[str]:
        """Of the files below a folder those that are called as the path, wherever they lie, else nearly so."""
        names = self._below(base)
        called = os.path.basename(path).lower()
        same = [name for name in names if os.path.basename(name).lower() == called]
        return [os.path.join(base, name) for name in (same or _close(called, names))[:MOST_NAMED]]

    def _below(self, base: str) -> list[str]:
        """Files below a folder that are not hidden, relative to it, the uppermost first."""
        if base not in self._listed:
            found: list[str] = []
            for folder, folders, names in islice(os.walk(base), MOST_FOLDERS):
                folders[:] = sorted(name for name in folders if not name.startswith(".") and name != OUTPUT)
                shown = sorted(name for name in names if not name.startswith(".") and name.isprintable())
                found += [os.path.relpath(os.path.join(folder, name), base) for name in shown]
                if len(found) > MOST_FILES:
                    break
            self._listed[base] = found[:MOST_FILES]
        return self._listed[base]


def _close(called: str, names: Sequence[str]) -> list[str]:
    """The one file that is called nearly so, else those whose names without suffix are: all pictures have that in
    common, and `anna.png` may be `anna.jpg`."""
    from difflib import get_close_matches

    by_name = {os.path.basename(name).lower(): name for name in reversed(names)}
    if close := get_close_matches(called, by_name, n=1, cutoff=VERY_LIKE):
        return [by_name[close[0]]]
    by_stem: dict[str, list[str]] = {}
    for name in names:
        by_stem.setdefault(_stem(name), []).append(name)
    stems = get_close_matches(_stem(called), by_stem, n=MOST_NAMED, cutoff=LIKE)
    return [name for stem in stems for name in by_stem[stem]]


def _stem(name: str) -> str:
    return os.path.splitext(os.path.basename(name))[0].lower()
