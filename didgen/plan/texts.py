"""The words of a scene: its text or text file, templates filled in, Markdown and pronunciation done."""

from __future__ import annotations

from typing import Any

from didgen.errors import Place, Problem
from didgen.project.explain import field_name
from didgen.project.files import FileProblem, Files
from didgen.project.load import Project
from didgen.project.markdown import spoken_markdown
from didgen.project.models import ScriptSpec
from didgen.project.script import Text, length_problem, speak_text
from didgen.project.template import TemplateProblem, Templates

MARKDOWN_SUFFIXES = (".md", ".markdown")


class Texts:
    """Makes the texts of one project. Faults come back as problems at the template's own line."""

    def __init__(self, project: Project, files: Files, templates: Templates) -> None:
        self._project = project
        self._files = files
        self._templates = templates

    def take(self, script: ScriptSpec, scene_id: str, number: int) -> tuple[Text | None, list[Problem]]:
        """The text of one scene, or what is wrong with it."""
        path = ("scenes", number, "script")
        try:
            written = self._inline(script.text, scene_id, path) if script.text is not None else ""
            if script.file is not None:
                written = self._from_file(script.file, scene_id, path)
        except _WrongTextError as wrong:
            return None, [wrong.problem]
        text = speak_text(written, self._project.spec.pronounce, ssml=bool(script.ssml))
        if said := length_problem(text, ssml=bool(script.ssml)):
            return None, [self._project.problem(f"the script {said}", *path)]
        return text, []

    def _variables(self, scene_id: str) -> dict[str, Any]:
        """What templates may name; the author's own variables win over ours."""
        spec = self._project.spec
        return {"name": self._project.name, "locale": spec.locale, "scene": scene_id, **spec.vars}

    def _inline(self, text: str, scene_id: str, path: tuple[str | int, ...]) -> str:
        try:
            return self._templates.render(text, self._variables(scene_id))
        except TemplateProblem as problem:
            raw = self._project.document
            full = path if isinstance(_at(raw.data, path), str) else (*path, "text")
            place = raw.text_line(problem.line, *full)
            raise _WrongTextError(Problem(str(problem), place, field_name(full), problem.hint)) from None

    def _from_file(self, template: str, scene_id: str, path: tuple[str | int, ...]) -> str:
        here = (*path, "file")
        try:
            name = self._templates.render(template, self._variables(scene_id))
            file = self._files.locate(name, self._project.folder)
            source = self._files.read(file).decode("utf-8-sig")
        except TemplateProblem as problem:
            raise self._wrong(str(problem), here, problem.hint) from None
        except UnicodeDecodeError:
            raise self._wrong(f"{name} is not UTF-8 text", here) from None
        except FileProblem as problem:
            raise self._wrong(str(problem), here) from None
        try:
            text = self._templates.render(source, self._variables(scene_id))
        except TemplateProblem as problem:
            place = Place(self._files.relative(file), problem.line)
            raise _WrongTextError(Problem(str(problem), place, "", problem.hint)) from None
        return spoken_markdown(text) if file.suffix.lower() in MARKDOWN_SUFFIXES else text

    def _wrong(self, message: str, path: tuple[str | int, ...], hint: str = "") -> _WrongTextError:
        return _WrongTextError(self._project.problem(message, *path, hint=hint))


class _WrongTextError(Exception):
    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


def _at(data: Any, path: tuple[str | int, ...]) -> Any:
    for step in path:
        data = data[step]
    return data
