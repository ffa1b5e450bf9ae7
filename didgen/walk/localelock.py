"""`locales.lock`, beside the project file and committed with it: which source text each translation was made from.

    {"didgen": 1, "accepted": {address: digest}, "texts": {digest: text}}

Written by `didgen locale accept` and nothing else, sorted, so that two branches merge line by line. The texts are kept,
each once, so that it can be said which words have changed since, without any history.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from didgen.errors import Place, Problem, ProjectError
from didgen.plan.translations import Accepted
from didgen.project.files import FileProblem, Files
from didgen.store.whole import write_whole

FORMAT = 1
NAME = "locales.lock"


def read_accepted(folder: Path, files: Files) -> Accepted:
    """What was accepted in a project's folder, nothing where there is no such file; the walk depends on it either way.

    Raises ProjectError for one that a newer didgen wrote, and for what is none: an unfinished merge, an edit.
    """
    path = folder / NAME
    if not path.exists():
        files.note_missing(path)
        return Accepted()
    shown = files.relative(path)
    try:
        read = json.loads(files.read(path))
    except FileProblem as problem:
        raise _problem(str(problem), shown) from None
    except json.JSONDecodeError as error:
        raise _problem(f"is no JSON: {error.msg}", shown, error.lineno, error.colno) from None
    except (UnicodeDecodeError, RecursionError):
        raise _problem("is no JSON", shown) from None
    version = read.get("didgen") if isinstance(read, dict) else None
    if isinstance(version, int) and version > FORMAT:
        message = f"was written by a newer didgen (format {version}, this one knows {FORMAT})"
        raise _problem(message, shown, hint="use that didgen; nothing was changed")
    if not isinstance(read, dict) or not all(_is_texts(read.get(key)) for key in ("accepted", "texts")):
        raise _problem("does not say what was accepted", shown)
    return Accepted(read["accepted"], read["texts"])


def _is_texts(value: object) -> bool:
    return isinstance(value, Mapping) and all(isinstance(text, str) for text in value.values())


def _problem(what: str, shown: str, line: int = 0, column: int = 0, hint: str = "") -> ProjectError:
    advice = hint or "finish the merge, or delete the file and accept again what is right"
    return ProjectError([Problem(what, Place(shown, line, column), hint=advice)])


def write_accepted(folder: Path, accepted: Accepted) -> bool:
    """Put it in place, whole or not at all; whether that changed anything. An empty one is not made. Raises
    StorageError."""
    told = {
        "didgen": FORMAT,
        "accepted": dict(sorted(accepted.of.items())),
        "texts": dict(sorted(accepted.texts.items())),
    }
    data = (json.dumps(told, ensure_ascii=False, indent=1) + "\n").encode()
    try:
        same = (folder / NAME).read_bytes() == data
    except OSError:
        same = not accepted.of
    if not same:
        write_whole(folder / NAME, data)
    return not same
