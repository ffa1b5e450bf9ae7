"""Where outputs of instances and films go: by the `output` of their scene, project or workspace, else by default."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from didgen.catalog.nearest import nearest
from didgen.errors import Problem
from didgen.plan.address import MANIFEST_NAME, project_folder, read_address, slug, value_slug
from didgen.plan.merge import locale_keys
from didgen.project.explain import field_name
from didgen.project.load import Project
from didgen.project.models import Defaults
from didgen.project.output import FORMATS, MAX_NAME_BYTES, OutputTemplate
from didgen.project.scalars import as_text, is_scalar

if TYPE_CHECKING:
    from didgen.plan.instances import Instance

SUFFIXES = (*FORMATS, "vtt", "srt", "jpg")
"""Of the files that lie where an output does."""

FILM = "film"

Named = Mapping[str, Any]
Keys = tuple[str | int, ...]


class _UnknownNameError(Exception):
    """A template names what an instance does not have; carries the name and why."""


class Places:
    """The places of one project's outputs; what is wrong with them is gathered.

    workspace: the template of `didgen.yaml`, for scenes that have none of their own.
    """

    def __init__(self, project: Project, workspace: OutputTemplate | None = None) -> None:
        self.problems: list[Problem] = []
        self._project = project
        self._workspace = workspace
        self._told: set[tuple[OutputTemplate, str]] = set()
        self._shared: dict[str, OutputTemplate | None] = {}
        spec = project.spec
        written: list[Defaults] = [*spec.scenes, *spec.locales.values(), spec.defaults]
        self.by_default = workspace is None and not any(one.output for one in written)

    def placed(self, instance: Instance, key: str | None) -> Instance:
        """The same where its template says. key: what its row is known by."""
        template = self._template(instance.spec, ("scenes", instance.number), instance.locale)
        if template is None:
            return instance
        named = instance.variables(self._project)
        if key is not None and instance.spec.each is not None:
            named = {**named, next(iter(instance.spec.each)): key}
        try:
            place = self._filled(template, named)
        except _UnknownNameError as unknown:
            self._tell(template, str(unknown), instance.address, named)
            return instance
        return replace(instance, folder=place.parent, stem=place.name, template=template)

    def films(self, combinations: Sequence[tuple[str, Named, Path]]) -> list[Path]:
        """Where the film of each combination goes, without the suffix: where a scene called `film` would. Where its
        template leaves out the scene, wants a row, or tells two films not apart, where it goes by default.

        combinations: locale, variables and default folder of each.
        """
        found = [self._film(locale, named) for locale, named, _ in combinations]
        same = [_folded(one) if one is not None else "" for one in found]
        return [
            folder / FILM if one is None or same.count(name) > 1 else one
            for one, name, (_, _, folder) in zip(found, same, combinations, strict=True)
        ]

    def _film(self, locale: str, named: Named) -> Path | None:
        template = self._template(None, (), locale)
        if template is None or "scene" not in template.names:
            return None
        try:
            return self._filled(template, {**named, "scene": FILM})
        except _UnknownNameError:
            return None

    def _template(self, spec: Defaults | None, path: Keys, locale: str) -> OutputTemplate | None:
        """The template of a scene, or of what scenes of a locale share."""
        if spec is not None and "output" in spec.model_fields_set:
            return self._written(spec, path)
        if locale not in self._shared:
            shared: list[tuple[Defaults, Keys]] = [
                (self._project.spec.locales[name], ("locales", name))
                for name in reversed(locale_keys(self._project, locale))
            ]
            shared.append((self._project.spec.defaults, ("defaults",)))
            found = next((one for one in shared if "output" in one[0].model_fields_set), None)
            self._shared[locale] = self._workspace if found is None else self._written(*found)
        return self._shared[locale]

    def _written(self, spec: Defaults, path: Keys) -> OutputTemplate | None:
        here = (*path, "output")
        if spec.output is None:
            return None
        return OutputTemplate(spec.output, self._project.document.place(*here), field_name(here))

    def _filled(self, template: OutputTemplate, named: Named) -> Path:
        """Raises _UnknownNameError."""
        known = {**named, "project": self._project.name}
        place = Path(template.filled(lambda name: _fit(name, known)))
        for part in place.parts:
            if len(part.encode()) > MAX_NAME_BYTES:
                raise _UnknownNameError(f"makes a name longer than {MAX_NAME_BYTES} bytes, {part[:40]}…")
        return project_folder(self._project.name).joinpath(*place.parts[1:])

    def _tell(self, template: OutputTemplate, message: str, address: str, named: Named) -> None:
        if (template, message) in self._told:
            return
        self._told.add((template, message))
        columns = [f"row.{column}" for column in named.get("row", ())]
        wanted = next((name for name in template.names if f" {name}" in message), "")
        hint = nearest(wanted, [*(name for name in named if name != "row"), "project", *columns]) if wanted else ""
        self.problems.append(Problem(f"{message}, in {address}", template.place, template.field, hint))

    def collisions(self, made: Sequence[Instance]) -> list[Problem]:
        """A problem for each template, or row, whose instance would write over another's files; both are named."""
        first: dict[str, Instance] = {}
        problems: dict[Any, Problem] = {}
        for one in made:
            other = first.setdefault(_folded(one.folder / one.stem), one)
            if other is one or (other.spec.id == one.spec.id and other.address == one.address):
                continue
            message = f"{one.address} and {other.address} have the same file name, {one.folder / one.stem}"
            place, field, hint = self._blame(one, other)
            problems.setdefault(place, Problem(message, place, field, hint))
        return [*problems.values(), *self._in_the_way(made, first)]

    def _in_the_way(self, made: Sequence[Instance], taken: Mapping[str, Instance]) -> list[Problem]:
        """A problem for each template with a folder where another output is a file."""
        if self.by_default:
            return []
        manifest = _folded(project_folder(self._project.name) / MANIFEST_NAME)
        problems: dict[Any, Problem] = {}
        for folder, one in {one.folder: one for one in made}.items():
            for above in (folder, *folder.parents):
                name, _, suffix = _folded(above).rpartition(".")
                file = taken.get(name) if suffix in SUFFIXES else None
                if one.template is not None and (file is not None or _folded(above) == manifest):
                    whose = f"a file of {file.address}" if file is not None else "the project's manifest"
                    message = f"{one.address} makes a folder of {above}, which is {whose}"
                    problems.setdefault(one.template, Problem(message, one.template.place, one.template.field))
        return list(problems.values())

    def _blame(self, one: Instance, other: Instance) -> tuple[Any, str, str]:
        """Place, field and hint of a collision: the template, else the row, else the id."""
        template = one.template or other.template
        if template is not None:
            return template.place, template.field, _apart(one, other)
        hint = "tell them apart by letters and digits"
        if one.row is not None and one.spec.each is not None:
            return one.row.place(next(iter(one.spec.each.values()))), "", hint
        return self._project.document.place("scenes", one.number, "id"), "", hint


def _apart(one: Instance, other: Instance) -> str:
    """What to write so that two instances differ: names that they have different values of."""
    mine, theirs = read_address(one.address)[1], read_address(other.address)[1]
    names = ["scene"] if one.spec.id != other.spec.id else []
    names += sorted(key for key in {*mine, *theirs} if mine.get(key) != theirs.get(key))
    return f"add {' or '.join(f'{{{{ {name} }}}}' for name in names)}"


def _fit(name: str, named: Named) -> str:
    """The value of a name as part of a file name. Raises _UnknownNameError."""
    value: Any = named
    for step in (name,) if name in named else name.split(".", 1):
        value = value.get(step) if isinstance(value, Mapping) else None
    if value is None:
        raise _UnknownNameError(f"there is no {name}")
    if not is_scalar(value):
        raise _UnknownNameError(f"{name} is neither text nor a number")
    text = as_text(value)
    return slug(text) if name in ("scene", "project") else slug(value_slug(text))


def _folded(place: PurePath) -> str:
    """A place as file systems that know no capitals, or spell accents in their own way, tell it from others."""
    return unicodedata.normalize("NFKD", place.as_posix()).casefold()
