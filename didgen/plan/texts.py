"""The words of a scene: its text or text file, templates filled in, Markdown and pronunciation done."""

from __future__ import annotations

import os
from codecs import BOM_UTF8
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from didgen.errors import Place, Problem
from didgen.plan.instances import Instance
from didgen.project.braces import single_braces
from didgen.project.explain import field_name
from didgen.project.files import FileProblem, Files
from didgen.project.load import Project
from didgen.project.markdown import MAX_CHARACTERS, spoken_markdown
from didgen.project.models import ScriptSpec
from didgen.project.script import Text, length_problem, plain_ends, speak_text
from didgen.project.template import TemplateProblem, Templates, has_tags

MARKDOWN_SUFFIXES = (".md", ".markdown")

Keys = tuple[str | int, ...]


class Texts:
    """Makes the texts of one project. Faults come back as problems at the template's own line."""

    def __init__(self, project: Project, files: Files, templates: Templates) -> None:
        self._project = project
        self._files = files
        self._templates = templates
        self._folder = str(project.folder)

    def take(self, script: ScriptSpec, instance: Instance, notes: list[str]) -> tuple[Text | None, list[Problem]]:
        """The text of one instance, or what is wrong with it. notes: what its writer should know is added to them."""
        path = ("scenes", instance.number, "script")
        try:
            written = self._inline(script.text, instance, path, notes) if script.text is not None else ""
            if script.file is not None:
                written = self._from_file(script, script.file, instance, path, notes)
        except WrongTextError as wrong:
            return None, [wrong.problem]
        text = speak_text(written, self._project.spec.pronounce, ssml=bool(script.ssml))
        if said := length_problem(text, ssml=bool(script.ssml)):
            return None, [self._project.problem(f"the script {said}", *path)]
        return text, []

    def fill(self, value: Any, instance: Instance, path: Keys) -> Any:
        """A value with the templates in its texts filled in. Raises WrongTextError."""
        if isinstance(value, Mapping):
            return {key: self.fill(one, instance, (*path, key)) for key, one in value.items()}
        if not isinstance(value, str) or not has_tags(value):
            return value
        try:
            made = self._render(value, instance, self._project.document.place(*path).file).strip()
        except TemplateProblem as problem:
            _stop_if_included(problem)
            raise self._wrong(str(problem), path, problem.hint) from None
        if not made:
            raise self._wrong("is empty once its template is filled in", path)
        return made

    def _inline(self, text: str, instance: Instance, path: Keys, notes: list[str]) -> str:
        if "{" not in text:
            return text
        full = path if isinstance(_at(self._project.document.data, path), str) else (*path, "text")
        at = partial(self._spot, text, full)
        try:
            made = self._render(text, instance, self._project.document.place(*path).file)
        except TemplateProblem as problem:
            _stop_if_included(problem)
            place = at(problem.line, problem.column)
            raise WrongTextError(Problem(str(problem), place, field_name(full), problem.hint)) from None
        notes += self._single(text, made, instance, at)
        return made

    def _spot(self, text: str, path: Keys, line: int, column: int) -> Place:
        """Where a spot of a text of the project's file stands: in its own line of the file, where that shows it."""
        place = self._project.document.text_line(line, *path)
        said = (text.splitlines() or [""])[line - 1 : line]
        if not said or not column:
            return place
        written = self._files.read(self._files.root / place.file).decode("utf-8-sig").splitlines()
        return found_in(written, place, said[0], column)

    def _single(self, text: str, made: str, instance: Instance, at: Callable[[int, int], Place]) -> list[str]:
        """Notes on variables that are not filled in, for want of a second pair of braces. made: what is spoken of the
        text; at: where its lines and columns stand."""
        return [
            f"{at(one.line, one.column)}: {one.written} is spoken as it stands; its value is {{{{ {one.name} }}}}"
            for one in single_braces(text, instance.variables(self._project))
            if one.written in made
        ]

    def _from_file(self, script: ScriptSpec, template: str, instance: Instance, path: Keys, notes: list[str]) -> str:
        here = (*path, "file")
        name = self.fill(template, instance, here)
        try:
            file = self._files.find(name, self._folder)
            source = self._files.read(file).removeprefix(BOM_UTF8).decode()  # utf-8-sig is written in Python, and slow
        except UnicodeDecodeError:
            raise self._wrong(f"{name} is not UTF-8 text", here, "save it as UTF-8") from None
        except FileProblem as problem:
            raise self._wrong(str(problem), here, problem.hint(self._folder)) from None
        try:
            tagged = has_tags(source)
            text = self._render(source, instance, self._files.relative(file)) if tagged else plain_ends(source)
        except TemplateProblem as problem:
            _stop_if_included(problem)
            place = Place(self._files.relative(file), problem.line, problem.column)
            raise WrongTextError(Problem(str(problem), place, "", problem.hint)) from None
        if os.path.splitext(file)[1].lower() in MARKDOWN_SUFFIXES:
            if len(text) > MAX_CHARACTERS:
                raise self._wrong(f"{name} is longer than {MAX_CHARACTERS:,} characters", here)
            text = spoken_markdown(text, script.code or "text", ssml=bool(script.ssml))
        elif script.code is not None:
            raise self._wrong("belongs to Markdown", (*path, "code"), f"{name} is not: its name does not end in .md")
        if "{" in source:
            notes += self._single(source, text, instance, partial(Place, self._files.relative(file)))
        return text

    def _render(self, text: str, instance: Instance, name: str) -> str:
        return self._templates.render(text, instance.variables(self._project), name)

    def _wrong(self, message: str, path: Keys, hint: str = "") -> WrongTextError:
        return WrongTextError(self._project.problem(message, *path, hint=hint))


class WrongTextError(Exception):
    """A text that cannot be made; carries the problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


def _stop_if_included(problem: TemplateProblem) -> None:
    """A mistake in a file that was included is told at that file's line. Raises WrongTextError."""
    if problem.file:
        place = Place(problem.file, problem.line, problem.column)
        raise WrongTextError(Problem(str(problem), place, "", problem.hint)) from None


def found_in(written: Sequence[str], place: Place, said: str, column: int) -> Place:
    """Where column `column` of a text's line stands in the file. written: the file's lines; place: of the text, or of
    that line of it. In a text that is folded or quoted what stands from there on is looked for."""
    from dataclasses import replace

    at = written[place.line - 1].find(said) if place.line <= len(written) else -1
    if at >= 0:
        return replace(place, column=at + column)
    part = said[column - 1 :].split("  ", 1)[0]
    for cut in (len(part), part.find("}") + 2, len(part.split(" ")[0])):
        for line in range(place.line, len(written) + 1):
            if cut > 1 and (at := written[line - 1].find(part[:cut])) >= 0:
                return replace(place, line=line, column=at + 1)
    return place


def _at(data: Any, path: Keys) -> Any:
    for step in path:
        data = data[step]
    return data
