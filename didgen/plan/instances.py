"""Which instances a project has: each scene once per combination of the matrix and row of data, where `when` holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from didgen.catalog.nearest import nearest
from didgen.errors import Problem, ProjectError
from didgen.plan.address import address_of, brackets, file_stem, output_folder
from didgen.plan.places import Places
from didgen.project.data import Row, Table, keyed, read_table
from didgen.project.explain import field_name
from didgen.project.files import FileProblem, Files
from didgen.project.load import Project
from didgen.project.matrix import Combination, combinations
from didgen.project.models import MAX_INSTANCES, SceneSpec
from didgen.project.output import OutputTemplate
from didgen.project.scalars import as_text
from didgen.project.template import TemplateProblem, Templates

Keys = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Instance:
    """One scene of one combination and row. number: of the scene in the file. keys: what tells it from the scene's
    others. combination: the part of its address that its film has too. folder, stem: of its outputs, below `output/`.
    row: its own, if it is one of several. template: what says where its outputs go, None for the default. film: where
    the film of its combination goes, without suffix."""

    spec: SceneSpec
    number: int
    address: str
    combination: str
    folder: Path
    stem: str
    locale: str
    values: Mapping[str, Any]
    row: Row | None = None
    template: OutputTemplate | None = None
    film: Path | None = None

    def variables(self, project: Project) -> dict[str, Any]:
        """What its templates may name: ours, over them the author's, over these the matrix's, and the row."""
        row = {} if self.row is None else {"row": self.row.values}
        return {"scene": self.spec.id, **_shared(project, self.values), **row}


def _shared(project: Project, values: Mapping[str, Any]) -> dict[str, Any]:
    """What all instances of a combination may name."""
    return {"name": project.name, "locale": project.spec.locale, **project.spec.vars, **values}


@dataclass(frozen=True, slots=True)
class _Where:
    """A combination, with what all of its instances have in common."""

    of: Combination
    known: Mapping[str, str]
    brackets: str
    folder: Path
    locale: str
    film: Path | None = None


class Instances:
    """Finds the instances of one project; what is wrong is gathered."""

    def __init__(
        self, project: Project, files: Files, templates: Templates, output: OutputTemplate | None = None
    ) -> None:
        """output: the workspace's template of where outputs go."""
        self.problems: list[Problem] = []
        self._project = project
        self._files = files
        self._templates = templates
        self._places = Places(project, output)
        self._broken: set[int] = set()  # scenes whose `when` cannot be evaluated: told once
        self._tables: dict[str, Table | None] = {}
        self._keyed: dict[tuple[str, str], list[tuple[str, Row]]] = {}

    def all(self) -> list[Instance]:
        """All instances: by combination, then by scene, then by row, each in the order of its file."""
        made: list[Instance] = []
        spec = self._project.spec
        found, self.problems = combinations(spec.matrix, self._project.document)
        if self.problems:
            return []
        where = self._with_films([self._where(one) for one in found])
        scenes = [(n, one) for n, one in zip(self._project.numbers, spec.scenes, strict=True) if self._sound(n, one)]
        for one in self._each(where, scenes):
            made.append(one)
            if len(made) > MAX_INSTANCES:
                message = f"with it there are more than {MAX_INSTANCES:,} instances"
                self._fail(message, ("scenes", one.number), "split the project")
                return []
        if not made and not self.problems:
            self._fail("no scene is left: data without rows, or a `when` that holds nowhere", ("scenes",))
        self.problems += self._places.problems or self._collisions(made)
        return made

    def _fail(self, message: str, path: Keys, hint: str = "", *, key: bool = False) -> None:
        document = self._project.document
        place = document.key_place(*path) if key else document.place(*path)
        self.problems.append(Problem(message, place, field_name(path), hint))

    def _where(self, one: Combination) -> _Where:
        known = {key: as_text(value) for key, value in one.known.items()}
        folder = output_folder(self._project.name, known)
        return _Where(one, known, brackets(known), folder, one.locale or self._project.spec.locale)

    def _with_films(self, where: list[_Where]) -> list[_Where]:
        if self._places.by_default:
            return where
        told = [(one.locale, _shared(self._project, one.of.values), one.folder) for one in where]
        return [replace(one, film=film) for one, film in zip(where, self._places.films(told), strict=True)]

    def _each(self, where: Sequence[_Where], scenes: Sequence[tuple[int, SceneSpec]]) -> Iterator[Instance]:
        for one in where:
            for number, spec in scenes:
                for instance in self._of_scene(one, number, spec):
                    if spec.when is None or (number not in self._broken and self._holds(instance)):
                        yield instance

    def _of_scene(self, where: _Where, number: int, spec: SceneSpec) -> Iterator[Instance]:
        common = (where.brackets, where.folder)
        then = (where.locale, where.of.values)
        if spec.each is None:
            address = address_of(self._project.name, spec.id) + where.brackets
            one = Instance(spec, number, address, *common, file_stem(spec.id), *then, film=where.film)
            yield self._placed(one, None)
            return
        ((name, column),) = spec.each.items()
        for key, row in self._keyed.get((name, column), ()):
            address = address_of(self._project.name, spec.id, {**where.known, name: key})
            one = Instance(spec, number, address, *common, file_stem(spec.id, key), *then, row, film=where.film)
            yield self._placed(one, key)

    def _placed(self, one: Instance, key: str | None) -> Instance:
        return one if self._places.by_default else self._places.placed(one, key)

    # -- each ------------------------------------------------------------------------------------------------------

    def _sound(self, number: int, spec: SceneSpec) -> bool:
        """Whether a scene's `each` and `when` name what there is; reads its data."""
        before = len(self.problems)
        if spec.each is not None:
            ((name, column),) = spec.each.items()
            self._read(name, column, ("scenes", number, "each", name))
        if isinstance(spec.when, dict) and len(self.problems) == before:
            for key in spec.when:
                self._check_name(spec, key, ("scenes", number, "when", key))
        return len(self.problems) == before

    def _read(self, name: str, column: str, path: Keys) -> None:
        spec = self._project.spec
        if name not in spec.data:
            self._fail("there is no data of this name", path, nearest(name, list(spec.data)), key=True)
            return
        if spec.matrix is not None and name in (spec.matrix.model_extra or {}):
            self._fail("is a key of the matrix too", path, "give the data another name", key=True)
            return
        table = self._table(name)
        if table is None or (name, column) in self._keyed:
            return
        if table.rows and column not in table.columns:
            self._fail(f"{spec.data[name]} has no column {column!r}", path, nearest(column, table.columns))
            return
        self._keyed[name, column], problems = keyed(table, column)
        self.problems += problems

    def _table(self, name: str) -> Table | None:
        """The rows of a data file, read once; None for one that cannot be."""
        if name not in self._tables:
            self._tables[name] = None
            written = self._project.spec.data[name]
            try:
                path = self._files.locate(written, self._project.folder)
                self._tables[name] = read_table(path, self._files)
            except FileProblem as problem:
                self._fail(str(problem), ("data", name), problem.hint(self._project.folder))
            except ProjectError as error:
                self.problems += error.problems
        return self._tables[name]

    # -- when ------------------------------------------------------------------------------------------------------

    def _check_name(self, spec: SceneSpec, key: str, path: Keys) -> None:
        """A variable that a condition names must be one, and a key of the matrix must have the value somewhere."""
        matrix = self._project.spec.matrix
        axes = dict((matrix.model_extra or {}) if matrix else {})
        more = {name for entry in (matrix.include if matrix else ()) for name in entry}
        names = {"name", "locale", "scene", *self._project.spec.vars, *axes, *more}
        if spec.each is not None:
            table = self._tables[next(iter(spec.each))]
            names |= {f"row.{column}" for column in (table.columns if table else ())}
        if key not in names and key.partition(".")[0] not in names:
            self._fail("there is no variable of this name", path, nearest(key, sorted(names)), key=True)
        elif key in axes and key not in more:
            known = [as_text(value) for value in axes[key]]
            for wanted in _wanted(spec, key):
                if wanted not in known:
                    self._fail(f"{wanted!r} is no value of {key}", path, nearest(wanted, known))

    def _holds(self, instance: Instance) -> bool:
        condition: Any = instance.spec.when
        variables = instance.variables(self._project)
        if isinstance(condition, dict):
            return all(_text_at(variables, key) in _wanted(instance.spec, key) for key in condition)
        try:
            return self._templates.holds(condition, variables)
        except TemplateProblem as problem:
            message = f"{problem}, in {instance.address}" if "[" in instance.address else str(problem)
            self._fail(message, ("scenes", instance.number, "when"), problem.hint)
            self._broken.add(instance.number)
            return False

    # -- files -----------------------------------------------------------------------------------------------------

    def _collisions(self, made: Sequence[Instance]) -> list[Problem]:
        """A problem for each place whose instance would write over another's files; both are named."""
        spec = self._project.spec
        alone = spec.matrix is None and all(scene.each is None for scene in spec.scenes)
        if alone and self._places.by_default:
            return []  # `address.collisions` sees to ids
        return self._places.collisions(made)


def _wanted(spec: SceneSpec, key: str) -> list[str]:
    value = (spec.when or {})[key]
    return [as_text(one) for one in value] if isinstance(value, list) else [as_text(value)]


def _text_at(variables: Mapping[str, Any], key: str) -> str | None:
    """The text of a variable, or of `row.column`; None for what this instance does not have."""
    value: Any = variables
    for step in (key,) if key in variables else key.split(".", 1):
        value = value.get(step) if isinstance(value, Mapping) else None
    return None if value is None else as_text(value)
