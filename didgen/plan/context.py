"""One scene while it is resolved: what it is made from, and what is found wrong with it on the way."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from didgen.errors import DidgenError, Problem
from didgen.plan.cast import Cast
from didgen.plan.identity import ServiceId
from didgen.plan.inputs import Inputs
from didgen.plan.instances import Instance
from didgen.plan.texts import Texts, WrongTextError
from didgen.project.files import FileProblem
from didgen.project.load import Project
from didgen.project.models import SceneSpec

Path = tuple[str | int, ...]


@dataclass(slots=True)
class Context:
    """What one scene is made from. Its problems are gathered, so that one fault hides no other; notes: what its writer
    should know."""

    project: Project
    cast: Cast
    texts: Texts
    instance: Instance
    inputs: Inputs
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def service(self) -> ServiceId:
        """Who renders it."""
        return self.inputs.service

    @property
    def spec(self) -> SceneSpec:
        """The scene as written."""
        return self.instance.spec

    @property
    def number(self) -> int:
        """Its place among the project's scenes, from 0."""
        return self.instance.number

    def fail(self, message: str, path: Path, hint: str = "") -> None:
        """Something is wrong with what the file says at `path`."""
        self.problems.append(self.project.problem(message, *path, hint=hint))

    def filled(self, value: Any, path: Path) -> Any:
        """A value with its templates filled in; None for one whose template is wrong."""
        try:
            return self.texts.fill(value, self.instance, path)
        except WrongTextError as wrong:
            self.problems.append(wrong.problem)
            return None

    def input(self, name: str, written: str, path: Path) -> str:
        """The URL that stands in the request for what the file names at `path`. name: the wire field."""
        try:
            return self.inputs.take(name, written, self.project.folder_of(*path))
        except FileProblem as problem:
            self.fail(str(problem), path, problem.hint(self.project.folder_of(*path)))
        except DidgenError as error:
            self.fail(error.message, path, error.hint)
        return "unusable"
