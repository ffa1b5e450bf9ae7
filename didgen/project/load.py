"""From a YAML file to a project as written, with the place of everything in it."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from didgen.catalog.nearest import nearest
from didgen.errors import Place, Problem, ProjectError
from didgen.project.explain import explain, field_name, path_of
from didgen.project.files import FileProblem, Files
from didgen.project.finding import PROJECT_FILE
from didgen.project.include import with_included
from didgen.project.models import ID_PATTERN, ProjectSpec
from didgen.project.yaml_reader import Document, read_yaml

BEARING = (
    *("didgen", "service", "locale", "vars", "matrix", "data", "include", "voices", "defaults", "locales"),
    *("source", "voice"),
)
"""Keys that scenes stand on: of a project and of `defaults`."""

Keys = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Project:
    """A project as written.

    numbers: for each of `spec.scenes` its place in the file's list. problems: what is wrong in scenes that were left
    out of `spec`; `plan.resolve` adds its own and raises all of them together, so that one run tells every mistake.
    made_of: the bytes of its file where they are all that it was made of, None for one that includes others.
    """

    spec: ProjectSpec
    name: str
    path: Path
    document: Document
    numbers: tuple[int, ...]
    problems: tuple[Problem, ...] = ()
    made_of: bytes | None = None

    @property
    def folder(self) -> Path:
        """The folder that file names in this project start from."""
        return self.path.parent

    def folder_of(self, *path: str | int) -> Path:
        """The folder that a file name at `path` starts from: that of the file it is written in."""
        file = self.document.place(*path).file
        if file == self.document.file:
            return self.folder
        there = os.path.relpath(os.path.dirname(file) or ".", os.path.dirname(self.document.file) or ".")
        return Path(os.path.normpath(self.folder / there))

    def problem(self, message: str, *path: str | int, hint: str = "") -> Problem:
        """A problem with the value at `path` of the file."""
        return Problem(message, self.document.place(*path), field_name(path), hint)


def load_project(path: Path, files: Files, former: Project | None = None) -> Project:
    """Read and check one project file. former: as it was read before; it is taken again where it is still that.

    Raises ProjectError when nothing can be made of it, or when something is wrong that scenes stand on (BEARING) and
    without which half of them would look wrong too. All other mistakes are kept in `Project.problems`.
    """
    raw = _read(path, files)
    if former is not None and (former.made_of, former.path) == (raw, path):
        return former
    document = read_yaml(raw, files.relative(path))
    data = document.data
    if not isinstance(data, dict):
        raise ProjectError([Problem("is not a project", document.place(), hint="begin it with `didgen: 1`")])
    made_of = None if "include" in data else raw
    document = with_included(document, path, files)
    data = document.data
    spec, problems, numbers = _validate(data, document)
    problems += [p for p in _film_problems(spec, document) if p.place not in {q.place for q in problems}]
    name = spec.name or _folder_name(path)
    if not re.match(ID_PATTERN, name):
        problems.append(Problem(f"{name!r} cannot name a project", document.place(), "name", "write a `name:`"))
    return Project(spec, name, path, document, numbers, tuple(problems), made_of)


def _read(path: Path, files: Files) -> bytes:
    try:
        return files.read(files.locate(files.relative(path), files.root))
    except FileProblem as problem:
        raise ProjectError([Problem(str(problem), Place(files.relative(path)))]) from None


def name_problems(root: Path, projects: Sequence[Project], named: Iterable[tuple[str, Path]] = ()) -> list[Problem]:
    """A problem for each project whose name another has: they would write over each other's output.

    named: (name, file) of all the workspace holds, so that building one project cannot take another's place.
    """
    built = {os.path.realpath(project.path) for project in projects}
    owners: dict[str, str] = {}
    for name, path in named:
        if os.path.realpath(path) not in built:
            owners.setdefault(_as_folder(name), os.path.realpath(path))
    problems = []
    for project in projects:
        here = os.path.realpath(project.path)
        other = owners.setdefault(_as_folder(project.name), here)
        if other != here:
            message = f"is the name of {os.path.relpath(other, root)} too"
            problems.append(project.problem(message, "name", hint="give one of them another `name:`"))
    return problems


def _as_folder(name: str) -> str:
    """What two names have in common that share a folder of outputs."""
    return name.lower().rstrip(".-")


def _validate(data: dict[str, Any], document: Document) -> tuple[ProjectSpec, list[Problem], tuple[int, ...]]:
    try:
        return _strict(data), [], tuple(range(len(data.get("scenes") or ())))
    except ValidationError as error:
        errors = error.errors(include_url=False)
    problems = explain(errors, document)
    bad = {path for path in (path_of(e, data) for e in errors) if path != ("scenes",)}
    spec, numbers = (None, ()) if any(map(_bears, bad)) else _without(data, bad)
    if spec is None:
        raise ProjectError(problems)
    return spec, problems, numbers


def _bears(path: Keys) -> bool:
    """Whether scenes stand on what is wrong at `path`, or on what it was meant to be."""
    from difflib import get_close_matches

    if path[:1] == ("scenes",):
        return False
    key = path[1] if path[:1] == ("defaults",) and len(path) > 1 else "".join(map(str, path[:1]))
    return not path or bool(get_close_matches(str(key), BEARING))


def _without(data: dict[str, Any], bad: set[Keys]) -> tuple[ProjectSpec | None, tuple[int, ...]]:
    """The project without what is wrong in it: what is right in its scenes can still be looked at."""
    if not isinstance(data.get("scenes"), list):
        return None, ()
    wrong: dict[str | int, set[str]] = {}
    for path in bad:
        if path[0] == "scenes":
            wrong.setdefault(path[1], set()).add(str(path[2]) if len(path) > 2 else "id")
    rest = [(n, _salvaged(scene, wrong.get(n, set()))) for n, scene in enumerate(data["scenes"])]
    kept = [(n, scene) for n, scene in rest if scene is not None]
    try:
        return _strict({**_shared(data, bad), "scenes": [scene for _, scene in kept]}), tuple(n for n, _ in kept)
    except ValidationError:
        return None, ()


def _shared(data: dict[str, Any], bad: set[Keys]) -> dict[str, Any]:
    """What stands beside the scenes, without its wrong keys."""
    wrong = {path[0] for path in bad} - {"scenes", "defaults"}
    shared = {key: value for key, value in data.items() if key not in wrong}
    if isinstance(data.get("defaults"), dict):
        wrong = {path[1] for path in bad if path[0] == "defaults"}
        shared["defaults"] = {key: value for key, value in data["defaults"].items() if key not in wrong}
    return shared


def _salvaged(scene: Any, wrong: set[str]) -> Any:
    """A scene without its wrong keys; None when one of them is, or was meant to be, what makes the scene."""
    from difflib import get_close_matches

    if any(get_close_matches(key, ("id", "script", "source", "each", "when")) for key in wrong):
        return None
    return {key: value for key, value in scene.items() if key not in wrong} if wrong else scene


def _strict(data: dict[str, Any]) -> ProjectSpec:
    """JSON mode, because only there a strict model takes a list for a tuple."""
    return ProjectSpec.model_validate_json(json.dumps(data, ensure_ascii=False), strict=True)


def _film_problems(spec: ProjectSpec, document: Document) -> list[Problem]:
    scenes = document.data.get("scenes")
    ids = [s.get("id") for s in scenes if isinstance(s, dict)] if isinstance(scenes, list) else []
    known = list(dict.fromkeys(i for i in ids if isinstance(i, str)))
    return [
        Problem(f"there is no scene {name!r}", document.place("film", n), f"film[{n}]", nearest(name, known))
        for n, name in enumerate(spec.film or ())
        if name not in known
    ]


def _folder_name(path: Path) -> str:
    """A project without a name is called as its folder, or as its file when that is not `project.yaml`."""
    return path.parent.name if path.name == PROJECT_FILE else path.stem
