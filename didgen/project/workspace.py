"""Where a workspace lies, which projects it holds, and its settings. Light: YAML is parsed only for settings."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from didgen.catalog.nearest import nearest
from didgen.errors import Place, Problem, ProjectError, UsageError
from didgen.project.finding import PROJECT_FILE, names_below, root_above

if TYPE_CHECKING:
    from didgen.project.output import OutputTemplate

_NAME = re.compile(rb"^name\s*:\s*['\"]?([A-Za-z0-9][A-Za-z0-9._-]*)", re.MULTILINE)
_KEY = re.compile(rb"^(?:didgen|['\"]didgen['\"])\s*:", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of a workspace. service "" leaves each project its own; jobs 0 lets the engine choose.

    paid: servers on this machine cost money, as D-ID does: something in front of it listens there. budget: credits that
    a build may spend without being asked about, None: none was agreed to. credit_s: seconds of video that a credit buys
    at services other than D-ID, 0: they are free, None: nobody knows. output: where videos go whose projects say
    nothing of it. store: address of the store shared with other machines, "" for none; store_push: builds put there
    what they made, too.
    """

    service: str = ""
    jobs: int = 0
    paid: bool = False
    budget: int | None = None
    credit_s: float | None = None
    output: OutputTemplate | None = None
    store: str = ""
    store_push: bool = False

    def __post_init__(self) -> None:
        if self.store:
            from didgen.catalog.stores import store_problem

            if problem := store_problem(self.store):
                raise UsageError(problem, hint=STORE_HINT)
        if not 0 <= self.jobs <= 64:
            raise UsageError(f"jobs is {self.jobs}", hint="a number from 1 to 64, or 0 to let didgen choose")
        if self.budget is not None and self.budget < 0:
            raise UsageError(f"budget is {self.budget}", hint="credits that a build may spend, 0 or more")
        if self.credit_s is not None and not 0 <= self.credit_s < math.inf:
            raise UsageError(
                f"credit_s is {self.credit_s:g}", hint="seconds of video that a credit buys, or 0 for free"
            )


def find_root(start: Path) -> Path:
    """The workspace root: the nearest parent of `start` with one of MARKS, else it."""
    return Path(root_above(str(start)))


def find_projects(root: Path, names: Sequence[str] = ()) -> list[Path]:
    """Project files by name (`projects/NAME/project.yaml`) or by path; all of the workspace without a name.

    Raises UsageError for a name nobody has, with the nearest right one.
    """
    if names:
        return list(dict.fromkeys(_find(root, name) for name in names))
    found = [root / "projects" / name / PROJECT_FILE for name in project_names(root)]
    if not found:
        raise UsageError(f"no project in {root}", hint="`didgen init` makes one")
    return found


def project_names(root: Path) -> list[str]:
    """Names of the projects in `projects/`, sorted."""
    return names_below(str(root))


def _find(root: Path, name: str) -> Path:
    if "/" not in name and not name.endswith((".yaml", ".yml")):
        path = root / "projects" / name / PROJECT_FILE
        if path.is_file():
            return path
        called = dict(named_projects(root))
        if name in called:
            return called[name]
        hint = _not_a_project(path) or nearest(name, {*project_names(root), *called})
        raise UsageError(f"there is no project {name!r}", hint=hint)
    path = Path(os.path.realpath(name if os.path.exists(name) else root / name))
    if not path.is_file():
        raise UsageError(f"{name} does not exist")
    if not path.is_relative_to(os.path.realpath(root)):
        raise UsageError(f"{name} lies outside the workspace {root}", hint="-C names another workspace")
    if not _KEY.search(path.read_bytes()[:1_000_000]):
        raise UsageError(f"{name} is not a project: it has no `didgen:` key", hint="write `didgen: 1` at its top")
    return path


def _not_a_project(path: Path) -> str:
    """What is wrong with the folder in which a project file was looked for; "" when there is no such folder."""
    if path.is_dir():
        return f"projects/{path.parent.name}/{path.name} is a folder"
    if path.is_symlink():
        return f"projects/{path.parent.name}/{path.name} is a link that leads nowhere"
    return f"projects/{path.parent.name}/ holds no {path.name}" if path.parent.is_dir() else ""


def named_projects(root: Path) -> list[tuple[str, Path]]:
    """Names and files of all in `projects/`; by the `name:` that addresses begin with, read without a parser."""
    paths = [root / "projects" / folder / PROJECT_FILE for folder in project_names(root)]
    return [(name_in(path), path) for path in paths]


def name_in(path: Path) -> str:
    """The name that a project file gives its project, read without a parser; that of its folder where it gives none."""
    with open(path, "rb") as file:
        match = _NAME.search(file.read(1_000_000))
    return match[1].decode() if match else path.parent.name if path.name == PROJECT_FILE else path.stem


def read_settings(root: Path, environ: Mapping[str, str]) -> Settings:
    """Settings of `didgen.yaml`, overridden by DIDGEN_SERVICE, DIDGEN_JOBS, DIDGEN_PAID, DIDGEN_BUDGET, DIDGEN_STORE
    and DIDGEN_STORE_PUSH.

    Raises ProjectError, UsageError.
    """
    from didgen.catalog.services import is_service, service_name

    path = root / "didgen.yaml"
    if path.is_dir():
        raise UsageError(f"{path} is a folder, and the settings are a file", hint="move it away")
    settings = _parse_settings(path) if path.is_file() else Settings()
    service = environ.get("DIDGEN_SERVICE") or settings.service
    jobs = environ.get("DIDGEN_JOBS") or str(settings.jobs)
    if not jobs.isascii() or not jobs.isdigit():
        raise UsageError(f"DIDGEN_JOBS is {jobs!r}", hint="a number from 1 to 64")
    paid = _switch(environ, "DIDGEN_PAID", settings.paid)
    push = _switch(environ, "DIDGEN_STORE_PUSH", settings.store_push)
    store = environ.get("DIDGEN_STORE") or settings.store
    budget = environ.get("DIDGEN_BUDGET", "")
    if budget and not (budget.isascii() and budget.isdigit()):
        raise UsageError(f"DIDGEN_BUDGET is {budget!r}", hint="credits that a build may spend, a whole number")
    service = service_name(service) if is_service(service) else service
    return replace(
        settings,
        service=service,
        jobs=int(jobs),
        paid=paid,
        budget=int(budget) if budget else settings.budget,
        store=store,
        store_push=push,
    )


def _switch(environ: Mapping[str, str], name: str, otherwise: bool) -> bool:
    value = environ.get(name) or str(int(otherwise))
    if value not in ("0", "1"):
        raise UsageError(f"{name} is {value!r}", hint="1, or 0 for no")
    return value == "1"


_KINDS: dict[str, tuple[tuple[type, ...], str]] = {
    "service": ((str,), "text"),
    "jobs": ((int,), "a whole number"),
    "paid": ((bool,), "true or false"),
    "budget": ((int,), "a whole number of credits"),
    "credit_s": ((int, float), "a number of seconds"),
    "output": ((str,), "text"),
    "store": ((str,), "text"),
    "store_push": ((bool,), "true or false"),
}

STORE_HINT = "s3://bucket/prefix, gs://bucket/prefix, az://container/prefix, or a folder"


def _parse_settings(path: Path) -> Settings:
    from didgen.catalog.services import is_service, service_hint, unknown_service
    from didgen.catalog.stores import store_problem
    from didgen.project.output import OutputTemplate, output_fault
    from didgen.project.yaml_reader import read_yaml

    document = read_yaml(path.read_bytes(), path.name)
    data = document.data if document.data is not None else {}
    if not isinstance(data, dict):
        raise ProjectError([Problem("must hold `key: value` lines", Place(path.name, 1, 1))])
    problems = []
    for key, value in data.items():
        if key not in _KINDS:
            problems.append(Problem("unknown setting", document.key_place(key), key, nearest(key, list(_KINDS))))
        elif type(value) not in _KINDS[key][0]:
            problems.append(Problem(f"must be {_KINDS[key][1]}", document.place(key), key))
        elif key == "output" and (fault := output_fault(value)):
            problems.append(Problem(fault, document.place(key), key))
        elif key == "store" and (problem := store_problem(value)):
            problems.append(Problem(problem, document.place(key), key, STORE_HINT))
        elif key == "service" and not is_service(value):
            problems.append(Problem(unknown_service(value), document.place(key), key, service_hint(value)))
    if problems:
        raise ProjectError(problems)
    output = OutputTemplate(data["output"], document.place("output"), "output") if "output" in data else None
    return Settings(**{**data, "output": output})
