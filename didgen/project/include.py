"""`include:`: what several projects share, laid under what the project says itself.

The merged document keeps the place of every value in the file it comes from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from didgen.catalog.nearest import nearest
from didgen.errors import Place, Problem, ProjectError
from didgen.project.explain import field_name
from didgen.project.files import FileProblem, Files
from didgen.project.yaml_reader import Document, Spot, read_yaml

SHARED = ("vars", "voices", "pronounce", "defaults", "locales", "rights", "include")
"""Keys that an included file may have."""


def with_included(document: Document, path: Path, files: Files) -> Document:
    """A project's document over all that it includes: mappings key by key, all else as the project says, and of two
    included files as the later one. Raises ProjectError, with the place in the file that is wrong."""
    if "include" not in document.data:
        return document
    return _Included(files).over(document, path, (path,))


class _Included:
    def __init__(self, files: Files) -> None:
        self._files = files
        self._done: dict[Path, Document] = {}  # so that a file that many include is laid out once

    def over(self, document: Document, path: Path, chain: tuple[Path, ...]) -> Document:
        base: Document | None = None
        for name, at in _names(document):
            document_of = self._read(document, name, at, path, chain)
            base = document_of if base is None else _merged(base, document_of)
        return document if base is None else _merged(base, document)

    def _read(
        self, by: Document, name: str, at: tuple[str | int, ...], path: Path, chain: tuple[Path, ...]
    ) -> Document:
        try:
            file = self._files.locate(name, path.parent)
            if file in chain:
                raise FileProblem(f"{' → '.join(map(self._files.relative, (*chain, file)))} includes itself")
            if file not in self._done:
                document = read_yaml(self._files.read(file), self._files.relative(file))
                self._done[file] = self.over(_checked(document), file, (*chain, file))
            return self._done[file]
        except FileProblem as problem:
            told = Problem(str(problem), by.place(*at), field_name(at), problem.hint(path.parent))
            raise ProjectError([told]) from None


def _names(document: Document) -> list[tuple[str, tuple[str | int, ...]]]:
    written = document.data.get("include", [])
    if isinstance(written, str):
        return [(written, ("include",))]
    if not isinstance(written, list) or not all(isinstance(name, str) for name in written):
        where = document.place("include")
        raise ProjectError([Problem("must be a file or a list of files", where, "include")])
    return [(name, ("include", number)) for number, name in enumerate(written)]


def _checked(document: Document) -> Document:
    """A file that may be included. Raises ProjectError."""
    if not isinstance(document.data, dict):
        raise ProjectError([Problem("holds no `key: value` lines to share", Place(document.file, 1, 1))])
    problems = [
        Problem("cannot be shared", document.key_place(key), field_name((key,)), nearest(key, SHARED))
        for key in document.data
        if key not in SHARED
    ]
    if problems:
        raise ProjectError(problems)
    return document


def _merged(base: Document, over: Document) -> Document:
    below = {key: value for key, value in base.data.items() if key != "include"}
    data, root = _laid(below, _of(base.root, base.file), over.data, _of(over.root, over.file))
    return Document(over.file, data, root)


def _laid(base: Any, base_spot: Spot, over: Any, over_spot: Spot) -> tuple[Any, Spot]:
    if not isinstance(base, Mapping) or not isinstance(over, Mapping):
        return over, over_spot
    data = dict(over)
    spot = replace(over_spot, keys={**base_spot.keys, **over_spot.keys}, below=dict(over_spot.below))
    for key, value in base.items():
        here = _of(base_spot.below[key], base_spot.file)
        if key not in over:
            data[key], spot.below[key] = value, here
        else:
            data[key], spot.below[key] = _laid(value, here, over[key], _of(over_spot.below[key], over_spot.file))
    return data, spot


def _of(spot: Spot, file: str) -> Spot:
    """A spot that knows its file; what lies below it is of the same, unless it says so."""
    return spot if spot.file else replace(spot, file=file)
