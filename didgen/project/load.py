"""From a YAML file to a project as written, with the place of everything in it."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from didgen.catalog.nearest import nearest
from didgen.errors import Place, Problem, ProjectError
from didgen.project.explain import explain, field_name, path_of
from didgen.project.files import FileProblem, Files
from didgen.project.models import ID_PATTERN, ProjectSpec
from didgen.project.workspace import PROJECT_FILE
from didgen.project.yaml_reader import Document, read_yaml


@dataclass(frozen=True, slots=True)
class Project:
    """A project as written.

    numbers: for each of `spec.scenes` its place in the file's list. problems: what is wrong in scenes that were left
    out of `spec`; `plan.resolve` adds its own and raises all of them together, so that one run tells every mistake.
    """

    spec: ProjectSpec
    name: str
    path: Path
    document: Document
    numbers: tuple[int, ...]
    problems: tuple[Problem, ...] = ()

    @property
    def folder(self) -> Path:
        """The folder that file names in this project start from."""
        return self.path.parent

    def problem(self, message: str, *path: str | int, hint: str = "") -> Problem:
        """A problem with the value at `path` of the file."""
        return Problem(message, self.document.place(*path), field_name(path), hint)


def load_project(path: Path, files: Files) -> Project:
    """Read and check one project file.

    Raises ProjectError when nothing can be made of it, or when something wrong outside the scenes (defaults, vars,
    service) would make half of the scenes look wrong too. Mistakes inside scenes are kept in `Project.problems`.
    """
    document = read_document(path, files)
    data = document.data
    if not isinstance(data, dict):
        raise ProjectError([Problem("is not a project", document.place(), hint="begin it with `didgen: 1`")])
    spec, problems, numbers = _validate(data, document)
    problems += [p for p in _film_problems(spec, document) if p.place not in {q.place for q in problems}]
    name = spec.name or _folder_name(path)
    if not re.match(ID_PATTERN, name):
        problems.append(Problem(f"{name!r} cannot name a project", document.place(), "name", "write a `name:`"))
    return Project(spec, name, path, document, numbers, tuple(problems))


def read_document(path: Path, files: Files) -> Document:
    """The YAML of one file of the workspace. Raises ProjectError."""
    try:
        inside = files.locate(files.relative(path), files.root)
        return read_yaml(files.read(inside), files.relative(path))
    except FileProblem as problem:
        raise ProjectError([Problem(str(problem), Place(files.relative(path)))]) from None


def check_names(projects: Sequence[Project]) -> None:
    """Two projects of one name would write over each other's output. Raises ProjectError naming both."""
    first: dict[str, Project] = {}
    problems = []
    for project in projects:
        other = first.setdefault(project.name.lower().rstrip(".-"), project)
        if other is not project:
            message = f"is the name of {other.document.file} too"
            problems.append(project.problem(message, "name", hint="give one of them another `name:`"))
    if problems:
        raise ProjectError(problems)


def _validate(data: dict[str, Any], document: Document) -> tuple[ProjectSpec, list[Problem], tuple[int, ...]]:
    try:
        return _strict(data), [], tuple(range(len(data.get("scenes") or ())))
    except ValidationError as error:
        errors = error.errors(include_url=False)
    problems = explain(errors, document)
    bad = {path for path in (path_of(e, data) for e in errors) if path != ("scenes",)}
    spec, numbers = _without(data, bad) if all(path[:1] == ("scenes",) for path in bad) else (None, ())
    if spec is None:
        raise ProjectError(problems)
    return spec, problems, numbers


def _without(data: dict[str, Any], bad: set[tuple[str | int, ...]]) -> tuple[ProjectSpec | None, tuple[int, ...]]:
    """The project without what is wrong in its scenes: what is right in them can still be looked at."""
    if not isinstance(data.get("scenes"), list):
        return None, ()
    wrong: dict[str | int, set[str]] = {}
    for path in bad:
        wrong.setdefault(path[1], set()).add(str(path[2]) if len(path) > 2 else "id")
    rest = [(n, _salvaged(scene, wrong.get(n, set()))) for n, scene in enumerate(data["scenes"])]
    kept = [(n, scene) for n, scene in rest if scene is not None]
    try:
        return _strict({**data, "scenes": [scene for _, scene in kept]}), tuple(n for n, _ in kept)
    except ValidationError:
        return None, ()


def _salvaged(scene: Any, wrong: set[str]) -> Any:
    """A scene without its wrong keys; None when one of them is, or was meant to be, what makes the scene."""
    from difflib import get_close_matches

    if any(get_close_matches(key, ("id", "script", "source")) for key in wrong):
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
